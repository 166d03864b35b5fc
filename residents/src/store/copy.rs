//! Backups of the residents' database, which are apart from those of cases. Keys are in none of them: see [`crate::key`].

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;

use xunge_database::Place;
use xunge_database::dump::{self, Layout};

use super::{SETUP, Store, StoreError, person};
use crate::key::{BadKeys, Keys};

static LAYOUT: Layout = Layout {
    not_kept: &["login"],
    refers: &[],
    // the last entry of the log is the end of its chain
    ordered: &[("audit", "ordinal")],
};

impl Store {
    /// Writes everything of one moment, while others go on; gives the rows of each table and the last hash of the log.
    pub async fn dump(
        &self,
        out: &mut (dyn Write + Send),
    ) -> Result<(BTreeMap<String, u64>, String), StoreError> {
        let mut tx = self.db.reading().await?;
        let mut head = String::new();
        let rows = dump::dump(&mut tx, &LAYOUT, out, &mut |row| {
            if row.table == "audit" {
                head = row.text("hash");
            }
        })
        .await?;
        Ok((rows, head))
    }

    /// Makes a store of what was copied, in a place where there is none. Its keys have to be there already, and to open what was
    /// sealed.
    pub async fn load(
        place: &Place,
        key_file: &Path,
        input: &mut (dyn BufRead + Send),
    ) -> Result<Self, StoreError> {
        // without them everything would be restored, and nobody could read a number
        Keys::load(key_file)?;
        dump::load(place, &SETUP, &LAYOUT, input).await?;
        let store = Self::open(place, key_file).await?;
        let keys = store.keys()?;
        let first: Vec<(i64,)> = {
            let mut sql = xunge_database::Sql::packed("p.person");
            sql.push(" FROM (SELECT person FROM person ORDER BY person LIMIT 1) p");
            sql.unpack(&mut *store.db.reader().await?, "look for people").await?
        };
        if let Some((number,)) = first.first() {
            let mut tx = store.db.reading().await?;
            person::by_keys(&mut tx, &keys, &[*number]).await.map_err(|error| match error {
                StoreError::Keys(_) => BadKeys::Others(key_file.to_owned()).into(),
                other => other,
            })?;
        }
        Ok(store)
    }
}

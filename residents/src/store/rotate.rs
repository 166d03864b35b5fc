//! Sealing everything anew with a new key, while others go on. A rotation that was broken off goes on when it is asked for
//! again.

use serde::Deserialize;
use xunge_database::{Doing, Sql, parts};

use super::audit::{self, Deed};
use super::{Store, StoreError, us};
use crate::key::{Field, Keys};
use xunge_reminder::id_number::IdNumber;

/// People of one transaction.
const STEP: i64 = 2_000;

#[derive(Deserialize)]
struct Row {
    person: i64,
    id_sealed: String,
    phone_sealed: Option<String>,
    key_number: i64,
}

/// A row sealed anew.
struct Anew {
    person: i64,
    id_index: i64,
    id_sealed: String,
    phone_sealed: Option<String>,
}

impl Row {
    fn anew(&self, keys: &Keys) -> Result<Anew, StoreError> {
        let number = keys.open(Field::IdNumber, self.person, self.key_number, &self.id_sealed)?;
        let number = IdNumber::parse(&number).map_err(|bad| {
            StoreError::Corrupt(format!("an identity number of person {}: {bad}", self.person))
        })?;
        let phone = match &self.phone_sealed {
            Some(sealed) => {
                let phone = keys.open(Field::Phone, self.person, self.key_number, sealed)?;
                Some(keys.seal(Field::Phone, self.person, &phone)?.text)
            }
            None => None,
        };
        Ok(Anew {
            person: self.person,
            id_index: keys.index(&number).value(),
            id_sealed: keys.seal(Field::IdNumber, self.person, number.reveal())?.text,
            phone_sealed: phone,
        })
    }
}

impl Store {
    /// Makes a new key, seals everything with it, and forgets the others. Says how many people were sealed anew.
    pub async fn rotate_keys(
        &self,
        deed: &Deed,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        let doing = "seal with a new key";
        {
            // nobody writes meanwhile, so whoever writes next finds the new key in the file
            let tx = self.begin().await?;
            let mut keys = Keys::load(&self.key_file)?;
            // one of a rotation that was broken off is as good as a new one
            if keys.count() == 1 {
                keys.add()?;
                keys.save(&self.key_file)?;
            }
            tx.rollback().await.doing(doing)?;
        }
        let (mut sealed, mut after) = (0, 0);
        loop {
            let mut tx = self.begin().await?;
            let keys = self.keys()?;
            let newest = keys.newest();
            let mut sql = Sql::packed("p.person, p.id_sealed, p.phone_sealed, p.key_number");
            sql.push(" FROM (SELECT * FROM person WHERE person > ").bind(after);
            sql.push(" AND key_number < ")
                .bind(newest)
                .push(" ORDER BY person LIMIT ")
                .bind(STEP)
                .push(") p");
            let rows: Vec<Row> = sql.unpack(&mut tx, doing).await?;
            let Some(last) = rows.iter().map(|row| row.person).max() else {
                let mut keys = Keys::load(&self.key_file)?;
                keys.forget_old();
                keys.save(&self.key_file)?;
                audit::write(&mut tx, deed, None, &sealed).await?;
                tx.commit().await.doing(doing)?;
                return Ok(sealed);
            };
            after = last;
            let anew = rows.iter().map(|row| row.anew(&keys)).collect::<Result<Vec<_>, _>>()?;
            for part in parts(&anew, 4) {
                let mut sql = Sql::new("UPDATE person SET id_index = v.column2, id_sealed = v.column3, ");
                sql.push("phone_sealed = v.column4, key_number = ").bind(newest);
                sql.push(", changed_us = ").bind(us(deed.at)).push(" FROM ");
                sql.values(part, |values, one| {
                    values.bind(one.person).bind(one.id_index).bind(&one.id_sealed);
                    values.bind(one.phone_sealed.as_deref());
                });
                sql.push(" AS v WHERE person.person = v.column1");
                sql.run(&mut tx, doing).await?;
            }
            tx.commit().await.doing(doing)?;
            sealed += anew.len() as u64;
            progress(sealed);
        }
    }
}

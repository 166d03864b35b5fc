//! What one centre changed, told to the others on the same PostgreSQL (`LISTEN`, `NOTIFY`), so that their consoles show it at
//! once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use uuid::Uuid;

use super::{Doing, Store, StoreError, Tx};

const CHANNEL: &str = "xunge_news";
/// PostgreSQL takes no more than 8000 bytes; a longer list becomes "everything".
const LONGEST: usize = 7000;

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Cases that are new or changed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cases: BTreeSet<Uuid>,
    /// Boxes whose state changed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub edges: BTreeSet<String>,
    /// Cameras whose state changed: (box, camera).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cameras: BTreeSet<(String, String)>,
    /// So much that everything is to be read anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everything: bool,
}

impl News {
    /// That these cases changed.
    pub fn of_cases(cases: impl IntoIterator<Item = Uuid>) -> Self {
        Self { cases: cases.into_iter().collect(), ..Self::default() }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize, Deserialize)]
struct Letter {
    from: Uuid,
    news: News,
}

/// Hears what other centres changed.
#[derive(Debug)]
pub struct Listener {
    own: Uuid,
    listener: PgListener,
}

impl Listener {
    /// The next news. After a broken connection it is made again, and everything counts as changed.
    pub async fn next(&mut self) -> Result<News, StoreError> {
        loop {
            let heard = self.listener.try_recv().await.doing("hear from other centres")?;
            let Some(heard) = heard else { return Ok(News { everything: true, ..News::default() }) };
            match serde_json::from_str::<Letter>(heard.payload()) {
                Ok(letter) if letter.from == self.own => {}
                Ok(letter) => return Ok(letter.news),
                // a newer centre may say what this one does not know
                Err(_) => return Ok(News { everything: true, ..News::default() }),
            }
        }
    }
}

impl Store {
    /// Listens to other centres; none on SQLite, where there are none.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        let doing = "listen to other centres";
        let Some((url, _)) = self.db.place().single() else { return Ok(None) };
        let mut listener = PgListener::connect(&url).await.doing(doing)?;
        listener.listen(CHANNEL).await.doing(doing)?;
        Ok(Some(Listener { own: self.own, listener }))
    }

    /// Tells the other centres, once the transaction is committed.
    pub(super) async fn announce(&self, tx: &mut Tx, news: &News) -> Result<(), StoreError> {
        if !self.is_shared() || news.is_empty() {
            return Ok(());
        }
        let letter = |news: News| super::names::json_text(&Letter { from: self.own, news });
        let mut text = letter(news.clone())?;
        if text.len() > LONGEST {
            text = letter(News { everything: true, ..News::default() })?;
        }
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(text)
            .execute(&mut **tx)
            .await
            .doing("tell other centres")?;
        Ok(())
    }
}

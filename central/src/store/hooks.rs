//! Outgoing webhooks: who is told what.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::named;
use super::{Doing, Store, StoreError, Tx, count, level, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::org::Region;
use crate::outside::hook::{Format, Wish};
use crate::outside::turn::Turn;

/// Most receivers.
pub const MOST_HOOKS: usize = 50;

/// A receiver, as decisions go by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Identity.
    pub id: Uuid,
    /// What it wants.
    pub wish: Wish,
}

/// A receiver, as its page shows it. Its secret is told once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HookView {
    /// Identity.
    pub id: Uuid,
    /// What it wants.
    #[serde(flatten)]
    pub wish: Wish,
    /// Who made it.
    pub by: String,
    /// When.
    pub made_utc: Timestamp,
    /// Tries in a row that failed because of the receiver.
    pub failures: u64,
    /// Until when it is left alone; none while it works.
    pub rests_until_utc: Option<Timestamp>,
    /// Messages that wait.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub waiting_since_utc: Option<Timestamp>,
    /// Messages that it never took, ever.
    pub given_up: u64,
}

fn wish(row: &AnyRow) -> Result<Wish, StoreError> {
    let doing = "read the receivers";
    let region: &str = row.try_get("region").doing(doing)?;
    let news: &str = row.try_get("news").doing(doing)?;
    let region = (!region.is_empty()).then(|| Region::parse(region)).transpose();
    Ok(Wish {
        name: row.try_get("name").doing(doing)?,
        url: row.try_get("url").doing(doing)?,
        region: region.map_err(|error| StoreError::Corrupt(error.to_string()))?,
        news: news.split(' ').filter_map(Turn::parse).collect(),
        severity: level(row.try_get("severity").doing(doing)?)?,
        format: named(Format::parse, row.try_get("format").doing(doing)?)?,
        enabled: row.try_get::<i64, _>("enabled").doing(doing)? != 0,
    })
}

fn words(wish: &Wish) -> String {
    wish.news.iter().map(|turn| turn.as_str()).collect::<Vec<_>>().join(" ")
}

fn code(wish: &Wish) -> &str {
    wish.region.as_ref().map_or("", Region::as_str)
}

/// The receivers that are told something.
pub(super) async fn in_force(tx: &mut Tx) -> Result<Vec<Hook>, StoreError> {
    let doing = "read the receivers";
    let rows = sqlx::query("SELECT id, name, url, region, news, severity, format, enabled FROM hook WHERE enabled = 1 ORDER BY id")
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    rows.iter().map(|row| Ok(Hook { id: uuid(row.try_get("id").doing(doing)?)?, wish: wish(row)? })).collect()
}

impl Store {
    /// All receivers, by name.
    pub async fn hooks(&self) -> Result<Vec<HookView>, StoreError> {
        let doing = "read the receivers";
        let rows = sqlx::query(
            "SELECT h.*, (SELECT COUNT(*) FROM hook_message m WHERE m.hook = h.id AND m.state = 'waiting') AS waiting,
                (SELECT MIN(m.made_us) FROM hook_message m WHERE m.hook = h.id AND m.state = 'waiting') AS oldest_us
             FROM hook h ORDER BY h.name, h.id",
        )
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter()
            .map(|row| {
                let rests: i64 = row.try_get("rests_us").doing(doing)?;
                Ok(HookView {
                    id: uuid(row.try_get("id").doing(doing)?)?,
                    wish: wish(row)?,
                    by: row.try_get("by_").doing(doing)?,
                    made_utc: time(row.try_get("made_us").doing(doing)?)?,
                    failures: count(row.try_get("failures").doing(doing)?),
                    rests_until_utc: opt_time((rests > 0).then_some(rests))?,
                    waiting: count(row.try_get("waiting").doing(doing)?),
                    waiting_since_utc: opt_time(row.try_get("oldest_us").doing(doing)?)?,
                    given_up: count(row.try_get("given_up").doing(doing)?),
                })
            })
            .collect()
    }

    /// Adds a receiver; none where there are [`MOST_HOOKS`] already.
    pub async fn add_hook(
        &self,
        wish: &Wish,
        secret: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Uuid>, StoreError> {
        let doing = "add a receiver";
        let id = id_at(now);
        let mut tx = self.begin().await?;
        let hooks: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM hook").fetch_one(&mut *tx).await.doing(doing)?;
        if count(hooks) >= MOST_HOOKS as u64 {
            return Ok(None);
        }
        sqlx::query(
            "INSERT INTO hook (id, name, url, secret, region, news, severity, format, enabled, by_, made_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id.to_string())
        .bind(wish.name.trim())
        .bind(&wish.url)
        .bind(secret)
        .bind(code(wish))
        .bind(words(wish))
        .bind(i64::from(wish.severity))
        .bind(wish.format.as_str())
        .bind(i64::from(wish.enabled))
        .bind(by)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(Some(id))
    }

    /// Changes what a receiver wants; false where there is none. What waits for it is sent all the same, to where it is now.
    pub async fn change_hook(&self, id: Uuid, wish: &Wish) -> Result<bool, StoreError> {
        let doing = "change a receiver";
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE hook SET name = $2, url = $3, region = $4, news = $5, severity = $6, format = $7, enabled = $8,
                failures = 0, rests_us = 0 WHERE id = $1",
        )
        .bind(id.to_string())
        .bind(wish.name.trim())
        .bind(&wish.url)
        .bind(code(wish))
        .bind(words(wish))
        .bind(i64::from(wish.severity))
        .bind(wish.format.as_str())
        .bind(i64::from(wish.enabled))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(changed.rows_affected() == 1)
    }

    /// Gives a receiver a new secret; false where there is none.
    pub async fn renew_secret(&self, id: Uuid, secret: &str) -> Result<bool, StoreError> {
        let doing = "renew a secret";
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE hook SET secret = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(secret)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(changed.rows_affected() == 1)
    }

    /// Strikes a receiver off, with its messages; false where there is none.
    pub async fn remove_hook(&self, id: Uuid) -> Result<bool, StoreError> {
        let doing = "strike off a receiver";
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM hook_message WHERE hook = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let gone = sqlx::query("DELETE FROM hook WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(gone.rows_affected() == 1)
    }
}

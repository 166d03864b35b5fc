//! Tokens of machines. They come here as they are and are hashed here; only their hash is kept.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use xunge_database::Sql;

use super::org::begins_with;
use super::users::{digest, post};
use super::{Doing, Session, Store, StoreError, opt_time, time, us};
use crate::case::guard::Post;
use crate::net::IpPrefix;
use crate::org::Region;
use crate::token::{NewToken, USE_STEP, actor};

/// A token, as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenView {
    /// Name; the log of the cases says `token:` and this.
    pub name: String,
    /// What for, and where.
    pub post: Post,
    /// Addresses that it may come from, e.g. `10.2.0.0/16`; none is any.
    pub prefix: Option<String>,
    /// Whose rights it may never exceed; none where the command line made it.
    pub made_by: Option<String>,
    /// Since when.
    pub created_utc: Timestamp,
    /// Until when it is good.
    pub expires_utc: Timestamp,
    /// When it was last used, within a minute.
    pub last_used_utc: Option<Timestamp>,
    /// When somebody took it back.
    pub revoked_utc: Option<Timestamp>,
    /// Who took it back.
    pub revoked_by: Option<String>,
}

/// A machine that has shown a good token.
#[derive(Debug, Clone)]
pub struct Machine {
    /// As whom it acts.
    pub session: Session,
    /// Addresses that it may come from; none is any.
    pub prefix: Option<IpPrefix>,
    name: String,
    last_used: Option<Timestamp>,
}

impl Store {
    /// Keeps a new token; false when a token was ever called so.
    pub async fn add_token(
        &self,
        token: &NewToken,
        secret: &str,
        made_by: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "keep a token";
        let mut tx = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO token (name, token_hash, role, region, prefix, made_by, created_us, expires_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
        )
        .bind(&token.name)
        .bind(digest(secret))
        .bind(token.post.role.as_str())
        .bind(token.post.region.as_ref().map_or("", Region::as_str))
        .bind(token.prefix.map(|prefix| prefix.to_string()).unwrap_or_default())
        .bind(made_by)
        .bind(us(now))
        .bind(us(token.expires_utc))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(added.rows_affected() == 1)
    }

    /// Tokens by their names, in these regions; none means everywhere.
    pub async fn tokens(
        &self,
        within: Option<&[Region]>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<TokenView>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM token WHERE 1 = 1");
        if let Some(regions) = within {
            begins_with(&mut sql, "region", regions);
        }
        if let Some(after) = after {
            sql.push(" AND name > ").bind(after);
        }
        sql.push(" ORDER BY name LIMIT ").bind(i64::from(limit));
        let rows = sql.all(&mut *self.reader().await?, "read the tokens").await?;
        rows.iter().map(view).collect()
    }

    /// One token.
    pub async fn token(&self, name: &str) -> Result<Option<TokenView>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM token WHERE name = ");
        sql.bind(name);
        let row = sql.first(&mut *self.reader().await?, "read a token").await?;
        row.as_ref().map(view).transpose()
    }

    /// Takes a token back; false when there is none, or it was taken back before.
    pub async fn revoke_token(&self, name: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "take a token back";
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE token SET revoked_us = $2, revoked_by = $3 WHERE name = $1 AND revoked_us IS NULL",
        )
        .bind(name)
        .bind(us(now))
        .bind(by)
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(done.rows_affected() == 1)
    }

    /// Whose token this is: none where it is not good, or its maker could not make it any more.
    pub async fn machine(&self, secret: &str, now: Timestamp) -> Result<Option<Machine>, StoreError> {
        let doing = "read a token";
        let row = sqlx::query(
            "SELECT * FROM token t WHERE t.token_hash = $1 AND t.expires_us > $2 AND t.revoked_us IS NULL
               AND (t.made_by IS NULL OR EXISTS (
                 SELECT 1 FROM user_ u JOIN post p ON p.user_ = u.name
                 WHERE u.name = t.made_by AND u.disabled_us IS NULL AND p.role = 'admin'
                   AND (p.region = '' OR t.region LIKE p.region || '%')))",
        )
        .bind(digest(secret))
        .bind(us(now))
        .fetch_optional(self.db.readers())
        .await
        .doing(doing)?;
        let Some(row) = row else { return Ok(None) };
        let found = view(&row)?;
        let prefix = match &found.prefix {
            Some(text) => Some(
                IpPrefix::parse(text).ok_or_else(|| StoreError::Corrupt(format!("the range `{text}`")))?,
            ),
            None => None,
        };
        Ok(Some(Machine {
            session: Session { user: actor(&found.name), posts: vec![found.post] },
            prefix,
            name: found.name,
            last_used: found.last_used_utc,
        }))
    }

    /// Notes that a token was used, once a minute.
    pub async fn token_used(&self, machine: &Machine, now: Timestamp) -> Result<(), StoreError> {
        if machine.last_used.is_some_and(|last| now.duration_since(last) < USE_STEP) {
            return Ok(());
        }
        let doing = "note the use of a token";
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE token SET last_used_us = $2 WHERE name = $1")
            .bind(&machine.name)
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)
    }
}

fn view(row: &AnyRow) -> Result<TokenView, StoreError> {
    let doing = "read a token";
    let prefix: String = row.try_get("prefix").doing(doing)?;
    Ok(TokenView {
        name: row.try_get("name").doing(doing)?,
        post: post(row.try_get("role").doing(doing)?, row.try_get("region").doing(doing)?)?,
        prefix: (!prefix.is_empty()).then_some(prefix),
        made_by: row.try_get("made_by").doing(doing)?,
        created_utc: time(row.try_get("created_us").doing(doing)?)?,
        expires_utc: time(row.try_get("expires_us").doing(doing)?)?,
        last_used_utc: opt_time(row.try_get("last_used_us").doing(doing)?)?,
        revoked_utc: opt_time(row.try_get("revoked_us").doing(doing)?)?,
        revoked_by: row.try_get("revoked_by").doing(doing)?,
    })
}

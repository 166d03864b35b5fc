//! Users and their sessions. Passwords come here already hashed; session ids are hashed here.

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Doing, Store, StoreError, count, us};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Sees and decides cases.
    Operator,
}

impl Role {
    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Admin, Self::Operator].into_iter().find(|role| role.as_str() == name)
    }
}

/// A person who has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Name.
    pub user: String,
    /// What the person may do.
    pub role: Role,
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

impl Store {
    /// How many users there are.
    pub async fn user_count(&self) -> Result<u64, StoreError> {
        let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM user_")
            .fetch_one(&self.readers)
            .await
            .doing("count the users")?;
        Ok(count(users))
    }

    /// Adds a user; false when the name is taken.
    pub async fn add_user(
        &self,
        name: &str,
        role: Role,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO user_ (name, role, password_hash, created_us, changed_us) VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(role.as_str())
        .bind(password_hash)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing("add the user")?;
        tx.commit().await.doing("add the user")?;
        Ok(added.rows_affected() == 1)
    }

    /// Changes a password and ends the user's sessions; false when there is no such user.
    pub async fn set_password(
        &self,
        name: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "change the password";
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE user_ SET password_hash = $2, changed_us = $3 WHERE name = $1")
            .bind(name)
            .bind(password_hash)
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        sqlx::query("DELETE FROM session WHERE user_ = $1")
            .bind(name)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(changed.rows_affected() == 1)
    }

    /// The password hash of a user.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT password_hash FROM user_ WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .doing("read the user")
    }

    /// Begins a session, and forgets those that have run out.
    pub async fn begin_session(
        &self,
        token: &str,
        user: &str,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "begin a session";
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM session WHERE expires_us <= $1")
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        sqlx::query(
            "INSERT INTO session (token_hash, user_, created_us, expires_us) VALUES ($1, $2, $3, $4)",
        )
        .bind(digest(token))
        .bind(user)
        .bind(us(now))
        .bind(us(expires))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)
    }

    /// Who has this session.
    pub async fn session(&self, token: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let doing = "read a session";
        let row = sqlx::query(
            "SELECT u.name, u.role FROM session s JOIN user_ u ON u.name = s.user_
             WHERE s.token_hash = $1 AND s.expires_us > $2",
        )
        .bind(digest(token))
        .bind(us(now))
        .fetch_optional(&self.readers)
        .await
        .doing(doing)?;
        row.map(|row| {
            let role: &str = row.try_get("role").doing(doing)?;
            Ok(Session {
                user: row.try_get("name").doing(doing)?,
                role: Role::parse(role).ok_or_else(|| StoreError::Corrupt(format!("the role `{role}`")))?,
            })
        })
        .transpose()
    }

    /// Ends a session.
    pub async fn end_session(&self, token: &str) -> Result<(), StoreError> {
        let doing = "end a session";
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM session WHERE token_hash = $1")
            .bind(digest(token))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)
    }
}

//! Users and their sessions. Passwords come here already hashed; session ids are hashed here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::{Sql, insert};

use super::names::named;
use super::org::begins_with;
use super::{Doing, Store, StoreError, Tx, count, us};
use crate::case::guard::{Actor, Post, Role};
use crate::org::Region;

/// A person who has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// Name.
    pub user: String,
    /// What the person is there for, and where.
    pub posts: Vec<Post>,
}

/// A user, as admins see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserView {
    /// Name by which the person logs in.
    pub name: String,
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// Telephone.
    pub phone: String,
    /// May not log in.
    pub disabled: bool,
    /// Whether a password was given already.
    pub has_password: bool,
    /// What for, and where.
    pub posts: Vec<Post>,
}

impl Session {
    /// The person as who changes cases.
    pub fn actor(&self) -> Actor {
        Actor { name: self.user.clone(), posts: self.posts.clone() }
    }
}

/// What the store keeps of a secret.
pub(super) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

impl Store {
    /// How many users there are.
    pub async fn user_count(&self) -> Result<u64, StoreError> {
        let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM user_")
            .fetch_one(self.db.readers())
            .await
            .doing("count the users")?;
        Ok(count(users))
    }

    /// Adds a user with posts; false when the name is taken.
    pub async fn add_user(
        &self,
        name: &str,
        posts: &[Post],
        password_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO user_ (name, password_hash, created_us, changed_us) VALUES ($1, $2, $3, $3)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(password_hash)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing("add the user")?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        write_posts(&mut tx, name, posts).await?;
        tx.commit().await.doing("add the user")?;
        Ok(true)
    }

    /// Gives a user other posts; false when there is no such user.
    pub async fn set_posts(&self, name: &str, posts: &[Post], now: Timestamp) -> Result<bool, StoreError> {
        let doing = "change the posts of a user";
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE user_ SET changed_us = $2 WHERE name = $1")
            .bind(name)
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM post WHERE user_ = $1").bind(name).execute(&mut *tx).await.doing(doing)?;
        write_posts(&mut tx, name, posts).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
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

    /// All users with their posts.
    pub async fn users(&self) -> Result<Vec<UserView>, StoreError> {
        self.read_users(|_| {}).await
    }

    /// One user with the posts.
    pub async fn user(&self, name: &str) -> Result<Option<UserView>, StoreError> {
        let only = |sql: &mut Sql| {
            sql.push(" AND w.name = ").bind(name);
        };
        Ok(self.read_users(only).await?.pop())
    }

    /// Users by their names, all of whose posts lie in these regions; none means everywhere.
    pub async fn users_page(
        &self,
        within: Option<&[Region]>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<UserView>, StoreError> {
        self.read_users(|sql| {
            if let Some(regions) = within {
                sql.push(" AND NOT EXISTS (SELECT 1 FROM post o WHERE o.user_ = w.name AND NOT (1 = 1");
                begins_with(sql, "o.region", regions);
                sql.push("))");
            }
            if let Some(after) = after {
                sql.push(" AND w.name > ").bind(after);
            }
            sql.push(" ORDER BY w.name LIMIT ").bind(i64::from(limit));
        })
        .await
    }

    /// Users by their names; `narrow` says which of `w`.
    async fn read_users(&self, narrow: impl FnOnce(&mut Sql)) -> Result<Vec<UserView>, StoreError> {
        let doing = "read the users";
        let mut sql = Sql::new(
            "SELECT u.name, u.full_name, u.unit, u.phone, u.disabled_us, u.password_hash, p.role, p.region
             FROM (SELECT * FROM user_ w WHERE 1 = 1",
        );
        narrow(&mut sql);
        sql.push(") u LEFT JOIN post p ON p.user_ = u.name ORDER BY u.name, p.role, p.region");
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let mut users: Vec<UserView> = Vec::new();
        for row in &rows {
            let name: String = row.try_get("name").doing(doing)?;
            if users.last().is_none_or(|last| last.name != name) {
                users.push(UserView {
                    name,
                    full_name: row.try_get("full_name").doing(doing)?,
                    unit: row.try_get("unit").doing(doing)?,
                    phone: row.try_get("phone").doing(doing)?,
                    disabled: row.try_get::<Option<i64>, _>("disabled_us").doing(doing)?.is_some(),
                    has_password: row.try_get::<&str, _>("password_hash").doing(doing)? != "!",
                    posts: Vec::new(),
                });
            }
            let role: Option<&str> = row.try_get("role").doing(doing)?;
            if let (Some(role), Some(user)) = (role, users.last_mut()) {
                user.posts.push(post(role, row.try_get("region").doing(doing)?)?);
            }
        }
        Ok(users)
    }

    /// Name for people and 单位 of a user; empty where they are not known.
    pub async fn person(&self, name: &str) -> Result<(String, String), StoreError> {
        let doing = "read a person";
        let row = sqlx::query("SELECT full_name, unit FROM user_ WHERE name = $1")
            .bind(name)
            .fetch_optional(self.db.readers())
            .await
            .doing(doing)?;
        let Some(row) = row else { return Ok((String::new(), String::new())) };
        Ok((row.try_get("full_name").doing(doing)?, row.try_get("unit").doing(doing)?))
    }

    /// Lets a user in no longer, or again; ends the sessions. False when there is no such user.
    pub async fn disable_user(&self, name: &str, disabled: bool, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "disable a user";
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE user_ SET disabled_us = $2, changed_us = $3 WHERE name = $1")
            .bind(name)
            .bind(disabled.then(|| us(now)))
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        sqlx::query("DELETE FROM session WHERE user_ = $1")
            .bind(name)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(changed.rows_affected() == 1)
    }

    /// The password hash of a user.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT password_hash FROM user_ WHERE name = $1 AND disabled_us IS NULL AND password_hash <> '!'")
            .bind(name)
            .fetch_optional(self.db.readers())
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
        let rows = sqlx::query(
            "SELECT u.name, p.role, p.region FROM session s JOIN user_ u ON u.name = s.user_
             LEFT JOIN post p ON p.user_ = u.name
             WHERE s.token_hash = $1 AND s.expires_us > $2 AND u.disabled_us IS NULL ORDER BY p.role, p.region",
        )
        .bind(digest(token))
        .bind(us(now))
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        let Some(first) = rows.first() else { return Ok(None) };
        let user = first.try_get("name").doing(doing)?;
        let mut posts = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(role) = row.try_get::<Option<&str>, _>("role").doing(doing)? else { continue };
            posts.push(post(role, row.try_get("region").doing(doing)?)?);
        }
        Ok(Some(Session { user, posts }))
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

pub(super) fn post(role: &str, region: &str) -> Result<Post, StoreError> {
    let region = match region {
        "" => None,
        code => Some(Region::parse(code).map_err(|error| StoreError::Corrupt(error.to_string()))?),
    };
    Ok(Post { role: named(Role::parse, role)?, region })
}

async fn write_posts(tx: &mut Tx, user: &str, posts: &[Post]) -> Result<(), StoreError> {
    let posts: BTreeSet<&Post> = posts.iter().collect();
    let posts: Vec<&Post> = posts.into_iter().collect();
    let head = "INSERT INTO post (user_, role, region)";
    insert(tx, "write the posts of a user", (head, ""), 3, &posts, |values, post| {
        values.bind(user).bind(post.role.as_str()).bind(post.region.as_ref().map_or("", Region::as_str));
    })
    .await?;
    // who may be sent is part of what decisions go by
    Store::org_changed(tx).await
}

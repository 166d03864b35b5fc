//! Accounts and who is logged in. Passwords come here already hashed; what a login shows is hashed here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx, insert};

use super::audit::{self, Deed};
use super::{Store, StoreError, us};
use crate::right::{Account, Post, Role, is_region};

/// No password fits it.
const NO_PASSWORD: &str = "!";

/// An account, as those see it who give accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountView {
    /// Name by which the person logs in.
    pub account: String,
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// May not log in.
    pub closed: bool,
    /// What for, and where.
    pub posts: Vec<Post>,
}

/// What is changed of an account; none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Name for people.
    pub full_name: Option<String>,
    /// 单位.
    pub unit: Option<String>,
    /// Hash of another password; ends all logins.
    pub password_hash: Option<String>,
    /// Closed, or opened again; ends all logins.
    pub closed: Option<bool>,
    /// Other posts.
    pub posts: Option<Vec<Post>>,
}

/// What is kept of what a login shows.
fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[derive(Deserialize)]
struct Row {
    account: String,
    full_name: String,
    unit: String,
    closed_us: Option<i64>,
    role: Option<String>,
    region: Option<String>,
}

fn post(role: &str, region: String) -> Result<Post, StoreError> {
    let role = Role::parse(role).ok_or_else(|| StoreError::Corrupt(format!("the role {role}")))?;
    Ok(Post { role, region })
}

/// Refuses posts that say nothing.
fn check(posts: &[Post]) -> Result<(), StoreError> {
    for Post { role, region } in posts {
        if !region.is_empty() && !is_region(region) {
            return Err(StoreError::refused(
                format!("“{region}”不是区划编码"),
                format!("`{region}` is no code of a region"),
            ));
        }
        if role.is_everywhere() && !region.is_empty() {
            let role = role.as_str();
            return Err(StoreError::refused(
                format!("角色 {role} 不分区域，region 应为空"),
                format!("the role {role} is for everywhere: leave `region` empty"),
            ));
        }
    }
    Ok(())
}

impl Store {
    /// Whether there is any account.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let some: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT account FROM account LIMIT 1) a")
            .fetch_one(self.db.readers())
            .await
            .doing("look for accounts")?;
        Ok(some > 0)
    }

    /// Makes an account; false where the name is taken.
    pub async fn add_account(
        &self,
        name: &str,
        change: &AccountChange,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let doing = "make an account";
        let posts = change.posts.as_deref().unwrap_or_default();
        check(posts)?;
        let mut tx = self.begin().await?;
        let mut sql =
            Sql::new("INSERT INTO account (account, full_name, unit, password_hash, made_us) VALUES (");
        sql.bind(name).push(", ").bind(change.full_name.as_deref().unwrap_or_default()).push(", ");
        sql.bind(change.unit.as_deref().unwrap_or_default()).push(", ");
        sql.bind(change.password_hash.as_deref().unwrap_or(NO_PASSWORD)).push(", ").bind(us(deed.at));
        sql.push(") ON CONFLICT (account) DO NOTHING");
        if sql.run(&mut tx, doing).await? == 0 {
            return Ok(false);
        }
        write_posts(&mut tx, name, posts).await?;
        audit::write(&mut tx, deed, None, &told(name, change)).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Changes an account; false where there is none.
    pub async fn change_account(
        &self,
        name: &str,
        change: &AccountChange,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let doing = "change an account";
        check(change.posts.as_deref().unwrap_or_default())?;
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE account SET account = account");
        if let Some(full_name) = &change.full_name {
            sql.push(", full_name = ").bind(full_name);
        }
        if let Some(unit) = &change.unit {
            sql.push(", unit = ").bind(unit);
        }
        if let Some(hash) = &change.password_hash {
            sql.push(", password_hash = ").bind(hash);
        }
        if let Some(closed) = change.closed {
            sql.push(", closed_us = ").bind(closed.then(|| us(deed.at)));
        }
        sql.push(" WHERE account = ").bind(name);
        if sql.run(&mut tx, doing).await? == 0 {
            return Ok(false);
        }
        if let Some(posts) = &change.posts {
            let mut sql = Sql::new("DELETE FROM account_post WHERE account = ");
            sql.bind(name);
            sql.run(&mut tx, doing).await?;
            write_posts(&mut tx, name, posts).await?;
        }
        if change.password_hash.is_some() || change.closed.is_some() {
            let mut sql = Sql::new("DELETE FROM login WHERE account = ");
            sql.bind(name);
            sql.run(&mut tx, doing).await?;
        }
        audit::write(&mut tx, deed, None, &told(name, change)).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Accounts by their names, behind `after`.
    pub async fn accounts(&self, after: &str, limit: u32) -> Result<Vec<AccountView>, StoreError> {
        let mut sql = Sql::packed("a.account, a.full_name, a.unit, a.closed_us, p.role, p.region");
        sql.push(" FROM (SELECT * FROM account WHERE account > ").bind(after);
        sql.push(" ORDER BY account LIMIT ").bind(i64::from(limit));
        sql.push(") a LEFT JOIN account_post p ON p.account = a.account");
        let rows: Vec<Row> = sql.unpack(&mut *self.db.reader().await?, "read accounts").await?;
        let mut accounts = std::collections::BTreeMap::new();
        for row in rows {
            let Row { account, full_name, unit, closed_us, role, region } = row;
            let closed = closed_us.is_some();
            let view = accounts.entry(account.clone()).or_insert_with(|| AccountView {
                account,
                full_name,
                unit,
                closed,
                posts: Vec::new(),
            });
            if let (Some(role), Some(region)) = (role, region) {
                view.posts.push(post(&role, region)?);
            }
        }
        let mut accounts: Vec<AccountView> = accounts.into_values().collect();
        accounts.iter_mut().for_each(|one| one.posts.sort());
        Ok(accounts)
    }

    /// The password hash of an account that may log in.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        let hash: Option<String> = sqlx::query_scalar(
            "SELECT password_hash FROM account WHERE account = $1 AND closed_us IS NULL AND password_hash <> $2",
        )
        .bind(name)
        .bind(NO_PASSWORD)
        .fetch_optional(self.db.readers())
        .await
        .doing("read an account")?;
        Ok(hash)
    }

    /// Lets somebody in, and forgets logins that have run out.
    pub async fn log_in(&self, token: &str, expires: Timestamp, deed: &Deed) -> Result<(), StoreError> {
        let doing = "log somebody in";
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM login WHERE expires_us <= ");
        sql.bind(us(deed.at));
        sql.run(&mut tx, doing).await?;
        let mut sql = Sql::new("INSERT INTO login (token_hash, account, expires_us) VALUES (");
        sql.bind(digest(token)).push(", ").bind(&deed.account).push(", ").bind(us(expires)).push(")");
        sql.run(&mut tx, doing).await?;
        audit::write(&mut tx, deed, None, &()).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }

    /// Who shows this.
    pub async fn logged_in(&self, token: &str, now: Timestamp) -> Result<Option<Account>, StoreError> {
        let mut sql = Sql::packed("a.account, a.full_name, a.unit, p.role, p.region");
        sql.push(
            " FROM login l JOIN account a ON a.account = l.account LEFT JOIN account_post p ON p.account = a.account",
        );
        sql.push(" WHERE l.token_hash = ").bind(digest(token)).push(" AND l.expires_us > ").bind(us(now));
        sql.push(" AND a.closed_us IS NULL");
        type Row = (String, String, String, Option<String>, Option<String>);
        let rows: Vec<Row> = sql.unpack(&mut *self.db.reader().await?, "look who is logged in").await?;
        let Some((account, full_name, unit, ..)) = rows.first().cloned() else { return Ok(None) };
        let mut posts = BTreeSet::new();
        for (_, _, _, role, region) in rows {
            if let (Some(role), Some(region)) = (role, region) {
                posts.insert(post(&role, region)?);
            }
        }
        Ok(Some(Account { account, full_name, unit, posts: posts.into_iter().collect() }))
    }

    /// Ends a login.
    pub async fn log_out(&self, token: &str) -> Result<(), StoreError> {
        let doing = "log somebody out";
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM login WHERE token_hash = ");
        sql.bind(digest(token));
        sql.run(&mut tx, doing).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }
}

/// What the log says of a change: never a hash.
#[derive(Serialize)]
struct Told<'c> {
    account: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'c str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    password: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posts: Option<&'c [Post]>,
}

fn told<'c>(account: &'c str, change: &'c AccountChange) -> Told<'c> {
    Told {
        account,
        full_name: change.full_name.as_deref(),
        unit: change.unit.as_deref(),
        password: change.password_hash.is_some(),
        closed: change.closed,
        posts: change.posts.as_deref(),
    }
}

async fn write_posts(tx: &mut Tx, account: &str, posts: &[Post]) -> Result<(), StoreError> {
    let posts: BTreeSet<&Post> = posts.iter().collect();
    let posts: Vec<&Post> = posts.into_iter().collect();
    let head = "INSERT INTO account_post (account, role, region)";
    insert(tx, "write the posts of an account", (head, ""), 3, &posts, |values, post| {
        values.bind(account).bind(post.role.as_str()).bind(&post.region);
    })
    .await?;
    Ok(())
}

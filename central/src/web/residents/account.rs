//! Accounts of the residents' half, for its admins.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_residents::right::{Post, Right};
use xunge_residents::store::{AccountChange, AccountView, What};

use super::{Residents, Someone, text};
use crate::password;
use crate::web::guard::{Json, Query};
use crate::web::page::{self, PageQuery};
use crate::web::problem::Problem;

/// Most posts of one account.
const POSTS: usize = 50;
/// Longest name for people, and name of a unit.
const NAME_CHARS: usize = 50;

/// Accounts.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Accounts {
    accounts: Vec<AccountView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 账号
///
/// All accounts by name.
#[utoipa::path(get, path = "/accounts", tag = "residents_accounts", operation_id = "list_accounts", params(PageQuery), responses((status = 200, body = Accounts)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Accounts>, Problem> {
    someone.need(Right::Accounts, "")?;
    let limit = page::limit(query.limit)?;
    let after: Option<String> = page::after(query.after.as_deref())?;
    let found = half.store.accounts(after.as_deref().unwrap_or_default(), limit + 1).await?;
    let (accounts, next) = page::cut(found, limit, |one| one.account.clone());
    Ok(Answer(Accounts { accounts, next }))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewAccount {
    /// Name by which the person logs in.
    account: String,
    /// Name for people.
    #[serde(default)]
    full_name: String,
    /// 单位.
    #[serde(default)]
    unit: String,
    posts: Vec<Post>,
}

/// A password that is shown once.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AccountPassword {
    /// None where it stays as it is.
    password: Option<String>,
}

/// 添加账号
///
/// Makes an account. Its password is shown once.
#[utoipa::path(post, path = "/accounts", tag = "residents_accounts", operation_id = "add_account", request_body = NewAccount, responses((status = 201, body = AccountPassword)))]
pub(in crate::web) async fn add(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Answer<AccountPassword>), Problem> {
    someone.need(Right::Accounts, "")?;
    password::check_name(&new.account).map_err(|error| {
        Problem::unprocessable("name", "账号只能用文字、数字和 - _ .，最多 64 个。", error.to_string())
    })?;
    text("full_name", &new.full_name, NAME_CHARS)?;
    text("unit", &new.unit, NAME_CHARS)?;
    check_posts(&new.posts)?;
    let (password, hash) = half.door.fresh_password().await?;
    let change = AccountChange {
        full_name: Some(new.full_name),
        unit: Some(new.unit),
        password_hash: Some(hash),
        closed: None,
        posts: Some(new.posts),
    };
    if !half.store.add_account(&new.account, &change, &someone.deed(What::Account, "")).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "name_taken",
            "已有同名账号。",
            "There is an account of this name already.",
        ));
    }
    Ok((StatusCode::CREATED, Answer(AccountPassword { password: Some(password) })))
}

/// What is changed of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct AccountChanges {
    /// Name for people.
    full_name: Option<String>,
    /// 单位.
    unit: Option<String>,
    posts: Option<Vec<Post>>,
    /// May not log in; ends all logins.
    closed: Option<bool>,
    /// Another password, which is shown once; ends all logins.
    #[serde(default)]
    new_password: bool,
}

/// 修改账号
///
/// Changes an account, closes it or opens it again, or gives it another password.
#[utoipa::path(post, path = "/accounts/{account}", tag = "residents_accounts", operation_id = "change_account",
    params(("account" = String, Path, description = "账号 Account")), request_body = AccountChanges, responses((status = 200, body = AccountPassword)))]
pub(in crate::web) async fn change(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(name): Path<String>,
    Json(asked): Json<AccountChanges>,
) -> Result<Answer<AccountPassword>, Problem> {
    someone.need(Right::Accounts, "")?;
    if name == someone.account.account && (asked.posts.is_some() || asked.closed == Some(true)) {
        return Err(Problem::unprocessable(
            "own_account",
            "不能停用自己或改变自己的岗位，请由另一位管理员操作。",
            "Nobody closes his own account or changes his own posts: another admin does.",
        ));
    }
    text("full_name", asked.full_name.as_deref().unwrap_or_default(), NAME_CHARS)?;
    text("unit", asked.unit.as_deref().unwrap_or_default(), NAME_CHARS)?;
    if let Some(posts) = &asked.posts {
        check_posts(posts)?;
    }
    let (password, password_hash) = if asked.new_password {
        let (password, hash) = half.door.fresh_password().await?;
        (Some(password), Some(hash))
    } else {
        (None, None)
    };
    let change = AccountChange {
        full_name: asked.full_name,
        unit: asked.unit,
        password_hash,
        closed: asked.closed,
        posts: asked.posts,
    };
    if !half.store.change_account(&name, &change, &someone.deed(What::Account, "")).await? {
        return Err(Problem::not_found("没有这个账号。", "There is no such account."));
    }
    Ok(Answer(AccountPassword { password }))
}

fn check_posts(posts: &[Post]) -> Result<(), Problem> {
    if (1..=POSTS).contains(&posts.len()) {
        return Ok(());
    }
    Err(Problem::unprocessable(
        "posts",
        format!("请设置 1 至 {POSTS} 个岗位。"),
        format!("Give from 1 to {POSTS} posts."),
    ))
}

//! Users and their posts, for admins.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Web;
use super::guard::{Json, LoggedIn, Query, need};
use super::page::{self, PageQuery};
use super::problem::Problem;
use crate::case::guard::{Actor, Post, Role};
use crate::org::Region;
use crate::password;
use crate::store::UserView;

/// Most posts of one person.
const POSTS: usize = 50;

/// All users that an admin may see.
#[derive(Serialize, ToSchema)]
pub(super) struct Users {
    users: Vec<UserView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 用户
///
/// People whose posts all lie in regions of yours.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "list_users", params(PageQuery), responses((status = 200, body = Users)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Users>, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    let limit = page::limit(query.limit)?;
    let after: Option<String> = page::after(query.after.as_deref())?;
    let governed = governed(&actor);
    let found = web.store.users_page(governed.as_deref(), after.as_deref(), limit + 1).await?;
    let (users, next) = page::cut(found, limit, |user| user.name.clone());
    Ok(Answer(Users { users, next }))
}

/// The regions that somebody is an admin of; none means everywhere.
pub(super) fn governed(actor: &Actor) -> Option<Vec<Region>> {
    let posts = actor.posts.iter().filter(|post| post.role == Role::Admin);
    posts.map(|post| post.region.clone()).collect()
}

/// Whether an admin may give all these posts: each lies in a region of his.
pub(super) fn governs(actor: &Actor, posts: &[Post]) -> bool {
    posts.iter().all(|post| match &post.region {
        Some(region) => actor.holds(&[Role::Admin], region),
        None => actor.posts.iter().any(|own| own.role == Role::Admin && own.region.is_none()),
    })
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    name: String,
    posts: Vec<Post>,
}

/// A password that is shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct Password {
    password: String,
}

/// 添加用户
///
/// Adds a person. The password is shown once.
#[utoipa::path(post, path = "/users", tag = "users", operation_id = "add_user", request_body = NewUser, responses((status = 201, body = Password)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Answer<Password>), Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    check_posts(&actor, &new.posts)?;
    password::check_name(&new.name).map_err(|error| {
        Problem::unprocessable("name", "用户名只能用文字、数字和 - _ .，最多 64 个。", error.to_string())
    })?;
    let (password, hash) = web.door.fresh_password().await?;
    if !web.store.add_user(&new.name, &new.posts, &hash, web.clock.now()).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "name_taken",
            "已有同名用户。",
            "There is a user of this name already.",
        ));
    }
    Ok((StatusCode::CREATED, Answer(Password { password })))
}

/// What an admin changes.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = UserChange)]
pub(super) enum Asked {
    /// Other posts.
    Posts {
        posts: Vec<Post>,
    },
    /// A new password, which ends all sessions.
    Password {},
    Disable {},
    Enable {},
}

/// 修改用户
///
/// Gives a person other posts or a new password, which is shown once, or lets the person in no longer.
#[utoipa::path(post, path = "/users/{name}", tag = "users", operation_id = "change_user",
    params(("name" = String, Path, description = "用户名 Name")), request_body = Asked, responses((status = 200, body = Option<Password>)))]
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(name): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Answer<Option<Password>>, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    let missing = || Problem::not_found("没有这个用户。", "There is no such user.");
    let user = web.store.user(&name).await?.ok_or_else(missing)?;
    if !governs(&actor, &user.posts) {
        return Err(missing());
    }
    let now = web.clock.now();
    let locks_out = matches!(asked, Asked::Disable {} | Asked::Posts { .. });
    if locks_out && name == actor.name {
        return Err(Problem::unprocessable(
            "own_account",
            "不能停用自己或改变自己的岗位，请由另一位管理员操作。",
            "Nobody disables himself or changes his own posts: another admin does.",
        ));
    }
    match asked {
        Asked::Posts { posts } => {
            check_posts(&actor, &posts)?;
            web.store.set_posts(&name, &posts, now).await?;
        }
        Asked::Password {} => {
            let (password, hash) = web.door.fresh_password().await?;
            web.store.set_password(&name, &hash, now).await?;
            return Ok(Answer(Some(Password { password })));
        }
        Asked::Disable {} => drop(web.store.disable_user(&name, true, now).await?),
        Asked::Enable {} => drop(web.store.disable_user(&name, false, now).await?),
    }
    Ok(Answer(None))
}

fn check_posts(actor: &Actor, posts: &[Post]) -> Result<(), Problem> {
    if !governs(actor, posts) {
        return Err(Problem::forbidden());
    }
    if posts.is_empty() || posts.len() > POSTS {
        return Err(Problem::unprocessable(
            "posts",
            format!("请设置 1 至 {POSTS} 个岗位。"),
            format!("Give from 1 to {POSTS} posts."),
        ));
    }
    Ok(())
}

//! Tokens of machines (机器令牌), for admins.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Web;
use super::guard::{Json, LoggedIn, Query, need};
use super::page::{self, PageQuery};
use super::problem::Problem;
use super::users::{governed, governs};
use crate::case::guard::{Post, Role};
use crate::store::TokenView;
use crate::token::{self, NewToken};

/// Tokens that an admin may see.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    tokens: Vec<TokenView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 机器令牌
///
/// Tokens for regions of yours, also those that were taken back or have run out. The secrets themselves are kept nowhere.
#[utoipa::path(get, path = "/tokens", tag = "users", operation_id = "list_tokens", params(PageQuery),
    responses((status = 200, body = Tokens)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Tokens>, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    let limit = page::limit(query.limit)?;
    let after: Option<String> = page::after(query.after.as_deref())?;
    let found = web.store.tokens(governed(&actor).as_deref(), after.as_deref(), limit + 1).await?;
    let (tokens, next) = page::cut(found, limit, |token| token.name.clone());
    Ok(Answer(Tokens { tokens, next }))
}

/// A token that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(super) struct Asked {
    /// Name, never given before; the log of the cases says `token:` and this.
    name: String,
    /// What for: any role but admin.
    role: Role,
    /// Where; none is everywhere.
    region: Option<crate::org::Region>,
    /// Addresses that it may come from, e.g. `10.2.0.0/16`; none is any.
    prefix: Option<String>,
    /// Days that it is good for, 1 to 730; usually 365.
    days: Option<u32>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// The token itself. It is shown here once and never again.
    token: String,
    /// Until when it is good.
    expires_utc: Timestamp,
}

/// 新建机器令牌
///
/// Makes a token with a role and a region within yours. It is shown once. It loses its rights together with its maker.
#[utoipa::path(post, path = "/tokens", tag = "users", operation_id = "add_token", request_body = Asked,
    responses((status = 201, body = MadeToken)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, Answer<MadeToken>), Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    let now = web.clock.now();
    let post = Post { role: asked.role, region: asked.region };
    if !governs(&actor, std::slice::from_ref(&post)) {
        return Err(Problem::forbidden());
    }
    let new = NewToken::check(&asked.name, post, asked.prefix.as_deref(), asked.days, now)
        .map_err(|bad| Problem::unprocessable("token", bad.zh(), format!("{bad}.")))?;
    let secret = token::secret();
    if !web.store.add_token(&new, &secret, Some(&actor.name), now).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "name_taken",
            "已有或曾有同名令牌，请换一个名称。",
            "There is or was a token of this name; choose another one.",
        ));
    }
    Ok((StatusCode::CREATED, Answer(MadeToken { token: secret, expires_utc: new.expires_utc })))
}

/// 吊销机器令牌
///
/// Takes a token back, at once and for good.
#[utoipa::path(delete, path = "/tokens/{name}", tag = "users", operation_id = "revoke_token",
    params(("name" = String, Path, description = "令牌名 Name")),
    responses((status = 204, description = "已吊销 It is good no longer")))]
pub(super) async fn revoke(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin], None)?;
    let missing =
        || Problem::not_found("没有这个令牌，或已吊销。", "There is no such token, or it was taken back.");
    let known = web.store.token(&name).await?.ok_or_else(missing)?;
    if !governs(&actor, &[known.post]) || !web.store.revoke_token(&name, &actor.name, web.clock.now()).await?
    {
        return Err(missing());
    }
    Ok(StatusCode::NO_CONTENT)
}

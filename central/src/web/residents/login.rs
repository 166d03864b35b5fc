//! Logging in and out.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use xunge_residents::right::{Post, Right};
use xunge_residents::store::{Deed, What};

use super::{COOKIE, Residents, Someone};
use crate::web::caller::{Address, call_cost};
use crate::web::guard::{Json, cookie};
use crate::web::problem::Problem;
use crate::web::session::set_cookie;

/// Somebody whom nobody needs to know; counted by address.
pub(in crate::web) struct Anyone(Address);

impl FromRequestParts<Arc<Residents>> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, half: &Arc<Residents>) -> Result<Self, Problem> {
        let address = Address::of(parts, &half.trusted_proxies);
        half.door.count_unknown(address, call_cost(parts), half.clock.now())?;
        Ok(Self(address))
    }
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResidentsLogin)]
pub(in crate::web) struct Login {
    account: String,
    password: String,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = ResidentsMe)]
pub(in crate::web) struct Me {
    account: String,
    full_name: String,
    unit: String,
    posts: Vec<Post>,
    /// What may be done somewhere.
    rights: Vec<Right>,
}

/// 登录
///
/// Logs somebody in to the residents' half and sets its cookie. Failed tries have to wait, longer each time.
#[utoipa::path(post, path = "/session", tag = "residents", operation_id = "residents_log_in", security(()), request_body = Login,
    responses((status = 204, description = "已登录 Logged in; `Set-Cookie` carries the login")))]
pub(in crate::web) async fn begin(
    State(half): State<Arc<Residents>>,
    Anyone(address): Anyone,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    let from = address.to_string();
    let name: String = login.account.chars().take(64).collect();
    let now = half.clock.now();
    half.door.may_try((&name, &from), now)?;
    let known = half.store.password_hash(&name).await?;
    half.door.let_in((&name, &from), (login.password, known), now).await?;
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let expires = now
        .checked_add(half.session)
        .map_err(|_| Problem::bad_request("The length of a session reaches beyond the calendar."))?;
    info!("{name} logged in to the residents' half from {from}");
    let deed = Deed { account: name, place: from, what: What::Login, reason: String::new(), at: now };
    half.store.log_in(&token, expires, &deed).await?;
    let cookie = set_cookie(COOKIE, &token, half.session.as_secs(), half.secure_cookies)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// 我是谁
///
/// Who is logged in, and what this one may do.
#[utoipa::path(get, path = "/session", tag = "residents", operation_id = "residents_who_am_i", responses((status = 200, body = Me)))]
pub(in crate::web) async fn show(someone: Someone) -> Answer<Me> {
    let rights = someone.account.rights();
    let account = someone.account;
    Answer(Me {
        account: account.account,
        full_name: account.full_name,
        unit: account.unit,
        posts: account.posts,
        rights,
    })
}

/// 退出
///
/// Ends the login that the cookie names, and takes the cookie back.
#[utoipa::path(delete, path = "/session", tag = "residents", operation_id = "residents_log_out", security(()),
    responses((status = 204, description = "已退出 Logged out")))]
pub(in crate::web) async fn end(
    State(half): State<Arc<Residents>>,
    _: Anyone,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = cookie(&headers, COOKIE) {
        half.store.log_out(token).await?;
    }
    let taken = set_cookie(COOKIE, "", 0, half.secure_cookies)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, taken)]).into_response())
}

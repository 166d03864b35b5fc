//! Logging in and out.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;

use super::Web;
use super::caller::Anyone;
use super::guard::{COOKIE, Json, LoggedIn, cookie};
use super::problem::Problem;
use crate::store::Session;

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    user: String,
    password: String,
}

/// 登录
///
/// Logs a person in and sets the session cookie. Failed tries have to wait, longer each time.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "log_in", security(()), request_body = Login,
    responses((status = 204, description = "已登录 Logged in; `Set-Cookie` carries the session")))]
pub(super) async fn begin(
    State(web): State<Arc<Web>>,
    Anyone(address): Anyone,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    let from = address.to_string();
    let name: String = login.user.chars().take(64).collect();
    let now = web.clock.now();
    web.door.may_try((&name, &from), now)?;
    let known = web.store.password_hash(&name).await?;
    web.door.let_in((&name, &from), (login.password, known), now).await?;
    let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let expires = now
        .checked_add(web.session)
        .map_err(|_| Problem::bad_request("The length of a session reaches beyond the calendar."))?;
    web.store.begin_session(&id, &name, now, expires).await?;
    info!("{name} logged in from {from}");
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, set_cookie(COOKIE, &id, web.session.as_secs(), web.secure_cookies)?)],
    )
        .into_response())
}

/// A cookie for our pages only.
pub(super) fn set_cookie(
    name: &str,
    value: &str,
    max_age_secs: u64,
    secure: bool,
) -> Result<HeaderValue, Problem> {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_secs}{secure}");
    HeaderValue::from_str(&text).map_err(|_| Problem::bad_request("The session cannot be named."))
}

/// 我是谁
///
/// Who is logged in, and the posts that say what may be seen and done.
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "who_am_i", responses((status = 200, body = Session)))]
pub(super) async fn show(LoggedIn(session): LoggedIn) -> Answer<Session> {
    Answer(session)
}

/// 退出
///
/// Ends the session that the cookie names, and takes the cookie back.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "log_out", security(()),
    responses((status = 204, description = "已退出 Logged out")))]
pub(super) async fn end(
    State(web): State<Arc<Web>>,
    _: Anyone,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(id) = cookie(&headers, COOKIE) {
        web.store.end_session(id).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(COOKIE, "", 0, web.secure_cookies)?)])
        .into_response())
}

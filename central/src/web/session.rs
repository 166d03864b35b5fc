//! Logging in and out.

use std::sync::{Arc, PoisonError};

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::Web;
use super::caller::Anyone;
use super::guard::{COOKIE, Json, LoggedIn, session_id};
use super::problem::Problem;
use crate::password;
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
    let key = format!("{from} {name}");
    let now = web.clock.now();
    let wait = web.throttle.lock().unwrap_or_else(PoisonError::into_inner).wait(&key, now);
    if let Some(wait) = wait {
        let secs = wait.as_secs().max(1);
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            format!("尝试次数过多，请 {secs} 秒后再试。"),
            format!("Too many failed tries. Try again in {secs} s."),
        )
        .retry_after(secs));
    }
    if !password_fits(&web, &name, login.password).await? {
        web.throttle.lock().unwrap_or_else(PoisonError::into_inner).failed(&key, now);
        warn!("a login from {from} failed");
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_password",
            "用户名或密码不正确。",
            "The user name or the password is not right.",
        ));
    }
    web.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(&key);
    let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let expires = now
        .checked_add(web.session)
        .map_err(|_| Problem::bad_request("The length of a session reaches beyond the calendar."))?;
    web.store.begin_session(&id, &name, now, expires).await?;
    info!("{name} logged in from {from}");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&web, &id, web.session.as_secs())?)])
        .into_response())
}

/// Checks the password without holding up others, and as slowly for a name that nobody has.
async fn password_fits(web: &Web, name: &str, password: String) -> Result<bool, Problem> {
    let known = web.store.password_hash(name).await?;
    let exists = known.is_some();
    let hash = known.unwrap_or_else(|| web.nobody.clone());
    let busy = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "系统正忙，请稍后再试。",
            "The centre is busy or stopping. Try again.",
        )
        .retry_after(1)
    };
    let _permit = web.hashing.acquire().await.map_err(|_| busy())?;
    let fits = tokio::task::spawn_blocking(move || password::fits(&password, &hash));
    Ok(fits.await.map_err(|_| busy())? && exists)
}

fn cookie(web: &Web, id: &str, max_age_secs: u64) -> Result<HeaderValue, Problem> {
    let secure = if web.secure_cookies { "; Secure" } else { "" };
    let text = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_secs}{secure}");
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
    if let Some(id) = session_id(&headers) {
        web.store.end_session(id).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&web, "", 0)?)]).into_response())
}

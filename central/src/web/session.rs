//! Logging in and out.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json as Answer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tracing::{info, warn};

use super::Web;
use super::guard::{COOKIE, Json, LoggedIn, session_id};
use super::problem::Problem;
use crate::password;
use crate::store::Session;

/// Name and password.
#[derive(Deserialize)]
pub(super) struct Login {
    user: String,
    password: String,
}

pub(super) async fn begin(
    State(web): State<Arc<Web>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    let from = peer.map_or_else(|| "?".to_owned(), |Extension(ConnectInfo(peer))| peer.ip().to_string());
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

pub(super) async fn show(LoggedIn(session): LoggedIn) -> Answer<Session> {
    Answer(session)
}

pub(super) async fn end(State(web): State<Arc<Web>>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(id) = session_id(&headers) {
        web.store.end_session(id).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&web, "", 0)?)]).into_response())
}

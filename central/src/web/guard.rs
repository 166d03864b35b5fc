//! Who may call the API: own pages only, and logged in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Web;
use super::caller::Address;
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::law::view::Terminal;
use crate::org::Region;
use crate::store::{Session, Viewer};

/// The cookie with the session id.
pub(super) const COOKIE: &str = "xunge_session";

/// What the body of a call is.
pub(super) const JSON: &str = "application/json";
/// What a file is sent as.
pub(super) const FILE: &str = "application/octet-stream";

/// Refuses a change that another site's page could have sent: it needs a header and a content type that only our
/// own pages can set. The cookie is `SameSite=Strict` besides.
pub(super) async fn own_pages_only(content_type: &'static str, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !request.method().is_safe() {
        let is = |name: &str, value: &str| {
            headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.split(';').next())
            .map(|v| v.trim().to_ascii_lowercase());
        let wanted = kind.as_deref() == Some(content_type);
        let bodiless = request.method() == axum::http::Method::DELETE;
        let foreign = headers.contains_key("sec-fetch-site") && !is("sec-fetch-site", "same-origin");
        // no browser sends a token by itself
        let by_token = bearer(headers).is_some();
        if !by_token && (foreign || !is("x-xunge", "1")) {
            return Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_request",
                "请求不是来自本系统页面，改动须带请求头 X-Xunge: 1。",
                "A change needs the headers `X-Xunge: 1` and `Content-Type: application/json`.",
            )
            .into_response();
        }
        if !(wanted || bodiless) {
            return (if content_type == JSON { Problem::not_json() } else { Problem::not_a_file() })
                .into_response();
        }
    }
    next.run(request).await
}

/// The value of a cookie that the browser shows.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The token that a machine shows.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (kind, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Somebody who is logged in, or a machine with a token; the call is counted.
pub(super) struct LoggedIn(pub(super) Session);

impl FromRequestParts<Arc<Web>> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        web.logged_in(parts).await.map(Self)
    }
}

/// Somebody who is logged in and wants to look at evidence: who, and from where.
pub(super) struct Looking {
    pub(super) session: Session,
    pub(super) viewer: Viewer,
}

impl FromRequestParts<Arc<Web>> for Looking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let LoggedIn(session) = LoggedIn::from_request_parts(parts, web).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let address = Address::of(parts, &web.trusted_proxies).to_string();
        let viewer = Viewer {
            user: session.user.clone(),
            session: bearer(&parts.headers).or(cookie(&parts.headers, COOKIE)).unwrap_or_default().to_owned(),
            terminal: Terminal::new(address, agent.unwrap_or_default()),
        };
        Ok(Self { session, viewer })
    }
}

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::too_large())?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            // a body may hold a password: only the place is told
            let (line, column) = (error.line(), error.column());
            let place = (
                format!("请求内容不是此处所需的 JSON（第 {line} 行第 {column} 列），请对照接口文档。"),
                format!("The body is not the JSON that is expected here (line {line}, column {column})."),
            );
            Problem::unread(&error.to_string(), place)
        })
    }
}

/// The words behind `?` in the address.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(query)| Self(query)).map_err(|error| {
            let text = error.body_text();
            let what: String = text.chars().take(200).filter(|letter| !letter.is_control()).collect();
            let place = (
                "地址中 ? 之后的内容有误，请对照接口文档 /api/v1/openapi.json。".to_owned(),
                format!("{what}. See /api/v1/openapi.json."),
            );
            Problem::unread(&text, place)
        })
    }
}

/// Refuses whoever holds none of these roles: over this region, or anywhere where none is given.
pub(super) fn need(actor: &Actor, roles: &[Role], region: Option<&Region>) -> Result<(), Problem> {
    let holds = match region {
        Some(region) => actor.holds(roles, region),
        None => actor.posts.iter().any(|post| roles.contains(&post.role)),
    };
    if holds { Ok(()) } else { Err(Problem::forbidden()) }
}

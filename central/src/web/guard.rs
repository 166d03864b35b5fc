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
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::org::Region;
use crate::store::Session;

/// The cookie with the session id.
pub(super) const COOKIE: &str = "xunge_session";

/// Refuses a change that another site's page could have sent: it needs a header and a content type that only our
/// own pages can set. The cookie is `SameSite=Strict` besides.
pub(super) async fn own_pages_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !request.method().is_safe() {
        let is = |name: &str, value: &str| {
            headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        let json = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.split(';').next())
            .is_some_and(|v| v.trim().eq_ignore_ascii_case("application/json"));
        let bodiless = request.method() == axum::http::Method::DELETE;
        let foreign = headers.contains_key("sec-fetch-site") && !is("sec-fetch-site", "same-origin");
        if foreign || !is("x-xunge", "1") || !(json || bodiless) {
            return Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_request",
                "请求不是来自本系统页面。",
                "A change needs the headers `X-Xunge: 1` and `Content-Type: application/json`.",
            )
            .into_response();
        }
    }
    next.run(request).await
}

/// The session id that the browser shows.
pub(super) fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Somebody who is logged in.
pub(super) struct LoggedIn(pub(super) Session);

impl FromRequestParts<Arc<Web>> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let id = session_id(&parts.headers).ok_or_else(Problem::login_needed)?;
        let session = web.store.session(id, web.clock.now()).await?;
        session.map(Self).ok_or_else(Problem::login_needed)
    }
}

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Web>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, web).await.map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "请求内容过大。",
                "The body is too large or did not come to its end.",
            )
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            // a body may hold a password: only the place is told
            Problem::bad_request(format!(
                "The body is not the JSON that is expected here (line {}, column {}).",
                error.line(),
                error.column()
            ))
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

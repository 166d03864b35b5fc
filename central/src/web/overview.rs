//! The state of everything.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Web;
use super::guard::LoggedIn;
use super::problem::Problem;
use crate::org::Region;
use crate::view::{EvidenceState, Overview};

/// 总览
///
/// Boxes and cameras that your posts cover, and the numbers at the top of the console.
#[utoipa::path(get, path = "/overview", tag = "overview", operation_id = "overview", responses((status = 200, body = Overview)))]
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Overview>, Problem> {
    let actor = session.actor();
    let mut edges = web.store.edges(None).await?;
    edges.retain(|edge| actor.sees(&Region::of_site(&edge.site)));
    let counts = web.store.counts(actor.regions().as_deref(), web.clock.now()).await?;
    let evidence = EvidenceState::of(web.files.store());
    Ok(Answer(Overview { edges, counts, evidence }))
}

/// 健康状况
///
/// For supervisors and proxies: 200 while the store answers. A broker or an object store that is away is said, but
/// restarting the centre would not bring it back.
#[utoipa::path(get, path = "/healthz", tag = "about", operation_id = "health", security(()),
    responses((status = 200, body = Object), (status = 503, body = Object, description = "数据库无应答 The store does not answer")))]
pub(super) async fn health(State(web): State<Arc<Web>>) -> Response {
    let store = web.store.ping().await;
    let broker = web.intake.as_ref().map(|intake| intake.state().map(|state| state.connected()));
    let status = if store.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "store": if store.is_ok() { "ok" } else { "failed" },
        "broker": match broker {
            Some(Some(true)) => "connected",
            Some(Some(false)) => "disconnected",
            Some(None) => "standing_by",
            None => "none",
        },
        "evidence": if web.files.store().reachable().is_ok() { "ok" } else { "away" },
        "version": env!("CARGO_PKG_VERSION"),
    });
    (status, Answer(body)).into_response()
}

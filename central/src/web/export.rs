//! Handing evidence over.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio_util::io::ReaderStream;
use tracing::error;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Web;
use super::approvals::{cases, export_scope};
use super::guard::{Json, LoggedIn};
use super::problem::Problem;
use super::views::text;
use crate::case::book::id_at;
use crate::evidence::{EvidenceError, EvidenceStore};
use crate::export::{self, Order, Whole};
use crate::law::approval::{Kind, over};
use crate::law::ledger::Export;
use crate::law::tidy;
use crate::law::view::Reason;

const RECIPIENT_CHARS: usize = 200;

/// Which cases go to whom, and why.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExportAsked)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    cases: Vec<Uuid>,
    /// People are made unrecognisable, and clips left out; unless it is said otherwise.
    masked: Option<bool>,
    reason: Reason,
    text: Option<String>,
    recipient: String,
    /// The request that a second person agreed to.
    approval: Option<Uuid>,
}

/// 导出证据
///
/// Cases with their evidence as a ZIP, masked unless it is said otherwise.
#[utoipa::path(post, path = "/exports", tag = "law", operation_id = "export_evidence", request_body = Asked, responses((status = 200, content_type = "application/zip", description = "ZIP")))]
pub(super) async fn make(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let actor = session.actor();
    let now = web.clock.now();
    let masked = asked.masked.unwrap_or(true);
    let (ids, regions) = cases(&web, &actor, &asked.cases).await?;
    let kind = match (ids.len(), masked) {
        (1, true) => None,
        (1, false) => Some(Kind::UnmaskedExport),
        _ => Some(Kind::BulkExport),
    };
    if !over(&actor, Kind::BulkExport.askers(), &regions) {
        return Err(Problem::forbidden());
    }
    let text = text(asked.reason, asked.text.as_deref())?;
    let recipient = tidy(&asked.recipient).filter(|name| name.chars().count() <= RECIPIENT_CHARS);
    let recipient = recipient.ok_or_else(|| {
        Problem::unprocessable(
            "recipient",
            format!("请写明接收单位，不超过 {RECIPIENT_CHARS} 字。"),
            format!("Say who gets it, in at most {RECIPIENT_CHARS} characters."),
        )
    })?;
    let mut whole = Vec::with_capacity(ids.len());
    for id in &ids {
        let missing = || Problem::not_found("没有这个案件。", "There is no such case.");
        let detail = web.store.case_detail(*id, &actor, now).await?.ok_or_else(missing)?;
        whole.push(Whole { detail, messages: web.store.messages_of(*id).await? });
    }
    if let Some(kind) = kind {
        let scope = export_scope(&ids, masked);
        let id = asked.approval.ok_or_else(Problem::second_person)?;
        if !web.store.use_approval(id, (kind, &scope), &actor.name, now).await? {
            return Err(Problem::second_person());
        }
    }
    let (full_name, unit) = web.store.person(&actor.name).await?;
    let order = Order {
        id: id_at(now),
        utc: now,
        by: actor.name,
        full_name,
        unit,
        reason: asked.reason,
        text,
        recipient,
        masked,
        approval: asked.approval.filter(|_| kind.is_some()),
    };
    let region = if let [only] = regions.as_slice() { only.as_str() } else { "" };
    let path = web.files.scratch();
    let answer = pack(&web, whole, &order, &path, region).await;
    // an open file stays readable without its name; what a crash leaves goes at the next start
    if let Err(error) = tokio::fs::remove_file(&path).await {
        error!("{} cannot be removed: {error}", path.display());
    }
    answer
}

type Asking = (String, oneshot::Sender<Option<Vec<u8>>>);

/// Asks for a file from a thread that packs. It waits for nobody who has gone: a stop ends the packing.
fn fetch(ask: &mpsc::Sender<Asking>, sha256: &str) -> io::Result<Option<Vec<u8>>> {
    let ended = || io::Error::other("the evidence could not be read");
    let (answer, answered) = oneshot::channel();
    ask.blocking_send((sha256.to_owned(), answer)).map_err(|_| ended())?;
    answered.blocking_recv().map_err(|_| ended())
}

/// Gives a thread that packs the files that it asks for, until it has ended or one cannot be read.
async fn give(store: &EvidenceStore, mut asked: mpsc::Receiver<Asking>) -> Result<(), EvidenceError> {
    while let Some((sha256, answer)) = asked.recv().await {
        let bytes = match store.load(&sha256).await {
            Err(error @ EvidenceError::Damaged { .. }) => {
                error!("{error}");
                None
            }
            found => found?,
        };
        // who asked has ended with a reason of its own
        let _ = answer.send(bytes);
    }
    Ok(())
}

async fn pack(
    web: &Web,
    whole: Vec<Whole>,
    order: &Order,
    path: &std::path::Path,
    region: &str,
) -> Result<Response, Problem> {
    let failed = |error: String| {
        error!("{error}");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "export",
            "无法生成导出文件；运行日志中有原因。",
            "The export could not be made; the log of the centre says why.",
        )
    };
    let file = std::fs::File::create_new(path).map_err(|error| failed(error.to_string()))?;
    let (given, zone) = (order.clone(), web.store.zone().clone());
    let (ask, asked) = mpsc::channel(1);
    let packing = tokio::task::spawn_blocking(move || {
        let mut fetch = |sha256: &str| fetch(&ask, sha256);
        export::write(file, &whole, &mut fetch, &given, &zone).map(|written| (written, whole))
    });
    let (packed, given) = tokio::join!(packing, give(web.files.store(), asked));
    given?;
    let packed = packed.map_err(|error| failed(error.to_string()))?;
    let (written, whole) = packed.map_err(|error| failed(error.to_string()))?;
    let entry = Export {
        reason: order.reason,
        text: order.text.clone(),
        recipient: order.recipient.clone(),
        cases: whole.iter().map(|case| case.detail.summary.id).collect(),
        masked: order.masked,
        approval: order.approval,
        files: written.evidence,
        manifest: written.manifest,
    };
    // written down before the first byte leaves
    web.store.exported(order.id, entry, (region, &order.by), order.utc).await?;
    let file = tokio::fs::File::open(path).await.map_err(|error| failed(error.to_string()))?;
    let length = file.metadata().await.map_err(|error| failed(error.to_string()))?.len();
    let name = format!("attachment; filename=\"xunge-{}.zip\"", order.id.simple());
    let common = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut response =
        (common, Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024))).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

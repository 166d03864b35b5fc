//! Evidence: boxes bring it, people see it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt};
use tracing::error;

use super::Web;
use super::caller::Shown;
use super::guard::Looking;
use super::problem::Problem;
use super::range::{Asked, asked};
use crate::case::guard::Actor;
use crate::evidence::EvidenceError;
use crate::intake::message::is_sha256;
use crate::picture;
use crate::store::StoredEvidence;

/// A sender that takes longer for one file has gone; it frees its place for others.
const LONGEST: Duration = Duration::from_secs(600);
/// How soon a file that is being erased may come again.
const ERASED_SECS: u64 = 30;
/// Types that a browser shows and that cannot run anything.
const SHOWN: [&str; 2] = ["image/jpeg", "video/mp4"];

/// 上传证据
///
/// A box brings a file under its hash. It may send the same file again.
#[utoipa::path(put, path = "/evidence/v1/{edge}/{sha256}", tag = "edge", operation_id = "upload_evidence",
    params(("edge" = String, Path, description = "网关 Box"), ("sha256" = String, Path, description = "文件的 SHA-256，64 位小写十六进制 Hash of the file")),
    security(("edge_token" = [])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "已保存 Kept"), (status = 200, description = "已有 It was here already"),
        (status = 503, description = "证据存储已满或暂不可用，请稍后重传 No room, or the object store is away: send it again later")))]
pub(super) async fn upload(
    State(web): State<Arc<Web>>,
    Path((edge, sha256)): Path<(String, String)>,
    shown: Shown,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let known = match token {
        Some(token) => web.store.edge_token_is(&edge, token.trim()).await?,
        None => false,
    };
    if !known {
        web.door.count_unknown(shown.1, 1.0, web.clock.now())?;
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "edge_token",
            "令牌与该网关不符，请重新注册（enroll）。",
            "This is not the token of this box. Enrol it: xunge-central enroll.",
        ));
    }
    if !is_sha256(&sha256) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_a_hash",
            "地址中的文件名不是 SHA-256。",
            "The last part of the address must be a SHA-256 in 64 lower-case hex digits.",
        ));
    }
    let limit = web.files.max_file_bytes();
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(EvidenceError::TooLarge { limit }.into());
    }
    let _permit = web.uploads.acquire().await.map_err(|_| Problem::login_needed())?;
    if let Err(refused) = web.files.takes() {
        // to a sender in the middle of a clip an answer now would look like a broken line, and it would blame the clip
        pass_over(body.into_data_stream(), limit).await;
        return Err(refused.into());
    }
    if let Err(refused) = not_being_erased(&web, &sha256).await {
        pass_over(body.into_data_stream(), limit).await;
        return Err(refused);
    }
    let before = web.store.stored_evidence(&sha256).await?;
    let whole = match &before {
        Some(file) => web.files.store().size(&sha256).await? == Some(file.bytes),
        None => false,
    };
    // an early answer could break the sender's connection in the middle: what is known is read to its end too,
    // and replaces itself
    let put = web.files.put(&sha256, body.into_data_stream());
    let bytes = tokio::time::timeout(LONGEST, put)
        .await
        .map_err(|_| EvidenceError::Broken(format!("it took longer than {} s", LONGEST.as_secs())))??;
    if whole {
        return Ok(StatusCode::OK);
    }
    let media_type = media_type(&web, &edge, &sha256, &headers).await?;
    let file = StoredEvidence { sha256: sha256.clone(), bytes, media_type };
    web.store.evidence_stored(&edge, &file, web.clock.now()).await?;
    let cases = web.store.cases_with(&sha256).await?;
    web.feed.tell_cases(cases).await;
    Ok(StatusCode::CREATED)
}

/// A file that was purged may come again, but not while its bytes are being erased: they are known by the same name. What passes
/// here cannot be purged before it is noted, and is new then.
pub(super) async fn not_being_erased(web: &Web, sha256: &str) -> Result<(), Problem> {
    if !web.store.is_being_erased(sha256).await? {
        return Ok(());
    }
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "being_erased",
        "同一文件正在清除，请稍后重试。",
        "This very file is being purged. Send it again in a moment.",
    );
    Err(problem.retry_after(ERASED_SECS))
}

/// Reads what is sent to its end, for as long as it may be and may take, and keeps nothing.
async fn pass_over(mut body: BodyDataStream, limit: u64) {
    let mut bytes = 0;
    let reading = async {
        while let Some(Ok(chunk)) = body.next().await {
            bytes += chunk.len() as u64;
            if bytes > limit {
                return;
            }
        }
    };
    // one that takes longer has gone
    let _ = tokio::time::timeout(LONGEST, reading).await;
}

/// What the box's alert says, or where none has come yet, the upload itself. Nothing else is ever shown.
async fn media_type(web: &Web, edge: &str, sha256: &str, headers: &HeaderMap) -> Result<String, Problem> {
    let named = web.store.named_by(edge, sha256).await?.map(|named| named.media_type);
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let shown = [named, said].into_iter().flatten().find(|name| SHOWN.contains(&name.as_str()));
    Ok(shown.unwrap_or_else(|| "application/octet-stream".into()))
}

/// Where the file is not, or not for this person: one and the same answer.
fn missing() -> Problem {
    Problem::not_found(
        "该文件不在中心：尚未上传或已过保存期。",
        "The file is not here: it has not come yet, or its time of keeping is over.",
    )
}

/// The case store knows it and may show it to this person, but its bytes are gone.
fn lost(web: &Web, sha256: &str) -> Problem {
    error!(
        "the evidence {sha256} is in the case store but not in {}; take it from a backup",
        web.files.store()
    );
    Problem::lost()
}

/// A file that this person may see if a reason was given.
async fn seen(web: &Web, actor: &Actor, sha256: &str) -> Result<StoredEvidence, Problem> {
    if !is_sha256(sha256) {
        return Err(missing());
    }
    // a file elsewhere, or one that no alert has named yet, is as if it were not there
    let places = web.store.evidence_regions(sha256).await?;
    if actor.regions().is_some() && !places.iter().any(|place| actor.sees(place)) {
        return Err(missing());
    }
    web.store.stored_evidence(sha256).await?.ok_or_else(missing)
}

fn reason_needed() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "view_reason",
        "请先登记调用事由，再查看录像和图片。",
        "Say first why you look: POST /api/v1/views. Every look at a clip or picture is registered.",
    )
}

/// 缩略图
///
/// The small picture by which an alarm is judged at a glance. It is part of the alarm that the centre brings before whoever is on
/// duty, so it needs no reason while nobody has decided; afterwards it is a record like any other.
#[utoipa::path(get, path = "/evidence/{sha256}/preview", tag = "evidence", operation_id = "preview_evidence",
    params(("sha256" = String, Path, description = "文件的 SHA-256 Hash of the file")),
    responses((status = 200, description = "图片 A picture", content((Vec<u8> = "image/jpeg"))), (status = 304, description = "未变 Not changed")))]
pub(super) async fn preview(
    State(web): State<Arc<Web>>,
    Looking { session, viewer }: Looking,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = seen(&web, &session.actor(), &sha256).await?;
    if file.media_type != "image/jpeg" {
        return Err(missing());
    }
    let undecided = web.store.is_undecided(&sha256).await?;
    if !undecided && !web.store.look(&viewer, &sha256, &file.media_type, web.clock.now()).await? {
        return Err(reason_needed());
    }
    let etag = format!("\"{sha256}-s\"");
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let bytes = web.files.store().load(&sha256).await?.ok_or_else(|| lost(&web, &sha256))?;
    let _permit = web.pictures.acquire().await.map_err(|_| Problem::login_needed())?;
    let small = tokio::task::spawn_blocking(move || picture::preview(&bytes)).await;
    let small = small.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::unprocessable(
            "not_a_picture",
            "该文件不是可读的图片。",
            "The file is not a picture that reads.",
        )
    })?;
    let common = [
        (header::CONTENT_TYPE, "image/jpeg".to_owned()),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((common, small).into_response())
}

/// 查看证据
///
/// A picture or a clip, once it was said why. Takes `Range` and `If-None-Match`.
#[utoipa::path(get, path = "/evidence/{sha256}", tag = "evidence", operation_id = "show_evidence",
    params(("sha256" = String, Path, description = "文件的 SHA-256 Hash of the file")),
    responses((status = 200, description = "文件 The file", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "video/mp4"))),
        (status = 206, description = "文件的一段 A part of it"), (status = 304, description = "未变 Not changed"),
        (status = 416, description = "没有这一段 It has no such part")))]
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    Looking { session, viewer }: Looking,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = seen(&web, &session.actor(), &sha256).await?;
    if !web.store.look(&viewer, &sha256, &file.media_type, web.clock.now()).await? {
        return Err(reason_needed());
    }
    let length = file.bytes;
    let etag = format!("\"{sha256}\"");
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    // a part is wanted only of the file that the browser knows
    let same = text(header::IF_RANGE).is_none_or(|known| known == etag);
    let range = asked(text(header::RANGE).filter(|_| same), length);
    let common = [
        (header::CONTENT_TYPE, file.media_type),
        (header::ETAG, etag),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        // seen again only with a session
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    let (first, last, status) = match range {
        Asked::Beyond => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response());
        }
        Asked::Whole => (0, length, StatusCode::OK),
        Asked::Part { first, last } => (first, last + 1, StatusCode::PARTIAL_CONTENT),
    };
    let bytes = web.files.store().read(&sha256, length, first..last).await?;
    let bytes = bytes.ok_or_else(|| lost(&web, &sha256))?;
    // the sender has gone when this comes: the log is where it can be said
    let body = Body::from_stream(bytes.inspect_err(|error| error!("{error}")));
    let mut response = (status, common, body).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(last - first));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = HeaderValue::from_str(&format!("bytes {first}-{}/{length}", last - 1))
    {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

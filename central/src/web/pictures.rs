//! Pictures that handlers bring: of the place before, and of the finished work (处置前, 处置后).

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Web;
use super::cases::{case_id, detail, expect_seen, no_such_case};
use super::evidence::not_being_erased;
use super::guard::{Json, LoggedIn};
use super::problem::Problem;
use crate::case::guard::may_picture;
use crate::case::{Fix, Moment, Picture};
use crate::picture;
use crate::store::StoredEvidence;
use crate::view::CaseDetail;

/// Largest picture that a phone may send, bytes.
const PICTURE_BYTES: usize = 12 * 1024 * 1024;
/// The same as base64, with the words around it.
pub(super) const BODY_BYTES: usize = PICTURE_BYTES / 3 * 4 + 4096;
/// Pictures come from no box.
const NO_BOX: &str = "";

/// A picture as it is sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPicture {
    /// The file's bytes, base64: JPEG or PNG, 12 MiB at most.
    content: String,
    /// Before the work, or after it.
    moment: Moment,
    /// Whether the place that the picture says it was taken at may be kept; nothing else of what it says is.
    #[serde(default)]
    keep_place: bool,
}

/// 上传处置照片
///
/// The handler of a case brings a picture. It is written anew without EXIF, is evidence like all other, and stands in the log.
#[utoipa::path(post, path = "/cases/{id}/pictures", tag = "cases", operation_id = "add_picture",
    params(("id" = uuid::Uuid, Path, description = "案件标识 Id of the case")), request_body = NewPicture,
    responses((status = 201, body = CaseDetail), (status = 409, description = "与当前状态冲突 It stands otherwise by now; read it again")))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(new): Json<NewPicture>,
) -> Result<(StatusCode, Answer<CaseDetail>), Problem> {
    let id = case_id(&id)?;
    let actor = session.actor();
    expect_seen(&web, &actor, id).await?;
    // whoever may not is told before anything is worked out or kept
    let record = web.store.case_record(id).await?.ok_or_else(no_such_case)?;
    may_picture(&actor, &record.case, &record.facts.region)?;
    let sent =
        STANDARD.decode(new.content.trim()).map_err(|_| Problem::bad_request("`content` is not base64."))?;
    if sent.len() > PICTURE_BYTES {
        return Err(Problem::too_large());
    }
    let permit = web.pictures.acquire().await.map_err(|_| Problem::login_needed())?;
    let read = tokio::task::spawn_blocking(move || {
        let original = hex::encode(Sha256::digest(&sent));
        picture::brought(&sent).map(|brought| (original, brought))
    });
    let read = read.await.ok().and_then(Result::ok);
    drop(permit);
    let (original, brought) = read.ok_or_else(|| {
        Problem::unprocessable(
            "not_a_picture",
            "该文件不是可读的 JPEG 或 PNG 图片，请重新拍摄或换一张。",
            "The file is no JPEG or PNG picture that reads. Take it anew, or choose another one.",
        )
    })?;
    let sha256 = hex::encode(Sha256::digest(&brought.jpeg));
    let fix = brought.place.filter(|_| new.keep_place).map(|(lon, lat)| Fix { lon, lat });
    not_being_erased(&web, &sha256).await?;
    let bytes = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(brought.jpeg)]);
    let bytes = web.files.put(&sha256, bytes).await?;
    let now = web.clock.now();
    let file = StoredEvidence { sha256: sha256.clone(), bytes, media_type: "image/jpeg".into() };
    web.store.evidence_stored(NO_BOX, &file, now).await?;
    let picture = Picture { sha256, bytes, moment: new.moment, original, fix };
    web.store.add_picture(id, picture, &actor, now).await?.ok_or_else(no_such_case)?;
    web.feed.tell_cases([id]).await;
    Ok((StatusCode::CREATED, detail(&web, &actor, id).await?))
}

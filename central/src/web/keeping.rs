//! 留存与清除: what is kept, held and purged.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn, Query, need};
use super::made::Made;
use super::problem::Problem;
use super::views::regions;
use crate::case::guard::Role;
use crate::intake::message::is_sha256;
use crate::law::approval::{Kind, over};
use crate::law::keep::{LEAST_DAYS, cutoff, next_night};
use crate::law::ledger::Proof;
use crate::law::{REASON_CHARS, tidy};
use crate::retention;
use crate::store::{Held, HoldView, Keeping, PurgeOrder, PurgeView, PurgedFile};

/// Who holds evidence, and has it purged.
const KEEPERS: [Role; 2] = [Role::Supervisor, Role::Admin];
/// Who reads what was held and purged.
const READERS: [Role; 3] = [Role::Auditor, Role::Supervisor, Role::Admin];
/// Proofs that are listed: three years of nights.
const PROOFS: u32 = 1100;
/// Files of a proof in one answer.
const FILES: u32 = 500;

/// A reason that has to be given.
pub(super) fn reason(text: &str) -> Result<String, Problem> {
    tidy(text).ok_or_else(|| {
        Problem::unprocessable(
            "reason",
            format!("请写明原因，不超过 {REASON_CHARS} 字。"),
            format!("Say why, in at most {REASON_CHARS} characters."),
        )
    })
}

fn no_such_hold() -> Problem {
    Problem::not_found("没有这个案件或文件。", "There is no such case or file.")
}

/// What is kept now.
#[derive(Serialize, ToSchema)]
#[schema(as = KeepingNow)]
pub(super) struct Now {
    keep_days: u32,
    least_days: u32,
    max_bytes: u64,
    next_purge_utc: Timestamp,
    #[serde(flatten)]
    keeping: Keeping,
}

/// 留存情况
///
/// What is kept now, and when the next purge is.
#[utoipa::path(get, path = "/keeping", tag = "law", operation_id = "keeping", responses((status = 200, body = Now)))]
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Now>, Problem> {
    need(&session.actor(), &READERS, None)?;
    let now = web.clock.now();
    let keeping = web.store.keeping(web.keep.cutoff(now), now).await?;
    Ok(Answer(Now {
        keep_days: web.keep.days,
        least_days: LEAST_DAYS,
        max_bytes: web.max_bytes,
        next_purge_utc: next_night(now, web.store.zone()),
        keeping,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldQuery {
    /// Also those of before.
    past: Option<bool>,
    /// Only of this case.
    case: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Holds {
    holds: Vec<HoldView>,
}

/// 依法保全
///
/// What is held against purging.
#[utoipa::path(get, path = "/holds", tag = "law", operation_id = "list_holds", params(HoldQuery), responses((status = 200, body = Holds)))]
pub(super) async fn holds(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<HoldQuery>,
) -> Result<Answer<Holds>, Problem> {
    let actor = session.actor();
    // whoever sees a case sees that it is held
    let regions = actor.regions();
    let past = query.past.unwrap_or(false);
    let holds = web.store.holds(regions.as_deref(), query.case, past, web.clock.now()).await?;
    Ok(Answer(Holds { holds }))
}

/// What is to be held: a case or one file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHold {
    case: Option<Uuid>,
    sha256: Option<String>,
    reason: String,
    /// Until; none is until somebody lifts it.
    until_utc: Option<Timestamp>,
}

/// 保全
///
/// Holds a case or one file until somebody lifts it, or until a moment.
#[utoipa::path(post, path = "/holds", tag = "law", operation_id = "hold", request_body = NewHold, responses((status = 201, body = Made)))]
pub(super) async fn hold(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(new): Json<NewHold>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    let (held, places) = match (new.case, new.sha256) {
        (Some(case), None) => {
            let region = web.store.case_region(case).await?.ok_or_else(no_such_hold)?;
            (Held::Case(case), vec![region])
        }
        (None, Some(sha256)) if is_sha256(&sha256) => {
            let places = web.store.evidence_regions(&sha256).await?;
            (Held::File(sha256), places)
        }
        _ => return Err(Problem::bad_request("Name either a `case` or the `sha256` of one file.")),
    };
    let place = places.iter().find(|place| actor.sees(place)).ok_or_else(no_such_hold)?;
    need(&actor, &KEEPERS, Some(place))?;
    let reason = reason(&new.reason)?;
    let now = web.clock.now();
    if new.until_utc.is_some_and(|until| until <= now) {
        return Err(Problem::unprocessable(
            "length",
            "结束时间须晚于现在。",
            "A hold must end after now, or have no end.",
        ));
    }
    let id = web.store.hold(&held, &reason, new.until_utc, &actor.name, now).await?;
    Ok((StatusCode::CREATED, Answer(Made { id: id.ok_or_else(no_such_hold)? })))
}

/// Why a hold is lifted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lift {
    reason: String,
}

/// 解除保全
///
/// Lifts a hold.
#[utoipa::path(post, path = "/holds/{id}", tag = "law", operation_id = "lift_hold", params(("id" = Uuid, Path, description = "保全 Hold")), request_body = Lift, responses((status = 204)))]
pub(super) async fn lift(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(lift): Json<Lift>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    let missing = || Problem::not_found("没有生效中的这一项。", "There is no such one that runs.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let now = web.clock.now();
    let all = web.store.holds(actor.regions().as_deref(), None, false, now).await?;
    let hold = all.into_iter().find(|hold| hold.id == id).ok_or_else(missing)?;
    need(&actor, &KEEPERS, Some(&crate::org::Region::of_site(&hold.region)))?;
    let reason = reason(&lift.reason)?;
    if web.store.lift(id, &reason, &actor.name, now).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing())
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Purges {
    purges: Vec<PurgeView>,
    next_purge_utc: Timestamp,
}

/// 清除证明
///
/// What was purged, with the root hash of each list.
#[utoipa::path(get, path = "/purges", tag = "law", operation_id = "list_purges", responses((status = 200, body = Purges)))]
pub(super) async fn purges(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Purges>, Problem> {
    need(&session.actor(), &READERS, None)?;
    let purges = web.store.purges(PROOFS).await?;
    Ok(Answer(Purges { purges, next_purge_utc: next_night(web.clock.now(), web.store.zone()) }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FilesQuery {
    /// The last SHA-256 of the answer before.
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PurgedFiles)]
pub(super) struct Files {
    files: Vec<PurgedFile>,
    next: Option<String>,
}

/// 清除清单
///
/// Files of one purge.
#[utoipa::path(get, path = "/purges/{id}/files", tag = "law", operation_id = "purged_files", params(("id" = Uuid, Path, description = "清除 Purge"), FilesQuery), responses((status = 200, body = Files)))]
pub(super) async fn purged(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Query(query): Query<FilesQuery>,
) -> Result<Answer<Files>, Problem> {
    let actor = session.actor();
    need(&actor, &READERS, None)?;
    // the list names boxes and cases of everywhere
    if regions(&actor, &READERS, None)?.is_some() {
        return Err(Problem::forbidden());
    }
    let missing = || Problem::not_found("没有这次清除。", "There is no such purge.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let after = query.after.unwrap_or_default();
    let files = web.store.purged_files(id, &after, FILES).await?;
    let next =
        if files.len() == FILES as usize { files.last().map(|file| file.sha256.clone()) } else { None };
    Ok(Answer(Files { files, next }))
}

/// Purges now: what is over its time, or with two people what was stored before an earlier moment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PurgeNow {
    /// Keep only so many days, fewer than usual.
    days: Option<u32>,
    /// The request that a second person agreed to.
    approval: Option<Uuid>,
}

/// What an early purge is agreed for.
pub(super) fn early_scope(days: u32) -> serde_json::Value {
    json!({ "days": days })
}

/// Nothing goes below what the law says, whoever agrees.
pub(super) fn check_days(web: &Web, days: u32) -> Result<(), Problem> {
    if (LEAST_DAYS..web.keep.days).contains(&days) {
        return Ok(());
    }
    Err(Problem::unprocessable(
        "days",
        format!(
            "提前清除的保存天数须不少于 {LEAST_DAYS} 日（799 号令第十七条），且少于常规的 {} 日。",
            web.keep.days
        ),
        format!(
            "An early purge keeps {LEAST_DAYS} days at least (decree 799, article 17) and fewer than the usual {}.",
            web.keep.days
        ),
    ))
}

/// 清除
///
/// Purges what is over its time; with two people what is older than fewer days.
#[utoipa::path(post, path = "/purges", tag = "law", operation_id = "purge", request_body = PurgeNow, responses((status = 201, body = Proof)))]
pub(super) async fn purge(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(wanted): Json<PurgeNow>,
) -> Result<(StatusCode, Answer<Proof>), Problem> {
    let actor = session.actor();
    if !over(&actor, &KEEPERS, &[]) {
        return Err(Problem::forbidden());
    }
    let now = web.clock.now();
    let (until, approval) = match wanted.days {
        None => (web.keep.cutoff(now), None),
        Some(days) => {
            check_days(&web, days)?;
            let id = wanted.approval.ok_or_else(Problem::second_person)?;
            if !web.store.use_approval(id, (Kind::EarlyPurge, &early_scope(days)), &actor.name, now).await? {
                return Err(Problem::second_person());
            }
            (cutoff(now, days), Some(id))
        }
    };
    let order = PurgeOrder { cutoff: until, by: actor.name, approval };
    let proof = retention::purge(&web.store, &web.files, &order, now).await?;
    Ok((StatusCode::CREATED, Answer(proof)))
}

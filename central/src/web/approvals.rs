//! 双人复核: asking for a second person, and being one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn, need};
use super::keeping::{check_days, early_scope, reason};
use super::made::Made;
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::law::approval::{Kind, Objection, answerable, over};
use crate::org::Region;
use crate::store::Approval;

/// Who sees requests: those who ask, those who answer, those who look after them.
const READERS: [Role; 4] = [Role::Acceptor, Role::Supervisor, Role::Auditor, Role::Admin];
/// Most cases of one export.
pub(super) const CASES: usize = 200;

/// A request, and whether this person could answer it.
#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalShown)]
pub(super) struct Shown {
    #[serde(flatten)]
    approval: Approval,
    may_answer: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Approvals {
    approvals: Vec<Shown>,
}

/// 双人复核
///
/// Requests that a second person answers.
#[utoipa::path(get, path = "/approvals", tag = "law", operation_id = "list_approvals", responses((status = 200, body = Approvals)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Approvals>, Problem> {
    let actor = session.actor();
    need(&actor, &READERS, None)?;
    let all = web.store.approvals(web.clock.now()).await?;
    let approvals = all.into_iter().filter(|approval| sees(&actor, approval));
    let approvals = approvals.map(|approval| {
        let (kind, by, standing) = (approval.kind, &approval.by, approval.standing);
        let may_answer = answerable(&actor, kind, &approval.regions, by, standing).is_ok();
        Shown { approval, may_answer }
    });
    Ok(Answer(Approvals { approvals: approvals.collect() }))
}

fn sees(actor: &Actor, approval: &Approval) -> bool {
    approval.by == actor.name || over(actor, &READERS, &approval.regions)
}

/// What a second person is asked to agree to.
#[derive(Deserialize, ToSchema)]
#[schema(as = ApprovalAsked)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Asked {
    BulkExport { cases: Vec<Uuid>, masked: bool, reason: String },
    UnmaskedExport { cases: Vec<Uuid>, reason: String },
    EarlyPurge { days: u32, reason: String },
}

/// What an export is agreed for.
pub(super) fn export_scope(cases: &BTreeSet<Uuid>, masked: bool) -> Value {
    serde_json::json!({ "cases": cases, "masked": masked })
}

/// The cases of an export, each of them seen, and where they are.
pub(super) async fn cases(
    web: &Web,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<(BTreeSet<Uuid>, Vec<Region>), Problem> {
    if ids.is_empty() || ids.len() > CASES {
        return Err(Problem::unprocessable(
            "cases",
            format!("请选择 1 至 {CASES} 个案件。"),
            format!("Choose from 1 to {CASES} cases."),
        ));
    }
    let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
    let mut regions = BTreeSet::new();
    for id in &ids {
        let missing = || Problem::not_found("没有这个案件。", "There is no such case.");
        let region = web.store.case_region(*id).await?.ok_or_else(missing)?;
        if !actor.sees(&region) {
            return Err(missing());
        }
        regions.insert(region);
    }
    Ok((ids, regions.into_iter().collect()))
}

/// 申请复核
///
/// Asks for a second person.
#[utoipa::path(post, path = "/approvals", tag = "law", operation_id = "ask_approval", request_body = Asked, responses((status = 201, body = Made)))]
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    let (kind, regions, scope, why) = match asked {
        Asked::BulkExport { cases: ids, masked, reason } => {
            let (ids, regions) = cases(&web, &actor, &ids).await?;
            (Kind::BulkExport, regions, export_scope(&ids, masked), reason)
        }
        Asked::UnmaskedExport { cases: ids, reason } => {
            let (ids, regions) = cases(&web, &actor, &ids).await?;
            (Kind::UnmaskedExport, regions, export_scope(&ids, false), reason)
        }
        Asked::EarlyPurge { days, reason } => (Kind::EarlyPurge, Vec::new(), early_scope(days), reason),
    };
    if !over(&actor, kind.askers(), &regions) {
        return Err(Problem::forbidden());
    }
    if let (Kind::EarlyPurge, Some(days)) = (kind, scope["days"].as_u64()) {
        check_days(&web, u32::try_from(days).unwrap_or(u32::MAX))?;
    }
    let why = reason(&why)?;
    let id = web.store.ask(kind, &regions, (&scope, &why), &actor.name, web.clock.now()).await?;
    Ok((StatusCode::CREATED, Answer(Made { id })))
}

/// What the second person says.
#[derive(Deserialize, ToSchema)]
#[schema(as = ApprovalSaid)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    agreed: bool,
}

/// 答复复核
///
/// The second person agrees or does not.
#[utoipa::path(post, path = "/approvals/{id}", tag = "law", operation_id = "answer_approval", params(("id" = Uuid, Path, description = "申请 Request")), request_body = Said, responses((status = 204), (status = 409, description = "已答复、已过期或须由他人 Answered, over, or your own")))]
pub(super) async fn answer(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(said): Json<Said>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    need(&actor, &READERS, None)?;
    let missing = || Problem::not_found("没有这项申请。", "There is no such request.");
    let late = || {
        Problem::new(
            StatusCode::CONFLICT,
            "not_waiting",
            "该申请已答复或已过期。",
            "This request was answered already, or its time is over.",
        )
    };
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let now = web.clock.now();
    let asked = web.store.approval(id, now).await?.filter(|asked| sees(&actor, asked)).ok_or_else(missing)?;
    match answerable(&actor, asked.kind, &asked.regions, &asked.by, asked.standing) {
        Ok(()) => {}
        Err(Objection::Post) => return Err(Problem::forbidden()),
        Err(Objection::Own) => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "own_request",
                "须由第二人同意。",
                "A second person must agree.",
            ));
        }
        Err(Objection::Late) => return Err(late()),
    }
    if web.store.answer(id, said.agreed, &actor.name, now).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(late())
    }
}

//! Cases: list, page, verdict.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn};
use super::problem::Problem;
use crate::case::{Change, Reason, State as CaseState, Verdict};
use crate::store::CaseFilter;
use crate::view::{CaseDetail, CaseSummary};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// What a list shows.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// One state, or several with commas.
    state: Option<String>,
    limit: Option<u32>,
    before: Option<String>,
}

/// One page of the list.
#[derive(Serialize)]
pub(super) struct Page {
    cases: Vec<CaseSummary>,
    next: Option<Uuid>,
}

pub(super) async fn list(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Answer<Page>, Problem> {
    let Query(query) = query
        .map_err(|_| Problem::bad_request("Use state=…, limit=1..200 and before=<id of a case> only."))?;
    let names = query.state.as_deref().unwrap_or_default();
    let mut states = Vec::new();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let state = CaseState::parse(name).ok_or_else(|| {
            Problem::bad_request("`state` is not registered, verifying, filed or rejected.".to_owned())
        })?;
        states.push(state);
    }
    let before = query.before.as_deref().map(case_id).transpose()?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let (cases, next) = web.store.list_cases(&CaseFilter { states, before, limit }).await?;
    Ok(Answer(Page { cases, next }))
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    Path(id): Path<String>,
) -> Result<Answer<CaseDetail>, Problem> {
    detail(&web, case_id(&id)?).await
}

/// What a person found.
#[derive(Deserialize)]
pub(super) struct Decide {
    verdict: Verdict,
    reason: Option<Reason>,
    note: Option<String>,
    version: u64,
}

pub(super) async fn decide(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(decide): Json<Decide>,
) -> Result<Answer<CaseDetail>, Problem> {
    let id = case_id(&id)?;
    let note = decide.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let change = Change::Decided { verdict: decide.verdict, reason: decide.reason, note };
    let decided = web.store.decide(id, &change, &session.user, decide.version, web.clock.now()).await?;
    if decided.is_none() {
        return Err(no_such_case());
    }
    web.feed.tell_cases([id]).await;
    detail(&web, id).await
}

async fn detail(web: &Web, id: Uuid) -> Result<Answer<CaseDetail>, Problem> {
    web.store.case_detail(id).await?.map(Answer).ok_or_else(no_such_case)
}

fn case_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| no_such_case())
}

fn no_such_case() -> Problem {
    Problem::not_found("没有这个案件。", "There is no such case.")
}

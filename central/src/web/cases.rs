//! Cases: list, page, changes.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked::AskedChange;
use super::guard::{Json, LoggedIn, Query};
use super::problem::Problem;
use super::{Web, page};
use crate::case::State as CaseState;
use crate::case::guard::Actor;
use crate::org::{Level, Region};
use crate::store::{CaseFilter, Split};
use crate::view::{CaseDetail, CaseSummary};

/// Most numbers that a list is asked for: as many as one export takes.
const NUMBERS: usize = 200;

/// What a list shows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// One state, or several with commas.
    state: Option<String>,
    /// Only cases that somebody still has to do something about.
    open: Option<bool>,
    /// Only of this region.
    region: Option<String>,
    /// One behavior, or several with commas.
    behavior: Option<String>,
    /// Only those of which this level or a higher one has been told.
    told: Option<String>,
    /// Only those that are late in some part of the work.
    late: Option<bool>,
    /// Only those that I handle or am to handle.
    mine: Option<bool>,
    /// One number, or several with commas, 200 at most.
    number: Option<String>,
    /// Only those registered from then on.
    from: Option<Timestamp>,
    /// Only those registered before then.
    until: Option<Timestamp>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[serde(alias = "before")]
    after: Option<String>,
}

/// One page of the list.
#[derive(Serialize, ToSchema)]
#[schema(as = CasePage)]
pub(super) struct Page {
    cases: Vec<CaseSummary>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<Uuid>,
}

/// 案件列表
///
/// Cases that your posts cover, newest registration first.
#[utoipa::path(get, path = "/cases", tag = "cases", operation_id = "list_cases", params(ListQuery), responses((status = 200, body = Page)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<ListQuery>,
) -> Result<Answer<Page>, Problem> {
    let actor = session.actor();
    let parts = |text: &Option<String>| -> Vec<String> {
        let text = text.as_deref().unwrap_or_default();
        text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let mut states = Vec::new();
    for name in parts(&query.state) {
        let names: Vec<&str> = CaseState::ALL.iter().map(|state| state.as_str()).collect();
        let state = CaseState::parse(&name)
            .ok_or_else(|| Problem::bad_request(format!("`state` is none of {}.", names.join(", "))))?;
        states.push(state);
    }
    let told = query.told.as_deref().map(|name| {
        Level::parse(name)
            .ok_or_else(|| Problem::bad_request("`told` is not grid, community, street, district or city."))
    });
    let numbers = parts(&query.number);
    if numbers.len() > NUMBERS {
        return Err(Problem::bad_request(format!("`number` names more than {NUMBERS} cases.")));
    }
    let filter = CaseFilter {
        numbers,
        from: query.from,
        until: query.until,
        states,
        open: query.open.unwrap_or(false),
        regions: regions(&actor, query.region.as_deref())?,
        behaviors: parts(&query.behavior),
        told: told.transpose()?,
        late: query.late.unwrap_or(false),
        handler: query.mine.unwrap_or(false).then(|| actor.name.clone()),
        before: before(&web, &actor, query.after.as_deref()).await?,
        limit: page::limit(query.limit)?,
    };
    let (cases, next) = web.store.list_cases(&filter).await?;
    Ok(Answer(Page { cases, next }))
}

/// The case that a page begins behind: one that whoever asks could have been shown.
async fn before(web: &Web, actor: &Actor, mark: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let Some(mark) = mark else { return Ok(None) };
    let id: Uuid = mark.parse().map_err(|_| Problem::bad_cursor())?;
    let region = web.store.case_region(id).await?;
    let known = region.is_some_and(|region| actor.sees(&region));
    if known { Ok(Some(id)) } else { Err(Problem::bad_cursor()) }
}

/// The regions that a list shows: the one that is asked for, as far as it may be seen, or all that may be.
fn regions(actor: &Actor, asked: Option<&str>) -> Result<Option<Vec<Region>>, Problem> {
    let Some(asked) = asked else { return Ok(actor.regions()) };
    let asked = Region::parse(asked).map_err(|error| Problem::bad_request(error.to_string()))?;
    if actor.sees(&asked) {
        return Ok(Some(vec![asked]));
    }
    let inside = actor.regions().unwrap_or_default();
    Ok(Some(inside.into_iter().filter(|own| asked.covers(own)).collect()))
}

/// 案件详情
///
/// One case with its alerts, deadlines and log, and the names of the changes that you could make now (`may`).
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", operation_id = "show_case",
    params(("id" = Uuid, Path, description = "案件标识 Id of the case")), responses((status = 200, body = CaseDetail)))]
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<Answer<CaseDetail>, Problem> {
    let id = case_id(&id)?;
    let actor = session.actor();
    expect_seen(&web, &actor, id).await?;
    detail(&web, &actor, id).await
}

/// A change, and the version of the case that was on screen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedChange)]
pub(super) struct Asked {
    /// What to change.
    change: AskedChange,
    /// The case's `version` as it was on screen.
    version: u64,
}

/// 办理案件
///
/// Changes a case: takes, decides, dispatches, and so on. Refused where the version is not the newest.
#[utoipa::path(post, path = "/cases/{id}/changes", tag = "cases", operation_id = "change_case",
    params(("id" = Uuid, Path, description = "案件标识 Id of the case")), request_body = Asked,
    responses((status = 200, body = CaseDetail), (status = 409, description = "与当前状态冲突 It stands otherwise by now; read it again")))]
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Answer<CaseDetail>, Problem> {
    let id = case_id(&id)?;
    let actor = session.actor();
    expect_seen(&web, &actor, id).await?;
    let changed =
        web.store.change_case(id, asked.change.into(), &actor, asked.version, web.clock.now()).await?;
    if changed.is_none() {
        return Err(no_such_case());
    }
    web.feed.tell_cases([id]).await;
    detail(&web, &actor, id).await
}

/// Alerts that are to leave a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitAsked {
    alerts: Vec<AlertName>,
    /// The case that they go to; none makes a new one.
    into: Option<Uuid>,
    reason: String,
    version: u64,
}

/// One alert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertName {
    edge: String,
    alert_id: Uuid,
}

/// Where alerts went.
#[derive(Serialize, ToSchema)]
pub(super) struct SplitInto {
    id: Uuid,
    number: String,
}

/// 拆分案件
///
/// Moves alerts, but not the one that the case began with, into a new case or into another one that nobody has decided.
#[utoipa::path(post, path = "/cases/{id}/split", tag = "cases", operation_id = "split_case",
    params(("id" = Uuid, Path, description = "案件 Case")), request_body = SplitAsked, responses((status = 200, body = SplitInto)))]
pub(super) async fn split(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(asked): Json<SplitAsked>,
) -> Result<Answer<SplitInto>, Problem> {
    let id = case_id(&id)?;
    let actor = session.actor();
    expect_seen(&web, &actor, id).await?;
    let split = Split {
        alerts: asked.alerts.into_iter().map(|alert| (alert.edge, alert.alert_id)).collect(),
        into: asked.into,
        reason: asked.reason,
        shown: asked.version,
    };
    let to = web.store.split_case(id, &split, &actor, web.clock.now()).await?.ok_or_else(no_such_case)?;
    web.feed.tell_cases([id, to.id]).await;
    Ok(Answer(SplitInto { id: to.id, number: to.number }))
}

/// A case elsewhere is as if it were not there.
pub(super) async fn expect_seen(web: &Web, actor: &Actor, id: Uuid) -> Result<(), Problem> {
    let region = web.store.case_region(id).await?.ok_or_else(no_such_case)?;
    if actor.sees(&region) { Ok(()) } else { Err(no_such_case()) }
}

pub(super) async fn detail(web: &Web, actor: &Actor, id: Uuid) -> Result<Answer<CaseDetail>, Problem> {
    web.store.case_detail(id, actor, web.clock.now()).await?.map(Answer).ok_or_else(no_such_case)
}

pub(super) fn case_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| no_such_case())
}

pub(super) fn no_such_case() -> Problem {
    Problem::not_found("没有这个案件。", "There is no such case.")
}

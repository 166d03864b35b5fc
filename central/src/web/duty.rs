//! Rotas (值班表) and key periods (重点时期).

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn, Query, need};
use super::made::Made;
use super::org::region;
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::incident::Period;
use crate::org::Region;
use crate::org::roster::Duty;
use crate::store::{DutyView, OnDutyView, PeriodView};

/// Who enters rotas.
const PLANNERS: &[Role] = &[Role::Admin, Role::Acceptor];
/// Who enters key periods.
const PERIOD_ROLES: &[Role] = &[Role::Admin, Role::Supervisor];
/// Longest name of a period, in characters.
const NAME_CHARS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DutyQuery {
    /// Only rows that concern this region; none: all that may be seen.
    region: Option<String>,
}

/// Rows of rotas.
#[derive(Serialize, ToSchema)]
pub(super) struct Duties {
    duties: Vec<DutyView>,
}

/// 值班表
///
/// Rows of rotas in a region and in what it lies in, the earliest first, 10,000 at most.
#[utoipa::path(get, path = "/org/duties", tag = "org", operation_id = "list_duties", params(DutyQuery), responses((status = 200, body = Duties)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<DutyQuery>,
) -> Result<Answer<Duties>, Problem> {
    let regions = shown(&session.actor(), query.region.as_deref())?;
    Ok(Answer(Duties { duties: web.store.duties(regions.as_deref()).await? }))
}

/// The regions that are asked for, as far as they may be seen.
fn shown(actor: &Actor, asked: Option<&str>) -> Result<Option<Vec<Region>>, Problem> {
    let Some(asked) = asked else { return Ok(actor.regions()) };
    let asked = region(asked)?;
    if actor.sees(&asked) {
        return Ok(Some(vec![asked]));
    }
    let inside = actor.regions().unwrap_or_default();
    Ok(Some(inside.into_iter().filter(|own| asked.covers(own)).collect()))
}

/// 排班
///
/// Enters a row of a rota. For admins and acceptors of the region.
#[utoipa::path(post, path = "/org/duties", tag = "org", operation_id = "add_duty", request_body = Duty, responses((status = 201, body = Made)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(duty): Json<Duty>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    need(&session.actor(), PLANNERS, Some(&duty.region))?;
    duty.check().map_err(|bad| Problem::unprocessable("duty", bad.zh(), bad.to_string()))?;
    match web.store.add_duty(&duty).await? {
        Some(id) => Ok((StatusCode::CREATED, Answer(Made { id }))),
        None => Err(Problem::unprocessable(
            "duty",
            "没有这个可登录的用户，或该排班已存在。",
            "There is no such user who may log in, or the same row is there already.",
        )),
    }
}

/// 取消排班
///
/// Takes a row of a rota away.
#[utoipa::path(delete, path = "/org/duties/{id}", tag = "org", operation_id = "remove_duty",
    params(("id" = Uuid, Path, description = "排班 Row of the rota")), responses((status = 204)))]
pub(super) async fn remove(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let missing = || Problem::not_found("没有这条排班。", "There is no such row of a rota.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let actor = session.actor();
    let region = web.store.duty_region(id).await?.filter(|region| actor.sees(region)).ok_or_else(missing)?;
    need(&actor, PLANNERS, Some(&region))?;
    if web.store.remove_duty(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDutyQuery {
    /// For which region.
    region: String,
    /// Only who is there for this behavior; none: whatever for.
    behavior: Option<String>,
    /// When; none: now.
    at: Option<Timestamp>,
}

/// Who is on duty.
#[derive(Serialize, ToSchema)]
#[schema(as = PeopleOnDuty)]
pub(super) struct People {
    people: Vec<OnDutyView>,
}

/// 在岗人员
///
/// Who is on duty for a region at a moment, the nearest first.
#[utoipa::path(get, path = "/org/on-duty", tag = "org", operation_id = "on_duty", params(OnDutyQuery), responses((status = 200, body = People)))]
pub(super) async fn on_duty(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<OnDutyQuery>,
) -> Result<Answer<People>, Problem> {
    let region = region(&query.region)?;
    if !session.actor().sees(&region) {
        return Err(Problem::forbidden());
    }
    let at = query.at.unwrap_or_else(|| web.clock.now());
    Ok(Answer(People { people: web.store.on_duty(&region, query.behavior.as_deref(), at).await? }))
}

/// Key periods.
#[derive(Serialize, ToSchema)]
pub(super) struct Periods {
    periods: Vec<PeriodView>,
}

/// 重点时期
///
/// Key periods that concern your regions, the latest first, 1,000 at most.
#[utoipa::path(get, path = "/org/periods", tag = "org", operation_id = "list_periods", responses((status = 200, body = Periods)))]
pub(super) async fn periods(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Periods>, Problem> {
    let regions = session.actor().regions();
    Ok(Answer(Periods { periods: web.store.periods(regions.as_deref()).await? }))
}

/// A key period as it is entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPeriod {
    name: String,
    region: Region,
    from_utc: Timestamp,
    until_utc: Timestamp,
}

/// 新增重点时期
///
/// Everything in its region is one step more urgent meanwhile. For admins and supervisors of the region.
#[utoipa::path(post, path = "/org/periods", tag = "org", operation_id = "add_period", request_body = NewPeriod, responses((status = 201, body = Made)))]
pub(super) async fn add_period(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(new): Json<NewPeriod>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    need(&actor, PERIOD_ROLES, Some(&new.region))?;
    let name = new.name.trim();
    let named = !name.is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control);
    if !named || new.until_utc <= new.from_utc || new.until_utc <= web.clock.now() {
        return Err(Problem::unprocessable(
            "period",
            "请填写名称（不超过 100 字），结束时间须晚于开始时间且尚未过去。",
            "Give it a name of at most 100 characters, and an end that lies after its beginning and ahead.",
        ));
    }
    let (region, from_utc, until_utc) = (new.region, new.from_utc, new.until_utc);
    let period = Period { name: name.to_owned(), region, from_utc, until_utc };
    let id = web.store.add_period(&period, &actor.name).await?;
    Ok((StatusCode::CREATED, Answer(Made { id })))
}

/// 结束重点时期
///
/// Ends a period that runs, takes away one that has not begun.
#[utoipa::path(delete, path = "/org/periods/{id}", tag = "org", operation_id = "end_period",
    params(("id" = Uuid, Path, description = "重点时期 Period")), responses((status = 204)))]
pub(super) async fn end_period(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let missing =
        || Problem::not_found("没有这个未结束的重点时期。", "There is no such period that is not over.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let actor = session.actor();
    let region =
        web.store.period_region(id).await?.filter(|region| actor.sees(region)).ok_or_else(missing)?;
    need(&actor, PERIOD_ROLES, Some(&region))?;
    if web.store.end_period(id, web.clock.now()).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

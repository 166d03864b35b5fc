//! Rotas (值班表) and key periods (重点时期).

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn, need};
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DutyQuery {
    region: Option<String>,
}

/// Rows of rotas.
#[derive(Serialize)]
pub(super) struct Duties {
    duties: Vec<DutyView>,
}

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

/// What was made.
#[derive(Serialize)]
pub(super) struct Made {
    id: Uuid,
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnDutyQuery {
    region: String,
    at: Option<Timestamp>,
}

/// Who is on duty.
#[derive(Serialize)]
pub(super) struct People {
    people: Vec<OnDutyView>,
}

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
    Ok(Answer(People { people: web.store.on_duty(&region, at).await? }))
}

/// Key periods.
#[derive(Serialize)]
pub(super) struct Periods {
    periods: Vec<PeriodView>,
}

pub(super) async fn periods(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Periods>, Problem> {
    let regions = session.actor().regions();
    Ok(Answer(Periods { periods: web.store.periods(regions.as_deref()).await? }))
}

/// A key period as it is entered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPeriod {
    name: String,
    region: Region,
    from_utc: Timestamp,
    until_utc: Timestamp,
}

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

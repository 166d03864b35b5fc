//! Emergency plans, the checklist of a case, and resources nearby.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::cases::{case_id, expect_seen, no_such_case};
use super::guard::{Json, LoggedIn, Query, need};
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::case::{Checklist, Tick};
use crate::org::{Near, Region, Resource, nearest};
use crate::plan::{Body, Plan, Step};
use crate::store::{Kept, PlanView, may_write};

/// Resources of each kind on the page of a case.
const EACH: usize = 3;
const MOST_EACH: usize = 20;

/// A plan in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanLine {
    #[serde(flatten)]
    view: PlanView,
    /// Whether whoever asks may write a new version.
    may_write: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Plans {
    plans: Vec<PlanLine>,
    /// Whether whoever asks may make a plan anywhere.
    may_add: bool,
}

/// A plan counts where it is for: who works above or below that may read it.
fn readable(actor: &Actor, plan: &Plan) -> bool {
    let Some(region) = &plan.body.region else { return true };
    actor.sees(region) || actor.regions().is_some_and(|own| own.iter().any(|own| region.covers(own)))
}

fn line(actor: &Actor, view: PlanView) -> PlanLine {
    PlanLine { may_write: may_write(actor, view.plan.body.region.as_ref()), view }
}

/// 应急预案
///
/// Plans in force that concern your regions.
#[utoipa::path(get, path = "/plans", tag = "plans", operation_id = "list_plans", responses((status = 200, body = Plans)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Plans>, Problem> {
    let actor = session.actor();
    let plans = web.store.plans().await?.into_iter().filter(|view| readable(&actor, &view.plan));
    let may_add = need(&actor, &[Role::Admin, Role::Supervisor], None).is_ok();
    Ok(Answer(Plans { plans: plans.map(|view| line(&actor, view)).collect(), may_add }))
}

/// All versions of a plan, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanVersions)]
pub(super) struct Versions {
    versions: Vec<PlanLine>,
}

/// 预案各版本
///
/// All versions of a plan, the newest first.
#[utoipa::path(get, path = "/plans/{id}", tag = "plans", operation_id = "plan_versions", params(("id" = String, Path, description = "预案 Plan")), responses((status = 200, body = Versions)))]
pub(super) async fn versions(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<Answer<Versions>, Problem> {
    let actor = session.actor();
    let versions =
        web.store.plan_versions(&id).await?.into_iter().filter(|view| readable(&actor, &view.plan));
    let versions: Vec<PlanLine> = versions.map(|view| line(&actor, view)).collect();
    if versions.is_empty() { Err(no_such_plan()) } else { Ok(Answer(Versions { versions })) }
}

/// What a new version says.
#[derive(Deserialize, ToSchema)]
#[schema(as = PlanWritten)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    body: Body,
    /// The version that was on screen; none for a new plan.
    shown: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PlanMade)]
pub(super) struct Made {
    id: String,
    version: u64,
}

/// 新增预案
///
/// Writes a plan.
#[utoipa::path(post, path = "/plans", tag = "plans", operation_id = "add_plan", request_body = Written, responses((status = 201, body = Made)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(written): Json<Written>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    check(&actor, &written.body)?;
    let id = Uuid::new_v4().to_string();
    let made = keep(&web, &actor, id, &written.body, None).await?;
    Ok((StatusCode::CREATED, Answer(made)))
}

/// 修改预案
///
/// Writes a new version; cases keep the one that they opened with.
#[utoipa::path(post, path = "/plans/{id}", tag = "plans", operation_id = "change_plan", params(("id" = String, Path, description = "预案 Plan")), request_body = Written, responses((status = 200, body = Made), (status = 409, description = "已有新版本 Changed meanwhile")))]
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(written): Json<Written>,
) -> Result<Answer<Made>, Problem> {
    let actor = session.actor();
    let before = web.store.plan_versions(&id).await?.into_iter().next();
    let before = before.filter(|view| readable(&actor, &view.plan)).ok_or_else(no_such_plan)?;
    if !may_write(&actor, before.plan.body.region.as_ref()) {
        return Err(Problem::forbidden());
    }
    check(&actor, &written.body)?;
    let shown = written.shown.ok_or_else(|| Problem::bad_request("Say which version was shown."))?;
    Ok(Answer(keep(&web, &actor, id, &written.body, Some(shown)).await?))
}

fn check(actor: &Actor, body: &Body) -> Result<(), Problem> {
    if !may_write(actor, body.region.as_ref()) {
        return Err(Problem::forbidden());
    }
    let faults = body.faults();
    if faults.is_empty() {
        return Ok(());
    }
    let join = |words: Vec<&str>, between: &str| words.join(between);
    Err(Problem::unprocessable(
        "plan",
        format!("{}。", join(faults.iter().map(|fault| fault.zh.as_str()).collect(), "；")),
        format!("{}.", join(faults.iter().map(|fault| fault.en.as_str()).collect(), "; ")),
    ))
}

async fn keep(
    web: &Web,
    actor: &Actor,
    id: String,
    body: &Body,
    shown: Option<u64>,
) -> Result<Made, Problem> {
    match web.store.keep_plan(&id, body, shown, &actor.name, web.clock.now()).await? {
        Kept::As(version) => Ok(Made { id, version }),
        Kept::Newer(version) => Err(Problem::new(
            StatusCode::CONFLICT,
            "version_differs",
            format!("该预案已有新版本（第 {version} 版），请查看后再修改。"),
            format!("The plan has been changed meanwhile (version {version}). Look at it again."),
        )),
        Kept::Missing => Err(no_such_plan()),
    }
}

fn no_such_plan() -> Problem {
    Problem::not_found("没有这个预案。", "There is no such plan.")
}

/// A step of the checklist of a case.
#[derive(Serialize, ToSchema)]
pub(super) struct StepLine {
    #[serde(flatten)]
    step: Step,
    /// When it should be done.
    due_utc: Option<Timestamp>,
    /// Who did it, and when.
    tick: Option<Tick>,
    /// Whether it was done after its time, or its time has come without it.
    late: bool,
}

/// The checklist of a case, with the words of the version that it keeps to.
#[derive(Serialize, ToSchema)]
pub(super) struct CasePlan {
    plan: String,
    version: u64,
    title: crate::plan::Words,
    opened_utc: Timestamp,
    steps: Vec<StepLine>,
    /// Required steps that nobody has done, by their place from 0.
    missing: Vec<u16>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MaybePlan {
    /// None where no plan opened with the case.
    plan: Option<CasePlan>,
}

/// 案件的预案清单
///
/// The checklist of a case.
#[utoipa::path(get, path = "/cases/{id}/plan", tag = "plans", operation_id = "plan_of_case", params(("id" = Uuid, Path, description = "案件 Case")), responses((status = 200, body = MaybePlan)))]
pub(super) async fn of_case(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<Answer<MaybePlan>, Problem> {
    let id = case_id(&id)?;
    expect_seen(&web, &session.actor(), id).await?;
    let record = web.store.case_record(id).await?.ok_or_else(no_such_case)?;
    let Some(list) = record.case.plan else { return Ok(Answer(MaybePlan { plan: None })) };
    let plan = web.store.plan(&list.plan, list.version).await?;
    let plan = plan.map(|plan| checklist(&list, plan, web.clock.now()));
    Ok(Answer(MaybePlan { plan }))
}

fn checklist(list: &Checklist, plan: Plan, now: Timestamp) -> CasePlan {
    let steps = (0_u16..).zip(plan.body.steps).map(|(place, step)| {
        let after = step.deadline_secs.map(|secs| SignedDuration::from_secs(i64::from(secs)));
        let due_utc = after.and_then(|after| list.opened_utc.checked_add(after).ok());
        let tick = list.ticks.get(&place).cloned();
        let done = tick.as_ref().map_or(now, |tick| tick.mark.utc);
        StepLine { late: due_utc.is_some_and(|due| done > due), step, due_utc, tick }
    });
    CasePlan {
        plan: list.plan.clone(),
        version: list.version,
        title: plan.body.title,
        opened_utc: list.opened_utc,
        steps: steps.collect(),
        missing: list.missing(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct NearQuery {
    /// How many of each kind, 1 to 20.
    each: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Nearby {
    resources: Vec<Near>,
    /// Whether distances are known: somebody has entered where the camera stands.
    placed: bool,
}

/// 附近应急资源
///
/// Resources near a case, the nearest of each kind.
#[utoipa::path(get, path = "/cases/{id}/resources", tag = "plans", operation_id = "resources_nearby", params(("id" = Uuid, Path, description = "案件 Case"), NearQuery), responses((status = 200, body = Nearby)))]
pub(super) async fn nearby(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Query(query): Query<NearQuery>,
) -> Result<Answer<Nearby>, Problem> {
    let id = case_id(&id)?;
    expect_seen(&web, &session.actor(), id).await?;
    let record = web.store.case_record(id).await?.ok_or_else(no_such_case)?;
    let policy = web.store.policy();
    let from = policy.atlas.of(&record.facts.edge, &record.facts.camera).and_then(|place| place.position);
    let around = web.store.resources_around(&record.facts.region).await?;
    let each = query.each.unwrap_or(EACH).clamp(1, MOST_EACH);
    let resources = nearest(around, from, &record.facts.region, each);
    Ok(Answer(Nearby { resources, placed: from.is_some() }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Resources {
    resources: Vec<Resource>,
}

/// 应急资源
///
/// All resources in your regions.
#[utoipa::path(get, path = "/org/resources", tag = "plans", operation_id = "list_resources", responses((status = 200, body = Resources)))]
pub(super) async fn resources(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Resources>, Problem> {
    let regions: Option<Vec<Region>> = session.actor().regions();
    Ok(Answer(Resources { resources: web.store.resources(regions.as_deref()).await? }))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ResourceAct)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// Strike it off.
    Remove,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ResourceActed)]
#[serde(deny_unknown_fields)]
pub(super) struct Acted {
    act: Act,
}

/// 删除应急资源
///
/// Strikes a resource off.
#[utoipa::path(post, path = "/org/resources/{id}", tag = "plans", operation_id = "act_on_resource", params(("id" = Uuid, Path, description = "应急资源 Resource")), request_body = Acted, responses((status = 204)))]
pub(super) async fn act_on_resource(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(acted): Json<Acted>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    let missing = || Problem::not_found("没有这项应急资源。", "There is no such resource.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let resource =
        web.store.resource(id).await?.filter(|found| actor.sees(&found.region)).ok_or_else(missing)?;
    need(&actor, &[Role::Admin, Role::Supervisor], Some(&resource.region))?;
    match acted.act {
        Act::Remove if web.store.remove_resource(id).await? => Ok(StatusCode::NO_CONTENT),
        Act::Remove => Err(missing()),
    }
}

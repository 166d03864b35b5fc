//! Shelving and maintenance.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::guard::{Json, LoggedIn, Query, need};
use super::problem::Problem;
use super::{Web, page};
use crate::case::guard::{Actor, Role};
use crate::org::Region;
use crate::store::{Quiet, QuietPage, SECOND_PERSON_AFTER, Window, WindowView};

/// How long the room may shelve by itself.
const ROOM: SignedDuration = SignedDuration::from_mins(30);
/// How long anything may be held back, with two people.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);
const REASON_CHARS: usize = 500;

/// Which of the two, in the address.
fn what(name: &str) -> Result<Quiet, Problem> {
    match name {
        "shelves" => Ok(Quiet::Shelf),
        "maintenance" => Ok(Quiet::Maintenance),
        _ => Err(Problem::not_found("没有这个接口地址。", "There is nothing at this address of the API.")),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Also those of before.
    past: Option<bool>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Windows {
    windows: Vec<WindowView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 搁置或维护列表
///
/// What is held back, announced or waits for a second person.
#[utoipa::path(get, path = "/quiet/{what}", tag = "quiet", operation_id = "list_quiet",
    params(("what" = String, Path, description = "`shelves` 搁置 or `maintenance` 维护"), ListQuery), responses((status = 200, body = Windows)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(name): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Answer<Windows>, Problem> {
    let actor = session.actor();
    let limit = page::limit(query.limit)?;
    let asked = QuietPage {
        past: query.past.unwrap_or(false),
        regions: actor.regions(),
        after: page::after(query.after.as_deref())?,
        limit: limit + 1,
    };
    let found = web.store.quiet(what(&name)?, &asked, web.clock.now()).await?;
    let (windows, next) = page::cut(found, limit, |window| (window.from_utc, window.id));
    Ok(Answer(Windows { windows, next }))
}

/// Where a box or one of its cameras is; none where nobody has heard of it.
pub(super) async fn place(web: &Web, edge: &str, camera: Option<&str>) -> Result<Option<Region>, Problem> {
    let policy = web.store.policy();
    if let Some(place) = camera.and_then(|camera| policy.atlas.of(edge, camera)) {
        return Ok(Some(place.region.clone()));
    }
    Ok(web.store.site_of(edge).await?.map(|site| Region::of_site(&site)))
}

/// What is to be held back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldBack)]
pub(super) struct Asked {
    edge: String,
    camera: Option<String>,
    rule: Option<String>,
    reason: String,
    /// From; none is now.
    from_utc: Option<Timestamp>,
    until_utc: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HeldBack)]
pub(super) struct Made {
    id: Uuid,
    /// Whether it waits for a second person.
    pending: bool,
}

/// 搁置或维护
///
/// Holds the alerts of a box, a camera or a rule back for a while. A shelf of more than 8 hours waits for a second person.
#[utoipa::path(post, path = "/quiet/{what}", tag = "quiet", operation_id = "hold_back",
    params(("what" = String, Path, description = "`shelves` 搁置 or `maintenance` 维护")), request_body = Asked,
    responses((status = 201, body = Made)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(name): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    let what = what(&name)?;
    let now = web.clock.now();
    let from_utc = asked.from_utc.unwrap_or(now).max(now);
    let length = asked.until_utc.duration_since(from_utc);
    let region = seen(&web, &actor, &asked.edge, asked.camera.as_deref()).await?;
    let roles: &[Role] = match what {
        Quiet::Shelf if length <= ROOM => {
            &[Role::Operator, Role::Acceptor, Role::Installer, Role::Supervisor]
        }
        Quiet::Shelf => &[Role::Installer, Role::Supervisor],
        Quiet::Maintenance => &[Role::Installer],
    };
    need(&actor, &[roles, &[Role::Admin]].concat(), Some(&region))?;
    let reason = asked.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS || reason.chars().any(char::is_control) {
        return Err(Problem::unprocessable(
            "reason",
            format!("请写明原因，不超过 {REASON_CHARS} 字。"),
            format!("Say why, in at most {REASON_CHARS} characters."),
        ));
    }
    if length <= SignedDuration::ZERO || length > LONGEST {
        return Err(Problem::unprocessable(
            "length",
            "结束时间须晚于开始时间，且不超过 30 天。",
            "It must end after it begins, and within 30 days.",
        ));
    }
    let pending = what == Quiet::Shelf && length > SECOND_PERSON_AFTER;
    let window = Window {
        edge: asked.edge,
        camera: asked.camera,
        rule: asked.rule.filter(|_| what == Quiet::Shelf),
        reason: reason.to_owned(),
        from_utc,
        until_utc: asked.until_utc,
    };
    let id = web.store.hold_back(what, &window, &actor.name, now).await?;
    Ok((StatusCode::CREATED, Answer(Made { id, pending })))
}

async fn seen(web: &Web, actor: &Actor, edge: &str, camera: Option<&str>) -> Result<Region, Problem> {
    let missing = || Problem::not_found("没有这个网关或摄像机。", "There is no such box or camera.");
    let region = place(web, edge, camera).await?.ok_or_else(missing)?;
    if actor.sees(&region) { Ok(region) } else { Err(missing()) }
}

/// What is done to one that runs.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuietAct)]
pub(super) enum Act {
    /// End it before its time.
    End,
    /// Agree to it as the second person.
    Agree,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuietActed)]
pub(super) struct Acted {
    act: Act,
}

/// 结束或同意
///
/// Ends one before its time, or agrees to a long shelf.
#[utoipa::path(post, path = "/quiet/{what}/{id}", tag = "quiet", operation_id = "act_on_quiet",
    params(("what" = String, Path, description = "`shelves` 搁置 or `maintenance` 维护"), ("id" = Uuid, Path, description = "标识 Id")),
    request_body = Acted, responses((status = 204, description = "已办 Done")))]
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path((name, id)): Path<(String, String)>,
    Json(acted): Json<Acted>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    let what = what(&name)?;
    let now = web.clock.now();
    let missing = || Problem::not_found("没有生效中的这一项。", "There is no such one that runs.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let window = web.store.quiet_window(what, id, now).await?.ok_or_else(missing)?;
    let region = place(&web, &window.edge, window.camera.as_deref()).await?;
    let region = region.filter(|region| actor.sees(region)).ok_or_else(missing)?;
    let done = match acted.act {
        Act::End => {
            let roles = [Role::Operator, Role::Acceptor, Role::Installer, Role::Supervisor, Role::Admin];
            need(&actor, &roles, Some(&region))?;
            web.store.end_quiet(what, id, &actor.name, now).await?
        }
        Act::Agree => {
            need(&actor, &[Role::Supervisor, Role::Admin], Some(&region))?;
            if window.by == actor.name {
                return Err(Problem::new(
                    StatusCode::CONFLICT,
                    "own_request",
                    "须由第二人同意。",
                    "A second person must agree.",
                ));
            }
            web.store.agree_to_shelf(id, &actor.name, now).await?
        }
    };
    if done { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

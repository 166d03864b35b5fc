//! The organisation: regions, cameras' places, calendar, imports.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Web;
use super::guard::{Json, LoggedIn, Query, need};
use super::page::{self, PageQuery};
use super::problem::Problem;
use crate::case::guard::Role;
use crate::org::calendar::{SpecialDay, notice_2026};
use crate::org::find::{self, Found, Words};
use crate::org::{Category, Level, Region};
use crate::store::{CameraPlaceView, ImportKind, RegionView, Report};

/// Largest file of an import, as base64 in JSON.
pub(super) const IMPORT_BYTES: usize = 24 * 1024 * 1024;
/// Most special days of a year.
const DAYS: usize = 366;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RegionQuery {
    /// Code of the region whose parts are asked for; none asks for the highest ones.
    parent: Option<String>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Regions with what they lie in.
#[derive(Serialize, ToSchema)]
pub(super) struct Regions {
    regions: Vec<RegionView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 辖区
///
/// Regions right below another one, or the highest ones; without their outlines.
#[utoipa::path(get, path = "/org/regions", tag = "org", operation_id = "list_regions", params(RegionQuery), responses((status = 200, body = Regions)))]
pub(super) async fn regions(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    Query(query): Query<RegionQuery>,
) -> Result<Answer<Regions>, Problem> {
    // names and outlines of the city's parts are on every map: everybody who is logged in may see them
    let parent = query.parent.as_deref().map(region).transpose()?;
    let limit = page::limit(query.limit)?;
    let after: Option<String> = page::after(query.after.as_deref())?;
    let found = web.store.regions_below(parent.as_ref(), after.as_deref(), limit + 1).await?;
    let (regions, next) = page::cut(found, limit, |region| region.code.clone());
    Ok(Answer(Regions { regions, next }))
}

/// 辖区详情
///
/// One region with its outline.
#[utoipa::path(get, path = "/org/regions/{code}", tag = "org", operation_id = "show_region",
    params(("code" = String, Path, description = "辖区代码 Code of the region")), responses((status = 200, body = RegionView)))]
pub(super) async fn show_region(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    Path(code): Path<String>,
) -> Result<Answer<RegionView>, Problem> {
    let found = web.store.region(&region(&code)?).await?;
    found.map(Answer).ok_or_else(|| Problem::not_found("没有这个辖区。", "There is no such region."))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FindQuery {
    /// Parts of the name or of what it lies in, apart by spaces, or the beginning of the code; empty: the highest ones.
    words: String,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A region that was found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundRegion {
    code: Region,
    level: Level,
    name: String,
    /// Names of what it lies in, the highest first.
    within: Vec<String>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundRegions {
    regions: Vec<FoundRegion>,
    /// Whether there are more than were asked for.
    more: bool,
}

/// 查找辖区
///
/// Regions by parts of their names, of the names of what they lie in, or by the beginning of their codes; the best first.
#[utoipa::path(get, path = "/org/region-search", tag = "org", operation_id = "find_regions", params(FindQuery), responses((status = 200, body = FoundRegions)))]
pub(super) async fn find_regions(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    Query(query): Query<FindQuery>,
) -> Result<Answer<FoundRegions>, Problem> {
    let limit = page::limit(query.limit)?;
    let all = web.store.all_region_names().await?;
    let (found, more) = find::find(&all, &Words::new(&query.words), limit as usize);
    let regions = found.into_iter().map(|Found { code, name, within }| {
        let level = code.level();
        FoundRegion { code, level, name, within }
    });
    Ok(Answer(FoundRegions { regions: regions.collect(), more }))
}

pub(super) fn region(text: &str) -> Result<Region, Problem> {
    Region::parse(text).map_err(|error| Problem::bad_request(error.to_string()))
}

/// Cameras and where they stand.
#[derive(Serialize, ToSchema)]
pub(super) struct Cameras {
    cameras: Vec<CameraPlaceView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 摄像机位置
///
/// Cameras that your posts cover, and where they stand.
#[utoipa::path(get, path = "/org/cameras", tag = "org", operation_id = "list_cameras", params(PageQuery), responses((status = 200, body = Cameras)))]
pub(super) async fn cameras(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Cameras>, Problem> {
    let regions = session.actor().regions();
    let limit = page::limit(query.limit)?;
    let after: Option<(String, String)> = page::after(query.after.as_deref())?;
    let found = web.store.camera_places(regions.as_deref(), after.as_ref(), limit + 1).await?;
    let (cameras, next) = page::cut(found, limit, |camera| (camera.edge.clone(), camera.camera.clone()));
    Ok(Answer(Cameras { cameras, next }))
}

/// A file to import.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Import {
    kind: ImportKind,
    /// The file's bytes, base64: its encoding is found out here.
    content: String,
    /// Whether to write it, or only to say what would happen.
    apply: bool,
}

/// 导入
///
/// Imports regions, outlines, places of cameras, or people; or says what an import would do. Where one row is wrong nothing
/// is written.
#[utoipa::path(post, path = "/org/import", tag = "org", operation_id = "import", request_body = Import, responses((status = 200, body = Report)))]
pub(super) async fn import(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(import): Json<Import>,
) -> Result<Answer<Report>, Problem> {
    let actor = session.actor();
    let roles: &[Role] = match import.kind {
        ImportKind::Cameras => &[Role::Admin, Role::Installer],
        ImportKind::Resources | ImportKind::Plans => &[Role::Admin, Role::Supervisor],
        ImportKind::Duties => &[Role::Admin, Role::Acceptor],
        ImportKind::Regions | ImportKind::Outlines | ImportKind::Posts | ImportKind::Catalogue => {
            &[Role::Admin]
        }
    };
    need(&actor, roles, None)?;
    let bytes = STANDARD
        .decode(import.content.trim())
        .map_err(|_| Problem::bad_request("`content` is not base64."))?;
    let report = web.store.import(import.kind, &bytes, &actor, !import.apply, web.clock.now()).await?;
    Ok(Answer(report))
}

/// 事件分类.
#[derive(Serialize, ToSchema)]
pub(super) struct Kinds {
    categories: Vec<Category>,
}

/// 事件分类
///
/// All kinds of cases (小类), by code.
#[utoipa::path(get, path = "/catalogue", tag = "org", operation_id = "catalogue", responses((status = 200, body = Kinds)))]
pub(super) async fn catalogue(State(web): State<Arc<Web>>, _: LoggedIn) -> Result<Answer<Kinds>, Problem> {
    Ok(Answer(Kinds { categories: web.store.categories().await? }))
}

/// The calendar of a year.
#[derive(Serialize, ToSchema)]
pub(super) struct CalendarPage {
    year: i16,
    /// `entered`: by somebody here; `brought`: by this version of the program; `missing`: only weekends are free.
    source: &'static str,
    days: Vec<SpecialDay>,
    /// Years whose notice should be entered.
    missing_years: Vec<i16>,
}

/// 工作日历
///
/// The special days of a year.
#[utoipa::path(get, path = "/org/calendar/{year}", tag = "org", operation_id = "show_calendar",
    params(("year" = i16, Path, description = "年 Year")), responses((status = 200, body = CalendarPage)))]
pub(super) async fn calendar(
    State(web): State<Arc<Web>>,
    _: LoggedIn,
    Path(year): Path<i16>,
) -> Result<Answer<CalendarPage>, Problem> {
    show_calendar(&web, year).await
}

async fn show_calendar(web: &Web, year: i16) -> Result<Answer<CalendarPage>, Problem> {
    let entered = web.store.calendar_days(year).await?;
    let brought: Vec<SpecialDay> = notice_2026().into_iter().filter(|day| day.date.year() == year).collect();
    let (source, days) = match (entered.is_empty(), brought.is_empty()) {
        (false, _) => ("entered", entered),
        (true, false) => ("brought", brought),
        (true, true) => ("missing", entered),
    };
    let missing_years = web.store.policy().rules.calendar.missing_years(web.clock.now());
    Ok(Answer(CalendarPage { year, source, days, missing_years }))
}

/// The special days of a year.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarDays {
    days: Vec<SpecialDay>,
}

/// 录入工作日历
///
/// Enters the special days of a year in place of what was there. Running deadlines are set anew.
#[utoipa::path(put, path = "/org/calendar/{year}", tag = "org", operation_id = "set_calendar",
    params(("year" = i16, Path, description = "年 Year")), request_body = CalendarDays, responses((status = 200, body = CalendarPage)))]
pub(super) async fn set_calendar(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(year): Path<i16>,
    Json(mut asked): Json<CalendarDays>,
) -> Result<Answer<CalendarPage>, Problem> {
    let actor = session.actor();
    // deadlines of everybody change
    if !actor.posts.iter().any(|post| post.role == Role::Admin && post.region.is_none()) {
        return Err(Problem::forbidden());
    }
    asked.days.sort();
    let dates: std::collections::BTreeSet<_> = asked.days.iter().map(|day| day.date).collect();
    let fits = asked.days.iter().all(|day| day.date.year() == year && day.name.chars().count() <= 50);
    if !fits || dates.len() != asked.days.len() || asked.days.len() > DAYS {
        return Err(Problem::unprocessable(
            "calendar",
            "日期须属于该年度且不重复，名称不超过 50 字。",
            "All days must be of this year, each once, with names of at most 50 characters.",
        ));
    }
    web.store.set_calendar(year, &asked.days, web.clock.now()).await?;
    show_calendar(&web, year).await
}

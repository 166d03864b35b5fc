//! What the office that supervises (综治办) measures: the report of a period and a region, what is late now, and files.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use tracing::error;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::guard::{LoggedIn, Query};
use super::page;
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::org::Region;
use crate::report::pdf::Letters;
use crate::report::period::{BadPeriod, MOST_DAYS, Period};
use crate::report::sheet::Document;
use crate::report::{Ask, Lang, OverduePage, Report, csv, pdf, xlsx};

/// Who is told everything.
const SUPERVISING: [Role; 3] = [Role::Supervisor, Role::Auditor, Role::Admin];
/// Who is told the alarm load of their own room.
const WATCHING: [Role; 1] = [Role::Operator];
/// Late cases that a file names.
const OVERDUE_IN_FILE: u32 = 500;

/// What a report is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// Code of a region; none: all that may be seen.
    region: Option<String>,
    /// First day; none is the first of this month.
    from: Option<Date>,
    /// Last day; none is the last of the month of the first.
    to: Option<Date>,
}

/// Which file of it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// Code of a region; none: all that may be seen.
    region: Option<String>,
    /// First day; none is the first of this month.
    from: Option<Date>,
    /// Last day; none is the last of the month of the first.
    to: Option<Date>,
    /// Kind of file.
    #[param(inline)]
    format: Format,
    /// Language of the file.
    #[param(inline)]
    #[serde(default)]
    lang: Lang,
}

#[derive(Deserialize, Clone, Copy, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    Csv,
    Xlsx,
    Pdf,
}

/// Which page of what is late.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OverdueQuery {
    /// Code of a region; none: all that may be seen.
    region: Option<String>,
    /// 1 to 200; 50 where none is named.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Where somebody is told something: the region that is asked for, as far as these roles are held there, or all in which
/// they are. None means everywhere.
fn within(actor: &Actor, roles: &[Role], region: Option<&Region>) -> Option<Option<Vec<Region>>> {
    let posts = || actor.posts.iter().filter(|post| roles.contains(&post.role));
    let Some(region) = region else {
        let own: Option<Vec<Region>> = posts().map(|post| post.region.clone()).collect();
        return (posts().next().is_some()).then_some(own);
    };
    if actor.holds(roles, region) {
        return Some(Some(vec![region.clone()]));
    }
    let inside: Vec<Region> =
        posts().filter_map(|post| post.region.clone()).filter(|own| region.covers(own)).collect();
    (!inside.is_empty()).then_some(Some(inside))
}

/// One region that lies in another is told once.
fn apart(regions: Option<Vec<Region>>) -> Option<Vec<Region>> {
    let mut all = regions?;
    all.sort();
    all.dedup();
    let widest = all.clone();
    all.retain(|one| !widest.iter().any(|other| other != one && other.covers(one)));
    Some(all)
}

fn region_of(text: Option<&str>) -> Result<Option<Region>, Problem> {
    text.filter(|text| !text.is_empty())
        .map(|text| Region::parse(text).map_err(|error| Problem::bad_request(error.to_string())))
        .transpose()
}

/// What somebody may be told of what is asked for.
fn ask_of(
    web: &Web,
    actor: &Actor,
    region: Option<&str>,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Ask, Problem> {
    let region = region_of(region)?;
    let whole = within(actor, &SUPERVISING, region.as_ref());
    let with_cases = whole.is_some();
    let regions =
        whole.or_else(|| within(actor, &WATCHING, region.as_ref())).ok_or_else(Problem::forbidden)?;
    let today = web.clock.now().to_zoned(web.store.zone().clone()).date();
    let from = from.unwrap_or_else(|| today.first_of_month());
    let to = to.unwrap_or_else(|| from.last_of_month());
    let period = Period::new(from, to).map_err(|bad| {
        let zh = match bad {
            BadPeriod::Backwards => "结束日期早于开始日期。".to_owned(),
            BadPeriod::TooLong => format!("统计期最长 {MOST_DAYS} 天，请缩短。"),
            BadPeriod::OutOfRange => "统计期须在 2000 年至 2199 年之间。".to_owned(),
        };
        let en = match bad {
            BadPeriod::Backwards => "The last day is before the first.".to_owned(),
            BadPeriod::TooLong => format!("A report covers {MOST_DAYS} days at most. Ask for fewer."),
            BadPeriod::OutOfRange => "A report covers days from 2000 to 2199.".to_owned(),
        };
        Problem::unprocessable("period", zh, en)
    })?;
    Ok(Ask { period, regions: apart(regions), with_cases })
}

/// 考核报告
///
/// Indicators of a period, beside the period before and the same one a year ago. Operators are told the alarm load of their own
/// room only.
#[utoipa::path(get, path = "/reports", tag = "reports", operation_id = "report", params(ReportQuery), responses((status = 200, body = Report)))]
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<ReportQuery>,
) -> Result<Answer<Report>, Problem> {
    let ask = ask_of(&web, &session.actor(), query.region.as_deref(), query.from, query.to)?;
    Ok(Answer(web.store.report(&ask, web.clock.now()).await?))
}

/// 超期清单
///
/// Cases that are late now, the longest first.
#[utoipa::path(get, path = "/reports/overdue", tag = "reports", operation_id = "overdue", params(OverdueQuery), responses((status = 200, body = OverduePage)))]
pub(super) async fn overdue(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<OverdueQuery>,
) -> Result<Answer<OverduePage>, Problem> {
    let region = region_of(query.region.as_deref())?;
    let regions = within(&session.actor(), &SUPERVISING, region.as_ref()).ok_or_else(Problem::forbidden)?;
    let after = query.after.as_deref().map(|text| cursor(text).ok_or_else(Problem::bad_cursor));
    let limit = page::limit(query.limit)?;
    let page =
        web.store.overdue(apart(regions).as_deref(), after.transpose()?, limit, web.clock.now()).await?;
    Ok(Answer(page))
}

fn cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (due, id) = text.split_once('_')?;
    Some((Timestamp::from_microsecond(due.parse().ok()?).ok()?, id.parse().ok()?))
}

/// 导出报告
///
/// The report as a file: CSV (with a mark by which Excel knows UTF-8), XLSX or PDF.
#[utoipa::path(get, path = "/reports/export", tag = "reports", operation_id = "export_report", params(ExportQuery),
    responses((status = 200, content_type = "text/csv", description = "CSV, XLSX or PDF"),
              (status = 501, description = "没有中文字体 No font with Chinese letters, for PDF")))]
pub(super) async fn export(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let ask = ask_of(&web, &session.actor(), query.region.as_deref(), query.from, query.to)?;
    let now = web.clock.now();
    let report = web.store.report(&ask, now).await?;
    let overdue = if ask.with_cases {
        Some(web.store.overdue(ask.regions.as_deref(), None, OVERDUE_IN_FILE, now).await?)
    } else {
        None
    };
    let (format, lang, zone) = (query.format, query.lang, web.store.zone().clone());
    let name = format!("xunge-{}-{}", ask.period.from, ask.period.to);
    // a city's workbook takes a second of work, and fonts are files
    let made = tokio::task::spawn_blocking(move || {
        let brief = matches!(format, Format::Pdf);
        let document = Document::of(&report, overdue.as_ref(), lang, brief, &zone);
        file(&document, format)
    });
    let bytes = made.await.map_err(|error| broken(&error))??;
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        Format::Pdf => ("application/pdf", "pdf"),
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn file(document: &Document, format: Format) -> Result<Vec<u8>, Problem> {
    match format {
        Format::Csv => csv::write(document).map_err(|error| broken(&error)),
        Format::Xlsx => xlsx::write(document).map_err(|error| broken(&error)),
        Format::Pdf => {
            let letters = Letters::of_machine().map_err(|_| {
                Problem::new(
                    StatusCode::NOT_IMPLEMENTED,
                    "font_missing",
                    "中心服务器没有中文字体，无法生成 PDF。请安装 Debian 软件包 fonts-noto-cjk（或 fonts-wqy-microhei）后重试；\
                     CSV 与 XLSX 不受影响。",
                    "The centre's machine has no font with Chinese letters, so there is no PDF. Install the Debian package \
                     fonts-noto-cjk (or fonts-wqy-microhei) and try again; CSV and XLSX need none.",
                )
            })?;
            pdf::write(document, letters).map_err(|error| broken(&error))
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    error!("a report cannot be written: {error}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "report",
        "报告文件无法生成，运行日志中有原因。",
        "The file of the report cannot be made; the log of the centre says why.",
    )
}

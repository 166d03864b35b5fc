//! Which days are worked: deadlines of reminders go by them.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_residents::right::Right;
use xunge_residents::store::What;

use super::{Residents, Someone};
use crate::web::guard::{Json, Query};
use crate::web::problem::Problem;

/// Days that are set at once.
const DAYS: usize = 366;

/// Of which year they are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct YearQuery {
    /// The year; left out this one.
    year: Option<i16>,
}

/// A day that is otherwise than its weekday says.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Workday {
    day: Date,
    /// Whether it is worked.
    works: bool,
}

/// The exceptions of a year.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct WorkYear {
    year: i16,
    /// Whether anything was entered for it: without that only weekends are free.
    known: bool,
    /// The same of the year after.
    next_known: bool,
    days: Vec<Workday>,
}

/// 工作日
///
/// Days of a year that are otherwise than their weekday says.
#[utoipa::path(get, path = "/workdays", tag = "reminders", operation_id = "list_workdays", params(YearQuery), responses((status = 200, body = WorkYear)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<YearQuery>,
) -> Result<Answer<WorkYear>, Problem> {
    someone.need_any(&[Right::TryRules, Right::UseRules])?;
    let year = query.year.unwrap_or_else(|| half.today().year());
    let workdays = half.store.workdays().await?;
    let days = workdays.of_year(year).map(|(day, works)| Workday { day, works }).collect();
    Ok(Answer(WorkYear {
        year,
        known: workdays.knows(year),
        next_known: workdays.knows(year.saturating_add(1)),
        days,
    }))
}

/// A day, and what is to be so of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct WorkdayChange {
    day: Date,
    /// Whether it is worked; none: as its weekday says.
    works: Option<bool>,
}

/// Days, and whether they are worked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Workdays {
    days: Vec<WorkdayChange>,
}

/// 录入工作日
///
/// Says of days whether they are worked, whatever their weekday, or takes that back. Deadlines that are set already stay.
#[utoipa::path(post, path = "/workdays", tag = "reminders", operation_id = "set_workdays", request_body = Workdays, responses((status = 204, description = "已保存 Saved")))]
pub(in crate::web) async fn set(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(given): Json<Workdays>,
) -> Result<StatusCode, Problem> {
    someone.need(Right::UseRules, "")?;
    if given.days.len() > DAYS {
        return Err(Problem::unprocessable(
            "days",
            format!("一次最多 {DAYS} 天。"),
            format!("At most {DAYS} days at once."),
        ));
    }
    // of a day that stands there twice, what was said last
    let days: std::collections::BTreeMap<Date, Option<bool>> =
        given.days.into_iter().map(|one| (one.day, one.works)).collect();
    let days: Vec<(Date, Option<bool>)> = days.into_iter().collect();
    half.store.set_workdays(&days, &someone.deed(What::Workdays, "")).await?;
    Ok(StatusCode::NO_CONTENT)
}

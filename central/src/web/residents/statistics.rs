//! What came of reminders, in numbers.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_residents::right::Right;
use xunge_residents::store::{Asked, Count, Gap, ScanView};

use super::{Residents, Someone, region};
use crate::web::guard::Query;
use crate::web::problem::Problem;

/// Scans that are shown.
const SCANS: u32 = 30;

/// What is counted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct StatisticsQuery {
    /// Only of this region.
    region: Option<String>,
    /// Only reminders that were made from this day.
    from: Option<Date>,
    /// Only reminders that were made until this day.
    until: Option<Date>,
    /// By parts of regions of so many digits: 6 is by district, 9 by street, 12 by community, 15 by grid.
    digits: Option<u8>,
}

/// Numbers.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ReminderStatistics {
    /// By rule, part of the region, state and outcome.
    counts: Vec<Count>,
    /// What rules cannot say anything of people for.
    gaps: Vec<Gap>,
    /// The last nightly scans, the latest first.
    scans: Vec<ScanView>,
}

/// 覆盖与成效
///
/// How many reminders ended how, whom rules cannot judge yet, and the last scans.
#[utoipa::path(get, path = "/statistics", tag = "reminders", operation_id = "reminder_statistics", params(StatisticsQuery), responses((status = 200, body = ReminderStatistics)))]
pub(in crate::web) async fn show(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<StatisticsQuery>,
) -> Result<Answer<ReminderStatistics>, Problem> {
    let digits = query.digits.unwrap_or(6);
    if ![4, 6, 9, 12, 15].contains(&digits) {
        return Err(Problem::said(
            "digits",
            "`digits` 须为 4、6、9、12 或 15。",
            "`digits` is 4, 6, 9, 12 or 15.",
        ));
    }
    let asked = Asked {
        regions: someone.regions(Right::Count)?,
        region: region(query.region)?,
        from: query.from,
        until: query.until,
        digits,
    };
    Ok(Answer(ReminderStatistics {
        counts: half.store.count_tasks(&asked, half.today()).await?,
        gaps: half.store.count_gaps(&asked).await?,
        scans: half.store.scans(SCANS).await?,
    }))
}

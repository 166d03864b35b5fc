//! How long each part of the work took, and how often its deadline was kept. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use super::count::{Alike, Rate};
use crate::case::Limits;
use crate::case::{Stage, State, Verdict};

/// Parts of the work that are measured, in their order.
pub const MEASURED: [Stage; 6] =
    [Stage::Ack, Stage::Verify, Stage::Dispatch, Stage::Arrive, Stage::Handle, Stage::Check];

/// How long a part of the work took, over all cases in which it came to its end. Nearest-rank quantiles: a time that some
/// case really took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    /// Which part.
    pub stage: Stage,
    /// In how many cases it came to its end.
    pub cases: u64,
    /// Half of them took no longer, microseconds.
    pub median_us: i64,
    /// Nine in ten took no longer, microseconds.
    pub p90_us: i64,
}

/// How a part of the work went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct StageTime {
    /// Which part.
    pub stage: Stage,
    /// In how many cases it came to its end.
    pub measured: u64,
    /// Half of them took no longer, seconds by the clock on the wall; none where there were none.
    pub median_secs: Option<f64>,
    /// Nine in ten took no longer, seconds.
    pub p90_secs: Option<f64>,
    /// Within its deadline, of those that came to their end or ran out of time. Cases without a limit are left out.
    pub kept: Rate,
}

/// Whether this part of the work came to its end.
fn ended(stage: Stage, alike: &Alike) -> bool {
    match stage {
        Stage::Ack => alike.taken,
        Stage::Verify => alike.verdict.is_some_and(|verdict| verdict != Verdict::Missed),
        Stage::Dispatch => alike.dispatched,
        Stage::Arrive => alike.arrived,
        Stage::Handle => alike.is_filed() && alike.handled,
        Stage::Check => alike.is_filed() && alike.state == State::Closed,
        Stage::Review | Stage::AutoClose => false,
    }
}

fn has_limit(stage: Stage, limits: &Limits) -> bool {
    match stage {
        Stage::Ack => limits.ack.is_some(),
        Stage::Verify => limits.verify.is_some(),
        Stage::Dispatch => limits.dispatch.is_some(),
        Stage::Arrive => limits.arrive.is_some(),
        Stage::Handle => limits.handle.is_some(),
        Stage::Check => limits.check.is_some(),
        Stage::Review | Stage::AutoClose => false,
    }
}

/// How each part of the work went. `limits` are P1 to P4.
pub fn times(alike: &[Alike], took: &[Took], limits: &[Limits; 4]) -> Vec<StageTime> {
    let secs = |us: i64| us.max(0) as f64 / 1e6;
    let counted = |one: &&Alike| !matches!(one.state, State::Void | State::Merged);
    MEASURED
        .into_iter()
        .map(|stage| {
            let (mut kept, mut all) = (0, 0);
            for one in alike.iter().filter(counted) {
                let limits = &limits[usize::from(one.severity.clamp(1, 4)) - 1];
                let late = one.late.contains(&stage);
                if has_limit(stage, limits) && (late || ended(stage, one)) {
                    all += one.cases;
                    kept += if late { 0 } else { one.cases };
                }
            }
            let took = took.iter().find(|took| took.stage == stage && took.cases > 0);
            StageTime {
                stage,
                measured: took.map_or(0, |took| took.cases),
                median_secs: took.map(|took| secs(took.median_us)),
                p90_secs: took.map(|took| secs(took.p90_us)),
                kept: Rate::new(kept, all),
            }
        })
        .collect()
}

//! Which open case an alert belongs to. Pure: the store brings the candidates, this decides.
//!
//! An episode is what a guard would call one happening: the same camera, rule, zone and behavior, with no pause longer
//! than the behavior's merge window. Nothing ever joins a case that a person has decided: that would hide it.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Alert, Phase};

/// Most alerts of one case: beyond it a case can no longer be judged as one.
pub const MAX_ALERTS: u64 = 200;

/// How long an alert that has not ended counts as going on after its last message. A box that died says no more.
pub const SILENCE: Duration = Duration::from_secs(3600);

/// Longest pause within one episode.
pub fn merge_window(behavior: &str) -> Duration {
    Duration::from_secs(match behavior {
        "running" => 30,
        "loitering" => 120,
        "crowd" => 300,
        // the object stays until somebody changes it
        "abandoned_object" | "removed_object" => 3600,
        // intrusion, line_crossing, fall, tamper, and what a newer box may bring
        _ => 60,
    })
}

/// A case that the alert might join. The store brings only undecided ones of the same box, camera, rule, zone and
/// behavior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The case.
    pub case_id: Uuid,
    /// Severity level of the case, 1 the most urgent.
    pub severity: u8,
    /// Whether the case is made of test alarms.
    pub test: bool,
    /// When its first alert began.
    pub since: Timestamp,
    /// When its last alert was last heard of.
    pub last: Timestamp,
    /// Whether one of its alerts has not ended.
    pub ongoing: bool,
    /// How many alerts it has.
    pub alerts: u64,
}

/// The case that `alert` joins; none makes a new one.
pub fn joins<'a>(alert: &Alert, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
    candidates.iter().filter(|case| belongs(alert, case)).max_by_key(|case| (case.last, case.case_id))
}

fn belongs(alert: &Alert, case: &Candidate) -> bool {
    // what is more urgent than the case must be seen on its own
    let breaks_out = alert.severity.level() < case.severity;
    if breaks_out || alert.test != case.test || case.alerts >= MAX_ALERTS {
        return false;
    }
    let window = merge_window(&alert.behavior);
    let reach = if case.ongoing { window.max(SILENCE) } else { window };
    // alerts come late and out of order: the pause may lie on either side
    let after = alert.since_utc.duration_since(case.last);
    let last_of_alert = if alert.phase == Phase::Ended { alert.utc } else { alert.utc.max(alert.since_utc) };
    let before = case.since.duration_since(last_of_alert);
    let within =
        |pause: jiff::SignedDuration, limit: Duration| pause.is_negative() || pause.unsigned_abs() < limit;
    within(after, reach) && within(before, window)
}

#[cfg(test)]
mod tests;

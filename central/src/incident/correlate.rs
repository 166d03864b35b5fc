//! One thing seen by several cameras, or in several ways: who runs from a crowd, who falls after running, who crosses one
//! fence after the other. Their episodes become one case, while nobody has decided it.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::episode::MAX_ALERTS;
use crate::org::{Position, Region};

/// How far apart cameras may be, metres, where nobody has said that they are neighbours.
pub const REACH_M: f64 = 80.0;
/// How much time may lie between.
pub const WITHIN: Duration = Duration::from_secs(300);

/// Behaviors that may be one happening, in either order. An intruder who goes from one camera to the next is one.
const TOGETHER: [(&str, &str); 6] = [
    ("running", "fall"),
    ("crowd", "running"),
    ("crowd", "fall"),
    ("intrusion", "intrusion"),
    ("intrusion", "line_crossing"),
    ("loitering", "intrusion"),
];

fn go_together(one: &str, other: &str) -> bool {
    TOGETHER.iter().any(|(a, b)| (*a, *b) == (one, other) || (*a, *b) == (other, one))
}

/// An undecided case nearby.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The case.
    pub case_id: Uuid,
    /// What it began with.
    pub behavior: String,
    /// 1 to 4.
    pub severity: u8,
    /// Made of test alarms.
    pub test: bool,
    /// Grid of its camera.
    pub grid: Region,
    /// Box and camera.
    pub camera: (String, String),
    /// When its first alert began.
    pub since: Timestamp,
    /// When its last alert was last heard of.
    pub last: Timestamp,
    /// How many alerts it has.
    pub alerts: u64,
}

/// What looks for company.
pub(super) struct Newcomer<'a> {
    pub(super) behavior: &'a str,
    pub(super) severity: u8,
    pub(super) test: bool,
    pub(super) grid: &'a Region,
    pub(super) camera: (&'a str, &'a str),
    pub(super) position: Option<Position>,
    /// Neighbouring cameras of the same box or others, as entered by the installer.
    pub(super) adjacent: &'a [(String, String)],
    pub(super) since: Timestamp,
    pub(super) last: Timestamp,
}

/// How far the case's camera is; none on the same camera. Err where they have nothing to do with each other.
pub(super) fn distance(
    new: &Newcomer<'_>,
    case: &Neighbour,
    position: impl Fn(&(String, String)) -> Option<Position>,
) -> Result<Option<f64>, ()> {
    let gap = if new.since > case.last {
        new.since.duration_since(case.last)
    } else {
        case.since.duration_since(new.last)
    };
    let near_in_time = gap.is_negative() || gap.unsigned_abs() <= WITHIN;
    // what is more urgent breaks out, here too
    let fits = new.test == case.test && new.severity >= case.severity && case.alerts < MAX_ALERTS;
    if !(near_in_time && fits && *new.grid == case.grid && go_together(new.behavior, &case.behavior)) {
        return Err(());
    }
    let same = (case.camera.0.as_str(), case.camera.1.as_str()) == new.camera;
    if same {
        // the same behavior of another rule or zone of this camera stands on its own
        return if new.behavior == case.behavior { Err(()) } else { Ok(None) };
    }
    let metres = new.position.zip(position(&case.camera)).map(|(a, b)| a.metres_to(b));
    if new.adjacent.contains(&case.camera) || metres.is_some_and(|metres| metres <= REACH_M) {
        Ok(metres)
    } else {
        Err(())
    }
}

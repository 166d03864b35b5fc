//! Episodes: the same camera, rule, zone and behavior, with no pause longer than the behavior's merge window.
//!
//! Nothing ever joins a case that a person has decided: that would hide it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_alert::{Alert, Phase};

/// Most alerts of one case: beyond it a case can no longer be judged as one.
pub const MAX_ALERTS: u64 = 200;

/// The behavior that makes a camera's other alerts worthless.
pub const TAMPER: &str = "tamper";

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

/// What makes alerts one episode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Episode {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// What happens.
    pub behavior: String,
    /// Where; empty for the whole frame.
    pub zone: String,
}

impl Episode {
    /// The one that an alert belongs to.
    pub fn of(alert: &Alert) -> Self {
        Self {
            edge: alert.edge.clone(),
            camera: alert.camera.clone(),
            rule: alert.rule.clone(),
            behavior: alert.behavior.clone(),
            zone: alert.zone.clone().unwrap_or_default(),
        }
    }
}

/// What became of an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It belongs to a case.
    Case,
    /// It did not ring: something about its camera held it back.
    Inhibited,
    /// It did not ring: somebody, or its own chatter, had shelved it.
    Shelved,
}

impl Standing {
    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Inhibited => "inhibited",
            Self::Shelved => "shelved",
        }
    }

    /// The standing with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Case, Self::Inhibited, Self::Shelved].into_iter().find(|one| one.as_str() == name)
    }
}

/// One episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Identity.
    pub id: Uuid,
    /// What makes it one.
    pub episode: Episode,
    /// Which of several things it is, as the box says it.
    pub detail: Option<String>,
    /// What became of it.
    pub standing: Standing,
    /// Its case; none while it is held back.
    pub case_id: Option<Uuid>,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// Made of an installer's test alarms.
    pub test: bool,
    /// When its first alert began, by the box's clock.
    pub since: Timestamp,
    /// When its last alert was last heard of, by the box's clock.
    pub last: Timestamp,
    /// How many alerts it has.
    pub alerts: u64,
    /// How many of them have not ended.
    pub open_alerts: u64,
    /// Best score.
    pub score: f64,
    /// Where in the frame, at the best score.
    pub bounds: [f32; 4],
}

impl Incident {
    /// Whether somebody is tampering with its camera now.
    pub fn tampers(&self) -> bool {
        self.episode.behavior == TAMPER && self.open_alerts > 0
    }
}

/// Why an alert joined no episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum WhyNew {
    /// None was going on.
    NoneOpen,
    /// The pause was too long.
    Pause {
        /// Seconds since the last one was heard of.
        pause_secs: f64,
        /// How long it may be.
        window_secs: f64,
    },
    /// It is more urgent, and must be seen on its own.
    MoreUrgent,
    /// A test alarm never hides in a real one, nor the other way round.
    Test,
    /// The case is full.
    Full,
}

/// How an alert fits to an episode.
pub(super) struct Fit {
    pub(super) pause_secs: f64,
    pub(super) window_secs: f64,
}

/// Whether the alert, of this urgency here, belongs to the episode.
pub(super) fn fits(alert: &Alert, severity: u8, incident: &Incident) -> Result<Fit, WhyNew> {
    if alert.test != incident.test {
        return Err(WhyNew::Test);
    }
    if incident.alerts >= MAX_ALERTS {
        return Err(WhyNew::Full);
    }
    let window = merge_window(&alert.behavior);
    let reach = if incident.open_alerts > 0 { window.max(SILENCE) } else { window };
    // alerts come late and out of order: the pause may lie on either side
    let after = alert.since_utc.duration_since(incident.last);
    let last_of_alert = if alert.phase == Phase::Ended { alert.utc } else { alert.utc.max(alert.since_utc) };
    let before = incident.since.duration_since(last_of_alert);
    let within = |pause: SignedDuration, limit: Duration| pause.is_negative() || pause.unsigned_abs() < limit;
    let pause = if before.is_positive() { before } else { after };
    let limit = if before.is_positive() { window } else { reach };
    if !within(after, reach) || !within(before, window) {
        return Err(WhyNew::Pause { pause_secs: pause.as_secs_f64(), window_secs: limit.as_secs_f64() });
    }
    // what is more urgent than what rings already must be seen on its own
    if severity < incident.severity {
        return Err(WhyNew::MoreUrgent);
    }
    Ok(Fit { pause_secs: pause.as_secs_f64(), window_secs: limit.as_secs_f64() })
}

//! What does not ring, and why: a camera that cannot see right, maintenance, shelving, chatter. All of it is kept,
//! counted and shown; and nothing of the most urgent kind is ever held back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::episode::{Episode, TAMPER};

/// A rule that begins so often within a minute chatters.
pub const CHATTER_A_MINUTE: u32 = 3;
/// A rule that begins so often within ten minutes chatters.
pub const CHATTER_TEN_MINUTES: u32 = 10;
/// How long a rule that chatters is shelved by itself.
pub const CHATTER_SHELF_SECS: i64 = 30 * 60;
/// An open tampering that nobody has heard of for so long holds nothing back any more: its box may have died.
pub const TAMPER_SECS: i64 = 24 * 3600;

/// What holds an alert back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HeldBy)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Held {
    /// Its camera is covered, defocused, frozen, dark.
    Tampered {
        /// The episode that says so.
        incident: Uuid,
        /// Since when.
        since_utc: Timestamp,
    },
    /// Somebody works on it.
    Maintenance {
        /// Which window.
        window: Uuid,
        /// Until when.
        until_utc: Timestamp,
    },
    /// Somebody has shelved it (搁置), or its own chatter has.
    Shelved {
        /// Which shelf.
        shelf: Uuid,
        /// Until when.
        until_utc: Timestamp,
    },
}

/// Somebody works on a box or a camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maintenance {
    /// Identity.
    pub id: Uuid,
    /// Box.
    pub edge: String,
    /// Camera; none means all of the box.
    pub camera: Option<String>,
    /// From.
    pub from_utc: Timestamp,
    /// Until.
    pub until_utc: Timestamp,
}

/// Alerts that somebody does not want to hear for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// Identity.
    pub id: Uuid,
    /// Box.
    pub edge: String,
    /// Camera; none means all of the box.
    pub camera: Option<String>,
    /// Rule; none means all of the camera.
    pub rule: Option<String>,
    /// From.
    pub from_utc: Timestamp,
    /// Until.
    pub until_utc: Timestamp,
}

/// When a rule last began something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pulse(Vec<i64>);

impl Pulse {
    /// Notes a beginning at `now`, and says how many there were within a minute and within ten.
    pub fn beat(&mut self, now: Timestamp) -> (u32, u32) {
        let now = now.as_second();
        self.0.retain(|at| now - at < 600);
        self.0.push(now);
        let keep = usize::try_from(CHATTER_TEN_MINUTES).unwrap_or(10);
        if self.0.len() > keep {
            self.0.drain(..self.0.len() - keep);
        }
        let count = |secs: i64| {
            u32::try_from(self.0.iter().filter(|at| now - **at < secs).count()).unwrap_or(u32::MAX)
        };
        (count(60), count(600))
    }

    /// Forgets everything: it was shelved for it.
    pub fn calm(&mut self) {
        self.0.clear();
    }
}

/// Whether a tampering of this kind makes what its camera sees worthless. One that was turned away still sees people; its
/// box itself stops the rules that need the old view.
pub fn blinds(detail: Option<&str>) -> bool {
    detail != Some("moved")
}

/// Whether so many beginnings are chatter.
pub fn chatters(last_minute: u32, last_ten_minutes: u32) -> bool {
    last_minute >= CHATTER_A_MINUTE || last_ten_minutes >= CHATTER_TEN_MINUTES
}

/// Everything that may hold alerts back now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Suppression {
    /// Cameras with an open tampering: its incident, since when, last heard of.
    pub tampered: BTreeMap<(String, String), (Uuid, Timestamp, Timestamp)>,
    /// Maintenance that is on or announced.
    pub maintenance: Vec<Maintenance>,
    /// Shelves that have not ended.
    pub shelves: Vec<Shelf>,
}

impl Suppression {
    /// What holds back something that happens now.
    pub fn holds(&self, episode: &Episode, now: Timestamp) -> Option<Held> {
        let camera = (episode.edge.clone(), episode.camera.clone());
        let about = |edge: &str, of: Option<&String>| {
            edge == episode.edge && of.is_none_or(|of| *of == episode.camera)
        };
        let maintenance = self.maintenance.iter().find(|window| {
            about(&window.edge, window.camera.as_ref()) && (window.from_utc..window.until_utc).contains(&now)
        });
        if let Some(window) = maintenance {
            return Some(Held::Maintenance { window: window.id, until_utc: window.until_utc });
        }
        // what says that the camera is tampered with is never held back by that
        if episode.behavior != TAMPER
            && let Some((incident, since, last)) = self.tampered.get(&camera)
            && now.duration_since(*last).as_secs() < TAMPER_SECS
        {
            return Some(Held::Tampered { incident: *incident, since_utc: *since });
        }
        let shelf = self.shelves.iter().find(|shelf| {
            about(&shelf.edge, shelf.camera.as_ref())
                && shelf.rule.as_ref().is_none_or(|rule| *rule == episode.rule)
                && (shelf.from_utc..shelf.until_utc).contains(&now)
        });
        shelf.map(|shelf| Held::Shelved { shelf: shelf.id, until_utc: shelf.until_utc })
    }
}

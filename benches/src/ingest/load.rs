//! Alerts as a city's boxes send them: 1,400 boxes with 8 cameras and 4 rules each. Each happening is three messages: it
//! begins, its clip is there, it ends.

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use xunge_alert::{Alert, Phase};

/// Boxes of a city.
pub const BOXES: u64 = 1400;
const CAMERAS: u64 = 8;
const BEHAVIORS: [&str; 4] = ["intrusion", "loitering", "crowd", "fall"];
/// Happenings that are open at once: the next message of one comes after so many others began.
const OPEN: u64 = 2000;

/// One message, before it is written.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Number of its box.
    pub which: usize,
    /// Number of the message in the box's series, from 1.
    pub seq: u64,
    happening: u64,
    revision: u32,
}

/// Makes messages, in the order in which they are sent.
pub struct Load {
    sample: Alert,
    next: u64,
    seqs: Vec<u64>,
    series: Vec<Uuid>,
    /// Number of this load: another one is of other happenings.
    salt: u64,
    /// When happenings began that still go on.
    begun: HashMap<u64, Timestamp>,
}

impl Load {
    /// Begins anew, with series of its own.
    pub fn new(salt: u64) -> Result<Self> {
        let sample = include_str!("../../../alert/samples/v1/alert-began.json");
        let boxes = usize::try_from(BOXES).context("too many boxes")?;
        Ok(Self {
            sample: serde_json::from_str(sample)?,
            next: 0,
            seqs: vec![0; boxes],
            series: (0..boxes).map(|_| Uuid::new_v4()).collect(),
            salt,
            begun: HashMap::new(),
        })
    }

    /// The series of the boxes, by their numbers.
    pub fn series(&self) -> &[Uuid] {
        &self.series
    }

    /// The next message, as seen at `now`.
    pub fn next(&mut self, now: Timestamp) -> Alert {
        let turn = self.turn();
        self.message(turn, now)
    }

    /// What comes next.
    pub fn turn(&mut self) -> Turn {
        let turn = self.next;
        self.next += 1;
        // of each three messages one begins something, one tells more of it, one ends what began long before
        let (happening, revision) = match turn % 3 {
            0 => (turn / 3, 1),
            1 => ((turn / 3).saturating_sub(OPEN / 2), 2),
            _ => ((turn / 3).saturating_sub(OPEN), 3),
        };
        let which = usize::try_from(happening % BOXES).unwrap_or(0);
        self.seqs[which] += 1;
        Turn { which, seq: self.seqs[which], happening, revision }
    }

    /// Writes a message, as seen at `now`. What begins, begins then; what goes on says when that was.
    pub fn message(&mut self, turn: Turn, now: Timestamp) -> Alert {
        let Turn { which, seq, happening, revision } = turn;
        let camera = (happening / BOXES) % CAMERAS;
        let behavior = (happening / (BOXES * CAMERAS)) % 4;
        let mut alert = self.sample.clone();
        (alert.edge, alert.site) = name_of(which);
        alert.camera = format!("c{camera}");
        alert.camera_name = format!("摄像机{camera}");
        BEHAVIORS[usize::try_from(behavior).unwrap_or(0)].clone_into(&mut alert.behavior);
        alert.rule = format!("{}-1", alert.behavior);
        alert.alert_id = Uuid::from_u64_pair(self.salt, happening);
        alert.outbox = self.series[which];
        alert.seq = seq;
        alert.revision = revision;
        alert.phase = match revision {
            1 => Phase::Began,
            2 => Phase::Updated,
            _ => Phase::Ended,
        };
        let before = now - SignedDuration::from_secs((i64::from(revision) - 1) * 2);
        alert.since_utc = match revision {
            1 => *self.begun.entry(happening).or_insert(now),
            2 => self.begun.get(&happening).copied().unwrap_or(before),
            _ => self.begun.remove(&happening).unwrap_or(before),
        };
        alert.utc = now;
        alert.evidence.clear();
        alert
    }
}

/// Name and site of a box, by its number.
pub fn name_of(which: usize) -> (String, String) {
    (format!("gw-{which:04}"), format!("420502{:03}{:03}", 1 + which / 100, 1 + which % 100))
}

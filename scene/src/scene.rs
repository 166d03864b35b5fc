//! What behaviors are shown at one moment.

use crate::detection::Detection;
use crate::facts::{Closeup, Facts};
use crate::geometry::Ground;
use crate::time::StreamTime;
use crate::track::Track;
use std::time::Duration;

/// The longest time without a look through which things are taken to have gone on as they were.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

/// What a look at the camera gave.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// The detector ran: what is not among these is really missing (or hidden).
    Seen(&'a [Detection]),
    /// Nothing moved: what was there is still there.
    Still,
    /// Overload, decode error, lost frames: nothing is known. Begins and ends nothing.
    Blind,
}

impl Look<'_> {
    /// The kind of look.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Seen(_) => Evidence::Seen,
            Self::Still => Evidence::Still,
            Self::Blind => Evidence::Blind,
        }
    }
}

/// Three different facts that must never be taken for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The detector ran.
    Seen,
    /// Nothing moved.
    Still,
    /// Nothing is known.
    Blind,
}

/// What behaviors are shown at every look that told something.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Scene<'a> {
    /// Now, on the camera's timeline.
    pub at: StreamTime,
    /// Time during which something was known: like `at`, but it stands still while nobody can look (each time
    /// without a look counts for 2 s at most). What must be absent for some time must be absent for this long
    /// on this clock.
    pub known: Duration,
    /// Time since the look before this one that told something; 0 at the first.
    pub gap: Duration,
    /// `Seen` or `Still`; behaviors are not shown what is `Blind`.
    pub evidence: Evidence,
    /// Width / height of the picture.
    pub aspect: f64,
    /// The ground in metres; none where nobody has measured it, and while the camera looks elsewhere. Without it all
    /// distances are in body heights.
    pub ground: Option<&'a Ground>,
    /// What the detector found at this look, weak finds and all; empty when it did not look.
    pub detections: &'a [Detection],
    /// The tracks that the rule may see, by id. Tentative ones too: a behavior may remember where they were, but
    /// must say nothing about them yet.
    pub tracks: &'a [Track],
    /// Pairs of tracks, smaller id first, that came so near each other that they may have changed places now.
    pub mixups: &'a [(u64, u64)],
    /// Pairs of tracks, smaller id first, that have met: whether they may have changed places will be known soon.
    pub undecided: &'a [(u64, u64)],
    /// What was measured on the whole picture.
    pub facts: Facts<'a>,
    /// What the closer looks found that behaviors asked for; empty while they are asked.
    pub closeup: &'a Closeup,
}

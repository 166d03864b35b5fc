//! What rules say.

use crate::behavior::Kind;
use crate::geometry::Bounds;
use crate::time::StreamTime;

/// Where a happening stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It has just been recognised.
    Began,
    /// It goes on, and somebody joined or it became much larger or longer.
    Updated,
    /// It is over.
    Ended,
}

impl Phase {
    /// Name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Updated => "updated",
            Self::Ended => "ended",
        }
    }
}

/// Why a happening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// It was seen to end.
    Cleared,
    /// The stream broke: nobody knows how it went on.
    StreamLost,
    /// The rule's armed hours ended.
    Disarmed,
}

/// A rule's state changed. For each happening: one `Began`, any number of `Updated`, one `Ended`, in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Kind of behavior.
    pub behavior: Kind,
    /// Name of the rule.
    pub rule: String,
    /// Where the happening stands.
    pub phase: Phase,
    /// Only with `Ended`.
    pub end_reason: Option<EndReason>,
    /// When this became known.
    pub at: StreamTime,
    /// When the behavior truly started; never after `at`, the same in all events of the happening.
    pub since: StreamTime,
    /// Zone, or line, of the rule; none is the whole frame.
    pub zone: Option<String>,
    /// Tracks that took part so far, ascending; of very many the latest 64.
    pub tracks: Vec<u64>,
    /// Encloses those who take part now (with `Ended`: at last).
    pub bounds: Bounds,
    /// Best detection score of those who take part now, 0..1.
    pub score: f32,
    /// What was measured, in the unit of `threshold`; none when the behavior measures nothing.
    pub measured: Option<f64>,
    /// The rule's first parameter: seconds, people, …
    pub threshold: Option<f64>,
    /// Which of several things it is, for behaviors that know more than one (a tampered camera is `covered`, `moved`, …).
    pub detail: Option<&'static str>,
    /// 1 (most urgent) to 4. A later event of the same happening may be more urgent.
    pub severity: u8,
    /// Number of the happening, the same in all its events; unique within one [`crate::Watch`].
    pub happening: u64,
}

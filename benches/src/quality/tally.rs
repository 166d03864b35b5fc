//! Counts, and what follows from them.

use serde::Serialize;

use super::{clip::ClipResult, score::Counted};

/// Sums over clips.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Events that should be found.
    pub required: usize,
    /// Those found: true positives.
    pub found: usize,
    /// Those not found.
    pub missed: usize,
    /// Alarms that meet no event.
    pub false_alarms: usize,
    /// Alarms beyond the first of an event.
    pub repeats: usize,
    /// Alarms of optional events.
    pub optional: usize,
    /// Alarms of which the labels say nothing.
    pub unscored: usize,
    /// Video in which the behaviors were watched.
    pub hours: f64,
    /// Of what was found, ascending.
    pub delays_s: Vec<f64>,
}

impl Tally {
    /// Sums what `behaviors` were good for in `clips`.
    pub fn of<'a>(clips: impl IntoIterator<Item = &'a ClipResult>, behaviors: impl Fn(&str) -> bool) -> Self {
        let mut tally = Self::default();
        for clip in clips {
            if clip.error.is_none() && clip.watched.iter().any(|name| behaviors(name)) {
                tally.hours += clip.duration_s / 3600.0;
            }
            for event in clip.events.iter().filter(|e| behaviors(&e.behavior) && !e.optional) {
                tally.required += 1;
                tally.missed += usize::from(event.is_missed());
                tally.delays_s.extend(event.delay_s);
            }
            for told in clip.alarms.iter().filter(|told| behaviors(&told.alarm.behavior)) {
                *match told.counted {
                    Counted::Found(_) => &mut tally.found,
                    Counted::Optional(_) => &mut tally.optional,
                    Counted::Repeat(_) => &mut tally.repeats,
                    Counted::FalseAlarm => &mut tally.false_alarms,
                    Counted::Unscored => &mut tally.unscored,
                } += 1;
            }
        }
        tally.delays_s.sort_by(f64::total_cmp);
        tally
    }

    /// Adds what another sum has counted in other clips.
    pub fn add(&mut self, other: &Self) {
        self.required += other.required;
        self.found += other.found;
        self.missed += other.missed;
        self.false_alarms += other.false_alarms;
        self.repeats += other.repeats;
        self.optional += other.optional;
        self.unscored += other.unscored;
        self.hours += other.hours;
        self.delays_s.extend(&other.delays_s);
        self.delays_s.sort_by(f64::total_cmp);
    }

    /// Part of what was told that is true.
    pub fn precision(&self) -> Option<f64> {
        part(self.found, self.found + self.false_alarms)
    }

    /// Part of what should be found that was.
    pub fn recall(&self) -> Option<f64> {
        part(self.found, self.required)
    }

    /// Harmonic mean of the two.
    pub fn f1(&self) -> Option<f64> {
        part(2 * self.found, 2 * self.found + self.false_alarms + self.missed)
    }

    /// Part of what should be found that was, with a delay of at most `secs`.
    pub fn recall_within(&self, secs: f64) -> Option<f64> {
        part(self.delays_s.iter().filter(|delay| **delay <= secs).count(), self.required)
    }

    /// The delay in the middle; of an even number the mean of the two.
    pub fn median_delay_s(&self) -> Option<f64> {
        let n = self.delays_s.len();
        let (low, high) = (n.checked_sub(1)? / 2, n / 2);
        Some(f64::midpoint(*self.delays_s.get(low)?, *self.delays_s.get(high)?))
    }

    /// The longest delay.
    pub fn worst_delay_s(&self) -> Option<f64> {
        self.delays_s.last().copied()
    }

    /// False alarms in an hour of video.
    pub fn false_alarms_per_hour(&self) -> Option<f64> {
        (self.hours > 0.0).then(|| self.false_alarms as f64 / self.hours)
    }
}

fn part(some: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| some as f64 / all as f64)
}

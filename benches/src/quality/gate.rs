//! The same clips with and without the gate: what is told must be the same, a group of pictures later at most.

use std::fmt::Write as _;

use serde::Serialize;

use super::{clip::ClipResult, score::Alarm, table::Table};

/// How much later, or earlier, an alarm may be: the longest time between two keyframes that a camera sleeps through.
pub const WITHIN_S: f64 = 4.5;

/// What came of all clips both ways.
#[derive(Debug, Clone, Serialize)]
pub struct Gated {
    clips: Vec<Pair>,
}

/// One clip.
#[derive(Debug, Clone, Serialize)]
struct Pair {
    with: ClipResult,
    without: ClipResult,
    /// By how much the gate made each alarm later.
    later_s: Vec<f64>,
    /// Told one way only, in words.
    differences: Vec<String>,
}

impl Pair {
    fn new(with: ClipResult, without: ClipResult) -> Self {
        let alarms =
            |clip: &ClipResult| clip.alarms.iter().map(|found| found.alarm.clone()).collect::<Vec<_>>();
        let mut rest = alarms(&without);
        let (mut later_s, mut differences) = (Vec::new(), Vec::new());
        for told in alarms(&with) {
            let late = |other: &Alarm| told.at_s - other.at_s;
            let same = |other: &Alarm| other.rule == told.rule && late(other).abs() <= WITHIN_S;
            let fits = rest.iter().enumerate().filter(|(_, other)| same(other));
            let nearest =
                fits.min_by(|a, b| late(a.1).abs().total_cmp(&late(b.1).abs())).map(|(index, _)| index);
            match nearest {
                Some(index) => later_s.push(late(&rest.remove(index))),
                None => differences.push(format!("{} at {:.1} s only with the gate", told.rule, told.at_s)),
            }
        }
        for missed in rest {
            differences.push(format!("{} at {:.1} s only without the gate", missed.rule, missed.at_s));
        }
        Self { with, without, later_s, differences }
    }
}

impl Gated {
    /// Of the results of the same clips.
    pub fn new(with: Vec<ClipResult>, without: Vec<ClipResult>) -> Self {
        Self {
            clips: with.into_iter().zip(without).map(|(with, without)| Pair::new(with, without)).collect(),
        }
    }

    /// Nothing differs.
    pub fn is_same(&self) -> bool {
        self.clips.iter().all(|pair| pair.differences.is_empty())
    }

    /// All results.
    pub fn clips(&self) -> impl Iterator<Item = &ClipResult> {
        self.clips.iter().flat_map(|pair| [&pair.with, &pair.without])
    }

    /// For people.
    pub fn markdown(&self) -> String {
        let sum = |looks: fn(&Pair) -> u64| self.clips.iter().map(looks).sum::<u64>();
        let (with, without) = (sum(|pair| pair.with.looks), sum(|pair| pair.without.looks));
        let later: Vec<f64> = self.clips.iter().flat_map(|pair| pair.later_s.iter().copied()).collect();
        let worst = later.iter().copied().fold(0.0, f64::max);
        let mut text =
            format!("# With and without the gate\n\n{} clips, {} alarms\n", self.clips.len(), later.len());
        let _ = writeln!(text, "\n- pictures shown to the rules: {without} without, {with} with the gate");
        let _ = writeln!(text, "- the same alarm later with the gate by {worst:.1} s at most");
        let mut table = Table::new(&["clip", "difference"]);
        for pair in &self.clips {
            for difference in &pair.differences {
                table.row([pair.with.file.clone(), difference.clone()]);
            }
        }
        if table.is_empty() {
            text.push_str("- nothing differs\n");
        } else {
            let _ = write!(text, "\n## Differences\n\n{table}");
        }
        text
    }
}

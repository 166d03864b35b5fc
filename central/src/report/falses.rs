//! Which cameras and rules are wrong how often, and why. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::count::{Rate, judgement};
use crate::case::{Reason, Verdict};

/// Cameras and rules that a report names; the rest is only counted.
pub const LISTED: usize = 200;

/// Cases of one camera and rule that were judged alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// The camera's name for people.
    pub camera_name: String,
    /// Grid of the camera, else the community.
    pub region: String,
    /// What a person found; none where nobody has, or the case is void or merged.
    pub verdict: Option<Verdict>,
    /// Why it was false.
    pub reason: Option<Reason>,
    /// How many cases.
    pub cases: u64,
    /// How many of them rang: those that came too late to ring did not.
    pub rang: u64,
}

/// A reason and how often it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonCount {
    /// Why.
    pub reason: Reason,
    /// How often.
    pub cases: u64,
}

/// One camera and rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Suspect {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// The camera's name for people.
    pub camera_name: String,
    /// Grid of the camera, else the community.
    pub region: String,
    /// 误报率: false of judged.
    pub false_alarms: Rate,
    /// Why, the most frequent first.
    pub reasons: Vec<ReasonCount>,
}

/// False alarms of a region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FalseAlarms {
    /// Over all cameras.
    pub all: Rate,
    /// Why, the most frequent first.
    pub reasons: Vec<ReasonCount>,
    /// The most false alarms first: those cost the room most. Only cameras and rules that were wrong at least once.
    pub worst: Vec<Suspect>,
    /// How many more were wrong at least once.
    pub left_out: u64,
}

fn sorted(reasons: BTreeMap<usize, u64>) -> Vec<ReasonCount> {
    let mut sorted: Vec<ReasonCount> =
        reasons.into_iter().map(|(place, cases)| ReasonCount { reason: Reason::ALL[place], cases }).collect();
    // stable: what is as frequent stays in the order in which reasons are offered
    sorted.sort_by_key(|one| std::cmp::Reverse(one.cases));
    sorted
}

#[derive(Default)]
struct Tally {
    wrong: u64,
    judged: u64,
    reasons: BTreeMap<usize, u64>,
}

impl Tally {
    fn add(&mut self, row: &SourceRow) {
        let Some(wrong) = judgement(row.verdict, row.reason) else { return };
        self.judged += row.cases;
        if wrong {
            self.wrong += row.cases;
            if let Some(place) = Reason::ALL.iter().position(|reason| row.reason == Some(*reason)) {
                *self.reasons.entry(place).or_default() += row.cases;
            }
        }
    }
}

/// Who is wrong how often.
pub fn false_alarms(rows: &[SourceRow]) -> FalseAlarms {
    let mut all = Tally::default();
    let mut by_source: BTreeMap<(&str, &str, &str), (Tally, &SourceRow)> = BTreeMap::new();
    for row in rows {
        all.add(row);
        let key = (row.edge.as_str(), row.camera.as_str(), row.rule.as_str());
        let (tally, newest) = by_source.entry(key).or_insert_with(|| (Tally::default(), row));
        tally.add(row);
        *newest = row;
    }
    let mut worst: Vec<Suspect> = by_source
        .into_values()
        .filter(|(tally, _)| tally.wrong > 0)
        .map(|(tally, row)| Suspect {
            edge: row.edge.clone(),
            camera: row.camera.clone(),
            rule: row.rule.clone(),
            camera_name: row.camera_name.clone(),
            region: row.region.clone(),
            false_alarms: Rate::new(tally.wrong, tally.judged),
            reasons: sorted(tally.reasons),
        })
        .collect();
    // the same number of false alarms weighs more where there was less that was real
    worst.sort_by_key(|one| (std::cmp::Reverse(one.false_alarms.of), one.false_alarms.all));
    let left_out = worst.len().saturating_sub(LISTED);
    worst.truncate(LISTED);
    FalseAlarms {
        all: Rate::new(all.wrong, all.judged),
        reasons: sorted(all.reasons),
        worst,
        left_out: left_out as u64,
    }
}

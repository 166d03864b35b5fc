//! The same clips as several cameras would have seen them, beside each other.

use std::{collections::BTreeSet, fmt::Write as _};

use serde::Serialize;

use super::Seen;
use crate::quality::{
    clip::{ClipResult, EventResult},
    report::section,
    run::{Outcome, in_order},
    score::Counted,
    table::{Table, number},
    tally::Tally,
};

/// Outcomes, the plain one first, with all that follows from them.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    rows: Vec<Row>,
    changes: Vec<Change>,
    outcomes: Vec<(Seen, Outcome)>,
}

/// One behavior as one camera would have seen it.
#[derive(Debug, Clone, Serialize)]
struct Row {
    behavior: String,
    seen: Seen,
    #[serde(flatten)]
    tally: Tally,
}

/// What another camera makes of one event or alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The other camera.
    pub seen: Seen,
    /// Behavior.
    pub behavior: String,
    /// Clip.
    pub file: String,
    /// In which way it is not as in the plain clip.
    pub what: What,
    /// The event's start, or the false alarm's time.
    pub at_s: f64,
}

/// How an outcome differs from the plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// An event is missed that was found.
    Lost,
    /// An event is found that was missed.
    Gained,
    /// A false alarm of the behavior beyond those of the plain clip.
    Invented,
    /// A false alarm of the plain clip beyond those of the other.
    Silenced,
}

impl Compared {
    /// Counts. The first outcome is what the others are compared with.
    pub fn new(outcomes: Vec<(Seen, Outcome)>) -> Self {
        let watched = |clip: &ClipResult| clip.watched.clone();
        let mut behaviors: Vec<String> = outcomes
            .iter()
            .flat_map(|(_, outcome)| counted(outcome))
            .flat_map(watched)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        in_order(&mut behaviors);
        let mut rows = Vec::new();
        for behavior in &behaviors {
            for (seen, outcome) in &outcomes {
                let tally = Tally::of(counted(outcome), |name| name == behavior);
                rows.push(Row { behavior: behavior.clone(), seen: *seen, tally });
            }
        }
        let mut changes = Vec::new();
        if let Some(((_, plain), others)) = outcomes.split_first() {
            for (seen, other) in others {
                for (before, after) in counted(plain).zip(counted(other)) {
                    changes.extend(self::changes(*seen, before, after));
                }
            }
        }
        Self { rows, changes, outcomes }
    }

    /// All clips of all outcomes.
    pub fn clips(&self) -> impl Iterator<Item = &ClipResult> {
        self.outcomes.iter().flat_map(|(_, outcome)| &outcome.clips)
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        if let Some((_, first)) = self.outcomes.first() {
            let (truth, fps) = (&first.truth, first.analysis_fps);
            let _ = writeln!(text, "# Detection quality on {truth} as other cameras would have seen it\n");
            let clips = first.clips.len();
            let _ = writeln!(text, "{clips} clips at {fps} pictures per second. Times in seconds.\n");
        }
        let mut table = Table::new(&[
            "behavior",
            "as seen",
            "found/events",
            "false",
            "precision",
            "recall",
            "worst delay",
        ]);
        for Row { behavior, seen, tally } in &self.rows {
            table.row([
                behavior.clone(),
                seen.name().to_owned(),
                format!("{}/{}", tally.found, tally.required),
                tally.false_alarms.to_string(),
                number(tally.precision(), 3),
                number(tally.recall(), 3),
                number(tally.worst_delay_s(), 2),
            ]);
        }
        section(&mut text, "Behaviors", table);
        let mut table = Table::new(&["as seen", "behavior", "clip", "what", "at"]);
        for change in &self.changes {
            table.row([
                change.seen.name().to_owned(),
                change.behavior.clone(),
                change.file.clone(),
                format!("{:?}", change.what).to_lowercase(),
                number(Some(change.at_s), 1),
            ]);
        }
        section(&mut text, "What is not as in the plain clips", table);
        let mut table = Table::new(&["as seen", "clip", "error"]);
        for (seen, outcome) in &self.outcomes {
            for clip in &outcome.clips {
                if let Some(error) = &clip.error {
                    table.row([seen.name().to_owned(), clip.file.clone(), error.clone()]);
                }
            }
        }
        section(&mut text, "Clips that failed", table);
        text
    }
}

/// Clips whose numbers count.
fn counted(outcome: &Outcome) -> impl Iterator<Item = &ClipResult> {
    outcome.clips.iter().filter(|clip| clip.quality.is_none())
}

/// How `after` differs from `before`: the same clip as another camera would have seen it.
pub fn changes(seen: Seen, before: &ClipResult, after: &ClipResult) -> Vec<Change> {
    let change = |behavior: &str, what: What, at_s: f64| Change {
        seen,
        behavior: behavior.to_owned(),
        file: after.file.clone(),
        what,
        at_s,
    };
    let mut all = Vec::new();
    for event in after.events.iter().filter(|event| event.watched && !event.optional) {
        let same = |other: &&EventResult| {
            (&other.behavior, other.start_s, other.end_s) == (&event.behavior, event.start_s, event.end_s)
        };
        let Some(other) = before.events.iter().find(same) else { continue };
        match (other.alarm.is_some(), event.alarm.is_some()) {
            (true, false) => all.push(change(&event.behavior, What::Lost, event.start_s)),
            (false, true) => all.push(change(&event.behavior, What::Gained, event.start_s)),
            _ => {}
        }
    }
    let behaviors: BTreeSet<&String> = before.watched.iter().chain(&after.watched).collect();
    for behavior in behaviors {
        let (was, is) = (false_alarms(before, behavior), false_alarms(after, behavior));
        all.extend(is.iter().skip(was.len()).map(|at_s| change(behavior, What::Invented, *at_s)));
        all.extend(was.iter().skip(is.len()).map(|at_s| change(behavior, What::Silenced, *at_s)));
    }
    all
}

/// When, in order.
fn false_alarms(clip: &ClipResult, behavior: &str) -> Vec<f64> {
    let told = clip.alarms.iter().filter(|told| told.counted == Counted::FalseAlarm);
    let mut times: Vec<f64> =
        told.map(|told| &told.alarm).filter(|alarm| alarm.behavior == behavior).map(|a| a.at_s).collect();
    times.sort_by(f64::total_cmp);
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{
        plan::Plan,
        rules::Rules,
        score::Alarm,
        truth::{Clip, Event},
    };

    fn clip(told: &[(&str, f64)]) -> ClipResult {
        let event = |start_s: f64, end_s: f64, optional: bool| Event {
            kind: "fall".into(),
            start_s,
            end_s,
            optional,
            ..Event::default()
        };
        let clip = Clip {
            file: "dev/set/a.mp4".into(),
            duration_s: 60.0,
            events: vec![event(5.0, 9.0, false), event(20.0, 29.0, false), event(40.0, 45.0, true)],
            negatives_for: vec!["running".into()],
            ..Clip::default()
        };
        let alarm = |&(behavior, at_s): &(&str, f64)| Alarm {
            behavior: behavior.to_owned(),
            rule: behavior.to_owned(),
            at_s,
            since_s: at_s,
            bounds: [0.4, 0.4, 0.2, 0.2],
        };
        let plan = Plan::new(&clip, |_| true, |_| true);
        ClipResult::new(&clip, &plan, &Rules::load(None).unwrap(), Ok(told.iter().map(alarm).collect()))
    }

    fn outcome(clip: ClipResult) -> Outcome {
        Outcome {
            truth: "dev.json".into(),
            analysis_fps: 5.0,
            model_sha256: String::new(),
            rules: Rules::load(None).unwrap(),
            not_built: BTreeSet::new(),
            notices: Vec::new(),
            clips: vec![clip],
        }
    }

    #[test]
    fn each_difference_is_told_once() {
        let plain = clip(&[("fall", 6.0), ("fall", 41.0), ("running", 12.0), ("running", 50.0)]);
        let other = clip(&[("fall", 22.0), ("fall", 15.0), ("running", 12.5)]);
        let told = |before: &ClipResult, after: &ClipResult| -> Vec<(String, What, f64)> {
            changes(Seen::Noisy, before, after).into_iter().map(|c| (c.behavior, c.what, c.at_s)).collect()
        };
        let change = |behavior: &str, what: What, at_s: f64| (behavior.to_owned(), what, at_s);
        assert_eq!(
            told(&plain, &other),
            [
                change("fall", What::Lost, 5.0),
                change("fall", What::Gained, 20.0),
                change("fall", What::Invented, 15.0),
                change("running", What::Silenced, 50.0),
            ]
        );
        assert!(told(&plain, &plain).is_empty(), "an optional event is no difference");
    }

    #[test]
    fn one_row_for_each_behavior_and_camera() {
        let plain = outcome(clip(&[("fall", 6.0), ("fall", 22.5)]));
        let noisy = outcome(clip(&[("fall", 6.5), ("running", 30.0)]));
        let text = Compared::new(vec![(Seen::Plain, plain), (Seen::Noisy, noisy)]).markdown();
        let cells = |line: &str| line.split('|').map(str::trim).collect::<Vec<_>>().join("|");
        let lines: Vec<String> = text.lines().map(cells).collect();
        for wanted in [
            "|fall|plain|2/2|0|1.000|1.000|2.50|",
            "|fall|noisy|1/2|0|1.000|0.500|1.50|",
            "|running|noisy|0/0|1|0.000|–|–|",
            "|noisy|fall|dev/set/a.mp4|lost|20.0|",
            "|noisy|running|dev/set/a.mp4|invented|30.0|",
        ] {
            assert!(lines.iter().any(|line| line == wanted), "{wanted} is not in {text}");
        }
    }
}

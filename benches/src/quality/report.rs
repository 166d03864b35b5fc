//! The outcome for people (Markdown) and for programs (JSON).

use std::{collections::BTreeSet, fmt::Write as _};

use serde::Serialize;

use super::{
    clip::{AlarmResult, ClipResult, EventResult},
    goals::{self, Reached},
    run::{Outcome, in_order},
    score::Counted,
    table::{Table, number},
    tally::Tally,
};

/// The outcome with all that follows from it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    #[serde(flatten)]
    outcome: Outcome,
    headline: Vec<Row>,
    by_source: Vec<Row>,
    /// Of clips whose numbers do not count.
    smoke: Vec<Row>,
    goals: Vec<Reached>,
}

/// One behavior, over all footage or over that of one source.
#[derive(Debug, Clone, Serialize)]
struct Row {
    behavior: String,
    source: Option<String>,
    built: bool,
    #[serde(flatten)]
    tally: Tally,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    median_delay_s: Option<f64>,
    worst_delay_s: Option<f64>,
    false_alarms_per_hour: Option<f64>,
}

impl Report {
    /// Counts.
    pub fn new(outcome: Outcome) -> Self {
        let (smoke, counted): (Vec<_>, Vec<_>) =
            outcome.clips.iter().partition(|clip| clip.quality.is_some());
        Self {
            headline: rows(&counted, &outcome.not_built, false),
            by_source: rows(&counted, &outcome.not_built, true),
            smoke: rows(&smoke, &outcome.not_built, true),
            goals: goals::reached(&counted),
            outcome,
        }
    }

    /// All clips.
    pub fn clips(&self) -> impl Iterator<Item = &ClipResult> {
        self.outcome.clips.iter()
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let outcome = &self.outcome;
        let mut text = format!("# Detection quality on {}\n\n", outcome.truth);
        let _ = writeln!(
            text,
            "{} clips at {} pictures per second, model {:.12}. Times in seconds.\n",
            outcome.clips.len(),
            outcome.analysis_fps,
            outcome.model_sha256
        );
        if !outcome.not_built.is_empty() {
            let names: Vec<&str> = outcome.not_built.iter().map(String::as_str).collect();
            let _ = writeln!(text, "Not built, so that all their events are missed: {}.\n", names.join(", "));
        }
        section(&mut text, "Behaviors", table_of(&self.headline));
        section(&mut text, "Goals", goal_table(&self.goals));
        section(&mut text, "Parameters, the same for all clips", self.parameters());
        section(&mut text, "Behaviors by footage", table_of(&self.by_source));
        section(&mut text, "Smoke: footage whose numbers do not count", table_of(&self.smoke));
        section(&mut text, "Clips that failed", self.failures());
        section(&mut text, "Misses", self.misses());
        section(&mut text, "False alarms", self.told(|counted| counted == Counted::FalseAlarm));
        section(&mut text, "Repeats", self.told(|counted| matches!(counted, Counted::Repeat(_))));
        section(
            &mut text,
            "Optional events found",
            self.told(|counted| matches!(counted, Counted::Optional(_))),
        );
        section(&mut text, "Unscored alarms", self.told(|counted| counted == Counted::Unscored));
        if !outcome.notices.is_empty() {
            let _ = writeln!(text, "## Notices\n");
            for notice in &outcome.notices {
                let _ = writeln!(text, "- {notice}");
            }
        }
        text
    }

    fn parameters(&self) -> Table {
        let mut table = Table::new(&["behavior", "rule, all else default"]);
        for row in self.headline.iter().filter(|row| row.built) {
            let text = self.outcome.rules.text(&row.behavior).trim();
            table.row([row.behavior.clone(), text.replace('\n', ", ")]);
        }
        table
    }

    fn failures(&self) -> Table {
        let mut table = Table::new(&["clip", "error"]);
        for clip in self.clips().filter(|clip| clip.error.is_some()) {
            table.row([clip.file.clone(), clip.error.clone().unwrap_or_default()]);
        }
        table
    }

    fn misses(&self) -> Table {
        let mut table = Table::new(&["behavior", "clip", "event", "due", "latest", "region", "why"]);
        for (clip, event) in self.all(|clip| &clip.events).filter(|(_, event)| event.is_missed()) {
            table.row([
                event.behavior.clone(),
                clip.file.clone(),
                format!("{}–{}", event.start_s, event.end_s),
                number(Some(event.due_s), 1),
                number(Some(event.latest_s), 1),
                event.region.map_or("–".into(), |region| format!("{region:?}")),
                why(clip, event).to_owned(),
            ]);
        }
        table
    }

    fn told(&self, wanted: impl Fn(Counted) -> bool) -> Table {
        let mut table = Table::new(&["behavior", "clip", "at", "since", "box", "rule"]);
        for (clip, told) in self.all(|clip| &clip.alarms).filter(|(_, told)| wanted(told.counted)) {
            let AlarmResult { alarm, .. } = told;
            table.row([
                alarm.behavior.clone(),
                clip.file.clone(),
                number(Some(alarm.at_s), 1),
                number(Some(alarm.since_s), 1),
                format!("{:?}", alarm.bounds),
                alarm.rule.clone(),
            ]);
        }
        table
    }

    fn all<'a, T: 'a>(
        &'a self,
        part: impl Fn(&'a ClipResult) -> &'a Vec<T> + 'a,
    ) -> impl Iterator<Item = (&'a ClipResult, &'a T)> {
        self.outcome.clips.iter().flat_map(move |clip| part(clip).iter().map(move |one| (clip, one)))
    }
}

fn why(clip: &ClipResult, event: &EventResult) -> &'static str {
    match (&clip.error, event.watched) {
        (Some(_), _) => "the clip failed",
        (None, false) => "not built",
        (None, true) => "no alarm",
    }
}

fn rows(clips: &[&ClipResult], not_built: &BTreeSet<String>, by_source: bool) -> Vec<Row> {
    let mut sources: Vec<Option<String>> = vec![None];
    if by_source {
        let names: BTreeSet<&String> = clips.iter().map(|clip| &clip.source).collect();
        sources = names.into_iter().cloned().map(Some).collect();
    }
    let named = |clip: &&ClipResult| {
        let events = clip.events.iter().map(|event| event.behavior.clone());
        let alarms = clip.alarms.iter().map(|told| told.alarm.behavior.clone());
        clip.watched.iter().cloned().chain(events).chain(alarms).collect::<Vec<_>>()
    };
    let mut behaviors: Vec<String> =
        clips.iter().flat_map(named).collect::<BTreeSet<_>>().into_iter().collect();
    in_order(&mut behaviors);
    let mut rows = Vec::new();
    for behavior in &behaviors {
        for source in &sources {
            let of = clips.iter().copied().filter(|clip| source.as_ref().is_none_or(|s| *s == clip.source));
            let tally = Tally::of(of, |name| name == behavior);
            if tally != Tally::default() {
                rows.push(Row::new(behavior, source.clone(), !not_built.contains(behavior), tally));
            }
        }
    }
    rows
}

impl Row {
    fn new(behavior: &str, source: Option<String>, built: bool, tally: Tally) -> Self {
        Self {
            behavior: behavior.to_owned(),
            source,
            built,
            precision: tally.precision(),
            recall: tally.recall(),
            f1: tally.f1(),
            median_delay_s: tally.median_delay_s(),
            worst_delay_s: tally.worst_delay_s(),
            false_alarms_per_hour: tally.false_alarms_per_hour(),
            tally,
        }
    }
}

fn table_of(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "behavior",
        "footage",
        "events",
        "found",
        "missed",
        "false",
        "repeats",
        "precision",
        "recall",
        "F1",
        "median delay",
        "worst",
        "hours",
        "false/h",
    ]);
    for row in rows {
        let tally = &row.tally;
        let name = if row.built { row.behavior.clone() } else { format!("{} (not built)", row.behavior) };
        table.row([
            name,
            row.source.clone().unwrap_or_else(|| "all".to_owned()),
            tally.required.to_string(),
            tally.found.to_string(),
            tally.missed.to_string(),
            tally.false_alarms.to_string(),
            tally.repeats.to_string(),
            number(row.precision, 3),
            number(row.recall, 3),
            number(row.f1, 3),
            number(row.median_delay_s, 2),
            number(row.worst_delay_s, 2),
            number(Some(tally.hours), 3),
            number(row.false_alarms_per_hour, 2),
        ]);
    }
    table
}

fn goal_table(goals: &[Reached]) -> Table {
    let mut table = Table::new(&["what", "measure", "goal", "measured", "reached"]);
    for goal in goals {
        table.row([
            goal.title.clone(),
            goal.measure.clone(),
            number(Some(goal.goal), 2),
            number(goal.measured, 3),
            goal.reached.map_or("not measured", |reached| if reached { "yes" } else { "NO" }).to_owned(),
        ]);
    }
    table
}

/// Nothing is written for a table without rows.
pub(super) fn section(text: &mut String, title: &str, table: Table) {
    if !table.is_empty() {
        let _ = writeln!(text, "## {title}\n\n{table}");
    }
}

//! What a threshold is worth on footage that had no say in it.
//!
//! For each set of footage the value is chosen that is best on all *other* sets together, and only then the set is
//! judged with it. The sum is a fair estimate for new footage; the sum with the value that was chosen while looking at
//! all of it is not.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use super::{
    clip::ClipResult,
    edge,
    report::section,
    rules::Rules,
    run::{Bench, Outcome},
    seen::Seen,
    table::{Table, number},
    tally::Tally,
};

/// One key of one behavior and the values that it might have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    /// Behavior.
    pub behavior: String,
    /// Key of its rule.
    pub key: String,
    /// What it is when nobody says otherwise.
    pub default: f64,
    /// Ascending, the default among them.
    pub values: Vec<f64>,
}

impl Sweep {
    /// Reads `key=v1,v2,v3`, which is about the one behavior that was chosen.
    pub fn parse(text: &str, behaviors: &[String], rules: &Rules) -> Result<Self> {
        let [behavior] = behaviors else { bail!("`--leave-one-out` needs one `--behavior`") };
        let (key, values) = text.split_once('=').context("`--leave-one-out` is written KEY=V1,V2")?;
        let read = |value: &str| {
            value.trim().parse::<f64>().with_context(|| format!("`{value}` of `{key}` is no number"))
        };
        let mut values = values.split(',').map(read).collect::<Result<Vec<f64>>>()?;
        let default = rules.value(behavior, key).or_else(|| edge::default_of(behavior, key));
        let default = default.with_context(|| format!("{behavior} has no number `{key}` with a default"))?;
        values.push(default);
        values.sort_by(f64::total_cmp);
        values.dedup();
        ensure!(values.len() > 1, "`{key}` needs another value than its default, {default}");
        Ok(Self { behavior: behavior.clone(), key: key.to_owned(), default, values })
    }

    /// Replays all clips with each value.
    pub fn run(self, bench: &Bench<'_>, rules: &Rules, tell: &dyn Fn(&str)) -> Result<LeftOut> {
        let with = |&value: &f64| Ok((value, rules.with(&self.behavior, &self.key, value)?));
        let all = self.values.iter().map(with).collect::<Result<Vec<_>>>()?;
        for (_, rules) in &all {
            bench.check(rules, Seen::Plain)?;
        }
        let mut outcomes = Vec::new();
        for (value, rules) in all {
            tell(&format!("{} = {value}", self.key));
            outcomes.push(bench.run(&rules, Seen::Plain)?);
        }
        LeftOut::new(self, outcomes)
    }
}

/// What came of one set of footage that had no say in the value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Set {
    /// The footage.
    pub source: String,
    /// The value that is best on all others.
    pub chosen: f64,
    /// With that value.
    pub left_out: Tally,
    /// With the default.
    pub default: Tally,
}

/// The outcomes of all values with all that follows from them.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    sweep: Sweep,
    /// Sets of footage in which the behavior was watched.
    pub sets: Vec<Set>,
    outcomes: Vec<Outcome>,
}

impl LeftOut {
    /// Chooses and counts. There is one outcome for each value.
    pub fn new(sweep: Sweep, outcomes: Vec<Outcome>) -> Result<Self> {
        ensure!(sweep.values.len() == outcomes.len(), "an outcome is missing");
        let watched = |clip: &&ClipResult| clip.watched.contains(&sweep.behavior);
        let sources: BTreeSet<&String> =
            outcomes.iter().flat_map(counted).filter(watched).map(|clip| &clip.source).collect();
        ensure!(sources.len() > 1, "{} is watched in one set of footage only", sweep.behavior);
        // of each value, over the footage that is wanted
        let tallies = |wanted: &dyn Fn(&String) -> bool| -> Vec<Tally> {
            outcomes
                .iter()
                .map(|outcome| {
                    let clips = counted(outcome).filter(|clip| wanted(&clip.source));
                    Tally::of(clips, |name| name == sweep.behavior)
                })
                .collect()
        };
        let set = |source: &&String| {
            let number = choose(&sweep, &tallies(&|name| name != *source));
            let own = tallies(&|name| name == *source);
            Some(Set {
                source: (*source).clone(),
                chosen: *sweep.values.get(number)?,
                left_out: own.get(number)?.clone(),
                default: own.get(default_of(&sweep))?.clone(),
            })
        };
        let sets = sources.iter().filter_map(set).collect();
        Ok(Self { sets, outcomes, sweep })
    }

    /// All clips of all outcomes.
    pub fn clips(&self) -> impl Iterator<Item = &ClipResult> {
        self.outcomes.iter().flat_map(|outcome| &outcome.clips)
    }

    /// Over all sets: left out, and with the default.
    pub fn sums(&self) -> [Tally; 2] {
        [sum(self.sets.iter().map(|set| &set.left_out)), sum(self.sets.iter().map(|set| &set.default))]
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Sweep { behavior, key, default, values } = &self.sweep;
        let mut text = format!("# {behavior}: `{key}`, each set of footage left out once\n\n");
        let named: Vec<String> = values.iter().map(f64::to_string).collect();
        let _ = writeln!(text, "Values {}; the default is {default}. Times in seconds.\n", named.join(", "));
        let mut table = Table::new(&["left out", key, "events", "found", "missed", "false", "F1"]);
        for Set { source, chosen, left_out, default } in &self.sets {
            table.row(cells(source, chosen.to_string(), left_out));
            if left_out != default {
                table.row(cells(source, "default".to_owned(), default));
            }
        }
        let [left_out, by_default] = self.sums();
        table.row(cells("all", "left out".to_owned(), &left_out));
        table.row(cells("all", "default".to_owned(), &by_default));
        section(&mut text, "Chosen without it, judged by it", table);
        let mut table = Table::new(&["footage", key, "events", "found", "missed", "false", "F1"]);
        for (value, outcome) in values.iter().zip(&self.outcomes) {
            table.row(cells("all", value.to_string(), &Tally::of(counted(outcome), |name| name == behavior)));
        }
        section(&mut text, "One value for all", table);
        text
    }
}

fn cells(source: &str, value: String, tally: &Tally) -> [String; 7] {
    let Tally { required, found, missed, false_alarms, .. } = tally;
    let [events, found, missed, wrong] = [required, found, missed, false_alarms].map(usize::to_string);
    [source.to_owned(), value, events, found, missed, wrong, number(tally.f1(), 3)]
}

/// Clips whose numbers count.
fn counted(outcome: &Outcome) -> impl Iterator<Item = &ClipResult> {
    outcome.clips.iter().filter(|clip| clip.quality.is_none())
}

/// The place of the default among the values.
fn default_of(sweep: &Sweep) -> usize {
    sweep.values.iter().position(|value| *value == sweep.default).unwrap_or_default()
}

/// The place of the value with the best F1; of equal ones the default, then the nearest to it, then the smaller.
fn choose(sweep: &Sweep, tallies: &[Tally]) -> usize {
    // where there is nothing to find, silence is right
    let f1 = |number: usize| tallies[number].f1().unwrap_or(1.0);
    let away = |number: usize| (sweep.values[number] - sweep.default).abs();
    let better = |best: usize, number: usize| {
        let order = f1(number).total_cmp(&f1(best)).then(away(best).total_cmp(&away(number)));
        if order.is_gt() { number } else { best }
    };
    (0..tallies.len()).fold(0, better)
}

fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
    tallies.fold(Tally::default(), |mut sum, tally| {
        sum.add(tally);
        sum
    })
}

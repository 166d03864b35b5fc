//! What is to be reached, beside what was.

use serde::Serialize;

use super::{clip::ClipResult, tally::Tally};

/// False alarms of all behaviors together in an hour of video in which nothing happens.
const EVENTLESS_PER_HOUR: f64 = 0.06;

/// Which clips a goal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Footage {
    All,
    Only(&'static str),
    AllBut(&'static str),
}

struct Goal {
    title: &'static str,
    behaviors: &'static [&'static str],
    footage: Footage,
    recall: f64,
    precision: f64,
    delay_s: Option<f64>,
}

const fn goal(title: &'static str, behaviors: &'static [&'static str], numbers: [f64; 3]) -> Goal {
    let [recall, precision, delay_s] = numbers;
    Goal { title, behaviors, footage: Footage::All, recall, precision, delay_s: Some(delay_s) }
}

const GOALS: [Goal; 9] = [
    Goal { footage: Footage::Only("urfall"), ..goal("fall, urfall", &["fall"], [0.95, 0.95, 1.0]) },
    Goal {
        footage: Footage::AllBut("urfall"),
        delay_s: None,
        ..goal("fall, other sets", &["fall"], [0.90, 0.90, 0.0])
    },
    goal("running", &["running"], [1.0, 1.0, 2.0]),
    goal("intrusion and line_crossing", &["intrusion", "line_crossing"], [1.0, 0.95, 1.0]),
    goal("loitering", &["loitering"], [1.0, 1.0, 2.0]),
    goal("crowd", &["crowd"], [0.90, 0.90, 5.0]),
    goal("abandoned_object", &["abandoned_object"], [0.90, 0.90, 3.0]),
    goal("removed_object", &["removed_object"], [0.90, 0.90, 3.0]),
    goal("tamper", &["tamper"], [1.0, 0.95, 10.0]),
];

/// One number that is to be reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reached {
    /// Of what.
    pub title: String,
    /// `recall`, `precision`, `recall within 1 s` or `false alarms per hour`.
    pub measure: String,
    /// What is to be reached.
    pub goal: f64,
    /// What was; none when there is nothing to measure it by.
    pub measured: Option<f64>,
    /// Whether it is reached; none when it could not be measured.
    pub reached: Option<bool>,
}

/// All goals, for the clips whose numbers count.
pub fn reached(clips: &[&ClipResult]) -> Vec<Reached> {
    let mut all = Vec::new();
    for goal in &GOALS {
        let counted = clips.iter().copied().filter(|clip| match goal.footage {
            Footage::All => true,
            Footage::Only(source) => clip.source == source,
            Footage::AllBut(source) => clip.source != source,
        });
        let tally = Tally::of(counted, |name| goal.behaviors.contains(&name));
        let mut add = |measure: String, wanted: f64, measured: Option<f64>| {
            let reached = measured.map(|value| value >= wanted - 1e-9);
            all.push(Reached { title: goal.title.to_owned(), measure, goal: wanted, measured, reached });
        };
        add("recall".into(), goal.recall, tally.recall());
        add("precision".into(), goal.precision, tally.precision());
        if let Some(secs) = goal.delay_s {
            add(format!("recall within {secs} s"), goal.recall, tally.recall_within(secs));
        }
    }
    let quiet = Tally::of(clips.iter().copied().filter(|clip| clip.eventless), |_| true);
    let measured = quiet.false_alarms_per_hour();
    all.push(Reached {
        title: format!("eventless video, {:.2} h", quiet.hours),
        measure: "false alarms per hour".to_owned(),
        goal: EVENTLESS_PER_HOUR,
        measured,
        reached: measured.map(|value| value <= EVENTLESS_PER_HOUR),
    });
    all
}

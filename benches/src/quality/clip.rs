//! What came of one clip.

use serde::Serialize;

use super::{
    plan::Plan,
    rules::Rules,
    score::{self, Alarm, Counted},
    truth::{Clip, Rect},
};

/// Labels and alarms of a clip, counted.
#[derive(Debug, Clone, Serialize)]
pub struct ClipResult {
    /// As in the truth file.
    pub file: String,
    /// The footage that it comes from.
    pub source: String,
    /// Why its numbers do not count.
    pub quality: Option<String>,
    /// Length.
    pub duration_s: f64,
    /// No event at all is in it, of whatever behavior.
    pub eventless: bool,
    /// Why it could not be replayed.
    pub error: Option<String>,
    /// Behaviors that were watched.
    pub watched: Vec<String>,
    /// What should be found.
    pub events: Vec<EventResult>,
    /// What was told.
    pub alarms: Vec<AlarmResult>,
    /// Pictures that the rules were shown.
    pub looks: u64,
}

/// What came of an event.
#[derive(Debug, Clone, Serialize)]
pub struct EventResult {
    /// Behavior.
    pub behavior: String,
    /// When it starts.
    pub start_s: f64,
    /// When it is over.
    pub end_s: f64,
    /// When it should be told.
    pub due_s: f64,
    /// The last moment at which an alarm counts.
    pub latest_s: f64,
    /// Where.
    pub region: Option<Rect>,
    /// Finding it is neither right nor wrong.
    pub optional: bool,
    /// Its alarm's place in the list of alarms.
    pub alarm: Option<usize>,
    /// How long after it was due the alarm came; negative is early.
    pub delay_s: Option<f64>,
    /// Its behavior was watched.
    pub watched: bool,
    /// What the labeller says.
    pub note: Option<String>,
}

/// What an alarm was counted as.
#[derive(Debug, Clone, Serialize)]
pub struct AlarmResult {
    /// The alarm.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// Its verdict, with the event's place in the list of events.
    pub counted: Counted,
}

impl EventResult {
    /// Nobody told of it, and somebody should have.
    pub fn is_missed(&self) -> bool {
        !self.optional && self.alarm.is_none()
    }
}

impl ClipResult {
    /// Counts the alarms of a clip. A clip that failed has none.
    pub fn new(clip: &Clip, plan: &Plan, rules: &Rules, outcome: Result<Vec<Alarm>, String>) -> Self {
        let (alarms, error) = match outcome {
            Ok(alarms) => (alarms, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let labels: Vec<_> =
            clip.events.iter().filter(|event| plan.scored.contains(event.behavior())).collect();
        let expected: Vec<_> = labels.iter().map(|event| plan.expected(event, clip, rules)).collect();
        let scored = score::score(&expected, &alarms, &plan.scored);
        let mut events = Vec::with_capacity(labels.len());
        for ((label, expected), alarm) in labels.iter().zip(&expected).zip(&scored.events) {
            events.push(EventResult {
                behavior: expected.behavior.clone(),
                start_s: label.start_s,
                end_s: label.end_s,
                due_s: expected.due_s,
                latest_s: expected.latest_s,
                region: expected.region,
                optional: expected.optional,
                alarm: *alarm,
                delay_s: alarm.map(|number| rounded(alarms[number].at_s - expected.delay_from_s)),
                watched: plan.watches(&expected.behavior),
                note: label.note.clone(),
            });
        }
        Self {
            file: clip.file.clone(),
            source: clip.source().to_owned(),
            quality: clip.quality.clone(),
            duration_s: clip.duration_s,
            eventless: clip.events.is_empty(),
            error,
            watched: plan.scored.iter().filter(|behavior| plan.watches(behavior)).cloned().collect(),
            events,
            alarms: alarms
                .iter()
                .zip(scored.alarms)
                .map(|(alarm, counted)| AlarmResult { alarm: alarm.clone(), counted })
                .collect(),
            looks: 0,
        }
    }
}

/// To the millisecond, as times stand in the files.
fn rounded(secs: f64) -> f64 {
    (secs * 1e3).round() / 1e3
}

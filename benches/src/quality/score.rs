//! Alarms against labels. Pure: the same lists give the same counts, whatever their order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xunge_scene::Bounds;

use super::{expected::Expected, truth::Rect};

/// How far, in fractions of the picture, a box may be beside a region and still meet it.
const BESIDE: f64 = 0.01;

/// A happening's begin, as the edge told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Behavior.
    pub behavior: String,
    /// Rule.
    pub rule: String,
    /// When it was told.
    pub at_s: f64,
    /// When, by its own account, it started.
    pub since_s: f64,
    /// Where.
    #[serde(rename = "box")]
    pub bounds: Rect,
}

/// What an alarm was counted as; the number is the event's place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// The alarm of a required event.
    Found(usize),
    /// The alarm of an optional event: neither right nor wrong.
    Optional(usize),
    /// One more during an event that has its alarm.
    Repeat(usize),
    /// It meets no event, and the labels say that there is none.
    FalseAlarm,
    /// It meets no event, and the labels do not say whether there is one.
    Unscored,
}

/// Which alarm belongs to which event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Of each alarm.
    pub alarms: Vec<Counted>,
    /// Of each event: its alarm.
    pub events: Vec<Option<usize>>,
}

/// Gives each event at most one alarm and says what all others are. `scored` are the behaviors of which the labels
/// name every event.
///
/// As many required events as possible get an alarm, then as many optional ones as possible from what is left; of
/// the alarms those that came first.
pub fn score(events: &[Expected], alarms: &[Alarm], scored: &BTreeSet<String>) -> Scored {
    let mut by_time: Vec<usize> = (0..alarms.len()).collect();
    by_time.sort_by(|&a, &b| alarms[a].at_s.total_cmp(&alarms[b].at_s).then(a.cmp(&b)));
    let mut by_due: Vec<usize> = (0..events.len()).collect();
    by_due.sort_by(|&a, &b| events[a].due_s.total_cmp(&events[b].due_s).then(a.cmp(&b)));

    let mut matching = Matching { events, alarms, holders: vec![None; events.len()] };
    for optional in [false, true] {
        let pool: Vec<usize> = by_due.iter().copied().filter(|&e| events[e].optional == optional).collect();
        for &alarm in &by_time {
            if !matching.holders.contains(&Some(alarm)) {
                matching.place(alarm, &pool, &mut vec![false; events.len()]);
            }
        }
    }
    let holders = matching.holders;
    let counted = |number: usize| {
        let alarm = &alarms[number];
        if let Some(event) = holders.iter().position(|&holder| holder == Some(number)) {
            return if events[event].optional { Counted::Optional(event) } else { Counted::Found(event) };
        }
        match by_due.iter().find(|&&event| fits(alarm, &events[event])) {
            Some(&event) => Counted::Repeat(event),
            None if scored.contains(&alarm.behavior) => Counted::FalseAlarm,
            None => Counted::Unscored,
        }
    };
    Scored { alarms: (0..alarms.len()).map(counted).collect(), events: holders }
}

/// A matching that grows along augmenting paths: whoever has an event keeps one.
struct Matching<'a> {
    events: &'a [Expected],
    alarms: &'a [Alarm],
    /// Alarm of each event.
    holders: Vec<Option<usize>>,
}

impl Matching<'_> {
    fn place(&mut self, alarm: usize, pool: &[usize], tried: &mut [bool]) -> bool {
        let fitting: Vec<usize> =
            pool.iter().copied().filter(|&e| fits(&self.alarms[alarm], &self.events[e])).collect();
        if let Some(&free) = fitting.iter().find(|&&event| self.holders[event].is_none()) {
            self.holders[free] = Some(alarm);
            return true;
        }
        for event in fitting {
            let Some(holder) = self.holders[event].filter(|_| !tried[event]) else { continue };
            tried[event] = true;
            if self.place(holder, pool, tried) {
                self.holders[event] = Some(alarm);
                return true;
            }
        }
        false
    }
}

/// May this alarm be for this event?
fn fits(alarm: &Alarm, event: &Expected) -> bool {
    alarm.behavior == event.behavior
        && event.rule.as_ref().is_none_or(|rule| *rule == alarm.rule)
        && (event.earliest_s()..=event.latest_s).contains(&alarm.at_s)
        && event.region.is_none_or(|region| meets(region, alarm.bounds))
}

fn meets([x, y, w, h]: Rect, [left, top, width, height]: Rect) -> bool {
    let region = Bounds::new(x - BESIDE, y - BESIDE, w + 2.0 * BESIDE, h + 2.0 * BESIDE);
    region.overlap(&Bounds::new(left, top, width, height)) > 0.0
}

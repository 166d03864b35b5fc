//! A labelled event as it is judged: when an alarm for it is due, and from when to when it counts.

use super::{rules::Timing, truth};

/// An alarm counts from this long before it is due.
pub const EARLY_SECS: f64 = 1.5;
/// And as long after the event's end, where nothing else is said below.
const AFTER_END_SECS: f64 = 2.0;
/// Running must be told this soon after its start, tampering this soon.
const RUNNING_WITHIN_SECS: f64 = 3.0;
const TAMPER_WITHIN_SECS: f64 = 10.0;

/// What should be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// By which behavior.
    pub behavior: String,
    /// When the behavior's condition is met.
    pub due_s: f64,
    /// The last moment at which an alarm counts.
    pub latest_s: f64,
    /// What an alarm's delay is counted from.
    pub delay_from_s: f64,
    /// Where; none is anywhere.
    pub region: Option<truth::Rect>,
    /// By which rule; none is any of the behavior.
    pub rule: Option<String>,
    /// Finding it is neither right nor wrong.
    pub optional: bool,
}

impl Expected {
    /// How `event` is judged. `rule` watches its zone or line, where it has one.
    pub fn new(event: &truth::Event, timing: &Timing, rule: Option<String>) -> Self {
        let start = event.start_s.max(0.0);
        let behavior = event.behavior();
        let due = match behavior {
            "loitering" => start + timing.dwell_secs,
            "abandoned_object" => event.unattended_from_s.unwrap_or(start) + timing.unattended_secs,
            "removed_object" => start + timing.absent_secs,
            _ => start,
        };
        let latest = match behavior {
            "running" => start + RUNNING_WITHIN_SECS,
            "tamper" => start + TAMPER_WITHIN_SECS,
            _ => event.end_s + AFTER_END_SECS,
        };
        Self {
            behavior: behavior.to_owned(),
            due_s: due,
            latest_s: latest,
            delay_from_s: event.lying_from_s.filter(|_| behavior == "fall").unwrap_or(due),
            region: event.region,
            rule,
            // over before it was due: nobody has to find it
            optional: event.optional || event.end_s < due,
        }
    }

    /// The first moment at which an alarm counts.
    pub fn earliest_s(&self) -> f64 {
        self.due_s - EARLY_SECS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing = Timing { dwell_secs: 30.0, unattended_secs: 5.0, absent_secs: 3.0 };

    fn event(kind: &str, start_s: f64, end_s: f64) -> truth::Event {
        truth::Event { kind: kind.into(), start_s, end_s, ..truth::Event::default() }
    }

    fn times(event: &truth::Event) -> (f64, f64, f64, bool) {
        let e = Expected::new(event, &TIMING, None);
        (e.due_s, e.latest_s, e.delay_from_s, e.optional)
    }

    #[test]
    fn each_behavior_is_due_when_its_condition_is_met() {
        assert_eq!(times(&event("intrusion", 4.0, 9.0)), (4.0, 11.0, 4.0, false));
        assert_eq!(times(&event("loitering", -3.0, 62.0)), (30.0, 64.0, 30.0, false));
        assert_eq!(times(&event("removed_object", 7.0, 12.0)), (10.0, 14.0, 10.0, false));
        assert_eq!(times(&event("abandoned_object", 16.5, 38.8)), (21.5, 40.8, 21.5, false));
        let left = truth::Event { unattended_from_s: Some(17.0), ..event("abandoned_object", 16.5, 38.8) };
        assert_eq!(times(&left), (22.0, 40.8, 22.0, false));
        assert_eq!(times(&event("tamper", 5.0, 60.0)), (5.0, 15.0, 5.0, false));
    }

    #[test]
    fn a_fall_counts_from_its_start_and_its_delay_from_lying() {
        let fall = truth::Event { lying_from_s: Some(3.7), ..event("fall", 2.7, 5.3) };
        assert_eq!(times(&fall), (2.7, 7.3, 3.7, false));
    }

    #[test]
    fn panic_is_running_and_must_be_told_at_once() {
        let panic = truth::Event { subtype: Some("crowd_panic".into()), ..event("running", 10.0, 18.0) };
        assert_eq!(times(&panic), (10.0, 13.0, 10.0, false));
        let fight = truth::Event { subtype: Some("fight".into()), ..event("crowd", 0.0, 2.0) };
        assert_eq!(Expected::new(&fight, &TIMING, None).behavior, "fight");
    }

    #[test]
    fn what_ends_before_it_is_due_is_optional() {
        assert!(times(&event("loitering", 50.9, 73.5)).3);
        assert!(!times(&event("loitering", 10.0, 40.0)).3);
    }
}

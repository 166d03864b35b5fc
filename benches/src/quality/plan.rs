//! What is watched in a clip: the rules, and the edge's configuration that says so.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    expected::Expected,
    rules::Rules,
    truth::{Clip, Event, Polygon, needs_place},
};

/// Id of the camera in the configuration.
pub const CAMERA: &str = "clip";

/// Where a rule watches.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Frame,
    Zone(Polygon),
    /// With the way that counts.
    Line(Polygon, Option<String>),
}

impl Place {
    fn of(behavior: &str, event: Option<&Event>, clip: &Clip) -> Self {
        let given = |of_event: Option<&Polygon>, of_clip: &Option<Polygon>| {
            of_event.or(of_clip.as_ref().filter(|_| needs_place(behavior))).cloned()
        };
        if behavior == "line_crossing" {
            let line = given(event.and_then(|e| e.line.as_ref()), &clip.line);
            return line
                .map_or(Self::Frame, |line| Self::Line(line, event.and_then(|e| e.direction.clone())));
        }
        given(event.and_then(|e| e.zone_polygon.as_ref()), &clip.zone_polygon).map_or(Self::Frame, Self::Zone)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
struct Watched {
    behavior: String,
    name: String,
    place: Place,
}

/// What is watched in one clip.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    rules: Vec<Watched>,
    /// Behaviors of which the labels name every event, built or not.
    pub scored: BTreeSet<String>,
}

impl Plan {
    /// Watches everything that the labels of `clip` speak of, is `built` and `wanted`.
    pub fn new(clip: &Clip, built: impl Fn(&str) -> bool, wanted: impl Fn(&str) -> bool) -> Self {
        let mut plan = Self::default();
        for event in clip.events.iter().filter(|event| wanted(event.behavior())) {
            plan.add(event.behavior(), Place::of(event.behavior(), Some(event), clip), &built);
        }
        for behavior in clip.negatives().filter(|behavior| wanted(behavior)) {
            if !plan.scored.contains(behavior) {
                plan.add(behavior, Place::of(behavior, None, clip), &built);
            }
        }
        plan
    }

    fn add(&mut self, behavior: &str, place: Place, built: impl Fn(&str) -> bool) {
        self.scored.insert(behavior.to_owned());
        let known = self.rules.iter().any(|rule| rule.behavior == behavior && rule.place == place);
        if known || !built(behavior) || (place == Place::Frame && needs_place(behavior)) {
            return;
        }
        let number = self.rules.iter().filter(|rule| rule.behavior == behavior).count();
        let name = if number == 0 { behavior.to_owned() } else { format!("{behavior}-{}", number + 1) };
        self.rules.push(Watched { behavior: behavior.to_owned(), name, place });
    }

    /// Whether any rule of the behavior is there.
    pub fn watches(&self, behavior: &str) -> bool {
        self.rules.iter().any(|rule| rule.behavior == behavior)
    }

    /// Whether there is nothing to watch.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// How an event of the clip is judged.
    pub fn expected(&self, event: &Event, clip: &Clip, rules: &Rules) -> Expected {
        let place = Place::of(event.behavior(), Some(event), clip);
        let watches = |rule: &&Watched| rule.behavior == event.behavior() && rule.place == place;
        let rule = self.rules.iter().find(watches).filter(|_| place != Place::Frame);
        Expected::new(event, &rules.timing, rule.map(|rule| rule.name.clone()))
    }

    /// The edge's configuration, with or without the gate.
    pub fn edge_toml(&self, rules: &Rules, fps: f64, gate: bool) -> String {
        let mut text = head(fps);
        let _ = writeln!(text, "[camera.gate]\nenabled = {gate}");
        for (table, key) in [("zone", "z"), ("line", "l")] {
            let mut heading = format!("[camera.{table}]\n");
            for (number, rule) in self.rules.iter().enumerate() {
                if let (Place::Zone(points), "z") | (Place::Line(points, _), "l") = (&rule.place, key) {
                    let _ = writeln!(text, "{heading}{key}{number} = {points:?}");
                    heading.clear();
                }
            }
        }
        for (number, rule) in self.rules.iter().enumerate() {
            let _ = writeln!(text, "[[camera.rule.{}]]\nname = \"{}\"", rule.behavior, rule.name);
            let _ = match &rule.place {
                Place::Frame => Ok(()),
                Place::Zone(_) => writeln!(text, "zone = \"z{number}\""),
                Place::Line(_, None) => writeln!(text, "line = \"l{number}\""),
                Place::Line(_, Some(way)) => writeln!(text, "line = \"l{number}\"\ndirection = {way:?}"),
            };
            text.push_str(rules.text(&rule.behavior));
            text.push('\n');
        }
        text
    }
}

/// A configuration that only tells how many detectors there are.
pub fn detector_toml(jobs: usize) -> String {
    format!("{}[detector]\nworkers = {jobs}\nthreads = 1\n", head(1.0))
}

fn head(fps: f64) -> String {
    format!(
        "edge_id = \"quality\"\nsite = \"000000000000\"\n[[camera]]\nid = \"{CAMERA}\"\n\
         url = \"rtsp://192.0.2.1/never-opened\"\nanalysis_fps = {fps:?}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: [[f64; 2]; 3] = [[0.0, 0.5], [1.0, 0.5], [0.5, 1.0]];

    fn event(kind: &str, zone: Option<&[[f64; 2]]>) -> Event {
        let zone_polygon = zone.map(<[_]>::to_vec);
        Event { kind: kind.into(), end_s: 99.0, zone_polygon, ..Event::default() }
    }

    fn planned(clip: &Clip) -> (Plan, Vec<String>) {
        let plan = Plan::new(clip, |name| name != "fight", |_| true);
        let names = plan.rules.iter().map(|rule| rule.name.clone()).collect();
        (plan, names)
    }

    #[test]
    fn one_rule_for_each_distinct_zone() {
        let other = [[0.0, 0.0], [1.0, 0.0], [0.5, 0.2]];
        let clip = Clip {
            events: vec![
                event("intrusion", Some(&ZONE)),
                event("intrusion", Some(&other)),
                event("intrusion", Some(&ZONE)),
                event("loitering", None),
            ],
            negatives_for: vec!["crowd".into(), "loitering".into()],
            ..Clip::default()
        };
        let (plan, names) = planned(&clip);
        assert_eq!(names, ["intrusion", "intrusion-2", "loitering", "crowd"]);
        let rules = Rules::load(None).unwrap();
        let rule = |n: usize| plan.expected(&clip.events[n], &clip, &rules).rule;
        assert_eq!(rule(1).as_deref(), Some("intrusion-2"));
        assert_eq!(rule(2).as_deref(), Some("intrusion"));
        assert_eq!(rule(3), None);
    }

    #[test]
    fn without_a_zone_there_is_no_intrusion_and_a_fight_is_no_crowd() {
        let fight = Event { subtype: Some("fight".into()), ..event("crowd", None) };
        let clip = Clip { events: vec![fight], negatives_for: vec!["intrusion".into()], ..Clip::default() };
        let (plan, names) = planned(&clip);
        assert!(names.is_empty(), "{names:?}");
        assert!(plan.scored.contains("fight") && !plan.scored.contains("crowd"));
    }

    #[test]
    fn a_clip_may_say_where_to_watch_for_what_does_not_happen() {
        let clip = Clip {
            negatives_for: vec![
                "intrusion".into(),
                "line_crossing".into(),
                "crowd:fight".into(),
                "fall".into(),
            ],
            zone_polygon: Some(ZONE.to_vec()),
            line: Some(ZONE[..2].to_vec()),
            ..Clip::default()
        };
        let (plan, names) = planned(&clip);
        assert_eq!(names, ["intrusion", "line_crossing", "fall"]);
        let text = plan.edge_toml(&Rules::load(None).unwrap(), 5.0, true);
        assert!(text.contains("[camera.line]\nl1 = [[0.0, 0.5], [1.0, 0.5]]\n"), "{text}");
        assert!(text.contains("name = \"fall\"\nre_alert_secs"), "a fall is watched everywhere: {text}");
    }
}

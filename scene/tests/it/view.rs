//! A camera that looks elsewhere: its rules with places wait for the old view or for a person.

use crate::script::{ASPECT, Person, Script, scene, told};
use xunge_scene::facts::{NoCloser, Picture, View};
use xunge_scene::{CameraScene, EndReason, Event, Facts, Kind, Look, Phase, StreamTime, Watch};

const RULES: &str = "[camera.zone]\nyard = [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]\n\
    [camera.line]\ngate = [[0.5, 0.5], [0.5, 1.0]]\n\
    [[camera.rule.tamper]]\nname = \"camera\"\nre_alert_secs = 0\n\
    [[camera.rule.intrusion]]\nname = \"in\"\nzone = \"yard\"\nre_alert_secs = 0\n\
    [[camera.rule.line_crossing]]\nname = \"over\"\nline = \"gate\"\n\
    [[camera.rule.crowd]]\nname = \"anywhere\"\ncount = 5\n";

/// The usual picture of a camera.
pub(crate) const USUAL: Picture = Picture {
    brightness: 0.4,
    change: Some(0.5),
    steady: None,
    view: Some(View { same: 0.9, layout: 0.95, contrast: 1.0, texture: 1.0, sharpness: 1.0 }),
};
/// A sharp and steady picture of somewhere else.
const ELSEWHERE: Picture = Picture {
    steady: Some(0.95),
    view: Some(View { same: 0.05, layout: 0.1, contrast: 1.0, texture: 1.0, sharpness: 1.0 }),
    ..USUAL
};
/// Nothing to compare with.
const UNKNOWN: Picture = Picture { view: None, ..USUAL };

/// Looks from one second to another; somebody walks up and down in the yard all the time.
pub(crate) fn show(watch: &mut Watch, picture: Picture, from: f64, to: f64, rate: f64) -> Vec<Event> {
    let path = (0..1000).map(|leg| (4.0 * f64::from(leg), if leg % 2 == 0 { 0.4 } else { 0.6 }, 0.8));
    let script = Script::of(vec![Person::new("a", path.collect())]);
    let looks = ((to - from) * rate).round() as u32;
    (0..looks)
        .flat_map(|look| {
            let at = from + f64::from(look) / rate;
            let detections = script.detections(at);
            let facts = Facts { picture: Some(&picture), ..Facts::default() };
            let look = Look::Seen(&detections);
            watch.look_closely(StreamTime::from_secs(at), look, facts, &mut NoCloser, None)
        })
        .collect()
}

pub(crate) fn watch(rules: &str) -> Watch {
    let scene: CameraScene = scene(rules);
    let mut watch = Watch::new(&scene);
    watch.set_aspect(ASPECT);
    watch
}

fn of(kind: Kind, events: &[Event]) -> Vec<&Event> {
    events.iter().filter(|event| event.behavior == kind).collect()
}

#[test]
fn a_moved_camera_s_places_mean_nothing_until_a_person_approves_what_it_sees() {
    for rate in [2.0, 5.0, 25.0] {
        let mut watch = watch(RULES);
        let before = show(&mut watch, USUAL, 0.0, 20.0, rate);
        assert_eq!(of(Kind::Intrusion, &before).len(), 1, "{}", told(&before));
        assert!(watch.suspended_rules().is_empty() && !watch.view_is_lost());
        let moved = show(&mut watch, ELSEWHERE, 20.0, 60.0, rate);
        let [began] = of(Kind::Tamper, &moved)[..] else { panic!("{}", told(&moved)) };
        assert_eq!((began.phase, began.detail), (Phase::Began, Some("moved")));
        assert!((26.0..28.0).contains(&began.at.secs()), "{} at {rate} looks a second", began.at);
        let [ended] = of(Kind::Intrusion, &moved)[..] else { panic!("{}", told(&moved)) };
        assert_eq!((ended.phase, ended.end_reason), (Phase::Ended, Some(EndReason::StreamLost)));
        assert_eq!(watch.suspended_rules(), ["in", "over"]);
        watch.approve_view();
        assert!(watch.suspended_rules().is_empty() && !watch.view_is_lost());
        let after = show(&mut watch, USUAL, 60.0, 70.0, rate);
        let [ended] = of(Kind::Tamper, &after)[..] else { panic!("{}", told(&after)) };
        assert_eq!((ended.phase, ended.end_reason), (Phase::Ended, Some(EndReason::Cleared)));
        let [began] = of(Kind::Intrusion, &after)[..] else { panic!("{}", told(&after)) };
        assert_eq!(began.phase, Phase::Began);
    }
}

#[test]
fn a_view_that_was_lost_in_an_earlier_run_is_told_again_and_ends_when_the_old_one_is_back() {
    for rate in [2.0, 5.0, 25.0] {
        let mut watch = watch(RULES);
        watch.begin_with_lost_view();
        assert_eq!(watch.suspended_rules(), ["in", "over"]);
        let moved = show(&mut watch, ELSEWHERE, 0.0, 700.0, rate);
        assert_eq!(told(&moved), "0.00 began camera  since 0.00", "and nobody is in a yard");
        let back = show(&mut watch, USUAL, 700.0, 720.0, rate);
        let [ended] = of(Kind::Tamper, &back)[..] else { panic!("{}", told(&back)) };
        assert!((704.0..706.0).contains(&ended.at.secs()), "{} at {rate} looks a second", ended.at);
        assert_eq!(of(Kind::Intrusion, &back).len(), 1, "{}", told(&back));
        assert!(!watch.view_is_lost());
    }
}

#[test]
fn where_the_old_view_is_not_known_only_a_person_ends_it() {
    let mut watch = watch(RULES);
    watch.begin_with_lost_view();
    assert_eq!(told(&show(&mut watch, UNKNOWN, 0.0, 700.0, 5.0)), "0.00 began camera  since 0.00");
    // a break of the stream changes nothing
    let ended = watch.lose(StreamTime::from_secs(715.0), None);
    assert_eq!(ended.iter().filter(|event| event.phase == Phase::Ended).count(), 1);
    let again = show(&mut watch, UNKNOWN, 720.0, 760.0, 5.0);
    assert!(of(Kind::Intrusion, &again).is_empty() && watch.view_is_lost(), "{}", told(&again));
    watch.approve_view();
    assert_eq!(of(Kind::Intrusion, &show(&mut watch, UNKNOWN, 760.0, 770.0, 5.0)).len(), 1);
}

#[test]
fn without_a_rule_that_watches_the_view_none_is_lost() {
    let rules = RULES.replace("[[camera.rule.tamper]]\nname = \"camera\"\nre_alert_secs = 0\n", "");
    let mut watch = watch(&rules);
    watch.begin_with_lost_view();
    assert!(!watch.view_is_lost() && watch.suspended_rules().is_empty());
    assert!(!of(Kind::Intrusion, &show(&mut watch, ELSEWHERE, 0.0, 10.0, 5.0)).is_empty());
}

//! The door to the edge: time that goes back, streams that break, pictures of another shape.

use crate::script::{ASPECT, Script, scene, told};
use xunge_scene::{EndReason, Kind, Look, Phase, State, StreamTime, Watch};

const RULE: &str = "[camera.zone]\nyard = [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]\n\
    [[camera.rule.intrusion]]\nname = \"in\"\nzone = \"yard\"\nseverity = 1\n\
    [[camera.rule.loitering]]\nname = \"stay\"\nzone = \"yard\"\ndwell_secs = 5\n";

fn show(watch: &mut Watch, script: &Script, from: f64, to: f64, shift: f64) -> Vec<xunge_scene::Event> {
    let looks = ((to - from) * 5.0).round() as u32;
    let at = |look: u32| from + f64::from(look) / 5.0;
    (0..looks)
        .flat_map(|look| {
            let detections = script.detections(at(look));
            watch.look(StreamTime::from_secs(at(look) + shift), Look::Seen(&detections), None)
        })
        .collect()
}

fn watch() -> Watch {
    let mut watch = Watch::new(&scene(RULE));
    watch.set_aspect(ASPECT);
    watch
}

#[test]
fn an_event_says_all_that_an_alert_needs() {
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 20 .5,.8");
    let events = show(&mut watch(), &script, 0.0, 9.0, 0.0);
    let [began, stay] = events.as_slice() else { panic!("{}", told(&events)) };
    assert_eq!((began.behavior, began.phase, began.severity), (Kind::Intrusion, Phase::Began, 1));
    assert_eq!((began.zone.as_deref(), began.measured, began.threshold), (Some("yard"), None, None));
    assert_eq!((began.happening, stay.happening), (1, 2));
    assert_eq!((stay.threshold, stay.measured.map(f64::round)), (Some(5.0), Some(5.0)));
    assert_eq!(began.score, 0.8);
    assert!((began.bounds.foot().y - 0.8).abs() < 1e-9 && began.bounds.w > 0.0);
}

#[test]
fn a_broken_stream_ends_what_is_open_and_the_timeline_begins_anew() {
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 60 .5,.8");
    let mut watch = watch();
    let before = show(&mut watch, &script, 0.0, 20.0, 100.0);
    assert_eq!(before.len(), 3, "{}", told(&before));
    let ended = watch.reset(StreamTime::from_secs(120.0));
    assert!(ended.iter().all(|event| event.end_reason == Some(EndReason::StreamLost)));
    assert_eq!(ended.len(), 2);
    assert!(watch.tracks().is_empty());
    // Earlier times are fine after a reset; nothing is left of the former dwell.
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 7 .5,.8");
    let after = show(&mut watch, &script, 0.0, 7.0, 0.0);
    assert_eq!(told(&after), "2.80 began in 2 since 2.20");
    assert_eq!(after[0].happening, 3, "numbers go on");
}

#[test]
fn a_look_that_is_not_later_is_passed_over() {
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 60 .5,.8");
    let mut watch = watch();
    show(&mut watch, &script, 0.0, 3.0, 0.0);
    let tracks = watch.tracks().to_vec();
    for t in [2.8, 0.0, 2.0] {
        assert!(watch.look(StreamTime::from_secs(t), Look::Seen(&[]), None).is_empty());
        assert!(watch.look(StreamTime::from_secs(t), Look::Still, None).is_empty());
    }
    assert_eq!(watch.tracks(), tracks);
    assert_eq!(tracks[0].state, State::Confirmed);
}

#[test]
fn after_long_blindness_nobody_is_the_same() {
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 200 .5,.8");
    let mut watch = watch();
    show(&mut watch, &script, 0.0, 10.0, 0.0);
    let events = show(&mut watch, &script, 100.0, 120.0, 0.0);
    assert_eq!(watch.tracks().iter().map(|track| track.id).collect::<Vec<_>>(), [2]);
    // Somebody is in the yard as before, but who stayed there is not known.
    let yard: Vec<_> = events.iter().filter(|event| event.rule == "in").map(|event| event.phase).collect();
    assert_eq!(yard, [Phase::Updated], "{}", told(&events));
    let stays = events.iter().filter(|event| event.rule == "stay");
    assert!(stays.clone().all(|event| event.measured.is_some_and(|secs| secs < 30.0)), "{}", told(&events));
}

#[test]
fn nonsense_about_the_picture_is_passed_over() {
    let script = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 20 .5,.8");
    let mut odd = watch();
    for aspect in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        odd.set_aspect(aspect);
    }
    assert_eq!(show(&mut odd, &script, 0.0, 9.0, 0.0), show(&mut watch(), &script, 0.0, 9.0, 0.0));
}

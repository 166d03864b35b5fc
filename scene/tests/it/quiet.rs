//! When nothing goes on, so that a camera may sleep.

use crate::script::{Script, scene};
use xunge_scene::facts::{Picture, StaticRegion, View};
use xunge_scene::{Bounds, Class, Detection, Facts, Look, StreamTime, Watch};

const RATE: f64 = 5.0;

/// The seconds at which the scene is quiet, as spans, over `secs` seconds.
fn quiet<'a>(
    rules: &str,
    secs: f64,
    found: impl Fn(f64) -> Vec<Detection>,
    facts: impl Fn(f64) -> Facts<'a>,
) -> Vec<(f64, f64)> {
    let mut watch = Watch::new(&scene(rules));
    let mut spans: Vec<(f64, f64)> = Vec::new();
    let mut before = false;
    for look in 0..(secs * RATE) as u32 {
        let t = f64::from(look) / RATE;
        let detections = found(t);
        watch.look_closely(
            StreamTime::from_secs(t),
            Look::Seen(&detections),
            facts(t),
            &mut xunge_scene::facts::NoCloser,
            None,
        );
        let now = watch.is_quiet();
        match spans.last_mut() {
            Some(span) if now && before => span.1 = t,
            _ if now => spans.push((t, t)),
            _ => {}
        }
        before = now;
    }
    spans
}

const ALL: &str = "[[camera.rule.loitering]]\n[[camera.rule.fall]]\n[[camera.rule.running]]\n[[camera.rule.crowd]]\n\
                   [[camera.rule.abandoned_object]]\nunattended_secs = 6\n[[camera.rule.tamper]]\nhold_secs = 5\n";

#[test]
fn who_walks_through_is_awaited_until_he_is_gone() {
    let script = Script::parse("a: 5 .0,.8 | 15 1,.8");
    let spans = quiet(ALL, 40.0, |t| script.detections(t), |_| Facts::default());
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert!(spans[0].0 == 0.0 && spans[0].1 < 7.0, "not before he has moved: {spans:?}");
    assert!(spans[1].0 > 15.0 && spans[1].0 < 30.0 && spans[1].1 > 39.0, "{spans:?}");
}

#[test]
fn furniture_keeps_nobody_awake() {
    let rock = Detection { class: Class::Person, score: 0.6, bounds: Bounds::new(0.3, 0.5, 0.06, 0.2) };
    let flickers = |t: f64| if ((t * RATE) as u32).is_multiple_of(3) { Vec::new() } else { vec![rock] };
    assert_eq!(quiet(ALL, 30.0, flickers, |_| Facts::default()), [(0.0, 29.8)]);
}

#[test]
fn a_thing_is_awaited_until_it_is_told_or_will_not_be() {
    let region = |score: f64| StaticRegion {
        id: 1,
        bounds: Bounds::new(0.5, 0.62, 0.05, 0.08),
        since: StreamTime::from_secs(6.0),
        added: 0.6,
        score,
        touched_secs: 2.0,
        known_secs: 20.0,
        peopled: 0.0,
        visible: true,
        steady: 1.0,
    };
    for (score, until) in [(1.0, 13.0), (0.1, 24.0)] {
        let regions = [region(score)];
        let shown =
            |t: f64| Facts { regions: Some(if t < 8.0 { &[] } else { &regions[..] }), ..Facts::default() };
        let spans = quiet(ALL, 40.0, |_| Vec::new(), shown);
        assert_eq!(spans.len(), 2, "score {score}: {spans:?}");
        assert!(
            spans[0].1 < 8.0 && spans[1].0 > 11.0 && spans[1].0 < until && spans[1].1 > 39.0,
            "{spans:?}"
        );
    }
}

#[test]
fn a_picture_that_is_not_as_it_should_be_is_awaited_until_it_is_told() {
    let well = View { same: 0.95, layout: 0.98, contrast: 1.0, texture: 1.0, sharpness: 1.0 };
    let blurred = View { same: 0.3, sharpness: 0.1, ..well };
    let picture = |view| Picture { brightness: 0.5, change: Some(0.3), steady: None, view: Some(view) };
    let (well, blurred) = (picture(well), picture(blurred));
    let shown = |t: f64| {
        let picture = if (10.0..40.0).contains(&t) { &blurred } else { &well };
        Facts { picture: Some(picture), ..Facts::default() }
    };
    let spans = quiet(ALL, 60.0, |_| Vec::new(), shown);
    assert_eq!(spans.len(), 3, "{spans:?}");
    assert!(spans[0].1 < 10.0 && spans[1].0 > 14.0 && spans[1].0 < 18.0, "told at 15 s or so: {spans:?}");
    assert!(
        spans[1].1 > 39.0 && spans[2].0 > 41.0 && spans[2].0 < 44.0,
        "over when it was well for 2 s: {spans:?}"
    );
}

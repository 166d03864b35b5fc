use super::*;
use crate::samples;

const ASPECT: f64 = 1.5;
const TALL: f64 = 0.4;
const FLOOR: f64 = 0.9;

fn at(secs: f64) -> StreamTime {
    StreamTime::from_secs(secs)
}

/// A box of this height and width on the floor, in parts of his stature.
fn low(head: f64, width: f64) -> Bounds {
    let (w, h) = (width * TALL / ASPECT, head * TALL);
    Bounds::new(0.5 - w / 2.0, FLOOR - h, w, h)
}

fn track(bounds: Bounds) -> Track {
    samples::person(1, bounds)
}

/// Joints with shoulders and hips so high above the floor, in parts of his stature.
fn joints(bounds: Bounds, shoulders: f64, hips: f64, lean_deg: f64, score: f32) -> Posture {
    Posture {
        shoulders_y: FLOOR - shoulders * TALL,
        hips_y: FLOOR - hips * TALL,
        lean_deg,
        trunk: 0.288 * TALL,
        score,
        bounds,
    }
}

fn look(body: &mut Body, secs: f64, shown: Shown<'_>) -> Option<Stance> {
    body.look(shown, &samples::scene(at(secs), ASPECT));
    body.stance(at(secs))
}

/// Somebody who has stood until second 1.
fn standing() -> Body {
    let upright = track(low(1.0, 0.35));
    let mut body = Body::new(&upright, at(0.0));
    for look_number in 0..=5 {
        let shown = Shown { track: Some(&upright), ..Shown::default() };
        assert_eq!(look(&mut body, 0.2 * f64::from(look_number), shown), Some(Stance::Up));
    }
    assert!(body.real && (body.stature - TALL).abs() < 1e-9);
    body
}

/// Stance half a second later by his box alone, and by his box with joints.
fn stances(bounds: Bounds, shoulders: f64, hips: f64, lean_deg: f64) -> [Option<Stance>; 2] {
    let now = track(bounds);
    [None, Some(joints(bounds, shoulders, hips, lean_deg, 0.7))]
        .map(|posture| look(&mut standing(), 1.5, Shown { track: Some(&now), posture, ..Shown::default() }))
}

#[test]
fn a_box_and_joints_tell_how_somebody_holds_himself() {
    use Stance::{Between, Down, Up};
    for (what, bounds, (shoulders, hips, lean_deg), expected) in [
        ("stands", low(1.0, 0.35), (0.82, 0.53, 2.0), [Up, Up]),
        ("sits on a chair", low(0.77, 0.5), (0.58, 0.3, 10.0), [Up, Up]),
        ("squats", low(0.6, 0.45), (0.44, 0.18, 25.0), [Between, Between]),
        ("bends", low(0.58, 0.55), (0.4, 0.5, 110.0), [Between, Between]),
        ("sits on the floor", low(0.52, 0.5), (0.4, 0.12, 10.0), [Between, Between]),
        ("is on all fours", low(0.55, 0.8), (0.4, 0.4, 90.0), [Between, Between]),
        ("lies", low(0.25, 0.95), (0.12, 0.1, 88.0), [Down, Down]),
        ("lies towards the camera", low(0.33, 0.3), (0.2, 0.1, 60.0), [Down, Down]),
        ("fell on his head", low(0.55, 0.5), (0.15, 0.4, 150.0), [Between, Down]),
    ] {
        assert_eq!(stances(bounds, shoulders, hips, lean_deg), expected.map(Some), "{what}");
    }
}

#[test]
fn joints_that_are_guesses_or_of_another_do_not_count() {
    let (bounds, lying) = (low(1.0, 0.35), low(0.25, 0.95));
    let now = track(bounds);
    let shown = |posture| Shown { track: Some(&now), posture: Some(posture), ..Shown::default() };
    assert_eq!(
        look(&mut standing(), 1.5, shown(joints(lying, 0.1, 0.1, 88.0, 0.7))),
        Some(Stance::Down),
        "joints are believed against the box"
    );
    assert_eq!(
        look(&mut standing(), 1.5, shown(joints(lying, 0.1, 0.1, 88.0, 0.3))),
        Some(Stance::Up)
    );
    let far = Bounds { x: 0.9, ..lying };
    assert_eq!(look(&mut standing(), 1.5, shown(joints(far, 0.1, 0.1, 88.0, 0.7))), Some(Stance::Up));
}

#[test]
fn without_a_track_a_find_or_joints_show_him_and_nothing_leaves_all_as_it_was() {
    let lying = low(0.25, 0.95);
    let mut body = standing();
    assert_eq!(look(&mut body, 1.2, Shown::default()), None);
    assert_eq!((body.bounds, body.shown), (low(1.0, 0.35), at(1.0)));
    let found = |score| Shown { found: Some((score, lying)), ..Shown::default() };
    assert_eq!(look(&mut body, 1.4, found(0.2)), None, "too weak");
    assert_eq!(look(&mut body, 1.6, found(0.3)), Some(Stance::Down));
    let posture = Some(joints(lying, 0.12, 0.1, 88.0, 0.7));
    assert_eq!(look(&mut standing(), 1.4, Shown { posture, ..Shown::default() }), Some(Stance::Down));
}

#[test]
fn who_walks_away_from_the_camera_does_not_sink() {
    // to .8 of his height within two seconds: his feet rise in the picture, his head stays, or comes down
    let sinks = |head_y: f64, feet_y: f64| {
        let mut body = standing();
        for n in 1..=10 {
            let share = 0.1 * f64::from(n);
            let (head, feet) = (FLOOR - TALL + share * head_y, FLOOR - share * feet_y);
            let walker = track(Bounds::new(0.45, head, 0.35 * (feet - head) / ASPECT, feet - head));
            look(&mut body, 1.0 + 2.0 * share, Shown { track: Some(&walker), ..Shown::default() });
        }
        body.is_sinking(at(3.0))
    };
    assert!(!sinks(0.0, 0.2 * TALL));
    assert!(!sinks(-0.1 * TALL, 0.3 * TALL), "the camera stands high");
    assert!(sinks(0.2 * TALL, 0.0));
}

#[test]
fn a_fall_is_quick() {
    let now = track(low(0.25, 0.95));
    for (secs, fallen) in [(1.5, true), (3.1, true), (3.3, false)] {
        let mut body = standing();
        look(&mut body, secs, Shown { track: Some(&now), ..Shown::default() });
        assert_eq!(body.has_fallen(at(secs)), fallen, "{secs}");
        assert!((body.stature - TALL).abs() < 1e-9, "who lies is as tall as before");
    }
}

#[test]
fn who_may_have_been_a_thing_for_a_second_may_have_stood_so_long() {
    let (upright, now) = (track(low(1.0, 0.35)), track(low(0.25, 0.95)));
    for (secs, fallen) in [(3.9, true), (4.1, false)] {
        let mut body = standing();
        look(&mut body, 1.8, Shown { doubtful: Some(&upright), ..Shown::default() });
        look(&mut body, secs, Shown { track: Some(&now), ..Shown::default() });
        assert_eq!(body.has_fallen(at(secs)), fallen, "{secs}");
    }
}

#[test]
fn who_gets_lower_at_the_lower_edge_lies_only_when_he_gets_wide() {
    let cut = |width: f64| {
        let (w, h) = (width * TALL / ASPECT, 0.2 * TALL);
        track(Bounds::new(0.5 - w / 2.0, 1.0 - h, w, h))
    };
    let stance = |now: &Track| {
        look(&mut standing(), 1.5, Shown { track: Some(now), ..Shown::default() })
    };
    assert_eq!(stance(&cut(0.35)), Some(Stance::Between));
    assert_eq!(stance(&cut(0.95)), Some(Stance::Down));
}

#[test]
fn who_walks_out_over_the_lower_edge_upright_has_not_fallen_whatever_is_found_there() {
    let tall = |head: f64| {
        let (w, h) = (0.35 * TALL / ASPECT, head * TALL);
        Bounds::new(0.5 - w / 2.0, 1.0 - h, w, h)
    };
    // Sinks by a part of his stature at each look, with such a trunk; then something that lies is found beside him.
    let falls = |drop: f64, lean_deg: f64| {
        let mut body = standing();
        for (secs, looks) in [(1.2, 1.0), (1.4, 2.0), (1.6, 3.0)] {
            let bounds = tall(1.0 - drop * looks);
            let posture = Posture { bounds, ..joints(bounds, 0.3, 0.2, lean_deg, 0.6) };
            let now = track(bounds);
            look(&mut body, secs, Shown { track: Some(&now), posture: Some(posture), ..Shown::default() });
        }
        let sheet = Bounds::new(0.45, 0.88, 0.9 * TALL / ASPECT, 0.05);
        let stance = look(&mut body, 1.8, Shown { found: Some((0.5, sheet)), ..Shown::default() });
        assert_eq!(stance, Some(Stance::Down));
        body.has_fallen(at(1.8))
    };
    assert!(!falls(0.1, 5.0), "walks out");
    assert!(falls(0.1, 60.0), "his trunk leans");
    assert!(falls(0.2, 5.0), "nobody walks that fast");
}

#[test]
fn what_the_detector_hardly_believes_shows_nobodys_shape() {
    let low = Track { score: 0.15, ..track(low(0.25, 0.95)) };
    let shown = Shown { track: Some(&low), ..Shown::default() };
    assert_eq!(look(&mut standing(), 1.5, shown), Some(Stance::Between));
    let shown = Shown { found: Some((0.3, low.bounds)), ..shown };
    assert_eq!(look(&mut standing(), 1.5, shown), Some(Stance::Down), "another look believes it");
}

#[test]
fn the_small_the_unproven_and_the_immovable_are_not_real() {
    let real = |now: Track, posture: Option<Posture>| {
        let mut body = Body::new(&now, at(0.0));
        look(&mut body, 0.2, Shown { track: Some(&now), posture, ..Shown::default() });
        body.real
    };
    let there = track(low(1.0, 0.35));
    assert!(real(there, None));
    assert!(!real(Track { state: State::Tentative, ..there }, None));
    let small = Bounds::new(0.5, 0.5, 0.03, 0.1);
    assert!(!real(Track { bounds: small, height: 0.1, ..there }, None));
    let still = Track { moved: false, ..there };
    assert!(!real(still, None));
    assert!(real(still, Some(joints(there.bounds, 0.82, 0.53, 2.0, 0.7))), "has the joints of a person");
}

#[test]
fn a_new_track_near_where_he_was_lost_may_be_he() {
    let body = standing();
    let lying = track(low(0.25, 0.95));
    assert!(body.may_be(&lying, at(2.0), ASPECT));
    assert!(!body.may_be(&lying, at(3.3), ASPECT), "too late");
    let far = track(Bounds { x: 0.8, ..lying.bounds });
    assert!(!body.may_be(&far, at(2.0), ASPECT), "too far");
    assert!(!body.may_be(&track(low(1.4, 0.4)), at(2.0), ASPECT), "too tall");
}

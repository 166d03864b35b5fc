//! The tracker on small hand-made sequences.

use super::*;

const ASPECT: f64 = 1.5;
/// Body height of everybody here, in frame heights.
const TALL: f64 = 0.1;

/// A person whose foot stands there.
fn person(x: f64, y: f64, score: f32) -> Detection {
    let w = 0.4 * TALL / ASPECT;
    Detection { class: Class::Person, score, bounds: Bounds::new(x - w / 2.0, y - TALL, w, TALL) }
}

fn tracker() -> Tracker {
    Tracker::new(Settings::default(), ASPECT)
}

/// Looks `rate` times a second for `secs`, showing what `scene` says is there.
fn watch(
    tracker: &mut Tracker,
    rate: f64,
    from: f64,
    secs: f64,
    scene: impl Fn(f64) -> Vec<Detection>,
) -> f64 {
    let looks = (secs * rate).round() as u32;
    for look in 0..looks {
        let t = from + f64::from(look) / rate;
        tracker.seen(StreamTime::from_secs(t), &scene(t));
    }
    from + f64::from(looks) / rate
}

fn confirmed(tracker: &Tracker) -> Vec<(u64, f64)> {
    let real = tracker.tracks().iter().filter(|t| t.state == State::Confirmed);
    real.map(|t| (t.id, (t.foot().x * 100.0).round() / 100.0)).collect()
}

/// Body heights a second as frame widths a second.
fn walk(bh_s: f64) -> f64 {
    bh_s * TALL / ASPECT
}

const RATES: [f64; 5] = [1.25, 2.0, 5.0, 10.0, 25.0];

#[test]
fn a_walker_keeps_one_id_at_every_rate() {
    for rate in RATES {
        for speed in [0.0, 0.8, 1.5, 2.2] {
            let mut t = tracker();
            let x = |secs: f64| 0.1 + walk(speed) * secs;
            watch(&mut t, rate, 0.0, 6.0, |secs| vec![person(x(secs), 0.8, 0.7)]);
            assert_eq!(t.tracks().len(), 1, "{rate}/s at {speed} bh/s: {:?}", t.tracks());
            assert_eq!((t.tracks()[0].id, t.tracks()[0].state), (1, State::Confirmed));
            assert_eq!(t.tracks()[0].moved, speed > 0.0);
            let measured = t.tracks()[0].speed_bh_s();
            assert!((measured - speed).abs() < 0.25, "{rate}/s: {measured} instead of {speed}");
        }
    }
}

#[test]
fn one_who_walks_stops_and_turns_keeps_his_id() {
    for rate in RATES {
        let mut t = tracker();
        let x = |secs: f64| match secs {
            s if s < 4.0 => 0.2 + walk(0.8) * s,
            s if s < 7.0 => 0.2 + walk(0.8) * 4.0,
            s => 0.2 + walk(0.8) * (11.0 - s),
        };
        watch(&mut t, rate, 0.0, 11.0, |secs| vec![person(x(secs), 0.8, 0.7)]);
        assert_eq!(t.tracks().iter().map(|t| t.id).collect::<Vec<_>>(), [1], "{rate}/s");
    }
}

#[test]
fn jitter_does_not_break_a_track() {
    for rate in RATES {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 20.0, |secs| {
            let look = (secs * rate).round() as u32;
            let off = |salt: u32| f64::from((look * 7919 + salt * 104_729) % 101) / 100.0 - 0.5;
            let mut one = person(0.5 + 0.05 * TALL * off(1), 0.8 + 0.08 * TALL * off(2), 0.7);
            one.bounds.h *= 1.0 + 0.1 * off(3);
            vec![one]
        });
        assert_eq!(t.tracks().len(), 1, "{rate}/s");
        assert!(t.tracks()[0].speed_bh_s() < 0.15, "{rate}/s: {}", t.tracks()[0].speed_bh_s());
        assert!(!t.tracks()[0].moved);
    }
}

#[test]
fn two_who_cross_keep_their_ids() {
    for rate in RATES {
        let mut t = tracker();
        let scene = |secs: f64| {
            vec![person(0.2 + walk(0.8) * secs, 0.80, 0.7), person(0.6 - walk(0.8) * secs, 0.815, 0.7)]
        };
        watch(&mut t, rate, 0.0, 3.2, scene);
        let before = confirmed(&t);
        assert_eq!(before.len(), 2, "{rate}/s");
        assert!(before[0].1 < before[1].1);
        watch(&mut t, rate, 3.2, 4.0, scene);
        let after = confirmed(&t);
        assert_eq!(after.len(), 2, "{rate}/s: {after:?}");
        assert_eq!((after[0].0, after[1].0), (before[0].0, before[1].0));
        assert!(after[0].1 > after[1].1, "{rate}/s: they must have passed each other: {after:?}");
    }
}

#[test]
fn one_hidden_behind_another_comes_out_under_his_id() {
    for rate in RATES {
        let mut t = tracker();
        // The one behind is not detected while the boxes overlap by half.
        let scene = |secs: f64| {
            let (front, behind) = (0.2 + walk(0.9) * secs, 0.45 - walk(0.9) * secs);
            let hidden = (front - behind).abs() < 0.3 * TALL / ASPECT;
            let mut all = vec![person(front, 0.80, 0.8)];
            all.extend((!hidden).then(|| person(behind, 0.79, 0.6)));
            all
        };
        watch(&mut t, rate, 0.0, 4.0, scene);
        assert!(scene(2.1).len() == 1, "they meet");
        let tracks = confirmed(&t);
        assert_eq!(tracks.iter().map(|t| t.0).collect::<Vec<_>>(), [1, 2], "{rate}/s: {tracks:?}");
        assert!(tracks[0].1 > tracks[1].1);
    }
}

#[test]
fn a_walker_behind_a_post_is_taken_up_again() {
    for rate in [2.0, 5.0, 10.0, 25.0] {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 6.0, |secs| {
            let hidden = (3.0..4.2).contains(&secs);
            if hidden { vec![] } else { vec![person(0.1 + walk(0.8) * secs, 0.8, 0.7)] }
        });
        assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), [1], "{rate}/s");
    }
}

#[test]
fn whoever_comes_from_elsewhere_is_somebody_else() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 3.0, |secs| vec![person(0.3 + walk(0.8) * secs, 0.8, 0.7)]);
    // One second after the first was hidden somebody steps out where he has come from.
    let until = watch(&mut t, 5.0, until, 1.0, |_| vec![]);
    watch(&mut t, 5.0, until, 1.0, |secs| vec![person(0.3 - walk(0.8) * (secs - until), 0.8, 0.7)]);
    assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn one_leaves_at_the_edge_and_another_enters_there() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 3.0, |secs| vec![person(0.84 + walk(0.8) * secs, 0.8, 0.7)]);
    let until = watch(&mut t, 5.0, until, 1.6, |_| vec![]);
    watch(&mut t, 5.0, until, 2.0, |secs| vec![person(0.97 - walk(0.8) * (secs - until), 0.8, 0.7)]);
    assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_weak_detection_continues_a_track_but_begins_none() {
    let mut t = tracker();
    watch(&mut t, 5.0, 0.0, 3.0, |_| vec![person(0.5, 0.8, 0.35)]);
    assert!(t.tracks().is_empty());
    let until = watch(&mut t, 5.0, 3.0, 2.0, |_| vec![person(0.5, 0.8, 0.6)]);
    // Lying people: weak mostly, a little better now and then.
    watch(&mut t, 5.0, until, 30.0, |secs| {
        vec![person(0.5, 0.8, if ((secs * 5.0).round() as u32).is_multiple_of(8) { 0.31 } else { 0.15 })]
    });
    assert_eq!(confirmed(&t), [(1, 0.5)]);
}

#[test]
fn what_never_scores_better_does_not_keep_a_track_alive() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![person(0.5, 0.8, 0.6)]);
    watch(&mut t, 5.0, until, 8.0, |_| vec![person(0.5, 0.8, 0.2)]);
    assert!(confirmed(&t).is_empty());
}

#[test]
fn a_second_box_on_the_same_person_is_nobody() {
    let mut t = tracker();
    watch(&mut t, 5.0, 0.0, 3.0, |_| {
        let whole = person(0.5, 0.8, 0.8);
        let mut half = whole;
        half.score = 0.5;
        half.bounds.h *= 0.5;
        vec![whole, half]
    });
    assert_eq!(t.tracks().len(), 1);
}

#[test]
fn a_box_around_two_who_are_found_is_nobody() {
    let mut t = tracker();
    let two =
        |secs: f64| [person(0.3 + walk(0.8) * secs, 0.8, 0.7), person(0.7 - walk(0.8) * secs, 0.79, 0.7)];
    let around = |[one, other]: [Detection; 2]| {
        let (a, b) = (one.bounds, other.bounds);
        let bounds = Bounds::new(a.x.min(b.x), b.y, (a.x - b.x).abs() + a.w, TALL * 1.1);
        Detection { bounds, score: 0.6, ..one }
    };
    // just before they meet they are found together as well, once
    watch(&mut t, 5.0, 0.0, 5.0, |secs| {
        let met = (3.3..3.5).contains(&secs).then(|| around(two(secs)));
        two(secs).into_iter().chain(met).collect()
    });
    assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), [1, 2], "{:?}", t.tracks());
    assert_eq!(t.next_id, 3);
}

#[test]
fn a_second_box_seen_once_does_not_take_what_fits_one_who_is_known() {
    let mut t = tracker();
    let beside = person(0.53, 0.8, 0.6);
    let until = watch(&mut t, 5.0, 0.0, 3.0, |_| vec![person(0.5, 0.8, 0.7)]);
    watch(&mut t, 5.0, until, 0.2, |_| vec![person(0.5, 0.8, 0.7), beside]);
    watch(&mut t, 5.0, until + 0.2, 2.0, |_| vec![person(0.515, 0.8, 0.7)]);
    assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), [1], "{:?}", t.tracks());
}

#[test]
fn a_car_is_never_continued_by_a_person() {
    let mut t = tracker();
    let car = |class| Detection { class, ..person(0.5, 0.8, 0.7) };
    let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![car(Class::Car)]);
    watch(&mut t, 5.0, until, 1.0, |_| vec![person(0.5, 0.8, 0.7)]);
    let classes: Vec<_> = t.tracks().iter().map(|t| (t.id, t.class)).collect();
    assert_eq!(classes, [(1, Class::Car), (2, Class::Person)]);
    // Car and truck are mixed up by every detector.
    let mut t = tracker();
    watch(&mut t, 5.0, 0.0, 3.0, |secs| {
        vec![car(if ((secs * 5.0).round() as u32).is_multiple_of(3) { Class::Truck } else { Class::Car })]
    });
    assert_eq!(t.tracks().iter().map(|t| (t.id, t.class)).collect::<Vec<_>>(), [(1, Class::Car)]);
}

#[test]
fn stillness_keeps_what_is_there_and_ages_what_was_lost() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![person(0.3, 0.8, 0.7), person(0.7, 0.8, 0.7)]);
    let until = watch(&mut t, 5.0, until, 1.0, |_| vec![person(0.3, 0.8, 0.7)]);
    for look in 0..100 {
        t.still(StreamTime::from_secs(until + f64::from(look) * 0.2));
    }
    assert_eq!(confirmed(&t), [(1, 0.3)]);
    assert_eq!(t.tracks().len(), 1, "the one lost before is gone");
    assert!(t.tracks()[0].seen);
}

#[test]
fn one_missed_look_before_stillness_was_a_mistake() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![person(0.3, 0.8, 0.7)]);
    let until = watch(&mut t, 5.0, until, 0.2, |_| vec![]);
    assert_eq!(t.tracks()[0].state, State::Lost);
    t.still(StreamTime::from_secs(until));
    assert_eq!(confirmed(&t), [(1, 0.3)]);
}

#[test]
fn after_blindness_only_what_still_stands_there_is_the_same() {
    for (there, ids) in [(0.31, vec![1]), (0.40, vec![2])] {
        let mut t = tracker();
        let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![person(0.3, 0.8, 0.7)]);
        watch(&mut t, 5.0, until + 20.0, 4.0, |_| vec![person(there, 0.8, 0.7)]);
        assert_eq!(confirmed(&t).iter().map(|t| t.0).collect::<Vec<_>>(), ids);
    }
}

#[test]
fn close_meetings_are_noted_where_ways_do_not_tell_and_distant_ones_are_not() {
    let meet = |gap: f64, other: fn(f64) -> f64| {
        let mut t = tracker();
        let mut noted = false;
        for look in 0..50 {
            let secs = f64::from(look) * 0.2;
            let scene =
                [person(0.2 + walk(0.5) * secs, 0.8, 0.7), person(0.2 + other(secs), 0.8 + gap * TALL, 0.7)];
            t.seen(StreamTime::from_secs(secs), &scene);
            noted |= t.mixups() == [(1, 2)];
        }
        noted
    };
    let stands = |_| walk(0.5) * 4.0;
    assert!(meet(0.05, stands));
    assert!(!meet(1.0, stands));
    let goes_on = |secs: f64| walk(0.5) * (8.0 - secs);
    assert!(!meet(0.05, goes_on));
}

#[test]
fn ids_are_never_used_again() {
    let mut t = tracker();
    let until = watch(&mut t, 5.0, 0.0, 2.0, |_| vec![person(0.3, 0.8, 0.7)]);
    t.reset();
    assert!(t.tracks().is_empty());
    watch(&mut t, 5.0, until, 2.0, |_| vec![person(0.3, 0.8, 0.7)]);
    assert_eq!(confirmed(&t), [(2, 0.3)]);
}

#[test]
fn broken_boxes_are_passed_over() {
    let mut t = tracker();
    watch(&mut t, 5.0, 0.0, 2.0, |_| {
        let mut all = vec![person(0.5, 0.8, 0.7); 4];
        all[1].bounds.x = f64::NAN;
        all[2].bounds.h = 0.0;
        all[3].bounds.w = f64::INFINITY;
        all
    });
    assert_eq!(confirmed(&t), [(1, 0.5)]);
}

/// A cone that is found well enough to be a track, and one who passes it.
fn cone() -> Detection {
    Detection { bounds: Bounds::new(0.50, 0.77, 0.015, 0.035), ..person(0.0, 0.0, 0.45) }
}

#[test]
fn furniture_does_not_move_because_somebody_passes() {
    for rate in [2.0, 5.0, 10.0, 25.0] {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 20.0, |secs| {
            let walker = person(0.3 + walk(0.8) * (secs - 5.0), 0.8, 0.8);
            let mut found = cone();
            if walker.bounds.overlap(&found.bounds) > 0.0 {
                // Something of both.
                found.bounds.x -= 0.005;
                found.bounds.h *= 1.3;
                found.score = 0.2;
            }
            if secs < 5.0 || walker.bounds.x > 1.0 { vec![found] } else { vec![found, walker] }
        });
        let still: Vec<_> =
            t.tracks().iter().filter(|track| track.foot().y < 0.85).map(|t| t.moved).collect();
        assert!(still.contains(&false), "{rate}/s: {:?}", t.tracks());
    }
}

/// Something so high that the detector takes for a person, standing there.
fn thing(x: f64, h: f64) -> Detection {
    Detection { bounds: Bounds::new(x, 0.8 - h, 0.02, h), ..person(0.0, 0.0, 0.45) }
}

#[test]
fn what_scores_poorly_or_is_too_small_for_anybody_stays_furniture_though_its_box_was_shaken() {
    for (h, rate) in [2.0, 5.0, 10.0, 25.0].map(|rate| [(0.035, rate), (0.06, rate)]).concat() {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 20.0, |secs| {
            let walker = person(0.1 + walk(0.8) * secs, 0.9, 0.8);
            let passer = person(0.9 - walk(0.8) * secs, 0.8, 0.8);
            let shaken = if (6.0..7.5).contains(&secs) { 0.012 } else { 0.0 };
            vec![walker, passer, thing(0.2 - shaken, h)]
        });
        let moved: Vec<_> = t.tracks().iter().filter(|t| t.bounds.h < 0.08).map(|t| t.moved).collect();
        assert_eq!(moved, [false], "{h}, {rate}/s: {:?}", t.tracks());
    }
}

#[test]
fn who_takes_the_track_of_nobody_and_stays_gets_one_of_his_own() {
    for rate in [5.0, 10.0, 25.0] {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 12.0, |secs| {
            let passer = person(0.9 - walk(0.8) * secs, 0.8, 0.8);
            // from second 7 on somebody stands right before it, whom it hid until then
            vec![passer, if secs < 7.0 { thing(0.1, 0.035) } else { person(0.11, 0.8, 0.8) }]
        });
        let there: Vec<_> = t.tracks().iter().filter(|t| t.bounds.x < 0.2).collect();
        assert!(there.len() == 1 && there[0].first_seen.secs() >= 7.0, "{rate}/s: {there:?}");
    }
}

#[test]
fn what_stands_still_has_not_moved_because_it_was_first_found_by_half() {
    for rate in [5.0, 10.0, 25.0] {
        let mut t = tracker();
        let late = |secs: f64| if secs < 0.1 { 0.04 } else { 0.0 };
        watch(&mut t, rate, 0.0, 4.0, |secs| vec![person(0.5, 0.5 + late(secs), 0.45)]);
        assert_eq!(confirmed_moved(&t), [false], "{rate}/s");
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 4.0, |secs| vec![person(0.5 + walk(0.8) * secs.min(0.9), 0.5, 0.45)]);
        assert_eq!(confirmed_moved(&t), [true], "{rate}/s: walks for a second and stands");
    }
}

#[test]
fn what_goes_off_from_where_nobody_was_is_not_what_was_there() {
    for rate in [5.0, 10.0, 25.0] {
        let mut t = tracker();
        watch(&mut t, rate, 0.0, 10.0, |secs| {
            let passer = person(0.9 - walk(0.8) * secs, 0.8, 0.8);
            vec![passer, thing(0.1 + 0.03 * (secs - 7.0).max(0.0), 0.035)]
        });
        let small: Vec<_> = t.tracks().iter().filter(|track| track.bounds.h < 0.08).collect();
        let another = |track: &Track| track.moved && track.first_seen.secs() > 7.0;
        assert!(small.len() == 1 && another(small[0]), "{rate}/s: {small:?}");
    }
}

#[test]
fn who_leaves_his_track_to_furniture_is_gone() {
    for rate in [2.0, 5.0, 10.0, 25.0] {
        let mut t = tracker();
        let mut low = cone();
        low.bounds = Bounds::new(0.49, 0.72, 0.025, 0.08);
        watch(&mut t, rate, 0.0, 20.0, |secs| match secs {
            s if s < 5.0 => vec![low],
            // He hides it, stops before it and leaves unseen.
            s if s < 12.0 => vec![person((0.3 + walk(0.8) * (s - 5.0)).min(0.503), 0.8, 0.8)],
            _ => vec![low],
        });
        let moved: Vec<_> = confirmed_moved(&t);
        assert_eq!(moved, [false], "{rate}/s: {:?}", t.tracks());
    }
}

fn confirmed_moved(tracker: &Tracker) -> Vec<bool> {
    tracker.tracks().iter().filter(|track| track.state == State::Confirmed).map(|track| track.moved).collect()
}

//! What must hold for every script.

use crate::script::{ASPECT, Near, Person, Script, line, scene, told};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use xunge_scene::{
    Bounds, Class, Detection, EndReason, Event, Facts, LocalTime, Look, Phase, StreamTime, Watch, Weekday,
};

const ALL_RULES: &str = "[camera.zone]\nyard = [[0.3, 0.4], [0.7, 0.4], [0.7, 1.0], [0.3, 1.0]]\n\
    [camera.line]\ngate = [[0.3, 0.4], [0.3, 1.0]]\n\
    [[camera.rule.intrusion]]\nzone = \"yard\"\n\
    [[camera.rule.line_crossing]]\nline = \"gate\"\n\
    [[camera.rule.loitering]]\nzone = \"yard\"\ndwell_secs = 15\nre_alert_secs = 0\n\
    [[camera.rule.crowd]]\nzone = \"yard\"\ncount = 2\nre_alert_secs = 0\n";

/// Where a group goes: places left of the yard (0), in it (1) and right of it (2), and how long it stays at each:
/// much longer or much shorter than what rules ask for, so that no two frame rates may disagree about it.
#[derive(Debug, Clone)]
struct Act {
    first: usize,
    /// Steps to the next place, and the stay there.
    stops: Vec<(usize, f64)>,
    /// How much later than the first each member comes.
    late: Vec<f64>,
}

fn act() -> impl Strategy<Value = Act> {
    let stops = prop::collection::vec((1_usize..3, prop::sample::select(vec![5.0, 30.0])), 1..5);
    let late = prop::collection::vec(0.0..0.5_f64, 0..3);
    (prop::sample::select(vec![0, 2]), stops, late).prop_map(|(first, stops, mut late)| {
        late.insert(0, 0.0);
        Act { first, stops, late }
    })
}

/// Walks through the act at `start`. Feet are a body height apart between the members, so that nobody is hidden.
fn walk(act: &Act, member: usize, start: f64, name: String) -> Person {
    // Not so near the picture's edge that at the slowest rate stopping there cannot be told from leaving.
    let place = |stop: usize| -> f64 { [0.2, 0.5, 0.8][stop] };
    let y = 0.5 + 0.24 * member as f64;
    let mut stop = act.first;
    let start = start + act.late[member];
    // Long enough to be seen there at any rate.
    let mut path = vec![(start, place(stop), y), (start + 5.0, place(stop), y)];
    for &(step, stay) in &act.stops {
        // Never the same place twice, and outside longer than any grace.
        stop = (stop + step) % 3;
        let stay = if stop == 1 { stay } else { 22.0 };
        let (t, x, _) = path[path.len() - 1];
        let there = t + (place(stop) - x).abs() * ASPECT / (0.7 * 0.2);
        path.push((there, place(stop), y));
        path.push((there + stay, place(stop), y));
    }
    Person::new(&name, path)
}

/// One act after the other.
fn people() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(act(), 1..4).prop_map(|acts| {
        let mut start = 0.0;
        let mut people: Vec<Person> = Vec::new();
        for (index, act) in acts.iter().enumerate() {
            for member in 0..act.late.len() {
                people.push(walk(act, member, start, format!("p{index}{member}")));
            }
            start =
                people.iter().filter_map(|p| p.path.last()).map(|place| place.0).fold(0.0, f64::max) + 33.3;
        }
        people
    })
}

/// Whether two are in the yard together about as long, or apart about as short, as a crowd asks for.
fn crowd_is_doubtful(script: &Script) -> bool {
    let inside = |t: f64| {
        script.detections(t).iter().filter(|d| (0.3..=0.7).contains(&d.bounds.foot().x)).count() >= 2
    };
    let (mut length, mut together, mut doubtful, mut ever) = (0, false, false, false);
    for tenth in 0..6000 {
        if inside(f64::from(tenth) / 10.0) == together {
            length += 1;
            continue;
        }
        doubtful |= if together { length < 120 } else { ever && length < 150 };
        ever = true;
        (length, together) = (0, !together);
    }
    doubtful
}

fn by_rule(events: &[Event]) -> BTreeMap<String, Vec<&Event>> {
    let mut map: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in events {
        map.entry(event.rule.clone()).or_default().push(event);
    }
    map
}

/// The same cases on every run: a test that fails once in a thousand runs for no fault of the change at hand helps
/// nobody. `PROPTEST_RNG_SEED` looks elsewhere.
fn fixed(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20_261_123);
    }
    config
}

proptest! {
    #![proptest_config(fixed(80))]

    #[test]
    fn the_frame_rate_moves_events_by_two_gaps_at_most_and_adds_none(
        people in people(),
        rate in 1.25..25.0_f64,
        drops in prop::collection::vec(prop::bool::weighted(0.2), 64),
    ) {
        let scene = scene(ALL_RULES);
        let script = Script::of(people);
        // Never two in a row at once: then the camera would be slower than it may be.
        let dropped = |look: u32| {
            let drop = |look: u32| drops[look as usize % drops.len()];
            look > 0 && drop(look) && !drop(look - 1)
        };
        let (fine, coarse) = (script.run(&scene, 25.0), script.run_with(&scene, rate, dropped));
        let gap = 2.0 / rate;
        let without_crowd = crowd_is_doubtful(&script);
        check_same(&fine, &coarse, 2.0 * gap + 1e-6, without_crowd)?;
    }

    #[test]
    fn the_mirror_sees_the_same(people in people()) {
        let mirrored = Script::of(people.iter().map(|person| Person {
            path: person.path.iter().map(|&(t, x, y)| (t, 1.0 - x, y)).collect(),
            ..person.clone()
        }).collect());
        let zones = ALL_RULES.replace("[[0.3, 0.4], [0.3, 1.0]]", "[[0.7, 0.4], [0.7, 1.0]]");
        let here = Script::of(people).run(&scene(ALL_RULES), 5.0);
        let there = mirrored.run(&scene(&zones), 5.0);
        // 1 - x is not exact: a foot may reach a border one look earlier.
        check_same(&here, &there, 0.2 + 1e-6, false)?;
        if told(&here) == told(&there) {
            for (a, b) in here.iter().zip(&there) {
                prop_assert!((a.bounds.x - (1.0 - b.bounds.x - b.bounds.w)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn blindness_begins_and_ends_nothing(
        people in people(),
        spans in prop::collection::vec((0.0..60.0_f64, 0.2..5.0_f64), 1..6),
    ) {
        // That no event comes at a blind look is checked at every look of every script.
        let mut script = Script::of(people);
        script.blind = spans.iter().map(|&(from, length)| (from, from + length)).collect();
        let events = script.run(&scene(ALL_RULES), 5.0);
        // Somebody who stands still all the time is not interrupted by it.
        let mut watcher = Script::parse("a: 0 .1,.8 | 4 .5,.8 | 90 .5,.8");
        watcher.blind = spans.iter().map(|&(from, length)| (from + 10.0, from + length + 10.0)).collect();
        let stands = watcher.run(&scene(ALL_RULES), 5.0);
        let ends = |events: &[Event], rule: &str, phase| {
            events.iter().filter(|event| event.rule == rule && event.phase == phase).count()
        };
        for rule in ["intrusion", "loitering"] {
            prop_assert_eq!(ends(&stands, rule, Phase::Began), 1, "{}", told(&stands));
            prop_assert!(stands.iter().all(|e| e.phase != Phase::Ended || e.rule == "line_crossing" || e.at.secs() > 90.0));
        }
        for rule in ["intrusion", "loitering", "crowd"] {
            let (began, ended) = (ends(&events, rule, Phase::Began), ends(&events, rule, Phase::Ended));
            prop_assert!(began == ended || began == ended + 1, "{}", told(&events));
        }
    }

    #[test]
    fn phases_alternate_whatever_is_shown(
        looks in prop::collection::vec(
            (0_u8..8, 0.02..3.0_f64, prop::collection::vec((0.0..1.0_f64, 0.2..1.0_f64, 0.05..0.9_f64, 0.1..1.0_f32), 0..6), 0_u8..24),
            1..150,
        ),
    ) {
        let hours = format!("{ALL_RULES}armed = \"06:00-20:00\"\n");
        let mut watch = Watch::new(&scene(&hours));
        watch.set_aspect(ASPECT);
        let mut events = Vec::new();
        let mut t = 0.0;
        for (what, gap, boxes, hour) in looks {
            t += gap;
            let at = StreamTime::from_secs(t);
            let detections: Vec<Detection> = boxes
                .iter()
                .map(|&(x, y, h, score)| Detection { class: Class::Person, score, bounds: Bounds::new(x - 0.1 * h, y - h, 0.2 * h, h) })
                .collect();
            let local = LocalTime::new(Weekday::Monday, hour, 0);
            events.extend(match what {
                0 => watch.reset(at),
                1 => watch.look(at, Look::Blind, local),
                2 => watch.look(at, Look::Still, local),
                _ => watch.look(at, Look::Seen(&detections), local),
            });
        }
        let end = StreamTime::from_secs(t);
        let last = watch.reset(end);
        prop_assert!(last.iter().all(|e| e.phase == Phase::Ended && e.end_reason == Some(EndReason::StreamLost)));
        prop_assert!(watch.reset(end).is_empty() && watch.tracks().is_empty());
        events.extend(last);
        check_phases(&events)?;
    }

    #[test]
    fn the_same_looks_give_the_same_events(people in people(), rate in 1.25..25.0_f64) {
        let (scene, script) = (scene(ALL_RULES), Script::of(people));
        prop_assert_eq!(script.run(&scene, rate), script.run(&scene, rate));
    }
}

/// The same happenings, begun and ended within `tolerance` seconds. Not the updates: of two who come within one gap,
/// either both begin it or the second joins.
fn check_same(
    one: &[Event],
    other: &[Event],
    tolerance: f64,
    without_crowd: bool,
) -> Result<(), TestCaseError> {
    let (mut one, mut other) = (by_rule(one), by_rule(other));
    if without_crowd {
        one.remove("crowd");
        other.remove("crowd");
    }
    prop_assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (rule, one) in &one {
        let other = &other[rule];
        for phase in [Phase::Began, Phase::Ended] {
            let times = |events: &[&Event]| -> Vec<f64> {
                events.iter().filter(|e| e.phase == phase).map(|e| e.at.secs()).collect()
            };
            let (a, b) = (times(one), times(other));
            let near = a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= tolerance);
            prop_assert!(
                a.len() == b.len() && near,
                "{} {:?}, tolerance {}:\n{:#?}\n{:#?}",
                rule,
                phase,
                tolerance,
                lines(one),
                lines(other)
            );
        }
    }
    Ok(())
}

fn lines(events: &[&Event]) -> Vec<String> {
    events.iter().map(|event| line(event)).collect()
}

/// One `Began`, then updates, then one `Ended`, and per rule one happening at a time.
fn check_phases(events: &[Event]) -> Result<(), TestCaseError> {
    let mut open: BTreeMap<&str, &Event> = BTreeMap::new();
    let mut latest = 0;
    for event in events {
        prop_assert!(event.since <= event.at, "{event:?}");
        prop_assert!(!event.tracks.is_empty() && event.tracks.is_sorted(), "{event:?}");
        prop_assert!(event.bounds.is_sound() && (0.0..=1.0).contains(&event.score), "{event:?}");
        prop_assert_eq!(event.end_reason.is_some(), event.phase == Phase::Ended);
        let before = open.remove(event.rule.as_str());
        if event.phase == Phase::Began {
            prop_assert!(before.is_none(), "{before:?} still open at {event:?}");
            prop_assert!(event.happening > latest, "numbers grow");
            latest = event.happening;
        } else {
            let Some(before) = before else {
                return Err(TestCaseError::fail(format!("{event:?} never began")));
            };
            prop_assert_eq!((before.happening, before.since), (event.happening, event.since));
            prop_assert!(before.at <= event.at);
        }
        if event.phase != Phase::Ended {
            open.insert(&event.rule, event);
        }
    }
    prop_assert!(open.is_empty(), "never ended: {open:?}");
    Ok(())
}

/// A path straight across the yard, left to right or back.
fn crosser() -> impl Strategy<Value = (f64, bool, f64, f64)> {
    (0.5..6.0_f64, any::<bool>(), 0.55..0.98_f64, 0.6..1.3_f64)
}

proptest! {
    #![proptest_config(fixed(300))]

    #[test]
    fn paths_that_merely_cross_never_add_up(
        crossers in prop::collection::vec(crosser(), 10..40),
        noise in prop::collection::vec((-0.5..0.5_f64, -0.5..0.5_f64, prop::bool::weighted(0.1)), 251),
        rate in prop::sample::select(vec![1.25, 2.0, 5.0, 12.0]),
        clothes in prop::collection::vec(prop::option::of(0..7_usize), 40),
    ) {
        let mut start = 0.0;
        let paths = crossers.iter().enumerate().map(|(index, &(wait, right, y, speed))| {
            start += wait;
            let there = start + 1.1 * ASPECT / (speed * 0.2);
            let (from, to) = if right { (-0.05, 1.05) } else { (1.05, -0.05) };
            let path = vec![(start, from, y), (there, to, y)];
            Person { wears: clothes[index], ..Person::new(&format!("p{index}"), path) }
        });
        let script = Script::of(paths.collect());
        // The slowest walker is in the yard for 5 s; he may stand in another's light for a while.
        let rules = ALL_RULES.replace("dwell_secs = 15", "dwell_secs = 20");
        let mut watch = Watch::new(&scene(&rules));
        watch.set_aspect(ASPECT);
        let mut loitering = Vec::new();
        for look in 0..(start * rate + 20.0 * rate) as usize {
            let t = look as f64 / rate;
            let mut seen: Vec<Detection> = Vec::new();
            for (index, detection) in script.detections(t).into_iter().enumerate() {
                let (dx, dy, missed) = noise[(look * 31 + index * 17) % noise.len()];
                let mut bounds = detection.bounds;
                bounds.x += 0.04 * bounds.h * dx;
                bounds.y += 0.06 * bounds.h * dy;
                // Most of one who is behind another is not seen, and a tenth of all are missed.
                let hidden = seen.iter().any(|nearer| nearer.bounds.iou(&bounds) > 0.5);
                if !missed && !hidden && bounds.x > 0.0 && bounds.x + bounds.w < 1.0 {
                    seen.push(Detection { bounds, ..detection });
                }
            }
            let (at, facts, mut closer) = (StreamTime::from_secs(t), Facts::default(), Near { script: &script, t });
            let events = watch.look_closely(at, Look::Seen(&seen), facts, &mut closer, None);
            loitering.extend(events.into_iter().filter(|event| event.rule == "loitering"));
        }
        prop_assert!(loitering.is_empty(), "{} looks a second: {}", rate, told(&loitering));
    }
}

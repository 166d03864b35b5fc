//! Things that are left and taken: what the pixels show is written down, who is with it walks.

use crate::script::{scene, told};
use xunge_scene::facts::StaticRegion;
use xunge_scene::{
    Bounds, Class, Closer, Closeup, Detection, EndReason, Event, Facts, Look, Phase, StreamTime, Wants, Watch,
};

const LEFT: &str = "[[camera.rule.abandoned_object]]\nname = \"left\"\nunattended_secs = 6\n";
const TAKEN: &str = "[[camera.rule.removed_object]]\nname = \"taken\"\nabsent_secs = 4\n";
const RATES: [f64; 4] = [2.0, 5.0, 10.0, 25.0];
const ASPECT: f64 = 1.6;

/// Where the bag stands; people are .3 of the picture tall there.
const BAG: Bounds = Bounds::new(0.5, 0.62, 0.05, 0.08);
/// The owner's feet are here when he puts it down.
const BESIDE: f64 = 0.47;

/// A region as the background finds it, from `from` to `to`.
#[derive(Clone, Copy)]
struct Shown {
    from: f64,
    to: f64,
    region: StaticRegion,
}

fn region(added: f64, since: f64) -> StaticRegion {
    StaticRegion {
        id: 1,
        bounds: BAG,
        since: StreamTime::from_secs(since),
        added,
        score: 1.0,
        touched_secs: 2.0,
        known_secs: 20.0,
        peopled: 0.0,
        visible: true,
        steady: 1.0,
    }
}

/// A bag that comes to rest at second 6 and is found two seconds later.
fn bag(to: f64) -> Shown {
    Shown { from: 8.0, to, region: region(0.6, 6.0) }
}

/// Somebody who lies at the bag, or before it.
const BODY: Bounds = Bounds::new(0.44, 0.6, 0.16, 0.1);

/// What the turned look takes for somebody who lies there, until then.
struct LiesUntil {
    now: f64,
    until: f64,
    body: Bounds,
}

impl Closer for LiesUntil {
    fn look(&mut self, wants: &Wants) -> Closeup {
        let lies = self.now < self.until;
        let found = wants.turned.iter().filter(|_| lies).map(|place| {
            assert!(place.overlap(&BAG) > 0.99 * BAG.area(), "looks elsewhere");
            Detection { class: Class::Person, score: 0.4, bounds: self.body }
        });
        Closeup { turned: found.collect(), ..Closeup::default() }
    }
}

/// Where the feet of each person are at a time, along the row of the bag; none is away.
type Walks<'a> = &'a [&'a dyn Fn(f64) -> Option<f64>];

fn run(
    config: &str,
    rate: f64,
    walks: Walks<'_>,
    shown: &[Shown],
    blind: (f64, f64),
    lies_until: f64,
) -> Vec<Event> {
    play(config, rate, &|secs| people(walks, secs), shown, blind, (lies_until, BODY), 99.0)
}

fn people(walks: Walks<'_>, secs: f64) -> Vec<Detection> {
    let person =
        |x: f64| Detection { class: Class::Person, score: 0.8, bounds: Bounds::new(x - 0.05, 0.4, 0.1, 0.3) };
    walks.iter().filter_map(|walk| walk(secs)).map(person).collect()
}

/// The same with whatever the detector finds at a time.
fn play(
    config: &str,
    rate: f64,
    found: &dyn Fn(f64) -> Vec<Detection>,
    shown: &[Shown],
    blind: (f64, f64),
    (until, body): (f64, Bounds),
    anew_from: f64,
) -> Vec<Event> {
    let mut watch = Watch::new(&scene(config));
    watch.set_aspect(ASPECT);
    let mut events = Vec::new();
    let mut closer = LiesUntil { now: 0.0, until, body };
    for look in 0..(40.0 * rate) as u32 {
        let secs = f64::from(look) / rate;
        let at = StreamTime::from_secs(secs);
        closer.now = secs;
        if (blind.0..blind.1).contains(&secs) {
            events.extend(watch.look(at, Look::Blind, None));
            continue;
        }
        let people = found(secs);
        let regions: Vec<StaticRegion> =
            shown.iter().filter(|s| (s.from..s.to).contains(&secs)).map(|s| s.region).collect();
        let facts = Facts { regions: Some(&regions), anew: secs >= anew_from, ..Facts::default() };
        events.extend(watch.look_closely(at, Look::Seen(&people), facts, &mut closer, None));
    }
    events
}

/// Comes from the left, stands beside the bag until `leaves`, and goes on.
fn owner(leaves: f64) -> impl Fn(f64) -> Option<f64> {
    move |at| match at {
        t if t < 5.0 => Some(0.05 + (BESIDE - 0.05) * t / 5.0),
        t if t < leaves => Some(BESIDE),
        t => Some(BESIDE - 0.13 * (t - leaves)).filter(|x| *x > -0.03),
    }
}

fn never(_: f64) -> Option<f64> {
    None
}

const ALWAYS_SEEN: (f64, f64) = (90.0, 91.0);

fn left(rate: f64, walks: Walks<'_>, shown: &[Shown]) -> Vec<Event> {
    run(LEFT, rate, walks, shown, ALWAYS_SEEN, 0.0)
}

fn taken(rate: f64, shown: &[Shown]) -> Vec<Event> {
    run(TAKEN, rate, &[&owner(9.0)], shown, ALWAYS_SEEN, 0.0)
}

fn began(events: &[Event]) -> Vec<f64> {
    events.iter().filter(|e| e.phase == Phase::Began).map(|e| e.at.secs()).collect()
}

#[test]
fn a_bag_whose_owner_went_is_told_when_it_has_been_alone_and_ends_when_it_is_taken() {
    for rate in RATES {
        let events = left(rate, &[&owner(10.0)], &[bag(30.0)]);
        // he is 3 m away about a second after he set off at 10
        let began = began(&events);
        assert!(began.len() == 1 && (16.0..18.5).contains(&began[0]), "{rate}: {}", told(&events));
        assert!((events[0].since.secs() - 6.0).abs() < 0.01, "{}", told(&events));
        assert!(!events[0].tracks.is_empty(), "whose it is: {}", told(&events));
        let end = events.last().unwrap();
        assert_eq!((end.phase, end.detail), (Phase::Ended, Some("reclaimed")));
        assert!((30.0..30.8).contains(&end.at.secs()), "{rate}: {}", told(&events));
    }
}

#[test]
fn while_its_owner_or_somebody_who_lingers_is_with_it_it_is_not_alone() {
    let waits = |_: f64| Some(0.56);
    for rate in RATES {
        assert_eq!(told(&left(rate, &[&owner(90.0)], &[bag(40.0)])), "");
        assert_eq!(told(&left(rate, &[&owner(10.0), &waits], &[bag(40.0)])), "");
    }
}

#[test]
fn what_is_lost_because_everything_has_changed_was_not_taken() {
    let goes = owner(10.0);
    for (config, shown) in [(LEFT, bag(30.0)), (TAKEN, Shown { region: region(-0.6, 6.0), ..bag(30.0) })] {
        let events =
            play(config, 5.0, &|secs| people(&[&goes], secs), &[shown], ALWAYS_SEEN, (0.0, BODY), 29.9);
        let end = events.last().unwrap();
        assert_eq!((end.phase, end.end_reason, end.detail), (Phase::Ended, Some(EndReason::Cleared), None));
    }
}

#[test]
fn a_bag_that_the_detector_takes_for_somebody_does_not_look_after_itself() {
    let goes = owner(10.0);
    // as tall as somebody who squats
    let suitcase = Bounds { y: 0.53, h: 0.17, ..BAG };
    for bounds in [BAG, suitcase] {
        let mut shown = bag(40.0);
        shown.region.bounds = bounds;
        let found = |secs: f64| {
            let mut found = people(&[&goes], secs);
            found.extend((secs >= 6.0).then_some(Detection { class: Class::Person, score: 0.6, bounds }));
            found
        };
        for rate in RATES {
            let began = began(&play(LEFT, rate, &found, &[shown], ALWAYS_SEEN, (0.0, BODY), 99.0));
            assert!(began.len() == 1 && (16.0..18.5).contains(&began[0]), "{rate}: {began:?}");
        }
    }
}

#[test]
fn a_bag_of_which_first_only_a_corner_is_known_does_not_look_after_itself() {
    let goes = owner(10.0);
    let suitcase = Bounds { y: 0.53, h: 0.17, ..BAG };
    let (mut corner, mut whole) = (bag(11.0), bag(40.0));
    whole.from = 11.0;
    (corner.region.bounds, whole.region.bounds) = (Bounds { y: 0.66, h: 0.04, w: 0.03, ..BAG }, suitcase);
    let found = |secs: f64| {
        let mut found = people(&[&goes], secs);
        let bounds = suitcase;
        found.extend((secs >= 6.0).then_some(Detection { class: Class::Person, score: 0.6, bounds }));
        found
    };
    for rate in RATES {
        let events = play(LEFT, rate, &found, &[corner, whole], ALWAYS_SEEN, (0.0, BODY), 30.0);
        let began = began(&events);
        assert!(began.len() == 1 && (16.0..18.5).contains(&began[0]), "{rate}: {began:?}");
        assert_eq!(events[0].tracks.len(), 1, "{rate}: {}", told(&events));
    }
}

#[test]
fn those_who_walk_by_do_not_look_after_it() {
    let passes = |at: f64| Some(1.3 - 0.1 * at).filter(|x| (-0.03..1.03).contains(x));
    for rate in [5.0, 10.0] {
        let events = left(rate, &[&owner(8.5), &passes], &[bag(40.0)]);
        assert!(began(&events).len() == 1 && began(&events)[0] < 17.5, "{rate}: {}", told(&events));
    }
}

#[test]
fn who_walks_by_without_haste_does_not_look_after_it() {
    // near for eight seconds
    let strolls = |at: f64| Some(1.55 - 0.09 * at).filter(|x| (-0.03..1.03).contains(x));
    for rate in [5.0, 10.0] {
        let events = left(rate, &[&owner(8.5), &strolls], &[bag(40.0)]);
        assert!(began(&events).len() == 1 && began(&events)[0] < 17.5, "{rate}: {}", told(&events));
    }
}

#[test]
fn who_walks_by_and_is_found_again_at_it_is_not_its_owner() {
    let passes =
        |at: f64| Some(1.9 - 0.1 * at).filter(|x| (-0.03..0.52).contains(x) || (0.8..1.03).contains(x));
    for rate in [5.0, 10.0] {
        let events = left(rate, &[&owner(8.5), &passes], &[bag(40.0)]);
        assert!(began(&events).len() == 1 && began(&events)[0] < 17.5, "{rate}: {}", told(&events));
    }
}

#[test]
fn light_what_nobody_brought_and_what_is_no_thing_that_people_carry_is_silent() {
    let like = |change: fn(&mut StaticRegion)| {
        let mut shown = bag(40.0);
        change(&mut shown.region);
        told(&left(5.0, &[&owner(10.0)], &[shown]))
    };
    assert_ne!(like(|_| {}), "");
    assert_eq!(like(|r| r.score = 0.3), "", "light");
    assert_eq!(like(|r| r.added = -0.6), "", "it has gone");
    assert_eq!(like(|r| r.peopled = 0.6), "", "somebody who stands still");
    assert_eq!(like(|r| r.steady = 0.5), "", "it moves");
    assert_eq!(like(|r| r.visible = false), "", "nobody sees it");
    assert_eq!(like(|r| r.bounds = Bounds::new(0.5, 0.4, 0.2, 0.3)), "", "as tall as people");
    assert_eq!(like(|r| r.bounds = Bounds::new(0.5, 0.69, 0.1, 0.01)), "", "a crack in the ground");
    let mut alone = bag(40.0);
    alone.region.touched_secs = 0.0;
    assert_eq!(told(&left(5.0, &[&never], &[alone])), "", "nothing comes by itself");
}

#[test]
fn somebody_who_lies_there_is_no_thing() {
    for rate in RATES {
        let lies = run(LEFT, rate, &[&owner(10.0)], &[bag(40.0)], ALWAYS_SEEN, 90.0);
        assert_eq!(told(&lies), "", "{rate}");
        // he gets up and leaves his bag
        let events = run(LEFT, rate, &[&owner(10.0)], &[bag(40.0)], ALWAYS_SEEN, 20.0);
        assert!(
            began(&events).len() == 1 && (20.0..27.5).contains(&began(&events)[0]),
            "{rate}: {}",
            told(&events)
        );
        // he stands out in two pieces, each but a small part of him
        let body = Bounds::new(0.40, 0.56, 0.24, 0.16);
        let legs = Bounds::new(0.56, 0.62, 0.05, 0.09);
        let piece = Shown { region: StaticRegion { id: 2, bounds: legs, ..bag(40.0).region }, ..bag(40.0) };
        let found = |secs| people(&[&owner(10.0)], secs);
        let lies = play(LEFT, rate, &found, &[bag(40.0), piece], ALWAYS_SEEN, (90.0, body), 99.0);
        assert_eq!(told(&lies), "", "{rate}");
        // the bag, turned, looks like somebody of its own size, or all of the ground around it like one
        let walks: Walks<'_> = &[&owner(10.0)];
        for body in [BAG, Bounds::new(0.4, 0.5, 0.25, 0.3)] {
            let found = |secs| people(walks, secs);
            let events = play(LEFT, rate, &found, &[bag(40.0)], ALWAYS_SEEN, (90.0, body), 99.0);
            assert_eq!(began(&events).len(), 1, "{rate}: {}", told(&events));
        }
    }
}

#[test]
fn what_stood_there_and_was_taken_is_told_and_ends_when_it_is_back() {
    let gone = |to: f64| Shown { from: 9.0, to, region: region(-0.6, 7.0) };
    for rate in RATES {
        let events = taken(rate, &[gone(25.0)]);
        assert!(
            began(&events).len() == 1 && (11.0..11.6).contains(&began(&events)[0]),
            "{rate}: {}",
            told(&events)
        );
        let end = events.last().unwrap();
        assert_eq!((end.phase, end.detail), (Phase::Ended, Some("returned")));
        assert_eq!(told(&taken(rate, &[gone(10.5)])), "", "picked up and put back");
    }
}

#[test]
fn who_walks_away_light_and_what_was_hardly_there_are_not_taken_things() {
    let like = |change: fn(&mut StaticRegion)| {
        let mut shown = Shown { from: 9.0, to: 40.0, region: region(-0.6, 7.0) };
        change(&mut shown.region);
        told(&taken(5.0, &[shown]))
    };
    assert_ne!(like(|_| {}), "");
    assert_eq!(like(|r| r.peopled = 0.5), "", "a person stood there");
    assert_eq!(like(|r| r.score = 0.3), "", "light");
    assert_eq!(like(|r| r.added = 0.6), "", "it has come");
    assert_eq!(like(|r| r.known_secs = 1.0), "", "it had only just come");
    assert_eq!(like(|r| r.touched_secs = 0.0), "", "nobody was there");
}

#[test]
fn blind_looks_begin_and_end_nothing_and_a_zone_is_heeded() {
    for rate in [5.0, 10.0] {
        // a second after he has gone nobody can look for ten
        let events = run(LEFT, rate, &[&owner(10.0)], &[bag(35.0)], (13.0, 23.0), 0.0);
        assert!(
            began(&events).len() == 1 && (23.0..29.0).contains(&began(&events)[0]),
            "{rate}: {}",
            told(&events)
        );
        let open = run(LEFT, rate, &[&owner(10.0)], &[bag(40.0)], (20.0, 36.0), 0.0);
        assert!(open.iter().all(|e| e.end_reason != Some(EndReason::Cleared)), "{}", told(&open));
    }
    let zone = "[camera.zone]\nfar = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]\n";
    let elsewhere = format!("{zone}{LEFT}zone = \"far\"\n");
    assert_eq!(told(&run(&elsewhere, 5.0, &[&owner(10.0)], &[bag(40.0)], ALWAYS_SEEN, 0.0)), "");
}

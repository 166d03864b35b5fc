//! What counts mean: by examples, by laws that hold for any cases, and by files that are compared whole.

mod files;
mod laws;
mod made;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::count::{Counts, Rate, Rates};
use super::falses::{SourceRow, false_alarms};
use super::load::{Busy, Hour, LoadRows, flooded, load};
use super::times::{Took, times};
use crate::case::Rules;
use crate::case::{Reason, Stage, State, Verdict};
use crate::org::{Calendar, Region};
use made::{alike, source};

fn shanghai() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

fn limits() -> [crate::case::Limits; 4] {
    Rules::usual(Calendar::new(shanghai(), [])).limits
}

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

#[test]
fn each_word_counts_what_it_says() {
    let real = Some(Verdict::Real);
    let mut closed_late = alike(State::Closed, real);
    closed_late.late.insert(Stage::Handle);
    let mut late_check = alike(State::Closed, real);
    late_check.late.insert(Stage::Check);
    let mut overdue = alike(State::Handling, real);
    overdue.late.insert(Stage::Handle);
    let mut done_late = alike(State::Checking, real);
    done_late.late.insert(Stage::Handle);
    done_late.handled = true;
    let mut paused = alike(State::Suspended, real);
    paused.late.insert(Stage::Handle);
    let mut reworked = alike(State::Handling, real);
    reworked.reworked = true;
    let mut returned = alike(State::Filed, real);
    (returned.dispatched, returned.returned) = (true, true);
    let mut duplicate = alike(State::Rejected, Some(Verdict::FalseAlarm));
    duplicate.reason = Some(Reason::Duplicate);
    let mut animal = alike(State::Rejected, Some(Verdict::FalseAlarm));
    animal.reason = Some(Reason::Animal);
    let mut foreign = alike(State::Rejected, Some(Verdict::FalseAlarm));
    foreign.reason = Some(Reason::Foreign);
    let all = [
        alike(State::Closed, real),
        closed_late,
        late_check,
        overdue,
        done_late,
        paused,
        reworked,
        returned,
        duplicate,
        animal,
        foreign,
        alike(State::Rejected, Some(Verdict::Missed)),
        alike(State::Verifying, None),
        alike(State::Merged, real),
        alike(State::Void, real),
    ];
    let counts = Counts::of_all(&all);
    let wanted = Counts {
        reported: 14,
        filed: 8,
        due: 6,
        closed: 3,
        closed_in_time: 2,
        overdue: 1,
        handled: 5,
        reworked: 1,
        dispatched: 1,
        returned: 1,
        duplicates: 2,
        judged: 10,
        false_alarms: 1,
        missed: 1,
        undecided: 1,
    };
    assert_eq!(counts, wanted);
    let rates = Rates::from(counts);
    assert_eq!(rates.closed_in_time, Rate { of: 2, all: 6, share: Some(2.0 / 6.0) });
    assert_eq!(Rates::from(Counts::default()).closed.share, None, "there is no share of nothing");
}

#[test]
fn a_deadline_is_kept_or_not_only_where_there_is_one() {
    let mut one = alike(State::Closed, Some(Verdict::Real));
    (one.taken, one.dispatched, one.handled, one.cases) = (true, true, true, 9);
    let mut late = one.clone();
    (late.late, late.cases) = ([Stage::Handle, Stage::Ack].into(), 1);
    let mut easy = one.clone();
    (easy.severity, easy.cases) = (4, 100);
    let took = Took { stage: Stage::Ack, cases: 110, median_us: 30_500_000, p90_us: 60_000_000 };
    let all = times(&[one, late, easy], &[took], &limits());
    let of = |stage: Stage| all.iter().find(|time| time.stage == stage).unwrap();
    assert_eq!((of(Stage::Ack).kept.of, of(Stage::Ack).kept.all), (109, 110));
    assert_eq!((of(Stage::Ack).median_secs, of(Stage::Ack).p90_secs), (Some(30.5), Some(60.0)));
    assert_eq!(
        (of(Stage::Verify).kept.of, of(Stage::Verify).kept.all),
        (10, 10),
        "P4 need not be verified in time"
    );
    assert_eq!((of(Stage::Handle).kept.of, of(Stage::Handle).kept.all), (109, 110));
    let arrive = of(Stage::Arrive);
    assert_eq!((arrive.kept.all, arrive.kept.share, arrive.median_secs), (0, None, None), "nobody arrived");
}

#[test]
fn the_worst_camera_is_the_one_that_costs_the_room_most() {
    let false_for =
        |camera: &str, reason, cases| source(camera, "r", Some(Verdict::FalseAlarm), Some(reason), cases);
    let rows = [
        false_for("a", Reason::Animal, 3),
        false_for("a", Reason::Light, 5),
        source("a", "r", Some(Verdict::Real), None, 92),
        false_for("b", Reason::Foliage, 8),
        false_for("b", Reason::Duplicate, 50),
        source("b", "r", Some(Verdict::Missed), None, 7),
        false_for("c", Reason::Foreign, 4),
        source("d", "r", None, None, 4),
    ];
    let found = false_alarms(&rows);
    assert_eq!((found.all.of, found.all.all), (16, 112));
    let order: Vec<_> = found
        .worst
        .iter()
        .map(|one| (one.camera.as_str(), one.false_alarms.of, one.false_alarms.all))
        .collect();
    assert_eq!(order, [("b", 8, 8), ("a", 8, 100)], "as many, of fewer");
    let why: Vec<_> = found.worst[1].reasons.iter().map(|one| (one.reason, one.cases)).collect();
    assert_eq!(why, [(Reason::Light, 5), (Reason::Animal, 3)]);
}

fn busy(buckets: &[(i64, u64)]) -> Vec<Busy> {
    let room = region("420502001001");
    buckets
        .iter()
        .map(|(bucket, alarms)| Busy { room: room.clone(), bucket: *bucket, alarms: *alarms })
        .collect()
}

#[test]
fn a_flood_begins_above_ten_and_ends_below_five() {
    let of = |buckets: &[(i64, u64)]| flooded(&busy(buckets));
    assert_eq!(of(&[(1, 10), (2, 9)]), 0, "ten are no flood yet");
    assert_eq!(of(&[(1, 11), (2, 5), (3, 5)]), 3, "it goes on with five");
    assert_eq!(of(&[(1, 11), (3, 9)]), 1, "ten quiet minutes end it");
    assert_eq!(of(&[(1, 9), (2, 11), (3, 7), (5, 6), (9, 20)]), 3);
}

#[test]
fn the_load_stands_beside_its_figures() {
    // one day on the wall: 144 times ten minutes
    let from: Timestamp = "2026-11-22T16:00:00Z".parse().unwrap();
    let until: Timestamp = "2026-11-23T16:00:00Z".parse().unwrap();
    let (one, two) = (region("420502001001"), region("420502001002"));
    let bucket = from.as_second() / 600 + 3;
    let rows = LoadRows {
        rooms: [one.clone(), two].into(),
        severities: vec![(one.clone(), 1, 10), (one.clone(), 2, 30), (one.clone(), 3, 160)],
        peaks: vec![(one.clone(), 12)],
        busy: vec![
            Busy { room: one.clone(), bucket, alarms: 12 },
            Busy { room: one.clone(), bucket: bucket + 1, alarms: 6 },
        ],
        hours: vec![Hour { hour: from.as_second() / 3600, alarms: 200, busiest: 12 }],
        stale: vec![(one.clone(), 20_780, 5), (one.clone(), 20_781, 2)],
        ..LoadRows::default()
    };
    let sources: Vec<SourceRow> =
        (0..250).map(|n| source(&format!("c{n}"), "r", None, None, if n < 10 { 2 } else { 1 })).collect();
    let load = load(&rows, &sources, (from, until), &shanghai(), |_| None);
    let figures = &load.figures;
    assert_eq!((load.rooms, load.alarms, load.priorities), (2, 200, [10, 30, 160, 0]));
    assert_eq!(figures.average.value, Some(200.0 / 288.0));
    assert_eq!((figures.average.met, figures.peak.met), (Some(true), Some(false)));
    assert_eq!((load.flood.of, load.flood.all, figures.flood.met), (2, 288, Some(true)));
    assert_eq!((figures.high.met, figures.medium.met), (Some(true), Some(true)), "exactly 5 % and 15 %");
    assert_eq!((figures.stale.value, figures.stale.met), (Some(5.0), Some(false)));
    assert_eq!((figures.chattering.value, figures.chattering.met), (Some(0.0), Some(true)));
    assert_eq!((load.sources, figures.top.value, figures.top.met), (250, Some(20.0 / 260.0), Some(false)));
    let room = &load.by_room[0];
    assert_eq!((&room.region, room.alarms), (&one, 200));
    assert_eq!(room.figures.average.met, Some(false), "a calm room next door helps nobody");
    assert_eq!(room.figures.flood.met, Some(false));
    let quiet = &load.by_room[1];
    assert_eq!((quiet.figures.average.value, quiet.figures.high.value), (Some(0.0), None));
    assert_eq!(load.days.len(), 1);
    assert_eq!(
        (load.days[0].day.to_string().as_str(), load.days[0].alarms, load.days[0].peak),
        ("2026-11-23", 200, 12)
    );
}

#[test]
fn a_few_sources_are_not_judged_by_their_ten_most_frequent() {
    let from = Timestamp::UNIX_EPOCH;
    let sources = [source("a", "r", None, None, 5)];
    let rows = LoadRows { severities: vec![(region("420502001001"), 3, 5)], ..LoadRows::default() };
    let until = from + jiff::SignedDuration::from_hours(1);
    let load = load(&rows, &sources, (from, until), &shanghai(), |_| None);
    assert_eq!((load.figures.top.value, load.figures.top.met), (Some(1.0), None));
    let ahead = super::load::load(&rows, &sources, (until, until), &shanghai(), |_| None);
    assert_eq!((ahead.figures.average.value, ahead.days.len()), (None, 0), "nothing has passed yet");
}

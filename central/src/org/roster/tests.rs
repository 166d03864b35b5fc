use jiff::civil::{date, time};
use proptest::prelude::*;

use super::*;

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

fn duty(user: &str, role: Role, code: &str, hours: (i8, i8)) -> Duty {
    Duty {
        user: user.into(),
        role,
        region: region(code),
        from: date(2026, 11, 1),
        until: date(2026, 11, 30),
        weekdays: Weekdays::all(),
        start: time(hours.0, 0, 0, 0),
        end: time(hours.1, 0, 0, 0),
        behaviors: Vec::new(),
        place: 1,
    }
}

fn at(day: i8, hour: i8) -> Timestamp {
    date(2026, 11, day).at(hour, 0, 0, 0).to_zoned(zone()).unwrap().timestamp()
}

#[test]
fn weekdays_are_read_as_people_write_them() {
    assert_eq!(Vec::from(Weekdays::parse("1-5").unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(Vec::from(Weekdays::parse("7，1-2").unwrap()), [1, 2, 7]);
    for text in ["", "0", "8", "5-1", "x", "1-", "128"] {
        assert_eq!(Weekdays::parse(text), None, "{text}");
    }
}

#[test]
fn a_night_shift_goes_on_into_the_morning_after_its_last_day() {
    let mut night = duty("wang", Role::Operator, "420502001001", (20, 8));
    night.until = date(2026, 11, 10);
    night.weekdays = Weekdays::new([2]).unwrap();
    // 2026-11-10 is a Tuesday
    assert_eq!(night.on_shift(at(10, 19), &zone()), None);
    assert_eq!(night.on_shift(at(10, 20), &zone()).map(|(_, until)| until), Some(at(11, 8)));
    assert_eq!(night.on_shift(at(11, 7), &zone()).map(|(_, until)| until), Some(at(11, 8)));
    assert_eq!(night.on_shift(at(11, 8), &zone()), None);
    assert_eq!(night.on_shift(at(11, 20), &zone()), None, "no Tuesday any more");
    night.end = night.start;
    assert_eq!(
        night.on_shift(at(11, 19), &zone()).map(|(_, until)| until),
        Some(at(11, 20)),
        "round the clock"
    );
}

#[test]
fn the_nearest_comes_first_and_then_the_order() {
    let mut second = duty("b", Role::GridWorker, "420502001001001", (0, 0));
    second.place = 2;
    let fire =
        Duty { behaviors: vec!["crowd".into()], ..duty("c", Role::GridWorker, "420502001001001", (0, 0)) };
    let roster = Roster::new(
        zone(),
        [
            duty("street", Role::GridWorker, "420502001", (0, 0)),
            second,
            duty("z", Role::GridWorker, "420502001001001", (0, 0)),
            fire,
            duty("elsewhere", Role::GridWorker, "420502001001002", (0, 0)),
            duty("guard", Role::Operator, "420502001001", (0, 0)),
        ],
        [],
    );
    let names = |behavior: Option<&str>| -> Vec<String> {
        let on = roster.on_duty(&region("420502001001001"), &[Role::GridWorker], behavior, at(5, 12));
        on.into_iter().map(|on| on.duty.user.clone()).collect()
    };
    assert_eq!(names(Some("fall")), ["z", "b", "street"]);
    assert_eq!(names(Some("crowd")), ["c", "z", "b", "street"]);
    assert_eq!(names(None).len(), 4);
    assert_eq!(roster.on_duty(&region("420502001001001"), &[], None, at(5, 12)).len(), 5);
    let handler = roster.handler(&region("420502001001001"), "fall", at(5, 12));
    assert_eq!(handler, Some((region("420502001001001"), Some("z".into()))));
    assert_eq!(
        roster.handler(&region("420502001001001"), "fall", at(1, 0) - 1.second()),
        None,
        "before the rota"
    );
}

#[test]
fn without_a_rota_the_regions_own_people_are_sent_and_nobody_far_away() {
    let workers = [Some(region("420502001001")), Some(region("420502002")), None];
    let roster = Roster::new(zone(), [], workers);
    let sent = |code: &str| roster.handler(&region(code), "fall", at(5, 12));
    assert_eq!(sent("420502001001007"), Some((region("420502001001"), None)));
    assert_eq!(sent("420502002001007"), None);
}

#[test]
fn whoever_was_called_is_not_called_again() {
    let second = Duty { place: 2, ..duty("li", Role::Operator, "420502001001", (0, 0)) };
    let roster = Roster::new(
        zone(),
        [
            duty("wang", Role::Operator, "420502001001", (0, 0)),
            second,
            duty("chen", Role::Acceptor, "420502001001", (8, 18)),
            duty("zhao", Role::Supervisor, "420502", (0, 0)),
        ],
        [],
    );
    let grid = region("420502001001001");
    let next = |level, called: &[&str], hour| {
        roster.next(&grid, level, "fall", &called.iter().copied().collect(), at(5, hour))
    };
    assert_eq!(next(Level::Grid, &[], 3).as_deref(), Some("wang"));
    assert_eq!(next(Level::Grid, &["wang"], 3).as_deref(), Some("li"));
    assert_eq!(next(Level::Grid, &["wang", "li"], 3), None);
    assert_eq!(next(Level::Community, &[], 3), None, "nobody is there at night");
    assert_eq!(next(Level::Community, &[], 9).as_deref(), Some("chen"));
    assert_eq!(next(Level::Street, &[], 9), None);
    assert_eq!(next(Level::District, &[], 9).as_deref(), Some("zhao"));
}

#[test]
fn nonsense_is_refused() {
    let good = duty("wang", Role::Operator, "420502001001", (8, 20));
    assert_eq!(good.check(), Ok(()));
    assert_eq!(Duty { until: date(2026, 10, 1), ..good.clone() }.check(), Err(BadDuty::Backwards));
    assert_eq!(Duty { until: date(2062, 11, 1), ..good.clone() }.check(), Err(BadDuty::TooLong));
    assert_eq!(Duty { place: 0, ..good.clone() }.check(), Err(BadDuty::BadPlace));
    assert!(serde_json::from_value::<Weekdays>(serde_json::json!([])).is_err());
    let json = serde_json::to_value(&good).unwrap();
    assert_eq!(serde_json::from_value::<Duty>(json).unwrap(), good);
}

proptest! {
    /// Two shifts that follow on each other leave nobody out: at each moment exactly one is on.
    #[test]
    fn day_and_night_make_a_whole_day(minute in 0_i64..60 * 24 * 28, change in 1_i8..23) {
        let day = duty("day", Role::Operator, "420502001001", (change, 23));
        let night = duty("night", Role::Operator, "420502001001", (23, change));
        let moment = at(2, 0).checked_add(minute.minutes()).unwrap();
        let on = [&day, &night].iter().filter(|duty| duty.on_shift(moment, &zone()).is_some()).count();
        prop_assert_eq!(on, 1);
    }
}

//! How urgent something is here.

use super::*;
use crate::org::PlaceKind;

fn assess(behavior: &str, said: Severity, place: Option<PlaceKind>, since: i64) -> (u8, Vec<Because>) {
    let mut one = alert(1, behavior, since, since + 1);
    one.severity = said;
    let region = Region::parse("420502001001001").unwrap();
    Ground::new().raises.assess(&one, place, &region)
}

#[test]
fn a_fall_where_old_people_live_is_of_the_first_urgency() {
    let place = PlaceKind::ElderlyCare;
    assert_eq!(assess("fall", Severity::P3, Some(place), 0), (1, vec![Because::Place { place }]));
    assert_eq!(assess("fall", Severity::P3, Some(PlaceKind::Square), 0), (3, vec![]));
    assert_eq!(assess("fall", Severity::P1, Some(place), 0), (1, vec![]), "more than that there is not");
}

#[test]
fn whoever_climbs_into_a_school_at_night_is_more_than_a_trespasser() {
    let night = 14 * 3600; // midnight
    let place = PlaceKind::School;
    let both = vec![Because::Place { place }, Because::Hour];
    assert_eq!(assess("intrusion", Severity::P2, Some(place), night), (1, both));
    assert_eq!(assess("intrusion", Severity::P2, Some(place), 0), (2, vec![]), "at ten in the morning");
    for (since, raised) in
        [(12 * 3600, true), (12 * 3600 - 1, false), (20 * 3600 - 1, true), (20 * 3600, false)]
    {
        assert_eq!(assess("intrusion", Severity::P2, Some(place), since).0 == 1, raised, "{since}");
    }
}

#[test]
fn in_a_period_everything_in_its_region_is_more_serious() {
    let mut ground = Ground::new();
    let period = |region: &str| Period {
        name: "国庆安保".into(),
        region: Region::parse(region).unwrap(),
        from_utc: at(0),
        until_utc: at(100),
    };
    ground.raises.periods = vec![period("420502")];
    let region = Region::parse("420502001001001").unwrap();
    let at_time = |ground: &Ground, since| {
        ground.raises.assess(&alert(1, "loitering", since, since + 1), None, &region)
    };
    assert_eq!(at_time(&ground, 0), (1, vec![Because::Period { name: "国庆安保".into() }]));
    assert_eq!(at_time(&ground, 100).0, 2);
    ground.raises.periods = vec![period("420503")];
    assert_eq!(at_time(&ground, 0).0, 2);
}

#[test]
fn a_test_shows_what_the_rule_does_and_nothing_else() {
    let mut test = alert(1, "fall", 0, 1);
    test.test = true;
    test.severity = Severity::P4;
    let region = Region::parse("420502001001").unwrap();
    assert_eq!(Ground::new().raises.assess(&test, Some(PlaceKind::ElderlyCare), &region), (4, vec![]));
}

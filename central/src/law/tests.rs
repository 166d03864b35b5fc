use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::approval::{Course, Kind, Objection, Standing, answerable, over};
use super::keep::{Root, cutoff, due, last_night, next_night};
use super::ledger::{Entry, hash};
use super::tidy;
use super::view::{Terminal, hour_end};
use crate::case::guard::{Actor, Post, Role};
use crate::org::Region;

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8)))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn an_hour_is_one_of_the_wall_clock() {
    assert_eq!(hour_end(at("2026-11-23T03:20:00Z"), &shanghai()), at("2026-11-23T04:00:00Z"));
    assert_eq!(hour_end(at("2026-11-23T04:00:00Z"), &shanghai()), at("2026-11-23T05:00:00Z"));
    let half = TimeZone::fixed(jiff::tz::Offset::from_seconds(5 * 3600 + 1800).unwrap());
    assert_eq!(hour_end(at("2026-11-23T03:20:00Z"), &half), at("2026-11-23T03:30:00Z"));
}

#[test]
fn the_night_is_at_three_and_a_missed_one_is_made_up_for() {
    let zone = shanghai();
    // 10:00 in Shanghai
    let morning = at("2026-11-23T02:00:00Z");
    assert_eq!(last_night(morning, &zone), at("2026-11-22T19:00:00Z"));
    assert_eq!(next_night(morning, &zone), at("2026-11-23T19:00:00Z"));
    assert_eq!(last_night(at("2026-11-22T18:59:59Z"), &zone), at("2026-11-21T19:00:00Z"));
    assert!(due(morning, None, &zone));
    assert!(due(morning, Some(at("2026-11-22T18:00:00Z")), &zone));
    assert!(!due(morning, Some(at("2026-11-22T19:00:01Z")), &zone));
}

#[test]
fn the_root_is_of_every_part_and_of_the_order() {
    let root = |list: &[(&str, u64, i64, &str)]| {
        let mut root = Root::default();
        for (sha256, bytes, us, belonged) in list {
            root.add(sha256, *bytes, *us, belonged);
        }
        root.end()
    };
    let usual = root(&[("a", 1, 2, "[]"), ("b", 3, 4, "[]")]);
    for other in [
        root(&[("b", 3, 4, "[]"), ("a", 1, 2, "[]")]),
        root(&[("a", 1, 2, "[]")]),
        root(&[("a", 1, 2, "[]"), ("b", 3, 4, "[1]")]),
        root(&[("a", 1, 2, "[]"), ("b", 3, 5, "[]")]),
        root(&[("a", 1, 2, "[]"), ("b", 4, 4, "[]")]),
    ] {
        assert_ne!(other, usual);
    }
}

#[test]
fn every_part_of_an_entry_counts() {
    let entry = Entry {
        prev_hash: "0",
        seq: 1,
        utc_us: 5,
        kind: "viewed",
        actor: "wang",
        region: "4205",
        about: "x",
        code: "handling",
        body: "{}",
    };
    for variant in [
        Entry { prev_hash: "1", ..entry },
        Entry { seq: 2, ..entry },
        Entry { utc_us: 6, ..entry },
        Entry { kind: "viewe", actor: "dwang", ..entry },
        Entry { region: "42050", ..entry },
        Entry { about: "y", ..entry },
        Entry { code: "checking", ..entry },
        Entry { body: "{ }", ..entry },
    ] {
        assert_ne!(hash(&variant), hash(&entry), "{variant:?}");
    }
}

fn person(name: &str, role: Role, region: Option<&str>) -> Actor {
    let region = region.map(|code| Region::parse(code).unwrap());
    Actor { name: name.into(), posts: vec![Post { role, region }] }
}

#[test]
fn only_another_person_over_all_of_it_agrees() {
    let here = [Region::parse("420502001001").unwrap()];
    let both = [here[0].clone(), Region::parse("420503001001").unwrap()];
    let li = person("li", Role::Supervisor, Some("420502"));
    let ask = |actor: &Actor, regions: &[Region], by: &str, standing| {
        answerable(actor, Kind::BulkExport, regions, by, standing)
    };
    assert_eq!(ask(&li, &here, "wang", Standing::Waiting), Ok(()));
    assert_eq!(ask(&li, &here, "li", Standing::Waiting), Err(Objection::Own));
    assert_eq!(ask(&li, &both, "wang", Standing::Waiting), Err(Objection::Post));
    assert_eq!(ask(&li, &[], "wang", Standing::Waiting), Err(Objection::Post));
    assert_eq!(ask(&li, &here, "wang", Standing::Over), Err(Objection::Late));
    let acceptor = person("zhao", Role::Acceptor, None);
    assert_eq!(ask(&acceptor, &here, "wang", Standing::Waiting), Err(Objection::Post));
    assert!(over(&person("admin", Role::Admin, None), Kind::EarlyPurge.askers(), &[]));
}

proptest! {
    /// Whatever happens to a request, it can be used only after somebody agreed, once, and within its time.
    #[test]
    fn a_request_is_usable_only_while_it_is_agreed_and_fresh(
        asked in 0_i64..100_000, answer in proptest::option::of((0_i64..200_000, any::<bool>())),
        used in proptest::option::of(0_i64..200_000), now in 0_i64..400_000,
    ) {
        let moment = |secs: i64| Timestamp::from_second(secs).unwrap();
        let course = Course {
            asked_utc: moment(asked),
            answered: answer.map(|(secs, agreed)| (moment(secs), agreed)),
            used_utc: used.map(moment),
        };
        if course.at(moment(now)) == Standing::Agreed {
            let (secs, agreed) = answer.unwrap();
            prop_assert!(agreed && used.is_none() && now - secs < 24 * 3600);
        }
        if course.at(moment(now)) == Standing::Waiting {
            prop_assert!(answer.is_none() && now - asked < 24 * 3600);
        }
    }

    /// The nights come once a day, and the next one is always ahead.
    #[test]
    fn the_next_night_is_ahead_and_the_last_one_is_not(secs in 0_i64..4_000_000_000) {
        let (now, zone) = (Timestamp::from_second(secs).unwrap(), shanghai());
        let (last, next) = (last_night(now, &zone), next_night(now, &zone));
        prop_assert!(last <= now && now < next);
        prop_assert!(next.duration_since(last) <= SignedDuration::from_hours(25));
        prop_assert!(cutoff(now, 30) < now);
    }
}

#[test]
fn words_of_people_are_made_harmless() {
    assert_eq!(tidy("  处置 "), Some("处置".into()));
    assert_eq!(tidy(" \t"), None);
    assert_eq!(tidy("a\u{0}b"), None);
    assert_eq!(tidy(&"字".repeat(501)), None);
    let terminal = Terminal::new("10.0.0.5", &format!("Mozilla\r\n{}", "x".repeat(200)));
    assert_eq!((terminal.agent.chars().count(), terminal.agent.contains('\n')), (80, false));
}

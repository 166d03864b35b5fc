use proptest::prelude::*;

use super::*;
use crate::case::number::zone;

fn calendar() -> Calendar {
    Calendar::new(zone("Asia/Shanghai").unwrap(), notice_2026())
}

/// A moment by the clock on the wall in Shanghai.
fn at(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().unwrap()
}

fn hours(n: f64) -> Span {
    Span::Working(n * 3600.0)
}

#[test]
fn deadlines_skip_nights_lunch_weekends_and_holidays() {
    let calendar = calendar();
    for (from, span, due) in [
        // Friday 2026-11-27
        ("2026-11-27T09:00", hours(1.0), "2026-11-27T10:00"),
        ("2026-11-27T11:30", hours(1.0), "2026-11-27T14:30"),
        ("2026-11-27T12:30", hours(1.0), "2026-11-27T15:00"),
        ("2026-11-27T17:00", hours(2.0), "2026-11-30T09:00"),
        ("2026-11-27T17:00", hours(8.0), "2026-11-30T17:00"),
        ("2026-11-28T03:00", hours(8.0), "2026-11-30T18:00"),
        // before the spring festival: Saturday the 14th is worked, nothing up to the 23rd
        ("2026-02-13T17:00", hours(2.0), "2026-02-14T09:00"),
        ("2026-02-14T17:30", hours(1.0), "2026-02-24T08:30"),
        ("2026-09-30T16:00", hours(16.0), "2026-10-09T16:00"),
        ("2026-10-09T16:00", hours(4.0), "2026-10-10T10:00"),
        ("2026-11-27T17:00", Span::Continuous(7200.0), "2026-11-27T19:00"),
    ] {
        assert_eq!(calendar.after(at(from), span), at(due), "{from} + {span:?}");
    }
}

#[test]
fn a_year_without_its_notice_is_told_in_time() {
    let calendar = calendar();
    assert_eq!(calendar.missing_years(at("2026-10-31T23:59")), Vec::<i16>::new());
    assert_eq!(calendar.missing_years(at("2026-11-01T00:00")), [2027]);
    assert_eq!(calendar.missing_years(at("2027-03-01T00:00")), [2027]);
    assert!(calendar.knows(2026) && !calendar.knows(2027));
}

#[test]
fn the_notice_of_2026_has_33_free_days_and_6_worked_weekends() {
    let days = notice_2026();
    let off = days.iter().filter(|day| day.kind == DayKind::Off).count();
    assert_eq!((off, days.len() - off), (33, 6));
    let calendar = calendar();
    for day in days.iter().filter(|day| day.kind == DayKind::Work) {
        assert!(matches!(day.date.weekday(), Weekday::Saturday | Weekday::Sunday), "{}", day.date);
        assert!(calendar.is_workday(day.date));
    }
}

#[test]
fn an_eternity_ends_at_the_horizon() {
    let from = at("2026-11-27T09:00");
    assert!(calendar().after(from, Span::Working(1e12)) > from);
    assert_eq!(calendar().after(from, Span::Continuous(1e300)), Timestamp::MAX);
}

proptest! {
    #[test]
    fn what_passes_until_a_deadline_is_the_span(minute in 0_i64..525_000, secs in 0_u32..400_000) {
        let calendar = calendar();
        let from = at("2026-01-01T00:00").checked_add(minute.minutes()).unwrap();
        let span = Span::Working(f64::from(secs));
        let due = calendar.after(from, span);
        prop_assert!(due >= from);
        prop_assert!((calendar.between(from, due, span) - f64::from(secs)).abs() < 1e-3);
    }

    #[test]
    fn later_starts_never_end_earlier(minute in 0_i64..500_000, more in 0_i64..5_000, secs in 0_u32..100_000) {
        let calendar = calendar();
        let from = at("2026-01-01T00:00").checked_add(minute.minutes()).unwrap();
        let later = from.checked_add(more.minutes()).unwrap();
        let span = Span::Working(f64::from(secs));
        prop_assert!(calendar.after(from, span) <= calendar.after(later, span));
    }
}

//! What holds for any cases.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::region;
use crate::case::{Reason, Stage, State, Verdict};
use crate::org::Level;
use crate::report::count::{Alike, Counts, Rate, Rates};
use crate::report::csv::harmless;
use crate::report::load::{Busy, FLOOD_BEGINS, FLOOD_ENDS, flooded};
use crate::report::region_rows;

fn any_alike() -> impl Strategy<Value = Alike> {
    let regions =
        ["420502001001001", "420502001001002", "420502001002001", "420502002001", "420503001001007"];
    let verdicts = [None, Some(Verdict::Real), Some(Verdict::FalseAlarm), Some(Verdict::Missed)];
    let reasons: Vec<Option<Reason>> = Reason::ALL.into_iter().map(Some).chain([None]).collect();
    (
        select(regions.to_vec()),
        1_u8..=4,
        select(&State::ALL),
        select(verdicts.to_vec()),
        select(reasons),
        btree_set(select(&Stage::ALL), 0..4),
        any::<[bool; 6]>(),
        1_u64..50,
    )
        .prop_map(|(code, severity, state, verdict, reason, late, flags, cases)| {
            let [taken, dispatched, arrived, handled, reworked, returned] = flags;
            Alike {
                region: region(code),
                severity,
                state,
                verdict,
                reason,
                late,
                taken,
                dispatched,
                arrived,
                handled,
                reworked,
                returned,
                cases,
            }
        })
}

proptest! {
    #[test]
    fn no_part_is_more_than_its_whole(all in vec(any_alike(), 0..30)) {
        let counts = Counts::of_all(&all);
        let Rates { filed, closed, closed_in_time, overdue, reworked, returned, duplicates, false_alarms, missed } =
            counts.into();
        for rate in [filed, closed, closed_in_time, overdue, reworked, returned, duplicates, false_alarms, missed] {
            prop_assert!(rate.of <= rate.all, "{rate:?}");
            prop_assert_eq!(rate.share.is_some(), rate.all > 0);
            prop_assert!(rate.share.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        prop_assert!(counts.closed_in_time <= counts.closed);
        prop_assert!(counts.closed + counts.overdue <= counts.due);
        prop_assert!(counts.due <= counts.filed && counts.filed <= counts.judged);
    }

    #[test]
    fn a_group_counts_as_its_cases_do_one_by_one(all in vec(any_alike(), 0..12)) {
        let single = all.iter().flat_map(|one| {
            (0..one.cases).map(|_| Alike { cases: 1, ..one.clone() })
        });
        prop_assert_eq!(Counts::of_all(&all), Counts::of_all(&single.collect::<Vec<_>>()));
    }

    #[test]
    fn the_lines_of_a_level_add_up_to_the_whole(all in vec(any_alike(), 0..30)) {
        let rows = region_rows(None, &all, &BTreeMap::new());
        for level in [Level::Community, Level::Street, Level::District, Level::City] {
            let mut sum = Counts::default();
            for row in rows.iter().filter(|row| row.level == level) {
                sum += row.indicators.counts;
            }
            prop_assert_eq!(sum, Counts::of_all(&all), "{:?}", level);
        }
        let street = [region("420502001")];
        let below = region_rows(Some(&street), &all, &BTreeMap::new());
        prop_assert!(below.iter().all(|row| street[0].covers(&row.code) && row.code != street[0]));
    }

    #[test]
    fn floods_are_what_watching_every_ten_minutes_finds(alarms in vec(0_u64..16, 0..60)) {
        let room = region("420502001001");
        let (mut in_flood, mut watched) = (false, 0);
        for count in &alarms {
            in_flood = if in_flood { *count >= FLOOD_ENDS } else { *count > FLOOD_BEGINS };
            watched += u64::from(in_flood);
        }
        let busy: Vec<Busy> = (0..)
            .zip(&alarms)
            .filter(|(_, count)| **count >= FLOOD_ENDS)
            .map(|(bucket, count)| Busy { room: room.clone(), bucket, alarms: *count })
            .collect();
        prop_assert_eq!(flooded(&busy), watched);
    }

    #[test]
    fn nothing_that_is_written_computes(text in "[=+@\t\r-]?.{0,20}") {
        let written = harmless(&text);
        prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
        prop_assert!(written.ends_with(&text));
    }

    #[test]
    fn a_share_is_its_parts(of in 0_u64..1_000, more in 0_u64..1_000) {
        let rate = Rate::new(of, of + more);
        prop_assert!(rate.share.is_none_or(|share| (share * rate.all as f64 - of as f64).abs() < 1e-6));
    }
}

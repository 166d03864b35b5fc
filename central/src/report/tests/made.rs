//! Cases and reports that tests make up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use uuid::Uuid;

use super::{limits, region, shanghai};
use crate::case::{Reason, Stage, State, Verdict};
use crate::incident::Standing;
use crate::org::Level;
use crate::report::count::{Alike, Counts};
use crate::report::falses::SourceRow;
use crate::report::load::{Busy, Chatter, Hour, LoadRows};
use crate::report::period::Period;
use crate::report::times::Took;
use crate::report::{Ask, CaseRows, OverdueCase, OverduePage, Report, Rows};

pub(super) fn alike(state: State, verdict: Option<Verdict>) -> Alike {
    Alike {
        region: region("420502001001001"),
        severity: 2,
        state,
        verdict,
        reason: None,
        late: BTreeSet::new(),
        taken: false,
        dispatched: false,
        arrived: false,
        handled: false,
        reworked: false,
        returned: false,
        cases: 1,
    }
}

pub(super) fn source(
    camera: &str,
    rule: &str,
    verdict: Option<Verdict>,
    reason: Option<Reason>,
    cases: u64,
) -> SourceRow {
    SourceRow {
        edge: "gw-0001".into(),
        camera: camera.into(),
        rule: rule.into(),
        camera_name: format!("{camera} 号"),
        region: "420502001001001".into(),
        verdict,
        reason,
        cases,
        rang: cases,
    }
}

/// A whole report with something of everything in it, and what is late.
pub(super) fn report() -> (Report, OverduePage) {
    let real = Some(Verdict::Real);
    let mut closed = alike(State::Closed, real);
    (closed.taken, closed.dispatched, closed.arrived, closed.handled, closed.cases) =
        (true, true, true, true, 90);
    let mut late = closed.clone();
    (late.late, late.cases, late.region) = ([Stage::Handle].into(), 12, region("420502001002001"));
    let mut overdue = alike(State::Handling, real);
    (overdue.late, overdue.dispatched, overdue.returned, overdue.cases) =
        ([Stage::Handle].into(), true, true, 4);
    let mut animal = alike(State::Rejected, Some(Verdict::FalseAlarm));
    (animal.reason, animal.cases, animal.taken) = (Some(Reason::Animal), 40, true);
    let mut waiting = alike(State::Verifying, None);
    (waiting.late, waiting.cases) = ([Stage::Ack].into(), 3);
    let period = Period::new(date(2026, 10, 1), date(2026, 10, 31)).unwrap();
    let room = region("420502001001");
    let first = period.bounds(&shanghai()).0.as_second();
    let rows = Rows {
        cases: Some(CaseRows {
            alike: vec![closed, late, overdue, animal, waiting],
            previous: Counts {
                reported: 120,
                filed: 80,
                due: 80,
                closed: 60,
                closed_in_time: 60,
                judged: 100,
                false_alarms: 20,
                ..Counts::default()
            },
            last_year: Counts::default(),
            took: vec![
                Took { stage: Stage::Ack, cases: 142, median_us: 41_000_000, p90_us: 130_000_000 },
                Took { stage: Stage::Handle, cases: 102, median_us: 5_400_000_000, p90_us: 93_600_000_000 },
            ],
        }),
        sources: vec![
            source("=cmd|' /C calc'!A0", "lawn-night", Some(Verdict::FalseAlarm), Some(Reason::Animal), 40),
            source("gate", "gate-loiter", real, None, 106),
        ],
        load: LoadRows {
            rooms: [room.clone(), region("420502001002")].into(),
            severities: vec![(room.clone(), 1, 9), (room.clone(), 2, 30), (room.clone(), 3, 110)],
            peaks: vec![(room.clone(), 13)],
            busy: vec![Busy { room: room.clone(), bucket: first / 600 + 60, alarms: 13 }],
            hours: vec![Hour { hour: first / 3600 + 10, alarms: 149, busiest: 13 }],
            stale: vec![(room.clone(), 20_750, 1)],
            chatter: vec![Chatter {
                room,
                edge: "gw-0001".into(),
                camera: "gate".into(),
                rule: "gate-loiter".into(),
                times: 2,
            }],
            alerts: vec![(Standing::Case, 400), (Standing::Inhibited, 20), (Standing::Shelved, 30)],
        },
        names: BTreeMap::from([
            ("420502001".into(), "西陵街道".into()),
            ("420502001001".into(), "土街头社区".into()),
            ("420502001002".into(), "学院街社区".into()),
            ("420502001001001".into(), "第一网格".into()),
        ]),
    };
    let ask = Ask { period, regions: Some(vec![region("420502001")]), with_cases: true };
    let now = "2026-11-01T00:30:00Z".parse().unwrap();
    let page = OverduePage {
        cases: vec![OverdueCase {
            id: Uuid::nil(),
            number: "4205022026101500007".into(),
            region: "420502001001001".into(),
            camera_name: "东门".into(),
            behavior: "intrusion".into(),
            severity: 2,
            state: State::Handling,
            level: Level::Community,
            told: Level::Street,
            handler: Some("@li".into()),
            assignee: None,
            stage: Some(Stage::Handle),
            due_utc: "2026-10-15T09:00:00Z".parse().unwrap(),
            overdue_secs: 1_438_200,
            urges: 2,
        }],
        next: None,
        total: 4,
    };
    (Report::of(&ask, &rows, &limits(), &shanghai(), now), page)
}

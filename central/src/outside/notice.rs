//! A case as the JSON that other systems are sent: see [`xunge_alert::Notice`].

use jiff::Timestamp;
use xunge_alert::codes::codes;
use xunge_alert::{Notice, NoticeCase, Severity, VERSION};

use super::turn::Turn;
use crate::case::book::Record;
use crate::org::Position;

/// What is said of a case at one of its turns.
pub fn notice(record: &Record, turn: Turn, position: Option<Position>, now: Timestamp) -> Notice {
    let facts = &record.facts;
    let severity = Severity::try_from(record.case.severity).unwrap_or(Severity::P4);
    let case = NoticeCase {
        id: record.id,
        number: record.number.clone(),
        revision: u64::try_from(record.log_length).unwrap_or(0),
        state: record.case.state.as_str().to_owned(),
        open: record.case.state.is_open(),
        level: record.case.level.as_str().to_owned(),
        verdict: record.case.decision.as_ref().map(|decision| decision.verdict.as_str().to_owned()),
        severity: severity.level(),
        behavior: facts.behavior.clone(),
        codes: codes(&facts.behavior, None, severity),
        region: facts.region.to_string(),
        site: facts.site.clone(),
        edge: facts.edge.clone(),
        camera: facts.camera.clone(),
        camera_name: facts.camera_name.clone(),
        position: position.map(|position| [position.lon, position.lat]),
        since_utc: facts.since,
        registered_utc: record.registered,
        alerts: facts.alerts,
        test: facts.test,
    };
    Notice { version: VERSION, kind: format!("case.{}", turn.as_str()), timestamp: now, case: Some(case) }
}

/// A message that only tries the way.
pub fn test(now: Timestamp) -> Notice {
    Notice { version: VERSION, kind: "test".into(), timestamp: now, case: None }
}

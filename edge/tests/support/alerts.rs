//! Alerts to test with.

#![allow(dead_code)] // each test binary uses its part

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Alert, ClockQuality, Confirm, EndReason, Evidence, Phase, Severity, VERSION};

pub const SITE: &str = "420502001001";
pub const EDGE: &str = "gw-0001";

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// A message as the rules make it: without a place in a series.
pub fn alert(alert_id: Uuid, revision: u32, phase: Phase) -> Alert {
    Alert {
        version: 0,
        alert_id,
        edge: EDGE.into(),
        site: SITE.into(),
        outbox: Uuid::nil(),
        seq: 0,
        revision,
        phase,
        end_reason: (phase == Phase::Ended).then_some(EndReason::Cleared),
        utc: at(i64::from(revision)),
        since_utc: at(0),
        clock_quality: ClockQuality::Synchronised,
        behavior: "intrusion".into(),
        detail: None,
        rule: "lawn-night".into(),
        camera: "gate-east".into(),
        camera_name: "东门".into(),
        zone: Some("lawn".into()),
        tracks: vec![3],
        dwell_secs: 0.75,
        threshold: None,
        measured: None,
        score: 0.5,
        bounds: [0.25, 0.5, 0.125, 0.25],
        severity: Severity::P2,
        model_sha256: "4f5b".repeat(16),
        evidence: vec![],
        test: false,
    }
}

pub fn began() -> Alert {
    alert(Uuid::now_v7(), 1, Phase::Began)
}

pub fn naming(files: &[&Evidence]) -> Alert {
    Alert { evidence: files.iter().map(|file| (*file).clone()).collect(), ..began() }
}

pub fn confirm(outbox: Uuid, seqs: &[u64]) -> Confirm {
    Confirm { version: VERSION, outbox, confirmed: seqs.to_vec(), refused: vec![] }
}

//! One line of the events file.

use serde::Serialize;
use xunge_scene::{EndReason, Event};

/// See the contract in the README: times in seconds of the file, box as fractions of the frame.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    camera: &'a str,
    behavior: &'a str,
    rule: &'a str,
    phase: &'a str,
    at_s: f64,
    since_s: f64,
    zone: Option<&'a str>,
    tracks: &'a [u64],
    #[serde(rename = "box")]
    bounds: [f64; 4],
    score: f64,
    happening: u64,
    severity: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_reason: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(super) fn new(camera: &'a str, event: &'a Event) -> Self {
        let b = event.bounds;
        Self {
            camera,
            behavior: event.behavior.name(),
            rule: &event.rule,
            phase: event.phase.name(),
            at_s: rounded(event.at.secs(), 1e3),
            since_s: rounded(event.since.secs(), 1e3),
            zone: event.zone.as_deref(),
            tracks: &event.tracks,
            bounds: [b.x, b.y, b.w, b.h].map(|v| rounded(v, 1e4)),
            score: rounded(f64::from(event.score), 1e3),
            happening: event.happening,
            severity: event.severity,
            threshold: event.threshold,
            measured: event.measured.map(|v| rounded(v, 1e3)),
            detail: event.detail,
            end_reason: event.end_reason.map(|reason| match reason {
                EndReason::Cleared => "cleared",
                EndReason::StreamLost => "stream_lost",
                EndReason::Disarmed => "disarmed",
            }),
        }
    }
}

fn rounded(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}

#[cfg(test)]
mod tests {
    use xunge_scene::{Bounds, Kind, Phase, StreamTime};

    use super::*;

    #[test]
    fn a_line_begins_with_the_fields_of_the_contract_in_their_order() {
        let event = Event {
            behavior: Kind::Intrusion,
            rule: "lawn-night".into(),
            phase: Phase::Began,
            end_reason: None,
            at: StreamTime::from_secs(12.4),
            since: StreamTime::from_secs(11.2),
            zone: None,
            tracks: vec![3],
            bounds: Bounds::new(0.41, 0.52, 0.18, 0.110_004),
            score: 0.83,
            measured: None,
            threshold: None,
            detail: None,
            severity: 2,
            happening: 1,
        };
        assert_eq!(
            serde_json::to_string(&Line::new("gate", &event)).unwrap(),
            "{\"camera\":\"gate\",\"behavior\":\"intrusion\",\"rule\":\"lawn-night\",\"phase\":\"began\",\
             \"at_s\":12.4,\"since_s\":11.2,\"zone\":null,\"tracks\":[3],\"box\":[0.41,0.52,0.18,0.11],\
             \"score\":0.83,\"happening\":1,\"severity\":2}"
        );
    }
}

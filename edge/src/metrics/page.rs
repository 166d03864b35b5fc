//! The page in OpenMetrics' text form. Names, units and labels follow Prometheus' conventions: base units, and no label
//! that grows with what happens.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, text},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};

use crate::{camera, observe::pool::PoolStats, outbox, uplink::LinkStats};

/// Media type of the page.
pub const CONTENT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How things stand at one moment.
#[derive(Debug, Clone)]
pub struct Readings {
    /// Since the box was started.
    pub uptime: Duration,
    /// What runs the neural networks.
    pub provider: &'static str,
    /// SHA-256 of the detector's weights.
    pub model_sha256: String,
    /// The cameras.
    pub cameras: Vec<camera::Reading>,
    /// All detectors together.
    pub detector: PoolStats,
    /// Alerts that wait.
    pub outbox: outbox::Stats,
    /// The way to the centre.
    pub uplink: LinkStats,
    /// Now.
    pub utc: Timestamp,
}

/// The page for these readings.
pub fn page(readings: Readings) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(readings));
    let mut page = String::new();
    if let Err(error) = text::encode(&mut page, &registry) {
        tracing::error!(%error, "metrics cannot be written");
    }
    page
}

/// Reads one counter off a camera.
type Count = fn(&camera::Reading) -> u64;
type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

/// Values of one metric, each with its labels.
struct Family<'a, const N: usize> {
    name: &'static str,
    help: &'static str,
    values: Vec<(Labels<'a, N>, f64)>,
}

impl<const N: usize> Family<'_, N>
where
    for<'l> Labels<'l, N>: EncodeLabelSet,
{
    fn gauge(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        self.put(encoder, MetricType::Gauge, |metric, value| metric.encode_gauge(&value))
    }

    /// `_total` is appended to its name.
    fn counter(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let none: Option<&Exemplar<Labels<'_, 0>, f64>> = None;
        self.put(encoder, MetricType::Counter, |metric, value| metric.encode_counter(&value, none))
    }

    fn put(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        kind: MetricType,
        mut put: impl FnMut(&mut MetricEncoder<'_>, f64) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        self.values.iter().try_for_each(|(labels, value)| {
            if labels.is_empty() {
                put(&mut metric, *value)
            } else {
                put(&mut metric.encode_family(labels)?, *value)
            }
        })
    }
}

impl Collector for Readings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.box_itself(&mut encoder)?;
        self.cameras(&mut encoder)?;
        self.detector(&mut encoder)?;
        self.alerts(&mut encoder)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

fn one(name: &'static str, help: &'static str, value: f64) -> Family<'static, 0> {
    Family { name, help, values: vec![([], value)] }
}

impl Readings {
    fn box_itself(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let labels = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("provider", self.provider),
            ("model_sha256", self.model_sha256.as_str()),
        ];
        Family {
            name: "xunge_build",
            help: "Version, execution provider and model",
            values: vec![(labels, 1.0)],
        }
        .gauge(encoder)?;
        one("xunge_uptime_seconds", "Since the box was started", self.uptime.as_secs_f64()).gauge(encoder)
    }

    /// One value of each camera.
    fn each(
        &self,
        name: &'static str,
        help: &'static str,
        value: impl Fn(&camera::Reading) -> f64,
    ) -> Family<'_, 1> {
        let values = self.cameras.iter().map(|camera| ([("camera", camera.camera.as_str())], value(camera)));
        Family { name, help, values: values.collect() }
    }

    fn cameras(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let flag = |is: bool| f64::from(u8::from(is));
        self.each("xunge_camera_up", "1 while its frames are analysed", |c| flag(c.watching))
            .gauge(encoder)?;
        let blind = self.cameras.iter().flat_map(|camera| {
            let labels = |cause| [("camera", camera.camera.as_str()), ("reason", cause)];
            camera.blind_for.iter().map(move |(cause, blind)| (labels(cause.name()), blind.as_secs_f64()))
        });
        let help = "Time in which nothing was seen, by reason";
        Family { name: "xunge_camera_blind_seconds", help, values: blind.collect() }.counter(encoder)?;
        let counters: [(_, _, Count); 11] = [
            ("xunge_camera_sessions", "Connections that were begun", |c| c.ingest.sessions),
            ("xunge_camera_packets", "Access units received", |c| c.ingest.packets),
            ("xunge_camera_received_bytes", "Their bytes", |c| c.ingest.bytes),
            ("xunge_camera_frames", "Frames that the rules were shown", |c| c.looks),
            ("xunge_camera_frames_skipped", "Frames that a newer one overtook", |c| c.dropped),
            ("xunge_camera_frames_late", "Frames older than half a second when looked at", |c| c.late),
            (
                "xunge_camera_packets_skipped",
                "Access units that found no room in the decoder or waited too long",
                |c| c.skipped,
            ),
            ("xunge_camera_sleeps", "How often it fell asleep: keyframes only", |c| c.gate.sleeps),
            ("xunge_camera_wakes", "How often pictures were made good", |c| c.gate.wakes),
            ("xunge_camera_early_wakes", "Of these, asked for by sizes of packets", |c| c.gate.surges),
            ("xunge_camera_vain_wakes", "Of these, for nothing", |c| c.gate.surges_in_vain),
        ];
        for (name, help, value) in counters {
            self.each(name, help, |c| number(value(c))).counter(encoder)?;
        }
        let help = "How old the latest frame was when it was looked at";
        self.each("xunge_camera_frame_age_seconds", help, |c| c.age.as_secs_f64()).gauge(encoder)?;
        let help = "1 while only keyframes are decoded";
        self.each("xunge_camera_asleep", help, |c| flag(c.gate.asleep)).gauge(encoder)?;
        let help =
            "1 when its keyframes come often enough for its rules to sleep, 0 when all is decoded always";
        self.each("xunge_camera_may_sleep", help, |c| flag(c.gate.may_sleep)).gauge(encoder)?;
        let help = "Longest of its latest intervals between keyframes; 0 as long as it is not known";
        let secs = |c: &camera::Reading| c.gate.keyframe_every.unwrap_or_default().as_secs_f64();
        self.each("xunge_camera_keyframe_interval_seconds", help, secs).gauge(encoder)
    }

    fn detector(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let workers = number(self.detector.workers as u64);
        one("xunge_detectors", "Detectors at the same time", workers).gauge(encoder)?;
        one("xunge_detector_looks", "Whole pictures looked at", number(self.detector.looks))
            .counter(encoder)?;
        let busy = self.detector.busy.as_secs_f64();
        let help = "Time in which detectors worked; its rate divided by xunge_detectors is how busy they are";
        one("xunge_detector_busy_seconds", help, busy).counter(encoder)
    }

    fn alerts(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let (outbox, uplink) = (&self.outbox, &self.uplink);
        let oldest = outbox.oldest_utc.map(|oldest| self.utc.duration_since(oldest).as_secs_f64().max(0.0));
        for (name, help, value) in [
            ("xunge_outbox_depth", "Alerts that wait for the centre's confirm", number(outbox.depth)),
            ("xunge_outbox_bytes", "Their bytes", number(outbox.depth_bytes)),
            ("xunge_outbox_oldest_seconds", "Age of the oldest of them", oldest.unwrap_or_default()),
            (
                "xunge_evidence_backlog_files",
                "Files that wait for their upload",
                number(outbox.backlog_files),
            ),
            ("xunge_evidence_bytes", "All evidence on the disk", number(outbox.evidence_bytes)),
            (
                "xunge_outbox_trouble",
                "1 while no alert can be stored",
                f64::from(u8::from(outbox.trouble.is_some())),
            ),
            (
                "xunge_uplink_connected",
                "1 while the centre is reached",
                f64::from(u8::from(uplink.connected)),
            ),
        ] {
            one(name, help, value).gauge(encoder)?;
        }
        for (name, help, value) in [
            ("xunge_alerts", "Alerts ever stored by this outbox", outbox.last_seq),
            ("xunge_alerts_refused", "Alerts that the centre refused", outbox.refused),
            ("xunge_evidence_lost", "Files that went before the centre had them", outbox.evidence_lost),
            ("xunge_uplink_connections", "Connections that were made", uplink.connections),
            ("xunge_uplink_sent", "Alerts handed to a connection, repeats included", uplink.sent),
            ("xunge_uplink_uploads_failed", "Attempts to upload that failed", uplink.uploads_failed),
        ] {
            one(name, help, number(value)).counter(encoder)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

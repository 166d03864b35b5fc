//! What was measured, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::edge::Cost;
use super::floor::Floor;
use super::peer::Peer;
use crate::quality::table::Table;

/// All of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Processor and cores.
    pub machine: String,
    /// Version of what was measured.
    pub commit: String,
    /// SHA-256 of the detector's model.
    pub model_sha256: String,
    /// The least that it can cost, when it was last measured.
    pub floor: Floor,
    /// One for each scene.
    pub runs: Vec<Run>,
}

/// One scene, and what stands beside it.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// What was measured.
    #[serde(flatten)]
    pub measured: Measured,
    /// The floor of its way of decoding, CPU milliseconds for a second of a camera: mean of before and after.
    pub floor_ms: f64,
    /// `cost.cpu_ms / floor_ms`.
    pub ratio: f64,
}

/// One scene.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// What the cameras show.
    pub scene: String,
    /// How many.
    pub cameras: usize,
    /// With rules, or tracking alone.
    pub rules: bool,
    /// Keyframes only while nothing happens.
    pub gate: bool,
    /// What it took.
    pub cost: Cost,
    /// The Python stack on the same cameras.
    pub peer: Option<Peer>,
    /// `cost.cpu_ms / peer.cpu_ms`.
    pub peer_ratio: Option<f64>,
    /// Alerts that came, and the delay from the picture to the broker, milliseconds.
    pub alerts: usize,
    /// From the start of the program to the first of them, seconds.
    pub first_alert_secs: Option<f64>,
    /// Half of them came within.
    pub delay_p50_ms: Option<f64>,
    /// 99 of 100 came within.
    pub delay_p99_ms: Option<f64>,
}

impl Measured {
    /// Beside the floor.
    pub fn above(self, floor_ms: f64) -> Run {
        Run { ratio: self.cost.cpu_ms / floor_ms, floor_ms, measured: self }
    }
}

impl Report {
    /// For people.
    pub fn markdown(&self) -> String {
        let Floor { decode_busy_ms, decode_empty_ms, keyframes_empty_ms, detect_ms } = self.floor;
        let mut text =
            format!("# Throughput\n\n{}; {}; model {}\n\n", self.machine, self.commit, self.model_sha256);
        let _ = writeln!(
            text,
            "Floor, CPU ms: decode {decode_busy_ms:.1} (busy) and {decode_empty_ms:.1} (empty) for a second, keyframes of the \
             empty one {keyframes_empty_ms:.1}, a look {detect_ms:.1}.\n"
        );
        let mut table = Table::new(&[
            "scene",
            "cameras",
            "rules",
            "gate",
            "CPU ms / camera s",
            "floor",
            "ratio",
            "peer",
            "ratio",
            "looks/s",
            "dropped/s",
            "late/s",
            "undecoded/s",
            "oldest s",
            "blind",
            "asleep",
            "wakes",
            "all up s",
            "MiB",
            "alerts",
            "first s",
            "p50 ms",
            "p99 ms",
        ]);
        for Run { measured: run, floor_ms, ratio } in &self.runs {
            let told = |ms: Option<f64>| ms.map_or("–".to_owned(), |ms| format!("{ms:.0}"));
            let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
            table.row([
                run.scene.clone(),
                run.cameras.to_string(),
                yes(run.rules),
                yes(run.gate),
                format!("{:.1}", run.cost.cpu_ms),
                format!("{floor_ms:.1}"),
                format!("{ratio:.2}"),
                run.peer.map_or("–".to_owned(), |peer| format!("{:.1}", peer.cpu_ms)),
                run.peer_ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
                format!("{:.2}", run.cost.looks_fps),
                format!("{:.2}", run.cost.dropped_fps),
                format!("{:.2}", run.cost.late_fps),
                format!("{:.2}", run.cost.undecoded_fps),
                format!("{:.2}", run.cost.oldest_secs),
                format!("{:.2}", run.cost.blind),
                format!("{:.0}", run.cost.asleep),
                format!("{:.0}", run.cost.wakes),
                run.cost.all_up_secs.map_or("–".to_owned(), |secs| format!("{secs:.1}")),
                format!("{:.0}", run.cost.resident_mib),
                run.alerts.to_string(),
                run.first_alert_secs.map_or("–".to_owned(), |secs| format!("{secs:.1}")),
                told(run.delay_p50_ms),
                told(run.delay_p99_ms),
            ]);
        }
        let _ = write!(text, "{table}");
        text
    }
}

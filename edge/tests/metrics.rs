//! What a running box says to Prometheus: real RTSP, real broker, the daemon as a process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use xunge_demo::rtsp::{Mount, RtspServer};
use xunge_parts::{Mosquitto, free_port};

#[path = "support/cache.rs"]
mod cache;
use cache::clip;

/// Stopped with the test, however that ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The value of the one metric of this name and labels; 0 as long as there is none.
fn value(page: &str, metric: &str) -> f64 {
    let found = page.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    found.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_says_what_it_sees_and_what_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start().unwrap();
    let camera = format!("127.0.0.1:{}", free_port().unwrap());
    let _server = RtspServer::start(&camera, vec![Mount::clip("/yard", clip("vtest.mp4"))]).unwrap();
    let (metrics, nobody) = (format!("127.0.0.1:{}", free_port().unwrap()), free_port().unwrap());
    let text = format!(
        "edge_id = \"gw-0001\"\nsite = \"420502001001\"\n[uplink]\nmqtt = \"{}\"\n[storage]\ndirectory = \"state\"\n\
         [metrics]\nlisten = \"{metrics}\"\n\
         [[camera]]\nid = \"yard\"\nurl = \"rtsp://{camera}/yard\"\n[[camera.rule.loitering]]\n\
         [[camera]]\nid = \"gone\"\nurl = \"rtsp://127.0.0.1:{nobody}/none\"\n",
        broker.url(),
    );
    let config = folder.path().join("edge.toml");
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunge-edge"));
    command.args(["run", "--config"]).arg(&config).stdout(Stdio::null());
    let _daemon = Daemon(command.spawn().unwrap());

    let (begun, mut last) = (Instant::now(), String::new());
    loop {
        if let Ok(answer) = reqwest::get(format!("http://{metrics}/metrics")).await {
            assert!(
                answer.headers()["content-type"]
                    .to_str()
                    .unwrap()
                    .starts_with("application/openmetrics-text")
            );
            last = answer.text().await.unwrap();
        }
        let at_least = [
            ("xunge_camera_up{camera=\"yard\"}", 1.0),
            ("xunge_camera_frames_total{camera=\"yard\"}", 5.0),
            ("xunge_camera_packets_total{camera=\"yard\"}", 20.0),
            ("xunge_camera_blind_seconds_total{camera=\"gone\",reason=\"unreachable\"}", 0.5),
            ("xunge_detector_looks_total", 5.0),
            ("xunge_detector_busy_seconds_total", 0.01),
            ("xunge_uplink_connected", 1.0),
        ];
        if at_least.iter().all(|(metric, least)| value(&last, metric) >= *least) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "after a minute it says\n{last}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(value(&last, "xunge_camera_up{camera=\"gone\"}"), 0.0, "{last}");
    assert!(!last.contains("rtsp:") && !last.contains(&camera), "an address of a camera is on the page");
}

//! A live camera that is turned away: real RTSP, real broker, the daemon and `approve-view` as processes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use gstreamer::{self as gst, prelude::*};
use tempfile::TempDir;
use xunge_alert::{CameraState, EndReason, Phase, View, Watch};
use xunge_demo::rtsp::{Mount, RtspServer};
use xunge_edge::views::{Moved, ViewFiles};
use xunge_parts::{Mosquitto, free_port};

#[path = "support/alerts.rs"]
mod alerts;
#[path = "support/cache.rs"]
mod cache;
#[path = "support/centre.rs"]
mod centre;
use alerts::at;
use cache::clip;
use centre::{Centre, until};

/// A camera on a pole: what it sees from where it hangs, and after it was turned.
struct Pole {
    address: String,
    usual: PathBuf,
    turned: PathBuf,
    server: Option<RtspServer>,
}

impl Pole {
    fn new(folder: &Path) -> Self {
        let usual = clip("vtest.mp4");
        let turned = folder.join("turned.mp4");
        let crop =
            "videocrop left=260 top=40 right=60 bottom=200 ! videoscale ! video/x-raw,width=768,height=576";
        let text = format!(
            "filesrc location={} ! decodebin ! videoconvert ! {crop} ! x264enc speed-preset=ultrafast key-int-max=10 \
             ! h264parse ! mp4mux ! filesink location={}",
            usual.display(),
            turned.display()
        );
        gst::init().unwrap();
        let pipeline = gst::parse::launch(&text).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let over =
            pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(120), &wanted).unwrap();
        assert_eq!(over.type_(), gst::MessageType::Eos, "{over:?}");
        pipeline.set_state(gst::State::Null).unwrap();
        Self { address: format!("127.0.0.1:{}", free_port().unwrap()), usual, turned, server: None }
    }

    fn show(&mut self, clip: PathBuf) {
        self.server = None;
        // people are about from second 5 on
        let mount = Mount::clip("/yard", clip).starting_at(Duration::from_secs(5));
        self.server = Some(RtspServer::start(&self.address, vec![mount]).unwrap());
    }

    fn look_as_usual(&mut self) {
        self.show(self.usual.clone());
    }

    fn look_elsewhere(&mut self) {
        self.show(self.turned.clone());
    }
}

/// A box with one camera, and its centre.
struct Bench {
    folder: TempDir,
    broker: Mosquitto,
    pole: Pole,
    daemon: Option<Child>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (broker, pole) = (Mosquitto::start().unwrap(), Pole::new(folder.path()));
        let text = format!(
            "edge_id = \"gw-0001\"\nsite = \"420502001001\"\n[uplink]\nmqtt = \"{}\"\n\
             [storage]\ndirectory = \"state\"\n\
             [[camera]]\nid = \"yard\"\nurl = \"rtsp://{}/yard\"\n\
             [camera.zone]\nall = [[0, 0], [1, 0], [1, 1], [0, 1]]\n\
             [[camera.rule.tamper]]\nname = \"camera\"\n\
             [[camera.rule.intrusion]]\nname = \"people\"\nzone = \"all\"\n\
             [[camera]]\nid = \"plain\"\nurl = \"rtsp://{1}/none\"\n",
            broker.url(),
            pole.address
        );
        std::fs::write(folder.path().join("edge.toml"), text).unwrap();
        Self { folder, broker, pole, daemon: None }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xunge-edge"));
        command.arg(name).arg("--config").arg(self.folder.path().join("edge.toml"));
        command
    }

    fn start(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.command("run");
        self.daemon = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("edge.log")
    }

    fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn approve(&self, camera: &str) -> Output {
        self.command("approve-view").args(["--camera", camera]).output().unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(self.log()).unwrap_or_default());
        }
    }
}

fn yard(centre: &Centre) -> Option<CameraState> {
    centre.camera("yard").filter(|state| state.watch == Watch::Watching)
}

async fn until_view(centre: &Centre, view: View) -> CameraState {
    let what = format!("the camera is watched and its view is {view:?}");
    until(&what, || yard(centre).is_some_and(|state| state.view == Some(view))).await;
    yard(centre).unwrap()
}

/// How often the rule with a zone has begun to speak.
fn people(centre: &Centre) -> usize {
    let spoken = centre.alerts().into_iter().filter(|a| a.rule == "people" && a.phase == Phase::Began);
    spoken.map(|alert| alert.alert_id).collect::<std::collections::BTreeSet<_>>().len()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turned_camera_stays_one_over_a_crash_until_it_is_turned_back() {
    let mut bench = Bench::new();
    let centre = Centre::confirming(bench.broker.port).await;
    bench.pole.look_as_usual();
    bench.start();
    let state = until_view(&centre, View::Ok).await;
    assert!(state.suspended_rules.is_empty() && state.view_since_utc.is_none());
    until("the rule with a zone speaks", || people(&centre) > 0).await;
    // it must be known what the camera usually shows
    tokio::time::sleep(Duration::from_secs(12)).await;
    bench.pole.look_elsewhere();
    let moved = until_view(&centre, View::Moved).await;
    assert_eq!(moved.suspended_rules, ["people"]);
    assert!(moved.view_since_utc.is_some());

    // the power goes, and the camera is still turned when it is back
    bench.kill();
    let spoken = people(&centre);
    let heard = centre.alerts().len();
    bench.start();
    until("the new run says that the camera starts", || {
        centre.camera("yard").is_some_and(|state| state.watch == Watch::Starting)
    })
    .await;
    let again = until_view(&centre, View::Moved).await;
    assert_eq!(again.view_since_utc, moved.view_since_utc, "it is the same matter");
    // longer than it takes to know what a camera usually shows
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(until_view(&centre, View::Moved).await, again, "it does not become the usual view");
    assert_eq!(people(&centre), spoken, "nobody is in a zone that is elsewhere");
    let tampers = centre.alerts().into_iter().skip(heard).filter(|alert| alert.rule == "camera");
    let told: Vec<_> = tampers.map(|alert| (alert.phase, alert.detail)).collect();
    assert_eq!(told.first(), Some(&(Phase::Began, Some("moved".to_owned()))), "told again: {told:?}");

    bench.pole.look_as_usual();
    until_view(&centre, View::Ok).await;
    until("the rule with a zone speaks again", || people(&centre) > spoken).await;
    let short = centre.alerts().into_iter().any(|alert| alert.detail.as_deref() == Some("signal_lost"));
    assert!(!short, "the connection was never away for long");
    assert_eq!(ViewFiles::of(&bench.state_dir(), "yard").moved(at(0)).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_approves_what_a_turned_camera_sees() {
    let mut bench = Bench::new();
    let centre = Centre::confirming(bench.broker.port).await;
    let nowhere = bench.approve("yard");
    assert!(!nowhere.status.success() && said(&nowhere).contains("storage.directory"), "{}", said(&nowhere));
    for (camera, zh, en) in [
        ("jard", "没有摄像机 `jard`", "there are: yard, plain"),
        ("plain", "不会因移位而暂停", "has no [[camera.rule.tamper]]"),
    ] {
        let refused = bench.approve(camera);
        let said = said(&refused);
        assert!(!refused.status.success() && said.contains(zh) && said.contains(en), "{said}");
    }

    let files = ViewFiles::open(&bench.state_dir(), "yard").unwrap();
    files.keep_moved(&Moved { since: at(0), usual: None }).unwrap();
    bench.pole.look_elsewhere();
    bench.start();
    let moved = until_view(&centre, View::Moved).await;
    assert_eq!((moved.view_since_utc, moved.suspended_rules), (Some(at(0)), vec!["people".to_owned()]));
    until("the move is told", || centre.alerts().iter().any(|alert| alert.rule == "camera")).await;
    assert_eq!(people(&centre), 0);
    let approved = bench.approve("yard");
    assert!(approved.status.success() && said(&approved).contains("已认可"), "{}", said(&approved));
    let state = until_view(&centre, View::Ok).await;
    assert!(state.suspended_rules.is_empty() && state.view_since_utc.is_none());
    until("the rule with a zone speaks", || people(&centre) > 0).await;
    assert!(!files.is_asked() && files.moved(at(0)).unwrap().is_none());
    let log = || std::fs::read_to_string(bench.log()).unwrap();
    assert_eq!(log().matches("approved as its view").count(), 1, "once: {}", log());

    // a box that does not run hears of it when it starts
    bench.kill();
    files.keep_moved(&Moved { since: at(0), usual: None }).unwrap();
    let noted = bench.approve("yard");
    assert!(noted.status.success() && said(&noted).contains("下次启动"), "{}", said(&noted));
    bench.start();
    until("the new run approves", || {
        std::fs::read_to_string(bench.log()).unwrap().matches("approved as its view").count() == 2
    })
    .await;
    until_view(&centre, View::Ok).await;
    assert!(!files.is_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_sends_nothing_is_told_until_it_is_back() {
    let mut bench = Bench::new();
    let centre = Centre::confirming(bench.broker.port).await;
    bench.pole.look_as_usual();
    bench.start();
    until("the camera is watched", || yard(&centre).is_some()).await;
    bench.pole.server = None;
    let cut = Instant::now();
    let lost = |phase| {
        centre.alerts().into_iter().find(|a| a.detail.as_deref() == Some("signal_lost") && a.phase == phase)
    };
    until("the lost signal is told", || lost(Phase::Began).is_some()).await;
    assert!(cut.elapsed() >= Duration::from_secs(14), "{:?}", cut.elapsed());
    let state = centre.camera("yard").unwrap();
    assert_eq!((state.watch, state.view), (Watch::Blind, Some(View::Ok)));
    bench.pole.look_as_usual();
    until("it is over", || lost(Phase::Ended).is_some()).await;
    let (began, ended) = (lost(Phase::Began).unwrap(), lost(Phase::Ended).unwrap());
    assert_eq!(began.alert_id, ended.alert_id);
    assert_eq!(ended.end_reason, Some(EndReason::Cleared));
}

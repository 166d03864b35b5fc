//! A camera that comes and goes for months must not use the box up. Alone in its process, because it counts.
// the lints spare test functions, but not what they share
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use xunge_demo::clips::{self, ClipSpec};
use xunge_demo::rtsp::{Mount, RtspServer, Trouble};
use xunge_edge::decode::{DecodeOptions, Decoder};
use xunge_edge::frame::Frame;
use xunge_edge::ingest::{Ingest, IngestOptions, Packet, RtspSource, Source, abandoned};

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Files and threads of this process once they are at most `most`, or as they are after a while: the server needs a
/// moment to clear up after a client.
fn settled(most: (usize, usize)) -> (usize, usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let now = (entries("/proc/self/fd"), entries("/proc/self/task"));
        if (now.0 <= most.0 && now.1 <= most.1) || Instant::now() > deadline {
            return now;
        }
        std::thread::sleep(Duration::from_millis(100)); // polls a real stream
    }
}

#[test]
fn forty_sessions_leave_no_file_and_no_thread_behind() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("c.mp4");
    clips::make(&ClipSpec { keyframe_secs: 0.5, ..ClipSpec::default() }, &file).unwrap();
    let mount = Mount::clip("/short", file).trouble(Trouble::EndAfter(Duration::from_millis(300)));
    let server = RtspServer::start("127.0.0.1:0", vec![mount]).unwrap();
    let options = IngestOptions {
        retry_first: Duration::from_millis(10),
        retry_longest: Duration::from_millis(20),
        ..IngestOptions::default()
    };
    let decoder =
        Mutex::new(Decoder::new(DecodeOptions::new(416, 256, Some(5.0), false), Arc::new(|_: Frame| true)));
    let on_packet = Arc::new(move |packet: Packet| decoder.lock().unwrap().push(&packet).unwrap());
    let source = Source::Rtsp(RtspSource::new(server.url("/short")));
    let ingest = Ingest::start("short", source, options, on_packet, drop).unwrap();
    let deadline = Instant::now() + Duration::from_secs(240);
    let sessions = |n: u64| {
        while ingest.stats().sessions < n {
            assert!(Instant::now() < deadline, "only {:?}", ingest.stats());
            std::thread::sleep(Duration::from_millis(50)); // polls a real stream
        }
    };
    sessions(8);
    let early = (entries("/proc/self/fd"), entries("/proc/self/task"));
    sessions(48);
    let slack = (early.0 + 12, early.1 + 8);
    let late = settled(slack);
    assert!(late.0 <= slack.0 && late.1 <= slack.1, "files and threads grew from {early:?} to {late:?}");
    assert_eq!(abandoned(), 0);
    assert!(ingest.stats().packets >= 40, "{:?}", ingest.stats());
}

//! State changes that cannot hang their caller.
//!
//! A pipeline can block for ever on its way to NULL: a server that takes no TEARDOWN, a driver that does not return.
//! Such a pipeline is left to its own thread and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::bounded;
use gstreamer as gst;
use gstreamer::prelude::*;

static ABANDONED: AtomicU64 = AtomicU64::new(0);

/// Pipelines of this process that did not stop in time and were left behind. Health reports it; when it grows, the
/// process should be started anew.
pub fn abandoned() -> u64 {
    ABANDONED.load(Ordering::Relaxed)
}

/// Starts a pipeline; false when it refuses or does not answer within `limit`.
pub(crate) fn play(pipeline: &gst::Pipeline, limit: Duration) -> bool {
    change(pipeline, gst::State::Playing, limit).unwrap_or(false)
}

/// Stops a pipeline for good, waiting at most `limit`.
pub(crate) fn stop(pipeline: &gst::Pipeline, limit: Duration) {
    if change(pipeline, gst::State::Null, limit).is_none() {
        ABANDONED.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            pipeline = %pipeline.name(),
            "a pipeline did not stop within {} s and was left behind", limit.as_secs()
        );
    }
}

/// Whether the change was accepted; none when no answer came in time.
fn change(pipeline: &gst::Pipeline, state: gst::State, limit: Duration) -> Option<bool> {
    let (done, finished) = bounded(1);
    let changed = pipeline.clone();
    let spawned = std::thread::Builder::new().name("pipeline-state".into()).spawn(move || {
        let accepted = changed.set_state(state).is_ok();
        // the caller may have stopped waiting
        let _ = done.send(accepted);
    });
    match spawned {
        Ok(_) => finished.recv_timeout(limit).ok(),
        // no thread to be had: better to risk a wait than to leak a running pipeline
        Err(_) => Some(pipeline.set_state(state).is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_pipeline_that_will_not_stop_is_left_behind_and_counted() {
        gst::init().unwrap();
        let pipeline = gst::parse::launch("videotestsrc ! fakesink name=sink").unwrap();
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let entry = pipeline.by_name("sink").unwrap().static_pad("sink").unwrap();
        let (entered, inside) = bounded::<()>(1);
        let (release, held) = bounded::<()>(0);
        entry.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            let _ = entered.try_send(());
            let _ = held.recv();
            gst::PadProbeReturn::Remove
        });
        assert!(play(&pipeline, Duration::from_secs(20)));
        inside.recv_timeout(Duration::from_secs(20)).unwrap();
        let before = abandoned();
        let began = Instant::now();
        stop(&pipeline, Duration::from_millis(300));
        assert!(began.elapsed() < Duration::from_secs(10));
        assert_eq!(abandoned(), before + 1);
        drop(release);
    }
}

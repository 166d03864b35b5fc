//! Video made on the spot.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

/// Writes colour bars, ten pictures a second.
pub fn bars(path: &Path, size: (u32, u32), pictures: u32, coding: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={pictures} pattern=smpte ! \
         video/x-raw,format=I420,width={},height={},framerate=10/1 ! {coding} ! filesink location={}",
        size.0,
        size.1,
        path.display()
    ))
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let last = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    assert_eq!(last.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

//! One connection, from its start to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::fault::Fault;
use super::intake::{Flow, Intake};
use super::seen::Seen;
use super::source::{Source, Transport};
use super::timeline::Timeline;
use super::watch::Watch;
use super::{IngestOptions, OnPacket, Shared, Signal, direct, piped};

/// One try.
pub(super) struct Session {
    pub number: u32,
    /// Since when the timeline runs.
    pub epoch: Instant,
    /// Latest time of the sessions before; none for the first that has a picture.
    pub newest_ns: Option<i64>,
    pub way: Way,
}

/// Who reads the source, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// This program, over TCP.
    Direct,
    /// A GStreamer pipeline.
    Piped(Transport),
}

impl Way {
    /// The best there is for a source that is not known yet.
    pub(super) fn first(source: &Source) -> Self {
        match source {
            Source::Rtsp(camera) if camera.transport == Transport::Tcp && !camera.is_encrypted() => {
                Self::Direct
            }
            Source::Rtsp(camera) => Self::Piped(camera.transport),
            Source::File { .. } => Self::Piped(Transport::Tcp),
        }
    }
}

/// How it ended.
pub(super) enum Outcome {
    Stopped,
    FileEnded,
    Fault(Fault),
    /// The camera is to be read in another way.
    OtherWay(Way, Fault),
}

/// How it ended and what it was.
pub(super) struct Ended {
    pub outcome: Outcome,
    pub newest_ns: Option<i64>,
    pub flowed_for: Duration,
}

impl Ended {
    fn of(watch: &Watch<'_>, outcome: Outcome) -> Self {
        let flow = &watch.flow;
        flow.close();
        Self { outcome, newest_ns: flow.newest_ns(), flowed_for: flow.lasted() }
    }
}

/// What sessions of one source share.
pub(super) struct Place<'a> {
    pub source: &'a Source,
    pub options: &'a IngestOptions,
    pub on_packet: &'a OnPacket,
    pub shared: &'a Arc<Shared>,
    pub stopped: &'a Receiver<()>,
}

impl Session {
    /// Runs until the session is over. Whatever read the source is stopped when this returns.
    pub(super) fn run(self, place: &Place<'_>, on_signal: &mut dyn FnMut(Signal)) -> Ended {
        let watch = self.watch(place);
        match (self.way, place.source) {
            (Way::Direct, Source::Rtsp(camera)) => {
                match direct::run(&watch, camera, self.intake(place, &watch.flow, true), on_signal) {
                    Some(outcome) => Ended::of(&watch, outcome),
                    None => self.piped(Transport::Tcp, place, on_signal),
                }
            }
            (Way::Direct, Source::File { .. }) => self.piped(Transport::Tcp, place, on_signal),
            (Way::Piped(transport), _) => self.piped(transport, place, on_signal),
        }
    }

    fn piped(&self, transport: Transport, place: &Place<'_>, on_signal: &mut dyn FnMut(Signal)) -> Ended {
        let watch = self.watch(place);
        let outcome = piped::run(&watch, transport, self.intake(place, &watch.flow, false), on_signal);
        Ended::of(&watch, outcome)
    }

    fn watch<'a>(&'a self, place: &'a Place<'a>) -> Watch<'a> {
        Watch { session: self, place, seen: Arc::new(Seen::default()), flow: Arc::new(Flow::new()) }
    }

    fn intake(&self, place: &Place<'_>, flow: &Arc<Flow>, direct: bool) -> Intake {
        let whole_file = matches!(place.source, Source::File { as_camera: false, .. });
        Intake {
            flow: flow.clone(),
            shared: place.shared.clone(),
            on_packet: place.on_packet.clone(),
            session: self.number,
            direct,
            timeline: whole_file.then(Timeline::of_file),
            before_ns: self.newest_ns,
            epoch: self.epoch,
        }
    }
}

//! Coded pictures become frames of the size and rate that are wanted, and nothing more is done than that.
//!
//! Every picture is decoded, because later ones need it. Those that nobody will look at are dropped right after the
//! decoder, before scaling and colour conversion, which cost more than decoding when done at full size.

mod chain;
mod exit;
mod latest;
mod pace;
mod progress;
mod room;

use std::sync::Arc;
use std::time::Duration;

use xunge_alert::BlindCause;
use xunge_scene::StreamTime;

use crate::frame::Frame;
use crate::ingest::{Fault, Packet};
use chain::Chain;
pub(crate) use chain::{candidates, decoder_element};
use exit::Mark;
pub use latest::{Latest, Taken};
pub use pace::Pace;
use progress::Progress;

/// What is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Every picture, as it comes.
    #[default]
    All,
    /// Every picture of some seconds that have passed: they come faster than time goes, and none may be left out.
    CatchUp,
    /// Keyframes.
    Keyframes,
}

/// What frames should be like.
#[derive(Debug, Clone)]
pub struct DecodeOptions {
    /// Frames fit into this many columns, keeping the picture's proportions.
    pub fit_width: u32,
    /// Frames fit into this many rows.
    pub fit_height: u32,
    /// Frames in a second of stream time; none: every picture.
    pub fps: Option<f64>,
    /// Nothing is dropped and [`Decoder::push`] waits: for files. Otherwise it never waits, and what does not fit is
    /// dropped up to the next keyframe.
    pub whole: bool,
    /// Stream time without a decoded picture after which the stream is taken for garbage.
    pub garbage_after: Duration,
    /// Stream time without a keyframe after which the stream is given up.
    pub keyframe_within: Duration,
}

impl DecodeOptions {
    /// Usual limits.
    pub fn new(fit_width: u32, fit_height: u32, fps: Option<f64>, whole: bool) -> Self {
        Self {
            fit_width: fit_width.max(2),
            fit_height: fit_height.max(2),
            fps,
            whole,
            garbage_after: Duration::from_secs(5),
            keyframe_within: Duration::from_secs(60),
        }
    }
}

/// Counters of one decoder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecodeStats {
    /// Packets that the decoder took.
    pub packets: u64,
    /// Packets dropped because the decoder could not keep up.
    pub skipped: u64,
    /// Pictures decoded.
    pub decoded: u64,
    /// Pictures the decoder called damaged; nobody is shown them.
    pub corrupted: u64,
    /// Frames handed over.
    pub frames: u64,
    /// Errors, each of which made a new decoder.
    pub errors: u64,
}

/// Reads off how a decoder does; cheap to clone.
#[derive(Debug, Clone)]
pub struct DecodeHandle(Arc<Progress>);

impl DecodeHandle {
    /// Counters.
    pub fn stats(&self) -> DecodeStats {
        self.0.stats()
    }
}

/// Takes a frame; false when no more are wanted.
pub type OnFrame = Arc<dyn Fn(Frame) -> bool + Send + Sync>;

/// Decodes one camera's packets. Frames come on a thread of its own.
pub struct Decoder {
    options: DecodeOptions,
    on_frame: OnFrame,
    chain: Option<Chain>,
    progress: Arc<Progress>,
    /// How many of the decoders that could do it have failed.
    failed_decoders: usize,
    /// Since when, on the stream's time, nothing useful came: the first keyframe is awaited, or a picture.
    waiting_since: Option<StreamTime>,
    pushed_since: Option<StreamTime>,
    decoded_before: u64,
    session: u32,
    keyframes_only: bool,
}

impl Decoder {
    /// A decoder; nothing is built before the first keyframe.
    pub fn new(options: DecodeOptions, on_frame: OnFrame) -> Self {
        Self {
            options,
            on_frame,
            chain: None,
            progress: Arc::new(Progress::default()),
            failed_decoders: 0,
            waiting_since: None,
            pushed_since: None,
            decoded_before: 0,
            session: 0,
            keyframes_only: false,
        }
    }

    /// Gives the next packet. An error means that the session is of no use: hand it to
    /// [`crate::ingest::IngestHandle::fail`].
    pub fn push(&mut self, packet: &Packet) -> Result<(), Fault> {
        if self.progress.is_closed() {
            return Ok(());
        }
        if packet.session != self.session || self.chain.as_ref().is_some_and(|c| !c.takes(&packet.caps)) {
            self.session = packet.session;
            self.failed_decoders = 0;
            self.start_over();
            self.waiting_since = None;
        }
        if let Some(error) = self.chain.as_ref().and_then(Chain::error) {
            self.recover(&error);
        }
        if self.chain.is_none() {
            if !packet.keyframe {
                return self.await_keyframe(packet.at);
            }
            self.build(packet)?;
        }
        let Some(chain) = &mut self.chain else { return Ok(()) };
        self.waiting_since = None;
        let full = !self.options.whole && chain.is_full(packet);
        if full {
            chain.give_up_waiting();
        }
        if full || chain.skipping() {
            chain.skip_until_keyframe(packet.keyframe && !chain.is_crammed());
            if chain.skipping() {
                self.progress.count_skipped(1);
                return Ok(());
            }
        }
        if self.options.whole {
            chain.wait_for_room()?;
        }
        chain.push(packet);
        self.check(packet.at)
    }

    /// From the next packet on, which must be one, keyframes only are pushed, each followed by [`Decoder::rest`].
    pub fn begin_keyframes(&mut self) {
        self.keyframes_only = true;
        if let Some(chain) = &self.chain {
            chain.mark(Mark::Keyframes);
        }
    }

    /// Gives back the pictures that decoding everything takes, in 1080p some 20 MB: the next packet, which must be a keyframe,
    /// begins with a new decoder. Nothing when that would take long, or be dear: a hardware decoder's memory is its own.
    pub fn slim(&mut self) -> Result<(), Fault> {
        let Some(chain) = self.chain.as_mut().filter(|chain| chain.is_slimmed_by_starting_over()) else {
            return Ok(());
        };
        chain.rest();
        chain.settle()?;
        self.start_over();
        Ok(())
    }

    /// Keyframes only no longer: [`Decoder::catch_up`], another session, or [`Decoder::break_off`] follows.
    pub fn end_keyframes(&mut self) {
        let ends = std::mem::take(&mut self.keyframes_only);
        if let Some(chain) = self.chain.as_ref().filter(|_| ends) {
            chain.mark(Mark::All);
        }
    }

    /// Every picture is pushed again, beginning with `packets`, of which the first is a keyframe: they show some seconds
    /// that have passed, up to now. Pictures after `after` are shown.
    pub fn catch_up(&mut self, packets: &[Packet], after: StreamTime) -> Result<(), Fault> {
        if let Some(chain) = &mut self.chain {
            chain.begin_again(packets, after);
        }
        packets.iter().try_for_each(|packet| self.push(packet))
    }

    /// What was pushed comes out, though nothing follows it yet. The next packet must be a keyframe.
    pub fn rest(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.rest();
        }
    }

    /// Waits until every frame of what was pushed before the last [`Decoder::rest`] has been handed over.
    pub fn settle(&self) -> Result<(), Fault> {
        self.chain.as_ref().map_or(Ok(()), Chain::settle)
    }

    /// Some packets were not pushed: the next to be decoded is a keyframe.
    pub fn break_off(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.skip_until_keyframe(false);
        }
    }

    /// Waits until every frame of what was pushed has been handed over.
    pub fn finish(mut self) -> Result<(), Fault> {
        match self.chain.take() {
            Some(chain) => chain.drain(),
            None => Ok(()),
        }
    }

    /// Counters.
    pub fn stats(&self) -> DecodeStats {
        self.progress.stats()
    }

    /// Reads them off from elsewhere.
    pub fn handle(&self) -> DecodeHandle {
        DecodeHandle(Arc::clone(&self.progress))
    }

    fn start_over(&mut self) {
        self.chain = None;
        self.pushed_since = None;
    }

    fn await_keyframe(&mut self, at: StreamTime) -> Result<(), Fault> {
        let since = *self.waiting_since.get_or_insert(at);
        if at.since(since) < self.options.keyframe_within {
            return Ok(());
        }
        self.waiting_since = None;
        let secs = self.options.keyframe_within.as_secs();
        Err(Fault::new(
            BlindCause::Garbage,
            format!("no keyframe came for {secs} s; set the camera's keyframe interval to 2 s"),
        ))
    }

    fn build(&mut self, packet: &Packet) -> Result<(), Fault> {
        let factories = candidates(&packet.caps);
        let factory = factories.get(self.failed_decoders).or_else(|| factories.last());
        let Some(factory) = factory else {
            let coding = packet.caps.structure(0).map_or("this video", |s| s.name().as_str());
            return Err(Fault::new(
                BlindCause::WrongCodec,
                format!("this box has no decoder for {coding}; install gstreamer1.0-libav"),
            ));
        };
        self.decoded_before = self.progress.stats().decoded;
        self.pushed_since = None;
        let chain =
            Chain::build(factory, packet, &self.options, self.progress.clone(), self.on_frame.clone())?;
        if self.keyframes_only {
            chain.mark(Mark::Keyframes);
        }
        self.chain = Some(chain);
        Ok(())
    }

    /// After an error of the decoder: the next one that can do it when this one never worked, else the same anew.
    fn recover(&mut self, error: &str) {
        tracing::warn!(session = self.session, "the decoder failed and is built anew: {error}");
        self.progress.count_error();
        if self.progress.stats().decoded == self.decoded_before {
            self.failed_decoders += 1;
        }
        self.chain = None;
    }

    /// Garbage is what is pushed and never comes out.
    fn check(&mut self, at: StreamTime) -> Result<(), Fault> {
        let decoded = self.progress.stats().decoded;
        if decoded != self.decoded_before {
            self.decoded_before = decoded;
            self.pushed_since = Some(at);
            return Ok(());
        }
        let since = *self.pushed_since.get_or_insert(at);
        // a decoder that is behind says nothing about the stream
        let behind = self.chain.as_ref().is_some_and(Chain::is_behind);
        if self.options.whole || behind || at.since(since) < self.options.garbage_after {
            return Ok(());
        }
        self.start_over();
        let secs = self.options.garbage_after.as_secs();
        Err(Fault::new(
            BlindCause::Garbage,
            format!("pictures come but none could be decoded for {secs} s; check the network and the camera"),
        ))
    }
}

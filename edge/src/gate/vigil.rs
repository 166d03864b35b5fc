//! What is done with a frame, and whether everything needs to be decoded.

use std::sync::Arc;
use std::time::Duration;

use xunge_scene::{Event, LocalTime, StreamTime};

use super::{Gate, Order};
use crate::analysis::Analysis;
use crate::decode::Mode;
use crate::frame::Frame;
use crate::observe::change::ChangeMeter;
use crate::observe::pool::LookError;

/// While everything is decoded a picture is compared with the one before so often: about as often as keyframes come.
const COMPARE_EVERY: Duration = Duration::from_millis(1500);

/// When a camera falls asleep, and how often it opens its eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doze {
    /// Nothing must have happened for so long.
    pub quiet: Duration,
    /// Asleep, the detector looks so often all the same: what comes very slowly changes no picture.
    pub look_every: Duration,
}

/// Looks at the frames of one camera.
pub struct Vigil {
    gate: Arc<Gate>,
    doze: Option<Doze>,
    change: ChangeMeter,
    compared: Option<StreamTime>,
    quiet_since: Option<StreamTime>,
    looked: StreamTime,
    /// What has changed is being made good: keyframes that still come were seen with it.
    waking: bool,
}

impl Vigil {
    /// Gives its orders to the feed behind `gate`; none without a `doze`.
    pub fn new(gate: Arc<Gate>, doze: Option<Doze>) -> Self {
        Self {
            gate,
            doze,
            change: ChangeMeter::default(),
            compared: None,
            quiet_since: None,
            looked: StreamTime::ZERO,
            waking: false,
        }
    }

    /// Shows the frame to the scene and says what that told; none when the scene is not shown it, since older ones come
    /// first.
    pub fn take(
        &mut self,
        analysis: &mut Analysis,
        frame: Frame,
        local: Option<LocalTime>,
    ) -> Result<Option<Vec<Event>>, LookError> {
        let at = frame.at;
        if frame.mode == Mode::CatchUp && at <= self.gate.shown() {
            // the scene was shown a later keyframe, which was on its way when packets woke the camera
            self.gate.done(None);
            return Ok(None);
        }
        let result = if frame.mode == Mode::Keyframes {
            self.peek(analysis, frame, local)
        } else {
            self.look(analysis, frame, local)
        };
        self.gate.done(matches!(result, Ok(Some(_))).then_some(at));
        result
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.change.reset();
        self.compared = None;
        self.quiet_since = None;
        self.waking = false;
    }

    /// Everything is decoded: the detector looks. None when the scene was not shown it.
    fn look(
        &mut self,
        analysis: &mut Analysis,
        frame: Frame,
        local: Option<LocalTime>,
    ) -> Result<Option<Vec<Event>>, LookError> {
        let at = frame.at;
        self.waking = false;
        let Some(doze) = self.doze else { return analysis.see(frame, local).map(Some) };
        let due = self.compared.is_none_or(|compared| at.since(compared) >= COMPARE_EVERY);
        let changed = due && self.compare(&frame)?;
        let events = analysis.see(frame, local)?;
        self.looked = at;
        tracing::trace!(at_s = at.secs(), changed, quiet = analysis.is_quiet(), "looked");
        if changed || !analysis.is_quiet() {
            self.quiet_since = None;
            self.gate.happens();
            self.gate.order(Order::Wake);
        } else if at.since(*self.quiet_since.get_or_insert(at)) >= doze.quiet {
            self.gate.order(Order::Sleep);
        }
        Ok(Some(events))
    }

    /// Keyframes are decoded: as long as nothing has changed all is still.
    fn peek(
        &mut self,
        analysis: &mut Analysis,
        frame: Frame,
        local: Option<LocalTime>,
    ) -> Result<Option<Vec<Event>>, LookError> {
        if self.waking {
            return Ok(None);
        }
        let at = frame.at;
        // with nothing to compare with, only the detector tells whether somebody is there
        let first = self.compared.is_none();
        if self.compare(&frame)? && !first {
            self.wake();
            return Ok(None);
        }
        let looks = first || self.doze.is_none_or(|doze| at.since(self.looked) >= doze.look_every);
        if !looks {
            return analysis.hold(&frame, local).map(Some);
        }
        let events = analysis.see(frame, local)?;
        self.looked = at;
        if !analysis.is_quiet() {
            self.wake();
        }
        Ok(Some(events))
    }

    fn compare(&mut self, frame: &Frame) -> Result<bool, LookError> {
        self.compared = Some(frame.at);
        self.change.look(frame.pixels()).map_err(|error| LookError::Detect(error.into()))
    }

    fn wake(&mut self) {
        self.waking = true;
        self.quiet_since = None;
        self.gate.happens();
        self.gate.order(Order::Wake);
    }
}

impl Drop for Vigil {
    fn drop(&mut self) {
        self.gate.close();
    }
}

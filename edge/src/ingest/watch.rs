//! The supervisor's view of a running session: whether it is over, and what to say of it.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::TryRecvError;
use xunge_alert::BlindCause;

use super::Signal;
use super::fault::{self, Fault};
use super::intake::Flow;
use super::knock::{Found, knock};
use super::seen::Seen;
use super::session::{Outcome, Place, Session};
use super::source::Source;

/// How often the supervisor looks around while nothing is heard.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// One session as it is watched.
pub(super) struct Watch<'a> {
    pub session: &'a Session,
    pub place: &'a Place<'a>,
    pub seen: Arc<Seen>,
    pub flow: Arc<Flow>,
}

impl Watch<'_> {
    /// Nobody wants the source any more.
    pub(super) fn stopped(&self) -> bool {
        self.place.stopped.try_recv() != Err(TryRecvError::Empty)
    }

    /// Says once that pictures come.
    pub(super) fn tell(&self, told: &mut bool, on_signal: &mut dyn FnMut(Signal)) {
        if !*told && self.flow.any() {
            *told = true;
            on_signal(Signal::Flowing { session: self.session.number });
        }
    }

    /// What somebody else found, or silence.
    pub(super) fn trouble(&self) -> Option<Outcome> {
        self.reported().or_else(|| self.silence()).map(Outcome::Fault)
    }

    /// A fault that somebody else found in this session.
    fn reported(&self) -> Option<Fault> {
        let mut failed = self.place.shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, fault) = failed.take()?;
        (session == self.session.number).then_some(fault)
    }

    fn silence(&self) -> Option<Fault> {
        let (source, options) = (self.place.source, self.place.options);
        if matches!(source, Source::File { as_camera: false, .. }) && self.flow.any() {
            // whoever takes the packets may take its time
            return None;
        }
        let place = self.place();
        if self.flow.any() {
            let silent = self.flow.silent_for();
            return (silent >= options.stall_timeout).then(|| {
                let secs = silent.as_secs();
                Fault::new(BlindCause::Stalled, format!("{place} is connected but sent nothing for {secs} s"))
            });
        }
        let age = self.flow.age();
        if age < options.connect_timeout {
            return None;
        }
        if let Source::File { .. } = source {
            // parsebin keeps some errors of its children to itself
            return Some(Fault::new(BlindCause::Garbage, format!("{place} holds no video that can be read")));
        }
        let secs = age.as_secs();
        Some(if self.seen.raw() > 0 {
            Fault::new(
                BlindCause::Garbage,
                format!(
                    "{place} sent data for {secs} s, but no picture is in it; check the camera's encoder"
                ),
            )
        } else if self.seen.described.load(Ordering::Relaxed) {
            Fault::new(BlindCause::Stalled, format!("{place} promised video but sent nothing for {secs} s"))
        } else {
            self.unreachable(self.knock())
        })
    }

    /// What a connection of our own finds at the camera's address.
    pub(super) fn knock(&self) -> Found {
        match self.place.source {
            Source::Rtsp(camera) => {
                knock(&camera.shown_url(), self.place.options.connect_timeout.min(Duration::from_secs(4)))
            }
            Source::File { .. } => Found::NoName,
        }
    }

    /// Why a camera could not be reached.
    pub(super) fn unreachable(&self, found: Found) -> Fault {
        let place = self.place();
        let Source::Rtsp(camera) = self.place.source else { return fault::unreachable(&place, "") };
        match found {
            Found::OtherService => fault::no_camera(&place),
            // GStreamer does not say what it dislikes about the encryption
            Found::Listens if camera.tls_verify && camera.is_encrypted() => fault::unreachable(
                &place,
                "it takes the connection, but no encrypted one; is its certificate trusted by this box?",
            ),
            found => fault::unreachable(&place, found.words()),
        }
    }

    /// URL or file, for sentences.
    pub(super) fn place(&self) -> String {
        match self.place.source {
            Source::Rtsp(camera) => self.scrubbed(&camera.shown_url()),
            Source::File { path, .. } => path.display().to_string(),
        }
    }

    /// `text` without the camera's password.
    pub(super) fn scrubbed(&self, text: &str) -> String {
        match self.place.source {
            Source::Rtsp(camera) => camera.without_password(text),
            Source::File { .. } => text.to_owned(),
        }
    }
}

//! Whether one camera looks where it should: kept over restarts, approved by people.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::state::Teller;
use crate::{
    analysis::Analysis,
    clock,
    spool::SpoolError,
    views::{Moved, ViewFiles},
};

/// What could not be written is tried again so often.
const RETRY_EVERY: Duration = Duration::from_secs(10);

/// Follows the view of one camera on its rule thread.
pub struct Keeper {
    files: ViewFiles,
    /// Some rule watches the view.
    watched: bool,
    /// The camera looks elsewhere: since when.
    moved: Option<Timestamp>,
    /// The files say the same.
    kept: bool,
    /// Somebody asks for an approval.
    asked: Arc<AtomicBool>,
    failed: Option<Instant>,
}

impl Keeper {
    /// Takes up what an earlier run left: an approval that was asked for meanwhile, or a camera that is moved.
    pub fn begin(files: ViewFiles, watched: bool, analysis: &mut Analysis, state: &mut Teller) -> Self {
        let asked = Arc::new(AtomicBool::new(files.is_asked()));
        let mut keeper = Self { files, watched, moved: None, kept: true, asked, failed: None };
        match keeper.files.moved(clock::utc_now()) {
            Ok(Some(moved)) => {
                analysis.begin_with_lost_view(moved.usual.as_deref());
                keeper.moved = Some(moved.since);
                if watched {
                    tracing::warn!(camera = state.camera(), since = %moved.since, "the camera is still moved");
                }
            }
            Ok(None) => {}
            // what cannot be read may be a mark: rather no zone than a wrong one
            Err(error) => {
                tracing::error!(camera = state.camera(), %error, "it is not known whether the camera was moved");
                analysis.begin_with_lost_view(None);
                keeper.moved = Some(clock::utc_now());
            }
        }
        keeper.follow(analysis, state);
        keeper.tell(analysis, state);
        keeper
    }

    /// Where requests are noticed, from another thread.
    pub fn door(&self) -> Door {
        Door { files: self.files.clone(), asked: Arc::clone(&self.asked) }
    }

    /// Does what is asked for, keeps what has changed, and tells it. Nearly always nothing.
    pub fn follow(&mut self, analysis: &mut Analysis, state: &mut Teller) {
        let lost = analysis.view_is_lost();
        let changed = lost != self.moved.is_some();
        let waits = self.failed.is_some_and(|at| at.elapsed() < RETRY_EVERY);
        let asked = self.asked.load(Ordering::Relaxed);
        if !changed && (waits || (self.kept && !asked)) {
            return;
        }
        if changed {
            self.moved = lost.then(clock::utc_now);
            self.kept = false;
            self.log(analysis, state);
        }
        let done = if asked { self.approve(analysis, state) } else { self.keep(analysis, state) };
        self.failed = done.is_err().then(clock::monotonic);
        if let Err(error) = done {
            tracing::error!(camera = state.camera(), %error, "where the camera looks could not be noted");
        }
        self.tell(analysis, state);
    }

    fn approve(&mut self, analysis: &mut Analysis, state: &Teller) -> Result<(), SpoolError> {
        // seen a moment ago, and done since
        if self.files.is_asked() {
            self.files.take_asked()?;
            analysis.approve_view();
            (self.moved, self.kept) = (None, true);
            tracing::info!(camera = state.camera(), "what the camera sees now was approved as its view");
        }
        self.asked.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn keep(&mut self, analysis: &Analysis, state: &Teller) -> Result<(), SpoolError> {
        match self.moved {
            Some(since) => {
                let usual = analysis.usual_view().unwrap_or_else(|error| {
                    tracing::error!(camera = state.camera(), %error, "what the camera usually shows is not kept");
                    None
                });
                self.files.keep_moved(&Moved { since, usual })?;
            }
            None => self.files.forget_moved()?,
        }
        self.kept = true;
        Ok(())
    }

    fn log(&self, analysis: &Analysis, state: &Teller) {
        let camera = state.camera();
        if self.moved.is_some() {
            let suspended = analysis.suspended_rules();
            tracing::warn!(
                camera,
                ?suspended,
                "the camera was moved: these rules wait for the old view or an approval"
            );
        } else if self.watched {
            tracing::info!(camera, "the camera looks where it should again");
        } else {
            tracing::warn!(camera, "the camera was moved, but no rule watches that any more");
        }
    }

    fn tell(&self, analysis: &Analysis, state: &mut Teller) {
        let suspended = analysis.suspended_rules().into_iter().map(str::to_owned).collect();
        state.view(self.watched, self.moved, suspended);
    }
}

/// Notices that somebody asks for an approval. Reads the disk, so it is used off the way of the frames.
pub struct Door {
    files: ViewFiles,
    asked: Arc<AtomicBool>,
}

impl Door {
    /// Looks once.
    pub fn look(&self) {
        if self.files.is_asked() {
            self.asked.store(true, Ordering::Relaxed);
        }
    }
}

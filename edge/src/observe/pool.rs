//! The detector pool: few sessions, shared fairly by all cameras.
//!
//! A camera's thread waits for its turn ([`turns`]), hands over one picture and waits for its detections. It may wait before it
//! takes the picture, so that what the detector gets is always the newest. Closer looks follow at once, out of turn, and are
//! counted.

mod turns;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use thiserror::Error;
use xunge_scene::{Closeup, Detection, Wants, facts::Pose};

use super::{
    detector::{DetectError, Detector},
    pose::PoseNet,
};
use crate::{clock, frame::Frame};
pub use turns::Urgency;
use turns::{Seat, Turns};

/// A look could not be had.
#[derive(Debug, Error)]
pub enum LookError {
    /// The detector failed on this picture.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// No worker answered in time.
    #[error("the detector did not answer within {0:?}; the box is overloaded")]
    TimedOut(Duration),
    /// All workers are gone.
    #[error("the detector has stopped; the log of the first failure says why")]
    Stopped,
}

/// What one worker owns.
pub struct Eyes {
    /// Finds people and things.
    pub detector: Detector,
    /// Finds the joints of a person; none when no rule needs them.
    pub pose: Option<PoseNet>,
}

/// A picture and what is wanted of it.
enum Request {
    Look { frame: Arc<Frame>, answer: Sender<Result<Vec<Detection>, DetectError>> },
    LookCloser { frame: Arc<Frame>, wants: Wants, answer: Sender<Result<Closeup, DetectError>> },
}

/// Starts and stops the workers.
pub struct Pool {
    requests: Sender<Request>,
    turns: Arc<Turns>,
    workers: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
    input_size: (usize, usize),
}

/// What the workers of a pool did.
#[derive(Debug, Default)]
struct Counters {
    workers: usize,
    looks: AtomicU64,
    busy_nanos: AtomicU64,
}

/// What all workers of a pool did since start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// How many there are.
    pub workers: usize,
    /// Whole pictures looked at.
    pub looks: u64,
    /// Time in which they worked, summed over all.
    pub busy: Duration,
}

/// Reads off how a pool does; cheap to clone.
#[derive(Debug, Clone)]
pub struct PoolHandle(Arc<Counters>);

impl PoolHandle {
    /// What its workers did.
    pub fn stats(&self) -> PoolStats {
        PoolStats {
            workers: self.0.workers,
            looks: self.0.looks.load(Ordering::Relaxed),
            busy: Duration::from_nanos(self.0.busy_nanos.load(Ordering::Relaxed)),
        }
    }
}

/// How one camera asks.
pub struct Looker {
    requests: Sender<Request>,
    seat: Seat,
    input_size: (usize, usize),
}

impl Pool {
    /// One worker thread per pair of eyes, for at most `cameras` cameras.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(eyes: Vec<Eyes>, cameras: usize) -> std::io::Result<Self> {
        let input_size = eyes.first().map_or((0, 0), |eyes| eyes.detector.input_size());
        let (requests, queue) = bounded::<Request>(cameras.max(1));
        let counters = Arc::new(Counters { workers: eyes.len(), ..Counters::default() });
        let turns = Turns::new(eyes.len());
        let workers = eyes
            .into_iter()
            .enumerate()
            .map(|(number, eyes)| {
                let (queue, counters) = (queue.clone(), Arc::clone(&counters));
                thread::Builder::new()
                    .name(format!("detector-{number}"))
                    .spawn(move || work(eyes, &queue, &counters))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { requests, turns, workers, counters, input_size })
    }

    /// For one camera.
    pub fn looker(&self) -> Looker {
        Looker { requests: self.requests.clone(), seat: self.turns.seat(), input_size: self.input_size }
    }

    /// How it does.
    pub fn handle(&self) -> PoolHandle {
        PoolHandle(Arc::clone(&self.counters))
    }

    /// Ends the workers once all lookers are gone.
    pub fn stop(self) {
        drop(self.requests);
        for worker in self.workers {
            if worker.join().is_err() {
                tracing::error!("a detector thread had panicked");
            }
        }
    }
}

impl Looker {
    /// Columns and rows that pictures are scaled to fit.
    pub fn input_size(&self) -> (usize, usize) {
        self.input_size
    }

    /// How much it matters from now on that this camera looks.
    pub fn set_urgency(&mut self, urgency: Urgency) {
        self.seat.set_urgency(urgency);
    }

    /// Waits for this camera's turn, at most `limit`. It lasts until the next look is over, or [`Looker::end_turn`].
    pub fn await_turn(&mut self, limit: Duration) -> Result<(), LookError> {
        if self.seat.wait(limit) { Ok(()) } else { Err(LookError::TimedOut(limit)) }
    }

    /// Gives the turn up.
    pub fn end_turn(&mut self) {
        self.seat.end();
    }

    /// Waits until a worker has looked at `frame`, at most `limit`, and as long before for this camera's turn.
    pub fn look(&mut self, frame: Arc<Frame>, limit: Duration) -> Result<Vec<Detection>, LookError> {
        self.await_turn(limit)?;
        let found = self.ask(limit, |answer| Request::Look { frame, answer });
        self.end_turn();
        found
    }

    /// The same for a closer look at the places of `frame` that behaviors want, out of turn.
    pub fn look_closer(
        &self,
        frame: Arc<Frame>,
        wants: Wants,
        limit: Duration,
    ) -> Result<Closeup, LookError> {
        let begun = clock::monotonic();
        let found = self.ask(limit, |answer| Request::LookCloser { frame, wants, answer });
        self.seat.charge(begun.elapsed());
        found
    }

    fn ask<T>(
        &self,
        limit: Duration,
        request: impl FnOnce(Sender<Result<T, DetectError>>) -> Request,
    ) -> Result<T, LookError> {
        let (answer, answered) = bounded(1);
        self.requests
            .send_timeout(request(answer), limit)
            .map_err(|e| if e.is_timeout() { LookError::TimedOut(limit) } else { LookError::Stopped })?;
        match answered.recv_timeout(limit) {
            Ok(result) => Ok(result?),
            Err(RecvTimeoutError::Timeout) => Err(LookError::TimedOut(limit)),
            Err(RecvTimeoutError::Disconnected) => Err(LookError::Stopped),
        }
    }
}

fn work(mut eyes: Eyes, queue: &Receiver<Request>, counters: &Counters) {
    while let Ok(request) = queue.recv() {
        let begun = clock::monotonic();
        // the camera may have given up waiting: nobody to tell
        match request {
            Request::Look { frame, answer } => {
                let result = eyes.detector.detect(frame.pixels());
                counters.looks.fetch_add(1, Ordering::Relaxed);
                let _ = answer.send(result);
            }
            Request::LookCloser { frame, wants, answer } => {
                let _ = answer.send(eyes.look_closer(&frame, &wants));
            }
        }
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        counters.busy_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl Eyes {
    fn look_closer(&mut self, frame: &Frame, wants: &Wants) -> Result<Closeup, DetectError> {
        let mut found = Closeup::default();
        for (&track, &bounds) in &wants.poses {
            let pose = self.pose.as_mut().ok_or(DetectError::NoPose)?;
            found.poses.push(Pose { track, joints: pose.find(frame.pixels(), bounds)? });
        }
        for &place in &wants.turned {
            self.detector.detect_turned(frame.pixels(), place, &mut found.turned)?;
        }
        Ok(found)
    }
}

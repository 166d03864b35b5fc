//! Whose turn it is at the detectors.
//!
//! Each camera has a clock that runs by the time that a detector worked for it, the slower the more it matters now. Of those
//! who wait the one whose clock is furthest behind is next (start-time fair queueing, Goyal et al. 1996). So who asks often
//! pushes nobody out, who needs many closer looks pays for them, who matters more looks more often, and everybody gets
//! his turn. Who did not want any for a while has saved nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};

use crate::clock;

/// How much it matters now that a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Urgency {
    /// Nobody moves there, and nothing is expected.
    Quiet,
    /// Somebody is there.
    #[default]
    Usual,
    /// Something that was told is going on.
    Open,
}

impl Urgency {
    /// Shares of the detectors' time when there is not enough of it: these times as much as a quiet one.
    fn weight(self) -> f64 {
        match self {
            Self::Quiet => 1.0,
            Self::Usual => 2.0,
            Self::Open => 4.0,
        }
    }
}

/// The cameras' clocks.
#[derive(Debug, Default)]
struct Shares {
    clocks: BTreeMap<u64, f64>,
    /// The clock of the latest whose turn it was.
    now: f64,
}

impl Shares {
    /// It wants a turn.
    fn join(&mut self, camera: u64) {
        let clock = self.clocks.entry(camera).or_default();
        *clock = clock.max(self.now);
    }

    /// Which of those who wait is next; of several alike, the one who waits longest.
    fn next(&mut self, waiting: impl Iterator<Item = u64>) -> Option<usize> {
        let clock = |camera: &u64| self.clocks.get(camera).copied().unwrap_or_default();
        let (place, camera) = waiting.enumerate().min_by(|(_, a), (_, b)| clock(a).total_cmp(&clock(b)))?;
        self.now = self.now.max(clock(&camera));
        Some(place)
    }

    /// A detector has worked for it.
    fn charge(&mut self, camera: u64, time: Duration, urgency: Urgency) {
        *self.clocks.entry(camera).or_default() += time.as_secs_f64() / urgency.weight();
    }
}

/// Hands out turns, as many at once as there are detectors.
pub(super) struct Turns {
    state: Mutex<State>,
}

struct State {
    shares: Shares,
    free: usize,
    waiting: Vec<Waiting>,
    next_camera: u64,
}

struct Waiting {
    camera: u64,
    grant: Sender<()>,
}

impl State {
    fn hand_out(&mut self) {
        while self.free > 0 {
            let Some(place) = self.shares.next(self.waiting.iter().map(|waiting| waiting.camera)) else {
                return;
            };
            // who has given up waiting is passed over
            if self.waiting.remove(place).grant.send(()).is_ok() {
                self.free -= 1;
            }
        }
    }
}

impl Turns {
    pub(super) fn new(detectors: usize) -> Arc<Self> {
        let state = State { shares: Shares::default(), free: detectors, waiting: Vec::new(), next_camera: 0 };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// For one camera.
    pub(super) fn seat(self: &Arc<Self>) -> Seat {
        let mut state = self.lock();
        let camera = state.next_camera;
        state.next_camera += 1;
        drop(state);
        Seat { turns: Arc::clone(self), camera, urgency: Urgency::default(), turn: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one camera waits for its turn.
pub(super) struct Seat {
    turns: Arc<Turns>,
    camera: u64,
    urgency: Urgency,
    /// Since when it has its turn.
    turn: Option<Instant>,
}

impl Seat {
    pub(super) fn set_urgency(&mut self, urgency: Urgency) {
        self.urgency = urgency;
    }

    /// Waits for the turn, at most `limit`; false when it has not come. Who has it keeps it.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        if self.turn.is_some() {
            return true;
        }
        let (grant, granted) = bounded(1);
        {
            let mut state = self.turns.lock();
            state.shares.join(self.camera);
            state.waiting.push(Waiting { camera: self.camera, grant });
            state.hand_out();
        }
        if granted.recv_timeout(limit).is_err() {
            let mut state = self.turns.lock();
            state.waiting.retain(|waiting| waiting.camera != self.camera);
            // it may have come in this moment
            if granted.try_recv().is_err() {
                return false;
            }
        }
        self.turn = Some(clock::monotonic());
        true
    }

    /// Ends the turn, if it has any.
    pub(super) fn end(&mut self) {
        let Some(begun) = self.turn.take() else { return };
        let mut state = self.turns.lock();
        state.shares.charge(self.camera, begun.elapsed(), self.urgency);
        state.free += 1;
        state.hand_out();
    }

    /// A detector has worked for it out of turn.
    pub(super) fn charge(&self, time: Duration) {
        self.turns.lock().shares.charge(self.camera, time, self.urgency);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end();
        self.turns.lock().shares.clocks.remove(&self.camera);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns of each camera in 70 s of one detector that takes 100 ms for a look, when all want one all the time.
    fn turns(cameras: &[(Urgency, u32)]) -> Vec<u32> {
        let mut shares = Shares::default();
        let mut waiting: Vec<u64> = (0..cameras.len() as u64).collect();
        waiting.iter().for_each(|&camera| shares.join(camera));
        let mut turns = vec![0; cameras.len()];
        let mut passed = Duration::ZERO;
        while passed < Duration::from_secs(70) {
            let camera = waiting.remove(shares.next(waiting.iter().copied()).unwrap());
            let (urgency, looks) = cameras[camera as usize];
            let time = Duration::from_millis(100) * looks;
            shares.charge(camera, time, urgency);
            passed += time;
            turns[camera as usize] += 1;
            shares.join(camera);
            waiting.push(camera);
        }
        turns
    }

    #[test]
    fn time_is_shared_by_how_much_a_camera_matters() {
        let [open, usual, quiet] = turns(&[(Urgency::Open, 1), (Urgency::Usual, 1), (Urgency::Quiet, 1)])[..]
        else {
            unreachable!("three cameras");
        };
        assert!((399..=401).contains(&open) && (199..=201).contains(&usual) && (99..=101).contains(&quiet));
    }

    #[test]
    fn who_needs_much_time_for_a_look_looks_less_often() {
        let [heavy, light] = turns(&[(Urgency::Usual, 3), (Urgency::Usual, 1)])[..] else {
            unreachable!("two cameras");
        };
        assert!((115..=118).contains(&heavy) && (348..=352).contains(&light), "{heavy} {light}");
    }

    #[test]
    fn who_was_away_has_saved_nothing() {
        let mut shares = Shares::default();
        for _ in 0..100 {
            shares.join(1);
            shares.next([1].into_iter());
            shares.charge(1, Duration::from_secs(1), Urgency::Usual);
        }
        let mut turns = [0; 2];
        for _ in 0..10 {
            [0, 1].into_iter().for_each(|camera| shares.join(camera));
            let next = shares.next([0, 1].into_iter()).unwrap();
            shares.charge(next as u64, Duration::from_secs(1), Urgency::Usual);
            turns[next] += 1;
        }
        assert!(turns[1] >= 4, "{turns:?}");
    }

    #[test]
    fn a_turn_comes_when_another_ends_and_not_to_who_gave_up() {
        let turns = Turns::new(1);
        let (mut first, mut second, mut third) = (turns.seat(), turns.seat(), turns.seat());
        let soon = Duration::from_millis(20);
        assert!(first.wait(soon) && first.wait(soon), "who has it keeps it");
        assert!(!second.wait(soon));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| third.wait(Duration::from_secs(20)));
            first.end();
            assert!(waits.join().unwrap());
        });
        assert!(!second.wait(soon));
        drop(third);
        assert!(second.wait(soon), "who goes away gives it back");
        assert!(!first.wait(soon));
    }
}

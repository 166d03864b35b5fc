//! When and how the usual view was lost.

use crate::time::StreamTime;
use std::time::Duration;

/// The view is certainly the usual one.
const WELL: f64 = 0.6;
/// Less of it than this is seen: it is lost.
const LOST: f64 = 0.45;
/// From well to lost within this it was a deed or an accident.
const SUDDENLY: Duration = Duration::from_secs(20);
/// This part of what is seen of it on a good day is all of it.
const WHOLE: f64 = 0.85;
/// From whole to lost, a camera that is pushed takes less than this, and what drives into the picture more.
const SLIDES: Duration = Duration::from_secs(1);
/// The mean of good days reaches back so far.
const REACH_SECS: f64 = 30.0;

/// What became of the usual view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It is there.
    None,
    /// Too much of it is hidden to be sure.
    Doubtful,
    /// It went within seconds.
    Sudden {
        /// Piece by piece.
        slid: bool,
        /// For how long it has been lost.
        lasts: Duration,
    },
    /// It went slowly.
    Slow,
}

/// Follows how much is seen of the usual view.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// When it was well last.
    well: Option<StreamTime>,
    /// It was well before the stream broke.
    was_well: bool,
    /// Mean share that is seen when all is well.
    usual: Option<f64>,
    /// When all of it was seen last.
    whole: Option<StreamTime>,
    loss: Option<Loss>,
}

impl Losses {
    pub(super) fn look(&mut self, at: StreamTime, same: f64, passed: Duration) -> Loss {
        if same >= WELL {
            let usual = self.usual.get_or_insert(same);
            *usual += (same - *usual) * (passed.as_secs_f64() / REACH_SECS).min(1.0);
            if same >= WHOLE * *usual {
                self.whole = Some(at);
            }
            (self.well, self.loss) = (Some(at), None);
            return Loss::None;
        }
        let loss = match self.loss {
            Some(Loss::Sudden { slid, lasts }) => Loss::Sudden { slid, lasts: lasts + passed },
            Some(loss) => loss,
            None if same >= LOST => return Loss::Doubtful,
            None => self.begin(at),
        };
        self.loss = Some(loss);
        loss
    }

    fn begin(&self, at: StreamTime) -> Loss {
        // What was there before the stream broke and is not there now was taken away meanwhile.
        if !self.well.map_or(self.was_well, |well| at.since(well) <= SUDDENLY) {
            return Loss::Slow;
        }
        let slid = self.whole.is_some_and(|whole| at.since(whole) > SLIDES);
        Loss::Sudden { slid, lasts: Duration::ZERO }
    }

    /// The stream broke, and its time may begin anew.
    pub(super) fn pause(&mut self) {
        self.was_well |= self.well.is_some();
        (self.well, self.whole, self.loss) = (None, None, None);
    }
}

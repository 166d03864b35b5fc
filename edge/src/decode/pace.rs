//! Which pictures are looked at.

use std::time::Duration;

/// Thins a stream to a rate by its own time: jitter neither doubles nor halves it.
#[derive(Debug)]
pub struct Pace {
    every_ns: i64,
    due_ns: Option<i64>,
}

impl Pace {
    /// At most `fps` pictures in a second; none: all.
    pub fn new(fps: Option<f64>) -> Self {
        let every = fps.filter(|fps| *fps > 0.0).and_then(|fps| Duration::try_from_secs_f64(1.0 / fps).ok());
        let every_ns = every.map_or(0, |e| i64::try_from(e.as_nanos()).unwrap_or(i64::MAX / 4));
        Self { every_ns: every_ns.min(i64::MAX / 4), due_ns: None }
    }

    /// Whether the picture at this time is wanted.
    pub(crate) fn wants(&mut self, at_ns: i64) -> bool {
        let every = self.every_ns;
        let due = match self.due_ns {
            // a quarter early is near enough; the grid stays where it was, so that the mean rate is right
            Some(due) if at_ns + every / 4 < due && at_ns + 2 * every > due => return false,
            Some(due) if at_ns <= due + every && at_ns + 2 * every > due => {
                (due + every).max(at_ns + every * 3 / 4)
            }
            // the first, after a gap, or time stepped back
            _ => at_ns + every,
        };
        self.due_ns = Some(due);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn kept(fps: f64, times_ms: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut pace = Pace::new(Some(fps));
        times_ms.into_iter().filter(|t| pace.wants(t * MS)).collect()
    }

    #[test]
    fn the_mean_rate_is_right_for_any_source() {
        for source_fps in [5.0, 8.0, 10.0, 12.0, 15.0, 25.0, 29.97, 60.0] {
            let times =
                (0..).map(|n| (f64::from(n) * 1000.0 / source_fps) as i64).take_while(|t| *t < 60_000);
            let n = kept(5.0, times).len();
            assert!((297..=303).contains(&n), "{n} of 300 at {source_fps}");
        }
    }

    #[test]
    fn jitter_does_not_halve_a_stream_of_the_same_rate() {
        let jitter = [0, 30, -30, 45, -45, 10, -20];
        let times: Vec<i64> = (0..100).map(|n| n * 200 + jitter[n as usize % 7]).collect();
        assert_eq!(kept(5.0, times).len(), 100);
    }

    #[test]
    fn a_slow_source_and_no_limit_keep_all() {
        assert_eq!(kept(5.0, (0..10).map(|n| n * 1000)).len(), 10);
        let mut all = Pace::new(None);
        assert!((0..10).all(|n| all.wants(n * MS)));
    }

    #[test]
    fn gaps_and_steps_back_do_not_stop_it() {
        assert_eq!(kept(5.0, [0, 200, 10_000, 10_100, 10_200, 10_400]), [0, 200, 10_000, 10_200, 10_400]);
        assert_eq!(kept(5.0, [60_000, 60_200, 0, 200]), [60_000, 60_200, 0, 200]);
    }
}

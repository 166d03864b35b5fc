//! The camera's own timeline: one that never steps back over a reconnect, whatever the camera's clock does.

use std::time::Duration;

/// A live stream may not jump further than this from what the time of arrival says.
const JUMP_NS: i64 = 5_000_000_000;
/// After a jump the timeline goes on here.
const STEP_NS: i64 = 40_000_000;

/// Places the pictures of one session.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// Where the session's first picture is placed.
    base_ns: i64,
    live: bool,
    /// Added to the source's times; known from the first picture on.
    shift_ns: Option<i64>,
    newest_ns: i64,
    arrived: Duration,
}

/// When a picture is shown and decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pub shown_ns: Option<i64>,
    pub decoded_ns: Option<i64>,
}

impl Timeline {
    /// A file's own time is kept as it is.
    pub(crate) fn of_file() -> Self {
        Self { base_ns: 0, live: false, shift_ns: Some(0), newest_ns: 0, arrived: Duration::ZERO }
    }

    /// A live session whose first picture stands at `base_ns`.
    pub(crate) fn of_session(base_ns: i64) -> Self {
        Self { base_ns, live: true, shift_ns: None, newest_ns: base_ns, arrived: Duration::ZERO }
    }

    /// Places one picture. `arrived`: on any clock that only goes forward.
    pub(crate) fn place(&mut self, shown: Option<i64>, decoded: Option<i64>, arrived: Duration) -> Placed {
        let Some(source) = shown.or(decoded) else {
            return Placed { shown_ns: Some(self.newest_ns), decoded_ns: None };
        };
        let mut shift = self.shift_ns.unwrap_or(self.base_ns - source);
        if self.live && self.shift_ns.is_some() {
            let waited = arrived.saturating_sub(self.arrived);
            let expected = self.newest_ns + i64::try_from(waited.as_nanos()).unwrap_or(i64::MAX);
            if (source + shift - expected).abs() > JUMP_NS {
                shift = (expected - source).max(self.newest_ns + STEP_NS - source);
            }
        }
        self.shift_ns = Some(shift);
        self.arrived = arrived;
        self.newest_ns = self.newest_ns.max(source + shift);
        Placed { shown_ns: shown.map(|t| t + shift), decoded_ns: decoded.map(|t| t + shift) }
    }

    /// The latest time that was placed.
    pub(crate) fn newest_ns(&self) -> i64 {
        self.newest_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_session_begins_where_it_is_told_and_runs_with_the_source() {
        let mut line = Timeline::of_session(7 * SECOND);
        let shown: Vec<_> =
            (0..3).map(|n| line.place(Some((100 + n) * SECOND), None, at(50 + n as u64)).shown_ns).collect();
        assert_eq!(shown, [Some(7 * SECOND), Some(8 * SECOND), Some(9 * SECOND)]);
        assert_eq!(line.newest_ns(), 9 * SECOND);
    }

    #[test]
    fn b_frames_step_back_and_that_is_no_jump() {
        let mut line = Timeline::of_session(0);
        let order = [0, 3, 1, 2];
        let shown: Vec<_> =
            order.iter().map(|n| line.place(Some(n * SECOND), None, at(*n as u64)).shown_ns).collect();
        assert_eq!(shown, [Some(0), Some(3 * SECOND), Some(SECOND), Some(2 * SECOND)]);
    }

    #[test]
    fn a_clock_that_is_set_does_not_move_the_timeline() {
        for wrong in [-3600, 3600] {
            let mut line = Timeline::of_session(0);
            line.place(Some(10 * SECOND), None, at(1));
            line.place(Some(11 * SECOND), None, at(2));
            let jumped = line.place(Some((12 + wrong) * SECOND), None, at(3)).shown_ns;
            assert_eq!(jumped, Some(2 * SECOND));
            let after = line.place(Some((13 + wrong) * SECOND), None, at(4)).shown_ns;
            assert_eq!(after, Some(3 * SECOND));
        }
    }

    #[test]
    fn a_pause_of_the_stream_is_a_pause_of_the_timeline() {
        let mut line = Timeline::of_session(0);
        line.place(Some(0), None, at(0));
        assert_eq!(line.place(Some(60 * SECOND), None, at(60)).shown_ns, Some(60 * SECOND));
    }

    #[test]
    fn a_files_time_is_kept_also_before_its_beginning() {
        let mut line = Timeline::of_file();
        let placed = line.place(Some(-2 * SECOND), Some(-3 * SECOND), at(0));
        assert_eq!(placed, Placed { shown_ns: Some(-2 * SECOND), decoded_ns: Some(-3 * SECOND) });
        assert_eq!(line.place(Some(900 * SECOND), None, at(0)).shown_ns, Some(900 * SECOND));
    }
}

//! How many packets may wait for a live decoder.
//!
//! A stall of a second or two is made up for: nothing is skipped. A decoder that is overtaken again and again will not
//! catch up: there waiting only makes every picture old, so that little may wait, and more is skipped.

/// Packets that may wait: a few seconds, and the bytes stay those of the ring.
const USUAL: u64 = 60;
/// Where there was no room lately, about so much may wait, nanoseconds …
const SHORT_NS: f64 = 350e6;
/// … and at least so many packets.
const LEAST: u64 = 3;
/// That long after there was none, nanoseconds.
const SHORT_FOR_NS: i64 = 30_000_000_000;
/// Share of the latest interval in the usual one.
const NEWEST: f64 = 0.1;

/// Bounds one decoder's queue.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Packets that come at once and are all let in.
    coming: u64,
    /// So many more may wait, until they have passed.
    more: u64,
    /// Time between two packets, nanoseconds.
    interval_ns: f64,
    newest_ns: Option<i64>,
    /// When there last was no room.
    overrun_ns: Option<i64>,
}

impl Room {
    /// So `many` come at once and are all let in, and `more` than usual may wait until they have passed.
    pub(super) fn make(&mut self, many: u64, more: u64) {
        (self.coming, self.more) = (many, more);
    }

    /// Whether the packet that is shown at `at_ns` finds no room behind `waiting` others.
    pub(super) fn is_full(&mut self, at_ns: i64, waiting: u64) -> bool {
        if let Some(step) =
            self.newest_ns.map(|newest| at_ns - newest).filter(|step| (1..1_000_000_000).contains(step))
        {
            let weight = if self.interval_ns == 0.0 { 1.0 } else { NEWEST };
            self.interval_ns += (step as f64 - self.interval_ns) * weight;
        }
        self.newest_ns = self.newest_ns.max(Some(at_ns));
        if self.coming > 0 {
            self.coming -= 1;
            return false;
        }
        if waiting < USUAL / 2 {
            self.more = 0;
        }
        let full = waiting >= self.most(at_ns) + self.more;
        if full {
            self.overrun_ns = Some(at_ns);
        }
        full
    }

    /// Whether `waiting` packets are more than may ever wait.
    pub(super) fn is_crammed(&self, waiting: u64) -> bool {
        waiting >= USUAL + self.more
    }

    fn most(&self, at_ns: i64) -> u64 {
        let lately = self.overrun_ns.is_some_and(|then| (at_ns - then).abs() < SHORT_FOR_NS);
        if !lately || self.interval_ns <= 0.0 {
            return USUAL;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few, and clamped")]
        let few = (SHORT_NS / self.interval_ns) as u64;
        few.clamp(LEAST, USUAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// How many wait at most in `secs` of a camera with 25 pictures a second, of which `decoded` in a second are decoded
    /// while it waits for nothing, and when they wait: (seconds, packets).
    fn waits(secs: i64, decoded: impl Fn(f64) -> f64) -> Vec<(f64, u64)> {
        let (mut room, mut waiting, mut skipping) = (Room::default(), 0.0_f64, false);
        (0..secs * 25)
            .map(|n| {
                let at_ns = n * SECOND / 25;
                let at = at_ns as f64 / 1e9;
                waiting = (waiting - decoded(at) / 25.0).max(0.0);
                let full = room.is_full(at_ns, waiting as u64);
                // a group has 50 pictures
                skipping = full || (skipping && n % 50 != 0);
                waiting += f64::from(u8::from(!skipping));
                (at, waiting as u64)
            })
            .collect()
    }

    #[test]
    fn a_stall_is_made_up_for() {
        let stalled = waits(60, |at| if (20.0..22.0).contains(&at) { 0.0 } else { 40.0 });
        assert!(stalled.iter().any(|&(_, waiting)| waiting >= 48), "all of it waits");
        assert!(stalled.iter().filter(|(at, _)| *at > 26.0).all(|&(_, waiting)| waiting <= 1));
    }

    #[test]
    fn who_never_keeps_up_shows_no_old_pictures() {
        let slow = waits(60, |_| 15.0);
        let late = slow.iter().filter(|(at, _)| *at > 15.0).map(|&(_, waiting)| waiting).max();
        assert!(late <= Some(9), "{late:?}");
    }

    #[test]
    fn what_is_made_good_has_room_and_slow_cameras_have_some() {
        let mut room = Room::default();
        room.make(200, 210);
        assert!((0..200).all(|n| !room.is_full(n * SECOND / 25, n.unsigned_abs())));
        assert!(!room.is_full(8 * SECOND, 200), "what came meanwhile waits behind them");
        assert!(room.is_full(9 * SECOND, 210 + USUAL));
        let mut slow = Room::default();
        for n in 0..20 {
            slow.is_full(n * SECOND / 5, 0);
        }
        assert!(slow.is_full(4 * SECOND, USUAL));
        assert!(!slow.is_full(4 * SECOND + SECOND / 5, LEAST - 1));
        assert!(slow.is_full(5 * SECOND, LEAST));
    }
}

//! Do packets say that something begins? On a camera of variable bitrate a picture in which somebody moves takes more bytes.
//!
//! They can only wake: on a camera of constant bitrate a still picture takes as many bytes as any other (measured: AUC
//! about .5; on variable bitrate .80 to .96), so small packets mean nothing. What is usual while a camera sleeps swings with
//! the place in the group of pictures and with what the coder saved before, so the largest that quiet groups came to is
//! what counts, and a surge that turned out to be nothing becomes usual.

use std::collections::VecDeque;
use std::time::Duration;

use xunge_scene::StreamTime;

/// Packets are taken together over so long: longer than one that is large by itself, …
const WINDOW: Duration = Duration::from_millis(400);
/// … as many of them at least.
const LEAST: usize = 3;
/// So many groups of pictures are remembered, and so many must be known: a minute, and 20 s, of keyframes every 2 s.
const KEPT: usize = 30;
const NEEDED: usize = 10;
/// So many times as much as was ever usual is a surge.
const SURGE: f64 = 1.25;

/// The sizes of a sleeping camera's packets.
#[derive(Debug, Default)]
pub(super) struct Surge {
    window: VecDeque<(StreamTime, usize)>,
    /// The largest mean of this group of pictures, bytes, and of earlier ones.
    largest: f64,
    usual: VecDeque<f64>,
}

impl Surge {
    /// The next packet, not a keyframe; whether there is a surge.
    pub(super) fn note(&mut self, at: StreamTime, bytes: usize) -> bool {
        self.window.push_back((at, bytes));
        while self.window.front().is_some_and(|(old, _)| at.since(*old) > WINDOW) {
            self.window.pop_front();
        }
        if self.window.len() < LEAST {
            return false;
        }
        let sum: usize = self.window.iter().map(|(_, bytes)| bytes).sum();
        let mean = sum as f64 / self.window.len() as f64;
        self.largest = self.largest.max(mean);
        let usual = self.usual.iter().copied().fold(0.0, f64::max);
        self.usual.len() >= NEEDED && mean > SURGE * usual
    }

    /// A keyframe: the group of pictures is over, and nothing happened in it.
    pub(super) fn end_group(&mut self) {
        if self.largest > 0.0 {
            if self.usual.len() == KEPT {
                self.usual.pop_front();
            }
            self.usual.push_back(self.largest);
        }
        self.begin_group();
    }

    /// What was seen since counts as usual only if nothing `happened`.
    pub(super) fn wake_is_over(&mut self, happened: bool) {
        if happened {
            self.begin_group();
        } else {
            self.end_group();
        }
    }

    /// Another session: another coder, perhaps.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn begin_group(&mut self) {
        self.largest = 0.0;
        self.window.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of two seconds at 10 pictures a second, the sizes as `bytes` of the time says; when there was a surge.
    fn surges(surge: &mut Surge, from: u32, to: u32, bytes: impl Fn(f64) -> f64) -> Option<f64> {
        for number in from * 10..to * 10 {
            let at = f64::from(number) / 10.0;
            if number % 20 == 0 {
                surge.end_group();
            } else if surge.note(StreamTime::from_secs(at), bytes(at) as usize) {
                return Some(at);
            }
        }
        None
    }

    /// Swings with the place in the group, as coders do.
    fn quiet(at: f64) -> f64 {
        700.0 + 150.0 * (at * std::f64::consts::PI).sin()
    }

    #[test]
    fn who_comes_in_is_noticed_within_half_a_second() {
        let mut surge = Surge::default();
        assert_eq!(surges(&mut surge, 0, 40, quiet), None);
        let told = surges(&mut surge, 40, 50, |at| quiet(at) + if at > 44.25 { 600.0 } else { 0.0 });
        assert!(told.is_some_and(|at| (44.25..44.8).contains(&at)), "{told:?}");
    }

    #[test]
    fn nothing_is_said_before_enough_is_known_nor_of_one_large_packet_nor_of_constant_bitrate() {
        let mut surge = Surge::default();
        assert_eq!(surges(&mut surge, 0, 16, |at| if at > 10.0 { 2000.0 } else { 500.0 }), None);
        let mut surge = Surge::default();
        let one = |at: f64| quiet(at) + if (at - 43.5).abs() < 0.01 { 700.0 } else { 0.0 };
        assert_eq!(surges(&mut surge, 0, 60, one), None);
        let mut surge = Surge::default();
        let constant = |at: f64| 13_000.0 + 6_500.0 * (at * 3.3).sin();
        assert_eq!(surges(&mut surge, 0, 600, constant), None);
    }

    #[test]
    fn a_surge_that_was_nothing_becomes_usual_and_one_that_was_something_does_not() {
        for happened in [false, true] {
            let mut surge = Surge::default();
            surges(&mut surge, 0, 40, quiet);
            let rain = |at: f64| 2.0 * quiet(at);
            let first = surges(&mut surge, 40, 60, rain);
            assert!(first.is_some());
            // until it falls asleep again everything is decoded, and its packets are noted all the same
            for number in 0..100 {
                surge.note(StreamTime::from_secs(60.0 + f64::from(number) / 10.0), 1700);
            }
            surge.wake_is_over(happened);
            assert_eq!(surges(&mut surge, 72, 90, rain).is_some(), happened);
        }
    }
}

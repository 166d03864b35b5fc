//! The only place of the edge that reads the wall clock. What waits measures its own waiting.
//!
//! Two clocks exist. The wall clock (UTC) stands in alerts, and the configured time zone makes the time of day of it
//! that arms a rule. The monotonic clock measures waiting and is never shown to anybody. The camera's own timeline
//! (`StreamTime`) is no clock: it comes from the frames.

use std::time::Instant;

use jiff::Timestamp;
use xunge_alert::ClockQuality;

/// Wall clock now, UTC. It may jump when the clock is set; see [`quality`].
pub fn utc_now() -> Timestamp {
    Timestamp::now()
}

/// Monotonic clock now: for waiting and measuring, never for messages.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// How far the wall clock can be trusted, asked of the kernel: disciplined (NTP, PTP) or running free.
pub fn quality() -> ClockQuality {
    match kernel_clock_status() {
        Some(status) => quality_of(status),
        None => ClockQuality::Unsynchronised,
    }
}

/// The kernel sets the flag at boot and when no discipline came for hours (`man 2 adjtimex`).
fn quality_of(status: libc::c_int) -> ClockQuality {
    if status & libc::STA_UNSYNC == 0 { ClockQuality::Synchronised } else { ClockQuality::Unsynchronised }
}

/// Status bits of the kernel clock; none when the kernel does not tell (a sandbox that forbids the call).
#[allow(unsafe_code)] // no safe crate of this workspace has adjtimex
fn kernel_clock_status() -> Option<libc::c_int> {
    // SAFETY: `timex` is plain integers, for which all-zero bytes are a valid value.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live, exclusively borrowed `timex`; `modes = 0` only reads.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    (state >= 0).then_some(timex.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_unsync_flag_decides_the_quality() {
        assert_eq!(quality_of(0), ClockQuality::Synchronised);
        assert_eq!(quality_of(libc::STA_PLL | libc::STA_NANO), ClockQuality::Synchronised);
        assert_eq!(quality_of(libc::STA_UNSYNC), ClockQuality::Unsynchronised);
        assert_eq!(quality_of(libc::STA_PLL | libc::STA_UNSYNC), ClockQuality::Unsynchronised);
    }

    #[test]
    fn the_kernel_answers_and_says_the_same_as_quality() {
        let status = kernel_clock_status().expect("adjtimex with modes = 0 needs no rights");
        assert_eq!(quality(), quality_of(status));
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let first = monotonic();
        assert!(monotonic() >= first);
        assert!(utc_now() > "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    }
}

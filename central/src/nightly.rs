//! The nightly scan of reminders (到龄提醒). A night that was missed is caught up as soon as the centre runs again: a scan looks back
//! as far as rules do.

use std::time::Duration;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{error, info};
use xunge_residents::store::{Release, Scanned, Store, StoreError, zone};

use crate::clock::Clock;

/// How often it is looked whether a night has come.
const EVERY: Duration = Duration::from_secs(60);

/// What the nights are told.
#[derive(Debug, Clone)]
pub struct Nights {
    /// When a scan begins.
    pub at: Time,
    /// How many reminders come out.
    pub release: Release,
}

/// Whether a scan is due: today's time has come, and nothing was scanned since.
fn due(last: Option<Date>, now: &Zoned, at: Time) -> bool {
    let today = now.date();
    last.is_none_or(|last| last < today) && now.time() >= at
}

/// Scans each night until the centre stops.
pub async fn follow(store: Store, clock: Clock, nights: Nights, mut stopped: watch::Receiver<bool>) {
    loop {
        match scan_if_due(&store, &clock, &nights).await {
            Ok(Some(scanned)) => {
                let Scanned { made, released, told, ended, pending, .. } = scanned;
                info!(
                    "the nightly scan made {made} reminders, {released} came out, {told} were told again, {ended} ended, {pending} \
                     people lack facts"
                );
            }
            Ok(None) => {}
            // it is tried again: nothing is lost by being late
            Err(error) => error!("the nightly scan of reminders failed: {error}"),
        }
        // an error means that nobody is left to say it: stop as well
        if timeout(EVERY, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}

async fn scan_if_due(store: &Store, clock: &Clock, nights: &Nights) -> Result<Option<Scanned>, StoreError> {
    let last = store.scans(1).await?.first().map(|scan| scan.day);
    let now = Zoned::new(clock.now(), zone());
    if !due(last, &now, nights.at) {
        return Ok(None);
    }
    store.refresh_plans().await?;
    let workdays = store.workdays().await?;
    store.scan((now.date(), now.timestamp()), &workdays, nights.release).await.map(Some)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_night_comes_once_and_a_missed_one_is_caught_up() {
        let at = |text: &str| text.parse::<Zoned>().unwrap();
        let half_past_two = Time::constant(2, 30, 0, 0);
        let (before, after) =
            ("2026-11-28T02:29:59+08:00[Asia/Shanghai]", "2026-11-28T02:30:00+08:00[Asia/Shanghai]");
        let (yesterday, today) = (Some(date(2026, 11, 27)), Some(date(2026, 11, 28)));
        assert!(!due(yesterday, &at(before), half_past_two));
        assert!(due(yesterday, &at(after), half_past_two));
        assert!(due(None, &at(after), half_past_two));
        assert!(!due(today, &at(after), half_past_two));
        assert!(due(
            Some(date(2026, 11, 20)),
            &at("2026-11-28T17:00:00+08:00[Asia/Shanghai]"),
            half_past_two
        ));
        // a clock that was set back
        assert!(!due(Some(date(2026, 12, 1)), &at(after), half_past_two));
    }
}

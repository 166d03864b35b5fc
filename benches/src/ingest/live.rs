//! The whole: alerts through a real Mosquitto to the built centre, and its confirms back.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rumqttc::{Event, Packet};
use xunge_alert::Confirm;

use super::centre::{Centre, Store};
use super::sender::Sender;
use super::{Measured, quantile};

/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// Sends as many messages a second as asked, and waits for the centre's confirms.
pub fn measure(program: &Path, store: &Store<'_>, rate: u32, length: Duration) -> Result<Measured> {
    let mut centre = Centre::prepare(program, store)?;
    centre.start()?;
    let measured = follow(&mut centre, rate, length)?;
    Ok(Measured { what: format!("centre on {}, {rate} a second asked", store.name), ..measured })
}

/// The same, with a centre that runs.
pub(super) fn follow(centre: &mut Centre, rate: u32, length: Duration) -> Result<Measured> {
    let (_client, mut connection) = centre.confirms()?;
    let before = centre.cpu()?;
    let sender = Sender::start(centre.broker.port, rate, length)?;
    let begun = Instant::now();
    let (mut confirmed, mut delays, mut last, mut told) = (0_u64, Vec::new(), begun, begun);
    for event in connection.iter() {
        if let Ok(Event::Incoming(Packet::Publish(message))) = event {
            let confirm: Confirm = serde_json::from_slice(&message.payload)?;
            last = Instant::now();
            for seq in confirm.confirmed {
                if let Some(sent) = sender.take((confirm.outbox, seq)) {
                    confirmed += 1;
                    delays.push((last - sent).as_secs_f64() * 1000.0);
                }
            }
        }
        centre.weigh()?;
        if told.elapsed() > TOLD_EVERY {
            told = Instant::now();
            tell_progress(begun.elapsed(), sender.sent(), confirmed);
        }
        if (sender.is_done() && confirmed >= sender.sent()) || begun.elapsed() > length * 4 {
            break;
        }
    }
    let used = (centre.cpu()? - before).as_secs_f64();
    let sent = sender.sent();
    sender.finish()?;
    if confirmed < sent {
        tell_missing(sent - confirmed, centre);
    }
    delays.sort_by(f64::total_cmp);
    let mut measured = Measured::of(String::new(), confirmed, last - begun);
    #[allow(clippy::cast_precision_loss)] // counts
    let thousands = confirmed as f64 / 1000.0;
    measured.confirm_ms = Some((quantile(&delays, 0.5), quantile(&delays, 0.99)));
    measured.cpu_secs_per_1000 = Some(used / thousands);
    measured.rss_mib = Some(centre.rss_mib());
    Ok(measured)
}

#[allow(clippy::print_stderr)] // a bench tells whoever runs it
fn tell_progress(elapsed: Duration, sent: u64, confirmed: u64) {
    eprintln!(
        "{:4} s: {sent:8} sent, {:6} wait for their confirm",
        elapsed.as_secs(),
        sent - confirmed.min(sent)
    );
}

#[allow(clippy::print_stderr)] // a bench tells whoever runs it
pub(super) fn tell_missing(missing: u64, centre: &Centre) {
    eprintln!("{missing} messages were never confirmed; the centre's last words: {:#?}", centre.last_words());
}

//! Straight into the store, batch by batch: what the tables and the decisions cost, without a network.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use xunge_central::case::number;
use xunge_central::intake::message::{AlertMessage, Inbound};
use xunge_central::store::{Place, Settings, Store};

use super::Measured;
use super::load::Load;

/// Takes messages for so long, `batch` in one transaction.
pub async fn measure(what: &str, place: &Place, batch: usize, length: Duration) -> Result<Measured> {
    let store = Store::open(place, Settings::usual(number::zone("Asia/Shanghai")?)).await?;
    let mut load = Load::new(rand::random())?;
    let begun = Instant::now();
    let mut messages = 0_u64;
    let mut taking = Duration::ZERO;
    while begun.elapsed() < length {
        let now = Timestamp::now();
        let mut inbound = Vec::with_capacity(batch);
        for _ in 0..batch {
            let alert = load.next(now);
            inbound.push(Inbound::Alert(Box::new(AlertMessage {
                topic: xunge_alert::topic::alert(&alert.site, &alert.edge),
                payload: serde_json::to_string(&alert)?,
                alert,
            })));
        }
        let since = Instant::now();
        let taken = store.take(&inbound, now).await?;
        taking += since.elapsed();
        messages += taken.confirms.iter().map(|(_, _, confirm)| confirm.confirmed.len() as u64).sum::<u64>();
    }
    store.close().await;
    Ok(Measured::of(format!("{what}, batches of {batch}"), messages, taking))
}

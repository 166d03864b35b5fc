//! The floor: the same messages through the same broker, to somebody who keeps nothing.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use xunge_parts::Mosquitto;

use super::Measured;
use super::live::{CLIENT_BYTES, Sender};

/// Sends as many messages a second as asked, and counts what arrives.
pub fn measure(rate: u32, length: Duration) -> Result<Measured> {
    let broker = Mosquitto::lasting()?;
    let mut options = MqttOptions::new("listener", "127.0.0.1", broker.port);
    options.set_max_packet_size(CLIENT_BYTES, CLIENT_BYTES).set_inflight(1000);
    let (client, mut connection) = Client::new(options, 1000);
    client.subscribe("xunge/v1/+/+/alert", QoS::AtLeastOnce)?;
    let mut events = connection.iter();
    loop {
        match events.next() {
            Some(Ok(Event::Incoming(Packet::SubAck(_)))) => break,
            Some(Ok(_)) => {}
            Some(Err(error)) => bail!("the listener cannot connect: {error}"),
            None => bail!("the listener's connection has ended"),
        }
    }
    let sender = Sender::start(broker.port, rate, length)?;
    let begun = Instant::now();
    let mut heard = 0_u64;
    let mut last = begun;
    let mut wanted = None;
    for event in events {
        if let Ok(Event::Incoming(Packet::Publish(_))) = event {
            heard += 1;
            last = Instant::now();
        }
        if wanted.is_none() && sender.is_done() {
            wanted = Some(sender.sent());
        }
        if wanted.is_some_and(|wanted| heard >= wanted) || begun.elapsed() > length * 4 {
            break;
        }
    }
    let secs = (last - begun).as_secs_f64();
    sender.finish().context("the sender failed")?;
    #[allow(clippy::cast_precision_loss)] // counts
    let measured = heard as f64 / secs;
    Ok(Measured {
        what: format!("Mosquitto alone, {rate} a second asked"),
        messages: heard,
        secs,
        rate: measured,
        confirm_ms: None,
        cpu_secs_per_1000: None,
        rss_mib: None,
    })
}

//! The floor: the same messages through the same broker, to somebody who keeps nothing.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use xunge_parts::Mosquitto;

use super::sender::Sender;
use super::{CLIENT_BYTES, Measured};

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
    sender.finish().context("the sender failed")?;
    Ok(Measured::of(format!("Mosquitto alone, {rate} a second asked"), heard, last - begun))
}

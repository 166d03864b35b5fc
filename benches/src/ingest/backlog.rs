//! A whole city's boxes come back after an outage, each with hours of alerts in its outbox. They do what boxes do: at most so
//! many messages on their way, what is not confirmed in time is sent again.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use rumqttc::{Client, Connection, Event, MqttOptions, Packet, QoS};
use uuid::Uuid;
use xunge_alert::{Confirm, topic};
use xunge_edge::uplink::{Timing, Window};

use super::centre::{Centre, Store};
use super::live::tell_missing;
use super::load::{BOXES, Load, Turn, name_of};
use super::{CLIENT_BYTES, Measured};

/// Over so long the alerts were seen.
const OUTAGE: SignedDuration = SignedDuration::from_hours(12);
/// Nothing was confirmed for so long: it has stopped.
const STUCK: Duration = Duration::from_secs(180);

/// All boxes, each with a window of its own, the same code that a box has.
struct Boxes {
    load: Load,
    windows: Vec<Window>,
    waiting: Vec<VecDeque<Turn>>,
    numbers: HashMap<Uuid, usize>,
    begun: Timestamp,
    step: SignedDuration,
    again: u64,
}

impl Boxes {
    fn new(messages: u64) -> Result<Self> {
        let mut load = Load::new(rand::random())?;
        let boxes = usize::try_from(BOXES)?;
        let mut waiting = vec![VecDeque::new(); boxes];
        for _ in 0..messages {
            let turn = load.turn();
            waiting[turn.which].push_back(turn);
        }
        let numbers = load.series().iter().enumerate().map(|(which, series)| (*series, which)).collect();
        let longest = waiting.iter().map(VecDeque::len).max().unwrap_or(1).max(1);
        let timing = Timing::default();
        let window = || Window::new(timing.window, timing.confirm, timing.confirm_longest);
        Ok(Self {
            load,
            windows: (0..boxes).map(|_| window()).collect(),
            waiting,
            numbers,
            begun: Timestamp::now() - OUTAGE,
            step: OUTAGE / i32::try_from(longest)?,
            again: 0,
        })
    }

    /// Sends what there is room for, and again what was not confirmed in time; true if that was something.
    fn send(&mut self, client: &Client) -> Result<bool> {
        let mut sent = false;
        for which in 0..self.windows.len() {
            let now = Instant::now();
            let window = &mut self.windows[which];
            while let Some((seq, payload)) = window.overdue(now) {
                publish(client, which, payload)?;
                window.sent_again(seq, now);
                self.again += 1;
                sent = true;
            }
            for _ in 0..window.room() {
                let Some(turn) = self.waiting[which].pop_front() else { break };
                let seen = self.begun + self.step * i32::try_from(turn.seq)?;
                let payload = serde_json::to_string(&self.load.message(turn, seen))?;
                publish(client, which, payload.clone())?;
                window.sent(turn.seq, payload, now);
                sent = true;
            }
        }
        Ok(sent)
    }

    /// How many of these had not been confirmed yet.
    fn settle(&mut self, confirm: Confirm) -> u64 {
        let Some(which) = self.numbers.get(&confirm.outbox) else { return 0 };
        self.windows[*which].settled(confirm.confirmed, Instant::now()) as u64
    }
}

fn publish(client: &Client, which: usize, payload: String) -> Result<()> {
    let (edge, site) = name_of(which);
    Ok(client.publish(topic::alert(&site, &edge), QoS::AtLeastOnce, false, payload)?)
}

/// Brings so many messages, and waits until all are confirmed.
pub fn measure(program: &Path, store: &Store<'_>, messages: u64) -> Result<Measured> {
    let mut boxes = Boxes::new(messages)?;
    let mut centre = Centre::prepare(program, store)?;
    centre.start()?;
    let (_listener, connection) = centre.confirms()?;
    let confirms = hear(connection);
    let client = sender(centre.broker.port);
    let before = centre.cpu()?;
    let begun = Instant::now();
    let (mut confirmed, mut last) = (0, begun);
    while confirmed < messages && last.elapsed() < STUCK {
        let mut wait = if boxes.send(&client)? { Duration::ZERO } else { Duration::from_millis(20) };
        loop {
            match confirms.recv_timeout(wait) {
                Ok(confirm) => {
                    confirmed += boxes.settle(confirm?);
                    last = Instant::now();
                    wait = Duration::ZERO;
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => bail!("nobody hears the confirms any more"),
            }
        }
        centre.weigh()?;
    }
    let used = (centre.cpu()? - before).as_secs_f64();
    if confirmed < messages {
        tell_missing(messages - confirmed, &centre);
    }
    client.disconnect()?;
    let mut measured =
        Measured::of(format!("backlog of {messages} into {}", store.name), confirmed, last - begun);
    #[allow(clippy::cast_precision_loss)] // counts
    let thousands = confirmed as f64 / 1000.0;
    measured.cpu_secs_per_1000 = Some(used / thousands);
    measured.rss_mib = Some(centre.rss_mib());
    measured.again = Some(boxes.again);
    Ok(measured)
}

/// Reads confirms as fast as they come.
fn hear(mut connection: Connection) -> Receiver<Result<Confirm>> {
    let (heard, confirms) = channel();
    std::thread::spawn(move || {
        for event in connection.iter() {
            let Ok(event) = event else { return };
            if let Event::Incoming(Packet::Publish(message)) = event {
                let confirm =
                    serde_json::from_slice(&message.payload).context("a confirm that does not read");
                if heard.send(confirm).is_err() {
                    return;
                }
            }
        }
    });
    confirms
}

/// One connection stands for all boxes: the broker's work for each of theirs is not measured.
fn sender(port: u16) -> Client {
    let mut options = MqttOptions::new("boxes", "127.0.0.1", port);
    options.set_max_packet_size(CLIENT_BYTES, CLIENT_BYTES).set_inflight(2000);
    let (client, mut connection) = Client::new(options, 4000);
    std::thread::spawn(move || {
        for event in connection.iter() {
            if matches!(event, Err(_) | Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect))) {
                return;
            }
        }
    });
    client
}

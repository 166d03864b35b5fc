//! A whole city's boxes come back after an outage, each with hours of alerts in its outbox. They do what boxes do: at most so
//! many messages on their way, what is not confirmed in time is sent again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use rumqttc::{Client, Connection, Event, MqttOptions, Packet, QoS};
use uuid::Uuid;
use xunge_alert::{Confirm, topic};
use xunge_edge::uplink::Timing;

use super::centre::{Centre, Store};
use super::live::tell_missing;
use super::load::{BOXES, Load, Turn};
use super::{CLIENT_BYTES, Measured};

/// Over so long the alerts were seen.
const OUTAGE: SignedDuration = SignedDuration::from_hours(12);
/// Nothing was confirmed for so long: it has stopped.
const STUCK: Duration = Duration::from_secs(180);
/// Messages that a box may send before the next one has its turn.
const AT_ONCE: usize = 8;

/// A message that is on its way.
struct OnWay {
    turn: Turn,
    wait: Duration,
}

/// All boxes.
struct Boxes {
    load: Load,
    timing: Timing,
    waiting: Vec<VecDeque<Turn>>,
    on_way: Vec<HashMap<u64, OnWay>>,
    /// When which message of which box is to be sent again.
    due: BinaryHeap<Reverse<(Instant, usize, u64)>>,
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
        let most = waiting.iter().map(VecDeque::len).max().unwrap_or(1).max(1);
        Ok(Self {
            load,
            timing: Timing::default(),
            waiting,
            on_way: (0..boxes).map(|_| HashMap::new()).collect(),
            due: BinaryHeap::new(),
            numbers,
            begun: Timestamp::now() - OUTAGE,
            step: OUTAGE / i32::try_from(most)?,
            again: 0,
        })
    }

    fn send(&mut self, client: &Client, turn: Turn, wait: Duration) -> Result<()> {
        let seen = self.begun + self.step * i32::try_from(turn.seq)?;
        let alert = self.load.message(turn, seen);
        let payload = serde_json::to_vec(&alert)?;
        client.publish(topic::alert(&alert.site, &alert.edge), QoS::AtLeastOnce, false, payload)?;
        self.due.push(Reverse((Instant::now() + wait, turn.which, turn.seq)));
        self.on_way[turn.which].insert(turn.seq, OnWay { turn, wait });
        Ok(())
    }

    /// Sends what there is room for; true if that was something.
    fn fill(&mut self, client: &Client) -> Result<bool> {
        let mut sent = false;
        for which in 0..self.waiting.len() {
            let room = self.timing.window.saturating_sub(self.on_way[which].len()).min(AT_ONCE);
            for _ in 0..room {
                let Some(turn) = self.waiting[which].pop_front() else { break };
                self.send(client, turn, self.timing.confirm)?;
                sent = true;
            }
        }
        Ok(sent)
    }

    /// Sends again what was not confirmed in time.
    fn repeat(&mut self, client: &Client) -> Result<()> {
        while let Some(&Reverse((due, which, seq))) = self.due.peek() {
            if due > Instant::now() {
                return Ok(());
            }
            self.due.pop();
            if let Some(late) = self.on_way[which].remove(&seq) {
                self.again += 1;
                self.send(client, late.turn, (late.wait * 2).min(self.timing.confirm_longest))?;
            }
        }
        Ok(())
    }

    /// How many of these had not been confirmed yet.
    fn settle(&mut self, confirm: &Confirm) -> u64 {
        let Some(which) = self.numbers.get(&confirm.outbox) else { return 0 };
        let on_way = &mut self.on_way[*which];
        confirm.confirmed.iter().filter(|seq| on_way.remove(seq).is_some()).count() as u64
    }
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
        boxes.repeat(&client)?;
        let mut wait = if boxes.fill(&client)? { Duration::ZERO } else { Duration::from_millis(20) };
        loop {
            match confirms.recv_timeout(wait) {
                Ok(confirm) => {
                    confirmed += boxes.settle(&confirm?);
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

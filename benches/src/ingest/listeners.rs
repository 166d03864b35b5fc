//! Many open consoles while alerts come: how long until each of them is told of a new case.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::centre::{Centre, Store};
use super::live::follow;
use super::{Heard, Measured, quantile};

/// Event streams that one token may have open.
const OF_ONE: usize = 20;
/// What is under way when the last alert was confirmed still comes.
const AFTER: Duration = Duration::from_secs(3);

/// What one stream was told.
#[derive(Default)]
struct Ear {
    cases: HashSet<Uuid>,
    delays_ms: Vec<f64>,
    events: u64,
    reloads: u64,
}

impl Ear {
    /// Reads the events that are whole, and leaves the rest.
    fn read(&mut self, text: &mut Vec<u8>, now: Timestamp) -> Result<()> {
        let mut read = 0;
        while let Some(length) = text[read..].windows(2).position(|two| two == b"\n\n") {
            let frame = std::str::from_utf8(&text[read..read + length])?;
            read += length + 2;
            if frame.starts_with("event: reload") {
                self.reloads += 1;
            } else if frame.starts_with("event: case") {
                self.events += 1;
                let id = value(frame, "\"id\":\"")?.parse()?;
                if self.cases.insert(id) {
                    let sent: Timestamp = value(frame, "\"since_utc\":\"")?.parse()?;
                    self.delays_ms.push(now.duration_since(sent).as_secs_f64() * 1000.0);
                }
            }
        }
        text.drain(..read);
        Ok(())
    }
}

/// The value behind a name in JSON: reading all of it half a million times a second would be what is measured.
fn value<'f>(frame: &'f str, name: &str) -> Result<&'f str> {
    let (_, rest) = frame.split_once(name).with_context(|| format!("no {name} in {frame}"))?;
    rest.split_once('"').map(|(value, _)| value).with_context(|| format!("{name} does not end in {frame}"))
}

async fn listen(
    client: reqwest::Client,
    url: String,
    token: String,
    ready: tokio::sync::mpsc::Sender<()>,
    mut over: watch::Receiver<bool>,
) -> Result<Ear> {
    let mut answer = client.get(url).bearer_auth(token).send().await?.error_for_status()?;
    let (mut ear, mut text) = (Ear::default(), Vec::new());
    ready.send(()).await?;
    loop {
        let chunk = tokio::select! {
            chunk = answer.chunk() => chunk?,
            _ = over.wait_for(|over| *over) => return Ok(ear),
        };
        let Some(chunk) = chunk else { bail!("a stream ended early") };
        text.extend_from_slice(&chunk);
        ear.read(&mut text, Timestamp::now())?;
    }
}

/// Sends as many messages a second as asked to a centre with so many open event streams.
pub fn measure(
    program: &Path,
    store: &Store<'_>,
    (rate, length): (u32, Duration),
    listeners: usize,
) -> Result<Measured> {
    let mut centre = Centre::prepare(program, store)?;
    let tokens = (0..listeners.div_ceil(OF_ONE)).map(|number| centre.token(&format!("wall-{number}")));
    let tokens = tokens.collect::<Result<Vec<_>>>()?;
    centre.start()?;
    let url = format!("{}/api/v1/events", centre.console()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build()?;
    let (over, ended) = watch::channel(false);
    let mut ears = JoinSet::new();
    let (ready, mut readies) = tokio::sync::mpsc::channel(listeners.max(1));
    for number in 0..listeners {
        let token = tokens[number / OF_ONE].clone();
        ears.spawn_on(
            listen(client.clone(), url.clone(), token, ready.clone(), ended.clone()),
            runtime.handle(),
        );
    }
    runtime.block_on(async {
        for _ in 0..listeners {
            tokio::select! {
                _ = readies.recv() => {}
                Some(failed) = ears.join_next() => {
                    failed??;
                    bail!("a stream ended before it began");
                }
            }
        }
        Ok(())
    })?;
    let mut measured = follow(&mut centre, rate, length)?;
    std::thread::sleep(AFTER); // streams hear the last of it
    over.send_replace(true);
    let heard = runtime.block_on(async {
        let mut heard = Vec::with_capacity(listeners);
        while let Some(ear) = ears.join_next().await {
            heard.push(ear??);
        }
        anyhow::Ok(heard)
    })?;
    measured.what = format!("{listeners} consoles on {}, {rate} a second", store.name);
    measured.heard = Some(summed(&heard));
    Ok(measured)
}

fn summed(ears: &[Ear]) -> Heard {
    let cases: HashSet<Uuid> = ears.iter().flat_map(|ear| ear.cases.iter().copied()).collect();
    let mut delays: Vec<f64> = ears.iter().flat_map(|ear| ear.delays_ms.iter().copied()).collect();
    delays.sort_by(f64::total_cmp);
    Heard {
        listeners: ears.len(),
        events: ears.iter().map(|ear| ear.events).sum(),
        cases: cases.len() as u64,
        unheard: ears.iter().map(|ear| (cases.len() - ear.cases.len()) as u64).sum(),
        reloads: ears.iter().map(|ear| ear.reloads).sum(),
        delay_ms: (quantile(&delays, 0.5), quantile(&delays, 0.99), quantile(&delays, 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ear_hears_whole_events_once() {
        let id = Uuid::from_u128(7);
        let event = format!(
            "event: case\nid: r-1\ndata: {{\"id\":\"{id}\",\"since_utc\":\"2026-01-01T00:00:00Z\"}}\n\n"
        );
        let now: Timestamp = "2026-01-01T00:00:00.25Z".parse().unwrap();
        let mut ear = Ear::default();
        let mut text = event.as_bytes()[..30].to_vec();
        ear.read(&mut text, now).unwrap();
        assert_eq!((ear.events, text.len()), (0, 30));
        text.extend_from_slice(&event.as_bytes()[30..]);
        text.extend_from_slice(event.as_bytes());
        text.extend_from_slice(b"event: reload\nid: r-2\ndata: {}\n\n:\n\n");
        ear.read(&mut text, now).unwrap();
        assert!(text.is_empty());
        assert_eq!((ear.events, ear.reloads, ear.cases.len()), (2, 1, 1));
        assert_eq!(ear.delays_ms, [250.0]);
    }
}

//! From topic and bytes to something that the store can take. Pure.

use serde_json::Value;
use uuid::Uuid;
use xunge_alert::{Alert, CameraState, Status, VERSION, check_name, topic};

/// Largest message that is taken; the embedded broker takes no larger one either.
pub const MAX_BYTES: usize = 256 * 1024;
const MAX_EVIDENCE: usize = 16;
const MAX_TRACKS: usize = 4096;
const MAX_NAME: usize = 200;

/// A message, read.
#[derive(Debug, Clone)]
pub enum Inbound {
    /// About a happening.
    Alert(Box<AlertMessage>),
    /// About a box.
    Status {
        /// Site in the topic.
        site: String,
        /// What the box says.
        status: Status,
    },
    /// About a camera.
    Camera {
        /// Site in the topic.
        site: String,
        /// What the box says.
        state: CameraState,
    },
    /// Cannot be taken.
    Bad(BadMessage),
}

/// An alert as it came.
#[derive(Debug, Clone)]
pub struct AlertMessage {
    /// Where it was published.
    pub topic: String,
    /// What it says.
    pub alert: Alert,
    /// Its text, for the history.
    pub payload: String,
}

/// A message that cannot be taken.
#[derive(Debug, Clone)]
pub struct BadMessage {
    /// Where it was published.
    pub topic: String,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// What is wrong with it, one sentence.
    pub reason: String,
    /// Who is to be told, where that can be read.
    pub sender: Option<Sender>,
}

/// The place of a message in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Site in the topic.
    pub site: String,
    /// Box in the topic.
    pub edge: String,
    /// Series.
    pub outbox: Uuid,
    /// Number.
    pub seq: u64,
}

/// Reads a message. None for what is none of ours to keep: a retained message taken back, a topic of later use.
pub fn read(topic_text: &str, payload: &[u8]) -> Option<Inbound> {
    let bad = |reason: String, sender: Option<Sender>| {
        Some(Inbound::Bad(BadMessage {
            topic: topic_text.to_owned(),
            payload: payload.to_owned(),
            reason,
            sender,
        }))
    };
    let Some(parsed) = topic::parse(topic_text) else {
        return bad("the topic is not one of a box".into(), None);
    };
    let (site, edge) = (parsed.site, parsed.edge);
    if payload.len() > MAX_BYTES && parsed.kind != topic::Kind::Alert {
        return bad(too_large(payload), None);
    }
    match parsed.kind {
        topic::Kind::Alert => match read_alert(&site, &edge, payload) {
            Ok((alert, text)) => Some(Inbound::Alert(Box::new(AlertMessage {
                topic: topic_text.to_owned(),
                alert,
                payload: text,
            }))),
            Err(reason) => {
                let sender = place(payload).map(|(outbox, seq)| Sender { site, edge, outbox, seq });
                bad(reason, sender)
            }
        },
        topic::Kind::Status | topic::Kind::CameraState(_) if payload.is_empty() => None,
        topic::Kind::Status => match read_json::<Status>(payload).and_then(|status| {
            expect_edge(&status.edge, &edge)?;
            expect_text("software", &status.software)?;
            Ok(status)
        }) {
            Ok(status) => Some(Inbound::Status { site, status }),
            Err(reason) => bad(reason, None),
        },
        topic::Kind::CameraState(camera) => match read_json::<CameraState>(payload).and_then(|state| {
            expect_edge(&state.edge, &edge)?;
            if state.camera != camera {
                return Err(format!("it names camera `{}` on the topic of another", short(&state.camera)));
            }
            expect_text("name", &state.name)?;
            if state.detail.as_ref().is_some_and(|detail| detail.len() > 2000) {
                return Err("`detail` is longer than 2000 bytes".into());
            }
            Ok(state)
        }) {
            Ok(state) => Some(Inbound::Camera { site, state }),
            Err(reason) => bad(reason, None),
        },
        topic::Kind::Confirm | topic::Kind::ConfigDesired | topic::Kind::ConfigReported => None,
    }
}

fn read_alert(site: &str, edge: &str, payload: &[u8]) -> Result<(Alert, String), String> {
    if payload.len() > MAX_BYTES {
        return Err(too_large(payload));
    }
    let text = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let alert: Alert = read_json(payload)?;
    check(&alert, site, edge)?;
    Ok((alert, text.to_owned()))
}

fn too_large(payload: &[u8]) -> String {
    format!("it has {} bytes, more than {MAX_BYTES}", payload.len())
}

fn read_json<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    let value: Value = serde_json::from_slice(payload).map_err(|error| format!("it is not JSON: {error}"))?;
    // the version first: what a newer one looks like is unknown
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(format!("its version is {version}, this centre reads {VERSION}")),
        None => return Err("it says no version".into()),
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn check(alert: &Alert, site: &str, edge: &str) -> Result<(), String> {
    expect_edge(&alert.edge, edge)?;
    if alert.site != site {
        return Err(format!("it names site `{}` on the topic of another", short(&alert.site)));
    }
    if alert.seq == 0 || i64::try_from(alert.seq).is_err() {
        return Err(format!("`seq` {} is not a number from 1", alert.seq));
    }
    if alert.revision == 0 {
        return Err("`revision` 0 is not a number from 1".into());
    }
    check_name(&alert.camera).map_err(|error| format!("`camera`: {error}"))?;
    check_name(&alert.behavior).map_err(|error| format!("`behavior`: {error}"))?;
    expect_text("rule", &alert.rule)?;
    expect_text("camera_name", &alert.camera_name)?;
    if let Some(zone) = &alert.zone {
        expect_text("zone", zone)?;
    }
    if !(0.0..=1.0).contains(&alert.score) {
        return Err(format!("`score` {} is not from 0 to 1", alert.score));
    }
    if !(alert.dwell_secs.is_finite() && alert.dwell_secs >= 0.0) {
        return Err(format!("`dwell_secs` {} is not a length of time", alert.dwell_secs));
    }
    if alert.bounds.iter().any(|side| !(-0.001..=1.001).contains(side)) {
        return Err("`box` is not within the frame".into());
    }
    if alert.since_utc > alert.utc {
        return Err("`since_utc` is after `utc`".into());
    }
    if alert.tracks.len() > MAX_TRACKS || alert.evidence.len() > MAX_EVIDENCE {
        return Err(format!("it names more than {MAX_TRACKS} tracks or {MAX_EVIDENCE} files"));
    }
    for file in &alert.evidence {
        if !is_sha256(&file.sha256) {
            return Err("the name of a file is not a SHA-256 in 64 lower-case hex digits".into());
        }
        expect_text("media_type", &file.media_type)?;
    }
    Ok(())
}

/// Whether this is a SHA-256 as files are named: 64 lower-case hex digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn expect_edge(named: &str, on_topic: &str) -> Result<(), String> {
    if named == on_topic {
        Ok(())
    } else {
        Err(format!("it names box `{}` on the topic of another", short(named)))
    }
}

fn expect_text(field: &str, text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
        Err(format!("`{field}` is empty, longer than {MAX_NAME} bytes, or holds control characters"))
    } else {
        Ok(())
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// Series and number of a message that is otherwise unreadable.
fn place(payload: &[u8]) -> Option<(Uuid, u64)> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    let outbox = value.get("outbox")?.as_str()?.parse().ok()?;
    let seq = value.get("seq")?.as_u64().filter(|seq| *seq > 0)?;
    Some((outbox, seq))
}

#[cfg(test)]
mod tests;

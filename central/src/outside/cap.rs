//! A case as a CAP 1.2 message (OASIS Common Alerting Protocol): for P1 and P2 only.
//!
//! Each turn of a case is a message of its own, `identifier` = number of the case and place in its log. They follow from the log
//! alone, so that the same case gives the same messages and references whenever, and in whichever centre, it is asked for.

mod words;
mod xml;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use xunge_alert::Severity;
use xunge_alert::codes::codes;

use super::turn::Turn;
use crate::case::book::Record;
use crate::case::{Case, Change, State, Verdict, apply};
use crate::org::Position;
use words::{Lang, category, event, severity_name, state_name, verdict_name};
use xml::Xml;

/// Cases of this urgency and above are exported.
const LEAST: u8 = 2;
/// Around a camera whose place is known, km.
const RADIUS_KM: &str = "0.1";
/// Most corners of a polygon: receivers need no more, and some take none.
const CORNERS: usize = 200;

/// One entry of the log of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Place in the log, from 1.
    pub place: i64,
    /// When.
    pub utc: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub change: Change,
}

/// What is known of where it happens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Area {
    /// Names of the regions, the largest first.
    pub names: Vec<String>,
    /// GeoJSON geometry of the grid.
    pub outline: Option<Value>,
    /// Where the camera stands.
    pub position: Option<Position>,
    /// Whether the region is demo data.
    pub demo: bool,
}

/// What the message is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The case.
    pub record: &'s Record,
    /// Its log, whole.
    pub log: &'s [Line],
    /// Where.
    pub area: &'s Area,
    /// By what name this centre sends.
    pub sender: &'s str,
    /// In which zone times are written.
    pub zone: &'s TimeZone,
}

/// One message of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Message {
    place: i64,
    utc: Timestamp,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alert,
    Update,
    Cancel,
}

/// The messages of a case so far. What happened in one moment is one message; what was not urgent enough is none.
fn messages(log: &[Line]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut case: Option<Case> = None;
    for group in log.chunk_by(|a, b| a.utc == b.utc) {
        for line in group {
            case = match &case {
                None => Case::begun_by(&line.change),
                // what could not have happened is for `verify` to tell
                Some(before) => apply(before, &line.change, &line.actor, line.utc).ok().or(case),
            };
        }
        let last = group.iter().rfind(|line| Turn::of(&line.change).is_some());
        let (Some(case), Some(last)) = (&case, last) else { continue };
        if case.severity > LEAST {
            continue;
        }
        let before = messages.last().map(|message| message.kind);
        let kind = match (before, is_cancelled(case)) {
            (None | Some(Kind::Cancel), true) => continue,
            (None | Some(Kind::Cancel), false) => Kind::Alert,
            (_, true) => Kind::Cancel,
            (_, false) => Kind::Update,
        };
        messages.push(Message { place: last.place, utc: last.utc, kind });
    }
    messages
}

/// Whether what was said of it no longer holds: it was none, or goes on under another number.
fn is_cancelled(case: &Case) -> bool {
    matches!(case.state, State::Rejected | State::Void | State::Merged)
}

/// The newest message of a case; none where it never was urgent enough.
pub fn document(source: Source<'_>) -> Option<String> {
    let messages = messages(source.log);
    let (last, earlier) = messages.split_last()?;
    let Source { record, area, zone, sender, .. } = source;
    let mut xml = Xml::new();
    xml.open_with("alert", "xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"");
    xml.leaf("identifier", &identifier(&record.number, last.place));
    xml.leaf("sender", &word(sender));
    xml.leaf("sent", &moment(last.utc, zone));
    xml.leaf(
        "status",
        if record.facts.test {
            "Test"
        } else if area.demo {
            "Exercise"
        } else {
            "Actual"
        },
    );
    let kind = match last.kind {
        Kind::Alert => "Alert",
        Kind::Update => "Update",
        Kind::Cancel => "Cancel",
    };
    xml.leaf("msgType", kind);
    xml.leaf("source", &record.facts.edge);
    xml.leaf("scope", "Restricted");
    xml.leaf("restriction", "限综治、应急和公安部门使用 For public safety authorities only");
    if let Some(note) = note(&record.case) {
        xml.leaf("note", note);
    }
    if !earlier.is_empty() {
        let names = earlier.iter().map(|message| {
            let id = identifier(&record.number, message.place);
            format!("{},{id},{}", word(sender), moment(message.utc, zone))
        });
        xml.leaf("references", &names.collect::<Vec<_>>().join(" "));
    }
    xml.leaf("incidents", &word(&record.number));
    for lang in [Lang::Zh, Lang::En] {
        info(&mut xml, source, lang);
    }
    xml.close("alert");
    Some(xml.finish())
}

fn info(xml: &mut Xml, Source { record, area, sender, zone, .. }: Source<'_>, lang: Lang) {
    let (facts, case) = (&record.facts, &record.case);
    let happening = event(&facts.behavior, lang);
    let place = place(record, area);
    xml.open("info");
    xml.leaf("language", lang.code());
    xml.leaf("category", category(&facts.behavior));
    xml.leaf("event", happening);
    xml.leaf("responseType", response(case));
    xml.leaf("urgency", urgency(case));
    xml.leaf("severity", severity(case.severity));
    xml.leaf("certainty", certainty(case));
    let severity = Severity::try_from(case.severity).unwrap_or(Severity::P2);
    let codes = codes(&facts.behavior, None, severity);
    if let Some(kind) = codes.alarm_type {
        pair(xml, "eventCode", "GB/T 28181 AlarmType", &kind.to_string());
    }
    xml.leaf("onset", &moment(facts.since, zone));
    xml.leaf("senderName", &word(sender));
    let urgency = severity_name(case.severity, lang);
    let (state, verdict) = (state_name(case.state, lang), verdict_name(case, lang));
    let (number, since, count) = (&record.number, local(facts.since, zone), facts.alerts);
    match lang {
        Lang::Zh => {
            xml.leaf("headline", &format!("{urgency}预警：{place} {happening}"));
            xml.leaf(
                "description",
                &format!("案件 {number}，{since} 起，告警 {count} 条。状态：{state}。核实：{verdict}。"),
            );
        }
        Lang::En => {
            xml.leaf("headline", &format!("{urgency}: {happening}, {place}"));
            let text =
                format!("Case {number}, since {since}, {count} alerts. State: {state}. Verified: {verdict}.");
            xml.leaf("description", &text);
        }
    }
    pair(xml, "parameter", "CaseNumber", number);
    pair(xml, "parameter", "CaseState", case.state.as_str());
    pair(xml, "parameter", "GB/T 28181 AlarmPriority", &codes.alarm_priority.to_string());
    pair(xml, "parameter", "GB/T 28181 AlarmMethod", &codes.alarm_method.to_string());
    if let Some(kind) = codes.alarm_type {
        pair(xml, "parameter", "GB/T 28181 AlarmType", &kind.to_string());
    }
    if let Some(kind) = codes.event_type {
        pair(xml, "parameter", "GB/T 28181 EventType", &kind.to_string());
    }
    if let Some(topic) = &codes.onvif_topic {
        pair(xml, "parameter", "ONVIF Topic", topic);
    }
    pair(xml, "parameter", "Camera", &format!("{}/{}", facts.edge, facts.camera));
    xml.open("area");
    xml.leaf("areaDesc", &place);
    match (area.position, &area.outline) {
        (Some(Position { lon, lat }), _) => xml.leaf("circle", &format!("{lat:.6},{lon:.6} {RADIUS_KM}")),
        (None, Some(outline)) => polygons(outline).iter().for_each(|polygon| xml.leaf("polygon", polygon)),
        (None, None) => {}
    }
    pair(xml, "geocode", "region", facts.region.as_str());
    xml.close("area");
    xml.close("info");
}

fn pair(xml: &mut Xml, name: &str, value_name: &str, value: &str) {
    xml.open(name);
    xml.leaf("valueName", value_name);
    xml.leaf("value", value);
    xml.close(name);
}

fn place(record: &Record, area: &Area) -> String {
    let region = if area.names.is_empty() { record.facts.region.to_string() } else { area.names.concat() };
    format!("{region} {}", record.facts.camera_name)
}

fn note(case: &Case) -> Option<&'static str> {
    Some(match case.state {
        State::Rejected => "经核实不属实，预警撤销 Not confirmed: withdrawn",
        State::Void => "案件作废，预警撤销 Void: withdrawn",
        State::Merged => "并入另一案件继续处置 Goes on as part of another case",
        _ => return None,
    })
}

fn response(case: &Case) -> &'static str {
    match case.state {
        State::Closed | State::Rejected | State::Void | State::Merged => "AllClear",
        State::Registered | State::Verifying => "Assess",
        State::Suspended => "Monitor",
        State::Filed | State::Dispatched | State::Handling | State::Checking => "Execute",
    }
}

fn urgency(case: &Case) -> &'static str {
    match (case.state.is_open(), case.severity) {
        (false, _) => "Past",
        (true, 1) => "Immediate",
        // within the hour: somebody is to be there within 30 minutes
        (true, 2) => "Expected",
        (true, _) => "Future",
    }
}

fn severity(level: u8) -> &'static str {
    match level {
        1 => "Extreme",
        2 => "Severe",
        3 => "Moderate",
        _ => "Minor",
    }
}

fn certainty(case: &Case) -> &'static str {
    match case.decision.as_ref().map(|decision| decision.verdict) {
        Some(Verdict::Real) => "Observed",
        Some(Verdict::FalseAlarm) => "Unlikely",
        Some(Verdict::Unclear | Verdict::Missed) => "Unknown",
        // a person could not tell from the pictures
        None if case.on_site => "Possible",
        None => "Likely",
    }
}

/// Outer rings as CAP wants them: `lat,lon lat,lon …`, closed, four points at least.
fn polygons(outline: &Value) -> Vec<String> {
    let coordinates = outline.get("coordinates");
    let rings: Vec<&Value> = match outline.get("type").and_then(Value::as_str) {
        Some("Polygon") => coordinates.and_then(|rings| rings.get(0)).into_iter().collect(),
        Some("MultiPolygon") => {
            let parts = coordinates.and_then(Value::as_array).into_iter().flatten();
            parts.filter_map(|rings| rings.get(0)).collect()
        }
        _ => Vec::new(),
    };
    rings.into_iter().filter_map(ring).collect()
}

fn ring(ring: &Value) -> Option<String> {
    let corner = |point: &Value| {
        let position = Position::new(point.get(0)?.as_f64()?, point.get(1)?.as_f64()?)?;
        Some(format!("{:.6},{:.6}", position.lat, position.lon))
    };
    let all = ring.as_array()?.iter().map(corner).collect::<Option<Vec<_>>>()?;
    let step = all.len().div_ceil(CORNERS).max(1);
    let mut corners: Vec<String> = all.into_iter().step_by(step).collect();
    if corners.first() != corners.last() {
        corners.push(corners.first()?.clone());
    }
    (corners.len() >= 4).then(|| corners.join(" "))
}

fn identifier(number: &str, place: i64) -> String {
    format!("{}-{place}", word(number))
}

/// Names in CAP hold no space, comma, `<` or `&`: references are lists of them.
fn word(text: &str) -> String {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !",<&".contains(c);
    text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

/// A time as CAP writes it: no fractions, and the offset by which it is local. CAP wants −00:00 for UTC.
fn moment(utc: Timestamp, zone: &TimeZone) -> String {
    let text = utc.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    text.strip_suffix("+00:00").map_or(text.clone(), |begin| format!("{begin}-00:00"))
}

fn local(utc: Timestamp, zone: &TimeZone) -> String {
    utc.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;

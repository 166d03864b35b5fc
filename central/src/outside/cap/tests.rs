//! The messages against the rules of the standard (OASIS CAP 1.2, section 3.2 and its schema), read back with an XML parser.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::json;
use uuid::Uuid;
use xunge_alert::Phase;

use super::*;
use crate::case::book::Facts;
use crate::case::clock::Clocks;
use crate::case::number::zone;
use crate::case::{Reason, Verdict};
use crate::org::Region;

/// An element: its name, its text, what is in it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Element {
    name: String,
    text: String,
    inside: Vec<Element>,
}

impl Element {
    fn all(&self, name: &str) -> Vec<&str> {
        self.inside.iter().filter(|inner| inner.name == name).map(|inner| inner.text.as_str()).collect()
    }

    fn one(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    fn every(&self, name: &str) -> Vec<&Element> {
        self.inside.iter().filter(|inner| inner.name == name).collect()
    }
}

fn parse(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if name == "alert" {
                    let space = start.try_get_attribute("xmlns").unwrap().unwrap();
                    assert_eq!(&*space.value, "urn:oasis:names:tc:emergency:cap:1.2");
                }
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().inside.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::GeneralRef(name) => {
                let plain = quick_xml::escape::resolve_xml_entity(&name).unwrap();
                open.last_mut().unwrap().text.push_str(plain);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut whole = open.pop().unwrap();
    assert!(open.is_empty() && whole.inside.len() == 1, "one element around all");
    whole.inside.pop().unwrap()
}

/// Elements and their order, with how often each may stand: as the schema has them.
const ALERT: &[(&str, usize, usize)] = &[
    ("identifier", 1, 1),
    ("sender", 1, 1),
    ("sent", 1, 1),
    ("status", 1, 1),
    ("msgType", 1, 1),
    ("source", 0, 1),
    ("scope", 1, 1),
    ("restriction", 0, 1),
    ("addresses", 0, 1),
    ("code", 0, 99),
    ("note", 0, 1),
    ("references", 0, 1),
    ("incidents", 0, 1),
    ("info", 0, 99),
];
const INFO: &[(&str, usize, usize)] = &[
    ("language", 0, 1),
    ("category", 1, 99),
    ("event", 1, 1),
    ("responseType", 0, 99),
    ("urgency", 1, 1),
    ("severity", 1, 1),
    ("certainty", 1, 1),
    ("audience", 0, 1),
    ("eventCode", 0, 99),
    ("effective", 0, 1),
    ("onset", 0, 1),
    ("expires", 0, 1),
    ("senderName", 0, 1),
    ("headline", 0, 1),
    ("description", 0, 1),
    ("instruction", 0, 1),
    ("web", 0, 1),
    ("contact", 0, 1),
    ("parameter", 0, 99),
    ("resource", 0, 99),
    ("area", 0, 99),
];
const AREA: &[(&str, usize, usize)] = &[
    ("areaDesc", 1, 1),
    ("polygon", 0, 99),
    ("circle", 0, 99),
    ("geocode", 0, 99),
    ("altitude", 0, 1),
    ("ceiling", 0, 1),
];
const PAIR: &[(&str, usize, usize)] = &[("valueName", 1, 1), ("value", 1, 1)];

fn in_order(element: &Element, rules: &[(&str, usize, usize)]) {
    let places: Vec<usize> = element
        .inside
        .iter()
        .map(|inner| {
            rules
                .iter()
                .position(|(name, ..)| *name == inner.name)
                .unwrap_or_else(|| panic!("{} in {}", inner.name, element.name))
        })
        .collect();
    assert!(places.is_sorted(), "the order in {}: {places:?}", element.name);
    for (name, least, most) in rules {
        let count = element.all(name).len();
        assert!((*least..=*most).contains(&count), "{count} times {name} in {}", element.name);
    }
}

fn is_moment(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00+00:00" || shape == "0000-00-00T00:00:00-00:00"
}

/// Everything that the standard demands of a message.
fn obeys(text: &str) -> Element {
    let alert = parse(text);
    assert_eq!(alert.name, "alert");
    in_order(&alert, ALERT);
    for name in ["identifier", "sender"] {
        assert!(!alert.one(name).is_empty() && !alert.one(name).contains([' ', ',', '<', '&']), "{name}");
    }
    assert!(is_moment(alert.one("sent")), "{}", alert.one("sent"));
    assert!(["Actual", "Exercise", "System", "Test", "Draft"].contains(&alert.one("status")));
    let kind = alert.one("msgType");
    assert!(["Alert", "Update", "Cancel", "Ack", "Error"].contains(&kind));
    assert!(kind == "Alert" || !alert.one("references").is_empty(), "an {kind} names what it is about");
    assert_eq!(alert.one("scope") == "Restricted", !alert.one("restriction").is_empty());
    for reference in alert.one("references").split_whitespace() {
        let parts: Vec<&str> = reference.split(',').collect();
        assert!(parts.len() == 3 && is_moment(parts[2]), "{reference}");
    }
    let languages: Vec<&str> = alert.every("info").iter().map(|info| info.one("language")).collect();
    assert_eq!(languages, ["zh-CN", "en-US"]);
    for info in alert.every("info") {
        in_order(info, INFO);
        assert!(["Safety", "Security", "Rescue"].contains(&info.one("category")));
        assert!(!info.one("event").is_empty());
        assert!(["Immediate", "Expected", "Future", "Past", "Unknown"].contains(&info.one("urgency")));
        assert!(["Extreme", "Severe", "Moderate", "Minor", "Unknown"].contains(&info.one("severity")));
        assert!(["Observed", "Likely", "Possible", "Unlikely", "Unknown"].contains(&info.one("certainty")));
        assert!(["Execute", "Monitor", "Assess", "AllClear"].contains(&info.one("responseType")));
        assert!(is_moment(info.one("onset")));
        for pair in info.every("parameter").into_iter().chain(info.every("eventCode")) {
            in_order(pair, PAIR);
            assert!(!pair.one("valueName").is_empty());
        }
        for area in info.every("area") {
            in_order(area, AREA);
            assert!(!area.one("areaDesc").is_empty());
            for polygon in area.all("polygon") {
                let corners: Vec<&str> = polygon.split(' ').collect();
                assert!(corners.len() >= 4 && corners.first() == corners.last(), "{polygon}");
                for corner in corners {
                    let (lat, lon) = corner.split_once(',').unwrap();
                    let (lat, lon): (f64, f64) = (lat.parse().unwrap(), lon.parse().unwrap());
                    assert!(lat.abs() <= 90.0 && lon.abs() <= 180.0);
                }
            }
            for circle in area.all("circle") {
                let (centre, radius) = circle.split_once(' ').unwrap();
                assert!(centre.split(',').count() == 2 && radius.parse::<f64>().unwrap() > 0.0);
            }
        }
    }
    alert
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_795_404_000 + secs).unwrap()
}

fn facts(behavior: &str) -> Facts {
    Facts {
        behavior: behavior.into(),
        edge: "gw-0001".into(),
        site: "420502001001".into(),
        region: Region::parse("420502001001001").unwrap(),
        camera: "gate-east".into(),
        camera_name: "东门 <1> & \"2\"".into(),
        rule: "r".into(),
        zone: String::new(),
        test: false,
        since: at(-5),
        last: at(0),
        ended: None,
        phase: Phase::Began,
        alerts: 2,
        open_alerts: 1,
        score: 0.9,
        bounds: [0.0, 0.0, 1.0, 1.0],
        late: false,
    }
}

/// A case that its log made: each change at its second.
fn told(behavior: &str, severity: u8, changes: &[(i64, &str, Change)]) -> (Record, Vec<Line>) {
    let first = Change::Registered {
        edge: "gw-0001".into(),
        alert_id: Uuid::nil(),
        severity: Some(severity),
        from: None,
        reason: None,
    };
    let begin = [(0, "system", first), (0, "system", Change::Verifying)];
    let log: Vec<Line> = (1_i64..)
        .zip(begin.iter().chain(changes))
        .map(|(place, (secs, actor, change))| Line {
            place,
            utc: at(*secs),
            actor: (*actor).into(),
            change: change.clone(),
        })
        .collect();
    let mut case = Case::registered(severity);
    for line in &log[1..] {
        case = apply(&case, &line.change, &line.actor, line.utc).unwrap();
    }
    let record = Record {
        id: Uuid::nil(),
        number: "4205022026112300007".into(),
        ordinal: 7,
        facts: facts(behavior),
        case,
        clocks: Clocks::default(),
        log_length: i64::try_from(log.len()).unwrap(),
        registered: at(0),
        updated: at(0),
    };
    (record, log)
}

fn area() -> Area {
    Area {
        names: vec!["宜昌市".into(), "西陵区".into(), "土街头社区".into(), "第一网格".into()],
        outline: Some(json!({"type": "Polygon", "coordinates":
            [[[111.28, 30.69], [111.29, 30.69], [111.29, 30.70], [111.28, 30.70], [111.28, 30.69]]]})),
        position: None,
        demo: false,
    }
}

fn written((record, log): &(Record, Vec<Line>), area: &Area) -> Option<String> {
    let zone = zone("Asia/Shanghai").unwrap();
    document(Source { record, log, area, sender: "xunge.example", zone: &zone })
}

fn decided(verdict: Verdict, reason: Option<Reason>) -> Change {
    Change::Decided { verdict, reason, note: None, class: None, category: None }
}

#[test]
fn a_fall_is_the_golden_document() {
    let case = told("fall", 1, &[(30, "wang", Change::Taken), (60, "wang", decided(Verdict::Real, None))]);
    let text = written(&case, &area()).unwrap();
    obeys(&text);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/outside/cap/golden/fall.xml");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(path).unwrap_or_default(),
        "if that is meant, run with UPDATE=1"
    );
}

#[test]
fn the_first_message_is_an_alert_and_later_ones_name_it() {
    let first = obeys(&written(&told("intrusion", 2, &[]), &area()).unwrap());
    assert_eq!((first.one("msgType"), first.one("identifier")), ("Alert", "4205022026112300007-1"));
    assert_eq!(first.one("sent"), "2026-11-23T11:20:00+08:00");
    let later = told(
        "intrusion",
        2,
        &[(30, "wang", Change::Taken), (31, "wang", Change::Noted { note: "x".into() })],
    );
    let later = obeys(&written(&later, &area()).unwrap());
    assert_eq!((later.one("msgType"), later.one("identifier")), ("Update", "4205022026112300007-3"));
    assert_eq!(later.one("references"), "xunge.example,4205022026112300007-1,2026-11-23T11:20:00+08:00");
}

#[test]
fn what_is_not_real_is_withdrawn_and_what_is_done_is_clear() {
    let why = Some(Reason::Staff);
    let withdrawn = told("intrusion", 1, &[(9, "wang", decided(Verdict::FalseAlarm, why))]);
    let withdrawn = obeys(&written(&withdrawn, &area()).unwrap());
    assert_eq!(withdrawn.one("msgType"), "Cancel");
    assert_eq!(withdrawn.every("info")[0].one("certainty"), "Unlikely");
    let merged = Change::Merged { master: Uuid::max(), reason: None };
    let again = told("fall", 1, &[(9, "wang", merged), (20, "wang", Change::Detached { reason: None })]);
    assert_eq!(obeys(&written(&again, &area()).unwrap()).one("msgType"), "Alert", "it holds again");
}

#[test]
fn only_what_is_urgent_is_exported_and_from_when_it_is() {
    assert_eq!(written(&told("fall", 3, &[(5, "wang", Change::Taken)]), &area()), None);
    let raised =
        told("fall", 3, &[(5, "wang", Change::Taken), (9, "system", Change::Raised { severity: 2 })]);
    let alert = obeys(&written(&raised, &area()).unwrap());
    assert_eq!((alert.one("msgType"), alert.one("identifier")), ("Alert", "4205022026112300007-4"));
}

#[test]
fn tests_are_tests_and_demo_data_an_exercise() {
    let mut case = told("fall", 1, &[]);
    let demo = Area { demo: true, ..area() };
    assert_eq!(obeys(&written(&case, &demo).unwrap()).one("status"), "Exercise");
    case.0.facts.test = true;
    assert_eq!(obeys(&written(&case, &demo).unwrap()).one("status"), "Test");
}

#[test]
fn the_area_is_a_circle_around_the_camera_or_the_grid() {
    let case = told("crowd", 2, &[]);
    let of = |area: &Area| obeys(&written(&case, area).unwrap()).every("info")[0].every("area")[0].clone();
    let grid = of(&area());
    assert_eq!(
        grid.one("polygon"),
        "30.690000,111.280000 30.690000,111.290000 30.700000,111.290000 30.700000,111.280000 30.690000,111.280000"
    );
    let around = of(&Area { position: Position::new(111.285, 30.695), ..area() });
    assert_eq!((around.one("circle"), around.all("polygon").len()), ("30.695000,111.285000 0.1", 0));
    let nowhere = of(&Area::default());
    assert!(nowhere.all("polygon").is_empty() && nowhere.one("areaDesc").starts_with("420502001001001"));
    assert_eq!(nowhere.every("geocode")[0].one("value"), "420502001001001");
    let broken = json!({"type": "Polygon", "coordinates": [[[1, 2], ["x"]]]});
    assert!(of(&Area { outline: Some(broken), ..Area::default() }).all("polygon").is_empty());
    let islands = json!({"type": "MultiPolygon", "coordinates":
        [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[5, 5], [6, 5], [6, 6]]]]});
    assert_eq!(of(&Area { outline: Some(islands), ..Area::default() }).all("polygon").len(), 2);
}

#[test]
fn codes_of_gb_28181_are_parameters() {
    let alert = obeys(&written(&told("intrusion", 2, &[]), &area()).unwrap());
    let info = alert.every("info")[1];
    let value = |name: &str| {
        let found = info.every("parameter").into_iter().find(|pair| pair.one("valueName") == name);
        found.map(|pair| pair.one("value").to_owned())
    };
    assert_eq!(value("GB/T 28181 AlarmType").as_deref(), Some("6"));
    assert_eq!(value("GB/T 28181 EventType").as_deref(), Some("1"));
    assert_eq!(value("GB/T 28181 AlarmPriority").as_deref(), Some("2"));
    assert_eq!(value("ONVIF Topic").as_deref(), Some("tns1:RuleEngine/FieldDetector/ObjectsInside"));
}

#[test]
fn utc_is_written_as_the_standard_wants_it() {
    let text = moment(at(0), &TimeZone::UTC);
    assert_eq!(text, "2026-11-23T03:20:00-00:00");
}

proptest! {
    /// Whatever people call things, the document reads back as what they said, but for characters that XML cannot hold.
    #[test]
    fn any_name_is_read_back(name in any::<String>(), sender in ".{1,20}", behavior in "[a-z_]{0,12}") {
        let (mut record, log) = told("fall", 1, &[]);
        record.facts.camera_name = name.clone();
        record.facts.behavior = behavior;
        record.facts.edge = name.clone();
        let zone = TimeZone::UTC;
        let text = document(Source { record: &record, log: &log, area: &area(), sender: &sender, zone: &zone }).unwrap();
        let alert = parse(&text);
        in_order(&alert, ALERT);
        let allowed = |text: &str| text.chars().filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')).collect::<String>();
        // a parser makes one line end of all kinds of them
        let ends = |text: &str| text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}'], "\n");
        prop_assert_eq!(ends(alert.one("source")), ends(&allowed(&name)));
        let sender = alert.one("sender");
        prop_assert!(!sender.contains([' ', ',', '<', '&']), "{}", sender);
    }

    #[test]
    fn any_outline_makes_a_right_polygon_or_none(ring in proptest::collection::vec((-200.0..200.0_f64, -100.0..100.0_f64), 0..600)) {
        let ring: Vec<Value> = ring.iter().map(|(lon, lat)| json!([lon, lat])).collect();
        let outline = json!({"type": "Polygon", "coordinates": [ring]});
        obeys(&written(&told("fall", 1, &[]), &Area { outline: Some(outline), ..Area::default() }).unwrap());
    }
}

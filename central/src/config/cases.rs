//! `[cases]`: how long each part of the work may take, what is dispatched by itself, what makes things more urgent.

use std::time::Duration;

use jiff::civil::Time;
use xunge_config::{Key, Section, Table};

use crate::case::Limits;
use crate::incident::Raise;
use crate::org::{PlaceKind, Span};
use crate::store::Patience;

const AUTO_DISPATCH: Key = Key::int("auto_dispatch").default("1").range(0.0, 4.0).doc(
    "What is filed with this urgency or a higher one goes to whoever is on duty at once; 0: a dispatcher decides always",
    "立案时紧急程度达到此级（1 最高）即自动派给值班人员；0 为一律由派遣员派遣",
);

const BOX_OFFLINE: Key = Key::text("box_offline")
    .default("\"5min\"")
    .doc("A box that is gone for so long becomes a case; none: never", "网关离线多久成为案件；none 为不成案");
const CAMERA_BLIND: Key = Key::text("camera_blind").default("\"15min\"").doc(
    "A camera that sees nothing for so long becomes a case; none: never",
    "摄像机失明多久成为案件；none 为不成案",
);

/// Keys of the limits of one urgency: the usual ones come from the table of deadlines that the trade has (docs/centre.md).
macro_rules! limits {
    ($($ack:literal $verify:literal $dispatch:literal $arrive:literal $handle:literal $check:literal)*) => {
        [$([
            Key::text("ack").default($ack).doc(
                "Until somebody in the security room takes it",
                "签收时限",
            ),
            Key::text("verify").default($verify).doc("Until it is decided whether it is real", "核实时限"),
            Key::text("dispatch").default($dispatch).doc("From filing until somebody is told to handle it", "派遣时限（立案起）"),
            Key::text("arrive").default($arrive).doc("From dispatch until the handler is there", "到场时限（派遣起）"),
            Key::text("handle").default($handle).doc("From filing until it is done", "处置时限（立案起）"),
            Key::text("check").default($check).doc("From done until it is checked", "核查时限（办结起）"),
        ]),*]
    };
}

const LIMITS: [[Key; 6]; 4] = limits! {
    "\"60s\"" "\"3min\"" "\"2min\"" "\"10min\"" "\"2h\"" "\"1d\""
    "\"3min\"" "\"10min\"" "\"10min\"" "\"30min\"" "\"8h\"" "\"1wd\""
    "\"15min\"" "\"1wh\"" "\"2wh\"" "\"none\"" "\"1wd\"" "\"2wd\""
    "\"1wd\"" "\"none\"" "\"1wd\"" "\"none\"" "\"5wd\"" "\"5wd\""
};
static P1: Table = Table::one("p1", &[&LIMITS[0]]).doc(
    "Time limits of P1: 30s, 3min, 2h, 1d by the clock on the wall; 4wh, 2wd in working hours and working days of 8 hours; none.",
    "一级时限：30s、3min、2h、1d 为自然时间；4wh、2wd 为工作时、工作日（8 小时）；none 为不限。",
);
static P2: Table = Table::one("p2", &[&LIMITS[1]]).doc("Time limits of P2.", "二级时限。");
static P3: Table = Table::one("p3", &[&LIMITS[2]]).doc("Time limits of P3.", "三级时限。");
static P4: Table = Table::one("p4", &[&LIMITS[3]]).doc("Time limits of P4.", "四级时限。");

const BEHAVIORS: Key = Key::texts("behaviors")
    .default("[]")
    .example("[\"intrusion\", \"line_crossing\"]")
    .doc("Which behaviors; none given: all", "事件类型；不写为全部");
const PLACES: Key = Key::choices("places", &PLACE_NAMES)
    .example("[\"school\", \"utility\"]")
    .doc("At which kinds of place; none given: anywhere", "重点部位；不写为任何部位");
const HOURS: Key = Key::text("hours")
    .example("\"22:00-06:00\"")
    .doc("Between which hours; may pass midnight; none given: always", "时段，可跨零点；不写为全天");
const BY: Key =
    Key::int("by").default("1").range(1.0, 3.0).doc("By how many steps it is more urgent", "提高几级");
static RAISE: Table = Table::many("raise", &[&[BEHAVIORS, PLACES, HOURS, BY]]).doc(
    "What is more urgent than its rule says, by place and hour. Entries here take the place of the usual ones (docs/centre.md).",
    "按部位和时段提高紧急程度。写了任何一条，即取代默认规则（见 docs/centre.zh-CN.md）。",
);

/// `[cases]`.
pub static TABLE: Table = Table::one("cases", &[&[AUTO_DISPATCH, BOX_OFFLINE, CAMERA_BLIND]])
    .tables(&[&P1, &P2, &P3, &P4, &RAISE])
    .doc("How cases are worked on.", "案件办理。");

const PLACE_NAMES: [&str; PlaceKind::ALL.len()] = {
    let mut names = [""; PlaceKind::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = PlaceKind::ALL[at].as_str();
        at += 1;
    }
    names
};

/// What `[cases]` says.
#[derive(Debug, Clone, PartialEq)]
pub struct CasesConfig {
    /// What is filed with this urgency or a higher one is dispatched by itself; 0: nothing.
    pub auto_dispatch: u8,
    /// After how long a box that is gone or a camera that sees nothing becomes a case.
    pub patience: Patience,
    /// Time limits, P1 to P4.
    pub limits: [Limits; 4],
    /// What makes things more urgent; empty: the usual.
    pub raises: Vec<Raise>,
}

pub(super) fn cases(section: &Section<'_>) -> CasesConfig {
    CasesConfig {
        auto_dispatch: u8::try_from(section.int(&AUTO_DISPATCH)).unwrap_or(0),
        patience: Patience { of_box: wait(section, &BOX_OFFLINE), of_camera: wait(section, &CAMERA_BLIND) },
        limits: [(&P1, &LIMITS[0]), (&P2, &LIMITS[1]), (&P3, &LIMITS[2]), (&P4, &LIMITS[3])]
            .map(|(table, keys)| limits(&section.table(table), keys)),
        raises: section.tables(&RAISE).iter().map(raise).collect(),
    }
}

fn limits(section: &Section<'_>, keys: &[Key; 6]) -> Limits {
    let [ack, verify, dispatch, arrive, handle, check] = keys.each_ref().map(|key| limit(section, key));
    Limits { ack, verify, dispatch, arrive, handle, check }
}

fn limit(section: &Section<'_>, key: &Key) -> Option<Span> {
    let text = section.opt_text(key)?;
    if text == "none" {
        return None;
    }
    let span = Span::parse(&text);
    if span.is_none() {
        section.problem(
            key,
            (
                format!(
                    "`{}` is a length of time: 30s, 3min, 2h, 1d, or 4wh, 2wd of working time, or none",
                    key.name
                ),
                format!("`{}` 应为时长：30s、3min、2h、1d，或工作时间 4wh、2wd，或 none", key.name),
            ),
        );
    }
    span
}

/// A time by the clock on the wall.
fn wait(section: &Section<'_>, key: &Key) -> Option<Duration> {
    match limit(section, key)? {
        Span::Continuous(secs) => Duration::try_from_secs_f64(secs).ok(),
        Span::Working(_) => {
            section.problem(
                key,
                (
                    format!("`{}` goes by the clock on the wall: 30s, 5min, 2h, 1d or none", key.name),
                    format!("`{}` 按自然时间：30s、5min、2h、1d 或 none", key.name),
                ),
            );
            None
        }
    }
}

fn raise(section: &Section<'_>) -> Raise {
    let hours = section.opt_text(&HOURS).and_then(|text| {
        let hours = text.split_once('-').and_then(|(from, to)| Some((hour(from)?, hour(to)?)));
        if hours.is_none() {
            section
                .problem(&HOURS, ("`hours` are written \"22:00-06:00\"", "`hours` 应写作 \"22:00-06:00\""));
        }
        hours
    });
    let places = section.choices(&PLACES).unwrap_or_default();
    Raise {
        behaviors: section.texts(&BEHAVIORS),
        places: places.into_iter().filter_map(PlaceKind::parse).collect(),
        hours,
        by: u8::try_from(section.int(&BY)).unwrap_or(1),
    }
}

fn hour(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

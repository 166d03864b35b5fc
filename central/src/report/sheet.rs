//! A report as tables, in one language: what the files that are handed in are made of. Pure.

mod cases;
mod load;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::words::{DEFINITIONS, Lang};
use super::{OverduePage, Report};
use crate::org::{Level, Region};

/// Cameras that a short report names.
const TEN: usize = 10;
/// Rows of a table in a short report.
const SHORT: usize = 30;

/// What stands in one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number of things.
    Count(u64),
    /// Any number; none is nothing that was measured.
    Number(Option<f64>),
    /// A share, 0..1; none is no share of nothing.
    Share(Option<f64>),
    /// Seconds.
    Secs(Option<f64>),
    /// A day.
    Day(Date),
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As people read it.
    pub fn said(&self, lang: Lang) -> String {
        let or_dash = |said: Option<String>| said.unwrap_or_else(|| "–".to_owned());
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => or_dash(number.map(short)),
            Self::Share(share) => or_dash(share.map(|share| format!("{:.1}%", share * 100.0))),
            Self::Secs(secs) => or_dash(secs.map(|secs| duration(secs, lang))),
            Self::Day(day) => day.to_string(),
        }
    }

    /// Whether it stands at the right of its field.
    pub fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Day(_))
    }
}

/// At most two decimals, and none where they say nothing.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `2 天 3 小时`: the two largest units.
fn duration(secs: f64, lang: Lang) -> String {
    // seconds of a case are far below 2^53
    let whole = secs.max(0.0).round() as u64;
    let units = [
        (whole / 86_400, lang.say("天", "d")),
        (whole / 3_600 % 24, lang.say("小时", "h")),
        (whole / 60 % 60, lang.say("分", "min")),
        (whole % 60, lang.say("秒", "s")),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0 || first == 3);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it is about.
    pub title: String,
    /// What to know when reading it.
    pub note: Option<String>,
    /// Heading and relative width of each column.
    pub columns: Vec<(String, f32)>,
    /// Fields, row by row, as many as columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    fn new(title: impl Into<String>, columns: &[(&str, f32)]) -> Self {
        Self {
            title: title.into(),
            note: None,
            columns: columns.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect(),
            rows: Vec::new(),
        }
    }
}

/// A whole report as tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its language.
    pub lang: Lang,
    /// What it is.
    pub title: String,
    /// Which days, where, when it was made.
    pub about: Vec<String>,
    /// Tables, in the order in which they are read.
    pub sheets: Vec<Sheet>,
}

impl Document {
    /// Makes tables of a report. A `brief` one, to be printed, names the worst and leaves the grids out.
    pub fn of(
        report: &Report,
        overdue: Option<&OverduePage>,
        lang: Lang,
        brief: bool,
        zone: &TimeZone,
    ) -> Self {
        let maker = Maker { lang, brief, zone };
        let mut sheets = Vec::new();
        if let Some(cases) = &report.cases {
            sheets.push(maker.indicators(cases));
            sheets.push(maker.times(cases));
        }
        sheets.push(maker.figures(&report.load));
        if let Some(cases) = &report.cases {
            sheets.push(maker.suspects(cases));
            sheets.push(maker.reasons(cases));
        }
        sheets.push(maker.top(&report.load));
        sheets.push(maker.rooms(&report.load));
        if !brief {
            sheets.push(maker.days(&report.load));
        }
        if let Some(cases) = &report.cases {
            for level in [Level::District, Level::Street, Level::Community, Level::Grid] {
                sheets.extend(maker.regions(&cases.regions, level));
            }
        }
        sheets.extend(overdue.map(|page| maker.overdue(page)));
        sheets.push(maker.definitions());
        let month = report.period.is_month();
        let days = match (lang, month) {
            (Lang::Zh, true) => report.period.from.strftime("%Y 年 %-m 月").to_string(),
            (Lang::En, true) => report.period.from.strftime("%Y-%m").to_string(),
            (Lang::Zh, false) => format!("{} 至 {}", report.period.from, report.period.to),
            (Lang::En, false) => format!("{} to {}", report.period.from, report.period.to),
        };
        let place = match &report.regions {
            None => lang.say("全部辖区", "Everywhere").to_owned(),
            Some(regions) => {
                let named = |region: &super::NamedRegion| match &region.name {
                    Some(name) => format!("{name} ({})", region.code),
                    None => region.code.to_string(),
                };
                regions.iter().map(named).collect::<Vec<_>>().join(lang.say("、", ", "))
            }
        };
        let made = report.made_utc.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
        let title = match (report.cases.is_some(), month) {
            (true, true) => lang.say("智能预警监督考核月报", "Early warning: monthly report"),
            (true, false) => lang.say("智能预警监督考核报告", "Early warning: report"),
            (false, _) => lang.say("报警负荷报告", "Alarm load"),
        };
        let line = |zh: &'static str, en: &'static str, what: &str| format!("{}{what}", lang.say(zh, en));
        Self {
            lang,
            title: title.to_owned(),
            about: vec![
                line("统计期：", "Period: ", &days),
                line("辖区：", "Region: ", &place),
                line("案件状态截至：", "Cases as they stood at: ", &made.to_string()),
            ],
            sheets,
        }
    }
}

struct Maker<'z> {
    lang: Lang,
    brief: bool,
    zone: &'z TimeZone,
}

impl Maker<'_> {
    fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.say(zh, en)
    }

    fn definitions(&self) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("指标口径", "Definitions"),
            &[
                (self.say("指标", "Indicator"), 1.3),
                (self.say("口径", "Formula"), 4.0),
                (self.say("来源", "Source"), 1.0),
            ],
        );
        sheet.rows.extend(DEFINITIONS.map(|row| row.map(Cell::text).to_vec()));
        sheet
    }
}

fn place(code: &Region, name: Option<&str>) -> String {
    name.map_or_else(|| code.to_string(), |name| format!("{name} {code}"))
}

fn named(name: &str, edge: &str, camera: &str) -> String {
    if name.is_empty() { format!("{edge}/{camera}") } else { format!("{name} ({edge}/{camera})") }
}

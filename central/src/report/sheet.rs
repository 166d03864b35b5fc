//! A report as tables, in one language: what the files that are handed in are made of. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::count::{Counts, Indicators, Rate, Rates};
use super::falses::{ReasonCount, Suspect};
use super::load::{Figure, Load};
use super::words::{DEFINITIONS, Lang};
use super::{CasesReport, OverduePage, RegionRow, Report};
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

type CountOf = fn(&Counts) -> u64;
type RateOf = fn(&Rates) -> Rate;

struct Maker<'z> {
    lang: Lang,
    brief: bool,
    zone: &'z TimeZone,
}

impl Maker<'_> {
    fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.say(zh, en)
    }

    fn counted(&self) -> [(&'static str, CountOf); 8] {
        [
            (self.say("上报", "Reported"), |counts| counts.reported),
            (self.say("立案", "Filed"), |counts| counts.filed),
            (self.say("应结案", "Due"), |counts| counts.due),
            (self.say("结案", "Closed"), |counts| counts.closed),
            (self.say("按期结案", "Closed in time"), |counts| counts.closed_in_time),
            (self.say("超期未处置", "Overdue"), |counts| counts.overdue),
            (self.say("误报", "False alarms"), |counts| counts.false_alarms),
            (self.say("未核实", "Undecided"), |counts| counts.undecided),
        ]
    }

    fn rated(&self) -> [(&'static str, RateOf); 9] {
        [
            (self.say("立案率", "Filed, share"), |rates| rates.filed),
            (self.say("结案率", "Closed, share"), |rates| rates.closed),
            (self.say("按期结案率", "Closed in time, share"), |rates| rates.closed_in_time),
            (self.say("超期未处置率", "Overdue, share"), |rates| rates.overdue),
            (self.say("返工率", "Reworked, share"), |rates| rates.reworked),
            (self.say("回退率", "Returned, share"), |rates| rates.returned),
            (self.say("重复案件率", "Duplicates, share"), |rates| rates.duplicates),
            (self.say("误报率", "False alarms, share"), |rates| rates.false_alarms),
            (self.say("超时未核实率", "Not verified in time, share"), |rates| rates.missed),
        ]
    }

    fn indicators(&self, cases: &CasesReport) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("指标", "Indicators"),
            &[
                (self.say("指标", "Indicator"), 2.2),
                (self.say("本期", "This period"), 1.2),
                (self.say("计数", "Of"), 1.4),
                (self.say("上期", "Before"), 1.2),
                (self.say("环比", "Change"), 1.4),
                (self.say("上年同期", "Last year"), 1.2),
                (self.say("同比", "Change"), 1.4),
            ],
        );
        let (now, before, year) = (&cases.now, &cases.previous.indicators, &cases.last_year.indicators);
        for (name, of) in self.counted() {
            let values = [of(&now.counts), of(&before.counts), of(&year.counts)];
            sheet.rows.push(vec![
                Cell::text(name),
                Cell::Count(values[0]),
                Cell::text(""),
                Cell::Count(values[1]),
                Cell::text(grown(values[0], values[1], self.lang)),
                Cell::Count(values[2]),
                Cell::text(grown(values[0], values[2], self.lang)),
            ]);
        }
        for (name, of) in self.rated() {
            let [now, before, year] = [of(&now.rates), of(&before.rates), of(&year.rates)];
            sheet.rows.push(vec![
                Cell::text(name),
                Cell::Share(now.share),
                Cell::text(format!("{}/{}", now.of, now.all)),
                Cell::Share(before.share),
                Cell::text(self.points(now, before)),
                Cell::Share(year.share),
                Cell::text(self.points(now, year)),
            ]);
        }
        sheet
    }

    /// How far two shares are apart.
    fn points(&self, now: Rate, before: Rate) -> String {
        let apart = now.share.zip(before.share).map(|(now, before)| (now - before) * 100.0);
        moved(apart, self.say(" 个百分点", " points"), self.lang)
    }

    fn times(&self, cases: &CasesReport) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("响应时间", "Response times"),
            &[
                (self.say("环节", "Part of the work"), 1.5),
                (self.say("件数", "Cases"), 1.0),
                (self.say("中位数", "Median"), 1.6),
                (self.say("九成不超过", "Nine in ten within"), 1.6),
                (self.say("按时率", "Kept, share"), 1.0),
                (self.say("按时/应计", "Kept"), 1.2),
            ],
        );
        for time in &cases.times {
            sheet.rows.push(vec![
                Cell::text(self.lang.stage(time.stage)),
                Cell::Count(time.measured),
                Cell::Secs(time.median_secs),
                Cell::Secs(time.p90_secs),
                Cell::Share(time.kept.share),
                Cell::text(format!("{}/{}", time.kept.of, time.kept.all)),
            ]);
        }
        sheet
    }

    fn met(&self, figure: Figure) -> Cell {
        Cell::text(match figure.met {
            Some(true) => self.say("达到", "met"),
            Some(false) => self.say("未达到", "not met"),
            None => "–",
        })
    }

    fn figures(&self, load: &Load) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("报警负荷（与 EEMUA 191、ISA-18.2 对照）", "Alarm load beside EEMUA 191 and ISA-18.2"),
            &[
                (self.say("项目", "Figure"), 3.0),
                (self.say("本期", "This period"), 1.0),
                (self.say("参考值", "Should be"), 1.0),
                (self.say("是否达到", "Met"), 1.0),
                (self.say("来源", "Source"), 1.0),
            ],
        );
        sheet.note = Some(match self.lang {
            Lang::Zh => format!(
                "{} 个值班室，{} 次报警；网关送来告警 {} 条，其中搁置 {} 条、遮挡或维护拦下 {} 条。",
                load.rooms, load.alarms, load.alerts.received, load.alerts.shelved, load.alerts.inhibited
            ),
            Lang::En => format!(
                "{} rooms, {} alarms; boxes sent {} alerts, of which {} were shelved and {} held back.",
                load.rooms, load.alarms, load.alerts.received, load.alerts.shelved, load.alerts.inhibited
            ),
        });
        let figures = &load.figures;
        let number = |figure: Figure| Cell::Number(figure.value);
        let share = |figure: Figure| Cell::Share(figure.value);
        let rows = [
            (
                self.say("每室每 10 分钟报警（平均）", "Alarms per room and 10 minutes, average"),
                number(figures.average),
                "≤ 1",
                figures.average,
                "EEMUA 191",
            ),
            (
                self.say("10 分钟最多报警（一室）", "Most alarms of a room in 10 minutes"),
                number(figures.peak),
                "≤ 10",
                figures.peak,
                "EEMUA 191",
            ),
            (
                self.say("报警洪水时间占比", "Share of the time in flood"),
                share(figures.flood),
                "< 1%",
                figures.flood,
                "ISA-18.2",
            ),
            (
                self.say("最高优先级（P1）占比", "Share of the highest priority (P1)"),
                share(figures.high),
                "≤ 5%",
                figures.high,
                "ISA-18.2",
            ),
            (
                self.say("中优先级（P2）占比", "Share of medium priority (P2)"),
                share(figures.medium),
                "≤ 15%",
                figures.medium,
                "ISA-18.2",
            ),
            (
                self.say(
                    "满 24 小时未核实（一室一日最多）",
                    "Stale: 24 hours without a decision, most of a room and day",
                ),
                number(figures.stale),
                "< 5",
                figures.stale,
                "ISA-18.2",
            ),
            (
                self.say("频报的规则", "Chattering rules"),
                number(figures.chattering),
                "0",
                figures.chattering,
                "ISA-18.2",
            ),
            (
                self.say("前十来源占比", "Share of the ten most frequent sources"),
                share(figures.top),
                "≤ 5%",
                figures.top,
                "ISA-18.2",
            ),
        ];
        for (name, value, target, figure, source) in rows {
            sheet.rows.push(vec![
                Cell::text(name),
                value,
                Cell::text(target),
                self.met(figure),
                Cell::text(source),
            ]);
        }
        sheet
    }

    fn suspects(&self, cases: &CasesReport) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("误报最多的摄像机", "Cameras with the most false alarms"),
            &[
                (self.say("摄像机", "Camera"), 2.0),
                (self.say("规则", "Rule"), 1.2),
                (self.say("辖区", "Region"), 1.6),
                (self.say("误报", "False"), 0.7),
                (self.say("判定", "Judged"), 0.7),
                (self.say("误报率", "Share"), 0.8),
                (self.say("原因", "Reasons"), 2.0),
                (self.say("建议", "Try first"), 2.6),
            ],
        );
        let most = if self.brief { TEN } else { usize::MAX };
        for suspect in cases.false_alarms.worst.iter().take(most) {
            let advice = suspect.reasons.first().map_or("", |one| self.lang.advice(one.reason));
            sheet.rows.push(vec![
                Cell::text(camera(suspect)),
                Cell::text(&suspect.rule),
                Cell::text(&suspect.region),
                Cell::Count(suspect.false_alarms.of),
                Cell::Count(suspect.false_alarms.all),
                Cell::Share(suspect.false_alarms.share),
                Cell::text(self.because(&suspect.reasons)),
                Cell::text(advice),
            ]);
        }
        sheet
    }

    fn because(&self, reasons: &[ReasonCount]) -> String {
        let one = |one: &ReasonCount| format!("{} {}", self.lang.reason(one.reason), one.cases);
        reasons.iter().map(one).collect::<Vec<_>>().join(self.say("、", ", "))
    }

    fn reasons(&self, cases: &CasesReport) -> Sheet {
        let all = &cases.false_alarms;
        let mut sheet = Sheet::new(
            self.say("误报原因", "Reasons for false alarms"),
            &[
                (self.say("原因", "Reason"), 2.0),
                (self.say("件数", "Cases"), 1.0),
                (self.say("占比", "Share"), 1.0),
            ],
        );
        for one in &all.reasons {
            sheet.rows.push(vec![
                Cell::text(self.lang.reason(one.reason)),
                Cell::Count(one.cases),
                Cell::Share(Rate::new(one.cases, all.all.of).share),
            ]);
        }
        sheet
    }

    fn top(&self, load: &Load) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("报警最多的来源", "Most frequent sources"),
            &[
                (self.say("摄像机", "Camera"), 3.0),
                (self.say("规则", "Rule"), 1.5),
                (self.say("报警", "Alarms"), 1.0),
                (self.say("占比", "Share"), 1.0),
            ],
        );
        for source in &load.top {
            sheet.rows.push(vec![
                Cell::text(named(&source.camera_name, &source.edge, &source.camera)),
                Cell::text(&source.rule),
                Cell::Count(source.alarms),
                Cell::Share(Rate::new(source.alarms, load.alarms).share),
            ]);
        }
        sheet
    }

    fn rooms(&self, load: &Load) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("各值班室报警负荷", "Alarm load by room"),
            &[
                (self.say("值班室（社区）", "Room (community)"), 2.4),
                (self.say("报警", "Alarms"), 0.8),
                (self.say("平均/10 分钟", "Per 10 min"), 1.0),
                (self.say("高峰", "Peak"), 0.7),
                (self.say("洪水时间", "In flood"), 0.9),
                ("P1", 0.7),
                ("P2", 0.7),
                ("P3", 0.7),
                ("P4", 0.7),
                (self.say("陈旧", "Stale"), 0.7),
                (self.say("频报", "Chatter"), 0.8),
            ],
        );
        let most = if self.brief { SHORT } else { usize::MAX };
        for room in load.by_room.iter().take(most) {
            let mut row = vec![
                Cell::text(place(&room.region, room.name.as_deref())),
                Cell::Count(room.alarms),
                Cell::Number(room.figures.average.value),
                Cell::Number(room.figures.peak.value),
                Cell::Share(room.flood.share),
            ];
            row.extend(room.priorities.map(Cell::Count));
            row.push(Cell::Number(room.figures.stale.value));
            row.push(Cell::Number(room.figures.chattering.value));
            sheet.rows.push(row);
        }
        sheet
    }

    fn days(&self, load: &Load) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("逐日报警", "Alarms by day"),
            &[
                (self.say("日期", "Day"), 1.0),
                (self.say("报警", "Alarms"), 1.0),
                (self.say("每室平均/10 分钟", "Per room and 10 min"), 1.0),
                (self.say("高峰", "Peak"), 1.0),
            ],
        );
        for day in &load.days {
            sheet.rows.push(vec![
                Cell::Day(day.day),
                Cell::Count(day.alarms),
                Cell::Number(Some(day.average)),
                Cell::Count(day.peak),
            ]);
        }
        sheet
    }

    fn regions(&self, rows: &[RegionRow], level: Level) -> Option<Sheet> {
        if self.brief && level == Level::Grid {
            return None;
        }
        let mut columns = vec![(self.lang.level(level), 2.4_f32)];
        let (counted, rated) = (self.counted(), self.rated());
        let counted = &counted[..6];
        // what the places are compared by: 结案率、按期结案率、返工率、回退率、重复案件率、误报率
        let rated: Vec<_> =
            [1, 2, 4, 5, 6, 7].into_iter().filter_map(|place| rated.get(place).copied()).collect();
        columns.extend(counted.iter().map(|(name, _)| (*name, 0.8)));
        columns.extend(rated.iter().map(|(name, _)| (*name, 0.9)));
        let mut sheet = Sheet::new(
            match self.lang {
                Lang::Zh => format!("各{}对比", self.lang.level(level)),
                Lang::En => format!("{} by {}", "Comparison", self.lang.level(level).to_lowercase()),
            },
            &columns,
        );
        let most = if self.brief { SHORT } else { usize::MAX };
        let mut of_level: Vec<&RegionRow> = rows.iter().filter(|row| row.level == level).collect();
        if of_level.len() > most {
            // stable: equal ones stay in the order of their codes
            of_level.sort_by_key(|row| std::cmp::Reverse(row.indicators.counts.reported));
            sheet.note = Some(match self.lang {
                Lang::Zh => format!("共 {} 个，列出上报最多的 {most} 个。", of_level.len()),
                Lang::En => format!("{most} of {}, those that reported most.", of_level.len()),
            });
        }
        for row in of_level.into_iter().take(most) {
            let Indicators { counts, rates } = &row.indicators;
            let mut cells = vec![Cell::text(place(&row.code, row.name.as_deref()))];
            cells.extend(counted.iter().map(|(_, of)| Cell::Count(of(counts))));
            cells.extend(rated.iter().map(|(_, of)| Cell::Share(of(rates).share)));
            sheet.rows.push(cells);
        }
        (!sheet.rows.is_empty()).then_some(sheet)
    }

    fn overdue(&self, page: &OverduePage) -> Sheet {
        let mut sheet = Sheet::new(
            self.say("超期清单", "Late now"),
            &[
                (self.say("案件", "Case"), 2.0),
                (self.say("辖区", "Region"), 1.6),
                (self.say("行为", "Behavior"), 1.0),
                (self.say("级别", "Priority"), 0.6),
                (self.say("状态", "State"), 0.9),
                (self.say("超期环节", "Late in"), 0.9),
                (self.say("应完成", "Due"), 1.6),
                (self.say("已超期", "Late by"), 1.4),
                (self.say("承办", "Handler"), 1.2),
                (self.say("督办", "Urged"), 0.6),
            ],
        );
        let most = if self.brief { SHORT } else { usize::MAX };
        let shown = page.cases.len().min(most);
        if (shown as u64) < page.total {
            sheet.note = Some(match self.lang {
                Lang::Zh => format!("共 {} 件，列出最久的 {shown} 件。", page.total),
                Lang::En => format!("{shown} of {}, the longest late.", page.total),
            });
        }
        for case in page.cases.iter().take(most) {
            let due = case.due_utc.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            let handler = case.handler.as_deref().or(case.assignee.as_deref()).unwrap_or("–");
            sheet.rows.push(vec![
                Cell::text(&case.number),
                Cell::text(&case.region),
                Cell::text(self.lang.behavior(&case.behavior)),
                Cell::text(format!("P{}", case.severity)),
                Cell::text(self.lang.state(case.state)),
                Cell::text(case.stage.map_or("–", |stage| self.lang.stage(stage))),
                Cell::text(due),
                Cell::Secs(Some(case.overdue_secs as f64)),
                Cell::text(handler),
                Cell::Count(case.urges),
            ]);
        }
        sheet
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

/// By how much a number has grown, in percent of what it was.
fn grown(now: u64, before: u64, lang: Lang) -> String {
    moved(Rate::new(now, before).share.map(|ratio| (ratio - 1.0) * 100.0), "%", lang)
}

/// An arrow and by how much: a sign in front would be a formula to a spreadsheet.
fn moved(by: Option<f64>, unit: &str, lang: Lang) -> String {
    match by {
        None => "–".to_owned(),
        Some(by) if by.abs() < 0.05 => lang.say("持平", "same").to_owned(),
        Some(by) => format!("{} {:.1}{unit}", if by > 0.0 { "↑" } else { "↓" }, by.abs()),
    }
}

fn place(code: &Region, name: Option<&str>) -> String {
    name.map_or_else(|| code.to_string(), |name| format!("{name} {code}"))
}

fn named(name: &str, edge: &str, camera: &str) -> String {
    if name.is_empty() { format!("{edge}/{camera}") } else { format!("{name} ({edge}/{camera})") }
}

fn camera(suspect: &Suspect) -> String {
    named(&suspect.camera_name, &suspect.edge, &suspect.camera)
}

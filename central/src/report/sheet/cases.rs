//! Tables of cases: indicators, times, false alarms, places, what is late.

use super::{Cell, Maker, SHORT, Sheet, TEN, named, place};
use crate::org::Level;
use crate::report::count::{Counts, Indicators, Rate, Rates};
use crate::report::falses::{ReasonCount, Suspect};
use crate::report::words::Lang;
use crate::report::{CasesReport, OverduePage, RegionRow};

type CountOf = fn(&Counts) -> u64;
type RateOf = fn(&Rates) -> Rate;

impl Maker<'_> {
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

    pub(super) fn indicators(&self, cases: &CasesReport) -> Sheet {
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

    pub(super) fn times(&self, cases: &CasesReport) -> Sheet {
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

    pub(super) fn suspects(&self, cases: &CasesReport) -> Sheet {
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

    pub(super) fn reasons(&self, cases: &CasesReport) -> Sheet {
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

    pub(super) fn regions(&self, rows: &[RegionRow], level: Level) -> Option<Sheet> {
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

    pub(super) fn overdue(&self, page: &OverduePage) -> Sheet {
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

fn camera(suspect: &Suspect) -> String {
    named(&suspect.camera_name, &suspect.edge, &suspect.camera)
}

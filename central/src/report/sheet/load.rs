//! Tables of the alarm load, beside EEMUA 191 and ISA-18.2.

use super::{Cell, Maker, SHORT, Sheet, named, place};
use crate::report::count::Rate;
use crate::report::load::{Figure, Load};
use crate::report::words::Lang;

impl Maker<'_> {
    fn met(&self, figure: Figure) -> Cell {
        Cell::text(match figure.met {
            Some(true) => self.say("达到", "met"),
            Some(false) => self.say("未达到", "not met"),
            None => "–",
        })
    }

    pub(super) fn figures(&self, load: &Load) -> Sheet {
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

    pub(super) fn top(&self, load: &Load) -> Sheet {
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

    pub(super) fn rooms(&self, load: &Load) -> Sheet {
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

    pub(super) fn days(&self, load: &Load) -> Sheet {
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
}

//! Rotas: `user,role,region,from,until,start,end`, and any of `weekdays,behaviors,place`. One line a row of the rota.

use std::collections::HashSet;

use jiff::civil::{Date, Time};

use super::table::{Line, Table};
use super::{BEHAVIORS, Problem, REGION, ROLE, Read, USER, behaviors, region, role};
use crate::org::roster::{Duty, Weekdays};

const FROM: &[&str] = &["from", "开始日期"];
const UNTIL: &[&str] = &["until", "结束日期"];
const WEEKDAYS: &[&str] = &["weekdays", "星期"];
const START: &[&str] = &["start", "上班"];
const END: &[&str] = &["end", "下班"];
const PLACE: &[&str] = &["place", "次序"];

/// Rows of rotas.
pub fn duties(bytes: &[u8]) -> Read<Duty> {
    let mut seen = HashSet::new();
    let required = &[USER, ROLE, REGION, FROM, UNTIL, START, END];
    Table::read(bytes, required, &[WEEKDAYS, BEHAVIORS, PLACE]).rows(|line| {
        let duty = Duty {
            user: line.text(USER, 64)?,
            role: role(line)?,
            region: region(line, REGION)?,
            from: date(line, FROM)?,
            until: date(line, UNTIL)?,
            weekdays: match line.optional(WEEKDAYS) {
                None => Weekdays::all(),
                Some(text) => Weekdays::parse(text).ok_or_else(|| {
                    line.problem(
                        format!("星期 {text} 应写作 1-5 或 6,7（1 为星期一）"),
                        format!("the weekdays `{text}` are written 1-5 or 6,7 (1 is Monday)"),
                    )
                })?,
            },
            start: time(line, START)?,
            end: time(line, END)?,
            behaviors: behaviors(line)?,
            place: match line.optional(PLACE) {
                None => 1,
                // what is none is told by the check below
                Some(text) => text.parse().unwrap_or(0),
            },
        };
        duty.check().map_err(|bad| line.problem(bad.zh(), bad.to_string()))?;
        if !seen.insert(format!("{:?}", Duty { place: 0, ..duty.clone() })) {
            return Err(line.problem("此行与前面某行相同", "the same row stands twice"));
        }
        Ok(duty)
    })
}

fn date(line: &Line<'_>, names: &[&str]) -> Result<Date, Problem> {
    let text = line.text(names, 20)?;
    // a spreadsheet writes 2026/11/1
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let date = match parts[..] {
        [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
            _ => None,
        },
        _ => None,
    };
    date.ok_or_else(|| {
        line.problem(
            format!("{text} 不是日期，应写作 2026-11-01"),
            format!("`{text}` is no date: write 2026-11-01"),
        )
    })
}

fn time(line: &Line<'_>, names: &[&str]) -> Result<Time, Problem> {
    let text = line.text(names, 20)?;
    let time = match text.split([':', '：']).collect::<Vec<&str>>()[..] {
        // 24:00 is how people write the end of a day
        ["24", "00"] => Some(Time::midnight()),
        [hour, minute] | [hour, minute, "00"] => match (hour.parse(), minute.parse()) {
            (Ok(hour), Ok(minute)) => Time::new(hour, minute, 0, 0).ok(),
            _ => None,
        },
        _ => None,
    };
    time.ok_or_else(|| {
        line.problem(format!("{text} 不是时间，应写作 08:00"), format!("`{text}` is no time: write 08:00"))
    })
}

//! Armed hours: when a rule may speak.
//!
//! `22:00-06:00` · `12:00-13:30, 22:00-06:00` · `mon-fri 22:00-06:00; sat,sun 00:00-24:00` · `always`.
//! Hours that cross midnight belong to the day on which they begin.

use crate::time::{LocalTime, Weekday};
use xunge_config::Said;

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// The hours in which a rule is armed. The default is always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Armed {
    text: String,
    /// Start and length in minutes of the week; none is always.
    spans: Option<Vec<(u16, u16)>>,
}

/// Why a text gives no armed hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArmedProblem {
    /// Nothing there.
    #[error("armed hours are empty; write hours such as \"22:00-06:00\", or leave the key out for always")]
    Empty,
    /// Not `HH:MM-HH:MM`.
    #[error("{0:?} is no time span; write it as \"22:00-06:00\"")]
    Span(String),
    /// Not a time of day.
    #[error("{0:?} is no time of day; write 00:00 to 24:00")]
    Time(String),
    /// Begins where it ends.
    #[error("{0:?} begins and ends at the same minute; for the whole day write \"00:00-24:00\"")]
    NoLength(String),
    /// Not a day.
    #[error("{0:?} is no day; write mon, tue, wed, thu, fri, sat, sun or 周一 to 周日")]
    Day(String),
}

impl From<ArmedProblem> for Said {
    fn from(problem: ArmedProblem) -> Self {
        let zh = match &problem {
            ArmedProblem::Empty => {
                "布防时段为空；请写出时段，如 \"22:00-06:00\"，全天布防则不写此键".to_owned()
            }
            ArmedProblem::Span(text) => format!("{text:?} 不是时段，请写成 \"22:00-06:00\""),
            ArmedProblem::Time(text) => format!("{text:?} 不是一天中的时刻，请写 00:00 到 24:00"),
            ArmedProblem::NoLength(text) => {
                format!("{text:?} 的起止是同一分钟；全天请写 \"00:00-24:00\"")
            }
            ArmedProblem::Day(text) => {
                format!("{text:?} 不是星期几，请写周一至周日或 mon、tue、wed、thu、fri、sat、sun")
            }
        };
        Self::from((problem.to_string(), zh))
    }
}

impl Default for Armed {
    fn default() -> Self {
        Self { text: "always".to_owned(), spans: None }
    }
}

impl Armed {
    /// Reads armed hours.
    pub fn parse(text: &str) -> Result<Self, ArmedProblem> {
        let clean = text.trim();
        if clean.eq_ignore_ascii_case("always") {
            return Ok(Self::default());
        }
        if clean.is_empty() {
            return Err(ArmedProblem::Empty);
        }
        let mut spans = Vec::new();
        for entry in clean.split([';', '；']).map(str::trim).filter(|entry| !entry.is_empty()) {
            // Days come first; the first digit begins the hours.
            let hours_at = entry.find(|c: char| c.is_ascii_digit()).unwrap_or(entry.len());
            let (days, hours) = entry.split_at(hours_at);
            let days = parse_days(days.trim())?;
            for span in hours.split([',', '，']).map(str::trim) {
                let (start, length) = parse_span(span)?;
                spans.extend(days.iter().map(|day| (day.index() * DAY + start, length)));
            }
        }
        if spans.is_empty() {
            return Err(ArmedProblem::Empty);
        }
        Ok(Self { text: clean.to_owned(), spans: Some(spans) })
    }

    /// Armed at this time?
    pub fn at(&self, local: LocalTime) -> bool {
        let now = local.minute_of_week();
        self.spans
            .as_ref()
            .is_none_or(|spans| spans.iter().any(|&(start, length)| (now + WEEK - start) % WEEK < length))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn parse_days(text: &str) -> Result<Vec<Weekday>, ArmedProblem> {
    if text.is_empty() {
        return Ok(Weekday::ALL.to_vec());
    }
    let mut days = Vec::new();
    for part in text.split([',', '，', '、']).map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once(['-', '至']) {
            None => days.push(parse_day(part)?),
            Some((first, last)) => {
                let (first, last) = (parse_day(first)?.index(), parse_day(last)?.index());
                let count = (last + 7 - first) % 7 + 1;
                days.extend((0..count).map(|step| Weekday::ALL[usize::from((first + step) % 7)]));
            }
        }
    }
    Ok(days)
}

fn parse_day(text: &str) -> Result<Weekday, ArmedProblem> {
    let clean = text.trim().to_lowercase();
    let index = match clean.as_str() {
        "mon" | "monday" | "周一" => 0,
        "tue" | "tuesday" | "周二" => 1,
        "wed" | "wednesday" | "周三" => 2,
        "thu" | "thursday" | "周四" => 3,
        "fri" | "friday" | "周五" => 4,
        "sat" | "saturday" | "周六" => 5,
        "sun" | "sunday" | "周日" | "周天" => 6,
        _ => return Err(ArmedProblem::Day(text.trim().to_owned())),
    };
    Ok(Weekday::ALL[index])
}

/// Start and length in minutes.
fn parse_span(text: &str) -> Result<(u16, u16), ArmedProblem> {
    let (start, end) = text.split_once(['-', '–', '—']).ok_or_else(|| ArmedProblem::Span(text.to_owned()))?;
    let (start, end) = (parse_time(start)?, parse_time(end)?);
    if start == end || start == DAY {
        return Err(ArmedProblem::NoLength(text.to_owned()));
    }
    Ok((start, (end + DAY - start - 1) % DAY + 1))
}

fn parse_time(text: &str) -> Result<u16, ArmedProblem> {
    let wrong = || ArmedProblem::Time(text.trim().to_owned());
    let (hour, minute) = text.trim().split_once([':', '：']).ok_or_else(wrong)?;
    if hour.is_empty() || hour.len() > 2 || minute.len() != 2 {
        return Err(wrong());
    }
    let hour: u16 = hour.parse().map_err(|_| wrong())?;
    let minute: u16 = minute.parse().map_err(|_| wrong())?;
    let time = hour * 60 + minute;
    if minute < 60 && time <= DAY { Ok(time) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Weekday::*;

    fn armed(text: &str, day: Weekday, hour: u8, minute: u8) -> bool {
        Armed::parse(text).unwrap().at(LocalTime::new(day, hour, minute).unwrap())
    }

    #[test]
    fn a_night_crosses_midnight() {
        for (hour, minute, expected) in
            [(21, 59, false), (22, 0, true), (23, 59, true), (0, 0, true), (5, 59, true), (6, 0, false)]
        {
            assert_eq!(armed("22:00-06:00", Tuesday, hour, minute), expected, "{hour}:{minute}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let text = "mon-fri 22:00-06:00; sat,sun 00:00-24:00";
        assert!(!armed(text, Monday, 3, 0), "sunday night is not listed");
        assert!(armed(text, Tuesday, 3, 0));
        assert!(armed(text, Saturday, 12, 0));
        assert!(armed(text, Sunday, 23, 59));
        assert!(!armed(text, Friday, 12, 0));
        assert!(armed("sun 22:00-06:00", Monday, 5, 0), "over the end of the week");
        assert!(armed("sat-mon 10:00-11:00", Sunday, 10, 30), "days wrap too");
    }

    #[test]
    fn lists_whole_days_and_always() {
        assert!(armed("12:00-13:30, 22:00-06:00", Monday, 13, 29));
        assert!(!armed("12:00-13:30, 22:00-06:00", Monday, 13, 30));
        assert!(armed("00:00-24:00", Monday, 0, 0) && armed("00:00-24:00", Monday, 23, 59));
        assert!(armed("always", Sunday, 4, 4));
        assert!(armed("周一至周五 22:00-06:00；周六、周日 00:00-24:00", Sunday, 12, 0));
        assert_eq!(Armed::default(), Armed::parse("Always").unwrap());
    }

    #[test]
    fn nonsense_is_refused() {
        let problem = |text: &str| Armed::parse(text).unwrap_err();
        assert_eq!(problem("  "), ArmedProblem::Empty);
        assert_eq!(problem(";"), ArmedProblem::Empty);
        assert_eq!(problem("22:00"), ArmedProblem::Span("22:00".into()));
        assert_eq!(problem("22:00-25:00"), ArmedProblem::Time("25:00".into()));
        assert_eq!(problem("22:00-06:5"), ArmedProblem::Time("06:5".into()));
        assert_eq!(problem("7:00-7:00"), ArmedProblem::NoLength("7:00-7:00".into()));
        assert_eq!(problem("24:00-06:00"), ArmedProblem::NoLength("24:00-06:00".into()));
        assert_eq!(problem("funday 22:00-06:00"), ArmedProblem::Day("funday".into()));
        assert_eq!(problem("mon-fri"), ArmedProblem::Span(String::new()));
    }
}

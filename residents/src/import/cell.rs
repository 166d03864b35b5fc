//! Days and lists of children as people write them into cells.

use jiff::civil::Date;
use xunge_reminder::person::{Child, Sex};

/// Reads a day: `2008-05-01`, `20080501`, `2008/5/1`, `2008.5.1`, `2008年5月1日`, or with a time behind it.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.split([' ', 'T']).next()?;
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok();
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let mut next = |most: usize| parts.next().filter(|part| (1..=most).contains(&part.len()));
    let (year, month, of_month) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, of_month.parse().ok()?).ok()
}

/// Words by which people say that there is nothing, having looked.
pub(super) fn none(text: &str) -> bool {
    matches!(text, "无" | "没有" | "none")
}

/// Reads a list of children; the error is the part that does not read. A death without a day is one of before `today`.
pub(super) fn children(text: &str, today: Date) -> Result<Vec<Child>, String> {
    if none(text) {
        return Ok(Vec::new());
    }
    text.split(['；', ';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| child(part, today))
        .collect()
}

fn child(text: &str, today: Date) -> Result<Child, String> {
    let mut child = Child::default();
    for word in text.split([' ', '，', ',', '、', '\u{3000}']).filter(|word| !word.is_empty()) {
        match word {
            "男" | "子" => child.sex = Some(Sex::Male),
            "女" => child.sex = Some(Sex::Female),
            "残" | "重残" | "残疾" => child.disabled = Some(true),
            "健康" | "健" => child.disabled = Some(false),
            "双胞胎" | "多胞胎" | "双" => child.twin = true,
            "收养" | "养" => child.adopted = true,
            _ => match word.strip_prefix('故') {
                Some("") => child.died = Some(today),
                Some(rest) => child.died = Some(day(rest).ok_or_else(|| word.to_owned())?),
                None => match day(word) {
                    Some(day) if child.birth.is_none() => child.birth = Some(day),
                    _ => return Err(word.to_owned()),
                },
            },
        }
    }
    Ok(child)
}

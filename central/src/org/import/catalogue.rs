//! The event catalogue: `code,large,middle,small`, and any of `class,handle,behaviors`.

use std::collections::HashSet;

use super::table::{Line, Table};
use super::{BEHAVIORS, NAME_CHARS, Problem, Read, behaviors};
use crate::case::Class;
use crate::org::{Category, Span};

const CODE: &[&str] = &["code", "代码", "小类代码"];
const LARGE: &[&str] = &["large", "大类"];
const MIDDLE: &[&str] = &["middle", "中类"];
const SMALL: &[&str] = &["small", "小类"];
const CLASS: &[&str] = &["class", "处理机制"];
const HANDLE: &[&str] = &["handle", "处置时限"];

/// Classes by their names in files.
const CLASSES: [(&str, Class); 4] = [
    ("一般性", Class::OnSite),
    ("协调性", Class::Coordinated),
    ("突发性", Class::Emergency),
    ("审批性", Class::Approval),
];

/// Kinds of cases.
pub fn catalogue(bytes: &[u8]) -> Read<Category> {
    let mut seen = HashSet::new();
    Table::read(bytes, &[CODE, LARGE, MIDDLE, SMALL], &[CLASS, HANDLE, BEHAVIORS]).rows(|line| {
        let code = line.text(CODE, NAME_CHARS)?;
        let category = Category {
            large: line.text(LARGE, NAME_CHARS)?,
            middle: line.text(MIDDLE, NAME_CHARS)?,
            small: line.text(SMALL, NAME_CHARS)?,
            class: line.optional(CLASS).map(|text| class(line, text)).transpose()?,
            handle: line.optional(HANDLE).map(|text| handle(line, text)).transpose()?,
            behaviors: behaviors(line)?,
            code,
        };
        if !seen.insert(category.code.clone()) {
            let code = &category.code;
            return Err(line.problem(format!("{code} 重复"), format!("{code} stands twice")));
        }
        Ok(category)
    })
}

fn class(line: &Line<'_>, text: &str) -> Result<Class, Problem> {
    let by_name =
        CLASSES.iter().find(|(name, _)| text.trim_end_matches("工作") == *name).map(|(_, class)| *class);
    by_name.or_else(|| Class::parse(text)).ok_or_else(|| {
        let zh: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
        let en: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).collect();
        line.problem(
            format!("处理机制 {text} 不认识，可用：{}", zh.join("、")),
            format!("`{text}` is no way of handling; use {}", en.join(", ")),
        )
    })
}

fn handle(line: &Line<'_>, text: &str) -> Result<Span, Problem> {
    Span::parse(text).ok_or_else(|| {
        line.problem(
            format!("处置时限 {text} 应写作 30min、2h、1d（自然时间）或 4wh、2wd（工作时、工作日）"),
            format!("`{text}` is no length of time: write 30min, 2h, 1d, or 4wh, 2wd of working time"),
        )
    })
}

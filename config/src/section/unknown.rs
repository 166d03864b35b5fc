//! Words that a section does not know: the nearest one, or where they belong.

use toml::de::DeValue;

use super::inner::with_name;
use super::{Section, said};
use crate::nearest::{list, nearest, shown};
use crate::place::At;
use crate::problem::Said;
use crate::schema::{Key, Refusal, Shape, Table, join};
use crate::value;

impl Section<'_> {
    /// A key that landed in a section of free names, mostly because it was written below the wrong header.
    pub(super) fn report_stray(&self, name: &str, at: At, wanted: Option<(&Key, &DeValue<'_>)>) {
        let word = shown(name);
        let said = match (self.homes(name).as_slice(), wanted) {
            ([], Some((free, value))) => {
                let named = Key { name: "", ..*free };
                let wrong = value::wrong_type(&named, value);
                with_name(&wrong, name)
            }
            ([], None) => said(
                format!("{word} must be a section, written [{}.NAME]", self.path),
                format!("{word} 必须是段，写作 [{}.名称]", self.path),
            ),
            (homes, _) => belongs(&word, &format!("[{}]", self.path), homes),
        };
        self.problem_at(at, said);
    }

    pub(super) fn report_unknown(&self) {
        if self.holds_chosen || matches!(self.schema.shape, Shape::Free(_)) {
            return;
        }
        let names: Vec<&str> = self
            .schema
            .all_keys()
            .map(|key| key.name)
            .chain(self.schema.tables.iter().map(|table| table.name))
            .collect();
        for (key, value) in self.in_file_order() {
            let word = key.get_ref().as_ref();
            if names.contains(&word) {
                continue;
            }
            let here = self.header();
            let shown_word = shown(word);
            let (what_en, what_zh) =
                if is_section(value.get_ref()) { ("section", "段") } else { ("key", "键") };
            let homes = self.homes(word);
            let refused = self.schema.refused.iter().find(|refused| refused.name == word);
            let said = if let Some(Refusal { en, zh, .. }) = refused {
                said(
                    format!("{shown_word} has no meaning in {here}: {en}"),
                    format!("{}的 {shown_word} 没有意义：{zh}", zh_in(&here)),
                )
            } else if !homes.is_empty() {
                belongs(&shown_word, &here, &homes)
            } else if let Some(near) = nearest(word, names.iter().copied()) {
                said(
                    format!("unknown {what_en} {shown_word} in {here}; did you mean `{near}`?"),
                    format!("{}没有{what_zh} {shown_word}，是否想写 `{near}`？", zh_in(&here)),
                )
            } else {
                said(
                    format!("unknown {what_en} {shown_word} in {here}; it takes {}", list(&names)),
                    format!("{}没有{what_zh} {shown_word}；可用的有 {}", zh_in(&here), list(&names)),
                )
            };
            self.problem_at(At(key.span().start), said);
        }
    }

    /// The sections, elsewhere in the file, that know this word.
    fn homes(&self, word: &str) -> Vec<String> {
        let mut homes = Vec::new();
        find_homes(self.sink.root, "", word, &mut homes);
        let here = self.header();
        homes.retain(|home| *home != here);
        homes
    }
}

/// Whether a value was written as `[name]` or `[[name]]` (or their inline forms).
fn is_section(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(array) => !array.is_empty() && array.iter().all(|item| item.get_ref().is_table()),
        _ => false,
    }
}

fn find_homes(table: &Table, parent: &str, word: &str, homes: &mut Vec<String>) {
    if table.all_keys().any(|key| key.name == word) || table.tables.iter().any(|inner| inner.name == word) {
        homes.push(table.header(parent));
    }
    let path = join(parent, table.name);
    for inner in table.tables {
        find_homes(inner, &path, word, homes);
    }
}

fn belongs(word: &str, here: &str, homes: &[String]) -> Said {
    let shown = homes.iter().take(3).cloned().collect::<Vec<_>>();
    let shown_zh: Vec<&str> = shown.iter().map(|home| zh_header(home)).collect();
    said(
        format!("{word} does not belong in {here} but in {}", shown.join(" or ")),
        format!("{word} 不属于{}，应写在 {}", spaced(zh_header(here)), shown_zh.join(" 或 ")),
    )
}

/// A header as a Chinese sentence has it.
fn zh_header(header: &str) -> &str {
    if header.starts_with('[') { header } else { "文件开头（第一个 [段] 之前）" }
}

/// "In this section", as a Chinese sentence begins.
pub(super) fn zh_in(header: &str) -> String {
    if header.starts_with('[') { format!("{header} 中") } else { zh_header(header).to_owned() }
}

/// With a space before an opening bracket.
fn spaced(header: &str) -> String {
    if header.starts_with('[') { format!(" {header}") } else { header.to_owned() }
}

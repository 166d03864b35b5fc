//! The reference for people, made from the same tables that drive the reading.

use std::fmt::Write as _;
use std::path::Path;

use crate::schema::{Key, Kind, Presence, Shape, Table, join};
use crate::value::{kind_words, plain};

/// Language of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    fn pick<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self {
            Self::English => en,
            Self::Chinese => zh,
        }
    }
}

/// Markdown for one file: every section in order, its sentence and its keys.
pub fn markdown(root: &Table, language: Language) -> String {
    let mut text = String::new();
    section(root, "", language, &mut text);
    text
}

/// Markdown for the keys of one section alone, for a page about it.
pub fn keys(table: &Table, language: Language) -> String {
    let mut text = String::new();
    rows(&table.all_keys().collect::<Vec<_>>(), language, &mut text);
    text
}

fn section(table: &Table, parent: &str, language: Language, text: &mut String) {
    let path = join(parent, table.name);
    if path.is_empty() {
        if table.all_keys().next().is_some() {
            let title = language.pick("Top of the file", "文件开头");
            let _ = writeln!(text, "### {title}\n");
        }
    } else {
        let header = match (table.shape, language) {
            (Shape::FreeTables, Language::Chinese) => format!("[{path}.名称]"),
            _ => table.header(parent),
        };
        let _ = writeln!(text, "### `{header}`\n\n{}\n", language.pick(table.en, table.zh));
    }
    if let Shape::Free(key) = table.shape {
        let own = Key { name: language.pick("NAME", "名称"), ..key };
        rows(&[&own], language, text);
    } else {
        let keys: Vec<&Key> = table.all_keys().collect();
        rows(&keys, language, text);
    }
    for inner in table.tables {
        section(inner, &path, language, text);
    }
}

fn rows(keys: &[&Key], language: Language, text: &mut String) {
    if keys.is_empty() {
        return;
    }
    let head = language.pick("| Key | Value | Default | Meaning |", "| 键 | 取值 | 默认值 | 含义 |");
    let _ = writeln!(text, "{head}\n|---|---|---|---|");
    for key in keys {
        let presence = match key.presence {
            Presence::Required => language.pick("**required**", "**必填**").to_owned(),
            Presence::Optional => "–".to_owned(),
            Presence::Default(literal) => format!("`{literal}`"),
        };
        let mut meaning = language.pick(key.en, key.zh).trim_end_matches(['.', '。']).to_owned();
        if !key.example.is_empty() {
            let _ = write!(meaning, "{} `{}`", language.pick(". Example:", "。例："), key.example);
        }
        let _ = writeln!(
            text,
            "| `{}` | {} | {presence} | {} |",
            key.name,
            values(key, language),
            cell(&meaning)
        );
    }
    text.push('\n');
}

/// What a key takes: its kind, range and unit.
fn values(key: &Key, language: Language) -> String {
    let (en, zh) = kind_words(key.kind);
    let kind = language.pick(en, zh).trim();
    let unit = if key.unit.is_empty() { String::new() } else { format!(" {}", key.unit) };
    let words = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match (key.kind, key.range) {
        (Kind::Choice(choices), _) => words(choices),
        (Kind::Choices(choices), _) => format!("{}: {}", language.pick("list of", "列表"), words(choices)),
        (Kind::Url(schemes), _) => {
            let schemes: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
            format!("{kind}: {}", schemes.join(", "))
        }
        (Kind::Text, Some((low, high))) => {
            let (low, high) = (plain(low), plain(high));
            language
                .pick(&format!("{kind}, {low}–{high} characters"), &format!("{kind}，{low}–{high} 个字符"))
                .to_owned()
        }
        (_, Some((low, high))) => format!("{kind}, {}–{}{unit}", plain(low), plain(high)),
        (_, None) => format!("{kind}{unit}"),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Keeps the part of a document between `<!-- name -->` and `<!-- /name -->` equal to `wanted`: with `update` it is
/// rewritten, otherwise a difference is an error that says how to rewrite it.
pub fn keep_part(path: &Path, name: &str, wanted: &str, update: bool) -> Result<(), String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let start = text.find(&open).map(|at| at + open.len());
    let end = text.find(&close);
    let (Some(start), Some(end)) = (start, end) else {
        return Err(format!("{shown} has no part between {} and {close}", open.trim()));
    };
    let wanted = format!("\n{}\n", wanted.trim_end());
    if text.get(start..end) == Some(&format!("{wanted}\n")) {
        return Ok(());
    }
    if !update {
        return Err(format!(
            "the part `{name}` of {shown} is stale: run the tests with UPDATE=1 to rewrite it"
        ));
    }
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    std::fs::write(path, format!("{before}{wanted}\n{after}"))
        .map_err(|error| format!("{shown} cannot be written: {error}"))
}

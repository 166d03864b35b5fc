//! From a file to values and problems.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use toml::de::DeTable;

use crate::place::{At, line_column};
use crate::problem::{Problem, Problems, Said};
use crate::schema::Table;
use crate::section::Section;

/// Largest file that is read.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// More problems than this help nobody.
const MAX_PROBLEMS: usize = 200;

/// What is collected while sections are read.
pub(crate) struct Sink {
    pub(crate) root: &'static Table,
    found: RefCell<Vec<Found>>,
}

#[derive(PartialEq)]
struct Found {
    at: At,
    said: Said,
    missing: bool,
}

impl Sink {
    pub(crate) fn add(&self, at: At, said: Said, missing: bool) {
        let mut found = self.found.borrow_mut();
        let new = Found { at, said, missing };
        // One more than is shown, so that the end can say that there are more.
        if found.len() <= MAX_PROBLEMS && !found.contains(&new) {
            found.push(new);
        }
    }
}

/// Reads a text: `build` takes what it needs from the sections and always makes its value; every mistake is in
/// the problems. With problems the value is only good for showing what would have been.
pub fn read<T>(
    file: &str,
    text: &str,
    schema: &'static Table,
    build: impl FnOnce(&Section<'_>) -> T,
) -> (T, Problems) {
    let (table, syntax) = DeTable::parse_recoverable(text);
    let sink = Sink { root: schema, found: RefCell::new(Vec::new()) };
    let value = build(&Section::root(&sink, table.get_ref(), schema));

    let mut found = sink.found.into_inner();
    let first_error = syntax.iter().map(|error| error.span().map_or(0, |span| span.start)).min();
    if let Some(first) = first_error {
        // What stands behind a broken line may have been read wrongly, and "missing" may merely stand behind it.
        found.retain(|found| !found.missing && found.at.0 < first);
    }
    let mut last_line = 0;
    for error in &syntax {
        let at = At(error.span().map_or(0, |span| span.start));
        let (line, _) = line_column(text, at);
        // One slip makes several errors on its line; the first says it.
        if line != last_line {
            found.push(Found { at, said: syntax_said(error.message()), missing: false });
        }
        last_line = line;
    }
    found.sort_by_key(|found| found.at);
    let cut = found.len() > MAX_PROBLEMS;
    found.truncate(MAX_PROBLEMS);
    let mut list: Vec<Problem> = found
        .into_iter()
        .map(|found| {
            let (line, column) = line_column(text, found.at);
            Problem { file: file.to_owned(), line, column, said: found.said }
        })
        .collect();
    if cut && let Some(last) = list.last() {
        let said = Said::from(("there are more; correct these first", "还有更多问题，请先改正以上各项"));
        list.push(Problem { line: last.line + 1, column: 1, file: file.to_owned(), said });
    }
    (value, Problems::new(list))
}

fn syntax_said(message: &str) -> Said {
    if message == "duplicate key" {
        return Said::from(("this key or section is already defined above", "这个键或段在前面已经定义过"));
    }
    Said::from((format!("not valid TOML: {message}"), format!("TOML 语法错误：{message}")))
}

/// The text of a file, or one sentence why there is none.
pub fn load(path: &Path) -> Result<String, Problems> {
    let name = path.display().to_string();
    let fault = |error: std::io::Error| {
        let (en, zh) = match error.kind() {
            std::io::ErrorKind::NotFound => ("there is no such file".to_owned(), "文件不存在".to_owned()),
            std::io::ErrorKind::PermissionDenied => (
                "this user may not read the file; change its owner or mode".to_owned(),
                "当前用户无权读取该文件，请修改其属主或权限".to_owned(),
            ),
            std::io::ErrorKind::InvalidData => ("is not UTF-8 text".to_owned(), "不是 UTF-8 文本".to_owned()),
            _ => (format!("cannot be read: {error}"), format!("无法读取：{error}")),
        };
        Problems::of_file(&name, (en, zh))
    };
    let file = File::open(path).map_err(fault)?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(fault)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Problems::of_file(
            &name,
            ("is larger than 4 MiB: this is not a configuration", "超过 4 MiB，不是配置文件"),
        ));
    }
    Ok(text)
}

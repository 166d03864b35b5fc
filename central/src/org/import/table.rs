//! A table as a spreadsheet writes it: separators, quotes, headings in either language, UTF-8 or GB18030.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};

use super::{Problem, Read};

/// Largest file.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most problems that are told one by one.
const TOLD: usize = 1000;

/// A table with the columns that are wanted.
pub(super) struct Table {
    /// Place of each column that is there, by the first of its names.
    columns: HashMap<&'static str, usize>,
    records: Vec<(u64, StringRecord)>,
    problems: Vec<Problem>,
}

/// One row.
pub(super) struct Line<'t> {
    columns: &'t HashMap<&'static str, usize>,
    record: &'t StringRecord,
    line: u64,
}

impl Table {
    /// Reads the headings and all rows. Each column goes by any of its names.
    pub(super) fn read(bytes: &[u8], required: &[&[&'static str]], optional: &[&[&'static str]]) -> Self {
        let mut table = Self { columns: HashMap::new(), records: Vec::new(), problems: Vec::new() };
        if bytes.len() > MAX_BYTES {
            let mb = MAX_BYTES / 1_000_000;
            table.problems.push(Problem::new(
                0,
                format!("文件超过 {mb} MB，请分成几份"),
                format!("the file is larger than {mb} MB; split it"),
            ));
            return table;
        }
        let text = decode(bytes);
        let mut reader =
            ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let headings = match reader.headers() {
            Ok(headings) => headings.clone(),
            Err(error) => {
                table.problems.push(unreadable(&error));
                return table;
            }
        };
        for names in required.iter().chain(optional) {
            let place = headings
                .iter()
                .position(|heading| names.iter().any(|name| name.eq_ignore_ascii_case(heading)));
            if let (Some(place), Some(first)) = (place, names.first()) {
                table.columns.insert(first, place);
            }
        }
        for names in required {
            let Some(first) = names.first().filter(|first| !table.columns.contains_key(*first)) else {
                continue;
            };
            let all = names.join(" / ");
            table.problems.push(Problem::new(
                1,
                format!("缺少列：{all}"),
                format!("the column `{first}` is missing (it may be called {all})"),
            ));
        }
        if !table.problems.is_empty() {
            return table;
        }
        let mut lines = Lines { text: text.as_bytes(), byte: 0, line: 1 };
        for record in reader.records() {
            match record {
                Ok(record) if record.iter().all(str::is_empty) => {}
                Ok(record) => {
                    let line = lines.at(record.position().map_or(0, csv::Position::byte));
                    table.records.push((line, record));
                }
                Err(error) => table.problems.push(unreadable(&error)),
            }
        }
        table
    }

    /// Makes something of each row.
    pub(super) fn rows<T>(self, mut make: impl FnMut(&Line<'_>) -> Result<T, Problem>) -> Read<T> {
        let mut read = Read { rows: Vec::with_capacity(self.records.len()), problems: self.problems };
        for (line, record) in &self.records {
            match make(&Line { columns: &self.columns, record, line: *line }) {
                Ok(row) => read.rows.push((*line, row)),
                Err(problem) => read.problems.push(problem),
            }
        }
        read.problems.sort_by_key(|problem| problem.line);
        if read.problems.len() > TOLD {
            let more = read.problems.len() - TOLD;
            read.problems.truncate(TOLD);
            read.problems.push(Problem::new(
                0,
                format!("另有 {more} 处问题未列出"),
                format!("{more} more problems are not listed"),
            ));
        }
        read
    }
}

impl Line<'_> {
    /// What stands in a column; none where it is empty or not there.
    pub(super) fn optional(&self, names: &[&str]) -> Option<&str> {
        let place = names.first().and_then(|first| self.columns.get(first))?;
        self.record.get(*place).filter(|text| !text.is_empty())
    }

    /// What stands in a column that must say something.
    pub(super) fn text(&self, names: &[&str], most_chars: usize) -> Result<String, Problem> {
        let name = names.last().copied().unwrap_or_default();
        let first = names.first().copied().unwrap_or_default();
        match self.optional(names) {
            None => Err(self.problem(format!("{name} 为空"), format!("`{first}` is empty"))),
            Some(text) if text.chars().count() > most_chars || text.chars().any(char::is_control) => {
                Err(self.problem(
                    format!("{name} 超过 {most_chars} 字或含控制字符"),
                    format!("`{first}` is longer than {most_chars} characters or holds control characters"),
                ))
            }
            Some(text) => Ok(text.to_owned()),
        }
    }

    pub(super) fn problem(&self, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(self.line, zh, en)
    }
}

/// Counts lines up to a place: the reader's own count leaves out empty ones.
struct Lines<'t> {
    text: &'t [u8],
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the row that begins at `byte`, or after empty lines there. Places only go on.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        while self.byte < byte || self.text.get(self.byte) == Some(&b'\n') {
            self.line += u64::from(self.text.get(self.byte) == Some(&b'\n'));
            self.byte += 1;
        }
        self.line
    }
}

fn unreadable(error: &csv::Error) -> Problem {
    let line = error.position().map_or(0, csv::Position::line);
    Problem::new(line, "此行无法读取，请检查引号", format!("this line cannot be read: {error}"))
}

/// Text of either encoding. What is valid UTF-8 is that: GB18030 text hardly ever is by chance.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    text.replace("\r\n", "\n")
}

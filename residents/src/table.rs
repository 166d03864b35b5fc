//! Tables that offices have, row by row: CSV in UTF-8 or GB18030, or the first sheet of an XLSX workbook. A city does not fit
//! into memory, so nothing is read twice or kept.

mod text;
mod workbook;

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

use thiserror::Error;

use self::text::Text;
use self::workbook::Workbook;

/// A file that is no table at all.
#[derive(Debug, Error)]
pub enum BadTable {
    /// It cannot be read.
    #[error("cannot read the file: {0}")]
    File(#[from] std::io::Error),
    /// It is no workbook.
    #[error("cannot read the workbook: {0}; save it as XLSX or as CSV")]
    Workbook(String),
    /// There is nothing in it.
    #[error("the file holds no headings: its first row names the columns")]
    Empty,
}

impl BadTable {
    /// For people who read Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::File(error) => format!("文件无法读取：{error}"),
            Self::Workbook(error) => format!("工作簿无法读取（{error}），请另存为 XLSX 或 CSV"),
            Self::Empty => "文件没有表头：第一行应为各列名称".to_owned(),
        }
    }
}

/// A row: its line (in a workbook its row, from 1) and its cells, or that it cannot be read.
pub type Row = (u64, Result<Vec<String>, String>);

/// A table with its headings read.
pub struct Table {
    headings: Vec<String>,
    rows: Rows,
}

enum Rows {
    Text(Box<Text>),
    Workbook(Workbook),
}

impl Table {
    /// Opens a file; what it is its first bytes say, not its name.
    pub fn open(path: &Path) -> Result<Self, BadTable> {
        Self::read(File::open(path)?)
    }

    /// Reads a file from its beginning.
    pub fn read(mut file: File) -> Result<Self, BadTable> {
        let mut rows = if is_zip(&mut file)? {
            Rows::Workbook(Workbook::open(BufReader::new(file))?)
        } else {
            Rows::Text(Box::new(Text::open(file)?))
        };
        let headings = loop {
            match rows.next() {
                None => return Err(BadTable::Empty),
                Some((_, Ok(cells))) if cells.iter().all(String::is_empty) => {}
                Some((_, Ok(cells))) => break cells,
                Some((_, Err(why))) => return Err(BadTable::Workbook(why)),
            }
        };
        Ok(Self { headings, rows })
    }

    /// Names of the columns.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }
}

impl Iterator for Table {
    type Item = Row;

    /// The next row that is not empty.
    fn next(&mut self) -> Option<Row> {
        loop {
            match self.rows.next()? {
                (_, Ok(cells)) if cells.iter().all(String::is_empty) => {}
                row => return Some(row),
            }
        }
    }
}

impl Rows {
    fn next(&mut self) -> Option<Row> {
        match self {
            Self::Text(text) => text.next(),
            Self::Workbook(workbook) => workbook.next(),
        }
    }
}

fn is_zip(file: &mut File) -> Result<bool, BadTable> {
    use std::io::Read;
    let mut first = [0; 4];
    let mut got = 0;
    while got < first.len() {
        match file.read(&mut first[got..])? {
            0 => break,
            more => got += more,
        }
    }
    file.rewind()?;
    Ok(first[..got] == *b"PK\x03\x04")
}

/// A cell as everybody writes it: no blanks around it, full-width digits and letters made narrow.
fn clean(cell: &str) -> String {
    let narrow = |letter: char| match letter {
        // U+FF01 to U+FF5E are the full-width forms of `!` to `~`
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter)
        }
        other => other,
    };
    cell.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}')
        .chars()
        .map(narrow)
        .collect()
}

#[cfg(test)]
mod tests;

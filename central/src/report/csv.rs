//! A report as CSV: tables one below the other, with the mark by which Excel knows UTF-8.

use super::sheet::{Cell, Document};

/// What Excel takes for UTF-8.
const MARK: &str = "\u{feff}";

/// A text that a spreadsheet would take for a formula gets a quote in front, so that nobody's camera name computes anything.
/// Tab and carriage return count too: some programs skip them.
pub fn harmless(text: &str) -> String {
    let first = text.chars().next();
    let formula = first.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r'));
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// Digits of which a spreadsheet would make a number and lose some: codes of regions and numbers of cases.
const CODE_DIGITS: usize = 12;

/// A field: numbers stay numbers that a spreadsheet can compute with, codes stay codes behind a tab, which nobody sees.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if text.len() >= CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("\t{text}")
        }
        Cell::Text(text) => harmless(text),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) | Cell::Secs(number) => {
            number.map(|number| format!("{}", (number * 1000.0).round() / 1000.0)).unwrap_or_default()
        }
        Cell::Share(share) => share.map(|share| format!("{:.2}%", share * 100.0)).unwrap_or_default(),
        Cell::Day(day) => day.to_string(),
    }
}

/// Writes it.
pub fn write(document: &Document) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(MARK.as_bytes().to_vec());
    out.write_record([harmless(&document.title)])?;
    for line in &document.about {
        out.write_record([harmless(line)])?;
    }
    let seconds = document.lang.say("（秒）", " (s)");
    for sheet in &document.sheets {
        out.write_record([""])?;
        out.write_record([harmless(&sheet.title)])?;
        if let Some(note) = &sheet.note {
            out.write_record([harmless(note)])?;
        }
        let is_time =
            |column: usize| sheet.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Secs(Some(_)))));
        out.write_record(sheet.columns.iter().enumerate().map(|(place, (title, _))| {
            let unit = if is_time(place) { seconds } else { "" };
            harmless(&format!("{title}{unit}"))
        }))?;
        for row in &sheet.rows {
            out.write_record(row.iter().map(field))?;
        }
    }
    out.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

//! The first sheet of a workbook.

use std::fs::File;
use std::io::BufReader;
use std::sync::mpsc::{Receiver, sync_channel};

use calamine::{Data, DataRef, Reader, Xlsx};

use super::{BadTable, Row, clean};

/// Cells of the widest row that a sheet can have.
const COLUMNS: usize = 16_384;
/// Rows that wait for whoever reads them.
const WAITING: usize = 256;

/// Digits that Excel keeps of a number: of an identity number it loses the last three.
const EXACT: f64 = 1e15;

/// Rows of a sheet. Cells borrow from the workbook that reads them, so a thread of their own holds both.
pub(super) struct Workbook {
    /// None is the end: a thread that breaks off says nothing.
    rows: Receiver<Option<Row>>,
    ended: bool,
}

impl Workbook {
    pub(super) fn open(file: BufReader<File>) -> Result<Self, BadTable> {
        let bad = |error: &dyn std::fmt::Display| BadTable::Workbook(error.to_string());
        let mut book: Xlsx<_> = Xlsx::new(file).map_err(|error| bad(&error))?;
        let sheet = book.sheet_names().first().cloned().ok_or(BadTable::Empty)?;
        let (send, rows) = sync_channel(WAITING);
        std::thread::Builder::new().name("workbook".into()).spawn(move || {
            let mut cells = match book.worksheet_cells_reader(&sheet) {
                Ok(cells) => cells,
                Err(error) => {
                    // nobody waits any more: nobody needs to know
                    let _ = send.send(Some((0, Err(error.to_string())))).and_then(|()| send.send(None));
                    return;
                }
            };
            let (mut at, mut row) = (0_u32, Vec::new());
            loop {
                match cells.next_cell() {
                    Ok(Some(cell)) => {
                        let (line, column) = cell.get_position();
                        if line != at
                            && !row.is_empty()
                            && send.send(Some((u64::from(at) + 1, Ok(std::mem::take(&mut row))))).is_err()
                        {
                            return;
                        }
                        at = line;
                        let column = column as usize;
                        if column >= COLUMNS {
                            continue;
                        }
                        if row.len() <= column {
                            row.resize(column + 1, String::new());
                        }
                        row[column] = written(cell.get_value());
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let bad = (u64::from(at) + 1, Err(error.to_string()));
                        let _ = send.send(Some(bad)).and_then(|()| send.send(None));
                        return;
                    }
                }
            }
            if !row.is_empty() {
                let _ = send.send(Some((u64::from(at) + 1, Ok(row))));
            }
            let _ = send.send(None);
        })?;
        Ok(Self { rows, ended: false })
    }

    pub(super) fn next(&mut self) -> Option<Row> {
        if self.ended {
            return None;
        }
        let row = self.rows.recv().unwrap_or_else(|_| Some((0, Err("the workbook broke off".to_owned()))));
        self.ended = row.is_none();
        // after what broke off there is nothing to wait for
        self.ended |= matches!(row, Some((0, Err(_))));
        row
    }
}

/// A cell as one would type it. A day is a day, however the sheet shows it.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        // a number of a person or a region: never in thousands or with an exponent
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => format!("{number:.0}"),
        // as Excel shows it: what it has lost is not made up
        DataRef::Float(number) if number.abs() >= EXACT => format!("{number:E}"),
        other => clean(&Data::from(other.clone()).to_string()),
    }
}

//! Where everything stands on the pages. Points of 1/72 inch, from the top left.

use super::font::{Letters, Measure};
use crate::report::sheet::{Cell, Document, Sheet};

/// A4 across.
pub(super) const PAGE_WIDTH: f32 = 841.89;
/// A4 across.
pub(super) const PAGE_HEIGHT: f32 = 595.28;
const MARGIN: f32 = 40.0;
const FOOT: f32 = 30.0;
const TITLE: f32 = 18.0;
const HEADING: f32 = 12.0;
const BODY: f32 = 8.5;
/// Height of a line, in parts of its size.
const LEADING: f32 = 1.35;
const PADDING: f32 = 3.0;
/// Widest of a field by its relative width: a table of two columns does not fill the page.
const FIELD: f32 = 110.0;

/// Something on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A line of text; `y` is where its letters stand.
    Text { x: f32, y: f32, size: f32, text: String },
    /// A filled area.
    Area { x: f32, y: f32, width: f32, height: f32, grey: u8 },
}

struct Writer<'l> {
    measure: Measure<'l>,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Writer<'_> {
    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    /// Whether so much still fits.
    fn fits(&self, height: f32) -> bool {
        self.y + height <= PAGE_HEIGHT - MARGIN - FOOT
    }

    fn line(&mut self, text: &str, size: f32) {
        self.y += size * LEADING;
        let y = self.y - size * 0.3;
        self.mark(Mark::Text { x: MARGIN, y, size, text: text.to_owned() });
    }

    fn rule(&mut self, width: f32, grey: u8) {
        let y = self.y;
        self.mark(Mark::Area { x: MARGIN, y, width, height: 0.5, grey });
    }
}

/// All pages.
pub(super) fn pages(document: &Document, letters: &Letters) -> Vec<Vec<Mark>> {
    let mut writer = Writer { measure: letters.measure(), pages: Vec::new(), y: 0.0 };
    writer.new_page();
    writer.line(&document.title, TITLE);
    for line in &document.about {
        writer.line(line, BODY + 1.0);
    }
    for sheet in document.sheets.iter() {
        table(&mut writer, sheet, document);
    }
    let count = writer.pages.len();
    for place in 0..count {
        let text = format!("{}  ·  {} / {count}", document.title, place + 1);
        let width = writer.measure.width(&text, BODY);
        let (x, y) = ((PAGE_WIDTH - width) / 2.0, PAGE_HEIGHT - FOOT);
        writer.pages[place].push(Mark::Text { x, y, size: BODY, text });
    }
    writer.pages
}

/// A row that is ready to be set: the lines of each field, and whether it stands at the right.
type Row = Vec<(Vec<String>, bool)>;

fn height(row: &Row) -> f32 {
    let lines = row.iter().map(|(lines, _)| lines.len()).max().unwrap_or(1);
    lines as f32 * BODY * LEADING + 2.0 * PADDING
}

fn table(writer: &mut Writer<'_>, sheet: &Sheet, document: &Document) {
    let parts: f32 = sheet.columns.iter().map(|(_, width)| width).sum();
    let whole = (PAGE_WIDTH - 2.0 * MARGIN).min(parts * FIELD);
    let widths: Vec<f32> = sheet.columns.iter().map(|(_, width)| width / parts * whole).collect();
    let right: Vec<bool> = (0..widths.len())
        .map(|column| sheet.rows.iter().filter_map(|row| row.get(column)).any(Cell::is_number))
        .collect();
    let set = |writer: &Writer<'_>, texts: Vec<String>| -> Row {
        let fields = texts.iter().zip(&widths).zip(&right);
        fields
            .map(|((text, width), right)| (writer.measure.lines(text, BODY, width - 2.0 * PADDING), *right))
            .collect()
    };
    let head = set(writer, sheet.columns.iter().map(|(title, _)| title.clone()).collect());
    let rows: Vec<Row> = sheet
        .rows
        .iter()
        .map(|row| set(writer, row.iter().map(|cell| cell.said(document.lang)).collect()))
        .collect();
    // a heading never stands alone at the foot of a page
    let first = rows.first().map_or(0.0, height);
    let above = HEADING * 2.2 + height(&head) + first;
    if !writer.fits(above) {
        writer.new_page();
    } else {
        writer.y += HEADING * 0.8;
    }
    writer.line(&sheet.title, HEADING);
    if let Some(note) = &sheet.note {
        let lines = writer.measure.lines(note, BODY, PAGE_WIDTH - 2.0 * MARGIN);
        for line in lines {
            writer.line(&line, BODY);
        }
    }
    writer.y += PADDING;
    put_head(writer, &head, &widths, whole);
    if rows.is_empty() {
        writer.line(document.lang.say("无", "none"), BODY);
    }
    for row in &rows {
        if !writer.fits(height(row)) {
            writer.new_page();
            put_head(writer, &head, &widths, whole);
        }
        put(writer, row, &widths);
        writer.rule(whole, 0xD0);
    }
}

fn put_head(writer: &mut Writer<'_>, head: &Row, widths: &[f32], whole: f32) {
    let (y, height) = (writer.y, height(head));
    writer.mark(Mark::Area { x: MARGIN, y, width: whole, height, grey: 0xE6 });
    put(writer, head, widths);
}

fn put(writer: &mut Writer<'_>, row: &Row, widths: &[f32]) {
    let mut left = MARGIN;
    for ((lines, right), width) in row.iter().zip(widths) {
        for (place, text) in lines.iter().enumerate() {
            let indent = if *right { width - PADDING - writer.measure.width(text, BODY) } else { PADDING };
            let y = writer.y + PADDING + (place as f32 + 0.8) * BODY * LEADING;
            writer.mark(Mark::Text { x: left + indent.max(0.0), y, size: BODY, text: text.clone() });
        }
        left += width;
    }
    writer.y += height(row);
}

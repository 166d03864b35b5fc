//! A report as an Excel workbook: a worksheet for each table. Texts are written as texts: nothing in it computes.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::sheet::{Cell, Document, Sheet};

/// Characters that Excel allows in the name of a worksheet.
const NAME_CHARS: usize = 31;
/// Characters of a column of relative width 1.
const COLUMN_CHARS: f64 = 11.0;
/// Seconds of a day: Excel counts time in days.
const DAY: f64 = 86_400.0;

struct Formats {
    title: Format,
    head: Format,
    text: Format,
    count: Format,
    number: Format,
    share: Format,
    time: Format,
}

/// Writes it.
pub fn write(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let field = || Format::new().set_border(FormatBorder::Hair);
    let formats = Formats {
        title: Format::new().set_bold().set_font_size(14),
        head: field()
            .set_bold()
            .set_background_color(0xDD_E6_F0)
            .set_align(FormatAlign::Center)
            .set_text_wrap(),
        text: field().set_text_wrap().set_align(FormatAlign::Top),
        count: field().set_num_format("0"),
        number: field().set_num_format("0.##"),
        share: field().set_num_format("0.0%"),
        time: field().set_num_format("[h]:mm:ss"),
    };
    let mut book = Workbook::new();
    for (place, sheet) in document.sheets.iter().enumerate() {
        let page = book.add_worksheet();
        page.set_name(name(place, &sheet.title))?;
        let mut row = 0;
        page.write_string_with_format(row, 0, &document.title, &formats.title)?;
        for line in document.about.iter().chain(&sheet.note) {
            row += 1;
            page.write_string(row, 0, line)?;
        }
        table(page, row + 2, sheet, &formats)?;
        page.set_landscape().set_print_fit_to_pages(1, 0);
    }
    book.save_to_buffer()
}

fn table(page: &mut Worksheet, head: u32, sheet: &Sheet, formats: &Formats) -> Result<(), XlsxError> {
    page.write_string_with_format(head - 1, 0, &sheet.title, &Format::new().set_bold())?;
    for (column, (title, width)) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(head, column, title, &formats.head)?;
        page.set_column_width(column, f64::from(*width) * COLUMN_CHARS)?;
    }
    page.set_freeze_panes(head + 1, 1)?;
    for (line, cells) in (head + 1..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(text) => page.write_string_with_format(line, column, text, &formats.text)?,
                // counts are far below 2^53
                Cell::Count(count) => {
                    page.write_number_with_format(line, column, *count as f64, &formats.count)?
                }
                Cell::Number(Some(number)) => {
                    page.write_number_with_format(line, column, *number, &formats.number)?
                }
                Cell::Share(Some(share)) => {
                    page.write_number_with_format(line, column, *share, &formats.share)?
                }
                Cell::Secs(Some(secs)) => {
                    page.write_number_with_format(line, column, secs / DAY, &formats.time)?
                }
                Cell::Day(day) => {
                    page.write_string_with_format(line, column, day.to_string(), &formats.text)?
                }
                Cell::Number(None) | Cell::Share(None) | Cell::Secs(None) => {
                    page.write_string_with_format(line, column, "–", &formats.text)?
                }
            };
        }
    }
    Ok(())
}

/// A worksheet's name: numbered, so that no two are alike, and without what Excel forbids.
fn name(place: usize, title: &str) -> String {
    let allowed =
        title.chars().filter(|letter| !matches!(letter, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''));
    format!("{} {}", place + 1, allowed.collect::<String>()).chars().take(NAME_CHARS).collect()
}

//! A report as PDF, to be printed and signed: A4 across, tables that go on over pages, and the letters that are used of a
//! Chinese font of this machine, embedded.

mod font;
mod layout;

pub use font::{FontMissing, Letters};

use krilla::Document as Pdf;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use thiserror::Error;

use super::sheet::Document;
use layout::{Mark, PAGE_HEIGHT, PAGE_WIDTH};

/// Why there is no PDF.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The program that writes it refused.
    #[error("the PDF cannot be written: {0}")]
    Write(String),
}

/// Writes it with these letters.
pub fn write(document: &Document, letters: &Letters) -> Result<Vec<u8>, PdfError> {
    let pages = layout::pages(document, letters);
    let mut pdf = Pdf::new();
    pdf.set_metadata(
        Metadata::new()
            .title(document.title.clone())
            .language(document.lang.say("zh-CN", "en").to_owned())
            .creator("Xunge 巡格".to_owned()),
    );
    for marks in &pages {
        let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)
            .ok_or_else(|| PdfError::Write("the page has no size".to_owned()))?;
        let mut page = pdf.start_page_with(size);
        let mut surface = page.surface();
        for mark in marks {
            match mark {
                Mark::Text { x, y, size, text } => {
                    surface.set_fill(Some(fill(0x17, 0x20, 0x2b)));
                    let glyphs = letters.glyphs(text);
                    surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, letters.font(), text, *size, false);
                }
                Mark::Area { x, y, width, height, grey } => {
                    let Some(area) = Rect::from_xywh(*x, *y, *width, *height) else { continue };
                    let mut path = PathBuilder::new();
                    path.push_rect(area);
                    let Some(path) = path.finish() else { continue };
                    surface.set_fill(Some(fill(*grey, *grey, *grey)));
                    surface.draw_path(&path);
                }
            }
        }
        surface.finish();
        page.finish();
    }
    pdf.finish().map_err(|error| PdfError::Write(error.to_string()))
}

fn fill(red: u8, green: u8, blue: u8) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

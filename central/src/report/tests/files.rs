//! The files that are handed in. `UPDATE=1` writes the golden ones anew.

use std::io::Read;
use std::path::Path;

use super::made::report;
use super::shanghai;
use crate::report::pdf::{self, Letters};
use crate::report::sheet::Document;
use crate::report::{Lang, csv, xlsx};

fn document(lang: Lang, brief: bool) -> Document {
    let (report, page) = report();
    Document::of(&report, Some(&page), lang, brief, &shanghai())
}

fn golden(name: &str, written: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    let wanted = std::fs::read(&path).unwrap();
    assert!(wanted == written, "{} differs; if that is meant, run with UPDATE=1", path.display());
}

#[test]
fn csv_is_what_it_was_in_both_languages() {
    for (lang, name) in [(Lang::Zh, "report.zh.csv"), (Lang::En, "report.en.csv")] {
        golden(name, &csv::write(&document(lang, false)).unwrap());
    }
}

#[test]
fn csv_opens_in_excel_and_computes_nothing() {
    let written = csv::write(&document(Lang::Zh, false)).unwrap();
    assert!(written.starts_with("\u{feff}智能预警监督考核月报\r\n".as_bytes()), "with the mark of UTF-8");
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(&written[3..]);
    let fields: Vec<String> =
        reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(fields.iter().any(|field| field.starts_with("'=cmd|")));
    assert!(fields.contains(&"\t4205022026101500007".to_owned()), "no digit of a case's number is lost");
    assert!(fields.iter().any(|field| field == "'@li"));
    assert!(fields.iter().all(|field| !field.starts_with(['=', '+', '-', '@'])));
    assert!(fields.len() > 200);
}

#[test]
fn a_workbook_has_a_sheet_for_each_table_and_no_formula() {
    let document = document(Lang::Zh, false);
    let written = xlsx::write(&document).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(written)).unwrap();
    let mut sheets = 0;
    let mut texts = String::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        if name.starts_with("xl/worksheets/sheet") {
            sheets += 1;
            assert!(!content.contains("<f>"), "{name} computes");
        } else if name == "xl/sharedStrings.xml" {
            texts = content;
        }
    }
    assert_eq!(sheets, document.sheets.len());
    assert!(texts.contains("按期结案率") && texts.contains("土街头社区 420502001001"), "{texts}");
}

#[test]
fn a_printed_report_embeds_only_the_letters_that_it_uses() {
    let letters = Letters::of_machine().unwrap();
    for lang in [Lang::Zh, Lang::En] {
        let written = pdf::write(&document(lang, true), letters).unwrap();
        assert!(written.starts_with(b"%PDF-1."), "{lang:?}");
        assert!(written.len() < 300_000, "{lang:?}: {} bytes", written.len());
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains("/FontFile"), "{lang:?}: the font is in it");
        assert!(text.contains("/ToUnicode"), "{lang:?}: its text can be searched");
    }
}

#[test]
fn a_brief_report_names_ten_cameras_and_no_grids() {
    let (brief, whole) = (document(Lang::Zh, true), document(Lang::Zh, false));
    let titles = |document: &Document| -> Vec<String> {
        document.sheets.iter().map(|sheet| sheet.title.clone()).collect()
    };
    assert!(
        titles(&whole).contains(&"各网格对比".to_owned())
            && !titles(&brief).contains(&"各网格对比".to_owned())
    );
    for sheet in &whole.sheets {
        assert!(sheet.rows.iter().all(|row| row.len() == sheet.columns.len()), "{}", sheet.title);
    }
    let page = whole.sheets.iter().find(|sheet| sheet.title == "超期清单").unwrap();
    assert_eq!(page.note.as_deref(), Some("共 4 件，列出最久的 1 件。"));
    assert_eq!(page.rows[0][7].said(Lang::Zh), "16 天 15 小时");
}

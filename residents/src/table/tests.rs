use std::path::PathBuf;

use super::*;

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn rows(bytes: &[u8]) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
    let (_folder, path) = file(bytes);
    let table = Table::open(&path).unwrap();
    let headings = table.headings().to_vec();
    (headings, table.map(|(line, cells)| (line, cells.unwrap())).collect())
}

#[test]
fn lines_are_those_of_an_editor() {
    let (headings, found) = rows(b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n\r\n3,\"4\n5\"\r\n6,7\n,\n8,9");
    assert_eq!(headings, ["a", "b"]);
    let lines: Vec<(u64, &str)> = found.iter().map(|(line, cells)| (*line, cells[0].as_str())).collect();
    assert_eq!(lines, [(2, "1"), (5, "3"), (7, "6"), (9, "8")]);
}

#[test]
fn both_encodings_are_read() {
    let text = "姓名,身份证号\n王芳,１１０１０５\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    let expected = (
        vec!["姓名".to_owned(), "身份证号".to_owned()],
        vec![(2, vec!["王芳".to_owned(), "110105".to_owned()])],
    );
    assert_eq!(rows(text.as_bytes()), expected);
    assert_eq!(rows(&gb), expected);
}

#[test]
fn other_programs_put_other_signs_between_cells() {
    let expected = (
        vec!["姓名".to_owned(), "子女;a".to_owned()],
        vec![(2, vec!["王芳".to_owned(), "1,2;3".to_owned()])],
    );
    for sign in [",", "\t", ";"] {
        let text = format!("姓名{sign}\"子女;a\"\n王芳{sign}\"1,2;3\"\n");
        assert_eq!(rows(text.as_bytes()), expected, "{sign:?}");
        let (gb, _, _) = encoding_rs::GB18030.encode(&text);
        assert_eq!(rows(&gb), expected, "{sign:?}");
    }
    // one column only
    assert_eq!(rows("姓名\n王;芳\n".as_bytes()).1, [(2, vec!["王;芳".to_owned()])]);
}

#[test]
fn letters_are_whole_however_the_file_is_cut() {
    // three bytes each in UTF-8, two in GB18030: some lie across the pieces that are read
    let long = format!("姓名\n{}\n", "王芳\n".repeat(100_000));
    let (_, found) = rows(long.as_bytes());
    assert_eq!(found.len(), 100_000);
    assert!(found.iter().all(|(_, cells)| cells == &["王芳"]));
    let late = format!("name\n{}", "x\n".repeat(60_000)) + "王芳\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(&late);
    let (_, found) = rows(&gb);
    assert_eq!(found.last(), Some(&(60_002, vec!["王芳".to_owned()])));
}

#[test]
fn a_workbook_is_read_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2008, 5, 1).unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(0, 0, "姓名").unwrap();
    sheet.write(0, 2, "日期").unwrap();
    sheet.write(1, 0, " 王芳 ").unwrap();
    sheet.write_with_format(1, 2, &day, &format).unwrap();
    sheet.write(3, 1, 420_502_001_001_001_f64).unwrap();
    sheet.write(4, 1, 420_502_196_503_010_012_f64).unwrap();
    book.save(&path).unwrap();
    let table = Table::open(&path).unwrap();
    assert_eq!(table.headings(), ["姓名", "", "日期"]);
    let found: Vec<_> = table.map(|(line, cells)| (line, cells.unwrap())).collect();
    assert_eq!(found[0], (2, vec!["王芳".to_owned(), String::new(), "2008-05-01".to_owned()]));
    assert_eq!(found[1], (4, vec![String::new(), "420502001001001".to_owned()]));
    // an identity number that is kept as a number has lost its end: none is made up
    assert_eq!(found[2], (5, vec![String::new(), "4.2050219650301E17".to_owned()]));
}

#[test]
fn what_is_no_table_is_refused() {
    for bytes in [&b""[..], b"\n\n", b",,\n"] {
        let (_folder, path) = file(bytes);
        assert!(matches!(Table::open(&path), Err(BadTable::Empty)), "{bytes:?}");
    }
    let (_folder, path) = file(b"PK\x03\x04 nothing of the kind");
    let Err(error) = Table::open(&path) else { panic!("it is no workbook") };
    assert!(error.zh().contains("XLSX"), "{error}");
}

#[test]
fn nothing_breaks_it() {
    for bytes in [&b"\xff\xfe\x00a,b\n\"unclosed"[..], b"a,b\n\"x\"y,\"\n", b"\0\0\0\n\0"] {
        let (_folder, path) = file(bytes);
        if let Ok(table) = Table::open(&path) {
            assert!(table.count() < 10);
        }
    }
}

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::person::{Birth, Marital, Sex};

use super::cell::{children, day};
use super::*;
use crate::code::Relation;
use crate::resident::{Conflict, Resident, masked_name, masked_phone};

const TODAY: Date = date(2026, 11, 27);

fn number(birth: &str, sequence: &str) -> String {
    IdNumber::complete(&format!("999999{birth}{sequence}")).unwrap().reveal().to_owned()
}

fn strings(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn mapped(headings: &[&str]) -> Mapping {
    Mapping::find(&strings(headings), &BTreeMap::new()).unwrap()
}

fn said(headings: &[&str], cells: &[&str]) -> Result<Resident, Vec<String>> {
    read(7, &strings(cells), &mapped(headings), TODAY)
        .map_err(|unfit| unfit.problems)
        .map(|update| update.said)
        .map_err(|problems| problems.into_iter().map(|one| format!("{} {}", one.line, one.zh)).collect())
}

#[test]
fn a_row_says_what_it_says() {
    let id = number("19650301", "012");
    let headings = [
        "姓名",
        "身份证号",
        "性别",
        "出生日期",
        "电话",
        "户籍地代码",
        "户口性质",
        "网格编码",
        "住址",
        "居住起始日期",
        "与户主关系",
        "婚姻状况",
        "身份类别",
        "单位职工",
        "独生子女证",
        "子女",
    ];
    let cells = [
        "王芳",
        &id,
        "女",
        "1965年3月1日",
        "13800001234",
        "420502",
        "农业",
        "420502001001001",
        "一号楼 101",
        "2001/5/1",
        "户主",
        "20",
        "低保；特困",
        "否",
        "2009-06-01",
        "2008-05-01 女 健康；2011-03-02 男 残 双胞胎",
    ];
    let one = said(&headings, &cells).unwrap();
    assert_eq!((one.name.as_str(), one.number.reveal()), ("王芳", id.as_str()));
    assert_eq!(one.birth(), Birth::Known(date(1965, 3, 1)));
    assert_eq!(one.facts.hukou_rural, Some(true));
    assert_eq!((one.facts.relation, one.facts.marital), (Some(Relation::Head), Some(Marital::Married)));
    assert_eq!(one.facts.identity, Some(BTreeSet::from(["低保".to_owned(), "特困".to_owned()])));
    let born: Vec<_> = one
        .facts
        .children
        .as_ref()
        .unwrap()
        .iter()
        .map(|child| (child.birth, child.sex, child.disabled))
        .collect();
    assert_eq!(
        born,
        [
            (Some(date(2008, 5, 1)), Some(Sex::Female), Some(false)),
            (Some(date(2011, 3, 2)), Some(Sex::Male), Some(true))
        ]
    );
    assert_eq!(one.facts.certificates.len(), 1);
    let home = one.dwelling.as_ref().unwrap();
    assert_eq!((home.grid.as_str(), home.address.as_str()), ("420502001001001", "一号楼 101"));
    // what papers agree in is no conflict
    assert!(one.conflicts(TODAY).is_empty());
}

#[test]
fn papers_that_differ_are_kept_apart() {
    let headings = ["姓名", "身份证号", "性别", "出生日期"];
    let one = said(&headings, &["王芳", &number("19650301", "012"), "男", "1965-04-01"]).unwrap();
    assert_eq!(one.birth(), Birth::Disputed { id: date(1965, 3, 1), hukou: date(1965, 4, 1) });
    assert_eq!(one.sex(), None);
    assert_eq!(one.conflicts(TODAY), BTreeSet::from([Conflict::Birth, Conflict::Sex]));
    let old = said(&headings, &["王芳", &number("19010301", "012"), "", ""]).unwrap();
    assert_eq!(old.conflicts(TODAY), BTreeSet::from([Conflict::Age]));
}

#[test]
fn all_that_is_wrong_with_a_row_is_said_at_once() {
    let headings = ["姓名", "身份证号", "性别", "死亡日期", "网格编码", "子女", "与户主关系"];
    let wrong = said(&headings, &["", "123", "？", "2030-01-01", "4205", "2008-05-01 猫", "1"]).unwrap_err();
    assert_eq!(
        wrong,
        [
            "7 姓名为空",
            "7 身份证号应为 18 位（旧号 15 位），实为 3 位",
            "7 网格编码“4205”无法识别",
            "7 性别“？”无法识别",
            "7 与户主关系“1”无法识别",
            "7 死亡日期在今天之后",
            "7 子女一栏“猫”无法识别，应如 2008-05-01 女；2011-03-02 男 残",
        ]
    );
    let future = said(&headings, &["王芳", &number("20300101", "012"), "", "", "", "", ""]).unwrap_err();
    assert_eq!(future, ["7 身份证号中的出生日期在今天之后"]);
    let homeless = said(&["姓名", "身份证号", "住址"], &["王芳", &number("19650301", "012"), "一号楼"]);
    assert_eq!(homeless.unwrap_err(), ["7 有住址而没有网格编码"]);
}

#[test]
fn nobodys_number_is_shown_where_columns_are_mixed_up() {
    let (one, other) = (number("19650301", "012"), number("19480229", "003"));
    let headings = ["姓名", "身份证号", "性别", "网格编码", "电话", "子女"];
    let wrong =
        said(&headings, &["王芳", &one, "13800001234", &format!("g{other}"), &other, &other]).unwrap_err();
    let hidden = &other[17..];
    assert_eq!(wrong.len(), 4);
    for said in &wrong {
        assert!(!said.contains(&other[6..14]) && !said.contains("1234"), "{said}");
    }
    // a check character that is no digit stays
    let last = if hidden == "X" { "X" } else { "*" };
    assert!(
        wrong.iter().any(|said| *said == format!("7 电话“{}{last}”无法识别", "*".repeat(17))),
        "{wrong:?}"
    );
}

#[test]
fn an_empty_cell_takes_nothing_away() {
    let id = number("19650301", "012");
    let headings = ["姓名", "身份证号", "电话", "独生子女证", "身份类别", "婚姻状况"];
    let before = said(&headings, &["王芳", &id, "13800001234", "2009-06-01", "低保", "20"]).unwrap();
    let update = read(2, &strings(&["王芳", &id, "", "", "无", "30"]), &mapped(&headings), TODAY).unwrap();
    let after = update.onto(&before);
    assert_eq!(after.phone.as_deref(), Some("13800001234"));
    assert_eq!(after.facts.certificates, before.facts.certificates);
    assert_eq!(after.facts.identity, Some(BTreeSet::new()));
    assert_eq!(after.facts.marital, Some(Marital::Widowed));
}

#[test]
fn a_certificate_is_unknown_absent_undated_or_taken_back() {
    let id = number("19650301", "012");
    let headings = ["姓名", "身份证号", "独生子女证", "独生子女证注销日期"];
    let certificate = |cell: &str, revoked: &str| {
        said(&headings, &["王芳", &id, cell, revoked]).unwrap().facts.certificates.into_values().next()
    };
    assert_eq!(certificate("", ""), None);
    assert_eq!(certificate("无", ""), Some(None));
    assert_eq!(certificate("有", "").unwrap().unwrap().issued, None);
    let both = certificate("2009-06-01", "2015-01-01").unwrap().unwrap();
    assert_eq!((both.issued, both.revoked), (Some(date(2009, 6, 1)), Some(date(2015, 1, 1))));
    assert_eq!(certificate("", "2015-01-01").unwrap().unwrap().revoked, Some(date(2015, 1, 1)));
}

#[test]
fn days_are_read_as_people_write_them() {
    for text in [
        "2008-05-01",
        "20080501",
        "2008/5/1",
        "2008.5.1",
        "2008年5月1日",
        "2008-05-01 00:00:00",
        "2008-05-01T08:00",
    ] {
        assert_eq!(day(text), Some(date(2008, 5, 1)), "{text}");
    }
    for text in
        ["", "5/1/2008", "2008-13-01", "2008-02-30", "2008-5", "2008-5-1-2", "08-05-01", "二〇〇八年", "１"]
    {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn a_child_whose_death_has_no_day_was_dead_today() {
    assert_eq!(children("2008-05-01 女 故", TODAY).unwrap()[0].died, Some(TODAY));
    assert_eq!(children("2008-05-01 女 故2015-01-02", TODAY).unwrap()[0].died, Some(date(2015, 1, 2)));
    assert_eq!(children("无", TODAY).unwrap(), []);
    assert_eq!(children("女，2008-05-01", TODAY).unwrap()[0].disabled, None);
    assert!(children("2008-05-01 2009-05-01", TODAY).is_err());
}

#[test]
fn columns_are_found_by_their_headings() {
    let find = |headings: &[&str], own: &[(&str, &str)]| {
        let own = own.iter().map(|(heading, name)| ((*heading).to_owned(), (*name).to_owned())).collect();
        Mapping::find(&strings(headings), &own)
            .map(|mapping| mapping.ignored)
            .map_err(|problems| problems.into_iter().map(|one| one.zh).collect::<Vec<_>>())
    };
    assert_eq!(find(&["备注", "姓名", "id_number"], &[]).unwrap(), ["备注"]);
    assert_eq!(find(&["xm", "sfz"], &[("xm", "name"), ("sfz", "id_number")]).unwrap(), Vec::<String>::new());
    let wrong = find(&["姓名", "名字"], &[("x", "nom")]).unwrap_err();
    assert_eq!(wrong.len(), 4, "{wrong:?}");
    assert!(wrong[3].starts_with("缺少列：公民身份号码"), "{wrong:?}");
}

#[test]
fn what_is_not_needed_is_not_shown() {
    assert_eq!(masked_phone("13812341234"), "138****1234");
    assert_eq!(masked_phone("6221234"), "62***34");
    assert_eq!(masked_phone("110"), "***");
    assert_eq!(masked_name("欧阳芳"), "欧**");
    let one = said(&["姓名", "身份证号"], &["王芳", &number("19650301", "012")]).unwrap();
    let shown = format!("{one:?}");
    assert!(!shown.contains("1965") && !shown.contains("王芳"), "{shown}");
}

proptest! {
    #[test]
    fn nothing_breaks_a_row(cells in prop::collection::vec("\\PC{0,12}", 0..25)) {
        let headings: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let _ = read(1, &cells, &mapped(&headings), TODAY);
    }
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_columns_stand_in_the_guide() {
    use xunge_config::reference::keep_part;
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let update = std::env::var_os("UPDATE").is_some();
    for (file, head, english) in [
        ("residents.md", "| column | headings that mean it | |\n", true),
        ("residents.zh-CN.md", "| 列 | 表头 | 内容 |\n", false),
    ] {
        let row = |column: &Column| {
            let about = if english { column.en } else { column.zh };
            let needed = match (column.required, english) {
                (false, _) => "",
                (true, true) => " (needed)",
                (true, false) => "（必填）",
            };
            format!("| `{}`{needed} | {} | {about} |\n", column.name, column.headings.join("、"))
        };
        let rows: String = COLUMNS.iter().map(row).collect();
        keep_part(&docs.join(file), "columns", &format!("{head}| --- | --- | --- |\n{rows}"), update)
            .unwrap();
    }
}

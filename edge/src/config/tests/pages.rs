//! The pages about behaviors, docs/behaviors: one in each language for each, with exactly its keys.

use std::collections::BTreeSet;

use xunge_config::reference;
use xunge_scene::Kind;

use super::*;

const ENGLISH: &[&str] = &[
    "Sees",
    "Begins",
    "Ends",
    "What it cannot know",
    "Why these defaults",
    "Mounting and drawing",
    "Parameters",
    "What the alert carries",
    "Tuning",
];
const CHINESE: &[&str] = &[
    "看什么",
    "何时开始",
    "何时结束",
    "看不出什么",
    "默认值的由来",
    "安装与画区域",
    "参数",
    "告警内容",
    "用录像调参",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/behaviors")
}

/// What stands in the parentheses of `[words](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_behavior_has_its_page_in_both_languages_with_its_keys() {
    let update = std::env::var_os("UPDATE").is_some();
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    for &kind in Kind::ALL {
        for (end, language, headings) in
            [("md", Language::English, ENGLISH), ("zh-CN.md", Language::Chinese, CHINESE)]
        {
            let name = format!("{kind}.{end}");
            let path = folder().join(&name);
            keep_part(&path, "parameters", &reference::keys(kind.table(), language), update).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let found: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            assert_eq!(found, headings, "{name}");
            assert!(links(&index).any(|link| link == name), "the index does not lead to {name}");
        }
    }
}

#[test]
fn the_pages_are_of_behaviors_that_exist_and_lead_to_files_that_do() {
    let mut pages = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(stem) = name.strip_suffix(".md") else { continue };
        pages.insert(stem.trim_end_matches(".zh-CN").to_owned());
        for link in links(&fs::read_to_string(&path).unwrap()) {
            let file = link.split('#').next().unwrap_or_default();
            assert!(file.is_empty() || folder().join(file).is_file(), "{name}: {link} is not there");
        }
    }
    let mut wanted: BTreeSet<String> = Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    wanted.insert("README".to_owned());
    assert_eq!(pages, wanted);
}

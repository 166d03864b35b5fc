//! Plans as a file that people write (TOML), and those that come with this version of the program.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::{Body, Plan, Step, Words};
use crate::org::import::Problem;
use crate::org::{PlaceKind, Region};

/// Largest file.
const MAX_BYTES: usize = 1 << 20;
/// Most plans of a file.
const PLANS: usize = 500;

/// The plans that this version brings along, one file each.
const SHIPPED: [&str; 6] = [
    include_str!("../../plans/fall.toml"),
    include_str!("../../plans/crowd.toml"),
    include_str!("../../plans/intrusion.toml"),
    include_str!("../../plans/abandoned_object.toml"),
    include_str!("../../plans/running.toml"),
    include_str!("../../plans/tamper.toml"),
];

/// A plan of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Identity of all its versions.
    pub id: String,
    /// Version that the file names; counts only for what comes with the program.
    pub version: u64,
    /// What it says.
    pub body: Body,
}

/// What a file says: plans with their lines, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// Good plans.
    pub rows: Vec<(u64, PlanRow)>,
    /// What is wrong with others.
    pub problems: Vec<Problem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    plan: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    #[serde(default = "one")]
    version: u64,
    title: Words,
    #[serde(default)]
    behaviors: Vec<String>,
    #[serde(default)]
    places: Vec<PlaceKind>,
    #[serde(default = "two")]
    severity: u8,
    region: Option<Region>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    step: Vec<Step>,
}

fn one() -> u64 {
    1
}

fn two() -> u8 {
    2
}

fn yes() -> bool {
    true
}

/// Reads a file of plans: `[[plan]]` with `[[plan.step]]`. What cannot be read at all is told with its line, and of what can be
/// read everything that is wrong, by the line of its plan.
pub fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    let whole = |line, zh: String, en: String| Problem { line, zh, en };
    if bytes.len() > MAX_BYTES {
        read.problems.push(whole(0, "文件超过 1 MB".into(), "the file is larger than 1 MB".into()));
        return read;
    }
    let Ok(text) = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) else {
        read.problems.push(whole(0, "文件不是 UTF-8 编码".into(), "the file is not UTF-8".into()));
        return read;
    };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            let en = error.message().to_owned();
            read.problems.push(whole(line, format!("此处写法有误：{en}"), en));
            return read;
        }
    };
    if file.plan.is_empty() || file.plan.len() > PLANS {
        let zh = format!("文件须有 1 至 {PLANS} 个 [[plan]]");
        read.problems.push(whole(0, zh, format!("a file has 1 to {PLANS} tables [[plan]]")));
        return read;
    }
    let mut seen = BTreeSet::new();
    for entry in file.plan {
        let line = line_of(text, entry.id.span().start);
        let id = entry.id.into_inner();
        let mut faults = Vec::new();
        if !is_id(&id) {
            faults.push(super::fault(
                format!("编号 {id} 只能用小写字母、数字、- 和 _，不超过 40 个"),
                format!("the id `{id}` may hold at most 40 of a-z, 0-9, - and _"),
            ));
        }
        if !seen.insert(id.clone()) {
            faults.push(super::fault(format!("编号 {id} 重复"), format!("the id `{id}` stands twice")));
        }
        let body = Body {
            title: entry.title,
            behaviors: entry.behaviors,
            places: entry.places,
            severity: entry.severity,
            region: entry.region,
            enabled: entry.enabled,
            steps: entry.step,
        };
        faults.extend(body.faults());
        if faults.is_empty() {
            read.rows.push((line, PlanRow { id, version: entry.version.max(1), body }));
        }
        let told = faults.into_iter().map(|fault| Problem { line, zh: fault.zh, en: fault.en });
        read.problems.extend(told);
    }
    read
}

/// The plans that this version of the program brings along.
pub fn shipped() -> Vec<Plan> {
    let rows = SHIPPED.iter().flat_map(|text| read(text.as_bytes()).rows);
    rows.map(|(_, row)| Plan { id: row.id, version: row.version, body: row.body }).collect()
}

/// Whether a text can name a plan.
fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=40).contains(&id.len()) && id.bytes().all(fits)
}

fn line_of(text: &str, byte: usize) -> u64 {
    let before = text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count();
    u64::try_from(before).unwrap_or(0) + 1
}

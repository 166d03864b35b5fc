//! Rows `code,name` of regions.

use std::collections::BTreeMap;

use super::BadTown;

/// Names by codes; a region whose parent is missing is refused.
pub(super) fn names(rows: &str) -> Result<BTreeMap<String, String>, BadTown> {
    let mut names = BTreeMap::new();
    for (line, row) in (1..).zip(rows.lines()).skip(1) {
        let fields = row.trim_end().split_once(',');
        let (code, name) = fields.ok_or(BadTown::BadRow(line))?;
        let is_code =
            matches!(code.len(), 4 | 6 | 9 | 12) && code.bytes().all(|digit| digit.is_ascii_digit());
        if !is_code || name.is_empty() || name.contains([',', '"']) {
            return Err(BadTown::BadRow(line));
        }
        names.insert(code.to_owned(), name.to_owned());
    }
    for code in names.keys().filter(|code| code.len() > 4) {
        if !parent(code).is_some_and(|parent| names.contains_key(parent)) {
            return Err(BadTown::NoParent(code.clone()));
        }
    }
    Ok(names)
}

fn parent(code: &str) -> Option<&str> {
    code.get(
        ..match code.len() {
            6 => 4,
            digits => digits.saturating_sub(3),
        },
    )
}

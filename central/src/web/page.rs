//! Pages of lists: how many rows, and where the next page begins. The mark of the next page is opaque to whoever asks.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::problem::Problem;

/// Most rows of a page.
pub(super) const MOST: u32 = 200;
/// Rows of a page where nobody says how many.
const USUAL: u32 = 50;
/// Longest mark: the longest key is two names of 64 letters.
const MARK_BYTES: usize = 2048;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
}

/// How many rows a page has.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked.unwrap_or(USUAL) {
        rows @ 1..=MOST => Ok(rows),
        _ => Err(Problem::said(
            "limit",
            format!("`limit` 须为 1 至 {MOST}，其余请用 `after` 翻页。"),
            format!("`limit` is 1 to {MOST}; read the rest page by page with `after`."),
        )),
    }
}

/// Reads the mark of a page.
pub(super) fn after<K: DeserializeOwned>(mark: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(mark) = mark else { return Ok(None) };
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(mark).ok().filter(|bytes| bytes.len() <= MARK_BYTES)?;
        // PostgreSQL takes no NUL in a text, and no key of ours has one
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains("\\u0000"))?;
        serde_json::from_str(&text).ok()
    };
    read().map(Some).ok_or_else(Problem::bad_cursor)
}

/// Cuts a list that was read with one row too many, and makes the mark of the next page of its last row's key.
pub(super) fn cut<T, K: Serialize>(
    mut rows: Vec<T>,
    limit: u32,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, Option<String>) {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| mark(&key(last)));
    (rows, next)
}

/// The mark of the page that begins behind a key.
pub(super) fn mark(key: &impl Serialize) -> String {
    // keys are numbers and texts, which all can be written
    URL_SAFE_NO_PAD.encode(serde_json::to_string(key).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_give_every_row_once_whatever_their_size(count in 0..60_usize, limit in 1..20_u32) {
            let all: Vec<(String, u64)> = (0..count).map(|n| (format!("王-{n:03}"), n as u64)).collect();
            let mut seen = Vec::new();
            let mut mark: Option<String> = None;
            loop {
                let key: Option<(String, u64)> = after(mark.as_deref()).unwrap();
                let rest = all.iter().filter(|row| key.as_ref().is_none_or(|key| *row > key)).cloned();
                let rows: Vec<_> = rest.take(limit as usize + 1).collect();
                let (rows, next) = cut(rows, limit, Clone::clone);
                prop_assert!(rows.len() <= limit as usize);
                seen.extend(rows);
                match next {
                    Some(next) => mark = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(seen, all);
        }

        #[test]
        fn a_mark_that_is_none_is_refused_and_nothing_panics(mark in ".{0,40}") {
            if let Ok(Some(key)) = after::<(String, u64)>(Some(&mark)) {
                let (_, next) = cut(vec![key.clone(), key], 1, Clone::clone);
                prop_assert!(next.is_some());
            }
        }
    }

    #[test]
    fn sizes_have_bounds() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!(limit(Some(200)).unwrap(), 200);
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
        let nul = URL_SAFE_NO_PAD.encode("\"a\\u0000\"");
        assert!(after::<String>(Some(&nul)).is_err());
        assert!(after::<String>(Some("")).is_err());
    }
}

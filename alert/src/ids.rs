//! What an id may look like. Ids stand in topics, paths and database keys, so nothing else may pass.

use thiserror::Error;

/// An id that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadId {
    /// Not a 12-digit community code.
    #[error("`{0}` is not a 12-digit community code, such as 420502001001")]
    Site(String),
    /// Not an edge id.
    #[error("`{0}` cannot name a box: use 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, such as gw-0001")]
    Edge(String),
    /// Not a name of a camera, zone, line or rule.
    #[error("`{0}` cannot be a name: use 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, such as gate-east")]
    Name(String),
}

/// Checks a 12-digit community code (GB/T 2260 region, street and village digits).
pub fn check_site(text: &str) -> Result<(), BadId> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(BadId::Site(shorten(text)))
    }
}

/// Checks a box's id.
pub fn check_edge_id(text: &str) -> Result<(), BadId> {
    if plain(text) { Ok(()) } else { Err(BadId::Edge(shorten(text))) }
}

/// Checks the id of a camera, zone, line or rule.
pub fn check_name(text: &str) -> Result<(), BadId> {
    if plain(text) { Ok(()) } else { Err(BadId::Name(shorten(text))) }
}

fn plain(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !text.starts_with('.')
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_would_break_a_topic_or_a_path_are_refused() {
        for bad in ["", "a/b", "+", "#", "..", ".hidden", "a b", "门", &"x".repeat(65)] {
            assert!(check_edge_id(bad).is_err(), "{bad}");
            assert!(check_name(bad).is_err(), "{bad}");
        }
        for good in ["gw-0001", "a", "A.b_c-9"] {
            assert_eq!(check_edge_id(good), Ok(()));
            assert_eq!(check_name(good), Ok(()));
        }
    }

    #[test]
    fn a_site_is_twelve_digits() {
        assert_eq!(check_site("420502001001"), Ok(()));
        for bad in ["42050200100", "4205020010011", "42050200100x", "４20502001001"] {
            assert!(check_site(bad).is_err(), "{bad}");
        }
    }
}

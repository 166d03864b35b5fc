//! The hash chain over all changes of all cases: each entry's hash covers the entry before it, so nothing in the
//! middle can be changed, removed or put in without breaking every later hash.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the first entry follows.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry, without its hash.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Hash of the entry before, hex.
    pub prev_hash: &'a str,
    /// Place in the whole chain, from 1.
    pub seq: i64,
    /// Case that changed.
    pub case_id: Uuid,
    /// Place in the case's own log, from 1.
    pub place: i64,
    /// When, microseconds since 1970 UTC.
    pub utc_us: i64,
    /// Who: a user's name, or `system`.
    pub actor: &'a str,
    /// The change as JSON, exactly as stored.
    pub change: &'a str,
}

/// The hash of an entry, hex. Each part goes in with its length, so no two entries share an input.
pub fn hash(entry: &Entry<'_>) -> String {
    let mut sum = Sha256::new();
    let case_id = entry.case_id.to_string();
    let numbers = [entry.seq.to_string(), entry.place.to_string(), entry.utc_us.to_string()];
    let parts = [entry.prev_hash, &numbers[0], &case_id, &numbers[1], &numbers[2], entry.actor, entry.change];
    for part in parts {
        sum.update((part.len() as u64).to_be_bytes());
        sum.update(part.as_bytes());
    }
    hex::encode(sum.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let entry = Entry {
            prev_hash: GENESIS,
            seq: 1,
            case_id: Uuid::nil(),
            place: 1,
            utc_us: 5,
            actor: "system",
            change: "{}",
        };
        let variants = [
            Entry { prev_hash: "1", ..entry },
            Entry { seq: 2, ..entry },
            Entry { case_id: Uuid::max(), ..entry },
            Entry { place: 2, ..entry },
            Entry { utc_us: 6, ..entry },
            Entry { actor: "syste", change: "m{}", ..entry },
            Entry { change: "{ }", ..entry },
        ];
        for variant in variants {
            assert_ne!(hash(&variant), hash(&entry), "{variant:?}");
        }
    }
}

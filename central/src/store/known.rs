//! Cases as this centre last read or wrote them. Intake needs the same cases again with each message about them, and reading
//! one, a row of 25 columns, two of them JSON, costs more than writing what such a message changes.
//!
//! Whoever writes cases leaves a mark that nobody else makes, in the same transaction. A centre that finds its own last mark
//! knows that nobody has written since; any other mark, and it forgets what it knows. What a transaction wrote counts once
//! its mark is found by the next one, so one that was rolled back leaves nothing behind.

use hashlink::LruCache;
use jiff::Timestamp;
use uuid::Uuid;

use crate::case::book::Record;

/// Cases that are kept, of some 2 KB each: those that were asked for last.
const KEPT: usize = 100_000;

/// What is known.
#[derive(Debug)]
pub(super) struct Known {
    /// The mark at which it was so.
    mark: i64,
    /// What the last transaction wrote, and its mark.
    written: Option<(i64, Vec<Record>)>,
    records: LruCache<Uuid, Record>,
}

impl Default for Known {
    fn default() -> Self {
        Self { mark: 0, written: None, records: LruCache::new(KEPT) }
    }
}

impl Known {
    /// A transaction begins that finds this mark.
    pub(super) fn begin(&mut self, mark: i64) {
        match self.written.take() {
            Some((written, records)) if written == mark => {
                self.mark = mark;
                for record in records {
                    self.keep(record);
                }
            }
            _ if self.mark == mark => {}
            _ => {
                *self = Self { mark, ..Self::default() };
            }
        }
    }

    /// A case, if it is known.
    pub(super) fn get(&mut self, id: Uuid) -> Option<Record> {
        self.records.get(&id).cloned()
    }

    /// A case as it was read in this transaction.
    pub(super) fn keep(&mut self, record: Record) {
        self.records.insert(record.id, record);
    }

    /// This transaction writes these, and leaves this mark.
    pub(super) fn write<'r>(&mut self, mark: i64, records: impl Iterator<Item = &'r Record>) {
        self.written = Some((mark, records.map(as_stored).collect()));
    }
}

/// A case as it comes back from the store, which keeps microseconds and scores of 32 bits.
fn as_stored(record: &Record) -> Record {
    let time = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
    let mut record = record.clone();
    record.registered = time(record.registered);
    record.updated = time(record.updated);
    let facts = &mut record.facts;
    facts.since = time(facts.since);
    facts.last = time(facts.last);
    facts.ended = facts.ended.map(time);
    #[allow(clippy::cast_possible_truncation)] // as the columns are read
    let score = facts.score as f32;
    facts.score = f64::from(score);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::tests::book::record;

    #[test]
    fn what_was_rolled_back_leaves_nothing_behind() {
        let mut known = Known::default();
        let (one, two) = (record(1), record(2));
        known.begin(5);
        known.keep(one.clone());
        let mut changed = one.clone();
        changed.log_length += 1;
        // a transaction that fails: the next one finds the mark of before
        known.write(6, [&changed, &two].into_iter());
        known.begin(5);
        assert_eq!((known.get(one.id), known.get(two.id)), (Some(one.clone()), None));
        known.write(7, [&changed, &two].into_iter());
        known.begin(7);
        assert_eq!((known.get(one.id), known.get(two.id)), (Some(changed), Some(two)));
        // somebody else has written
        known.begin(8);
        assert_eq!(known.get(one.id), None);
        // and so has somebody else while a transaction of ours failed
        known.write(9, [&one].into_iter());
        known.begin(10);
        assert_eq!(known.get(one.id), None);
    }

    #[test]
    fn only_so_many_are_kept_and_those_that_are_asked_for() {
        let mut known = Known::default();
        let first = record(0);
        let count = u128::try_from(KEPT).unwrap();
        for n in 0..count + 10 {
            known.keep(record(n));
            assert!(known.get(first.id).is_some(), "{n}");
        }
        assert_eq!(known.records.len(), KEPT);
        assert_eq!(known.get(record(5).id), None);
    }
}

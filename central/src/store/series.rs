//! Sequence numbers: which came, which are missing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;
use xunge_database::{Sql, insert, parts};

use super::{Doing, StoreError, Tx, us};

/// A number of a series of a box.
pub(super) type Number = (String, Uuid, i64);
type Series = (String, String);

/// A range of missing numbers, both ends included, and when it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    last: i64,
    noticed_us: i64,
}

/// What is known of the series of a batch.
#[derive(Default)]
struct Known {
    highest: BTreeMap<Series, i64>,
    gaps: BTreeMap<Series, BTreeMap<i64, Gap>>,
    /// Gaps in the store that are no longer what they were.
    gone: BTreeSet<(Series, i64)>,
    /// Gaps that are not in the store yet.
    new: BTreeSet<(Series, i64)>,
}

/// Notes that these numbers have come (or were refused: they are not missing either).
pub(super) async fn note(tx: &mut Tx, numbers: &[Number], now: Timestamp) -> Result<(), StoreError> {
    let mut known = load(tx, numbers).await?;
    for (edge, outbox, seq) in numbers {
        known.came(&(edge.clone(), outbox.to_string()), *seq, us(now));
    }
    save(tx, &known, now).await
}

impl Known {
    fn came(&mut self, series: &Series, seq: i64, now_us: i64) {
        // numbers begin at 1: the first message of a series already proves what is missing before it
        let highest = self.highest.entry(series.clone()).or_insert(0);
        let before = *highest;
        *highest = before.max(seq);
        if seq > before {
            if seq > before + 1 {
                self.put(series, before + 1, Gap { last: seq - 1, noticed_us: now_us });
            }
            return;
        }
        let gaps = self.gaps.entry(series.clone()).or_default();
        let Some((first, gap)) = gaps.range(..=seq).next_back().map(|(first, gap)| (*first, *gap)) else {
            return;
        };
        if gap.last < seq {
            return;
        }
        gaps.remove(&first);
        let key = (series.clone(), first);
        if !self.new.remove(&key) {
            self.gone.insert(key);
        }
        if first < seq {
            self.put(series, first, Gap { last: seq - 1, ..gap });
        }
        if seq < gap.last {
            self.put(series, seq + 1, gap);
        }
    }

    fn put(&mut self, series: &Series, first: i64, gap: Gap) {
        self.gaps.entry(series.clone()).or_default().insert(first, gap);
        self.new.insert((series.clone(), first));
    }
}

async fn load(tx: &mut Tx, numbers: &[Number]) -> Result<Known, StoreError> {
    let doing = "read sequence numbers";
    let mut known = Known::default();
    let series: BTreeSet<Series> =
        numbers.iter().map(|(edge, outbox, _)| (edge.clone(), outbox.to_string())).collect();
    let series: Vec<Series> = series.into_iter().collect();
    for part in parts(&series, 2) {
        let mut sql = Sql::packed("s.edge, s.outbox, s.highest");
        sql.push(" FROM ").values(part, |values, (edge, outbox)| {
            values.bind(edge).bind(outbox);
        });
        sql.push(" AS k CROSS JOIN series s WHERE s.edge = k.column1 AND s.outbox = k.column2");
        for (edge, outbox, highest) in sql.unpack(tx, doing).await? {
            known.highest.insert((edge, outbox), highest);
        }
    }
    // only a number that is not the next one can lie in a gap
    let back: Vec<&Number> = numbers
        .iter()
        .filter(|(edge, outbox, seq)| {
            known.highest.get(&(edge.clone(), outbox.to_string())).is_some_and(|highest| seq <= highest)
        })
        .collect();
    for part in parts(&back, 3) {
        let mut sql =
            Sql::new("SELECT DISTINCT g.edge, g.outbox, g.first_seq, g.last_seq, g.noticed_us FROM ");
        sql.values(part, |values, (edge, outbox, seq)| {
            values.bind(edge).bind(outbox.to_string()).bind(*seq);
        });
        sql.push(
            " AS k CROSS JOIN gap g WHERE g.edge = k.column1 AND g.outbox = k.column2
              AND g.first_seq <= k.column3 AND g.last_seq >= k.column3",
        );
        for row in sql.all(tx, doing).await? {
            let series = (row.try_get("edge").doing(doing)?, row.try_get("outbox").doing(doing)?);
            let gap = Gap {
                last: row.try_get("last_seq").doing(doing)?,
                noticed_us: row.try_get("noticed_us").doing(doing)?,
            };
            known.gaps.entry(series).or_default().insert(row.try_get("first_seq").doing(doing)?, gap);
        }
    }
    Ok(known)
}

async fn save(tx: &mut Tx, known: &Known, now: Timestamp) -> Result<(), StoreError> {
    let doing = "note sequence numbers";
    let rows: Vec<_> = known.highest.iter().collect();
    let head = "INSERT INTO series (edge, outbox, highest, first_seen_us, last_seen_us)";
    let tail = " ON CONFLICT (edge, outbox) DO UPDATE SET highest = excluded.highest, last_seen_us = excluded.last_seen_us";
    insert(tx, doing, (head, tail), 5, &rows, |values, ((edge, outbox), highest)| {
        values.bind(edge).bind(outbox).bind(**highest).bind(us(now)).bind(us(now));
    })
    .await?;
    let gone: Vec<_> = known.gone.iter().collect();
    for part in parts(&gone, 3) {
        let mut sql = Sql::new("DELETE FROM gap WHERE (edge, outbox, first_seq) IN ");
        sql.values(part, |values, ((edge, outbox), first)| {
            values.bind(edge).bind(outbox).bind(*first);
        });
        sql.run(tx, doing).await?;
    }
    let new: Vec<_> = known
        .new
        .iter()
        .filter_map(|(series, first)| Some((series, *first, known.gaps.get(series)?.get(first)?)))
        .collect();
    let head = "INSERT INTO gap (edge, outbox, first_seq, last_seq, noticed_us)";
    insert(tx, doing, (head, ""), 5, &new, |values, ((edge, outbox), first, gap)| {
        values.bind(edge).bind(outbox).bind(*first).bind(gap.last).bind(gap.noticed_us);
    })
    .await?;
    Ok(())
}

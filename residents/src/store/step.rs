//! A step of an import: rows that are read together, where that holds up nobody who writes.

use xunge_reminder::id_number::IdNumber;

use super::import::Order;
use crate::import::{Problem, Unfit, Update, read};
use crate::key::{Index, Keys};
use crate::table::Table;

/// Rows that are read, looked up and written together.
pub(super) const STEP: usize = 5_000;

/// Rows that were read and not yet written.
pub(super) struct Step {
    pub(super) rows: u64,
    /// By which key the numbers are indexed.
    pub(super) key: i64,
    /// Whose the rows are that are not taken, where that could be read.
    pub(super) unfit: Vec<Option<IdNumber>>,
    pub(super) updates: Vec<(Index, Update)>,
    pub(super) problems: Vec<Problem>,
}

impl Step {
    /// Reads the next rows, and indexes their numbers.
    pub(super) fn read(table: &mut Table, order: &Order, keys: &Keys) -> Self {
        let mut step = Self {
            rows: 0,
            key: keys.newest(),
            unfit: Vec::new(),
            updates: Vec::new(),
            problems: Vec::new(),
        };
        for (line, cells) in table.by_ref().take(STEP) {
            step.rows += 1;
            let read = match cells {
                Ok(cells) => read(line, &cells, &order.mapping, order.today),
                Err(why) => {
                    let zh = format!("此行无法读取，请检查引号：{why}");
                    let problem = Problem::new(line, zh, format!("this line cannot be read: {why}"));
                    Err(Unfit { number: None, problems: vec![problem] })
                }
            };
            match read {
                Ok(update) => step.updates.push((keys.index(&update.said.number), update)),
                Err(Unfit { number, problems }) => {
                    step.unfit.push(number);
                    step.problems.extend(problems);
                }
            }
        }
        step
    }
}

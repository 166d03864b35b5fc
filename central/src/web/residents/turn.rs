//! The import that is under way. There is one at a time: it is written in steps, and two of them would take turns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

/// Whose turn it is to import.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<Option<Arc<Underway>>>);

/// An import that runs.
#[derive(Debug)]
struct Underway {
    by: String,
    file: String,
    dry_run: bool,
    rows: AtomicU64,
}

/// How far the import is that runs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RunningImport)]
pub(super) struct Running {
    /// Who imports.
    pub(super) by: String,
    /// Name of the file; of those who look after some regions only one's own.
    pub(super) file: Option<String>,
    /// It is only tried.
    dry_run: bool,
    /// Rows that were read; none while the file still comes.
    rows: u64,
}

/// A turn that was taken; dropped, it is the next one's.
#[derive(Debug)]
pub(super) struct Taken {
    turn: Arc<Turn>,
    underway: Arc<Underway>,
}

impl Turn {
    /// Takes the turn, unless somebody has it.
    pub(super) fn take(self: &Arc<Self>, by: &str, file: &str, dry_run: bool) -> Option<Taken> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return None;
        }
        let underway =
            Arc::new(Underway { by: by.to_owned(), file: file.to_owned(), dry_run, rows: AtomicU64::new(0) });
        *held = Some(underway.clone());
        Some(Taken { turn: self.clone(), underway })
    }

    /// How far the import is that runs, if one does.
    pub(super) fn running(&self) -> Option<Running> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|one| Running {
            by: one.by.clone(),
            file: Some(one.file.clone()),
            dry_run: one.dry_run,
            rows: one.rows.load(Ordering::Relaxed),
        })
    }
}

impl Taken {
    /// So many rows were read.
    pub(super) fn read(&self, rows: u64) {
        self.underway.rows.store(rows, Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.turn.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_imports_at_a_time_and_others_see_how_far_it_is() {
        let turn = Arc::new(Turn::default());
        assert_eq!(turn.running(), None);
        let taken = turn.take("王芳", "a.csv", true).unwrap();
        taken.read(5_000);
        assert!(turn.take("李明", "b.csv", false).is_none());
        let running = Running { by: "王芳".into(), file: Some("a.csv".into()), dry_run: true, rows: 5_000 };
        assert_eq!(turn.running(), Some(running));
        drop(taken);
        assert_eq!(turn.running(), None);
        assert!(turn.take("李明", "b.csv", false).is_some());
    }
}

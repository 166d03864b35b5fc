//! The thread that owns the database, and how work reaches it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use tokio::sync::watch;

use super::{OutboxError, Stats, store::Store};

/// Callers that may wait; one more waits for its place.
const QUEUE: usize = 256;
/// Work that one commit covers at most.
const BATCH: usize = 64;

/// What a piece of work does, which decides the transaction that it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    /// A write whose failure means that alerts are held back.
    Append,
}

/// Work that was run and waits for its commit.
struct Ran {
    kind: Kind,
    /// Why the work itself failed.
    error: Option<OutboxError>,
    /// Answers the caller once the commit is known.
    answer: Box<dyn FnOnce(Result<(), OutboxError>) + Send>,
}

/// Work is run with the store, or with the reason why there is none.
type Job = (Kind, Box<dyn FnOnce(Result<&mut Store, OutboxError>) -> Ran + Send>);

pub(super) struct Worker {
    jobs: Option<SyncSender<Job>>,
    stats: watch::Receiver<Stats>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(store: Store) -> Result<Self, OutboxError> {
        let (jobs, queue) = sync_channel(QUEUE);
        let (told, stats) = watch::channel(store.stats()?);
        let thread = thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || serve(store, &queue, &told))
            .map_err(|error| OutboxError::Thread(Arc::new(error)))?;
        Ok(Self { jobs: Some(jobs), stats, thread: Some(thread) })
    }

    pub(super) fn stats(&self) -> &watch::Receiver<Stats> {
        &self.stats
    }

    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        self.call(Kind::Read, work)
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        self.call(Kind::Write, work)
    }

    pub(super) fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        self.call(Kind::Append, work)
    }

    fn call<T: Send + 'static>(
        &self,
        kind: Kind,
        work: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let (answer, answered) = sync_channel(1);
        let run = Box::new(move |store: Result<&mut Store, OutboxError>| {
            let done = store.and_then(|store| store.savepoint(work));
            let error = done.as_ref().err().cloned();
            let answer = Box::new(move |commit: Result<(), OutboxError>| {
                let _ = answer.send(commit.and(done)); // a caller that has gone needs no answer
            });
            Ran { kind, error, answer }
        });
        let jobs = self.jobs.as_ref().ok_or(OutboxError::Closed)?;
        jobs.send((kind, run)).map_err(|_| OutboxError::Closed)?;
        answered.recv().map_err(|_| OutboxError::Closed)?
    }
}

impl Drop for Worker {
    /// Everything that was handed over is done before the database is closed.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there was printed already
        }
    }
}

fn serve(mut store: Store, queue: &Receiver<Job>, told: &watch::Sender<Stats>) {
    let mut waiting = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match queue.recv() {
                Ok(job) => waiting.push_back(job),
                Err(_) => return,
            }
        }
        while waiting.len() < BATCH {
            match queue.try_recv() {
                Ok(job) => waiting.push_back(job),
                Err(_) => break,
            }
        }
        let wrote = run_batch(&mut store, &mut waiting, told);
        if wrote && waiting.is_empty() && told.borrow().depth == 0 {
            let _ = store.shrink(); // only tidying; a real fault shows at the next write
        }
    }
}

/// Runs waiting work in one transaction, tells the new state, then answers everybody. What SQLite undid half way
/// fails as a whole; the work behind it stays waiting. True when something was written.
fn run_batch(store: &mut Store, waiting: &mut VecDeque<Job>, told: &watch::Sender<Stats>) -> bool {
    let write = waiting.iter().any(|(kind, _)| *kind != Kind::Read);
    let mut ran = Vec::new();
    let committed = match store.begin(write) {
        Err(error) => {
            ran.extend(waiting.drain(..).map(|(_, run)| run(Err(error.clone()))));
            Err(error)
        }
        Ok(()) => {
            while let Some((_, run)) = waiting.pop_front() {
                ran.push(run(Ok(store)));
                if store.was_undone() {
                    break;
                }
            }
            store.commit()
        }
    };
    // a caller that has its answer finds it in the counters too, so these come first
    tell(store, &ran, &committed, told);
    for Ran { answer, .. } in ran {
        answer(committed.clone());
    }
    write && committed.is_ok()
}

fn tell(store: &Store, ran: &[Ran], committed: &Result<(), OutboxError>, told: &watch::Sender<Stats>) {
    let stats = store.stats();
    told.send_if_modified(|stand| {
        let mut new = stats.unwrap_or_else(|_| stand.clone());
        new.trouble.clone_from(&stand.trouble);
        for append in ran.iter().filter(|ran| ran.kind == Kind::Append) {
            let error = committed.as_ref().err().or(append.error.as_ref());
            new.trouble = error.map(ToString::to_string);
        }
        let differs = *stand != new;
        *stand = new;
        differs
    });
}

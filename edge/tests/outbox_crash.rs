//! The outbox against a model, through crashes, and against real SIGKILL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;
use xunge_alert::{Alert, ClockQuality, Phase, Refused};
use xunge_edge::outbox::{Limits, Outbox};

#[path = "support/alerts.rs"]
mod alerts;
use alerts::{alert, at, began, confirm};

#[derive(Debug, Clone)]
enum Step {
    /// One of a few happenings takes its next step.
    Append {
        happening: u8,
        phase: u8,
    },
    /// Bits choose among the last numbers, given or not.
    Confirm {
        bits: u32,
        foreign: bool,
    },
    Refuse {
        bits: u32,
    },
    /// Closed and opened.
    Reopen,
    /// The power goes: what the files hold at this moment is all there is.
    Crash,
    CloseInterrupted,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..4_u8, 0..3_u8).prop_map(|(happening, phase)| Step::Append { happening, phase }),
        3 => (any::<u32>(), prop::bool::weighted(0.1))
            .prop_map(|(bits, foreign)| Step::Confirm { bits, foreign }),
        1 => any::<u32>().prop_map(|bits| Step::Refuse { bits: bits & (bits >> 7) }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
        1 => Just(Step::CloseInterrupted),
    ];
    prop::collection::vec(step, 1..40)
}

/// What the outbox must hold.
#[derive(Default)]
struct Model {
    last_seq: u64,
    pending: BTreeMap<u64, Alert>,
    refused: BTreeSet<u64>,
    open: BTreeMap<Uuid, Alert>,
}

impl Model {
    fn append(&mut self, outbox: Uuid, alert: &Alert) {
        self.last_seq += 1;
        let stored = Alert { version: xunge_alert::VERSION, outbox, seq: self.last_seq, ..alert.clone() };
        match stored.phase {
            Phase::Ended => drop(self.open.remove(&stored.alert_id)),
            _ => drop(self.open.insert(stored.alert_id, stored.clone())),
        }
        self.pending.insert(self.last_seq, stored);
    }

    /// The last 20 numbers and a few that were never given.
    fn chosen(&self, bits: u32) -> Vec<u64> {
        let from = self.last_seq.saturating_sub(20) + 1;
        (0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| from + bit).collect()
    }
}

fn check(outbox: &Outbox, model: &Model) {
    let rows: BTreeMap<u64, Alert> = outbox
        .pending(10_000, 0)
        .unwrap()
        .into_iter()
        .map(|(seq, json)| (seq, serde_json::from_str(&json).unwrap()))
        .collect();
    assert_eq!(rows, model.pending);
    let refused: BTreeSet<u64> = outbox.refused(10_000).unwrap().into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(refused, model.refused);
    for (id, alert) in &model.open {
        assert_eq!(outbox.open_happening(*id).unwrap().as_ref(), Some(alert));
    }
    let stats = outbox.stats();
    assert_eq!((stats.last_seq, stats.depth), (model.last_seq, model.pending.len() as u64));
    assert_eq!(stats.refused, model.refused.len() as u64);
    assert_eq!(stats.oldest_utc, model.pending.values().next().map(|alert| alert.utc));
}

fn open(dir: &TempDir) -> Outbox {
    let (outbox, opened) = Outbox::open(dir.path(), Limits::default(), at(0)).unwrap();
    assert!(opened.moved_aside.is_none(), "{opened:?}");
    outbox
}

/// The files as they are now, without the shared memory that a crash would lose.
fn crash_image(dir: &TempDir) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    for name in ["outbox.db", "outbox.db-wal"] {
        if dir.path().join(name).exists() {
            fs::copy(dir.path().join(name), image.path().join(name)).unwrap();
        }
    }
    image
}

fn play(steps: &[Step]) {
    let mut dir = tempfile::tempdir().unwrap();
    let mut outbox = open(&dir);
    let series = outbox.series();
    let mut model = Model::default();
    let ids: [Uuid; 4] = std::array::from_fn(|_| Uuid::now_v7());
    for (index, step) in steps.iter().enumerate() {
        let now = at(1000 + i64::try_from(index).unwrap());
        match step {
            Step::Append { happening, phase } => {
                let phase = [Phase::Began, Phase::Updated, Phase::Ended][usize::from(*phase)];
                let message = alert(ids[usize::from(*happening)], u32::try_from(index).unwrap() + 1, phase);
                model.append(series, &message);
                assert_eq!(outbox.append(message).unwrap(), model.last_seq);
            }
            Step::Confirm { bits, foreign } => {
                let seqs = model.chosen(*bits);
                let named = if *foreign { Uuid::new_v4() } else { series };
                let settled = outbox.settle(confirm(named, &seqs), now).unwrap();
                assert_eq!(settled.foreign, *foreign);
                if !foreign {
                    let gone = seqs.iter().filter(|seq| model.pending.remove(seq).is_some()).count();
                    assert_eq!(settled.confirmed, gone);
                }
            }
            Step::Refuse { bits } => {
                let seqs = model.chosen(*bits);
                let mut refusing = confirm(series, &[]);
                refusing.refused =
                    seqs.iter().map(|seq| Refused { seq: *seq, reason: "no".into() }).collect();
                outbox.settle(refusing, now).unwrap();
                for seq in seqs {
                    if model.pending.remove(&seq).is_some() {
                        model.refused.insert(seq);
                    }
                }
            }
            Step::Reopen => {
                drop(outbox);
                outbox = open(&dir);
            }
            Step::Crash => {
                let image = crash_image(&dir);
                drop(outbox);
                dir = image;
                outbox = open(&dir);
            }
            Step::CloseInterrupted => {
                let closed = outbox.close_interrupted(now, ClockQuality::Synchronised).unwrap();
                assert_eq!(closed.len(), model.open.len());
                for (_, message) in std::mem::take(&mut model.open) {
                    let ended = Alert {
                        revision: message.revision + 1,
                        phase: Phase::Ended,
                        end_reason: Some(xunge_alert::EndReason::Restarted),
                        utc: now,
                        ..message
                    };
                    model.append(series, &ended);
                }
            }
        }
        assert_eq!(outbox.series(), series);
        check(&outbox, &model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_outbox_is_the_model(steps in steps()) {
        play(&steps);
    }
}

const CHILD: &str = "XUNGE_TEST_APPENDS_IN";

/// Appends until it is killed, and prints each number *after* `append` has returned. Some rows are confirmed, as in
/// life; those numbers are printed after the confirm was written.
fn append_for_ever(dir: &Path) {
    let (outbox, _) = Outbox::open(dir, Limits::default(), at(0)).unwrap();
    let mut out = std::io::stdout();
    loop {
        let seq = outbox.append(began()).unwrap();
        writeln!(out, "appended {seq}").unwrap();
        if seq % 5 == 0 {
            writeln!(out, "confirming {seq}").unwrap();
            out.flush().unwrap();
            outbox.settle(confirm(outbox.series(), &[seq]), at(0)).unwrap();
            writeln!(out, "confirmed {seq}").unwrap();
        }
        out.flush().unwrap();
    }
}

/// The test's own binary is the victim: it runs this very test with a directory in its environment.
#[test]
fn what_was_appended_survives_sigkill_at_any_moment() {
    if let Some(dir) = env::var_os(CHILD) {
        append_for_ever(Path::new(&dir));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut pending = BTreeSet::new();
    let mut last = 0;
    for round in 0..25_u64 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "what_was_appended_survives_sigkill_at_any_moment", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.by_ref().map(Result::unwrap).find(|line| line.contains("appended ")).unwrap();
        thread::sleep(Duration::from_micros((round * 7919 + 13) % 40_000)); // the random moment
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();

        // the test harness may put its own words in front of the first line
        let mut in_doubt = None;
        for line in [first].into_iter().chain(lines.map_while(Result::ok)) {
            let words: Vec<&str> = line.split_whitespace().rev().take(2).collect();
            let [seq, word] = words[..] else { continue };
            let Ok(seq) = seq.parse::<u64>() else { continue };
            match word {
                "appended" => {
                    last += 1;
                    assert_eq!(seq, last, "no gap and no number twice");
                    pending.insert(seq);
                }
                "confirming" => in_doubt = Some(seq),
                "confirmed" => {
                    in_doubt = None;
                    assert!(pending.remove(&seq));
                }
                _ => {}
            }
        }

        let outbox = open(&dir);
        let rows = outbox.pending(1_000_000, 0).unwrap();
        let mut found = BTreeSet::new();
        for (seq, json) in rows {
            let alert: Alert = serde_json::from_str(&json).unwrap();
            assert_eq!((alert.seq, alert.outbox), (seq, outbox.series()));
            found.insert(seq);
        }
        if let Some(seq) = in_doubt.filter(|seq| !found.contains(seq)) {
            pending.remove(&seq); // the kill came between the commit and the print
        }
        // one more may be durable: killed between the commit and the print
        if found.last() == Some(&(last + 1)) {
            last += 1;
            pending.insert(last);
        }
        assert_eq!(found, pending, "round {round}");
        assert_eq!(outbox.stats().last_seq, last);
    }
    assert!(last >= 25, "each round appended at least once");
}

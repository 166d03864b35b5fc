//! The outbox as the rest of the edge sees it: numbers, limits, damaged files, evidence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use uuid::Uuid;
use xunge_alert::{Alert, ClockQuality, Confirm, EndReason, EvidenceKind, Phase, Refused, VERSION};
use xunge_edge::outbox::{Limits, MAX_MESSAGE_BYTES, Opened, Outbox, OutboxError, PruneLimits, Pruned};

#[path = "support/alerts.rs"]
mod alerts;
use alerts::{alert, at, began, confirm, naming};

fn open(dir: &Path) -> Outbox {
    let (outbox, opened) = Outbox::open(dir, Limits::default(), at(0)).unwrap();
    assert!(opened.moved_aside.is_none(), "{opened:?}");
    outbox
}

fn pending(outbox: &Outbox) -> Vec<(u64, Alert)> {
    let rows = outbox.pending(usize::MAX >> 1, 0).unwrap();
    rows.into_iter().map(|(seq, json)| (seq, serde_json::from_str(&json).unwrap())).collect()
}

fn seqs(outbox: &Outbox) -> Vec<u64> {
    pending(outbox).into_iter().map(|(seq, _)| seq).collect()
}

#[test]
fn the_place_in_the_series_is_given_here_and_stands_in_the_message() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    assert_eq!(outbox.append(began()).unwrap(), 1);
    let mut spoilt = began();
    (spoilt.seq, spoilt.score, spoilt.dwell_secs) = (77, f32::NAN, f64::INFINITY);
    spoilt.measured = Some(f64::NAN);
    assert_eq!(outbox.append(spoilt).unwrap(), 2);
    let series = outbox.series();
    for (seq, alert) in pending(&outbox) {
        assert_eq!((alert.version, alert.outbox, alert.seq), (VERSION, series, seq));
        assert!(alert.score.is_finite() && alert.dwell_secs.is_finite());
    }
    assert_eq!(outbox.pending(1, 0).unwrap()[0].0, 1);
    assert_eq!(outbox.pending(9, 1).unwrap()[0].0, 2);

    // numbers go on after everything is confirmed and the program was started anew; the series stays
    assert_eq!(outbox.settle(confirm(series, &[1, 2]), at(1)).unwrap().confirmed, 2);
    drop(outbox);
    let outbox = open(dir.path());
    assert_eq!(outbox.series(), series);
    assert_eq!(outbox.append(began()).unwrap(), 3);
}

#[test]
fn a_confirm_deletes_exactly_what_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    for _ in 0..5 {
        outbox.append(began()).unwrap();
    }
    let foreign = outbox.settle(confirm(Uuid::new_v4(), &[1, 2, 3]), at(1)).unwrap();
    assert!(foreign.foreign);
    assert_eq!(seqs(&outbox), [1, 2, 3, 4, 5]);
    assert_eq!(outbox.stats().last_confirmed_utc, None);

    let settled = outbox.settle(confirm(outbox.series(), &[2, 4, 4, 99]), at(2)).unwrap();
    assert_eq!((settled.confirmed, settled.refused, settled.foreign), (2, 0, false));
    assert_eq!(seqs(&outbox), [1, 3, 5]);

    let refusing = Confirm {
        refused: vec![
            Refused { seq: 3, reason: "no such camera".into() },
            Refused { seq: 4, reason: "gone already".into() },
        ],
        ..confirm(outbox.series(), &[1])
    };
    let settled = outbox.settle(refusing, at(3)).unwrap();
    assert_eq!((settled.confirmed, settled.refused), (1, 1));
    assert_eq!(seqs(&outbox), [5]);
    assert_eq!(outbox.refused(10).unwrap(), [(3, "no such camera".to_owned())]);
    let stats = outbox.stats();
    assert_eq!((stats.depth, stats.refused, stats.last_seq), (1, 1, 5));
    assert_eq!((stats.last_confirmed_utc, stats.oldest_utc), (Some(at(3)), Some(at(1))));
    assert_eq!(stats.depth_bytes, outbox.pending(1, 0).unwrap()[0].1.len() as u64);
}

#[test]
fn what_was_open_when_the_box_died_is_ended_once() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let (ended, open_one, evidence_later) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    outbox.append(alert(ended, 1, Phase::Began)).unwrap();
    outbox.append(alert(open_one, 1, Phase::Began)).unwrap();
    outbox.append(alert(evidence_later, 1, Phase::Began)).unwrap();
    outbox.append(alert(ended, 2, Phase::Ended)).unwrap();
    outbox.append(alert(open_one, 2, Phase::Updated)).unwrap();
    outbox.append(alert(evidence_later, 2, Phase::Ended)).unwrap();
    outbox.append(alert(evidence_later, 3, Phase::Ended)).unwrap(); // its clip came after its end
    assert_eq!(outbox.open_happening(open_one).unwrap().map(|alert| alert.revision), Some(2));
    drop(outbox);

    let outbox = open(dir.path());
    assert_eq!(outbox.close_interrupted(at(60), ClockQuality::Unsynchronised).unwrap(), [8]);
    assert_eq!(outbox.close_interrupted(at(61), ClockQuality::Unsynchronised).unwrap(), [0_u64; 0]);
    let (seq, last) = pending(&outbox).pop().unwrap();
    assert_eq!((seq, last.seq, last.alert_id, last.revision), (8, 8, open_one, 3));
    assert_eq!((last.phase, last.end_reason), (Phase::Ended, Some(EndReason::Restarted)));
    assert_eq!((last.utc, last.clock_quality), (at(60), ClockQuality::Unsynchronised));
    assert_eq!((last.since_utc, last.camera_name.as_str()), (at(0), "东门"));
    drop(outbox);

    // a box that wakes up in the past still says nothing that ends before it was last seen
    let outbox = open(dir.path());
    let id = Uuid::now_v7();
    outbox.append(alert(id, 5, Phase::Updated)).unwrap();
    outbox.close_interrupted(at(-86_400), ClockQuality::Unsynchronised).unwrap();
    assert_eq!(pending(&outbox).pop().unwrap().1.utc, at(5));
}

#[test]
fn at_the_limit_alerts_are_held_back_and_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_rows: 3, ..Limits::default() };
    let (outbox, _) = Outbox::open(dir.path(), limits, at(0)).unwrap();
    let id = Uuid::now_v7();
    outbox.append(alert(id, 1, Phase::Began)).unwrap();
    outbox.append(began()).unwrap();
    outbox.append(began()).unwrap();
    let error = outbox.append(began()).unwrap_err();
    assert!(matches!(error, OutboxError::Full { rows: 3, .. }) && error.is_passing(), "{error}");
    assert!(outbox.stats().trouble.unwrap().contains("held back, not dropped"));
    assert_eq!(outbox.stats().last_seq, 3, "a number that was not used is not lost");

    // a rule thread waits; the confirm lets it go on
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let seq = outbox.append_until_durable(began(), || true);
            done.store(true, Ordering::SeqCst);
            seq
        });
        thread::sleep(Duration::from_millis(300)); // gives a wrong implementation time to show itself
        assert!(!done.load(Ordering::SeqCst));
        outbox.settle(confirm(outbox.series(), &[2]), at(9)).unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), 4);
    });
    assert_eq!(outbox.stats().trouble, None);
    let stopped = outbox.append_until_durable(began(), || false);
    assert!(matches!(stopped, Err(OutboxError::Closed)));

    // ending what is open is possible even then
    assert_eq!(outbox.close_interrupted(at(10), ClockQuality::Synchronised).unwrap().len(), 4);
}

#[test]
fn a_message_that_no_broker_takes_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let huge = Alert { rule: "x".repeat(MAX_MESSAGE_BYTES), ..began() };
    let error = outbox.append_until_durable(huge, || true).unwrap_err();
    assert!(matches!(error, OutboxError::TooLarge { .. }), "{error}");
    assert_eq!(outbox.append(began()).unwrap(), 1);
}

#[test]
fn a_full_disk_loses_nothing_and_confirms_make_room_again() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { max_file_bytes: 64 * 4096, ..Limits::default() };
    let (outbox, _) = Outbox::open(dir.path(), limits, at(0)).unwrap();
    let big = || Alert { rule: "r".repeat(3000), ..alert(Uuid::now_v7(), 1, Phase::Ended) };
    let mut durable = Vec::new();
    let error = loop {
        match outbox.append(big()) {
            Ok(seq) => durable.push(seq),
            Err(error) => break error,
        }
        assert!(durable.len() < 1000, "the limit was never reached");
    };
    assert!(matches!(error, OutboxError::DiskFull { .. }) && error.is_passing(), "{error}");
    assert!(outbox.append(big()).is_err());
    assert!(outbox.stats().trouble.unwrap().contains("is full"));
    assert_eq!(seqs(&outbox), durable);
    let (first, rest) = durable.split_at(durable.len() / 2);
    assert_eq!(outbox.settle(confirm(outbox.series(), first), at(1)).unwrap().confirmed, first.len());
    let next = outbox.append(big()).unwrap();
    assert_eq!(next, durable.len() as u64 + 1);
    assert_eq!(outbox.stats().trouble, None);
    drop(outbox);
    assert_eq!(seqs(&open(dir.path())), [rest, &[next]].concat());
}

#[test]
fn cameras_that_append_at_once_get_one_number_each() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let mut all: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let outbox = outbox.clone();
                scope.spawn(move || (0..25).map(|_| outbox.append(began()).unwrap()).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_unstable();
    assert_eq!(all, (1..=200).collect::<Vec<u64>>());
    assert_eq!(seqs(&outbox), all);
}

#[test]
fn only_one_process_may_have_it_and_a_newer_file_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let Err(error) = Outbox::open(dir.path(), Limits::default(), at(0)) else { panic!("opened twice") };
    assert!(matches!(error, OutboxError::InUse { .. }), "{error}");
    outbox.append(began()).unwrap();
    drop(outbox);

    let conn = rusqlite::Connection::open(dir.path().join("outbox.db")).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let Err(error) = Outbox::open(dir.path(), Limits::default(), at(0)) else { panic!("opened") };
    assert!(matches!(error, OutboxError::Newer { found: 99, .. }), "{error}");
    let conn = rusqlite::Connection::open(dir.path().join("outbox.db")).unwrap();
    let rows: u64 = conn.query_row("SELECT count(*) FROM pending", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

/// Spoils a database that holds alerts and evidence; it must be moved aside and a new series begun.
fn spoilt(spoil: impl Fn(&Path)) -> Opened {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[1; 100]].concat();
    let snapshot = outbox.spool().store_bytes(EvidenceKind::Snapshot, &jpeg).unwrap();
    for _ in 0..200 {
        outbox.append(naming(&[&snapshot])).unwrap();
    }
    let series = outbox.series();
    drop(outbox);
    spoil(&dir.path().join("outbox.db"));
    let content = fs::read(dir.path().join("outbox.db")).unwrap();

    let (outbox, opened) = Outbox::open(dir.path(), Limits::default(), at(0)).unwrap();
    assert_ne!(outbox.series(), series);
    let (aside, reason) = opened.moved_aside.clone().unwrap();
    assert!(!reason.is_empty());
    assert_eq!(fs::read(&aside).unwrap(), content, "the old file is kept as it was");
    assert_eq!(outbox.append(began()).unwrap(), 1);
    assert_eq!(outbox.stats().depth, 1);

    // the snapshot was not lost with the database
    assert_eq!(outbox.stats().backlog_files, 1);
    let due = outbox.next_uploads(9, at(1)).unwrap().due;
    assert_eq!((due[0].sha256.as_str(), due[0].media_type.as_str()), (&*snapshot.sha256, "image/jpeg"));
    opened
}

fn overwrite(path: &Path, from: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_series_begins() {
    for opened in [
        spoilt(|path| overwrite(path, 0, &[0x5a; 100])),
        spoilt(|path| overwrite(path, 4096 * 20, &[0xa5; 4096 * 8])),
        spoilt(|path| OpenOptions::new().write(true).open(path).unwrap().set_len(4096 * 10 + 100).unwrap()),
        spoilt(|path| fs::write(path, b"# notes of the installer\n".repeat(50)).unwrap()),
        spoilt(|path| {
            rusqlite::Connection::open(path).unwrap().execute_batch("DELETE FROM series").unwrap();
        }),
    ] {
        assert_eq!((opened.evidence_adopted, opened.evidence_lost), (1, 0));
    }
}

#[test]
fn evidence_waits_in_order_and_backs_off_file_by_file() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let spool = outbox.spool();
    let clip = spool.store_bytes(EvidenceKind::Clip, &[1; 5000]).unwrap();
    let first = spool.store_bytes(EvidenceKind::Snapshot, &[2; 300]).unwrap();
    let second = spool.store_bytes(EvidenceKind::Snapshot, &[3; 400]).unwrap();
    outbox.append(naming(&[&clip])).unwrap();
    outbox.append(Alert { utc: at(7), ..naming(&[&second]) }).unwrap();
    outbox.append(Alert { utc: at(5), ..naming(&[&first, &clip]) }).unwrap();
    let order = |now| -> Vec<String> {
        outbox.next_uploads(9, now).unwrap().due.into_iter().map(|upload| upload.sha256).collect()
    };
    assert_eq!(order(at(10)), [&*first.sha256, &*second.sha256, &*clip.sha256]);
    let stats = outbox.stats();
    assert_eq!((stats.backlog_files, stats.backlog_bytes, stats.evidence_bytes), (3, 5700, 5700));

    outbox.upload_failed(&first.sha256, "the centre answers 500", at(20)).unwrap();
    assert_eq!(order(at(19)), [&*second.sha256, &*clip.sha256]);
    assert_eq!(outbox.next_uploads(9, at(19)).unwrap().next_utc, Some(at(20)));
    assert_eq!(order(at(20))[0], first.sha256);
    assert_eq!(outbox.next_uploads(1, at(20)).unwrap().due[0].attempts, 1);
    // a clock that was years ahead when it planned the retry
    outbox.upload_failed(&first.sha256, "x", at(90_000_000)).unwrap();
    assert_eq!(order(at(20))[0], first.sha256);

    outbox.uploaded(&second.sha256, at(21)).unwrap();
    outbox.uploaded(&second.sha256, at(22)).unwrap();
    assert_eq!(order(at(20)), [&*first.sha256, &*clip.sha256]);
    let stats = outbox.stats();
    assert_eq!((stats.backlog_files, stats.backlog_bytes, stats.evidence_bytes), (2, 5300, 5700));
    // named again: known already, not uploaded again
    outbox.append(naming(&[&second])).unwrap();
    assert_eq!(outbox.stats().backlog_files, 2);
}

#[test]
fn room_is_made_first_from_what_the_centre_has_then_from_clips() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let mut files = Vec::new();
    for (index, kind) in [EvidenceKind::Snapshot, EvidenceKind::Clip].into_iter().cycle().take(6).enumerate()
    {
        let index = u8::try_from(index).unwrap();
        let file = outbox.spool().store_bytes(kind, &vec![index; 1000]).unwrap();
        outbox.append(Alert { utc: at(i64::from(index)), ..naming(&[&file]) }).unwrap();
        files.push(file);
    }
    outbox.uploaded(&files[4].sha256, at(9)).unwrap();
    let here = || -> Vec<usize> {
        let on_disk = |file: &xunge_alert::Evidence| outbox.spool().path(&file.sha256).unwrap().exists();
        (0..6).filter(|index| on_disk(&files[*index])).collect()
    };
    let prune = |max_bytes| outbox.prune(PruneLimits { max_bytes, min_free_bytes: 0 }).unwrap();
    assert_eq!(prune(6000), Pruned::default());
    assert_eq!(prune(5999), Pruned { files: 1, bytes: 1000, lost: 0 });
    assert_eq!(here(), [0, 1, 2, 3, 5]);
    assert_eq!(prune(3000), Pruned { files: 2, bytes: 2000, lost: 2 });
    assert_eq!(here(), [0, 2, 5]);
    assert_eq!(prune(1500), Pruned { files: 2, bytes: 2000, lost: 2 });
    assert_eq!(here(), [2]);
    let stats = outbox.stats();
    assert_eq!((stats.evidence_lost, stats.evidence_bytes, stats.backlog_files), (4, 1000, 1));
    // a disk that is nearly full takes everything
    let all = outbox.prune(PruneLimits { max_bytes: u64::MAX, min_free_bytes: u64::MAX }).unwrap();
    assert_eq!((all.files, here().len()), (1, 0));
    // an alert may go on naming what had to go
    outbox.append(Alert { revision: 2, ..naming(&[&files[0]]) }).unwrap();
    assert_eq!(outbox.stats().backlog_files, 0);
}

#[test]
fn rows_and_files_agree_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let kept = outbox.spool().store_bytes(EvidenceKind::Snapshot, &[1; 10]).unwrap();
    let lost = outbox.spool().store_bytes(EvidenceKind::Snapshot, &[2; 20]).unwrap();
    outbox.append(naming(&[&kept, &lost])).unwrap();
    let unnamed = outbox.spool().store_bytes(EvidenceKind::Clip, &[3; 30]).unwrap();
    let path = |file: &xunge_alert::Evidence| outbox.spool().path(&file.sha256).unwrap();
    let (kept, lost, unnamed) = (path(&kept), path(&lost), path(&unnamed));
    drop(outbox);
    fs::remove_file(&lost).unwrap();
    let (outbox, opened) = Outbox::open(dir.path(), Limits::default(), at(0)).unwrap();
    assert_eq!((opened.evidence_lost, opened.evidence_adopted), (1, 0));
    assert!(kept.exists() && !unnamed.exists(), "stored just before a crash, and no alert names it");
    let stats = outbox.stats();
    assert_eq!((stats.backlog_files, stats.evidence_bytes, stats.evidence_lost), (1, 10, 1));
}

#[test]
fn health_does_not_wait_for_a_slow_disk() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    outbox.append(began()).unwrap();
    // a person's sqlite3 shell holds the write lock
    let shell = rusqlite::Connection::open(dir.path().join("outbox.db")).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        let appending = scope.spawn(|| outbox.append(began()));
        let start = Instant::now();
        for _ in 0..1000 {
            assert_eq!(outbox.stats().depth, 1);
        }
        assert!(start.elapsed() < Duration::from_secs(2));
        shell.execute_batch("COMMIT").unwrap();
        assert_eq!(appending.join().unwrap().unwrap(), 2);
    });
}

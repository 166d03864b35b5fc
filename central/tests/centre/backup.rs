//! Backups are worth what they restore: filled stores, both databases, and across.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;
use xunge_central::backup::{self, BackupError, Centre};
use xunge_central::case::guard::{Post, Role};
use xunge_central::case::{Reason, Verdict};
use xunge_central::evidence::{EvidenceFiles, EvidenceStore};
use xunge_central::law::view::{Reason as Why, Terminal};
use xunge_central::pki::Pki;
use xunge_central::retention::{self, Keep};
use xunge_central::store::{Held, PurgeOrder, Quiet, Store, StoredEvidence, Viewer, Wanted, Window};

use crate::support::{
    EDGE, Kind, SITE, Shop, alert, at, decided, ended, evidence, guard, inbound, on_both, settings,
};

const DAY: i64 = 24 * 3600;

/// A centre with something in nearly every table, and its configuration.
async fn filled(kind: Kind) -> (Shop, PathBuf) {
    let shop = Shop::of(kind).await;
    let (store, folder) = (&shop.store, shop.folder.path());
    let files = EvidenceFiles::open(folder, 1 << 20).await.unwrap();
    store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    store.add_user("wang", &[Post { role: Role::Operator, region: None }], "h", at(0)).await.unwrap();
    store.begin_session("s", "wang", at(0), at(99)).await.unwrap();
    let mut cases = Vec::new();
    for n in 1..=3_u64 {
        let bytes = format!("clip {n}").into_bytes();
        let name = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        let mut one = alert(u128::from(n), n, 1, 0);
        one.camera = format!("c{n}");
        one.camera_name = "东门 \"一\"\n'号'".into();
        // a fraction that no decimal number is
        one.score = 0.1 + 0.2;
        one.evidence = vec![evidence(xunge_alert::EvidenceKind::Clip, &name, bytes.len() as u64)];
        let taken = store.take(&[inbound(&one)], at(1)).await.unwrap();
        cases.push(*taken.news.cases.first().unwrap());
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes)]);
        let written = files.put(&name, stream).await.unwrap();
        let file = StoredEvidence { sha256: name, bytes: written, media_type: "video/mp4".into() };
        store.evidence_stored(EDGE, &file, at(i64::try_from(n).unwrap())).await.unwrap();
    }
    store.take(&[inbound(&ended(alert(2, 5, 2, 9)))], at(9)).await.unwrap();
    let tree = decided(Verdict::FalseAlarm, Some(Reason::ALL[0]));
    store.change_case(cases[0], tree, &guard("wang"), 2, at(20)).await.unwrap().unwrap();
    store.hold(&Held::Case(cases[1]), "纪委调查", Some(at(90 * DAY)), "li", at(21)).await.unwrap().unwrap();
    let viewer =
        Viewer { user: "wang".into(), session: "s".into(), terminal: Terminal::new("10.0.0.5", "x") };
    store.view(&viewer, Wanted::Case(cases[1]), (Why::Checking, None), at(22)).await.unwrap().unwrap();
    let window = Window {
        edge: EDGE.into(),
        camera: None,
        rule: None,
        reason: "树".into(),
        from_utc: at(0),
        until_utc: at(60),
    };
    store.hold_back(Quiet::Shelf, &window, "wang", at(23)).await.unwrap();
    Pki::open(&folder.join("pki"), at(0)).unwrap();
    let config = folder.join("central.toml");
    std::fs::write(&config, "data_dir = \".\"\n").unwrap();
    (shop, config)
}

async fn take(shop: &Shop, config: &Path, to: &Path, now: Timestamp) -> backup::Made {
    let evidence = EvidenceStore::folder(shop.folder.path());
    let centre = Centre { data_dir: shop.folder.path(), evidence: &evidence, config };
    backup::backup(&shop.store, centre, to, now).await.unwrap()
}

/// Every row of the store, sorted.
async fn rows(store: &Store) -> Vec<String> {
    let mut text = Vec::new();
    store.dump(&mut text).await.unwrap();
    let mut lines: Vec<String> = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// An empty place on this database.
async fn place_of(kind: Kind, folder: &Path) -> xunge_central::store::Place {
    use xunge_central::store::Place;
    match kind {
        Kind::Sqlite => Place::File(folder.join("central.db")),
        Kind::Postgres => {
            let url =
                tokio::task::spawn_blocking(xunge_parts::Postgres::shared_database).await.unwrap().unwrap();
            Place::Postgres { url: url.parse().unwrap(), password: None }
        }
    }
}

async fn there_and_back(from: Kind, to: Kind) {
    let (shop, config) = filled(from).await;
    let kept = tempfile::tempdir().unwrap();
    let made = take(&shop, &config, kept.path(), at(100)).await;
    assert_eq!((made.copied, made.manifest.evidence_files), (3, 3));
    let filled =
        ["alert", "alert_message", "case_", "case_log", "edge", "hold", "ledger", "post", "shelf", "timer"];
    for table in filled {
        assert!(made.manifest.rows[table] > 0, "{table} is empty: the test proves nothing about it");
    }
    assert!(!made.manifest.rows.contains_key("session"), "nobody is logged in after a restore");

    let home = tempfile::tempdir().unwrap();
    let data_dir = home.path().join("data");
    std::fs::create_dir(&data_dir).unwrap();
    let place = place_of(to, &data_dir).await;
    let (_, store) =
        backup::restore(&made.folder, (&data_dir, &EvidenceStore::folder(&data_dir)), &place, settings())
            .await
            .unwrap();
    assert_eq!(rows(&store).await, rows(&shop.store).await);
    for file in ["pki/ca.key", "pki/ca.pem"] {
        let bytes = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert_eq!(bytes(&data_dir), bytes(shop.folder.path()), "{file}");
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(data_dir.join("pki/ca.key")).unwrap().permissions().mode() & 0o777, 0o600);
    let files = EvidenceFiles::open(&data_dir, 1 << 20).await.unwrap();
    let clip = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"clip 2"));
    assert_eq!(files.store().load(&clip).await.unwrap().unwrap(), b"clip 2");

    // it goes on: numbers continue, the chain holds
    let mut more = alert(77, 6, 1, 200);
    more.camera = "c9".into();
    store.take(&[inbound(&more)], at(201)).await.unwrap();
    let report = store.verify_chain().await.unwrap();
    assert_eq!((report.cases, report.problems), (4, Vec::<String>::new()));
    // and never over something that is there
    let again =
        backup::restore(&made.folder, (&data_dir, &EvidenceStore::folder(&data_dir)), &place, settings())
            .await;
    assert!(matches!(again, Err(BackupError::NotEmpty(_))));
    store.close().await;
}

#[tokio::test]
async fn a_backup_of_sqlite_restores_to_sqlite() {
    there_and_back(Kind::Sqlite, Kind::Sqlite).await;
}

#[tokio::test]
async fn a_backup_of_postgres_restores_to_postgres() {
    there_and_back(Kind::Postgres, Kind::Postgres).await;
}

#[tokio::test]
async fn a_site_moves_from_sqlite_to_postgres() {
    there_and_back(Kind::Sqlite, Kind::Postgres).await;
}

#[tokio::test]
async fn a_site_moves_from_postgres_to_sqlite() {
    there_and_back(Kind::Postgres, Kind::Sqlite).await;
}

on_both! {
    async fn a_second_backup_copies_only_what_is_new_and_drops_what_was_purged(kind: Kind) {
        let (shop, config) = filled(kind).await;
        let kept = tempfile::tempdir().unwrap();
        let first = take(&shop, &config, kept.path(), at(100)).await;
        let second = take(&shop, &config, kept.path(), at(200)).await;
        assert_eq!((second.copied, second.dropped), (0, 0));

        let now = at(40 * DAY);
        let files = EvidenceFiles::open(shop.folder.path(), 1 << 20).await.unwrap();
        let order = PurgeOrder { cutoff: Keep { days: 30 }.cutoff(now), by: "system".into(), approval: None };
        assert_eq!(retention::purge(&shop.store, &files, &order, now).await.unwrap().files, 1);
        let third = take(&shop, &config, kept.path(), now).await;
        assert_eq!((third.copied, third.dropped, third.manifest.evidence_files), (0, 1, 2));
        assert_eq!(backup::newest(kept.path()).unwrap(), third.folder);
        // the older one is still whole, but for what had to go
        assert_eq!(backup::check(&first.folder).unwrap().1.len(), 1);
        let home = tempfile::tempdir().unwrap();
        let data_dir = home.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        let place = place_of(kind, &data_dir).await;
        let (_, store) = backup::restore(&first.folder, (&data_dir, &EvidenceStore::folder(&data_dir)), &place, settings()).await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_damaged_backup_is_refused() {
    let (shop, config) = filled(Kind::Sqlite).await;
    let kept = tempfile::tempdir().unwrap();
    let made = take(&shop, &config, kept.path(), at(100)).await;
    assert_eq!(backup::check(&made.folder).unwrap().0, made.manifest);
    let clip = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"clip 2"));
    let clip = kept.path().join("evidence").join(&clip[..2]).join(&clip);
    for path in ["store.jsonl.gz", "evidence.txt", "pki/ca.key", "central.toml"]
        .map(|name| made.folder.join(name))
        .into_iter()
        .chain([clip])
    {
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[0] ^= 1;
        for wrong in [Some(bad), None] {
            match wrong {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let home = tempfile::tempdir().unwrap();
            let place = place_of(Kind::Sqlite, home.path()).await;
            let refused = backup::restore(
                &made.folder,
                (home.path(), &EvidenceStore::folder(home.path())),
                &place,
                settings(),
            )
            .await;
            assert!(refused.is_err(), "{}", path.display());
            assert!(!home.path().join("central.db").exists());
        }
        std::fs::write(&path, good).unwrap();
    }
    assert!(backup::check(&made.folder).is_ok());
    assert!(matches!(backup::newest(shop.folder.path()), Err(BackupError::None(_))));
}

on_both! {
    async fn a_store_that_somebody_uses_is_no_target(kind: Kind) {
        let (shop, config) = filled(kind).await;
        let kept = tempfile::tempdir().unwrap();
        let made = take(&shop, &config, kept.path(), at(100)).await;
        let home = tempfile::tempdir().unwrap();
        let refused = backup::restore(&made.folder, (home.path(), &EvidenceStore::folder(home.path())), &shop.place, settings()).await;
        let sentence = refused.err().unwrap().to_string();
        assert!(sentence.contains("restore only into"), "{sentence}");
        assert!(shop.store.case_region(Uuid::nil()).await.unwrap().is_none());
    }
}

/// While alerts keep coming, a backup is of one moment: what the log says and what the cases say agree.
#[tokio::test]
async fn a_backup_while_alerts_come_is_of_one_moment() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (shop, config) = filled(kind).await;
        let kept = tempfile::tempdir().unwrap();
        let store = shop.store.clone();
        let coming = tokio::spawn(async move {
            for n in 100..160_u64 {
                let mut one = alert(u128::from(n), n, 1, 0);
                one.camera = format!("m{n}");
                store.take(&[inbound(&one)], at(30)).await.unwrap();
            }
        });
        let mut backups = Vec::new();
        for secs in 0..3 {
            backups.push(take(&shop, &config, kept.path(), at(1000 + secs)).await);
        }
        coming.await.unwrap();
        for made in backups {
            let home = tempfile::tempdir().unwrap();
            let data_dir = home.path().join("data");
            std::fs::create_dir(&data_dir).unwrap();
            let place = place_of(Kind::Sqlite, &data_dir).await;
            // restore itself runs verify, and compares the ends of both chains
            let (_, store) = backup::restore(
                &made.folder,
                (&data_dir, &EvidenceStore::folder(&data_dir)),
                &place,
                settings(),
            )
            .await
            .unwrap();
            store.close().await;
        }
    }
}

/// The commands, beside a centre that runs.
#[tokio::test]
async fn a_running_centre_is_backed_up_and_restored_by_command() {
    let (shop, _) = filled(Kind::Sqlite).await;
    let folder = shop.folder.path();
    std::fs::write(folder.join("central.toml"), "data_dir = \".\"\n").unwrap();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_xunge-central");
        std::process::Command::new(program).args(arguments).current_dir(folder).output().unwrap()
    };
    let said = |out: std::process::Output| {
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{text}");
        text
    };
    // the store stays open here meanwhile
    assert!(said(run(&["backup", "--config", "central.toml", "--to", "kept"])).contains("备份完成"));
    assert!(
        said(run(&["backup", "--config", "central.toml", "--to", "kept", "--check"])).contains("备份完整")
    );
    std::fs::write(folder.join("new.toml"), "data_dir = \"new\"\n").unwrap();
    assert!(said(run(&["restore", "--config", "new.toml", "--from", "kept"])).contains("恢复完成"));
    assert!(said(run(&["verify", "--config", "new.toml"])).contains("日志完整"));
    let again = run(&["restore", "--config", "new.toml", "--from", "kept"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("restore only into an empty data folder"));
}

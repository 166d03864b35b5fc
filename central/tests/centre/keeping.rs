//! 留存与清除: what goes when its time is over, what stays, and the proof.

use axum::http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;
use xunge_alert::EvidenceKind;
use xunge_central::case::guard::Role;
use xunge_central::case::{Change, Reason, Verdict};
use xunge_central::evidence::EvidenceFiles;
use xunge_central::law::approval::Kind as TwoPeople;
use xunge_central::law::keep::Root;
use xunge_central::retention::{self, Keep};
use xunge_central::store::{CaseFilter, Held, PurgeOrder, StoredEvidence};

use crate::support::{EDGE, Kind, Shop, alert, at, decided, evidence, guard, inbound, on_both};
use crate::views::{case_with_files, session};
use crate::web::{Console, body, change, get};

const DAY: i64 = 24 * 3600;
const KEEP: Keep = Keep { days: 30 };

fn name(n: u8) -> String {
    hex::encode([n; 32])
}

/// A shop with cases 1..=n that each have one file, which came at second n, and its folder of files.
async fn shop(kind: Kind, cases: u8) -> (Shop, EvidenceFiles) {
    let shop = Shop::of(kind).await;
    let files = EvidenceFiles::open(shop.folder.path(), 1000).await.unwrap();
    for n in 1..=cases {
        let mut one = alert(u128::from(n), u64::from(n), 1, 0);
        one.camera = format!("c{n}");
        one.evidence = vec![evidence(EvidenceKind::Clip, &name(n), 10)];
        shop.store.take(&[inbound(&one)], at(0)).await.unwrap();
        let file = StoredEvidence { sha256: name(n), bytes: 10, media_type: "video/mp4".into() };
        shop.store.evidence_stored(EDGE, &file, at(i64::from(n))).await.unwrap();
        let path = shop.folder.path().join("evidence").join(&name(n)[..2]);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join(name(n)), [n; 10]).unwrap();
    }
    (shop, files)
}

async fn case_of(shop: &Shop, n: u8) -> (Uuid, u64) {
    let all = shop.store.list_cases(&CaseFilter { limit: 99, ..CaseFilter::default() }).await.unwrap().0;
    let case = all.iter().find(|case| case.camera == format!("c{n}")).unwrap();
    (case.id, case.version)
}

/// 误报: the case is over.
async fn reject(shop: &Shop, n: u8, secs: i64) {
    let (case, version) = case_of(shop, n).await;
    let tree = decided(Verdict::FalseAlarm, Some(Reason::ALL[0]));
    shop.store.change_case(case, tree, &guard("wang"), version, at(secs)).await.unwrap().unwrap();
}

fn there(shop: &Shop, n: u8) -> bool {
    shop.folder.path().join("evidence").join(&name(n)[..2]).join(name(n)).exists()
}

fn order(secs: i64) -> PurgeOrder {
    PurgeOrder { cutoff: KEEP.cutoff(at(secs)), by: "system".into(), approval: None }
}

on_both! {
    async fn evidence_goes_after_thirty_days_unless_it_is_needed_or_held(kind: Kind) {
        let (shop, files) = shop(kind, 6).await;
        let store = &shop.store;
        // 1 is rejected; 2 is open; 3 is rejected, its case held; 4 is rejected, its file held; 5 was held for a while; 6 is young
        for n in [1, 3, 4, 5, 6] {
            reject(&shop, n, 20).await;
        }
        let hold = async |what: Held, until: Option<i64>| {
            store.hold(&what, "纪委调查", until.map(at), "li", at(30)).await.unwrap().unwrap()
        };
        let of_case = hold(Held::Case(case_of(&shop, 3).await.0), None).await;
        let of_file = hold(Held::File(name(4)), Some(60 * DAY)).await;
        hold(Held::File(name(5)), Some(DAY)).await;
        assert!(store.hold(&Held::Case(Uuid::nil()), "x", None, "li", at(30)).await.unwrap().is_none());
        assert!(store.hold(&Held::File(name(9)), "x", None, "li", at(30)).await.unwrap().is_none());

        // to the second: what came at 1 and 5 is over its time, what came at 6 is not
        let now = 30 * DAY + 6;
        let keeping = store.keeping(KEEP.cutoff(at(now)), at(now)).await.unwrap();
        assert_eq!((keeping.files, keeping.bytes, keeping.over, keeping.kept), (6, 60, 5, 3));
        let proof = retention::purge(store, &files, &order(now), at(now)).await.unwrap();
        assert_eq!((proof.files, proof.bytes), (2, 20));
        assert_eq!([1, 2, 3, 4, 5, 6].map(|n| there(&shop, n)), [false, true, true, true, false, true]);

        // the proof names each file and what it belonged to, and anybody can compute its hash
        let purge = store.purges(9).await.unwrap().remove(0);
        assert_eq!((purge.by.as_str(), &purge.proof), ("system", &proof));
        let list = store.purged_files(purge.id, "", 99).await.unwrap();
        assert_eq!(list.iter().map(|file| file.sha256.clone()).collect::<Vec<_>>(), [name(1), name(5)]);
        assert!(list[0].belonged[0].case.is_some() && list[0].belonged[0].edge == EDGE);
        let mut root = Root::default();
        for file in &list {
            let belonged = serde_json::to_string(&file.belonged).unwrap();
            root.add(&file.sha256, file.bytes, file.purged_utc.as_microsecond(), &belonged);
        }
        assert_eq!(root.end(), proof.root);

        // the case says so, and does not show a broken link
        let (case, _) = case_of(&shop, 1).await;
        let detail = store.case_detail(case, &guard("wang"), at(now)).await.unwrap().unwrap();
        let file = &detail.alerts[0].evidence[0];
        assert_eq!((file.stored, file.purged_utc), (false, Some(at(now))));

        // lifted, decided, run out: then the rest goes too
        assert!(store.lift(of_case, "已结案", "zhao", at(now)).await.unwrap());
        assert!(!store.lift(of_case, "again", "zhao", at(now)).await.unwrap());
        assert!(store.lift(of_file, "已移交", "zhao", at(now)).await.unwrap());
        reject(&shop, 2, now).await;
        let proof = retention::purge(store, &files, &order(now + 1), at(now + 1)).await.unwrap();
        assert_eq!(proof.files, 4);
        assert_eq!(store.evidence_bytes().await.unwrap(), 0);
        assert_eq!(store.holds(None, None, true, at(now)).await.unwrap().len(), 3);
        assert!(store.holds(None, None, false, at(now)).await.unwrap().is_empty());
        let report = store.verify_chain().await.unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
    }
}

on_both! {
    async fn what_was_merged_into_a_held_case_stays(kind: Kind) {
        let (shop, files) = shop(kind, 3).await;
        for (from, into) in [(1, 3), (2, 3)] {
            let (case, version) = case_of(&shop, from).await;
            let master = case_of(&shop, into).await.0;
            let merge = Change::Merged { master, reason: None };
            shop.store.change_case(case, merge, &guard("wang"), version, at(20)).await.unwrap().unwrap();
        }
        shop.store.hold(&Held::Case(case_of(&shop, 3).await.0), "x", None, "li", at(20)).await.unwrap().unwrap();
        reject(&shop, 3, 30).await;
        let proof = retention::purge(&shop.store, &files, &order(40 * DAY), at(40 * DAY)).await.unwrap();
        assert_eq!(proof.files, 0);
    }
}

on_both! {
    async fn a_purge_that_was_interrupted_is_ended_and_proved_once(kind: Kind) {
        let (shop, files) = shop(kind, 2).await;
        let store = &shop.store;
        for n in [1, 2] {
            reject(&shop, n, 20).await;
        }
        let now = 31 * DAY;
        // the rows are gone, the bytes are still there: the machine stops here
        let run = store.begin_purge(&order(now), at(now)).await.unwrap();
        assert!(store.purge_step(run, None, at(now)).await.unwrap().is_some());
        assert!(there(&shop, 1));
        assert!(!store.verify_chain().await.unwrap().problems.iter().any(|p| p.contains("purge")));

        // at the next start the night counts as begun, and its run is ended before the next one begins
        assert!(retention::night(store, &files, KEEP, at(now + 60)).await.unwrap().is_none());
        let proof = retention::night(store, &files, KEEP, at(now + DAY)).await.unwrap().unwrap();
        assert_eq!(proof.files, 0);
        let purges = store.purges(9).await.unwrap();
        assert_eq!(purges.iter().map(|purge| purge.proof.files).collect::<Vec<_>>(), [0, 2]);
        assert!(!there(&shop, 1) && !there(&shop, 2));
        assert!(store.to_erase().await.unwrap().is_empty());
        assert!(store.end_purge(run, at(now)).await.unwrap().is_none());
        assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }
}

on_both! {
    async fn whoever_touches_holds_or_proofs_is_found_out(kind: Kind) {
        let table: [(&'static str, &'static str); 7] = [
            ("DELETE FROM hold", "which is gone"),
            ("UPDATE hold SET lifted_us = 1, lifted_by = 'x'", "is not what the ledger says"),
            ("UPDATE hold SET until_us = 1", "is not what the ledger says"),
            ("DELETE FROM purged", "does not fit its proof"),
            ("UPDATE purged SET belonged = '[]'", "does not fit its proof"),
            ("UPDATE ledger SET body = REPLACE(body, '10', '20') WHERE kind = 'purged'", "was changed"),
            ("DELETE FROM ledger WHERE kind = 'purged'", "has no proof in the ledger"),
        ];
        for (tampering, expected) in table {
            let (shop, files) = shop(kind, 2).await;
            reject(&shop, 1, 20).await;
            shop.store.hold(&Held::File(name(2)), "x", None, "li", at(20)).await.unwrap().unwrap();
            let now = 31 * DAY;
            retention::purge(&shop.store, &files, &order(now), at(now)).await.unwrap();
            let raw = shop.raw().await;
            let touched = sqlx::query(tampering).execute(&raw).await.unwrap().rows_affected();
            assert!(touched > 0, "{tampering}");
            raw.close().await;
            let report = shop.store.verify_chain().await.unwrap();
            assert!(report.problems.iter().any(|p| p.contains(expected)), "{tampering}: {:?}", report.problems);
        }
    }
}

on_both! {
    async fn a_request_needs_another_person_is_good_once_and_for_one_thing(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let (scope, other) = (json!({"days": 30}), json!({"days": 31}));
        let early = TwoPeople::EarlyPurge;
        let id = store.ask(early, &[], (&scope, "磁盘将满"), "wang", at(0)).await.unwrap();
        assert!(!store.use_approval(id, (early, &scope), "wang", at(1)).await.unwrap(), "nobody has agreed");
        assert!(!store.answer(id, true, "wang", at(2)).await.unwrap(), "his own");
        assert!(store.answer(id, true, "li", at(3)).await.unwrap());
        assert!(!store.answer(id, false, "zhao", at(4)).await.unwrap(), "answered already");
        assert!(!store.use_approval(id, (early, &other), "wang", at(5)).await.unwrap(), "something else");
        assert!(!store.use_approval(id, (TwoPeople::BulkExport, &scope), "wang", at(5)).await.unwrap());
        assert!(!store.use_approval(id, (early, &scope), "li", at(5)).await.unwrap(), "somebody else");
        assert!(store.use_approval(id, (early, &scope), "wang", at(6)).await.unwrap());
        assert!(!store.use_approval(id, (early, &scope), "wang", at(7)).await.unwrap(), "once only");

        let late = store.ask(early, &[], (&scope, "x"), "wang", at(10)).await.unwrap();
        assert!(!store.answer(late, true, "li", at(10 + DAY)).await.unwrap(), "a day later");
        let no = store.ask(early, &[], (&scope, "x"), "wang", at(20)).await.unwrap();
        assert!(store.answer(no, false, "li", at(21)).await.unwrap());
        assert!(!store.use_approval(no, (early, &scope), "wang", at(22)).await.unwrap(), "refused");
        let stale = store.ask(early, &[], (&scope, "x"), "wang", at(30)).await.unwrap();
        assert!(store.answer(stale, true, "li", at(31)).await.unwrap());
        assert!(!store.use_approval(stale, (early, &scope), "wang", at(31 + DAY)).await.unwrap(), "a day after");
        assert_eq!(store.approvals(at(40)).await.unwrap().len(), 4);
        assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn nobody_purges_early_alone_and_nobody_below_thirty_days() {
    let mut console = Console::open().await;
    console.keep_days(60);
    let (case, snapshot, _) = case_with_files(&console).await;
    let tree = decided(Verdict::FalseAlarm, Some(Reason::ALL[0]));
    console.shop.store.change_case(case, tree, &guard("wang"), 2, at(5)).await.unwrap().unwrap();
    let zhou = session(&console, "zhou", Role::Supervisor).await;
    let sun = session(&console, "sun", Role::Admin).await;
    let post = |who: &str, path: &str, what: serde_json::Value| {
        console.send(change(Method::POST, &format!("/api/v1{path}"), Some(who), &what))
    };
    console.hands.move_to(40 * DAY);
    let regular = post(&zhou, "/purges", json!({})).await;
    assert_eq!((regular.status(), body(regular).await["files"].as_u64()), (StatusCode::CREATED, Some(0)));
    let alone = post(&zhou, "/purges", json!({"days": 30})).await;
    assert_eq!(
        (alone.status(), body(alone).await["code"].as_str()),
        (StatusCode::CONFLICT, Some("second_person"))
    );
    for days in [29, 60, 61] {
        let what = json!({"kind": "early_purge", "days": days, "reason": "x"});
        assert_eq!(
            post(&zhou, "/approvals", what).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{days}"
        );
    }
    let asked =
        post(&zhou, "/approvals", json!({"kind": "early_purge", "days": 30, "reason": "磁盘将满"})).await;
    let id = body(asked).await["id"].as_str().unwrap().to_owned();
    let own = post(&zhou, &format!("/approvals/{id}"), json!({"agreed": true})).await;
    assert_eq!((own.status(), body(own).await["code"].as_str()), (StatusCode::CONFLICT, Some("own_request")));
    let list = body(console.send(get("/api/v1/approvals", Some(&sun))).await).await;
    assert_eq!(
        (list["approvals"][0]["standing"].as_str(), list["approvals"][0]["may_answer"].as_bool()),
        (Some("waiting"), Some(true))
    );
    let agreed = post(&sun, &format!("/approvals/{id}"), json!({"agreed": true})).await;
    assert_eq!(agreed.status(), StatusCode::NO_CONTENT);
    let done = post(&zhou, "/purges", json!({"days": 30, "approval": id})).await;
    assert_eq!((done.status(), body(done).await["files"].as_u64()), (StatusCode::CREATED, Some(2)));
    let again = post(&zhou, "/purges", json!({"days": 30, "approval": id})).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let gone = console.send(get(&format!("/api/v1/evidence/{snapshot}"), Some(&zhou))).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let purges = body(console.send(get("/api/v1/purges", Some(&sun))).await).await;
    assert_eq!(purges["purges"][0]["approval"], id);
    let files = format!("/api/v1/purges/{}/files", purges["purges"][0]["id"].as_str().unwrap());
    let files = body(console.send(get(&files, Some(&sun))).await).await;
    assert_eq!(files["files"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn where_there_is_no_room_boxes_keep_their_files() {
    let console = Console::open().await;
    console.files.set_full(true);
    let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(b"x".to_vec())]);
    assert!(console.files.put(&name(1), bytes).await.is_err());
}

//! Whoever touches the log of the cases is found out.

use xunge_central::case::{Change, Verdict};
use xunge_central::store::CaseFilter;

use crate::support::{Kind, Shop, alert, all_inbound, at, guard, on_both};

async fn shop(kind: Kind) -> Shop {
    let shop = Shop::of(kind).await;
    let mut batch = Vec::new();
    for n in 1..=3_u128 {
        let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
        one.camera = format!("c{n}");
        batch.push(one);
    }
    shop.store.take(&all_inbound(&batch), at(1)).await.unwrap();
    let cases = shop.store.list_cases(&CaseFilter { limit: 9, ..CaseFilter::default() }).await.unwrap().0;
    let real = Change::Decided {
        verdict: Verdict::Real,
        reason: None,
        note: Some("见到两人".into()),
        class: None,
        category: None,
    };
    shop.store
        .change_case(cases[0].id, real, &guard("wang"), cases[0].version, at(2))
        .await
        .unwrap()
        .unwrap();
    shop
}

on_both! {
    async fn an_untouched_log_is_whole(kind: Kind) {
        let report = shop(kind).await.store.verify_chain().await.unwrap();
        assert_eq!((report.entries, report.cases), (7, 3));
        assert_eq!(report.problems, Vec::<String>::new());
        assert_eq!(report.head.len(), 64);
    }
}

on_both! {
    async fn every_kind_of_tampering_is_found(kind: Kind) {
        let table: [(&'static str, &'static str); 15] = [
            ("UPDATE case_log SET actor = 'li' WHERE seq = 7", "log entry 7 was changed"),
            ("UPDATE case_log SET utc_us = utc_us + 1 WHERE seq = 2", "log entry 2 was changed"),
            ("UPDATE case_log SET change = REPLACE(change, '两', '三') WHERE seq = 7", "log entry 7 was changed"),
            ("UPDATE case_log SET hash = prev_hash WHERE seq = 3", "log entry 3 was changed"),
            ("DELETE FROM case_log WHERE seq = 4", "log entry 4 is missing before entry 5"),
            ("DELETE FROM case_log WHERE seq = 7", "log entries where there were 3"),
            ("DELETE FROM case_log WHERE case_id = (SELECT case_id FROM case_log WHERE seq = 7)", "has no log"),
            ("UPDATE case_ SET state = 'rejected' WHERE verdict IS NOT NULL", "is not what its log says"),
            ("UPDATE case_ SET body = REPLACE(body, '两', '三') WHERE verdict IS NOT NULL", "is not what its log says"),
            ("UPDATE case_ SET verdict = NULL, state = 'verifying', version = 2", "is not what its log says"),
            ("DELETE FROM case_ WHERE verdict IS NOT NULL", "which is gone"),
            ("DELETE FROM incident", "3 alerts name an episode that is gone"),
            ("UPDATE alert SET case_id = 'x' || case_id", "3 alerts name a case that is gone"),
            ("UPDATE incident SET case_id = 'x' || case_id", "3 episodes name a case that is gone"),
            ("UPDATE timer SET case_id = 'x' || case_id", "deadlines name a case that is gone"),
        ];
        for (tampering, expected) in table {
            let shop = shop(kind).await;
            let raw = shop.raw().await;
            let touched = sqlx::query(tampering).execute(&raw).await.unwrap().rows_affected();
            assert!(touched > 0, "{tampering}");
            raw.close().await;
            let report = shop.store.verify_chain().await.unwrap();
            assert!(report.problems.iter().any(|p| p.contains(expected)), "{tampering}: {:?}", report.problems);
        }
    }
}

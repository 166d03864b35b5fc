//! Several centres on one PostgreSQL.

use xunge_central::store::{CaseFilter, Store};

use crate::support::{Kind, Shop, alert, all_inbound, at, shanghai};

#[tokio::test]
async fn centres_that_start_together_make_the_tables_once() {
    let shop = Shop::of(Kind::Postgres).await;
    let raw = shop.raw().await;
    sqlx::query("DROP SCHEMA public CASCADE").execute(&raw).await.unwrap();
    sqlx::query("CREATE SCHEMA public").execute(&raw).await.unwrap();
    let opened = futures_util::future::join_all((0..4).map(|_| Store::open(&shop.place, shanghai()))).await;
    for store in opened {
        assert_eq!(store.unwrap().quarantined().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_messages_to_all_of_them_make_each_case_once() {
    const CENTRES: usize = 3;
    const ALERTS: u64 = 120;
    let shop = Shop::of(Kind::Postgres).await;
    let mut centres = Vec::new();
    for _ in 0..CENTRES {
        let store = Store::open(&shop.place, shanghai()).await.unwrap();
        centres.push(tokio::spawn(async move {
            let alerts: Vec<_> = (1..=ALERTS)
                .map(|n| {
                    let mut one = alert(u128::from(n), n, 1, 0);
                    one.camera = format!("c{}", n % 40);
                    one
                })
                .collect();
            let mut confirmed = 0;
            for part in alerts.chunks(7) {
                let taken = store.take(&all_inbound(part), at(1)).await.unwrap();
                confirmed += taken.confirms[0].2.confirmed.len();
            }
            confirmed
        }));
    }
    for centre in centres {
        assert_eq!(
            centre.await.unwrap(),
            usize::try_from(ALERTS).unwrap(),
            "each confirms what it was given"
        );
    }
    let (cases, _) =
        shop.store.list_cases(&CaseFilter { limit: 200, ..CaseFilter::default() }).await.unwrap();
    assert_eq!(cases.len(), 40, "one case a camera");
    assert_eq!(cases.iter().map(|case| case.alert_count).sum::<u64>(), ALERTS);
    let mut numbers: Vec<_> = cases.into_iter().map(|case| case.number).collect();
    numbers.sort();
    assert_eq!(numbers[39], "4205022026112300040", "numbers without holes");
    let report = shop.store.verify_chain().await.unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

//! Several centres on one PostgreSQL.

use xunge_central::store::{CaseFilter, Store};

use crate::cases::fired;
use crate::support::{Kind, Shop, alert, all_inbound, at, eventually, settings};

#[tokio::test]
async fn centres_that_start_together_make_the_tables_once() {
    let shop = Shop::of(Kind::Postgres).await;
    let raw = shop.raw().await;
    sqlx::query("DROP SCHEMA public CASCADE").execute(&raw).await.unwrap();
    sqlx::query("CREATE SCHEMA public").execute(&raw).await.unwrap();
    let opened = futures_util::future::join_all((0..4).map(|_| Store::open(&shop.place, settings()))).await;
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
        let store = Store::open(&shop.place, settings()).await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlines_that_all_of_them_see_fire_once() {
    const CASES: u64 = 200;
    let shop = Shop::of(Kind::Postgres).await;
    let alerts: Vec<_> = (1..=CASES)
        .map(|n| {
            let mut one = alert(u128::from(n), n, 1, 0);
            one.camera = format!("c{n}");
            one
        })
        .collect();
    shop.store.take(&all_inbound(&alerts), at(1)).await.unwrap();
    let mut centres = Vec::new();
    for _ in 0..3 {
        let store = Store::open(&shop.place, settings()).await.unwrap();
        centres.push(tokio::spawn(async move { while store.fire_timers(at(7200)).await.unwrap().1 {} }));
    }
    for centre in centres {
        centre.await.unwrap();
    }
    let fired = fired(&shop).await;
    // P2: taken 100, 200, 400 %; verified 100, 200 %
    assert_eq!(fired.len(), usize::try_from(CASES).unwrap() * 5);
    assert!(fired.values().all(|times| *times == 1));
    assert!(shop.store.verify_chain().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn one_is_on_duty_and_the_next_takes_over_when_it_goes() {
    let shop = Shop::of(Kind::Postgres).await;
    let other = Store::open(&shop.place, settings()).await.unwrap();
    let mut duty = shop.store.go_on_duty().await.unwrap().expect("nobody else is there");
    assert!(duty.lasts().await);
    assert!(other.go_on_duty().await.unwrap().is_none());
    duty.end().await;
    let mut second = eventually("the other gets it", || async { other.go_on_duty().await.unwrap() }).await;
    // as when the network between them breaks
    let raw = shop.raw().await;
    let ended =
        "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let ended: i64 = sqlx::query_scalar(ended).fetch_one(&raw).await.unwrap();
    assert_eq!(ended, 1);
    assert!(!second.lasts().await, "the loss is noticed");
}

#[tokio::test]
async fn what_one_changes_the_others_hear() {
    let shop = Shop::of(Kind::Postgres).await;
    let other = Store::open(&shop.place, settings()).await.unwrap();
    let mut hears = other.listen().await.unwrap().unwrap();
    let mut own = shop.store.listen().await.unwrap().unwrap();
    let taken = shop.store.take(&all_inbound(&[alert(1, 1, 1, 0)]), at(1)).await.unwrap();
    assert_eq!(hears.next().await.unwrap(), taken.news);
    let many: Vec<_> = (2..=400)
        .map(|n| {
            let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
            one.camera = format!("c{n}");
            one
        })
        .collect();
    shop.store.take(&all_inbound(&many), at(1)).await.unwrap();
    assert!(hears.next().await.unwrap().everything, "more than one letter holds");
    let silent = tokio::time::timeout(std::time::Duration::from_millis(300), own.next()).await;
    assert!(silent.is_err(), "what it did itself it knows");
}

//! 拆分: alerts that turn out to be something else get a case of their own.

use uuid::Uuid;
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::case::{Change, Stage, State};
use xunge_central::org::Region;
use xunge_central::store::{Split, StoreError};

use crate::support::{EDGE, Kind, SITE, Shop, alert, at, everywhere, inbound, on_both};

fn split(alerts: &[u128], into: Option<Uuid>, shown: u64) -> Split {
    Split {
        alerts: alerts.iter().map(|n| (EDGE.to_owned(), Uuid::from_u128(*n))).collect(),
        into,
        reason: "另一件事".into(),
        shown,
    }
}

/// One case of three alerts of one episode.
async fn three(shop: &Shop) -> Uuid {
    let mut case = None;
    // twice a minute: three times would be chatter
    for n in 1..=3_u64 {
        let secs = i64::try_from(n).unwrap() * 50;
        let mut one = alert(u128::from(n), n, 1, secs);
        one.score = 0.5 + 0.1 * n as f32;
        let taken = shop.store.take(&[inbound(&one)], at(secs + 1)).await.unwrap();
        assert_eq!(taken.news.cases.len(), 1);
        let id = *taken.news.cases.first().unwrap();
        assert_eq!(*case.get_or_insert(id), id);
    }
    case.unwrap()
}

async fn refused(shop: &Shop, id: Uuid, asked: Split, who: &Actor) -> String {
    match shop.store.split_case(id, &asked, who, at(170)).await {
        Err(StoreError::Refused(refused)) => refused.code().to_owned(),
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn alerts_leave_with_their_episode_and_both_logs_say_so(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = three(&shop).await;
        let wang = everywhere("wang", Role::Operator);
        let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
        let made = shop.store.split_case(id, &split(&[2, 3], None, shown), &wang, at(170)).await.unwrap().unwrap();
        assert_eq!((made.case.state, made.facts.alerts, made.log_length), (State::Verifying, 2, 4));
        assert_eq!(made.case.taken.as_ref().map(|mark| mark.by.as_str()), Some("wang"), "who splits it looks at it");
        let old = shop.store.case_detail(id, &wang, at(171)).await.unwrap().unwrap();
        assert_eq!((old.summary.alert_count, old.alerts.len()), (1, 1));
        assert!((old.summary.score - 0.6).abs() < 1e-6, "the best of those that stay");
        assert_eq!(old.summary.version, shown + 2);
        assert!(!old.may.contains(&"split"), "one alone cannot be split");
        let new = shop.store.case_detail(made.id, &wang, at(171)).await.unwrap().unwrap();
        assert_eq!(new.alerts.len(), 2);
        for (change, of) in [(&new.log[0].change, "it began"), (&new.log[3].change, "another alert came")] {
            let (Change::Registered { from, reason, .. } | Change::Joined { from, reason, .. }) = change else {
                panic!("{change:?}")
            };
            assert_eq!((*from, reason.as_deref()), (Some(id), Some("另一件事")), "{of}");
        }
        assert!(new.may.contains(&"split"));
        let sums = "SELECT CAST(SUM(alerts) AS BIGINT) FROM incident";
        assert_eq!((shop.number("SELECT COUNT(*) FROM incident").await, shop.number(sums).await), (2, 3));
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());

        // what goes on joins the one that was heard of last
        let more = shop.store.take(&[inbound(&alert(4, 4, 1, 200))], at(201)).await.unwrap();
        assert_eq!(more.news.cases.iter().collect::<Vec<_>>(), [&made.id]);
        let why = shop.store.alert_why(EDGE, Uuid::from_u128(3)).await.unwrap().unwrap();
        let way = serde_json::to_value(&why).unwrap().to_string();
        assert!(way.contains("moved") && way.contains(&made.id.to_string()), "{way}");
    }

    /// A case that is split off has waited as long as its alerts have been here, and no longer.
    async fn its_deadlines_run_since_its_alerts_came(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = three(&shop).await;
        let old = shop.store.case_detail(id, &everywhere("wang", Role::Operator), at(170)).await.unwrap().unwrap();
        let verify = |detail: &xunge_central::view::CaseDetail| detail.clocks.get(&Stage::Verify).copied().unwrap();
        let limit = verify(&old).duration_since(at(51));
        let wang = everywhere("wang", Role::Operator);
        let asked = split(&[2, 3], None, old.summary.version);
        let made = shop.store.split_case(id, &asked, &wang, at(170)).await.unwrap().unwrap();
        let new = shop.store.case_detail(made.id, &wang, at(170)).await.unwrap().unwrap();
        // the second alert came at 101, the split is at 170
        assert_eq!(verify(&new), at(101) + limit, "not all the time anew");
        assert!(!new.clocks.contains_key(&Stage::Ack), "nobody is rung up for what somebody looks at");
        let after = shop.store.case_detail(id, &wang, at(170)).await.unwrap().unwrap();
        assert_eq!(verify(&after), verify(&old), "what stays is as late as before");

        let due = verify(&new);
        let (changed, _) = shop.store.fire_timers(due).await.unwrap();
        assert!(changed.contains(&made.id), "and it is told when they are over");
        let late = shop.store.case_summary(made.id).await.unwrap().unwrap();
        assert_eq!(late.late_stages, [Stage::Verify]);
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }

    async fn into_another_case_that_nobody_has_decided(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = three(&shop).await;
        let mut other = alert(9, 9, 1, 90);
        other.camera = "elsewhere".into();
        let taken = shop.store.take(&[inbound(&other)], at(152)).await.unwrap();
        let other = *taken.news.cases.first().unwrap();
        let wang = everywhere("wang", Role::Operator);
        let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
        let to = shop.store.split_case(id, &split(&[3], Some(other), shown), &wang, at(170)).await.unwrap().unwrap();
        assert_eq!((to.id, to.facts.alerts, to.facts.camera.as_str()), (other, 2, "elsewhere"));
        assert_eq!(to.facts.last, at(151));
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }

    async fn what_cannot_be_split_is_refused_and_nothing_moves(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = three(&shop).await;
        let wang = everywhere("wang", Role::Operator);
        let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
        assert_eq!(refused(&shop, id, split(&[1], None, shown), &wang).await, "bad_split", "the first stays");
        assert_eq!(refused(&shop, id, split(&[], None, shown), &wang).await, "bad_split");
        assert_eq!(refused(&shop, id, split(&[7], None, shown), &wang).await, "bad_split", "not of this case");
        assert_eq!(refused(&shop, id, split(&[2], Some(id), shown), &wang).await, "bad_master");
        assert_eq!(refused(&shop, id, split(&[2], Some(Uuid::max()), shown), &wang).await, "bad_master");
        assert_eq!(refused(&shop, id, split(&[2], None, shown - 1), &wang).await, "version_differs");
        let silent = Split { reason: " ".into(), ..split(&[2], None, shown) };
        assert_eq!(refused(&shop, id, silent, &wang).await, "words_missing");
        let post = Post { role: Role::GridWorker, region: Some(Region::parse(SITE).unwrap()) };
        let li = Actor { name: "li".into(), posts: vec![post] };
        assert_eq!(refused(&shop, id, split(&[2], None, shown), &li).await, "not_yours");
        let nobody = shop.store.split_case(Uuid::max(), &split(&[2], None, 1), &wang, at(170)).await.unwrap();
        assert!(nobody.is_none());
        assert_eq!(shop.store.case_summary(id).await.unwrap().unwrap().alert_count, 3);
    }
}

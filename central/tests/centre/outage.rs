//! Boxes that are gone and cameras that see nothing become cases.

use xunge_alert::{BlindCause, CameraState, EdgeState, Status, Watch};
use xunge_central::case::State;
use xunge_central::intake::message::Inbound;
use xunge_central::store::{CaseFilter, Patience, Quiet, Window};
use xunge_central::view::CaseSummary;

use crate::support::{EDGE, Kind, SITE, Shop, at, on_both};

async fn says(shop: &Shop, state: EdgeState, secs: i64) {
    let status = Status {
        version: xunge_alert::VERSION,
        edge: EDGE.into(),
        state,
        since_utc: at(secs),
        software: "test".into(),
        outbox_depth: 0,
    };
    shop.store.take(&[Inbound::Status { site: SITE.into(), status }], at(secs)).await.unwrap();
}

async fn camera(shop: &Shop, watch: Watch, secs: i64) {
    let state = CameraState {
        version: xunge_alert::VERSION,
        edge: EDGE.into(),
        camera: "gate-east".into(),
        name: "东门".into(),
        watch,
        since_utc: at(secs),
        cause: (watch == Watch::Blind).then_some(BlindCause::Unreachable),
        detail: None,
        view: None,
        view_since_utc: None,
        suspended_rules: Vec::new(),
        strained_since_utc: None,
    };
    shop.store.take(&[Inbound::Camera { site: SITE.into(), state }], at(secs)).await.unwrap();
}

async fn look(shop: &Shop, secs: i64) -> usize {
    shop.store.watch_outages(Patience::default(), at(secs)).await.unwrap().len()
}

async fn cases(shop: &Shop) -> Vec<CaseSummary> {
    shop.store.list_cases(&CaseFilter { limit: 50, ..CaseFilter::default() }).await.unwrap().0
}

on_both! {
    async fn a_box_that_stays_away_is_one_case_until_it_is_back(kind: Kind) {
        let shop = Shop::of(kind).await;
        says(&shop, EdgeState::Online, 0).await;
        camera(&shop, Watch::Blind, 1).await;
        says(&shop, EdgeState::Offline, 10).await;
        assert_eq!(look(&shop, 309).await, 0, "it may still be starting anew");
        assert_eq!(look(&shop, 310).await, 1);
        assert_eq!(look(&shop, 5000).await, 0, "once, and its cameras are no news");
        let found = cases(&shop).await;
        let [case] = &found[..] else { panic!("{found:?}") };
        assert_eq!((case.behavior.as_str(), case.severity, case.state), ("box_offline", 3, State::Verifying));
        assert_eq!((case.site.as_str(), case.since_utc, case.ended_utc), (SITE, at(10), None));
        says(&shop, EdgeState::Online, 6000).await;
        assert_eq!(look(&shop, 6001).await, 2, "it is back, and its camera still sees nothing");
        let found = cases(&shop).await;
        assert_eq!(found.iter().find(|other| other.id == case.id).unwrap().ended_utc, Some(at(6001)));
        says(&shop, EdgeState::Offline, 7000).await;
        assert_eq!(look(&shop, 7300).await, 1, "another time is another case");
        assert_eq!(cases(&shop).await.len(), 3);
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }

    async fn a_camera_that_sees_nothing_is_a_case_but_not_while_somebody_works_on_it(kind: Kind) {
        let shop = Shop::of(kind).await;
        says(&shop, EdgeState::Online, 0).await;
        camera(&shop, Watch::Blind, 10).await;
        assert_eq!(look(&shop, 909).await, 0);
        let window = Window {
            edge: EDGE.into(),
            camera: None,
            rule: None,
            reason: "换摄像机".into(),
            from_utc: at(800),
            until_utc: at(2000),
        };
        shop.store.hold_back(Quiet::Maintenance, &window, "an", at(800)).await.unwrap();
        assert_eq!(look(&shop, 1500).await, 0, "somebody works on it");
        assert_eq!(look(&shop, 2001).await, 1);
        camera(&shop, Watch::Watching, 2100).await;
        assert_eq!(look(&shop, 2101).await, 1);
        assert_eq!(cases(&shop).await[0].ended_utc, Some(at(2101)));
        let never = Patience { of_box: None, of_camera: None };
        camera(&shop, Watch::Blind, 2200).await;
        assert!(shop.store.watch_outages(never, at(9000)).await.unwrap().is_empty());
    }
}

//! The store: one row per happening, gaps, cases, boxes, people.

use proptest::prelude::*;
use uuid::Uuid;
use xunge_alert::{CameraState, EvidenceKind, Severity, Watch};
use xunge_central::case::guard::{Post, Role};
use xunge_central::case::{Change, Reason, State, Verdict};
use xunge_central::intake::message::{BadMessage, Inbound, Sender};
use xunge_central::store::{CaseFilter, StoredEvidence};

use crate::support::{
    EDGE, Kind, OUTBOX, SITE, Shop, alert, all_inbound, at, decided, ended, evidence, guard, inbound,
    on_both, settings,
};

fn everything() -> CaseFilter {
    CaseFilter { limit: 200, ..CaseFilter::default() }
}

fn false_alarm() -> Change {
    decided(Verdict::FalseAlarm, Some(Reason::Animal))
}

on_both! {
    async fn a_happening_is_one_row_however_often_and_in_whatever_order_it_comes(kind: Kind) {
        let shop = Shop::of(kind).await;
        let messages = [ended(alert(1, 3, 3, 0)), alert(1, 1, 1, 0), alert(1, 2, 2, 0), alert(1, 1, 1, 0)];
        for message in &messages {
            let taken = shop.store.take(&[inbound(message)], at(10)).await.unwrap();
            assert_eq!(taken.confirms[0].2.confirmed, [message.seq], "a repeat is confirmed again");
        }
        assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, 1);
        assert_eq!(shop.number("SELECT revision FROM alert").await, 3);
        assert_eq!(shop.number("SELECT COUNT(*) FROM alert_message").await, 3);
        let (cases, next) = shop.store.list_cases(&everything()).await.unwrap();
        assert_eq!((cases.len(), next), (1, None));
        assert_eq!(cases[0].ended_utc, Some(at(3)));
        assert_eq!(cases[0].state, State::Verifying);
    }
}

on_both! {
    async fn a_missing_number_is_shown_with_its_time_and_vanishes_when_it_comes(kind: Kind) {
        let shop = Shop::of(kind).await;
        shop.store.take(&all_inbound(&[alert(1, 2, 1, 0), alert(2, 7, 1, 0)]), at(5)).await.unwrap();
        let edge = shop.store.edges(None).await.unwrap().remove(0);
        assert_eq!(edge.missing, [1, 3, 4, 5, 6]);
        assert_eq!((edge.missing_count, edge.last_seq), (5, Some(7)));
        assert_eq!(edge.gaps[1].since_utc, at(5));

        shop.store.take(&[inbound(&alert(3, 5, 1, 0))], at(9)).await.unwrap();
        let edge = shop.store.edges(None).await.unwrap().remove(0);
        assert_eq!(edge.missing, [1, 3, 4, 6]);
        assert!(edge.gaps.iter().all(|gap| gap.since_utc == at(5)), "the time of notice stays");

        let rest: Vec<_> = [1, 3, 4, 6].map(|seq| alert(10 + u128::from(seq), seq, 1, 0)).into();
        shop.store.take(&all_inbound(&rest), at(9)).await.unwrap();
        let edge = shop.store.edges(None).await.unwrap().remove(0);
        assert!(edge.missing.is_empty() && edge.gaps.is_empty());
    }
}

on_both! {
    async fn a_number_far_ahead_costs_one_row(kind: Kind) {
        let shop = Shop::of(kind).await;
        let far = u64::try_from(i64::MAX).unwrap();
        shop.store.take(&[inbound(&alert(1, far, 1, 0))], at(5)).await.unwrap();
        assert_eq!(shop.number("SELECT COUNT(*) FROM gap").await, 1);
        let edge = shop.store.edges(None).await.unwrap().remove(0);
        assert_eq!((edge.missing.len(), edge.missing_count), (100, far - 1));
    }
}

on_both! {
    async fn a_number_that_is_used_twice_keeps_its_first_message(kind: Kind) {
        let shop = Shop::of(kind).await;
        shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();
        let taken = shop.store.take(&[inbound(&alert(2, 1, 1, 0))], at(2)).await.unwrap();
        let confirm = &taken.confirms[0].2;
        assert!(confirm.confirmed.is_empty());
        assert_eq!(confirm.refused[0].seq, 1);
        assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, 1);
        assert_eq!(shop.store.quarantined().await.unwrap(), 1);
    }
}

on_both! {
    async fn a_bad_message_is_kept_once_and_is_no_gap(kind: Kind) {
        let shop = Shop::of(kind).await;
        let bad = Inbound::Bad(BadMessage {
            topic: "xunge/v1/420502001001/gw-0001/alert".into(),
            payload: vec![b'x'; 100_000],
            reason: "it is not JSON".into(),
            sender: Some(Sender { site: SITE.into(), edge: EDGE.into(), outbox: OUTBOX, seq: 2 }),
        });
        let batch = [inbound(&alert(1, 1, 1, 0)), bad.clone(), bad, inbound(&alert(3, 3, 1, 0))];
        let taken = shop.store.take(&batch, at(5)).await.unwrap();
        let confirm = &taken.confirms[0].2;
        assert_eq!(confirm.confirmed, [1, 3]);
        assert_eq!(confirm.refused.len(), 1, "the good ones behind it are not held up");
        assert_eq!(shop.number("SELECT COUNT(*) FROM quarantine").await, 1);
        assert_eq!(shop.number("SELECT times FROM quarantine").await, 2);
        assert_eq!(shop.number("SELECT LENGTH(payload) FROM quarantine").await, 65_536);
        assert!(shop.store.edges(None).await.unwrap()[0].missing.is_empty());
    }
}

on_both! {
    async fn a_box_without_a_clock_is_heard_at_the_centres_time_and_looked_at_later(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut batch = Vec::new();
        for (n, at) in [(1, "1970-01-01T00:00:10Z"), (2, "2100-01-01T00:00:00Z")] {
            let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
            one.camera = format!("c{n}");
            one.utc = at.parse().unwrap();
            one.since_utc = one.utc - jiff::SignedDuration::from_secs(8);
            batch.push(one);
        }
        let taken = shop.store.take(&all_inbound(&batch), at(50)).await.unwrap();
        assert_eq!(taken.confirms[0].2.confirmed, [1, 2], "it is never lost");
        for case in shop.store.list_cases(&everything()).await.unwrap().0 {
            assert_eq!((case.since_utc, case.late), (at(42), false), "it rings now");
        }
        assert_eq!(shop.store.quarantined().await.unwrap(), 2);
        let why = shop.store.alert_why(EDGE, Uuid::from_u128(1)).await.unwrap().unwrap();
        assert!(matches!(why.path[1], xunge_central::incident::Step::ClockWrong { .. }), "{:?}", why.path);
        let kept = shop.store.quarantine(None, None, 10).await.unwrap();
        assert!(kept.iter().all(|(_, message)| message.reason.contains("cannot be right")));
    }
}

on_both! {
    async fn alerts_of_one_episode_make_one_case(kind: Kind) {
        let shop = Shop::of(kind).await;
        let one = ended(alert(1, 1, 1, 0));
        let mut second = ended(alert(2, 2, 1, 40));
        second.score = 0.9;
        second.bounds = [0.1, 0.2, 0.3, 0.4];
        let much_later = alert(3, 3, 1, 400);
        shop.store.take(&all_inbound(&[one, second, much_later]), at(401)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[1].alert_count, 2);
        assert!((cases[1].score - 0.9).abs() < 1e-6, "the best score");
        assert_eq!(cases[1].bounds, [0.1, 0.2, 0.3, 0.4], "and where it was");
        assert_eq!((cases[1].since_utc, cases[1].ended_utc), (at(0), Some(at(41))));
        let detail = shop.store.case_detail(cases[1].id, &guard("wang"), at(0)).await.unwrap().unwrap();
        assert_eq!(detail.alerts.len(), 2);
        assert_eq!(detail.log.len(), 3, "registered, verifying, joined: {:?}", detail.log);
    }
}

on_both! {
    async fn text_comes_back_as_it_was_said_whatever_it_holds(kind: Kind) {
        let shop = Shop::of(kind).await;
        let odd = ["NULL", "", "{a,\"b\"}", "back\\slash\\", "\"", "'; DROP TABLE case_; --", "两\n行\t", " $1 ? "];
        let mut batch = Vec::new();
        for (n, name) in (1_u64..).zip(odd) {
            let mut one = alert(u128::from(n), n, 1, 0);
            one.camera = format!("c{n}");
            one.camera_name = name.into();
            batch.push(one);
        }
        shop.store.take(&all_inbound(&batch), at(0)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        let names: Vec<&str> = cases.iter().rev().map(|case| case.camera_name.as_str()).collect();
        assert_eq!(names, odd);
    }
}

on_both! {
    async fn many_cases_are_told_of_in_one_batch(kind: Kind) {
        let shop = Shop::of(kind).await;
        // more than are written out one by one in a statement
        let begun: Vec<_> = (1..=40_u64)
            .map(|n| {
                let mut one = alert(u128::from(n), n, 1, 0);
                one.camera = format!("c{n}");
                one
            })
            .collect();
        shop.store.take(&all_inbound(&begun), at(0)).await.unwrap();
        let told: Vec<_> = begun
            .into_iter()
            .map(|mut one| {
                (one.seq, one.revision, one.utc) = (one.seq + 40, 2, at(9));
                ended(one)
            })
            .collect();
        shop.store.take(&all_inbound(&told), at(10)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        assert_eq!(cases.len(), 40);
        assert!(cases.iter().all(|case| case.ended_utc == Some(at(9)) && case.alert_count == 1));
    }
}

on_both! {
    async fn another_zone_camera_rule_or_urgency_is_another_case(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut batch: Vec<_> = (1..=5).map(|n| alert(n, u64::try_from(n).unwrap(), 1, 0)).collect();
        batch[1].zone = None;
        batch[2].camera = "gate-west".into();
        batch[3].rule = "other".into();
        batch[4].severity = Severity::P1;
        shop.store.take(&all_inbound(&batch), at(1)).await.unwrap();
        assert_eq!(shop.number("SELECT COUNT(*) FROM case_").await, 5);
    }
}

on_both! {
    async fn nothing_joins_a_case_that_was_decided_but_its_own_alert_may_still_end(kind: Kind) {
        let shop = Shop::of(kind).await;
        let first = alert(1, 1, 1, 0);
        shop.store.take(&[inbound(&first)], at(1)).await.unwrap();
        let case = shop.store.list_cases(&everything()).await.unwrap().0.remove(0);
        shop.store.change_case(case.id, false_alarm(), &guard("wang"), case.version, at(2)).await.unwrap().unwrap();
        shop.store.take(&[inbound(&alert(2, 2, 1, 3)), inbound(&ended(alert(1, 3, 2, 0)))], at(4)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[1].state, State::Rejected);
        assert_eq!(cases[1].ended_utc, Some(at(2)));
        assert_eq!(cases[0].state, State::Verifying);
        assert!(shop.store.verify_chain().await.unwrap().problems.is_empty());
    }
}

on_both! {
    async fn case_numbers_count_per_district_and_day(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut batch = Vec::new();
        for (n, site) in [(1_u128, SITE), (2, SITE), (3, "420503001001")] {
            let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
            one.edge = format!("gw-{n}");
            one.site = site.into();
            batch.push(one);
        }
        shop.store.take(&all_inbound(&batch), at(0)).await.unwrap();
        let mut next_day = alert(4, 1, 1, 86_400);
        next_day.edge = "gw-4".into();
        shop.store.take(&[inbound(&next_day)], at(86_400)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        let numbers: Vec<&str> = cases.iter().map(|case| case.number.as_str()).collect();
        assert_eq!(
            numbers,
            ["4205022026112400001", "4205032026112300001", "4205022026112300002", "4205022026112300001"]
        );
    }
}

on_both! {
    async fn the_list_goes_on_page_by_page(kind: Kind) {
        let shop = Shop::of(kind).await;
        let batch: Vec<_> = (1..=7)
            .map(|n| {
                let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
                one.camera = format!("c{n}");
                one
            })
            .collect();
        shop.store.take(&all_inbound(&batch), at(0)).await.unwrap();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let filter = CaseFilter { states: vec![State::Verifying], before, limit: 3, ..CaseFilter::default() };
            let (cases, next) = shop.store.list_cases(&filter).await.unwrap();
            seen.extend(cases.into_iter().map(|case| case.camera));
            before = next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["c7", "c6", "c5", "c4", "c3", "c2", "c1"]);
        let filed = CaseFilter { states: vec![State::Filed], ..everything() };
        assert!(shop.store.list_cases(&filed).await.unwrap().0.is_empty());
    }
}

on_both! {
    async fn late_means_more_than_five_minutes(kind: Kind) {
        let shop = Shop::of(kind).await;
        let (mut one, mut two) = (alert(1, 1, 1, 0), alert(2, 2, 1, 0));
        one.camera = "a".into();
        two.camera = "b".into();
        shop.store.take(&[inbound(&one)], at(301)).await.unwrap();
        shop.store.take(&[inbound(&two)], at(302)).await.unwrap();
        let (cases, _) = shop.store.list_cases(&everything()).await.unwrap();
        assert_eq!([cases[1].late, cases[0].late], [false, true]);
    }
}

on_both! {
    async fn a_camera_that_was_turned_away_is_one_until_it_says_otherwise(kind: Kind) {
        let shop = Shop::of(kind).await;
        let sample = include_str!("../../../alert/samples/v1/camera-state-moved.json");
        let mut state: CameraState = serde_json::from_str(sample).unwrap();
        let take = |state: &CameraState| [Inbound::Camera { site: SITE.into(), state: state.clone() }];
        shop.store.take(&take(&state), at(1)).await.unwrap();
        let shown = shop.store.cameras(Some(EDGE), None).await.unwrap().remove(0);
        assert_eq!((shown.watch.as_str(), shown.view.as_deref()), ("watching", Some("moved")));
        assert_eq!(shown.view_since_utc, state.view_since_utc);
        assert_eq!(shown.suspended_rules, ["lawn-night", "gate-loiter"]);
        // a box that knows nothing of views, or has no rule for them
        (state.view, state.view_since_utc, state.suspended_rules) = (None, None, vec![]);
        shop.store.take(&take(&state), at(2)).await.unwrap();
        let shown = shop.store.cameras(Some(EDGE), None).await.unwrap().remove(0);
        assert_eq!((shown.view, shown.view_since_utc, shown.suspended_rules), (None, None, vec![]));
        // a box that is too slow says it, and when that is over
        for strained in [Some(at(3)), None] {
            state.strained_since_utc = strained;
            shop.store.take(&take(&state), at(4)).await.unwrap();
            let shown = shop.store.cameras(Some(EDGE), None).await.unwrap().remove(0);
            assert_eq!(shown.strained_since_utc, strained);
        }
    }
}

on_both! {
    async fn blind_intervals_are_kept(kind: Kind) {
        let shop = Shop::of(kind).await;
        let state = |watch, since: i64, cause: Option<&str>| Inbound::Camera {
            site: SITE.into(),
            state: CameraState {
                version: 1,
                edge: EDGE.into(),
                camera: "gate".into(),
                name: "东门".into(),
                watch,
                cause: cause.map(|name| serde_json::from_value(name.into()).unwrap()),
                detail: None,
                since_utc: at(since),
                view: None,
                view_since_utc: None,
                suspended_rules: Vec::new(),
                strained_since_utc: None,
            },
        };
        let told = [
            state(Watch::Starting, 0, None),
            state(Watch::Blind, 1, Some("unreachable")),
            state(Watch::Blind, 1, Some("unreachable")),
            state(Watch::Blind, 5, Some("stalled")),
            state(Watch::Starting, 6, None),
            state(Watch::Watching, 9, None),
        ];
        for one in &told[..5] {
            shop.store.take(std::slice::from_ref(one), at(10)).await.unwrap();
        }
        let blind = shop.store.blind_intervals(EDGE, "gate").await.unwrap();
        assert_eq!(blind[0], (at(1), Some(at(5)), "unreachable".into()));
        assert_eq!(blind[1], (at(5), None, "stalled".into()), "starting sees nothing yet");
        shop.store.take(&told[5..], at(10)).await.unwrap();
        assert_eq!(shop.store.blind_intervals(EDGE, "gate").await.unwrap()[1].1, Some(at(9)));
        let cameras = shop.store.cameras(None, None).await.unwrap();
        assert_eq!((cameras.len(), cameras[0].watch.as_str()), (1, "watching"));
    }
}

on_both! {
    async fn a_snapshot_is_shown_once_it_is_stored(kind: Kind) {
        let shop = Shop::of(kind).await;
        let sha = "ab".repeat(32);
        let mut one = alert(1, 1, 1, 0);
        one.evidence = vec![evidence(EvidenceKind::Snapshot, &sha, 3)];
        shop.store.take(&[inbound(&one)], at(0)).await.unwrap();
        let case = shop.store.list_cases(&everything()).await.unwrap().0.remove(0);
        assert_eq!(case.snapshot, None);
        let file = StoredEvidence { sha256: sha.clone(), bytes: 3, media_type: "image/jpeg".into() };
        shop.store.evidence_stored(EDGE, &file, at(1)).await.unwrap();
        shop.store.evidence_stored(EDGE, &file, at(1)).await.unwrap();
        let detail = shop.store.case_detail(case.id, &guard("wang"), at(0)).await.unwrap().unwrap();
        assert_eq!(detail.summary.snapshot.as_ref(), Some(&sha));
        assert!(detail.alerts[0].evidence[0].stored);
        assert_eq!(shop.store.cases_with(&sha).await.unwrap(), [case.id]);
    }
}

on_both! {
    async fn enrolling_again_voids_what_was_before(kind: Kind) {
        let shop = Shop::of(kind).await;
        let first = shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        assert!(shop.store.edge_token_is(EDGE, &first).await.unwrap());
        assert!(!shop.store.edge_token_is("gw-0002", &first).await.unwrap());
        let second = shop.store.enroll(SITE, EDGE, "02", at(1)).await.unwrap();
        assert!(!shop.store.edge_token_is(EDGE, &first).await.unwrap());
        assert!(shop.store.edge_token_is(EDGE, &second).await.unwrap());
        assert_eq!(shop.store.enrolled().await.unwrap()[EDGE], "02");
        let kept: String =
            sqlx::query_scalar("SELECT token_hash FROM edge").fetch_one(&shop.raw().await).await.unwrap();
        assert!(kept.len() == 64 && kept != second, "the token itself is not stored");
    }
}

on_both! {
    async fn a_session_ends_by_time_by_logout_and_by_a_new_password(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let post = Post { role: Role::Operator, region: None };
        assert!(store.add_user("wang", std::slice::from_ref(&post), "hash", at(0)).await.unwrap());
        assert!(!store.add_user("wang", &[], "hash", at(0)).await.unwrap());
        for id in ["a", "b", "c"] {
            store.begin_session(id, "wang", at(0), at(100)).await.unwrap();
        }
        assert_eq!(store.session("a", at(99)).await.unwrap().unwrap().posts, [post]);
        assert!(store.session("a", at(100)).await.unwrap().is_none());
        store.end_session("b").await.unwrap();
        assert!(store.session("b", at(1)).await.unwrap().is_none());
        assert!(store.set_password("wang", "new", at(2)).await.unwrap());
        assert!(store.session("c", at(3)).await.unwrap().is_none());
        assert!(!store.set_password("li", "new", at(2)).await.unwrap());
    }
}

on_both! {
    async fn what_was_committed_is_there_after_opening_again(kind: Kind) {
        let shop = Shop::of(kind).await;
        shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(0)).await.unwrap();
        // no close: as after SIGKILL
                let again = xunge_central::store::Store::open(&shop.place, settings()).await.unwrap();
        assert_eq!(again.list_cases(&everything()).await.unwrap().0.len(), 1);
    }
}

/// Five happenings of up to three messages each, as a box numbers them.
fn messages() -> Vec<xunge_alert::Alert> {
    let mut all = Vec::new();
    for id in 1..=5_u128 {
        for revision in 1..=3_u32 {
            let seq = u64::try_from(all.len() + 1).unwrap();
            let one = alert(id, seq, revision, i64::try_from(id).unwrap() * 45);
            all.push(if revision == 3 { ended(one) } else { one });
        }
    }
    all
}

/// Whatever order, repeats and batches: the end is the same.
async fn comes_out_the_same(kind: Kind, order: &[usize], batch: usize, rest: &[usize]) {
    let shop = Shop::of(kind).await;
    let all = messages();
    let mut came = std::collections::BTreeSet::new();
    for part in order.chunks(batch) {
        let alerts: Vec<_> = part.iter().map(|n| all[*n].clone()).collect();
        let taken = shop.store.take(&all_inbound(&alerts), at(600)).await.unwrap();
        let mut confirmed = taken.confirms[0].2.confirmed.clone();
        confirmed.sort_unstable();
        let mut expected: Vec<u64> = alerts.iter().map(|alert| alert.seq).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(confirmed, expected);
        came.extend(expected);
    }
    // what is missing is exactly what has not come below the highest
    let highest = came.last().copied().unwrap_or(0);
    let missing: Vec<u64> = (1..highest).filter(|seq| !came.contains(seq)).collect();
    let edges = shop.store.edges(None).await.unwrap();
    assert_eq!(edges.first().map(|edge| edge.missing.clone()).unwrap_or_default(), missing);

    for part in rest.chunks(batch) {
        let alerts: Vec<_> = part.iter().map(|n| all[*n].clone()).collect();
        shop.store.take(&all_inbound(&alerts), at(600)).await.unwrap();
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert WHERE revision = 3").await, 5);
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert_message").await, 15);
    assert_eq!(shop.number("SELECT COUNT(*) FROM gap").await, 0);
    let report = shop.store.verify_chain().await.unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let alerts: u64 =
        shop.store.list_cases(&everything()).await.unwrap().0.iter().map(|c| c.alert_count).sum();
    assert_eq!(alerts, 5, "every happening is in one case");
    shop.store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 50, ..ProptestConfig::default() })]
    #[test]
    fn order_repeats_and_batches_do_not_matter(
        order in prop::collection::vec(0_usize..15, 0..40),
        batch in 1_usize..8,
        rest in Just((0_usize..15).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for kind in [Kind::Sqlite, Kind::Postgres] {
            runtime.block_on(comes_out_the_same(kind, &order, batch, &rest));
        }
    }
}

on_both! {
    async fn a_decision_needs_the_version_that_was_on_screen(kind: Kind) {
        let shop = Shop::of(kind).await;
        shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();
        let case = shop.store.list_cases(&everything()).await.unwrap().0.remove(0);
        let old = shop.store.change_case(case.id, false_alarm(), &guard("wang"), case.version - 1, at(2)).await;
        assert!(old.unwrap_err().to_string().contains("look at it again"));
        assert!(shop.store.change_case(Uuid::nil(), false_alarm(), &guard("wang"), 2, at(2)).await.unwrap().is_none());
        shop.store.change_case(case.id, false_alarm(), &guard("wang"), case.version, at(2)).await.unwrap().unwrap();
        let again = shop.store.change_case(case.id, false_alarm(), &guard("li"), case.version, at(3)).await;
        assert!(again.unwrap_err().to_string().contains("already been decided by wang"));
        let detail = shop.store.case_detail(case.id, &guard("wang"), at(0)).await.unwrap().unwrap();
        assert_eq!(detail.verdict.unwrap().by, "wang");
        assert_eq!(detail.log.len(), 3, "a refused change leaves nothing in the log");
    }
}

//! Cases in the store: changes, deadlines, lists by region.

use std::collections::BTreeMap;

use uuid::Uuid;
use xunge_alert::Severity;
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::case::{Assignee, Change, Fix, Moment, Picture, Reason, Stage, State, Verdict, Work};
use xunge_central::org::{Level, Region};
use xunge_central::store::{CaseFilter, Store, StoreError, StoredEvidence};
use xunge_central::view::CaseSummary;

use crate::support::{EDGE, Kind, SITE, Shop, alert, at, decided, everywhere, inbound, on_both, settings};

fn everything() -> CaseFilter {
    CaseFilter { limit: 200, ..CaseFilter::default() }
}

async fn cases(store: &Store, filter: &CaseFilter) -> Vec<CaseSummary> {
    store.list_cases(filter).await.unwrap().0
}

/// Makes a case of urgency `severity` at `secs`, and gives its id.
async fn case(shop: &Shop, n: u64, severity: u8, secs: i64) -> Uuid {
    let mut one = alert(u128::from(n), n, 1, secs);
    one.camera = format!("c{n}");
    one.severity = Severity::try_from(severity).unwrap();
    let taken = shop.store.take(&[inbound(&one)], at(secs + 1)).await.unwrap();
    assert_eq!(taken.news.cases.len(), 1);
    // whom cases go to; there from the first case on
    let post = Post { role: Role::GridWorker, region: None };
    shop.store.add_user("li", &[post], "!", at(0)).await.unwrap();
    *taken.news.cases.first().unwrap()
}

fn of(name: &str, role: Role, region: &str) -> Actor {
    Actor { name: name.into(), posts: vec![Post { role, region: Some(Region::parse(region).unwrap()) }] }
}

/// Makes a change against what is there now.
async fn step(shop: &Shop, id: Uuid, change: Change, who: &Actor, secs: i64) -> Result<State, StoreError> {
    let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
    // clocks tell more than the log keeps
    let now = at(secs) + jiff::SignedDuration::from_nanos(123_456_789);
    let record = shop.store.change_case(id, change, who, shown, now).await?;
    Ok(record.unwrap().case.state)
}

fn done(excuse: &str) -> Change {
    Change::Handled(Work {
        note: "已处理".into(),
        pictures: Vec::new(),
        fix: None,
        distance_m: None,
        excuse: Some(excuse.into()),
    })
}

fn to_community() -> Change {
    Change::Dispatched {
        to: Assignee { region: Region::parse(SITE).unwrap(), user: Some("li".into()) },
        note: None,
    }
}

on_both! {
    async fn a_case_goes_its_whole_way_and_the_log_proves_it(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 2, 0).await;
        let room = of("wang", Role::Operator, SITE);
        let dispatcher = of("chen", Role::Dispatcher, "420502001");
        let worker = of("li", Role::GridWorker, SITE);
        let inspector = of("zhao", Role::Inspector, "420502");
        let way = [
            (Change::Taken, &room, State::Verifying),
            (decided(Verdict::Real, None), &room, State::Filed),
            (to_community(), &dispatcher, State::Dispatched),
            (Change::Accepted, &worker, State::Handling),
            (done("无照片"), &worker, State::Checking),
            (Change::Checked { passed: true, note: None }, &inspector, State::Closed),
        ];
        for (secs, (change, who, state)) in (10..).zip(way) {
            assert_eq!(step(&shop, id, change, who, secs).await.unwrap(), state);
        }
        let summary = shop.store.case_summary(id).await.unwrap().unwrap();
        assert_eq!((summary.state, summary.handler.as_deref(), summary.due_utc), (State::Closed, Some("li"), None));
        assert_eq!(shop.number("SELECT COUNT(*) FROM timer").await, 0, "nothing runs on a closed case");
        assert_eq!(shop.number("SELECT COUNT(*) FROM case_ WHERE open_ = 1").await, 0);
        let report = shop.store.verify_chain().await.unwrap();
        assert_eq!((report.entries, report.problems), (8, Vec::<String>::new()));
    }

    async fn a_case_goes_to_nobody_who_is_not_there(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 2, 0).await;
        let chen = everywhere("chen", Role::Acceptor);
        step(&shop, id, decided(Verdict::Real, None), &chen, 5).await.unwrap();
        let to = |user: &str| Change::Dispatched {
            to: Assignee { region: Region::parse(SITE).unwrap(), user: Some(user.into()) },
            note: None,
        };
        let refused = step(&shop, id, to("lii"), &chen, 6).await.unwrap_err();
        assert!(refused.to_string().contains("nobody who may log in"), "{refused}");
        shop.store.disable_user("li", true, at(6)).await.unwrap();
        assert!(step(&shop, id, to("li"), &chen, 7).await.is_err(), "nor to who may not log in");
        assert_eq!(shop.store.case_summary(id).await.unwrap().unwrap().state, State::Filed, "nothing was written");
        shop.store.disable_user("li", false, at(7)).await.unwrap();
        assert_eq!(step(&shop, id, to("li"), &chen, 8).await.unwrap(), State::Dispatched);
    }

    async fn a_picture_that_is_not_here_proves_nothing(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 2, 0).await;
        let li = everywhere("li", Role::Acceptor);
        for change in [decided(Verdict::Real, None), to_community(), Change::Accepted] {
            step(&shop, id, change, &li, 5).await.unwrap();
        }
        let sha256 = "b".repeat(64);
        let work = || Change::Handled(Work {
            note: "已处理".into(),
            pictures: vec![sha256.clone()],
            fix: None,
            distance_m: None,
            excuse: None,
        });
        let refused = step(&shop, id, work(), &li, 6).await.unwrap_err();
        assert!(refused.to_string().contains("has not been stored"), "{refused}");
        let file = StoredEvidence { sha256: sha256.clone(), bytes: 4, media_type: "image/jpeg".into() };
        shop.store.evidence_stored(EDGE, &file, at(7)).await.unwrap();
        let refused = step(&shop, id, work(), &li, 8).await.unwrap_err();
        assert!(refused.to_string().contains("has not been stored"), "a picture of something else: {refused}");
        let picture = Picture {
            sha256: sha256.clone(),
            bytes: 4,
            moment: Moment::After,
            original: "c".repeat(64),
            fix: Some(Fix { lon: 111.3, lat: 30.7 }),
        };
        let other = everywhere("sun", Role::Acceptor);
        let refused = shop.store.add_picture(id, picture.clone(), &other, at(8)).await.unwrap_err();
        assert!(refused.to_string().contains("whoever has taken the case on"), "{refused}");
        let before = shop.store.case_summary(id).await.unwrap().unwrap().version;
        for _ in 0..2 {
            assert!(shop.store.add_picture(id, picture.clone(), &li, at(8)).await.unwrap().is_some());
        }
        let detail = shop.store.case_detail(id, &li, at(8)).await.unwrap().unwrap();
        assert_eq!(detail.summary.version, before, "nobody's screen is out of date by a picture");
        assert!(detail.may.contains(&"pictured"));
        let shown: Vec<_> = detail.pictures.iter().map(|one| (one.sha256.as_str(), one.by.as_str(), one.stored)).collect();
        assert_eq!(shown, [(sha256.as_str(), "li", true)], "the same picture again is one");
        assert_eq!(shop.store.evidence_regions(&sha256).await.unwrap(), [Region::parse(SITE).unwrap()]);
        assert_eq!(step(&shop, id, work(), &li, 9).await.unwrap(), State::Checking);
        let late = shop.store.add_picture(id, Picture { sha256: "d".repeat(64), ..picture }, &li, at(10)).await;
        assert!(late.is_err(), "what was handed in is not added to");
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }

    async fn posts_of_another_region_or_role_change_nothing(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 2, 0).await;
        let before = shop.number("SELECT COUNT(*) FROM case_log").await;
        for who in [
            of("x", Role::Operator, "420503"),
            of("x", Role::GridWorker, SITE),
            of("x", Role::Admin, "420502001002"),
            Actor { name: "x".into(), posts: Vec::new() },
        ] {
            let refused = step(&shop, id, decided(Verdict::Real, None), &who, 5).await.unwrap_err();
            assert!(refused.to_string().contains("your posts do not include it"), "{refused}");
        }
        assert_eq!(shop.number("SELECT COUNT(*) FROM case_log").await, before);
    }

    async fn a_list_is_narrowed_to_numbers_and_to_when_cases_were_registered(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut ids = Vec::new();
        for n in 1..=4_u64 {
            ids.push(case(&shop, n, 2, i64::try_from(n).unwrap() * 1000).await);
        }
        let ids = ids;
        let number = shop.store.case_summary(ids[1]).await.unwrap().unwrap().number;
        let found = async |filter: CaseFilter| -> Vec<Uuid> {
            cases(&shop.store, &filter).await.into_iter().map(|case| case.id).collect()
        };
        let numbers = vec![number, "4205029999999999999".into()];
        assert_eq!(found(CaseFilter { numbers, ..everything() }).await, [ids[1]]);
        let (from, until) = (Some(at(2001)), Some(at(4001)));
        assert_eq!(found(CaseFilter { from, until, ..everything() }).await, [ids[2], ids[1]], "from it on, before it");
    }

    async fn a_list_shows_only_the_regions_that_are_asked_for(kind: Kind) {
        let shop = Shop::of(kind).await;
        for (n, site) in [(1, "420502001001"), (2, "420502001002"), (3, "420502002001"), (4, "420503001001")] {
            let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
            one.edge = format!("gw-{n}");
            one.site = site.into();
            shop.store.take(&[inbound(&one)], at(1)).await.unwrap();
        }
        for (regions, wanted) in [
            (None, 4),
            (Some(vec!["4205"]), 4),
            (Some(vec!["420502"]), 3),
            (Some(vec!["420502001"]), 2),
            (Some(vec!["420502001001"]), 1),
            (Some(vec!["420502001001", "420503"]), 2),
            (Some(vec!["420502001001001"]), 0),
            (Some(vec![]), 0),
        ] {
            let regions = regions.map(|codes| codes.iter().map(|code| Region::parse(code).unwrap()).collect());
            let counts = shop.store.counts(regions.as_deref(), at(1)).await.unwrap();
            let filter = CaseFilter { regions, ..everything() };
            assert_eq!(cases(&shop.store, &filter).await.len(), wanted, "{filter:?}");
            assert_eq!(counts.open, u64::try_from(wanted).unwrap());
        }
    }

    async fn states_people_and_regions_together_find_what_each_finds(kind: Kind) {
        let shop = Shop::of(kind).await;
        let sites = ["420502001001", "420502001002", "420502002001", "420503001001"];
        for n in 0..12_usize {
            let mut one = alert(n as u128 + 1, n as u64 + 1, 1, 0);
            one.edge = format!("gw-{n}");
            one.site = sites[n % 4].into();
            let taken = shop.store.take(&[inbound(&one)], at(1)).await.unwrap();
            let id = *taken.news.cases.first().unwrap();
            let room = everywhere(["wang", "zhou"][n % 2], Role::Operator);
            let ways = [vec![], vec![Change::Taken], vec![Change::Taken, decided(Verdict::FalseAlarm, Some(Reason::Light))]];
            for change in ways[n / 4].clone() {
                step(&shop, id, change, &room, 2).await.unwrap();
            }
        }
        if kind == Kind::Sqlite {
            // what SQLite guesses from its tables changes no list
            shop.store.refresh_plans().await.unwrap();
            assert!(shop.number("SELECT COUNT(*) FROM sqlite_stat1").await > 0);
        }
        let all = cases(&shop.store, &everything()).await;
        assert_eq!(all.len(), 12);
        let states = [vec![], vec![State::Registered], vec![State::Verifying, State::Registered], vec![State::Rejected]];
        let regions = [vec!["4205"], vec!["420502"], vec!["420502001"], vec!["420502001002"], vec!["420502001", "420503"]];
        let mut found = 0;
        for (states, codes, handler) in states.iter().flat_map(|states| {
            regions.iter().flat_map(move |codes| [None, Some("zhou")].map(|handler| (states, codes, handler)))
        }) {
            let filter = CaseFilter {
                states: states.clone(),
                regions: Some(codes.iter().map(|code| Region::parse(code).unwrap()).collect()),
                handler: handler.map(str::to_owned),
                ..everything()
            };
            let fits = |one: &&CaseSummary| {
                (states.is_empty() || states.contains(&one.state))
                    && codes.iter().any(|code| one.region.starts_with(code))
                    && handler.is_none_or(|name| [&one.handler, &one.assignee].into_iter().flatten().any(|held| held == name))
            };
            let wanted: Vec<Uuid> = all.iter().filter(fits).map(|one| one.id).collect();
            let got: Vec<Uuid> = cases(&shop.store, &filter).await.into_iter().map(|one| one.id).collect();
            assert_eq!(got, wanted, "{filter:?}");
            found += got.len();
        }
        assert!(found > 40, "{found}");
    }

    async fn a_merged_case_shows_its_master_and_can_be_taken_out_again(kind: Kind) {
        let shop = Shop::of(kind).await;
        let (one, two) = (case(&shop, 1, 2, 0).await, case(&shop, 2, 2, 0).await);
        let room = everywhere("wang", Role::Operator);
        let into = |master| Change::Merged { master, reason: Some("同一起".into()) };
        for nonsense in [one, Uuid::max()] {
            assert!(step(&shop, one, into(nonsense), &room, 5).await.is_err());
        }
        assert_eq!(step(&shop, one, into(two), &room, 6).await.unwrap(), State::Merged);
        assert!(step(&shop, two, into(one), &room, 7).await.is_err(), "not into what is merged itself");
        let detail = shop.store.case_detail(two, &room, at(8)).await.unwrap().unwrap();
        assert_eq!(detail.merged.iter().map(|case| case.id).collect::<Vec<_>>(), [one]);
        let back = step(&shop, one, Change::Detached { reason: None }, &room, 9).await.unwrap();
        assert_eq!(back, State::Verifying);
    }

    async fn deadlines_fire_once_and_none_is_lost_over_a_restart(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 1, 0).await;
        assert_eq!(shop.store.fire_timers(at(60)).await.unwrap().0, Vec::<Uuid>::new(), "not before its time");
        assert_eq!(shop.store.fire_timers(at(61)).await.unwrap().0, [id]);
        assert_eq!(shop.store.fire_timers(at(61)).await.unwrap().0, Vec::<Uuid>::new());
        let again = Store::open(&shop.place, settings()).await.unwrap();
        // down for a day: what came meanwhile happens now, step by step, each once
        while again.fire_timers(at(86_400)).await.unwrap().1 {}
        let summary = again.case_summary(id).await.unwrap().unwrap();
        assert_eq!((summary.state, summary.told), (State::Verifying, Level::District));
        assert_eq!(fired(&shop).await.values().max(), Some(&1));
        let told = |told| CaseFilter { told: Some(told), ..everything() };
        assert_eq!(cases(&again, &told(Level::District)).await.len(), 1);
        assert_eq!(cases(&again, &told(Level::City)).await.len(), 0);
        assert_eq!(cases(&again, &CaseFilter { late: true, ..everything() }).await.len(), 1);
        assert!(again.verify_chain().await.unwrap().problems.is_empty());
    }

    async fn what_is_late_climbs_the_ladder(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 1, 0).await;
        step(&shop, id, decided(Verdict::Real, None), &everywhere("wang", Role::Operator), 10).await.unwrap();
        step(&shop, id, to_community(), &everywhere("chen", Role::Dispatcher), 20).await.unwrap();
        step(&shop, id, Change::Accepted, &everywhere("li", Role::GridWorker), 30).await.unwrap();
        let mut levels = Vec::new();
        for hours in [1, 2, 3, 4] {
            while shop.store.fire_timers(at(hours * 3600 + 11)).await.unwrap().1 {}
            levels.push(shop.store.case_summary(id).await.unwrap().unwrap().level);
        }
        assert_eq!(levels, [Level::Grid, Level::Community, Level::Street, Level::District]);
        let detail = shop.store.case_detail(id, &everywhere("s", Role::Supervisor), at(0)).await.unwrap().unwrap();
        assert_eq!(detail.case.urges.len(), 3, "督办 at each level");
        assert!(detail.case.late.contains(&Stage::Handle) && detail.may.contains(&"urged"));
    }

    async fn a_case_of_before_the_clocks_gets_them(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case(&shop, 1, 2, 0).await;
        let raw = shop.raw().await;
        let other = "UPDATE version SET value = 1 WHERE what = 'cases'";
        for sql in ["DELETE FROM timer", "UPDATE case_ SET body = NULL, clocks = NULL", other] {
            sqlx::query(sql).execute(&raw).await.unwrap();
        }
        assert_eq!(shop.store.wind_clocks(true, at(100)).await.unwrap(), 1);
        assert_eq!(shop.store.wind_clocks(true, at(100)).await.unwrap(), 0);
        assert_eq!(shop.store.case_summary(id).await.unwrap().unwrap().due_utc, Some(at(280)), "3 min to take it");
        let rejected = decided(Verdict::FalseAlarm, Some(Reason::Animal));
        step(&shop, id, rejected, &everywhere("wang", Role::Operator), 110).await.unwrap();
        assert!(shop.store.verify_chain().await.unwrap().problems.is_empty());
    }

    async fn what_another_centre_wrote_is_read_anew(kind: Kind) {
        let shop = Shop::of(kind).await;
        let other = Store::open(&shop.place, settings()).await.unwrap();
        let id = case(&shop, 1, 2, 0).await;
        let wang = everywhere("wang", Role::Operator);
        step(&shop, id, Change::Taken, &wang, 10).await.unwrap();
        // the first one knows it as taken, and nothing of what comes now
        let shown = other.case_summary(id).await.unwrap().unwrap().version;
        let rejected = decided(Verdict::FalseAlarm, Some(Reason::Animal));
        other.change_case(id, rejected, &wang, shown, at(20)).await.unwrap().unwrap();
        let late = step(&shop, id, Change::Noted { note: "迟到".into() }, &wang, 30).await;
        assert_eq!(late.unwrap(), State::Rejected);
        assert!(shop.store.verify_chain().await.unwrap().problems.is_empty());
        other.close().await;
    }
}

/// How often each deadline of each case stands in the log.
pub async fn fired(shop: &Shop) -> BTreeMap<(String, String), usize> {
    let raw = shop.raw().await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT case_id, change FROM case_log WHERE change LIKE '%\"timer\"%'")
            .fetch_all(&raw)
            .await
            .unwrap();
    raw.close().await;
    let mut fired = BTreeMap::new();
    for key in rows {
        *fired.entry(key).or_insert(0) += 1;
    }
    fired
}

on_both! {
    async fn what_an_alert_says_comes_back_as_it_was(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut first = alert(1, 1, 1, 0);
        // no decimal fraction is exactly this score
        (first.camera_name, first.score) = ("东门 \"A\"\n\\ 2 号\u{1F4F7}".into(), 0.1);
        let mut second = first.clone();
        (second.seq, second.revision, second.utc) = (2, 2, at(2));
        let mut third = alert(2, 3, 1, 10);
        (third.camera_name, third.score) = (first.camera_name.clone(), 0.1);
        for one in [&first, &second, &third] {
            shop.store.take(&[inbound(one)], at(10)).await.unwrap();
        }
        let cases = shop.store.list_cases(&CaseFilter { limit: 9, ..CaseFilter::default() }).await.unwrap().0;
        assert_eq!(cases.len(), 1, "it was found again by its camera and rule");
        let facts = shop.store.case_record(cases[0].id).await.unwrap().unwrap().facts;
        assert_eq!((facts.camera_name, facts.alerts), (first.camera_name, 2));
        assert_eq!((facts.score.to_bits(), facts.bounds), (f64::from(0.1_f32).to_bits(), first.bounds));
    }
}

on_both! {
    async fn what_lasts_into_another_hour_is_found_there(kind: Kind) {
        let shop = Shop::of(kind).await;
        // 10:59:50 and what follows, within the window of its behavior
        let (last_minute, hour_after) = (3590, 3610);
        let seen = |id, seq, revision, at_secs| {
            let mut one = alert(id, seq, revision, last_minute);
            one.utc = at(at_secs);
            one
        };
        let begins = seen(1, 1, 1, last_minute);
        let goes_on = seen(1, 2, 2, hour_after + 3500);
        shop.store.take(&[inbound(&begins)], at(last_minute)).await.unwrap();
        shop.store.take(&[inbound(&goes_on)], at(hour_after + 3500)).await.unwrap();
        let hours = "SELECT COUNT(*) FROM incident i JOIN case_ c ON c.id = i.case_id
            WHERE i.last_hour = i.last_us / 3600000000 AND c.last_hour = i.last_hour AND i.last_hour > c.registered_us / 3600000000";
        assert_eq!(shop.number(hours).await, 1);
        let mut joins = alert(2, 3, 1, hour_after + 3520);
        joins.utc = at(hour_after + 3520);
        shop.store.take(&[inbound(&joins)], at(hour_after + 3520)).await.unwrap();
        assert_eq!(shop.number("SELECT COUNT(*) FROM case_").await, 1);
        assert_eq!(shop.number("SELECT COUNT(*) FROM incident").await, 1);
    }
}

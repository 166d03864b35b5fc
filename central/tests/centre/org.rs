//! The organisation: imports, lists, calendar; and what holds alerts back, with the answer to "why".

use uuid::Uuid;
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::incident::{Held, Standing, Step};
use xunge_central::org::calendar::{DayKind, SpecialDay};
use xunge_central::org::{PlaceKind, Region};
use xunge_central::store::{ImportKind, Quiet, QuietPage, Report, Store, Window};

use crate::support::{EDGE, Kind, Shop, alert, at, everywhere, inbound, on_both, settings};

const REGIONS: &str = "code,name\n4205,宜昌市\n420502,西陵区\n420502001,西陵街道\n420502001001,土街头社区\n\
                       420502001002,樵湖岭社区\n420502001001001,第一网格\n";

fn square(code: &str, west: f64) -> String {
    let (east, south, north) = (west + 0.01, 30.69, 30.70);
    format!(
        r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":
        [[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
    )
}

fn outlines(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

async fn import(store: &Store, kind: ImportKind, text: &str, dry_run: bool) -> Report {
    let admin = everywhere("admin", Role::Admin);
    store.import(kind, text.as_bytes(), &admin, dry_run, at(0)).await.unwrap()
}

fn numbers(report: &Report) -> (bool, u64, u64, u64, usize) {
    (report.applied, report.new, report.changed, report.same, report.problems.len())
}

fn first_page() -> QuietPage {
    QuietPage { limit: 100, ..QuietPage::default() }
}

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

on_both! {
    async fn a_dry_run_says_what_would_happen_and_does_nothing(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        assert_eq!(numbers(&import(store, ImportKind::Regions, REGIONS, true).await), (false, 6, 0, 0, 0));
        assert_eq!(store.regions_below(None, None, 100).await.unwrap(), []);
        assert_eq!(numbers(&import(store, ImportKind::Regions, REGIONS, false).await), (true, 6, 0, 0, 0));
        let renamed = REGIONS.replace("第一网格", "东一网格");
        assert_eq!(numbers(&import(store, ImportKind::Regions, &renamed, false).await), (true, 0, 1, 5, 0));

        let below = |code: Option<&str>| {
            let parent = code.map(region);
            async move {
                let found = store.regions_below(parent.as_ref(), None, 100).await.unwrap();
                found.into_iter().map(|region| region.name).collect::<Vec<_>>()
            }
        };
        assert_eq!(below(None).await, ["宜昌市"]);
        assert_eq!(below(Some("4205")).await, ["西陵区"]);
        assert_eq!(below(Some("420502001")).await, ["土街头社区", "樵湖岭社区"]);
        assert_eq!(below(Some("420502001001")).await, ["东一网格"]);
        assert_eq!(below(Some("420502001001001")).await, Vec::<String>::new());
    }

    async fn one_bad_row_and_nothing_is_imported(kind: Kind) {
        let shop = Shop::of(kind).await;
        let text = format!("{REGIONS}420503001001,无上级社区\nabc,x\n");
        let report = import(&shop.store, ImportKind::Regions, &text, false).await;
        assert_eq!(report.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [8, 9]);
        assert!(report.problems[0].en.contains("420503001"), "{:?}", report.problems[0]);
        assert!(!report.applied);
        assert_eq!(shop.number("SELECT COUNT(*) FROM region").await, 0);
    }

    async fn cameras_find_their_grid_by_where_they_stand(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        import(store, ImportKind::Regions, REGIONS, false).await;
        let areas = outlines(&[square("420502001001001", 111.28), square("420502001001002", 111.29)]);
        assert_eq!(numbers(&import(store, ImportKind::Outlines, &areas, false).await), (true, 2, 0, 0, 0));
        assert_eq!(numbers(&import(store, ImportKind::Outlines, &areas, false).await), (true, 0, 0, 2, 0));
        let cameras = "edge,camera,lon,lat,region,kind\n\
                       gw-0001,gate-east,111.285,30.695,,stairwell\n\
                       gw-0001,west,111.295,30.695,,\n\
                       gw-0001,far,112.0,30.0,,\n\
                       gw-0001,named,,,420502001002,\n\
                       gw-0001,nowhere,,,420502009001,\n";
        let report = import(store, ImportKind::Cameras, cameras, false).await;
        assert_eq!(report.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [4, 6]);
        let good: String =
            cameras.lines().filter(|line| !line.contains("far") && !line.contains("nowhere")).collect::<Vec<_>>().join("\n");
        assert!(import(store, ImportKind::Cameras, &good, false).await.applied);
        let places = store.camera_places(Some(&[region("420502001001")]), None, 100).await.unwrap();
        let places: Vec<_> = places.iter().map(|camera| (camera.camera.as_str(), camera.region.as_deref().unwrap())).collect();
        assert_eq!(places, [("gate-east", "420502001001001"), ("west", "420502001001002")]);

        // an alert of such a camera is of its grid, and of its place: a fall in a stairwell is of the first urgency
        let mut fall = alert(1, 1, 1, 0);
        fall.behavior = "fall".into();
        let taken = store.take(&[inbound(&fall)], at(1)).await.unwrap();
        let case = store.case_summary(*taken.news.cases.first().unwrap()).await.unwrap().unwrap();
        assert_eq!((case.region.as_str(), case.severity), ("420502001001001", 1));
        assert_eq!(store.policy().atlas.of(EDGE, "gate-east").unwrap().kind, Some(PlaceKind::Stairwell));
    }

    async fn posts_are_only_given_within_what_one_governs(kind: Kind) {
        let shop = Shop::of(kind).await;
        let text = "user,role,region,full_name\nwang,operator,420502001001,王某\nli,grid_worker,420503001001,\nroot,admin,,\n";
        let district = Actor {
            name: "a".into(),
            posts: vec![Post { role: Role::Admin, region: Some(region("420502")) }],
        };
        let report = shop.store.import(ImportKind::Posts, text.as_bytes(), &district, false, at(0)).await.unwrap();
        assert_eq!(report.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [3, 4]);
        assert!(import(&shop.store, ImportKind::Posts, text, false).await.applied);
        assert_eq!(numbers(&import(&shop.store, ImportKind::Posts, text, false).await), (true, 0, 0, 3, 0));
        let users = shop.store.users().await.unwrap();
        assert_eq!(users.len(), 3);
        assert_eq!((users[2].full_name.as_str(), users[2].has_password), ("王某", false));
        assert!(shop.store.password_hash("wang").await.unwrap().is_none(), "nobody logs in before a password is given");
    }

    async fn the_calendar_of_a_year_moves_deadlines(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut one = alert(1, 1, 1, 0);
        one.severity = xunge_alert::Severity::P4;
        // Monday 2026-11-23, 11:20 in Shanghai: eight working hours to be taken in
        let taken = shop.store.take(&[inbound(&one)], at(1)).await.unwrap();
        let id = *taken.news.cases.first().unwrap();
        let due = async || shop.store.case_summary(id).await.unwrap().unwrap().due_utc.unwrap().to_string();
        assert_eq!(due().await, "2026-11-24T03:20:01Z");
        let holiday = SpecialDay { date: "2026-11-24".parse().unwrap(), kind: DayKind::Off, name: "临时放假".into() };
        shop.store.set_calendar(2026, &[holiday], at(2)).await.unwrap();
        assert_eq!(due().await, "2026-11-25T03:20:01Z");
        assert_eq!(shop.store.calendar_days(2026).await.unwrap().len(), 1);
        let again = Store::open(&shop.place, settings()).await.unwrap();
        assert!(!again.policy().rules.calendar.is_workday("2026-11-24".parse().unwrap()));
    }

    async fn what_is_shelved_does_not_ring_and_says_why(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let window = |hours: i64| Window {
            edge: EDGE.into(),
            camera: None,
            rule: None,
            reason: "施工".into(),
            from_utc: at(0),
            until_utc: at(hours * 3600),
        };
        let id = store.hold_back(Quiet::Shelf, &window(1), "wang", at(0)).await.unwrap();
        let taken = store.take(&[inbound(&alert(1, 1, 1, 10))], at(11)).await.unwrap();
        assert!(taken.news.cases.is_empty());
        let why = store.alert_why(EDGE, Uuid::from_u128(1)).await.unwrap().unwrap();
        assert_eq!((why.standing, why.case_id), (Standing::Shelved, None));
        assert!(why.path.iter().any(|step| matches!(step, Step::Held(Held::Shelved { shelf, .. }) if *shelf == id)));
        assert_eq!(store.quiet(Quiet::Shelf, &first_page(), at(12)).await.unwrap()[0].held, 1);

        assert!(store.end_quiet(Quiet::Shelf, id, "li", at(20)).await.unwrap());
        assert!(!store.end_quiet(Quiet::Shelf, id, "li", at(21)).await.unwrap());
        let taken = store.take(&[inbound(&alert(2, 2, 1, 30))], at(31)).await.unwrap();
        assert_eq!(taken.news.cases.len(), 1);
        let moment = store.camera_why(EDGE, "gate-east", at(15)).await.unwrap();
        assert_eq!((moment.shelves.len(), moment.alerts.len()), (1, 2));
        assert_eq!(store.camera_why(EDGE, "gate-east", at(25)).await.unwrap().shelves.len(), 0);

        // a long one waits for a second person
        let long = store.hold_back(Quiet::Shelf, &window(9), "wang", at(40)).await.unwrap();
        store.take(&[inbound(&alert(3, 3, 1, 200))], at(201)).await.unwrap();
        assert_eq!(store.alert_why(EDGE, Uuid::from_u128(3)).await.unwrap().unwrap().standing, Standing::Case);
        assert!(!store.agree_to_shelf(long, "wang", at(202)).await.unwrap());
        assert!(store.agree_to_shelf(long, "li", at(203)).await.unwrap());
        store.take(&[inbound(&alert(4, 4, 1, 400))], at(401)).await.unwrap();
        assert_eq!(store.alert_why(EDGE, Uuid::from_u128(4)).await.unwrap().unwrap().standing, Standing::Shelved);
    }

    async fn maintenance_counts_what_it_holds_back_and_what_is_said_again_only_once(kind: Kind) {
        let shop = Shop::of(kind).await;
        let window = Window {
            edge: EDGE.into(),
            camera: None,
            rule: None,
            reason: "检修".into(),
            from_utc: at(0),
            until_utc: at(3600),
        };
        shop.store.hold_back(Quiet::Maintenance, &window, "wang", at(0)).await.unwrap();
        let first = [inbound(&alert(1, 1, 1, 10)), inbound(&alert(1, 2, 2, 10)), inbound(&alert(2, 3, 1, 200))];
        shop.store.take(&first, at(201)).await.unwrap();
        shop.store.take(&[inbound(&alert(2, 4, 2, 200)), inbound(&alert(1, 1, 1, 10))], at(203)).await.unwrap();
        let held = async |what| shop.store.quiet(what, &first_page(), at(300)).await.unwrap();
        assert_eq!(held(Quiet::Maintenance).await[0].held, 2);
        assert!(held(Quiet::Shelf).await.is_empty());
    }

    async fn chatter_survives_a_restart(kind: Kind) {
        let shop = Shop::of(kind).await;
        for n in 1..=3_u64 {
            let store = Store::open(&shop.place, settings()).await.unwrap();
            store.take(&[inbound(&alert(u128::from(n), n, 1, 0))], at(1)).await.unwrap();
        }
        shop.store.take(&[inbound(&alert(4, 4, 1, 0))], at(2)).await.unwrap();
        let shelves = shop.store.quiet(Quiet::Shelf, &first_page(), at(2)).await.unwrap();
        assert_eq!((shelves.len(), shelves[0].by.as_str(), shelves[0].held), (1, "system", 1));
    }
}

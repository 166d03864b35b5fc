//! Who is on duty: rotas, what is dispatched by itself, who is called; the event catalogue; key periods.

use jiff::civil::{date, time};
use uuid::Uuid;
use xunge_alert::Severity;
use xunge_central::case::guard::{Post, Role};
use xunge_central::case::{Assignee, Change, State, Verdict};
use xunge_central::incident::Period;
use xunge_central::org::find::Words;
use xunge_central::org::roster::{Duty, Weekdays};
use xunge_central::org::{Level, Region};
use xunge_central::store::{ImportKind, PersonQuery};

use crate::support::{Kind, SITE, Shop, alert, at, decided, everywhere, inbound, on_both};

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn duty(user: &str, role: Role, code: &str) -> Duty {
    Duty {
        user: user.into(),
        role,
        region: region(code),
        from: date(2026, 11, 1),
        until: date(2026, 12, 31),
        weekdays: Weekdays::all(),
        start: time(0, 0, 0, 0),
        end: time(0, 0, 0, 0),
        behaviors: Vec::new(),
        place: 1,
    }
}

async fn people(shop: &Shop, names: &[(&str, Role, &str)]) {
    for (name, role, code) in names {
        let post = Post { role: *role, region: Some(region(code)) };
        assert!(shop.store.add_user(name, &[post], "!", at(0)).await.unwrap());
    }
}

async fn case(shop: &Shop, n: u64, severity: u8) -> Uuid {
    let mut one = alert(u128::from(n), n, 1, 0);
    one.camera = format!("c{n}");
    one.severity = Severity::try_from(severity).unwrap();
    *shop.store.take(&[inbound(&one)], at(1)).await.unwrap().news.cases.first().unwrap()
}

async fn decide(shop: &Shop, id: Uuid, change: Change) -> xunge_central::case::book::Record {
    let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
    let who = everywhere("wang", Role::Operator);
    shop.store.change_case(id, change, &who, shown, at(5)).await.unwrap().unwrap()
}

on_both! {
    async fn a_first_urgency_goes_to_whoever_is_on_duty_at_once(kind: Kind) {
        let shop = Shop::of(kind).await;
        let real = || decided(Verdict::Real, None);
        let nobody = case(&shop, 1, 1).await;
        assert_eq!(decide(&shop, nobody, real()).await.case.state, State::Filed, "nobody could be sent");

        people(&shop, &[("li", Role::GridWorker, SITE), ("sun", Role::GridWorker, SITE)]).await;
        let posted = case(&shop, 2, 1).await;
        let record = decide(&shop, posted, real()).await;
        let assigned = record.case.assigned.unwrap();
        assert_eq!(record.case.state, State::Dispatched);
        assert_eq!(assigned.to, Assignee { region: region(SITE), user: None }, "no rota: whoever takes it");
        assert_eq!(assigned.mark.by, "system");

        assert!(shop.store.add_duty(&duty("sun", Role::GridWorker, SITE)).await.unwrap().is_some());
        let again = Duty { place: 2, ..duty("sun", Role::GridWorker, SITE) };
        assert!(shop.store.add_duty(&again).await.unwrap().is_none(), "the row is there already");
        assert_eq!(shop.store.duties(None).await.unwrap()[0].kept.duty.place, 1, "and stays as it is");
        let on_duty = case(&shop, 3, 1).await;
        let record = decide(&shop, on_duty, real()).await;
        assert_eq!(record.case.assigned.unwrap().to.user.as_deref(), Some("sun"));

        let less = case(&shop, 4, 2).await;
        assert_eq!(decide(&shop, less, real()).await.case.state, State::Filed, "a dispatcher decides");
        let report = shop.store.verify_chain().await.unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
    }

    async fn who_does_not_take_it_is_followed_by_the_next_one_and_then_by_the_levels_above(kind: Kind) {
        let shop = Shop::of(kind).await;
        people(&shop, &[
            ("wang", Role::Operator, SITE),
            ("zhou", Role::Operator, SITE),
            ("chen", Role::Acceptor, SITE),
            ("wu", Role::Supervisor, "420502"),
        ]).await;
        let second = Duty { place: 2, ..duty("zhou", Role::Operator, SITE) };
        for row in [duty("wang", Role::Operator, SITE), second, duty("chen", Role::Acceptor, SITE),
                    duty("wu", Role::Supervisor, "420502")] {
            assert!(shop.store.add_duty(&row).await.unwrap().is_some());
        }
        let id = case(&shop, 1, 1).await;
        // taken within 60 s; the room is told at 1×, the community at 2× and when it is not verified in 3 minutes, the
        // street (nobody on duty) at 4×, the district after 10 minutes
        for secs in [61, 130, 200, 260, 400, 601] {
            shop.store.fire_timers(at(secs)).await.unwrap();
        }
        let detail = shop.store.case_detail(id, &everywhere("root", Role::Admin), at(700)).await.unwrap().unwrap();
        let called: Vec<(&str, Level)> =
            detail.case.called.iter().map(|call| (call.user.as_str(), call.level)).collect();
        assert_eq!(called, [("zhou", Level::Grid), ("chen", Level::Community), ("wu", Level::District)]);
        let listed = shop.store.case_summary(id).await.unwrap().unwrap();
        assert_eq!((listed.taken, listed.called.len()), (false, 3));
        assert_eq!(shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }

    async fn rotas_come_from_a_file_and_name_only_people_who_are_there(kind: Kind) {
        let shop = Shop::of(kind).await;
        people(&shop, &[("wang", Role::Operator, SITE)]).await;
        let admin = everywhere("root", Role::Admin);
        let csv = format!(
            "用户名,岗位,辖区,开始日期,结束日期,星期,上班,下班,事件类型,次序\n\
             wang,值班员,{SITE},2026/11/1,2026-11-30,1-5,20:00,08:00,倒地 群体事件,1\n\
             nobody,值班员,{SITE},2026-11-01,2026-11-30,,8:00,20:00,,\n\
             wang,值班员,{SITE},2026-11-30,2026-11-01,,8:00,20:00,,\n\
             wang,值班员,{SITE},2026-11-01,2026-11-30,八,8:00,20:00,,\n"
        );
        let report = shop.store.import(ImportKind::Duties, csv.as_bytes(), &admin, false, at(0)).await.unwrap();
        let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
        assert_eq!((report.applied, lines), (false, vec![3, 4, 5]));
        let good: String = csv.lines().take(2).map(|line| format!("{line}\n")).collect();
        for (new, same) in [(1, 0), (0, 1)] {
            let report =
                shop.store.import(ImportKind::Duties, good.as_bytes(), &admin, false, at(0)).await.unwrap();
            assert_eq!((report.applied, report.new, report.same), (true, new, same));
        }
        let rows = shop.store.duties(Some(&[region("420502")])).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].kept.duty.behaviors, ["fall", "crowd"]);
        assert!(shop.store.duties(Some(&[region("420503")])).await.unwrap().is_empty());
        let grid = region("420502001001007");
        assert_eq!(shop.store.duties(Some(&[grid])).await.unwrap().len(), 1, "who is there for what it lies in");
        // Monday the 23rd, 21:00 in Yichang
        let night = "2026-11-23T13:00:00Z".parse().unwrap();
        assert_eq!(shop.store.on_duty(&region(SITE), None, night).await.unwrap().len(), 1);
        assert!(shop.store.on_duty(&region(SITE), None, at(0)).await.unwrap().is_empty(), "by day nobody");
        shop.store.disable_user("wang", true, at(0)).await.unwrap();
        assert!(shop.store.on_duty(&region(SITE), None, night).await.unwrap().is_empty(), "who may not log in is not there");
        assert!(shop.store.remove_duty(rows[0].kept.id).await.unwrap());
        assert!(!shop.store.remove_duty(rows[0].kept.id).await.unwrap());
    }

    async fn people_are_found_by_place_post_and_parts_of_their_names(kind: Kind) {
        let shop = Shop::of(kind).await;
        let grid = format!("{SITE}001");
        people(&shop, &[
            ("li.wei", Role::GridWorker, &grid),
            ("sun", Role::GridWorker, SITE),
            ("chen_1", Role::Acceptor, "420502001"),
            ("far", Role::GridWorker, "420503001001"),
            ("gone", Role::GridWorker, SITE),
        ]).await;
        assert!(shop.store.add_user("root", &[Post { role: Role::Admin, region: None }], "!", at(0)).await.unwrap());
        shop.store.disable_user("gone", true, at(0)).await.unwrap();
        let raw = shop.raw().await;
        let names = "UPDATE user_ SET full_name = '李伟', unit = '土街头社区', phone = '13800000001' WHERE name = 'li.wei'";
        sqlx::query(names).execute(&raw).await.unwrap();
        raw.close().await;
        let find = |code: &str, roles: &[Role], words: &str, limit: u32| {
            let query = PersonQuery {
                regions: Some(vec![region(code)]),
                roles: roles.to_vec(),
                words: Words::new(words),
                limit,
            };
            let store = shop.store.clone();
            async move {
                let (people, more) = store.people(&query).await.unwrap();
                (people.into_iter().map(|person| person.user).collect::<Vec<_>>(), more)
            }
        };
        let (all, more) = find(&grid, &[], "", 9).await;
        assert_eq!((all, more), (["li.wei", "sun", "chen_1", "root"].map(String::from).to_vec(), false), "nearest first");
        assert_eq!(find(&grid, &[], "", 1).await, (vec!["li.wei".into()], true));
        let handlers = [Role::GridWorker, Role::Acceptor];
        assert_eq!(find("420502", &handlers, "", 9).await.0, ["chen_1", "li.wei", "sun"], "in all of it");
        for words in ["李", "土街 伟", "0001", "LI.W"] {
            assert_eq!(find(&grid, &[], words, 9).await.0, ["li.wei"], "{words}");
        }
        assert_eq!(find(&grid, &[], "n_1", 9).await.0, ["chen_1"]);
        assert!(find(&grid, &[], "n%1", 9).await.0.is_empty(), "what is typed is what is meant");
        let whole = PersonQuery { regions: None, roles: vec![Role::GridWorker], words: Words::new(""), limit: 9 };
        let (people, _) = shop.store.people(&whole).await.unwrap();
        let posts: Vec<usize> = people.iter().map(|person| person.posts.len()).collect();
        assert_eq!((people.len(), posts), (3, vec![1, 1, 1]), "everywhere");
        assert_eq!(people.iter().find(|one| one.user == "li.wei").unwrap().full_name, "李伟");
    }

    async fn a_kind_of_case_brings_its_way_of_handling_and_its_time(kind: Kind) {
        let shop = Shop::of(kind).await;
        let admin = everywhere("root", Role::Admin);
        let csv = "代码,大类,中类,小类,处理机制,处置时限,事件类型\n\
                   010101,公共安全,人身安全,人员倒地,突发性工作,1h,倒地\n\
                   020101,市容环境,占道,物品占道,,2wd,\n";
        let report = shop.store.import(ImportKind::Catalogue, csv.as_bytes(), &admin, false, at(0)).await.unwrap();
        assert_eq!((report.applied, report.new, report.problems), (true, 2, vec![]));
        let filed = |code: &str| Change::Decided {
            verdict: Verdict::Real,
            reason: None,
            note: None,
            class: None,
            category: Some(code.into()),
        };
        let id = case(&shop, 1, 3).await;
        let shown = shop.store.case_summary(id).await.unwrap().unwrap().version;
        let who = everywhere("wang", Role::Operator);
        let unknown = shop.store.change_case(id, filed("999"), &who, shown, at(5)).await.unwrap_err();
        assert!(unknown.to_string().contains("event catalogue"), "{unknown}");
        let record = decide(&shop, id, filed("010101")).await;
        assert_eq!(record.case.class, Some(xunge_central::case::Class::Emergency));
        let handle = record.clocks.0.iter().find(|clock| clock.stage == xunge_central::case::Stage::Handle);
        assert_eq!(handle.unwrap().limit, xunge_central::org::Span::Continuous(3600.0));

        let bad = "code,large,middle,small,class,handle\n1,a,b,c,magic,2h\n1,a,b,c,,soon\n";
        let report = shop.store.import(ImportKind::Catalogue, bad.as_bytes(), &admin, false, at(0)).await.unwrap();
        let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
        assert_eq!((report.applied, lines), (false, vec![2, 3]));
        assert_eq!(shop.store.categories().await.unwrap().len(), 2, "the one of before stays");
    }

    async fn a_key_period_makes_everything_there_more_urgent_until_it_is_ended(kind: Kind) {
        let shop = Shop::of(kind).await;
        let period = Period {
            name: "国庆安保".into(),
            region: region("420502"),
            from_utc: at(-3600),
            until_utc: at(3600),
        };
        let id = shop.store.add_period(&period, "wu").await.unwrap();
        let severity = async |n: u64| {
            let id = case(&shop, n, 3).await;
            shop.store.case_summary(id).await.unwrap().unwrap().severity
        };
        assert_eq!(severity(1).await, 2);
        assert!(shop.store.end_period(id, at(-1)).await.unwrap());
        assert!(!shop.store.end_period(id, at(0)).await.unwrap(), "it is over");
        assert_eq!(severity(2).await, 3);
        let kept = shop.store.periods(Some(&[region(SITE)])).await.unwrap();
        assert_eq!((kept.len(), kept[0].period.until_utc), (1, at(-1)));
        assert!(shop.store.periods(Some(&[region("420503")])).await.unwrap().is_empty());
    }
}

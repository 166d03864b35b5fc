//! Emergency plans and resources: which checklist opens, who ticks, what is near.

use axum::http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::case::{Change, Refused};
use xunge_central::org::{Region, ResourceKind, nearest};
use xunge_central::plan::{Body, shipped};
use xunge_central::store::{ImportKind, Kept, Store, StoreError};

use crate::support::{Kind, Shop, alert, at, everywhere, guard, inbound, on_both};
use crate::web::{Console, body, change, get};

fn tick(step: u16, note: Option<&str>) -> Change {
    Change::Ticked { step, done: true, note: note.map(str::to_owned) }
}

async fn fall(store: &Store, id: u128, severity: u8) -> Uuid {
    let mut one = alert(id, u64::try_from(id).unwrap(), 1, 0);
    one.behavior = "fall".into();
    one.camera = format!("c{id}");
    one.severity = severity.try_into().unwrap();
    let taken = store.take(&[inbound(&one)], at(1)).await.unwrap();
    *taken.news.cases.first().unwrap()
}

async fn sound(store: &Store) {
    let report = store.verify_chain().await.unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

fn fall_body() -> Body {
    shipped().into_iter().find(|plan| plan.id == "fall").unwrap().body
}

on_both! {
    async fn a_checklist_opens_with_the_case_and_keeps_its_version(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        assert_eq!(store.bring_plans(&shipped(), at(0)).await.unwrap(), 6);
        assert_eq!(store.bring_plans(&shipped(), at(0)).await.unwrap(), 0, "they are there already");
        let case = fall(store, 1, 2).await;
        let list = store.case_record(case).await.unwrap().unwrap().case.plan.unwrap();
        assert_eq!((list.plan.as_str(), list.version, list.opened_utc), ("fall", 1, at(1)));
        let quiet = fall(store, 2, 4).await;
        assert_eq!(store.case_record(quiet).await.unwrap().unwrap().case.plan, None, "no plan is for what is not urgent");

        // a new version counts for new cases only
        let mut body = fall_body();
        body.steps.truncate(2);
        assert_eq!(store.keep_plan("fall", &body, Some(7), "wang", at(2)).await.unwrap(), Kept::Newer(1));
        assert_eq!(store.keep_plan("fall", &body, Some(1), "wang", at(2)).await.unwrap(), Kept::As(2));
        assert_eq!(store.keep_plan("none", &body, Some(1), "wang", at(2)).await.unwrap(), Kept::Missing);
        let next = fall(store, 3, 2).await;
        let record = store.case_record(next).await.unwrap().unwrap();
        assert_eq!(record.case.plan.map(|list| (list.version, list.steps)), Some((2, 2)));
        let before = store.case_record(case).await.unwrap().unwrap().case.plan.unwrap();
        assert_eq!((before.version, usize::from(before.steps)), (1, fall_body().steps.len()));
        assert_eq!(store.plan("fall", 1).await.unwrap().unwrap().body, fall_body());
        assert_eq!(store.bring_plans(&shipped(), at(3)).await.unwrap(), 0, "what people wrote is not overwritten");
        sound(store).await;
    }

    async fn ticks_are_in_the_log_and_never_collide(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        store.bring_plans(&shipped(), at(0)).await.unwrap();
        let case = fall(store, 1, 1).await;
        let version = store.case_summary(case).await.unwrap().unwrap().version;
        let [wang, li] = ["wang", "li"].map(guard);
        store.change_case(case, tick(0, Some(" 已看到 ")), &wang, version, at(5)).await.unwrap();
        let record = store.change_case(case, tick(1, None), &li, version, at(6)).await.unwrap().unwrap();
        let list = record.case.plan.as_ref().unwrap();
        assert_eq!(list.ticks[&0].note.as_deref(), Some("已看到"));
        assert_eq!((list.ticks[&1].mark.by.as_str(), list.ticks[&1].mark.utc), ("li", at(6)));
        let again = store.change_case(case, tick(1, None), &wang, version, at(7)).await;
        assert!(matches!(again, Err(StoreError::Refused(Refused::AlreadyTicked { .. }))));
        let auditor = everywhere("sun", Role::Auditor);
        let looks = store.change_case(case, tick(2, None), &auditor, version, at(7)).await;
        assert!(matches!(looks, Err(StoreError::Refused(Refused::NotYours { .. }))));
        sound(store).await;
    }

    async fn a_case_that_becomes_urgent_opens_its_plan_then(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        store.bring_plans(&shipped(), at(0)).await.unwrap();
        let case = fall(store, 1, 3).await;
        assert_eq!(store.case_record(case).await.unwrap().unwrap().case.plan, None);
        let mut graver = alert(1, 2, 2, 0);
        graver.behavior = "fall".into();
        graver.camera = "c1".into();
        graver.severity = 1.try_into().unwrap();
        store.take(&[inbound(&graver)], at(9)).await.unwrap();
        let list = store.case_record(case).await.unwrap().unwrap().case.plan.unwrap();
        assert_eq!((list.plan.as_str(), list.opened_utc), ("fall", at(9)));
        sound(store).await;
    }

    async fn plans_come_from_files_and_the_nearest_wins(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let admin = everywhere("admin", Role::Admin);
        let file = "[[plan]]\nid = \"here\"\ntitle = { zh = \"本社区\" }\nregion = \"420502001001\"\nbehaviors = [\"fall\"]\n\
                    [[plan.step]]\nzh = \"做\"\n[[plan]]\nid = \"all\"\ntitle = { zh = \"通用\" }\n[[plan.step]]\nzh = \"做\"\n";
        let import = async |text: &str, actor: &Actor, dry_run| {
            let report = store.import(ImportKind::Plans, text.as_bytes(), actor, dry_run, at(0)).await.unwrap();
            (report.applied, report.new, report.changed, report.same, report.problems.len())
        };
        assert_eq!(import(file, &admin, true).await, (false, 2, 0, 0, 0));
        assert_eq!(store.plans().await.unwrap(), []);
        let elsewhere = Actor {
            name: "b".into(),
            posts: vec![Post { role: Role::Supervisor, region: Some(Region::parse("420503").unwrap()) }],
        };
        assert_eq!(import(file, &elsewhere, false).await.4, 2, "neither is for a region of theirs");
        assert_eq!(import(file, &admin, false).await, (true, 2, 0, 0, 0));
        let changed = file.replace("通用", "通用预案");
        assert_eq!(import(&changed, &admin, false).await, (true, 0, 1, 1, 0));
        assert_eq!(store.plan_versions("all").await.unwrap().len(), 2);
        let case = fall(store, 1, 2).await;
        assert_eq!(store.case_record(case).await.unwrap().unwrap().case.plan.unwrap().plan, "here");
    }

    async fn resources_are_imported_by_line_and_found_by_distance(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let admin = everywhere("admin", Role::Admin);
        let regions = "code,name\n4205,a\n420502,b\n420502001,c\n420502001001,d\n420502001002,e\n420503,f\n";
        store.import(ImportKind::Regions, regions.as_bytes(), &admin, false, at(0)).await.unwrap();
        let cameras = "edge,camera,region,lon,lat\ngw-0001,c1,420502001001,111.285,30.695\n";
        assert!(store.import(ImportKind::Cameras, cameras.as_bytes(), &admin, false, at(0)).await.unwrap().applied);
        let bad = "类别,名称,辖区,经度,纬度,电话\nAED,一号,420502001001,111.2,30.7,\n飞艇,二号,420502001001,,,\nAED,三号,420509001001,,,\nAED,四号,420502001001,999,1,\nAED,一号,420502001001,,,\n";
        let report = store.import(ImportKind::Resources, bad.as_bytes(), &admin, false, at(0)).await.unwrap();
        assert_eq!(report.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(!report.applied);
        let good = "kind,name,region,lon,lat,phone,note\naed,远,420502001002,111.30,30.70,,\naed,近,420502001001,111.286,30.695,,门厅\n\
                    hospital,市医院,4205,111.29,30.70,120,\npolice,外区,420503,111.285,30.695,110,\nfire_post,消防站,420502001001,,,119,\n";
        let import = async || store.import(ImportKind::Resources, good.as_bytes(), &admin, false, at(0)).await.unwrap();
        assert_eq!(import().await.new, 5);
        assert_eq!(import().await.same, 5);
        let case = fall(store, 1, 2).await;
        let record = store.case_record(case).await.unwrap().unwrap();
        let from = store.policy().atlas.of("gw-0001", "c1").unwrap().position;
        let around = store.resources_around(&record.facts.region).await.unwrap();
        let near = nearest(around, from, &record.facts.region, 1);
        let names: Vec<_> = near.iter().map(|near| (near.resource.kind, near.resource.name.as_str())).collect();
        assert_eq!(names, [(ResourceKind::Aed, "近"), (ResourceKind::Hospital, "市医院"), (ResourceKind::FirePost, "消防站")]);
        assert!(near[0].metres.is_some_and(|metres| (90.0..100.0).contains(&metres)) && near[2].metres.is_none());
        let own = store.resources(Some(&[Region::parse("420502001001").unwrap()])).await.unwrap();
        assert_eq!(own.len(), 2);
        assert!(store.remove_resource(own[0].id).await.unwrap() && !store.remove_resource(own[0].id).await.unwrap());
    }
}

#[tokio::test]
async fn the_page_of_a_case_shows_steps_deadlines_and_what_is_missing() {
    let console = Console::open().await;
    let cookie = Some(console.log_in().await);
    let cookie = cookie.as_deref();
    let store = &console.shop.store;
    store.bring_plans(&shipped(), at(0)).await.unwrap();
    let case = fall(store, 1, 1).await;
    console.hands.move_to(100);
    let detail = body(console.send(get(&format!("/api/v1/cases/{case}"), cookie)).await).await;
    assert!(detail["may"].as_array().unwrap().contains(&json!("ticked")));
    assert_eq!(
        detail["alerts"][0]["codes"],
        json!({"alarm_priority": 1, "alarm_method": 5, "onvif_topic": "tns1:RuleEngine/xunge:FallDetector"})
    );
    let ticked = json!({"change": {"change": "ticked", "step": 0, "done": true, "note": "已看"}, "version": detail["version"]});
    let path = format!("/api/v1/cases/{case}/changes");
    assert_eq!(console.send(change(Method::POST, &path, cookie, &ticked)).await.status(), StatusCode::OK);
    assert_eq!(
        console.send(change(Method::POST, &path, cookie, &ticked)).await.status(),
        StatusCode::CONFLICT
    );
    let plan =
        body(console.send(get(&format!("/api/v1/cases/{case}/plan"), cookie)).await).await["plan"].clone();
    assert_eq!(
        (&plan["plan"], &plan["version"], &plan["missing"]),
        (&json!("fall"), &json!(1), &json!([1, 3, 6]))
    );
    let step = &plan["steps"][0];
    assert_eq!((&step["tick"]["mark"]["by"], &step["tick"]["note"]), (&json!("wang"), &json!("已看")));
    assert_eq!(
        (&step["late"], &step["due_utc"]),
        (&json!(true), &json!("2026-11-23T03:21:01Z")),
        "a minute was given"
    );
    assert_eq!(plan["steps"][1]["late"], json!(false), "its three minutes are not over");
    let none = body(console.send(get(&format!("/api/v1/cases/{case}/resources"), cookie)).await).await;
    assert_eq!(none, json!({"resources": [], "placed": false}));
}

#[tokio::test]
async fn a_plan_is_written_on_its_page_version_by_version() {
    let console = Console::open().await;
    let store = &console.shop.store;
    let post = Post { role: Role::Supervisor, region: Some(Region::parse("420502").unwrap()) };
    store.add_user("zhao", &[post], "!", at(0)).await.unwrap();
    store.begin_session("zhao", "zhao", at(0), at(86_400)).await.unwrap();
    let cookie = Some("xunge_session=zhao");
    let mut written = serde_json::to_value(fall_body()).unwrap();
    let send = async |path: String, value| {
        let answer = console.send(change(Method::POST, &path, cookie, &value)).await;
        (answer.status(), body(answer).await)
    };
    let everywhere = send("/api/v1/plans".into(), json!({"body": written})).await;
    assert_eq!(everywhere.0, StatusCode::FORBIDDEN, "not for the whole city");
    written["region"] = json!("420502");
    let (status, made) = send("/api/v1/plans".into(), json!({"body": written})).await;
    assert_eq!((status, &made["version"]), (StatusCode::CREATED, &json!(1)));
    let path = format!("/api/v1/plans/{}", made["id"].as_str().unwrap());
    written["steps"] = json!([]);
    let (status, problem) = send(path.clone(), json!({"body": written, "shown": 1})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("plan")));
    written["steps"] = json!([{"zh": "只有一步"}]);
    assert_eq!(send(path.clone(), json!({"body": written, "shown": 1})).await.1["version"], json!(2));
    assert_eq!(send(path.clone(), json!({"body": written, "shown": 1})).await.0, StatusCode::CONFLICT);
    let versions = body(console.send(get(&path, cookie)).await).await;
    let numbers: Vec<_> =
        versions["versions"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(numbers, [json!(2), json!(1)]);
    let listed = body(console.send(get("/api/v1/plans", cookie)).await).await;
    assert_eq!((&listed["plans"][0]["version"], &listed["plans"][0]["may_write"]), (&json!(2), &json!(true)));
}

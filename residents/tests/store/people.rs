use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use xunge_reminder::id_number::IdNumber;
use xunge_residents::resident::Conflict;
use xunge_residents::right::{Post, Right, Role};
use xunge_residents::store::{
    AccountChange, AuditFilter, ConflictFilter, Deed, Hidden, PersonFilter, RegionView, Settlement,
    StoreError, What,
};

use crate::support::{House, Kind, deed, number, on_both, open_ones};

const HEAD: &str = "姓名,身份证号,电话,网格编码,住址,出生日期\n";
const GRID: &str = "420502001001001";

impl House {
    async fn settle_in(&self) {
        let rows = [
            format!("王芳,{},13800001234,{GRID},一号楼 101,\n", number("19650301", 2)),
            format!("王芳芳,{},,{GRID},一号楼 101,1990-01-02\n", number("19900101", 4)),
            format!("李强,{},,420503001001001,二号楼 5%,\n", number("19480229", 3)),
        ];
        self.import(&(HEAD.to_owned() + &rows.concat()), |_| {}).await;
    }

    async fn names(&self, filter: PersonFilter) -> Vec<String> {
        let filter = PersonFilter { limit: 10, ..filter };
        self.store.find_people(&filter).await.unwrap().0.into_iter().map(|line| line.name).collect()
    }

    async fn finds_people(&self) {
        self.settle_in().await;
        let all = PersonFilter::default;
        assert_eq!(self.names(all()).await, ["王芳", "王芳芳", "李强"]);
        assert_eq!(self.names(PersonFilter { name: Some("王芳".into()), ..all() }).await, ["王芳", "王芳芳"]);
        assert_eq!(self.names(PersonFilter { name: Some("芳".into()), ..all() }).await, [""; 0]);
        let wanted = IdNumber::parse(&number("19480229", 3)).unwrap();
        assert_eq!(self.names(PersonFilter { number: Some(wanted), ..all() }).await, ["李强"]);
        let nobody = IdNumber::parse(&number("19480229", 5)).unwrap();
        assert_eq!(self.names(PersonFilter { number: Some(nobody), ..all() }).await, [""; 0]);
        let regions = Some(vec!["420503".to_owned(), "420504".to_owned()]);
        assert_eq!(self.names(PersonFilter { regions, ..all() }).await, ["李强"]);
        assert_eq!(self.names(PersonFilter { regions: Some(Vec::new()), ..all() }).await, [""; 0]);
        let region = Some("420502001001".to_owned());
        assert_eq!(self.names(PersonFilter { region, ..all() }).await, ["王芳", "王芳芳"]);
        // 以房找人
        let homes = self.store.find_dwellings("号楼 1", (None, None), (0, 10)).await.unwrap();
        assert_eq!(homes.len(), 1);
        let dwelling = Some(homes[0].dwelling);
        assert_eq!(self.names(PersonFilter { dwelling, ..all() }).await, ["王芳", "王芳芳"]);
        let percent = self.store.find_dwellings("5%", (None, None), (0, 10)).await.unwrap();
        assert_eq!(percent[0].address, "二号楼 5%");
        assert!(self.store.find_dwellings("楼%5", (None, None), (0, 10)).await.unwrap().is_empty());
        // page by page
        let two = PersonFilter { limit: 2, ..all() };
        let (first, next) = self.store.find_people(&two).await.unwrap();
        assert_eq!((first.len(), next.as_ref().map(|one| one.person)), (2, Some(first[1].person)));
        let rest = PersonFilter { after: next, ..two };
        let (rest, next) = self.store.find_people(&rest).await.unwrap();
        assert_eq!((rest.len(), next), (1, None));
        // a page at a time gives each once, whatever the order
        let everywhere = Some(vec!["4205".to_owned()]);
        for (how, wanted) in [
            (PersonFilter { name: Some("王".into()), ..all() }, vec!["王芳", "王芳芳"]),
            (
                PersonFilter { name: Some("王".into()), region: Some(GRID.into()), ..all() },
                vec!["王芳", "王芳芳"],
            ),
            (PersonFilter { regions: everywhere.clone(), ..all() }, vec!["王芳", "王芳芳", "李强"]),
            (
                PersonFilter { regions: everywhere, region: Some(GRID[..12].into()), ..all() },
                vec!["王芳", "王芳芳"],
            ),
        ] {
            let (mut page, mut found) = (PersonFilter { limit: 1, ..how }, Vec::new());
            loop {
                let (lines, next) = self.store.find_people(&page).await.unwrap();
                found.extend(lines.into_iter().map(|line| line.name));
                let Some(next) = next else { break };
                page.after = Some(next);
            }
            assert_eq!(found, wanted);
        }
    }

    async fn logged(&self) -> Vec<(String, Option<i64>, String, String)> {
        let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
        let mut entries = self.store.audit(&filter).await.unwrap();
        entries.reverse();
        entries.into_iter().map(|one| (one.what, one.person, one.reason, one.detail)).collect()
    }
}

on_both! {
    async fn people_are_found_by_name_number_dwelling_and_region(kind: Kind) {
        House::of(kind).await.finds_people().await;
    }

    async fn whoever_sees_somebody_stands_in_the_log(kind: Kind) {
        let house = House::of(kind).await;
        house.settle_in().await;
        let seen = house.store.person(1, &deed(What::See)).await.unwrap().unwrap();
        assert_eq!(seen.line.id_masked, format!("99**************{}", &number("19650301", 2)[16..]));
        assert_eq!(seen.phone_masked.as_deref(), Some("138****1234"));
        let shown = serde_json::to_string(&seen).unwrap();
        assert!(!shown.contains("13800001234") && !shown.contains(&number("19650301", 2)[6..]), "{shown}");
        let why = Deed { reason: "上门前电话确认".into(), ..deed(What::Reveal) };
        let phone = house.store.reveal(1, Hidden::Phone, &why).await.unwrap();
        assert_eq!(phone.as_deref(), Some("13800001234"));
        let full = house.store.reveal(3, Hidden::IdNumber, &why).await.unwrap();
        assert_eq!(full, Some(number("19480229", 3)));
        assert_eq!(house.store.reveal(9, Hidden::Phone, &why).await.unwrap(), None);
        assert!(house.store.person(9, &deed(What::See)).await.unwrap().is_none());
        let logged = house.logged().await;
        let seen: Vec<_> = logged.iter().skip(1).map(|(what, person, reason, detail)| {
            (what.as_str(), *person, reason.as_str(), detail.as_str())
        }).collect();
        assert_eq!(seen, [
            ("see", Some(1), "", ""),
            ("reveal", Some(1), "上门前电话确认", "\"phone\""),
            ("reveal", Some(3), "上门前电话确认", "\"id_number\""),
        ]);
        let only = |what: What, from, until| AuditFilter { what: Some(what), from, until, limit: 9, ..AuditFilter::default() };
        let count = async |filter| house.store.audit(&filter).await.unwrap().len();
        assert_eq!(count(only(What::Reveal, None, None)).await, 2);
        // 1970 began at 8 o'clock there
        let (day, next) = (Some(date(1970, 1, 1)), Some(date(1970, 1, 2)));
        assert_eq!((count(only(What::See, day, day)).await, count(only(What::See, next, None)).await), (1, 0));
    }

    async fn regions_are_found_by_words(kind: Kind) {
        let house = House::of(kind).await;
        let named = [("4205", "宜昌市"), ("420502", "西陵区"), ("420502001", "西陵街道"), ("420503", "伍家岗区"), ("420503001", "100%街道")];
        let named = named.map(|(code, name)| RegionView { code: code.into(), name: name.into() });
        house.store.set_regions(&named, &deed(What::Regions)).await.unwrap();
        let found = async |code, words| -> Vec<String> {
            house.store.find_regions((code, words), 10).await.unwrap().into_iter().map(|one| one.code).collect()
        };
        assert_eq!(found("", "西陵").await, ["420502", "420502001"]);
        assert_eq!(found("420502", "街").await, ["420502001"]);
        assert_eq!(found("", "%").await, ["420503001"]);
        assert_eq!(found("", "东").await, [""; 0]);
        let below: Vec<String> = house.store.regions_in("4205").await.unwrap().into_iter().map(|one| one.code).collect();
        assert_eq!(below, ["420502", "420503"]);
    }

    async fn a_log_that_was_tampered_with_shows_it(kind: Kind) {
        let house = House::of(kind).await;
        house.settle_in().await;
        for _ in 0..3 {
            house.store.person(1, &deed(What::See)).await.unwrap();
        }
        let good = house.store.check_audit().await.unwrap();
        assert_eq!((good.entries, good.broken_at), (4, None));
        let raw = house.raw().await;
        sqlx::query("UPDATE audit SET person = 2 WHERE ordinal = 3").execute(&raw).await.unwrap();
        assert_eq!(house.store.check_audit().await.unwrap().broken_at, Some(3));
        sqlx::query("DELETE FROM audit WHERE ordinal = 2").execute(&raw).await.unwrap();
        let cut = house.store.check_audit().await.unwrap();
        assert_eq!((cut.entries, cut.broken_at), (3, Some(2)));
        raw.close().await;
    }

    async fn what_contradicts_is_settled_with_a_reason(kind: Kind) {
        let house = House::of(kind).await;
        house.settle_in().await;
        let open = house.store.conflicts(&open_ones()).await.unwrap();
        assert_eq!((open.len(), open[0].person, open[0].kind.as_str()), (1, 2, "birth"));
        assert_eq!(open[0].detail, "1990-01-01 / 1990-01-02");
        let elsewhere = house.store.conflicts(&ConflictFilter { regions: Some(vec!["420503".to_owned()]), ..open_ones() }).await.unwrap();
        assert!(elsewhere.is_empty());
        let how = Deed { reason: "以身份证为准".into(), ..deed(What::Settle) };
        assert!(house.store.settle(2, Conflict::Birth, Settlement::default(), &how).await.unwrap());
        assert!(!house.store.settle(2, Conflict::Birth, Settlement::default(), &how).await.unwrap());
        assert!(house.store.conflicts(&open_ones()).await.unwrap().is_empty());
        let settled = house.store.conflicts(&ConflictFilter { settled: true, ..open_ones() }).await.unwrap();
        assert_eq!(settled[0].settlement.as_deref(), Some("以身份证为准"));
        assert_eq!(settled[0].settled_by.as_deref(), Some("clerk"));
    }

    async fn accounts_log_in_and_are_closed(kind: Kind) {
        let house = House::of(kind).await;
        assert!(!house.store.has_accounts().await.unwrap());
        let post = |role, region: &str| Post { role, region: region.to_owned() };
        let made = AccountChange {
            full_name: Some("李网格".into()),
            password_hash: Some("$hash".into()),
            posts: Some(vec![post(Role::Worker, GRID), post(Role::Worker, GRID)]),
            ..AccountChange::default()
        };
        let by = deed(What::Account);
        assert!(house.store.add_account("li", &made, &by).await.unwrap());
        assert!(!house.store.add_account("li", &made, &by).await.unwrap(), "the name is taken");
        assert!(house.store.has_accounts().await.unwrap());
        assert_eq!(house.store.password_hash("li").await.unwrap().as_deref(), Some("$hash"));
        let bad = AccountChange { posts: Some(vec![post(Role::Admin, GRID)]), ..AccountChange::default() };
        let refused = house.store.change_account("li", &bad, &by).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        let login = Deed { account: "li".into(), ..deed(What::Login) };
        let expires = login.at + 60.seconds();
        house.store.log_in("secret", expires, &login).await.unwrap();
        let li = house.store.logged_in("secret", login.at).await.unwrap().unwrap();
        assert!(li.may(Right::Work, GRID) && !li.may_somewhere(Right::See));
        assert_eq!(li.posts.len(), 1);
        assert!(house.store.logged_in("secret", expires).await.unwrap().is_none());
        assert!(house.store.logged_in("other", login.at).await.unwrap().is_none());
        let close = AccountChange { closed: Some(true), ..AccountChange::default() };
        assert!(house.store.change_account("li", &close, &by).await.unwrap());
        assert!(house.store.logged_in("secret", Timestamp::UNIX_EPOCH).await.unwrap().is_none());
        assert!(house.store.password_hash("li").await.unwrap().is_none());
        assert!(!house.store.change_account("wang", &close, &by).await.unwrap());
        let accounts = house.store.accounts("", 10).await.unwrap();
        assert_eq!((accounts.len(), accounts[0].closed, accounts[0].full_name.as_str()), (1, true, "李网格"));
        assert!(house.logged().await.iter().all(|(.., detail)| !detail.contains("$hash")));
    }
}

/// What begins with a name or a code is a range: in the order of characters, whatever order the database has.
#[tokio::test]
async fn people_are_found_in_a_database_that_sorts_as_chinese_does() {
    House::sorted_as_chinese().await.finds_people().await;
}

use std::io::BufReader;

use xunge_database::Place;
use xunge_parts::Postgres;
use xunge_residents::right::Role;
use xunge_residents::store::{AccountChange, Hidden, Release, Store, StoreError, What};

use crate::support::{House, Kind, TODAY, deed, number, on_both};

/// A place of the other kind where there is nothing.
async fn empty(house: &House, kind: Kind) -> Place {
    match kind {
        Kind::Postgres => Place::File(house.folder.path().join("copy.db")),
        Kind::Sqlite => {
            let url = tokio::task::spawn_blocking(Postgres::shared_database).await.unwrap().unwrap();
            Place::Postgres { url: url.parse().unwrap(), password: None }
        }
    }
}

on_both! {
    async fn a_backup_is_restored_into_the_other_database(kind: Kind) {
        let house = House::of(kind).await;
        let csv = format!(
            "姓名,身份证号,电话,网格编码,住址,户籍地代码\n王芳,{},13800001234,420502001001001,一号楼,420502\n",
            number("19661210", 2)
        );
        house.import(&csv, |_| {}).await;
        let rules = xunge_reminder::rule::shipped();
        house.store.add_rules(rules[0], &deed(What::RuleAdded)).await.unwrap();
        house.store.use_rule("elder-card", 1, &deed(What::RuleUsed)).await.unwrap();
        let workdays = house.store.workdays().await.unwrap();
        house.store.scan((TODAY, deed(What::Find).at), &workdays, Release::default()).await.unwrap();
        let posts = Some(vec![xunge_residents::right::Post { role: Role::Admin, region: String::new() }]);
        let change = AccountChange { posts, password_hash: Some("x".into()), ..AccountChange::default() };
        house.store.add_account("admin", &change, &deed(What::Account)).await.unwrap();
        let login = xunge_residents::store::Deed { account: "admin".into(), ..deed(What::Login) };
        house.store.log_in("token", login.at + jiff::SignedDuration::from_hours(12), &login).await.unwrap();

        let mut copy = Vec::new();
        let (rows, head) = house.store.dump(&mut copy).await.unwrap();
        assert_eq!((rows["person"], rows["task"], rows.contains_key("login")), (1, 1, false));
        let text = String::from_utf8(copy.clone()).unwrap();
        assert!(!text.contains(&number("19661210", 2)) && !text.contains("13800001234"), "sealed in the copy too");

        let place = empty(&house, kind).await;
        let other = Store::load(&place, &house.key_file, &mut BufReader::new(copy.as_slice())).await.unwrap();
        assert_eq!(other.check_audit().await.unwrap().head, head);
        assert_eq!(other.reveal(1, Hidden::Phone, &deed(What::Reveal)).await.unwrap().unwrap(), "13800001234");
        // the same night again makes nothing twice
        let again = other.scan((TODAY, deed(What::Find).at), &workdays, Release::default()).await.unwrap();
        assert_eq!((again.made, again.released), (0, 0));
        other.close().await;
        // never over something that is there
        let full = Store::load(&place, &house.key_file, &mut BufReader::new(copy.as_slice())).await;
        assert!(full.unwrap_err().to_string().contains("already holds"));
    }

    async fn a_backup_without_its_keys_is_refused(kind: Kind) {
        let house = House::of(kind).await;
        house.import(&format!("姓名,身份证号\n王芳,{}\n", number("19661210", 2)), |_| {}).await;
        let mut copy = Vec::new();
        house.store.dump(&mut copy).await.unwrap();
        let place = Place::File(house.folder.path().join("copy.db"));
        let missing = house.folder.path().join("missing.key");
        let refused = Store::load(&place, &missing, &mut BufReader::new(copy.as_slice())).await.unwrap_err();
        assert!(matches!(refused, StoreError::Keys(_)), "{refused}");
        assert!(!house.folder.path().join("copy.db").exists());
        let others = House::of(Kind::Sqlite).await;
        let refused = Store::load(&place, &others.key_file, &mut BufReader::new(copy.as_slice())).await.unwrap_err();
        assert!(refused.to_string().contains("do not open what this backup holds"), "{refused}");
    }
}

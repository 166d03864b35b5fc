use xunge_reminder::id_number::IdNumber;
use xunge_residents::key::{BadKeys, Keys};
use xunge_residents::store::{Store, StoreError, What};

use crate::support::{House, Kind, deed, number, on_both};

const HEAD: &str = "姓名,身份证号,电话\n";

fn table(people: std::ops::Range<u16>) -> String {
    let rows = people.map(|n| format!("王芳,{},13800001234\n", number("19650301", n)));
    HEAD.to_owned() + &rows.collect::<String>()
}

on_both! {
    async fn a_new_key_seals_everything_and_finds_everybody(kind: Kind) {
        let house = House::of(kind).await;
        house.import(&table(0..30), |_| {}).await;
        let before = house.texts("SELECT id_sealed || id_index || phone_sealed FROM person ORDER BY person").await;
        // somebody else has the store open meanwhile
        let other = Store::open(&house.place, &house.key_file).await.unwrap();
        assert_eq!(house.store.rotate_keys(&deed(What::Rotate), |_| {}).await.unwrap(), 30);
        let after = house.texts("SELECT id_sealed || id_index || phone_sealed FROM person ORDER BY person").await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after));
        assert_eq!(house.number("SELECT MIN(key_number) FROM person").await, 2);
        let keys = Keys::load(&house.key_file).unwrap();
        assert_eq!((keys.count(), keys.newest()), (1, 2));
        for store in [&house.store, &other] {
            let wanted = IdNumber::parse(&number("19650301", 7)).unwrap();
            assert!(store.find_number(&wanted).await.unwrap().is_some());
        }
        let again = house.import(&table(0..31), |_| {}).await;
        assert_eq!((again.added, again.same), (1, 30));
        other.close().await;
    }

    async fn a_rotation_that_was_broken_off_goes_on(kind: Kind) {
        let house = House::of(kind).await;
        house.import(&table(0..10), |_| {}).await;
        let mut keys = Keys::load(&house.key_file).unwrap();
        keys.add().unwrap();
        keys.save(&house.key_file).unwrap();
        // some are sealed with the new key already, others not yet
        house.import(&table(5..15), |_| {}).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM person WHERE key_number = 1").await, 10);
        assert_eq!(house.store.rotate_keys(&deed(What::Rotate), |_| {}).await.unwrap(), 10);
        assert_eq!(house.import(&table(0..15), |_| {}).await.same, 15);
    }

    async fn without_its_keys_a_store_does_not_open(kind: Kind) {
        let house = House::of(kind).await;
        house.import(&table(0..1), |_| {}).await;
        std::fs::remove_file(&house.key_file).unwrap();
        let opened = Store::open(&house.place, &house.key_file).await;
        assert!(matches!(opened, Err(StoreError::Keys(BadKeys::File { .. }))), "{opened:?}");
    }
}

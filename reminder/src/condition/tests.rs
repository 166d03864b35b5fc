use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::person::{Birth, Certificate, Child, Marital, Sex};

fn child(sex: Sex) -> Child {
    Child { birth: None, sex: Some(sex), died: None, disabled: None, twin: false, adopted: false }
}

fn somebody() -> Person {
    Person {
        birth: Some(Birth::Known(date(1966, 5, 17))),
        sex: Some(Sex::Female),
        hukou: Some("420502001001".into()),
        hukou_rural: Some(true),
        residence: Some("420502007003001".into()),
        residence_since: Some(date(2020, 3, 31)),
        identity: Some(BTreeSet::from(["低保".to_owned()])),
        marital: Some(Marital::Married),
        children: Some(vec![child(Sex::Female), child(Sex::Female)]),
        certificates: BTreeMap::from([("证".to_owned(), Some(Certificate { issued: None, revoked: None }))]),
        ..Person::default()
    }
}

fn judged(text: &str, person: &Person) -> Truth {
    let condition = Condition::parse(text).unwrap_or_else(|bad| panic!("{text}: {bad}"));
    condition.judge(About { person, day: date(2026, 5, 17), feb29: Feb29::MonthEnd })
}

#[test]
fn a_condition_says_yes_or_no() {
    let person = somebody();
    for (text, yes) in [
        ("age == 60", true),
        ("age > 60", false),
        ("age >= 60 && age < 61", true),
        ("born >= 1933-01-01", true),
        ("sex == 'female'", true),
        ("sex != 'female'", false),
        ("under(hukou, '4205')", true),
        ("under(hukou, '4206')", false),
        ("hukou_rural", true),
        ("!hukou_rural", false),
        ("hukou_rural == false", false),
        ("identity == '低保'", true),
        ("identity != '特困'", true),
        ("in(identity, ['特困', '低保边缘'])", false),
        ("in(identity, ['特困', '低保'])", true),
        ("living_children == 1 || daughters == 2 && sons == 0", true),
        ("(living_children == 1 || daughters == 2) && sons == 1", false),
        ("residence_months == 73", true),
        ("has('证')", true),
        ("!(age == 60 && has('证'))", false),
        ("in(age, [59, 60])", true),
        ("twins", false),
        ("living_births == 2", true),
        ("marital != 'divorced'", true),
    ] {
        assert_eq!(judged(text, &person).is_yes(), yes, "{text}: {:?}", judged(text, &person));
        assert!(!matches!(judged(text, &person), Truth::Unknown(_)), "{text}");
    }
}

#[test]
fn a_no_says_what_was_wanted_and_what_is() {
    let Truth::No(reasons) = judged("age >= 65 && under(hukou,'11')", &somebody()) else {
        panic!("it is no")
    };
    let said: Vec<_> = reasons.iter().map(|one| (one.wanted.as_str(), one.found.as_str())).collect();
    assert_eq!(said, [("age >= 65", "60"), ("under(hukou,'11')", "420502001001")]);
}

#[test]
fn what_is_missing_is_named_and_is_never_a_no() {
    let nobody = Person::default();
    let missing = |text| match judged(text, &nobody) {
        Truth::Unknown(facts) => facts.into_iter().collect::<Vec<_>>(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(missing("age >= 60"), ["age"]);
    assert_eq!(missing("!employed"), ["employed"]);
    assert_eq!(missing("living_children == 1 && has('证')"), ["certificates", "living_children"]);
    // papers that differ are no birthday
    let disputed = Birth::Disputed { id: date(1966, 5, 17), hukou: date(1965, 5, 17) };
    let person = Person { birth: Some(disputed), ..somebody() };
    assert_eq!(judged("age >= 60", &person), Truth::unknown("age"));
    // a child of whom it is not known whether it is a son
    let mut person = somebody();
    person.children.as_mut().unwrap()[0].sex = None;
    assert_eq!(judged("sons == 0", &person), Truth::unknown("sons"));
    assert!(judged("living_children == 2", &person).is_yes());
    // asked for and there is none
    let person = Person { certificates: BTreeMap::from([("证".to_owned(), None)]), ..Person::default() };
    assert!(matches!(judged("has('证')", &person), Truth::No(_)));
}

#[test]
fn who_has_died_is_no_living_child() {
    let mut person = somebody();
    person.children.as_mut().unwrap()[0].died = Some(date(2026, 5, 17));
    assert!(judged("living_children == 1 && children_ever == 2", &person).is_yes());
    person.children.as_mut().unwrap()[0].died = Some(date(2026, 5, 18));
    assert!(judged("living_children == 2", &person).is_yes());
}

#[test]
fn a_certificate_that_was_taken_back_is_good_for_nothing() {
    let mut person = somebody();
    let certificate = |revoked| Some(Certificate { issued: None, revoked });
    person.certificates.insert("证".into(), certificate(None));
    assert!(judged("has('证')", &person).is_yes());
    // also after what is judged was due: it is known by now
    for day in [date(2026, 5, 17), date(2026, 5, 18)] {
        person.certificates.insert("证".into(), certificate(Some(day)));
        assert!(matches!(judged("has('证')", &person), Truth::No(_)));
    }
}

#[test]
fn what_does_not_read_is_named_with_its_place() {
    for (text, place, word) in [
        ("", 1, "name of a fact"),
        ("ages == 60", 1, "did you mean `age`"),
        ("age", 4, "compare `age` with a number"),
        ("age == '60'", 8, "a number"),
        ("sex < 'x'", 5, "no order"),
        ("hukou_rural == 1", 16, "true or false"),
        ("age == 60 age == 61", 11, "`&&`"),
        ("(age == 60", 11, "`)`"),
        ("sex == 'female", 8, "closing quote"),
        ("born > 2026-02-30", 8, "neither a number nor a day"),
        ("in(age, [])", 10, "a number"),
        ("under(age, '42')", 7, "no region"),
        ("under(hukou, 'x')", 14, "digits only"),
        ("年龄 = 60", 4, "means nothing"),
        ("has(证)", 5, "single quotes"),
        ("age == 99999999999999999999", 8, "neither a number"),
    ] {
        let bad = Condition::parse(text).expect_err(text);
        assert_eq!(bad.place, place, "{text}: {bad}");
        assert!(bad.en.contains(word), "{text}: {bad}");
        assert!(!bad.zh.is_empty());
    }
    let deep = format!("{}age == 1{}", "(".repeat(40), ")".repeat(40));
    assert!(Condition::parse(&deep).unwrap_err().en.contains("too deep"));
}

proptest! {
    #[test]
    fn nothing_breaks_it(text in "\\PC{0,60}") {
        let _ = Condition::parse(&text);
    }

    #[test]
    fn words_in_any_order_break_nothing(words in prop::collection::vec(prop::sample::select(vec![
        "age", "==", "60", "&&", "||", "!", "(", ")", "in", "[", "]", ",", "'x'", "hukou", "under", "has", "true", "2026-01-01", "<",
    ]), 0..20)) {
        if let Ok(condition) = Condition::parse(&words.join(" ")) {
            let person = Person::default();
            let about = About { person: &person, day: date(2026, 1, 1), feb29: Feb29::MonthEnd };
            // nothing is known of this person: nothing but what needs no fact is decided
            prop_assert!(matches!(condition.judge(about), Truth::Unknown(_)));
        }
    }

    /// More facts never turn a yes into a no or the other way round.
    #[test]
    fn finding_out_more_changes_nothing_that_was_known(sex in any::<bool>(), rural in any::<bool>(), text in prop::sample::select(vec![
        "sex == 'male' || hukou_rural", "sex == 'male' && hukou_rural", "!(sex == 'male') || !hukou_rural", "hukou_rural && age == 60 || sex == 'female'",
    ])) {
        let whole = Person {
            sex: Some(if sex { Sex::Male } else { Sex::Female }),
            hukou_rural: Some(rural),
            birth: Some(Birth::Known(date(1966, 5, 17))),
            ..Person::default()
        };
        let after = judged(text, &whole);
        for part in [
            Person { sex: None, ..whole.clone() },
            Person { hukou_rural: None, ..whole.clone() },
            Person { birth: None, ..whole },
        ] {
            match judged(text, &part) {
                Truth::Unknown(_) => {}
                Truth::Yes => prop_assert!(after.is_yes()),
                Truth::No(_) => prop_assert!(matches!(after, Truth::No(_))),
            }
        }
    }
}

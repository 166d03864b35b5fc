//! The rules that come along: they read, and say what their papers say.

// helpers of tests are tests too
#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use xunge_reminder::find::ranges;
use xunge_reminder::judge::{HandOver, Judgement, Undecided, judge, missing};
use xunge_reminder::person::{Birth, Certificate, Child, Person, Sex};
use xunge_reminder::rule::{Rule, read::read, shipped};
use xunge_reminder::schedule::{Scan, plan};
use xunge_reminder::standing::{Standing, standing};

const CERTIFICATE: &str = "独生子女父母光荣证";

fn rules() -> Vec<Rule> {
    shipped()
        .iter()
        .flat_map(|(name, text)| {
            let (rules, problems) = read(name, text);
            assert!(problems.is_empty(), "{}", problems.english());
            rules
        })
        .collect()
}

fn rule(id: &str) -> Rule {
    rules().into_iter().find(|rule| rule.id == id).unwrap()
}

fn born(day: Date, region: &str) -> Person {
    Person {
        birth: Some(Birth::Known(day)),
        sex: Some(Sex::Female),
        hukou: Some(region.into()),
        residence: Some(region.into()),
        residence_since: Some(date(2000, 1, 1)),
        identity: Some(BTreeSet::new()),
        ..Person::default()
    }
}

fn child(birth: Date) -> Child {
    Child {
        birth: Some(birth),
        sex: Some(Sex::Female),
        died: None,
        disabled: Some(false),
        twin: false,
        adopted: false,
    }
}

fn parent(day: Date, region: &str, children: Vec<Child>) -> Person {
    let certificate = Certificate { issued: Some(date(2010, 3, 8)), revoked: None };
    Person {
        children: Some(children),
        certificates: BTreeMap::from([(CERTIFICATE.to_owned(), Some(certificate))]),
        hukou_rural: Some(true),
        employed: Some(false),
        ..born(day, region)
    }
}

fn days(judgement: Judgement) -> Vec<(String, Date)> {
    match judgement {
        Judgement::Matched { dues, .. } => dues.into_iter().map(|due| (due.occasion, due.day)).collect(),
        other => panic!("{other:?}"),
    }
}

/// What has to be found out before anything can be said.
fn lacking(judgement: Judgement) -> BTreeSet<&'static str> {
    match judgement {
        Judgement::Pending(undecided) => missing(&undecided),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_that_was_promised_comes_along() {
    let ids: BTreeSet<String> = rules().into_iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), 13);
}

#[test]
fn a_card_at_60_is_told_a_month_before_and_on_the_day() {
    let card = rule("elder-card");
    let person = born(date(1966, 12, 30), "420502001001001");
    let [due] = &match judge(&card, &person) {
        Judgement::Matched { dues, .. } => dues,
        other => panic!("{other:?}"),
    }[..] else {
        panic!()
    };
    assert_eq!(due.day, date(2026, 12, 30));
    let told = plan(&card, due.clone(), |_| true).tell;
    assert_eq!(told, [date(2026, 11, 30), date(2026, 12, 30), date(2027, 1, 29), date(2027, 2, 28)]);
}

#[test]
fn tiers_are_reminders_of_their_own() {
    let allowance = rule("old-age-allowance-tengchong");
    let person = born(date(1946, 5, 17), "530581100001");
    assert_eq!(
        days(judge(&allowance, &person)),
        [("80".into(), date(2026, 5, 1)), ("100".into(), date(2046, 5, 1))]
    );
    let tiers = rule("old-age-allowance-linkou");
    let mut person = born(date(1946, 5, 17), "231025100001");
    let first = |person: &Person| days(judge(&tiers, person)).remove(0);
    assert_eq!(first(&person), ("80".into(), date(2026, 5, 31)));
    person.identity = Some(BTreeSet::from(["特困".to_owned()]));
    assert_eq!(first(&person), ("80-poor".into(), date(2026, 5, 31)));
    // a tier that is sure hides none of which nobody can say
    person.identity = None;
    let Judgement::Matched { dues, undecided } = judge(&tiers, &person) else {
        panic!("90 and 100 are sure")
    };
    assert_eq!(dues.iter().map(|due| due.occasion.as_str()).collect::<Vec<_>>(), ["90", "100"]);
    assert_eq!(
        undecided,
        [Undecided {
            day: Some(date(2026, 5, 31)),
            occasions: vec!["80-poor".into(), "80".into()],
            missing: BTreeSet::from(["identity"])
        }]
    );
}

#[test]
fn a_tier_that_is_refused_waits_for_no_other() {
    let tiers = rule("old-age-allowance-linkou");
    let mut person = born(date(1946, 5, 17), "231025100001");
    assert!(judge(&tiers, &person).may_be("80") && !judge(&tiers, &person).may_be("80-poor"));
    person.hukou = None;
    let judgement = judge(&tiers, &person);
    assert_eq!(lacking(judgement.clone()), BTreeSet::from(["hukou"]));
    assert!(judgement.may_be("80") && !judgement.may_be("80-poor"), "{judgement:?}");
}

#[test]
fn an_age_by_sex_needs_the_sex() {
    let lump = rule("only-child-lump-beijing");
    let mut mother = parent(date(1971, 5, 17), "110105001001", vec![child(date(2000, 1, 1))]);
    assert_eq!(days(judge(&lump, &mother)), [(String::new(), date(2026, 5, 17))]);
    mother.sex = Some(Sex::Male);
    assert_eq!(days(judge(&lump, &mother)), [(String::new(), date(2031, 5, 17))]);
    mother.sex = None;
    assert_eq!(lacking(judge(&lump, &mother)), BTreeSet::from(["sex"]));
}

#[test]
fn a_monthly_fee_begins_with_the_certificate_and_ends_with_the_childs_age() {
    for (id, region, age) in [
        ("only-child-monthly-beijing", "11", 18),
        ("only-child-monthly-shanghai", "31", 16),
        ("only-child-monthly-henan", "41", 18),
    ] {
        let person = parent(date(1980, 5, 17), &format!("{region}0105001001"), vec![child(date(2009, 7, 1))]);
        assert_eq!(
            days(judge(&rule(id), &person)),
            [("begin".into(), date(2010, 3, 8)), ("end".into(), date(2009 + age, 7, 1))],
            "{id}"
        );
    }
    // a second child ends it
    let person =
        parent(date(1980, 5, 17), "110105001001", vec![child(date(2009, 7, 1)), child(date(2012, 7, 1))]);
    assert!(matches!(judge(&rule("only-child-monthly-beijing"), &person), Judgement::Unmatched(_)));
    // nobody has asked for the certificate
    let mut person = parent(date(1980, 5, 17), "110105001001", vec![child(date(2009, 7, 1))]);
    person.certificates.clear();
    assert_eq!(
        lacking(judge(&rule("only-child-monthly-beijing"), &person)),
        BTreeSet::from(["certificates"])
    );
}

#[test]
fn what_would_have_been_a_dead_childs_birthday_ends_nothing() {
    let monthly = rule("only-child-monthly-beijing");
    let dead = Child { died: Some(date(2010, 1, 1)), ..child(date(2009, 7, 1)) };
    let mut person = parent(date(1980, 5, 17), "110105001001", vec![child(date(2008, 5, 1)), dead]);
    let end = |person: &Person| days(judge(&monthly, person)).pop().unwrap();
    assert_eq!(end(&person), ("end".into(), date(2026, 5, 1)));
    assert_eq!(standing(&monthly, &person, "begin", date(2026, 5, 1)), Standing::Over);
    person.children.as_mut().unwrap()[1].birth = None;
    assert_eq!(end(&person), ("end".into(), date(2026, 5, 1)));
    // of a living one it is to be found out, and the beginning hides nothing
    person.children.as_mut().unwrap()[0].birth = None;
    let Judgement::Matched { dues, undecided } = judge(&monthly, &person) else { panic!("it has begun") };
    assert_eq!((dues.len(), undecided.len()), (1, 1));
    assert_eq!((undecided[0].day, &undecided[0].missing), (None, &BTreeSet::from(["child_birth"])));
}

#[test]
fn twins_share_one_where_the_rule_says_so() {
    let twin = |birth| Child { twin: true, ..child(birth) };
    let twins = vec![twin(date(2009, 7, 1)), twin(date(2009, 7, 1))];
    let beijing = parent(date(1980, 5, 17), "110105001001", twins.clone());
    assert_eq!(days(judge(&rule("only-child-monthly-beijing"), &beijing)).len(), 2);
    let shanghai = parent(date(1980, 5, 17), "310105001001", twins.clone());
    assert!(matches!(judge(&rule("only-child-monthly-shanghai"), &shanghai), Judgement::Unmatched(_)));
    // and a third child, adopted
    let third = Child { adopted: true, ..child(date(2012, 7, 1)) };
    let three = parent(date(1980, 5, 17), "110105001001", [twins, vec![third]].concat());
    assert!(matches!(judge(&rule("only-child-monthly-beijing"), &three), Judgement::Unmatched(_)));
}

#[test]
fn what_is_paid_stops_with_what_it_was_for() {
    let monthly = rule("only-child-monthly-beijing");
    let today = date(2026, 11, 27);
    let stops = |person: &Person| -> Vec<(String, String)> {
        match standing(&monthly, person, "begin", today) {
            Standing::Stop(reasons) => {
                reasons.into_iter().map(|reason| (reason.wanted, reason.found)).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    let said = |wanted: &str, found: &str| vec![(wanted.to_owned(), found.to_owned())];
    let one = parent(date(1980, 5, 17), "110105001001", vec![child(date(2010, 7, 1))]);
    assert_eq!(standing(&monthly, &one, "begin", today), Standing::Entitled);
    // of age
    assert_eq!(standing(&monthly, &one, "begin", date(2028, 7, 1)), Standing::Over);
    assert_eq!(standing(&monthly, &one, "end", today), Standing::Over);
    // another child, born or adopted; the certificate goes back as well
    let mut two = one.clone();
    two.children.as_mut().unwrap().push(Child { adopted: true, ..child(date(2020, 1, 1)) });
    assert_eq!(stops(&two), said("living_births == 1", "2"));
    let mut revoked = one.clone();
    let taken = Certificate { issued: Some(date(2010, 3, 8)), revoked: Some(date(2021, 1, 1)) };
    revoked.certificates.insert(CERTIFICATE.to_owned(), Some(taken));
    assert_eq!(stops(&revoked), said("has('独生子女父母光荣证')", "revoked"));
    let mut dead = one.clone();
    dead.died = Some(date(2026, 3, 5));
    assert_eq!(stops(&dead), said("alive", "2026-03-05"));
    let mut elsewhere = one.clone();
    elsewhere.hukou = Some("420502".into());
    assert_eq!(stops(&elsewhere), said("hukou: 11", "420502"));
    // what nobody knows stops nothing
    let mut unknown = one.clone();
    (unknown.children, unknown.hukou) = (None, None);
    assert_eq!(standing(&monthly, &unknown, "begin", today), Standing::Entitled);
    // who has lost the child is no case of too much money
    let mut lost = one;
    lost.children.as_mut().unwrap()[0].died = Some(date(2026, 3, 5));
    assert_eq!(standing(&monthly, &lost, "begin", today), Standing::HandOver(HandOver::ChildLost));
}

#[test]
fn a_tier_ends_with_the_next_one() {
    let tiers = rule("old-age-allowance-linkou");
    let mut person = born(date(1940, 5, 17), "231025100001");
    let today = date(2026, 11, 27);
    assert_eq!(standing(&tiers, &person, "80", today), Standing::Entitled);
    assert!(matches!(standing(&tiers, &person, "80-poor", today), Standing::Stop(_)), "no 低保 any more");
    assert_eq!(standing(&tiers, &person, "80", date(2030, 5, 30)), Standing::Entitled);
    assert_eq!(standing(&tiers, &person, "80", date(2030, 5, 31)), Standing::Over);
    person.died = Some(date(2031, 1, 1));
    assert_eq!(standing(&tiers, &person, "80", date(2031, 1, 2)), Standing::Over);
    assert!(matches!(standing(&tiers, &person, "90", date(2031, 1, 2)), Standing::Stop(_)));
}

#[test]
fn who_lost_the_only_child_is_never_reminded() {
    let mut lost = parent(date(1966, 5, 17), "420502001001", vec![child(date(1995, 1, 1))]);
    lost.children.as_mut().unwrap()[0].died = Some(date(2020, 1, 1));
    let mut disabled = parent(date(1966, 5, 17), "420502001001", vec![child(date(1995, 1, 1))]);
    disabled.children.as_mut().unwrap()[0].disabled = Some(true);
    for only in rules().into_iter().filter(|rule| rule.only_child) {
        for (person, why) in [(&lost, HandOver::ChildLost), (&disabled, HandOver::ChildDisabled)] {
            let mut here = person.clone();
            here.hukou = Some(format!("{:0<12}", only.regions[0]));
            assert_eq!(judge(&only, &here), Judgement::HandOver(why), "{}", only.id);
        }
        // twins are one birth
        let mut both = disabled.clone();
        let twin = Child { twin: true, disabled: Some(true), ..child(date(1995, 1, 1)) };
        (both.hukou, both.children) =
            (Some(format!("{:0<12}", only.regions[0])), Some(vec![twin.clone(), twin]));
        assert_eq!(judge(&only, &both), Judgement::HandOver(HandOver::ChildDisabled), "{}", only.id);
    }
    assert_eq!(
        rules().iter().filter(|rule| rule.only_child).count(),
        9,
        "every rule about an only child says so"
    );
}

#[test]
fn retirement_is_asked_for_and_not_guessed() {
    let retirement = rule("only-child-retirement");
    let mut person = parent(date(1966, 5, 17), "370102001001", vec![child(date(1995, 1, 1))]);
    assert_eq!(lacking(judge(&retirement, &person)), BTreeSet::from(["retirement"]));
    // whoever has no certificate is not asked
    let other = Person { certificates: BTreeMap::from([(CERTIFICATE.to_owned(), None)]), ..person.clone() };
    assert!(matches!(judge(&retirement, &other), Judgement::Unmatched(_)));
    // and whoever has one is found for that: a woman at 60 has been asked twice before
    let asked = |today| {
        let found = ranges(&retirement, Scan { began: date(2010, 1, 1), today });
        found.iter().any(|range| range.finds(&person))
    };
    assert!(
        asked(date(2016, 6, 1))
            && asked(date(2021, 6, 1))
            && asked(date(2024, 6, 1))
            && !asked(date(2026, 6, 1))
    );
    person.retirement = Some(date(2027, 2, 1));
    assert_eq!(days(judge(&retirement, &person)), [(String::new(), date(2027, 2, 1))]);
}

#[test]
fn a_yearly_batch_is_told_before_it_opens() {
    let support = rule("rural-family-support");
    let person = parent(date(1966, 5, 17), "420582001001", vec![child(date(1995, 1, 1))]);
    let due = match judge(&support, &person) {
        Judgement::Matched { mut dues, .. } => dues.remove(0),
        other => panic!("{other:?}"),
    };
    assert_eq!(due.day, date(2026, 5, 17));
    let planned = plan(&support, due, |_| true);
    assert_eq!(
        (planned.apply, planned.tell),
        (date(2027, 1, 1), vec![date(2026, 11, 2), date(2026, 12, 17)])
    );
    // born during the batch: at once
    let person = parent(date(1967, 2, 10), "420582001001", vec![child(date(1995, 1, 1))]);
    let due = match judge(&support, &person) {
        Judgement::Matched { mut dues, .. } => dues.remove(0),
        other => panic!("{other:?}"),
    };
    assert_eq!(plan(&support, due, |_| true).apply, date(2027, 2, 10));
    let two_girls =
        parent(date(1966, 5, 17), "420582001001", vec![child(date(1995, 1, 1)), child(date(1997, 1, 1))]);
    assert_eq!(days(judge(&support, &two_girls)).len(), 1);
}

#[test]
fn hukou_and_residence_may_differ() {
    let card = rule("elder-card");
    let mut person = born(date(1966, 12, 30), "420502001001001");
    person.hukou = Some("110105001001".into());
    assert!(matches!(judge(&card, &person), Judgement::Matched { .. }), "lives there");
    person.residence = None;
    assert_eq!(lacking(judge(&card, &person)), BTreeSet::from(["residence"]));
    let transit = rule("transit-card");
    let mut person = born(date(1962, 1, 1), "420502001001001");
    person.residence_since = None;
    assert_eq!(lacking(judge(&transit, &person)), BTreeSet::from(["residence_months"]));
}

#[test]
fn the_dead_and_those_who_left_are_never_reminded() {
    for one in rules() {
        let mut person =
            parent(date(1946, 5, 17), &format!("{:0<12}", one.regions[0]), vec![child(date(1975, 1, 1))]);
        person.died = Some(date(2026, 1, 1));
        assert!(
            matches!(judge(&one, &person), Judgement::Unmatched(_)),
            "{}: {:?}",
            one.id,
            judge(&one, &person)
        );
        person.birth = None;
        assert!(
            matches!(judge(&one, &person), Judgement::Unmatched(_)),
            "{}: {:?}",
            one.id,
            judge(&one, &person)
        );
        (person.died, person.moved_out) = (None, Some(date(2026, 1, 1)));
        assert!(matches!(judge(&one, &person), Judgement::Unmatched(_)), "{}", one.id);
    }
}

#[test]
fn papers_that_differ_decide_nothing() {
    let mut person = born(date(1966, 12, 30), "420502001001001");
    person.birth = Some(Birth::Disputed { id: date(1966, 12, 30), hukou: date(1965, 12, 30) });
    assert_eq!(lacking(judge(&rule("elder-card"), &person)), BTreeSet::from(["born"]));
}

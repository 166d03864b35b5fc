use jiff::civil::date;

use super::read::{RULES, read};
use super::*;

const GOOD: &str = r#"
[[rule]]
id = "elder-card"
title = "老年人优待证"
basis = "办法"
regions = ["42", "420502"]
place = "either"
who = "residence_months >= 6"
lead_days = [0, 30, 30]
repeat_days = 30
[rule.when]
age = 60
"#;

fn problems(text: &str) -> String {
    read("rules.toml", text).1.english()
}

#[test]
fn a_rule_reads() {
    let (rules, found) = read("rules.toml", GOOD);
    assert!(found.is_empty(), "{}", found.english());
    let rule = &rules[0];
    assert_eq!((rule.id.as_str(), rule.version, rule.place), ("elder-card", 1, Place::Either));
    assert_eq!(rule.when, When::Age(Ages { female: 60, male: 60 }));
    assert_eq!((rule.lead_days.as_slice(), rule.repeat_days), ([30, 0].as_slice(), Some(30)));
    assert_eq!((rule.backfill, rule.work.working_days), (Backfill::Days(90), 10));
    assert_eq!(rule.who.as_ref().unwrap().text(), "residence_months >= 6");
}

#[test]
fn the_tables_are_sound() {
    assert_eq!(xunge_config::schema_faults(&RULES), Vec::<String>::new());
}

#[test]
fn every_mistake_is_named_at_once_with_its_place() {
    let text = r#"
[[rule]]
id = "a"
title = "x"
basis = "y"
regions = ["4"]
who = "ages == 3"
from = "2024-02-30"
lead_days = [30, 900]
windw = []
[rule.when]
age_female = 55
[[rule]]
id = "a"
title = "x"
basis = "y"
regions = []
from = "2025-01-01"
until = "2024-01-01"
window = ["01-01"]
[rule.when]
age = 60
event = "retirement"
"#;
    let said = problems(text);
    for wanted in [
        "rules.toml:6:",
        "`4` is no region code",
        "rules.toml:7:",
        "`who`, character 1: no fact is called `ages`; did you mean `age`?",
        "rules.toml:8:",
        "`from` is no day",
        "rules.toml:9:",
        "lead_days",
        "rules.toml:10:1: unknown key `windw`",
        "did you mean `window`",
        "give `age`, or both",
        "there is a rule `a` above",
        "name at least one region",
        "`until` is before `from`",
        "`window` is two days",
        "says one of",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn a_rule_that_speaks_of_an_only_child_is_one_for_its_parents() {
    let with = |more: &str, when: &str| {
        let text = format!(
            "[[rule]]\nid = \"a\"\ntitle = \"奖励\"\nbasis = \"b\"\nregions = [\"42\"]\n{more}\n[rule.when]\n{when}\n"
        );
        read("rules.toml", &text)
    };
    let certificate = "certificate = \"独生子女父母光荣证\"\nuntil_child_age = 18";
    for (more, when, is_one) in [
        ("", "age = 60", false),
        ("only_child = true", "age = 60", true),
        ("who = \"has('独生子女父母光荣证')\"", "age = 60", true),
        ("", certificate, true),
        ("who = \"living_children == 1\"", "age = 60", false),
        ("only_child = false", certificate, true),
        ("", "[[rule.when.tier]]\ncode = \"a\"\nage = 60\nwho = \"has('独生子女父母光荣证')\"", true),
    ] {
        let (rules, found) = with(more, when);
        assert!(found.is_empty(), "{}", found.english());
        assert_eq!(rules[0].only_child, is_one, "{more} {when}");
    }
}

#[test]
fn when_is_said_in_one_way() {
    let with = |when: &str| format!("{}[rule.when]\n{when}", GOOD.split("[rule.when]").next().unwrap());
    for good in [
        "age_female = 55\nage_male = 60",
        "event = \"retirement\"",
        "certificate = \"证\"\nuntil_child_age = 18",
        "[[rule.when.tier]]\ncode = \"80\"\nage = 80\n[[rule.when.tier]]\ncode = \"90\"\nage = 90",
    ] {
        assert_eq!(problems(&with(good)), "", "{good}");
    }
    for (bad, word) in [
        ("", "says one of"),
        ("age = 60\nage_male = 60", "give `age`, or both"),
        ("certificate = \"证\"", "go together"),
        (
            "[[rule.when.tier]]\ncode = \"80\"\nage = 80\n[[rule.when.tier]]\ncode = \"80\"\nage = 90",
            "two tiers are called `80`",
        ),
        ("age = 131", "age"),
    ] {
        assert!(problems(&with(bad)).contains(word), "{bad}: {}", problems(&with(bad)));
    }
    let none = GOOD.split("[rule.when]").next().unwrap();
    assert!(problems(none).contains("says one of"));
}

#[test]
fn a_window_may_go_over_the_new_year() {
    let text = GOOD.replace("repeat_days = 30", "window = [\"11-15\", \"02-29\"]");
    let (rules, found) = read("rules.toml", &text);
    assert!(found.is_empty(), "{}", found.english());
    assert_eq!(rules[0].window, Some(Window { from: (11, 15), until: (2, 29) }));
    let next = |day| rules[0].window.unwrap().next(day);
    assert_eq!(next(date(2026, 1, 10)), date(2026, 1, 10));
    assert_eq!(next(date(2026, 3, 1)), date(2026, 11, 15));
    assert_eq!(next(date(2026, 12, 31)), date(2026, 12, 31));
    assert_eq!(next(date(2027, 2, 28)), date(2027, 2, 28));
    assert_eq!(next(date(2028, 2, 29)), date(2028, 2, 29));
}

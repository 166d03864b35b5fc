use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use xunge_reminder::rule::Rule;
use xunge_residents::store::{
    Asked, Deed, Outcome, Release, Scanned, StoreError, TaskFilter, Verdict, What, Why,
};
use xunge_residents::workday::Workdays;

use crate::support::{House, Kind, TODAY, deed, number, on_both};

const HEAD: &str = "姓名,身份证号,网格编码,住址,户籍地代码,独生子女证,子女,死亡日期\n";
const GRID: &str = "420502001001001";
const EVERY_DAY: Release = Release { per_grid: 1000 };

fn rule(version: u32, more: &str, when: &str) -> String {
    format!(
        "[[rule]]\nid = \"card\"\nversion = {version}\ntitle = \"优待证\"\nbasis = \"办法\"\nregions = [\"42\"]\nplace = \"either\"\n\
         lead_days = [30, 0]\n{more}\n[rule.when]\n{when}\n"
    )
}

impl House {
    async fn start_rule(&self, text: &str, version: u32) {
        self.store.add_rules(("rules.toml", text), &deed(What::RuleAdded)).await.unwrap();
        let now = Timestamp::from_second(i64::from(version)).unwrap();
        self.store.use_rule("card", version, &Deed { at: now, ..deed(What::RuleUsed) }).await.unwrap();
    }

    async fn scan(&self, today: Date, release: Release) -> Scanned {
        self.store.scan((today, Timestamp::UNIX_EPOCH), &Workdays::default(), release).await.unwrap()
    }

    async fn bring(&self, rows: &str) {
        let done = self.import(&format!("{HEAD}{rows}"), |_| {}).await;
        assert_eq!(done.problems, []);
    }

    async fn states(&self) -> Vec<String> {
        self.texts("SELECT state || ' ' || COALESCE(outcome, '-') FROM task ORDER BY task").await
    }
}

fn row(birth: &str, sequence: u16, rest: &str) -> String {
    format!("王芳,{},{rest}\n", number(birth, sequence))
}

fn home(birth: &str, sequence: u16) -> String {
    row(birth, sequence, &format!("{GRID},一号楼 101,420502,,,"))
}

on_both! {
    async fn whoever_comes_into_reach_is_reminded_once(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        // 60 in 30 days, in a year, and 5 years ago
        house.bring(&(home("19661227", 1) + &home("19671127", 1) + &home("19611127", 1))).await;
        let first = house.scan(TODAY, EVERY_DAY).await;
        assert_eq!((first.made, first.released), (1, 1));
        for days in [0, 1, 40] {
            let again = house.scan(TODAY + days.days(), EVERY_DAY).await;
            assert_eq!(again.made, 0, "{days}");
        }
        // the same people from another file
        house.bring(&home("19661227", 1)).await;
        assert_eq!(house.scan(TODAY + 41.days(), EVERY_DAY).await.made, 0);
        assert_eq!(house.number("SELECT told FROM task").await, 2, "a month before, and on the day");
    }

    async fn missed_nights_are_caught_up(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&home("19661230", 1)).await;
        assert_eq!(house.scan(TODAY, EVERY_DAY).await.made, 0);
        // the day on which it was to be told was a Monday on which nothing ran
        assert_eq!(house.scan(TODAY + 20.days(), EVERY_DAY).await.made, 1);
    }

    async fn a_rule_that_changes_reminds_nobody_twice(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&(home("19661227", 1) + &home("19711227", 1))).await;
        assert_eq!(house.scan(TODAY, EVERY_DAY).await.made, 1);
        house.start_rule(&rule(2, "working_days = 3", "age_female = 55\nage_male = 60"), 2).await;
        // 12 and 71 end in an odd sequence: a man; and a woman of 55
        house.bring(&home("19711227", 2)).await;
        assert_eq!(house.scan(TODAY + 1.days(), EVERY_DAY).await.made, 1);
        assert_eq!(house.texts("SELECT CAST(version AS TEXT) FROM task ORDER BY task").await, ["1", "2"]);
        // names of occasions are for ever
        let tiers = rule(3, "", "[[rule.when.tier]]\ncode = \"60\"\nage = 60");
        house.store.add_rules(("rules.toml", &tiers), &deed(What::RuleAdded)).await.unwrap();
        let refused = house.store.use_rule("card", 3, &deed(What::RuleUsed)).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    }

    async fn a_city_is_not_flooded(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "backfill_days = 90", "age = 60"), 1).await;
        // 25 in one grid, 3 in another; the most urgent came of age first
        let rows: String = (0..25_u16)
            .map(|n| home(&date(1966, 9, 20).checked_add(i32::from(n).days()).unwrap().strftime("%Y%m%d").to_string(), 1))
            .collect();
        let others: String = (0..3).map(|n| row("19661115", n, "420502001001002,二号楼,420502,,,")).collect();
        house.bring(&(rows + &others)).await;
        let limited = Release { per_grid: 10 };
        let first = house.scan(TODAY, limited).await;
        assert_eq!((first.made, first.released), (28, 13));
        // a second scan of the day lets out nothing more, whatever happened to the first
        assert_eq!(house.scan(TODAY, limited).await.released, 0);
        assert_eq!(house.scan(TODAY + 1.days(), limited).await.released, 10);
        let urgent = house.number("SELECT COUNT(*) FROM task WHERE released_day IS NOT NULL AND due_day > (SELECT MIN(due_day) FROM task WHERE state = 'waiting')").await;
        assert_eq!(urgent, 3, "only the other grid's");
        assert_eq!(house.scan(TODAY + 2.days(), limited).await.released, 5);
    }

    async fn nothing_is_sent_for_the_dead(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&(home("19661227", 1) + &home("19661227", 3))).await;
        house.bring(&row("19661227", 3, ",,,,,2026-11-01")).await;
        assert_eq!(house.scan(TODAY, EVERY_DAY).await.made, 1);
        house.bring(&row("19661227", 1, ",,,,,2026-11-20")).await;
        assert_eq!(house.states().await, ["over died"]);
        let after = house.scan(TODAY + 1.days(), EVERY_DAY).await;
        assert_eq!((after.made, after.ended, after.told), (0, 0, 0));
        assert_eq!(house.states().await, ["over died"]);
    }

    async fn a_family_that_lost_its_child_is_handed_to_a_person(kind: Kind) {
        let house = House::of(kind).await;
        let text = rule(1, "only_child = true\nwho = \"living_children == 1\"", "age = 60");
        house.start_rule(&text, 1).await;
        let parent = |sequence, children: &str| row("19661227", sequence, &format!("{GRID},一号楼 101,420502,2009-06-01,{children},"));
        house.bring(&(parent(1, "2000-05-01 女 故2020-01-01") + &parent(3, "2000-05-01 女 健康"))).await;
        assert_eq!(house.scan(TODAY, EVERY_DAY).await.made, 2);
        assert_eq!(house.texts("SELECT rule || ' ' || occasion FROM task ORDER BY rule").await, ["card ", "hand-over child-lost"]);
        // the other one loses it while the reminder is out
        house.bring(&parent(3, "2000-05-01 女 故2026-11-20")).await;
        house.scan(TODAY + 1.days(), EVERY_DAY).await;
        let mut states = house.texts("SELECT rule || ' ' || state || ' ' || COALESCE(outcome, '-') FROM task").await;
        states.sort();
        assert_eq!(states, ["card over handed_over", "hand-over open -", "hand-over open -"].map(String::from).to_vec());
        assert_eq!(house.scan(TODAY + 2.days(), EVERY_DAY).await.made, 0);
    }

    async fn what_is_missing_is_asked_for_and_not_guessed(kind: Kind) {
        let house = House::of(kind).await;
        let text = rule(1, "who = \"living_children == 1\"", "age = 60");
        house.start_rule(&text, 1).await;
        house.bring(&home("19661227", 1)).await;
        let first = house.scan(TODAY, EVERY_DAY).await;
        assert_eq!((first.made, first.pending), (0, 1));
        assert_eq!(house.texts("SELECT missing FROM person_gap").await, ["living_children"]);
        house.bring(&row("19661227", 1, ",,,,2000-05-01 女,")).await;
        let second = house.scan(TODAY + 1.days(), EVERY_DAY).await;
        assert_eq!((second.made, second.pending), (1, 0));
        assert_eq!(house.number("SELECT COUNT(*) FROM person_gap").await, 0);
    }

    async fn where_somebody_moved_to_is_not_for_the_old_grid(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&(home("19661227", 1) + &home("19661227", 3))).await;
        house.scan(TODAY, EVERY_DAY).await;
        let all = TaskFilter { limit: 10, ..TaskFilter::default() };
        let homes = async || -> Vec<(String, Option<String>)> {
            let (tasks, _) = house.store.tasks(&all).await.unwrap();
            tasks.into_iter().map(|task| (task.grid, task.address)).collect()
        };
        assert!(homes().await.iter().all(|(grid, address)| grid == GRID && address.is_some()));
        let by = Deed { account: "li".into(), ..deed(What::Outcome) };
        assert!(house.store.finish_task(1, (Outcome::Enrolled, ""), &by).await.unwrap());
        // the whole grid is drawn anew: open reminders of both follow, and what was done stays where it was
        house.bring(&home("19661227", 1).replace(GRID, "420502001001008")).await;
        let moved = homes().await;
        assert_eq!(moved.iter().filter(|(grid, address)| grid == "420502001001008" && address.is_some()).count(), moved.len() - 1);
        assert_eq!(moved[0], (GRID.to_owned(), None));
        assert_eq!(house.store.task(1).await.unwrap().unwrap().phone_masked, None);
    }

    async fn reminders_are_counted_by_part_and_outcome(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "who = \"living_children == 1\"", "age = 60"), 1).await;
        let known = |n| row("19661227", n, &format!("{GRID},一号楼 101,420502,,2000-05-01 女,"));
        house.bring(&(known(1) + &known(3) + &home("19661227", 5))).await;
        house.scan(TODAY, EVERY_DAY).await;
        let by = Deed { account: "li".into(), at: Timestamp::UNIX_EPOCH, ..deed(What::Outcome) };
        assert!(house.store.finish_task(1, (Outcome::Enrolled, ""), &by).await.unwrap());
        let regions = Some(vec!["4205".to_owned()]);
        let asked = Asked { regions, digits: 12, ..Asked::default() };
        let counts = house.store.count_tasks(&asked, TODAY + 60.days()).await.unwrap();
        let counts: Vec<_> = counts.iter().map(|one| (one.part.as_str(), one.state.as_str(), one.tasks, one.late)).collect();
        assert_eq!(counts, [("420502001001", "done", 1, 0), ("420502001001", "open", 1, 1)]);
        let gaps = house.store.count_gaps(&asked).await.unwrap();
        assert_eq!(gaps.iter().map(|gap| (gap.missing.join(" "), gap.people)).collect::<Vec<_>>(), [("living_children".to_owned(), 1)]);
        let nowhere = Asked { region: Some("420503".into()), digits: 6, ..Asked::default() };
        assert!(house.store.count_tasks(&nowhere, TODAY).await.unwrap().is_empty());
    }

    async fn a_reminder_follows_whoever_moves(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&home("19661227", 1)).await;
        house.scan(TODAY, EVERY_DAY).await;
        house.bring(&row("19661227", 1, "420502001001009,九号楼,,,,")).await;
        assert_eq!(house.scan(TODAY + 1.days(), EVERY_DAY).await.made, 0);
        assert_eq!(house.texts("SELECT grid FROM task").await, ["420502001001009"]);
        // a mistake that is mended goes on with the same reminder
        house.bring(&row("19661227", 1, ",,,,,2026-11-20")).await;
        house.scan(TODAY + 2.days(), EVERY_DAY).await;
        assert_eq!(house.states().await, ["over died"]);
        sqlx::query("UPDATE person SET died_day = NULL, facts = '{\"hukou\":\"420502\"}'").execute(&house.raw().await).await.unwrap();
        assert_eq!(house.scan(TODAY + 3.days(), EVERY_DAY).await.made, 0);
        assert_eq!(house.states().await, ["open -"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM task").await, 1);
    }
}

fn people(house: &House) -> impl Future<Output = i64> + '_ {
    house.number("SELECT MIN(person) FROM person")
}

on_both! {
    async fn it_can_be_asked_why(kind: Kind) {
        let house = House::of(kind).await;
        let none = Workdays::default();
        house.start_rule(&rule(1, "who = \"living_children == 1\"", "age = 60"), 1).await;
        house.bring(&row("19661227", 1, &format!("{GRID},一号楼 101,420502,,2000-05-01 女,"))).await;
        house.scan(TODAY, EVERY_DAY).await;
        let person = people(&house).await;
        let why = house.store.explain(person, TODAY, &none).await.unwrap().unwrap();
        let Verdict::Matched { occasions, .. } = &why[0].verdict else { panic!("{why:?}") };
        assert_eq!((occasions[0].why, occasions[0].due), (Why::Wanted, date(2026, 12, 27)));
        assert_eq!((why[0].tasks[0].state.as_str(), why[0].tasks[0].told), ("open", 1));
        // the day before it was told, the rule was in use and said: not yet
        let before = house.store.explain(person, TODAY - 1.days(), &none).await.unwrap().unwrap();
        let Verdict::Matched { occasions, .. } = &before[0].verdict else { panic!("{before:?}") };
        assert_eq!(occasions[0].why, Why::NotYet);
        // what is known today says no; what was known then still says yes
        let now = "2026-12-01T04:00:00Z".parse::<Timestamp>().unwrap();
        let second = format!("{HEAD}{}", row("19661227", 1, ",,,,2000-05-01 女；2020-01-01 男,"));
        house.import(&second, |order| order.deed.at = now).await;
        let today = house.store.explain(person, date(2026, 12, 2), &none).await.unwrap().unwrap();
        let Verdict::Unmatched { reasons } = &today[0].verdict else { panic!("{today:?}") };
        assert_eq!((reasons[0].wanted.as_str(), reasons[0].found.as_str()), ("living_children == 1", "2"));
        let then = house.store.explain(person, TODAY, &none).await.unwrap().unwrap();
        assert_eq!(then[0].verdict, why[0].verdict);
        assert_eq!(house.store.explain(4711, TODAY, &none).await.unwrap(), None);
    }

    async fn a_rule_is_tried_before_it_is_used(kind: Kind) {
        let house = House::of(kind).await;
        let none = Workdays::default();
        let text = rule(1, "who = \"living_children == 1\"", "age = 60");
        let known = |n| row("19661227", n, &format!("{GRID},一号楼 101,420502,,2000-05-01 女,"));
        house.bring(&(known(1) + &known(3) + &home("19661227", 5) + &home("19361227", 5))).await;
        let (rules, _) = xunge_reminder::rule::read::read("r", &text);
        let when = (TODAY, Timestamp::UNIX_EPOCH);
        let counted = house.store.dry_run(&rules[0], when, &none).await.unwrap();
        assert_eq!((counted.reminded, counted.pending, counted.there), (2, 1, 0));
        assert_eq!(counted.grids.get(GRID), Some(&2));
        assert_eq!(house.number("SELECT COUNT(*) FROM task").await, 0);
        house.start_rule(&text, 1).await;
        let made = house.scan(TODAY, EVERY_DAY).await;
        assert_eq!((made.made, made.pending), (2, 1));
        let counted = house.store.dry_run(&rules[0], when, &none).await.unwrap();
        assert_eq!((counted.reminded, counted.there), (0, 2));
        // whom a rule finds in two ways is one
        let twice = rule(1, "", "certificate = \"证\"\nuntil_child_age = 18").replace("证", "独生子女父母光荣证");
        house.bring(&row("19861227", 7, &format!("{GRID},一号楼 101,420502,2026-11-20,2008-12-01 女,"))).await;
        let (rules, _) = xunge_reminder::rule::read::read("r", &twice);
        let counted = house.store.dry_run(&Rule { id: "twice".into(), ..rules[0].clone() }, when, &none).await.unwrap();
        assert_eq!((counted.reminded, counted.grids.values().sum::<u64>()), (1, 1));
    }
}

on_both! {
    async fn an_outcome_ends_it_and_nobody_reached_does_not(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "", "age = 60"), 1).await;
        house.bring(&(home("19661227", 1) + &home("19661227", 3))).await;
        house.scan(TODAY, EVERY_DAY).await;
        let (one, two) = (1, 2);
        let worker = Deed { account: "li".into(), ..deed(What::Outcome) };
        assert!(house.store.finish_task(one, (Outcome::Enrolled, "已领证"), &worker).await.unwrap());
        assert!(!house.store.finish_task(one, (Outcome::Handled, ""), &worker).await.unwrap(), "there is one already");
        assert!(house.store.finish_task(two, (Outcome::Unreachable, "无人"), &worker).await.unwrap());
        assert_eq!(house.states().await, ["done enrolled", "open unreachable"]);
        // on the day it is told again, to whoever was not reached
        assert_eq!(house.scan(TODAY + 30.days(), EVERY_DAY).await.told, 1);
    }
}

on_both! {
    async fn nobody_is_late_with_what_cannot_be_applied_for_yet(kind: Kind) {
        let house = House::of(kind).await;
        house.start_rule(&rule(1, "steps = [\"告知\", \"代办\"]", "age = 60"), 1).await;
        house.bring(&home("19661227", 1)).await;
        house.scan(TODAY, EVERY_DAY).await;
        let late = async |day: Date| {
            let filter = TaskFilter { late_on: Some(day), limit: 10, ..TaskFilter::default() };
            house.store.tasks(&filter).await.unwrap().0.len()
        };
        let (visit, finish) = (date(2026, 12, 11), date(2027, 1, 8));
        assert_eq!((late(visit).await, late(visit + 1.days()).await), (0, 1), "10 working days to go there");
        // whoever was there has 10 working days from the birthday on
        assert!(house.store.tick(1, &[0]).await.unwrap());
        assert_eq!((late(finish).await, late(finish + 1.days()).await), (0, 1));
        assert_eq!(house.scan(TODAY + 30.days(), EVERY_DAY).await.told, 1);
        assert_eq!((late(finish).await, late(finish + 1.days()).await), (0, 1), "told again, it waits no longer");
        // a slip of the finger
        assert!(house.store.tick(1, &[]).await.unwrap());
        assert_eq!((late(visit).await, late(visit + 1.days()).await), (0, 1));
        assert!(!house.store.tick(2, &[0]).await.unwrap(), "there is none");
        // a step that there is not is no visit
        let refused = house.store.tick(1, &[0, 2]).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        assert_eq!((late(visit).await, late(visit + 1.days()).await), (0, 1));
    }
}

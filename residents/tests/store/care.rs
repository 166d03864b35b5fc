//! What is heard at the door, what people decide, and what becomes of what is paid over time.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use xunge_residents::resident::Conflict;
use xunge_residents::store::{
    Choice, Deed, Outcome, Release, Scanned, Settlement, StoreError, TaskFilter, Verdict, What, Why,
};
use xunge_residents::workday::Workdays;

use crate::support::{House, Kind, TODAY, deed, number, on_both, open_ones};

const HEAD: &str =
    "姓名,身份证号,网格编码,住址,户籍地代码,出生日期,死亡日期,户号,与户主关系,婚姻状况,独生子女证,子女\n";
const HOME: &str = "420502001001001,一号楼 101,420502";

fn rule(id: &str, more: &str, when: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"津贴\"\nbasis = \"办法\"\nregions = [\"42\"]\nlead_days = [30, 0]\nsteps = [\"告知\"]\n{more}\n[rule.when]\n{when}\n"
    )
}

/// What is paid for an only child.
fn fee(more: &str) -> String {
    rule("fee", more, "certificate = \"独生子女父母光荣证\"\nuntil_child_age = 18")
}

/// Noon of a day, in the place.
fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(TimeZone::fixed(jiff::tz::offset(8))).unwrap().timestamp()
}

impl House {
    async fn begin_rule(&self, text: &str) {
        let added = self.store.add_rules(("rules.toml", text), &deed(What::RuleAdded)).await.unwrap();
        for (rule, version) in added {
            // one version after the other
            let by =
                Deed { at: Timestamp::UNIX_EPOCH + i64::from(version).seconds(), ..deed(What::RuleUsed) };
            self.store.use_rule(&rule, version, &by).await.unwrap();
        }
    }

    async fn night(&self, today: Date) -> Scanned {
        self.store.scan((today, noon(today)), &Workdays::default(), Release { per_grid: 100 }).await.unwrap()
    }

    async fn bring_on(&self, day: Date, rows: &str) {
        let table = format!("{HEAD}{rows}");
        let done = self.import(&table, |order| (order.today, order.deed.at) = (day, noon(day))).await;
        assert_eq!(done.problems, []);
    }

    async fn finish(&self, task: i64, outcome: Outcome, day: Date) {
        let by = Deed { at: noon(day), account: "li".into(), ..deed(What::Outcome) };
        assert!(self.store.finish_task(task, (outcome, ""), &by).await.unwrap(), "{task}");
    }

    async fn ended(&self) -> Vec<String> {
        self.texts("SELECT rule || '/' || occasion || ' ' || state || ' ' || COALESCE(outcome, '-') FROM task ORDER BY task")
            .await
    }

    /// What is to be settled: kind and detail.
    async fn unsettled(&self) -> Vec<(String, String)> {
        let open = self.store.conflicts(&open_ones()).await.unwrap();
        open.into_iter().map(|one| (one.kind, one.detail)).collect()
    }

    async fn decide(
        &self,
        kind: Conflict,
        choice: Option<Choice>,
        day: Option<Date>,
    ) -> Result<bool, StoreError> {
        let by = Deed { reason: "已核实".into(), at: noon(TODAY), ..deed(What::Settle) };
        self.store.settle(1, kind, Settlement { choice, day }, &by).await
    }
}

fn row(birth: &str, sequence: u16, rest: &str) -> String {
    format!("王芳,{},{HOME},{rest}\n", number(birth, sequence))
}

/// Somebody of a household with a certificate, and the child.
fn parent(birth: &str, sequence: u16, relation: &str, marital: &str, child: &str) -> String {
    row(birth, sequence, &format!(",,H1,{relation},{marital},2026-11-20,{child}"))
}

fn said(kind: &str, detail: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), detail.to_owned())]
}

on_both! {
    async fn who_is_said_to_be_dead_is_sent_nothing(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&(rule("card", "", "age = 60") + &rule("other", "", "age = 60"))).await;
        house.bring_on(TODAY, &row("19661227", 1, ",,,,,,")).await;
        house.night(TODAY).await;
        assert_eq!(house.ended().await, ["card/ open -", "other/ open -"]);
        house.finish(1, Outcome::Died, TODAY).await;
        // at once, and not only in the night
        assert_eq!(house.ended().await, ["card/ done died", "other/ over died"]);
        assert_eq!(house.unsettled().await, said("died", "2026-11-27"));
        let next = house.night(TODAY + 1.days()).await;
        assert_eq!((next.made, next.released, next.told), (0, 0, 0));
        // a file that does not know of it changes nothing
        house.bring_on(TODAY + 1.days(), &row("19661227", 1, ",,,,已婚,,")).await;
        assert_eq!(house.unsettled().await.len(), 1);
        // words alone decide nothing here
        assert!(matches!(house.decide(Conflict::Died, None, None).await, Err(StoreError::Refused { .. })));
        assert!(house.decide(Conflict::Died, Some(Choice::Mistaken), None).await.unwrap());
        assert_eq!(house.ended().await, ["card/ open -", "other/ open -"]);
        assert!(house.unsettled().await.is_empty());
        let deadlines = "SELECT COALESCE(CAST(deadline_day AS TEXT), '-') FROM task ORDER BY task";
        assert_eq!(house.texts(deadlines).await, ["-", "-"]);
        assert_eq!(house.night(TODAY + 2.days()).await.told, 2, "what goes on is told again");
        assert_eq!(house.texts(deadlines).await, ["20798", "20798"], "10 working days from Sunday on: 11 December");
        house.finish(2, Outcome::Died, TODAY + 2.days()).await;
        let late = Some(date(2030, 1, 1));
        assert!(matches!(house.decide(Conflict::Died, Some(Choice::Confirmed), late).await, Err(StoreError::Refused { .. })));
        assert!(house.decide(Conflict::Died, Some(Choice::Confirmed), Some(date(2026, 11, 20))).await.unwrap());
        assert_eq!(house.texts("SELECT CAST(died_day AS TEXT) FROM person").await, ["20777"]);
        assert_eq!(house.night(TODAY + 3.days()).await.made, 0);
        // the register takes it back
        house.bring_on(TODAY + 4.days(), &row("19661227", 1, ",无,,,,,")).await;
        house.night(TODAY + 4.days()).await;
        assert_eq!(house.ended().await, ["card/ open -", "other/ open -"]);
    }

    async fn a_file_that_tells_of_a_death_ends_at_once(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&(rule("card", "", "age = 60") + &fee(""))).await;
        let mother = |rest: &str| row("19661227", 2, &format!(",{rest},,,已婚,2026-11-20,2020-05-01 女 健康"));
        house.bring_on(TODAY, &(mother("") + &row("19661227", 1, ",,,,,,"))).await;
        house.night(TODAY).await;
        assert_eq!(house.ended().await, ["card/ open -", "card/ open -", "fee/begin open -"]);
        // not in the night: somebody would be at the door before
        house.bring_on(TODAY + 1.days(), &row("19661227", 1, ",2026-11-25,,,,,")).await;
        assert_eq!(house.ended().await, ["card/ open -", "card/ over died", "fee/begin open -"]);
        let lost = row("19661227", 2, ",,,,,2026-11-20,2020-05-01 女 故2026-11-26");
        house.bring_on(TODAY + 1.days(), &lost).await;
        assert_eq!(
            house.ended().await,
            ["card/ open -", "card/ over died", "fee/begin over handed_over", "hand-over/child-lost waiting -"]
        );
        // a dry run ends nothing
        let gone = HEAD.to_owned() + &row("19661227", 2, ",2026-11-27,,,,,");
        house.import(&gone, |order| (order.dry_run, order.today) = (true, TODAY + 1.days())).await;
        assert_eq!(house.ended().await[0], "card/ open -");
        // the grid is another one: the reminder is there at once
        let moved = mother("").replace("420502001001001", "420502001001002");
        house.bring_on(TODAY + 1.days(), &moved).await;
        assert_eq!(house.texts("SELECT grid FROM task WHERE state = 'open'").await, ["420502001001002"]);
    }

    async fn a_reminder_that_goes_on_is_as_the_rule_has_it_now(kind: Kind) {
        let house = House::of(kind).await;
        let married = |version: u32, who: &str| rule("card", &format!("version = {version}\n{who}"), "age = 60");
        house.begin_rule(&married(1, "who = \"marital == 'married'\"")).await;
        house.bring_on(TODAY, &row("19661227", 1, ",,,,已婚,,")).await;
        house.night(TODAY).await;
        house.bring_on(TODAY, &row("19661227", 1, ",,,,丧偶,,")).await;
        assert_eq!(house.ended().await, ["card/ over no_longer"]);
        // a rule that asks for less: the same reminder, with another deadline
        house.begin_rule(&married(2, "working_days = 3")).await;
        let monday = date(2026, 11, 30);
        let night = house.night(monday).await;
        assert_eq!((night.made, night.told, night.ended), (0, 1, 0));
        assert_eq!(house.ended().await, ["card/ open -"]);
        assert_eq!(house.texts("SELECT version || ' ' || told || ' ' || deadline_day FROM task").await, ["2 2 20790"], "3 December");
        assert_eq!(house.night(monday + 1.days()).await.told, 0);
    }

    async fn what_is_due_on_another_day_begins_anew(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&rule("bonus", "", "event = \"retirement\"")).await;
        let head = "姓名,身份证号,户籍地代码,退休日期\n";
        let retires = async |day: &str| {
            house.import(&format!("{head}王芳,{},420502,{day}\n", number("19661227", 2)), |order| order.deed.at = noon(TODAY)).await
        };
        retires("2026-12-20").await;
        assert_eq!(house.night(TODAY).await.made, 1);
        // later than was said: it is told when that comes, and once
        retires("2028-12-20").await;
        assert_eq!(house.ended().await, ["bonus/ over no_longer"]);
        assert_eq!(house.night(TODAY + 1.days()).await.told, 0);
        let then = date(2028, 11, 21);
        assert_eq!((house.night(then).await.told, house.ended().await), (1, vec!["bonus/ open -".to_owned()]));
        assert_eq!(house.texts("SELECT CAST(due_day AS TEXT) FROM task").await, ["21538"], "20 December 2028");
    }

    async fn who_retires_is_asked_when(kind: Kind) {
        let house = House::of(kind).await;
        let who = "who = \"has('独生子女父母光荣证')\"";
        house.begin_rule(&rule("bonus", who, "event = \"retirement\"")).await;
        let woman = |sequence: u16, certificate: &str| row("19761227", sequence, &format!(",,,,,{certificate},2005-05-01 女 健康"));
        house.bring_on(TODAY, &(woman(2, "2006-11-20") + &woman(4, "无") + &row("19761227", 1, ",,,,,2006-11-20,2005-05-01 女"))).await;
        let night = house.night(TODAY).await;
        assert_eq!((night.made, night.pending), (0, 1), "a woman of nearly 50 with a certificate");
        assert_eq!(house.texts("SELECT person || ' ' || missing FROM person_gap").await, ["1 retirement"]);
        let by = deed(What::RuleUsed);
        house.store.retire_rule("bonus", &by).await.unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM person_gap").await, 0);
        assert!(matches!(house.store.retire_rule("nothing", &by).await, Err(StoreError::Refused { .. })));
    }

    async fn what_is_sure_hides_no_gap(kind: Kind) {
        let house = House::of(kind).await;
        let tiers = "[[rule.when.tier]]\ncode = \"80-poor\"\nage = 80\nwho = \"identity == '低保'\"\n[[rule.when.tier]]\ncode = \"80\"\nage = 80\n[[rule.when.tier]]\ncode = \"90\"\nage = 90";
        house.begin_rule(&rule("old", "", tiers)).await;
        house.bring_on(TODAY, &(row("19461227", 1, ",,,,,,") + &row("19560101", 1, ",,,,,,"))).await;
        let night = house.night(TODAY).await;
        assert_eq!((night.made, night.pending), (0, 1));
        assert_eq!(house.texts("SELECT person || ' ' || missing FROM person_gap").await, ["1 identity"]);
        let why = house.store.explain(1, TODAY, &Workdays::default()).await.unwrap().unwrap();
        let Verdict::Matched { missing, .. } = &why[0].verdict else { panic!("{why:?}") };
        assert_eq!(missing, &["identity"]);
    }

    async fn what_was_long_before_the_rule_is_told_all_the_same(kind: Kind) {
        let house = House::of(kind).await;
        let text = rule("card", "backfill = \"all\"\nexpire_days = 30", "age = 60");
        let added = house.store.add_rules(("rules.toml", &text), &deed(What::RuleAdded)).await.unwrap();
        assert_eq!(added.len(), 1);
        for (account, in_use) in [("clerk", false), ("other", true)] {
            let by = Deed { account: account.into(), ..deed(What::RuleUsed) };
            assert_eq!(house.store.use_rule("card", 1, &by).await.unwrap(), in_use);
        }
        house.bring_on(TODAY, &row("19361227", 1, ",,,,,,")).await;
        let night = house.night(TODAY).await;
        assert_eq!((night.made, night.released, night.ended), (1, 1, 0));
        // and who comes later has as long for it
        let later = TODAY + 400.days();
        house.bring_on(later, &row("19361227", 3, ",,,,,,")).await;
        let night = house.night(later).await;
        assert_eq!((night.made, night.released), (1, 1));
        assert_eq!(house.ended().await, ["card/ over expired", "card/ open -"]);
    }

    async fn a_family_is_left_alone_as_one(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("")).await;
        let girl = "2020-05-01 女 健康";
        house.bring_on(TODAY, &(parent("19960101", 2, "户主", "已婚", girl) + &parent("19950101", 1, "配偶", "已婚", girl))).await;
        house.night(TODAY).await;
        assert_eq!(house.ended().await, ["fee/begin open -", "fee/begin open -"], "each of the two");
        // the child's death is entered in the mother's row: the father's reminder ends with hers
        house.bring_on(TODAY, &parent("19960101", 2, "户主", "已婚", "2020-05-01 女 故2026-11-25")).await;
        let over = ["fee/begin over handed_over", "fee/begin over handed_over"];
        assert_eq!(house.ended().await[..2], over);
        assert_eq!(house.ended().await[2..], ["hand-over/child-lost waiting -"], "one for the family");
        assert_eq!(house.night(TODAY + 1.days()).await.made, 0);
        // nobody reads the name of a benefit there
        let titles = house.store.tasks(&TaskFilter { state: Some("over".into()), limit: 10, ..TaskFilter::default() }).await.unwrap();
        assert_eq!(titles.0.iter().map(|task| task.title.as_str()).collect::<Vec<_>>(), ["", ""]);
        let detail = house.store.task(1).await.unwrap().unwrap();
        assert_eq!((detail.basis.as_str(), detail.steps.len(), detail.office), ("", 0, None));
        // it was a mistake
        house.bring_on(TODAY + 1.days(), &(parent("19960101", 2, "户主", "已婚", girl) + &parent("19950101", 1, "配偶", "已婚", girl))).await;
        assert_eq!(house.night(TODAY + 2.days()).await.told, 2);
        assert_eq!(house.ended().await, ["fee/begin open -", "fee/begin open -", "hand-over/child-lost over no_longer"]);
    }

    async fn a_death_in_the_childs_own_row_is_the_familys(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("")).await;
        let mother = parent("19960101", 2, "户主", "已婚", "2020-05-01 女 健康");
        let child = |died: &str| row("20200501", 2, &format!(",{died},H1,女,未婚,,"));
        house.bring_on(TODAY, &(mother + &child(""))).await;
        house.night(TODAY).await;
        house.bring_on(TODAY, &child("2026-11-25")).await;
        assert_eq!(house.ended().await, ["fee/begin over handed_over", "hand-over/child-lost waiting -"]);
        let why = house.store.explain(1, TODAY, &Workdays::default()).await.unwrap().unwrap();
        assert_eq!(why[0].verdict, Verdict::HandedOver { child_died: true });
    }

    async fn what_one_row_was_told_counts_for_the_other(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&(rule("card", "", "age = 60") + &rule("old", "recheck_months = 1", "age = 60"))).await;
        house.bring_on(TODAY, &row("19661227", 1, ",,,,,,")).await;
        house.night(TODAY).await;
        house.finish(1, Outcome::Handled, TODAY).await;
        house.finish(2, Outcome::Enrolled, TODAY).await;
        house.bring_on(TODAY, &row("19661227", 3, ",,,,,,")).await;
        let by = Deed { reason: "同一人".into(), at: noon(TODAY), ..deed(What::Settle) };
        let settlement = Settlement { choice: Some(Choice::KeepThis), day: None };
        assert!(house.store.settle(2, Conflict::Twice, settlement, &by).await.unwrap());
        let night = house.night(TODAY + 1.days()).await;
        assert_eq!((night.made, house.ended().await.len()), (0, 2), "nobody is told twice");
        assert!(house.unsettled().await.is_empty(), "and nothing stops");
        assert_eq!(house.texts("SELECT CAST(person AS TEXT) FROM task").await, ["2", "2"]);
    }

    async fn what_a_worker_found_wrong_begins_anew_when_it_is_put_right(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&rule("bonus", "", "event = \"retirement\"")).await;
        let retires = async |day: &str| {
            let table = format!("姓名,身份证号,户籍地代码,退休日期\n王芳,{},420502,{day}\n", number("19661227", 2));
            house.import(&table, |order| order.deed.at = noon(TODAY)).await
        };
        retires("2026-12-10").await;
        house.night(TODAY).await;
        house.finish(1, Outcome::WrongData, TODAY).await;
        assert_eq!(house.night(TODAY + 1.days()).await.told, 0);
        retires("2026-12-20").await;
        assert_eq!(house.night(TODAY + 2.days()).await.told, 1);
        assert_eq!(house.ended().await, ["bonus/ open -"]);
    }

    async fn a_family_that_lost_its_child_is_asked_nothing(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("")).await;
        // the father's row lacks the birthday, the mother's knows of the death
        let father = row("19950101", 1, ",,H1,配偶,已婚,2026-11-20,女");
        let mother = row("19960101", 2, ",,H1,户主,已婚,无,2020-05-01 女 故2026-11-01");
        house.bring_on(TODAY, &(father + &mother)).await;
        let night = house.night(TODAY).await;
        assert_eq!((night.pending, house.number("SELECT COUNT(*) FROM person_gap").await), (0, 0));
        assert_eq!(house.ended().await, ["hand-over/child-lost open -"]);
    }

    async fn who_changes_to_another_tier_is_told_once(kind: Kind) {
        let house = House::of(kind).await;
        let tiers = "[[rule.when.tier]]\ncode = \"80-poor\"\nage = 80\nwho = \"identity == '低保'\"\n[[rule.when.tier]]\ncode = \"80\"\nage = 80";
        house.begin_rule(&rule("old", "recheck_months = 1", tiers)).await;
        let is = async |identity: &str| {
            let table = format!("姓名,身份证号,网格编码,住址,户籍地代码,身份类别\n王芳,{},{HOME},{identity}\n", number("19461127", 1));
            house.import(&table, |order| order.deed.at = noon(TODAY)).await
        };
        is("无").await;
        house.night(TODAY).await;
        house.finish(1, Outcome::Handled, TODAY).await;
        is("低保").await;
        assert_eq!(house.night(TODAY + 1.days()).await.made, 1);
        assert_eq!(house.ended().await, ["old/80 done handled", "old/80-poor open -"]);
        assert_eq!(house.night(TODAY + 2.days()).await.made, 0);
        house.finish(2, Outcome::Handled, TODAY + 2.days()).await;
        // from now on that tier is looked at, and no more the one before it
        house.night(date(2026, 12, 29)).await;
        assert_eq!(house.ended().await[2..], ["old/80-poor@2026-12 open -"]);
        assert!(house.unsettled().await.is_empty());
    }

    async fn who_is_paid_by_a_rule_that_is_out_of_use_is_still_looked_at(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&rule("old", "recheck_months = 1", "age = 80")).await;
        house.bring_on(TODAY, &row("19461127", 1, ",,,,,,")).await;
        house.night(TODAY).await;
        house.finish(1, Outcome::Handled, TODAY).await;
        house.store.retire_rule("old", &deed(What::RuleUsed)).await.unwrap();
        house.bring_on(TODAY, &row("19461127", 1, ",2026-11-26,,,,,")).await;
        assert_eq!(house.night(date(2026, 12, 28)).await.made, 0, "nobody is sent any more");
        assert_eq!(house.unsettled().await, said("stop", "津贴\t\talive\t2026-11-26"));
    }

    async fn whoever_becomes_older_than_anybody_is_asked_after(kind: Kind) {
        let house = House::of(kind).await;
        house.bring_on(TODAY, &row("19060101", 1, ",,,,,,")).await;
        house.night(TODAY).await;
        assert!(house.unsettled().await.is_empty());
        house.night(date(2027, 1, 1)).await;
        assert_eq!(house.unsettled().await, said("age", "1906-01-01"));
        assert!(house.decide(Conflict::Age, None, None).await.unwrap());
        house.night(date(2027, 1, 2)).await;
        assert!(house.unsettled().await.is_empty());
    }

    async fn what_was_decided_on_a_birthday_counts(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&rule("card", "", "age = 60")).await;
        let disputed = row("19661227", 1, "1966-12-20,,,,,,");
        house.bring_on(TODAY, &disputed).await;
        let first = house.night(TODAY).await;
        assert_eq!((first.made, first.pending), (0, 1));
        assert!(matches!(house.decide(Conflict::Birth, Some(Choice::Mistaken), None).await, Err(StoreError::Refused { .. })));
        assert!(house.decide(Conflict::Birth, Some(Choice::HouseholdBook), None).await.unwrap());
        assert!(house.unsettled().await.is_empty());
        let next = house.night(TODAY + 1.days()).await;
        assert_eq!((next.made, next.pending), (1, 0));
        assert_eq!(house.texts("SELECT CAST(due_day AS TEXT) FROM task").await, ["20807"], "20 December 2026");
        // the same papers say nothing new; others do
        house.bring_on(TODAY, &disputed).await;
        assert!(house.unsettled().await.is_empty());
        house.bring_on(TODAY, &row("19661227", 1, "1966-12-25,,,,,,")).await;
        assert_eq!(house.unsettled().await, said("birth", "1966-12-27 / 1966-12-25"));
    }

    async fn who_receives_something_is_looked_at_again(kind: Kind) {
        let house = House::of(kind).await;
        let tiers = "[[rule.when.tier]]\ncode = \"80\"\nage = 80\n[[rule.when.tier]]\ncode = \"90\"\nage = 90";
        house.begin_rule(&rule("old", "recheck_months = 1", tiers)).await;
        house.bring_on(TODAY, &row("19461127", 1, ",,,,,,")).await;
        house.night(TODAY).await;
        house.finish(1, Outcome::Handled, TODAY).await;
        assert_eq!(house.night(date(2026, 12, 26)).await.made, 0);
        assert_eq!(house.night(date(2026, 12, 27)).await.made, 1);
        for day in [27, 28, 31] {
            assert_eq!(house.night(date(2026, 12, day)).await.made, 0, "one of a month");
        }
        assert_eq!(house.ended().await, ["old/80 done handled", "old/80@2026-12 open -"]);
        house.finish(2, Outcome::Handled, date(2026, 12, 31)).await;
        // nothing ran for two months: one visit, not two
        assert_eq!(house.night(date(2027, 2, 28)).await.made, 1);
        assert_eq!(house.ended().await[2], "old/80@2027-02 open -");
        // nobody came: the next month brings another one, and the old one is over
        let night = house.night(date(2027, 3, 27)).await;
        assert_eq!((night.made, night.ended), (0, 1));
        assert_eq!(house.night(date(2027, 3, 28)).await.made, 1);
        house.finish(4, Outcome::NotEligible, date(2027, 3, 29)).await;
        assert_eq!(house.night(date(2027, 5, 1)).await.made, 0);
        assert_eq!(house.unsettled().await, said("stop", "津贴\t80\tvisit\tnot_eligible"));
    }

    async fn a_death_that_is_told_late_stops_what_is_paid(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("recheck_months = 12\nwho = \"living_children == 1\"")).await;
        house.bring_on(TODAY, &row("19860101", 1, ",,,,,2026-11-20,2020-05-01 女 健康")).await;
        house.night(TODAY).await;
        house.finish(1, Outcome::Enrolled, TODAY).await;
        house.night(TODAY + 1.days()).await;
        assert!(house.unsettled().await.is_empty());
        // a second child: the fee stops, and the certificate goes back
        house.bring_on(TODAY, &row("19860101", 1, ",,,,,,2020-05-01 女 健康；2026-10-01 男 健康")).await;
        house.night(TODAY + 2.days()).await;
        assert_eq!(house.unsettled().await, said("stop", "津贴\tbegin\tliving_children == 1\t2"));
        // that was a mistake
        house.bring_on(TODAY, &row("19860101", 1, ",,,,,,2020-05-01 女 健康")).await;
        house.night(TODAY + 3.days()).await;
        assert!(house.unsettled().await.is_empty());
        house.bring_on(TODAY + 4.days(), &row("19860101", 1, ",2026-08-05,,,,,")).await;
        house.night(TODAY + 4.days()).await;
        assert_eq!(house.unsettled().await, said("stop", "津贴\tbegin\talive\t2026-08-05"));
        // settled with words; the next night says nothing new
        assert!(house.decide(Conflict::Stop, None, None).await.unwrap());
        house.night(TODAY + 5.days()).await;
        assert!(house.unsettled().await.is_empty());
    }

    async fn a_couple_is_told_once(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("per = \"couple\"")).await;
        let child = "2026-05-01 女 健康";
        let (wife, husband) = (parent("19960101", 2, "户主", "已婚", child), parent("19950101", 1, "配偶", "已婚", child));
        // somebody else of that household
        let mother = parent("19700101", 2, "母亲", "已婚", child);
        house.bring_on(TODAY, &(wife + &husband + &mother)).await;
        house.night(TODAY).await;
        let told = "SELECT CAST(person AS TEXT) FROM task ORDER BY person";
        assert_eq!(house.texts(told).await, ["1", "3"]);
        let why = house.store.explain(2, TODAY, &Workdays::default()).await.unwrap().unwrap();
        let Verdict::Matched { occasions, .. } = &why[0].verdict else { panic!("{why:?}") };
        assert_eq!(occasions[0].why, Why::SpouseTold);
        let again = house.night(TODAY + 1.days()).await;
        assert_eq!(again.made, 0);
        // the wife has died: now it is for the husband
        house.bring_on(TODAY + 2.days(), &row("19960101", 2, ",2026-11-28,,,,,")).await;
        house.night(TODAY + 2.days()).await;
        house.night(TODAY + 3.days()).await;
        assert_eq!(house.texts(told).await, ["1", "2", "3"]);
    }

    async fn divorced_parents_are_told_each(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("per = \"couple\"")).await;
        let child = "2026-05-01 女 健康";
        house.bring_on(TODAY, &(parent("19960101", 2, "户主", "离婚", child) + &parent("19950101", 1, "其他", "离婚", child))).await;
        assert_eq!(house.night(TODAY).await.made, 2);
    }

    async fn who_is_widowed_is_told_alone_and_after_another_wedding_nobody_is_told_again(kind: Kind) {
        let house = House::of(kind).await;
        house.begin_rule(&fee("per = \"couple\"")).await;
        let child = "2026-05-01 女 健康";
        house.bring_on(TODAY, &parent("19950101", 1, "户主", "丧偶", child)).await;
        assert_eq!(house.night(TODAY).await.made, 1);
        // marries again: with the wife's paper the couple has what was told already
        let wedding = parent("19950101", 1, "户主", "再婚", child) + &parent("19960101", 2, "配偶", "再婚", child);
        house.bring_on(TODAY + 1.days(), &wedding).await;
        assert_eq!(house.night(TODAY + 1.days()).await.made, 0);
        let why = house.store.explain(2, TODAY + 1.days(), &Workdays::default()).await.unwrap().unwrap();
        let Verdict::Matched { occasions, .. } = &why[0].verdict else { panic!("{why:?}") };
        assert_eq!(occasions[0].why, Why::SpouseTold);
    }
}

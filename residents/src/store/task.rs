//! Reminders in the database: made once, let out, told again, ended.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx, insert, parts};
use xunge_reminder::judge::{Judgement, judge};
use xunge_reminder::rule::Rule;
use xunge_reminder::schedule::Plan;
use xunge_reminder::standing::first_occasion;

use super::audit::{self, Deed};
use super::person::Known;
use super::rules::version_of;
use super::scan::{Night, Release};
use super::{Store, StoreError, day, day_number, heard, us};
use crate::resident::Gone;

/// The "rule" of whoever is handed to a person.
pub(super) const HAND_OVER: &str = "hand-over";
/// Where somebody belongs to of whom nobody knows where: whoever supervises sees it.
const NOWHERE: &str = "";
/// Who ends a reminder that ends by itself.
const BY_ITSELF: &str = "";
/// Working days for what is handed over.
const HANDED_DAYS: u16 = 5;
/// Reminders of one transaction.
const STEP: i64 = 5_000;

/// Made by a scan, not yet let out.
pub(super) const WAITING: &str = "waiting";
/// A worker is told of it.
pub(super) const OPEN: &str = "open";
/// There is an outcome.
pub(super) const DONE: &str = "done";
/// It is over, and nobody has to do anything.
pub(super) const OVER: &str = "over";

/// Why a reminder ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Died,
    MovedOut,
    /// The rule wants this person no more.
    NoLonger,
    /// Nothing came of it in time.
    Expired,
    /// A person looks at it instead.
    HandedOver,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Died => "died",
            Self::MovedOut => "moved_out",
            Self::NoLonger => "no_longer",
            Self::Expired => "expired",
            Self::HandedOver => "handed_over",
        }
    }
}

/// What a worker found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReminderOutcome)]
pub enum Outcome {
    /// 已办结.
    Handled,
    /// 已享受.
    Enrolled,
    /// 本人放弃.
    Declined,
    /// 不符合.
    NotEligible,
    /// 联系不上: it is told again on its days.
    Unreachable,
    /// 已迁出.
    MovedOut,
    /// 已去世.
    Died,
    /// 资料错误.
    WrongData,
}

impl Outcome {
    /// As the database has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Enrolled => "enrolled",
            Self::Declined => "declined",
            Self::NotEligible => "not_eligible",
            Self::Unreachable => "unreachable",
            Self::MovedOut => "moved_out",
            Self::Died => "died",
            Self::WrongData => "wrong_data",
        }
    }
}

impl Outcome {
    /// The person is no longer here.
    fn gone(self) -> Option<Gone> {
        match self {
            Self::Died => Some(Gone::Died),
            Self::MovedOut => Some(Gone::MovedOut),
            _ => None,
        }
    }
}

/// What ended because of what was known then: when it was wrong, the same reminder goes on.
const MISTAKEN: [&str; 3] = [Ended::Died.as_str(), Ended::MovedOut.as_str(), Ended::NoLonger.as_str()];

/// Whether a reminder that ended so came to nothing for a reason that is the person's own: it may still be for a husband or wife.
pub(super) fn without_effect(outcome: Option<&str>) -> bool {
    let own = [Outcome::Died, Outcome::MovedOut, Outcome::NotEligible].map(Outcome::as_str);
    outcome.is_some_and(|outcome| MISTAKEN.contains(&outcome) || own.contains(&outcome))
}

/// A reminder that is wanted.
pub(super) struct New {
    person: i64,
    rule: String,
    occasion: String,
    version: u32,
    grid: String,
    plan: Plan,
}

impl New {
    pub(super) fn reminder(rule: &Rule, one: &Known, plan: Plan) -> Self {
        Self {
            person: one.person,
            rule: rule.id.clone(),
            occasion: plan.due.occasion.clone(),
            version: rule.version,
            grid: one.grid.clone().unwrap_or_else(|| NOWHERE.to_owned()),
            plan,
        }
    }

    /// Person, rule and occasion make it one.
    fn key(&self) -> (i64, String, String) {
        (self.person, self.rule.clone(), self.occasion.clone())
    }

    pub(super) fn person(&self) -> i64 {
        self.person
    }

    pub(super) fn occasion(&self) -> &str {
        &self.occasion
    }

    pub(super) fn grid(&self) -> &str {
        &self.grid
    }

    pub(super) fn is_handed(&self) -> bool {
        self.rule == HAND_OVER
    }

    pub(super) fn handed(occasion: &str, one: &Known, plan: Plan) -> Self {
        Self {
            person: one.person,
            rule: HAND_OVER.to_owned(),
            occasion: occasion.to_owned(),
            version: 0,
            grid: one.grid.clone().unwrap_or_else(|| NOWHERE.to_owned()),
            plan,
        }
    }
}

#[derive(Deserialize)]
struct There {
    task: i64,
    person: i64,
    rule: String,
    occasion: String,
    state: String,
    outcome: Option<String>,
}

/// The reminders of these people: their numbers, and whether they ended by a mistake.
async fn there(
    tx: &mut Tx,
    wanted: &[New],
) -> Result<HashMap<(i64, String, String), (i64, bool)>, StoreError> {
    let people: HashSet<i64> = wanted.iter().map(|one| one.person).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let mut there = HashMap::new();
    for part in parts(&people, 1) {
        let mut sql = Sql::packed("task, person, rule, occasion, state, outcome");
        sql.push(" FROM task WHERE person IN ").list(part.iter().copied());
        for row in sql.unpack::<There>(tx, "look for reminders").await? {
            let mistaken = row.state == OVER
                && row.outcome.as_deref().is_some_and(|outcome| MISTAKEN.contains(&outcome));
            there.insert((row.person, row.rule, row.occasion), (row.task, mistaken));
        }
    }
    Ok(there)
}

/// Those that are not there yet, each once, and how many are.
pub(super) async fn missing<'n>(tx: &mut Tx, wanted: &'n [New]) -> Result<(Vec<&'n New>, u64), StoreError> {
    let there = there(tx, wanted).await?;
    let mut seen = HashSet::new();
    let (old, new): (Vec<&New>, Vec<&New>) =
        wanted.iter().filter(|one| seen.insert(one.key())).partition(|one| there.contains_key(&one.key()));
    Ok((new, old.len() as u64))
}

/// Makes reminders that are not there yet, and says how many. One that ended by a mistake goes on.
pub(super) async fn make(tx: &mut Tx, wanted: &[New], night: Night<'_>) -> Result<u64, StoreError> {
    let doing = "make reminders";
    let there = there(tx, wanted).await?;
    let mut seen = HashSet::new();
    let (mut new, mut again) = (Vec::new(), Vec::new());
    for one in wanted.iter().filter(|one| seen.insert(one.key())) {
        match there.get(&one.key()) {
            Some((task, true)) => again.push(*task),
            Some(_) => {}
            None => new.push(one),
        }
    }
    for part in parts(&again, 1) {
        let mut sql =
            Sql::new("UPDATE task SET outcome = NULL, ended_us = NULL, ended_by = NULL, next_day = ");
        // told again with this scan, which finds the day after it
        sql.bind(day_number(night.today)).push(", state = ");
        sql.push("CASE WHEN released_day IS NULL THEN ").bind(WAITING).push(" ELSE ").bind(OPEN);
        sql.push(" END WHERE task IN ").list(part.iter().copied());
        sql.run(tx, doing).await?;
    }
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(task), 0) FROM task")
        .fetch_one(&mut **tx)
        .await
        .doing(doing)?;
    let rows: Vec<(i64, &New)> = (last + 1..).zip(new).collect();
    let head = "INSERT INTO task (task, person, rule, occasion, version, state, grid, due_day, apply_day, tell, told, \
         expires_day, made_day, steps)";
    insert(tx, doing, (head, ""), 14, &rows, |values, (number, one)| {
        let tell: Vec<i64> = one.plan.tell.iter().map(|day| day_number(*day)).collect();
        values.bind(*number).bind(one.person).bind(&one.rule).bind(&one.occasion);
        values.bind(i64::from(one.version)).bind(WAITING).bind(&one.grid);
        values.bind(day_number(one.plan.due.day)).bind(day_number(one.plan.apply));
        values.bind(format!("{tell:?}")).bind(0_i64).bind(day_number(one.plan.expires));
        values.bind(day_number(night.today)).bind("[]");
    })
    .await?;
    Ok(rows.len() as u64)
}

/// A reminder without an outcome.
struct Pending {
    task: i64,
    rule: String,
    occasion: String,
    version: i64,
    expires_day: i64,
    of_grid: String,
    known: Known,
}

impl Store {
    /// Ends what is over, and lets reminders follow those who have moved; says how many have ended.
    pub(super) async fn end_tasks(&self, night: Night<'_>) -> Result<u64, StoreError> {
        let doing = "end reminders that are over";
        let mut rules: BTreeMap<(String, i64), Option<Rule>> = BTreeMap::new();
        let (mut after, mut ended) = (0, 0);
        loop {
            let mut tx = self.begin().await?;
            let pending = pending(&mut tx, after).await?;
            let Some(last) = pending.iter().map(|one| one.task).max() else { return Ok(ended) };
            after = last;
            let mut over: BTreeMap<&'static str, Vec<i64>> = BTreeMap::new();
            let mut moved: BTreeMap<String, Vec<i64>> = BTreeMap::new();
            let mut handed: Vec<New> = Vec::new();
            for one in &pending {
                let key = (one.rule.clone(), one.version);
                if one.rule != HAND_OVER && !rules.contains_key(&key) {
                    let rule = version_of(&mut tx, &one.rule, one.version).await?;
                    rules.insert(key.clone(), rule);
                }
                let rule = rules.get(&key).and_then(Option::as_ref);
                if let Some(why) = ends(one, rule, night, &mut handed)? {
                    over.entry(why.as_str()).or_default().push(one.task);
                    continue;
                }
                let grid = one.known.grid.as_deref().unwrap_or(NOWHERE);
                if grid != one.of_grid {
                    moved.entry(grid.to_owned()).or_default().push(one.task);
                }
            }
            for (why, tasks) in over {
                ended += tasks.len() as u64;
                for part in parts(&tasks, 1) {
                    let mut sql = Sql::new("UPDATE task SET next_day = NULL, state = ");
                    sql.bind(OVER).push(", outcome = ").bind(why).push(", ended_us = ").bind(us(night.now));
                    sql.push(", ended_by = ")
                        .bind(BY_ITSELF)
                        .push(" WHERE task IN ")
                        .list(part.iter().copied());
                    sql.run(&mut tx, doing).await?;
                }
            }
            for (grid, tasks) in moved {
                for part in parts(&tasks, 1) {
                    let mut sql = Sql::new("UPDATE task SET grid = ");
                    sql.bind(&grid).push(" WHERE task IN ").list(part.iter().copied());
                    sql.run(&mut tx, doing).await?;
                }
            }
            make(&mut tx, &handed, night).await?;
            tx.commit().await.doing(doing)?;
        }
    }

    /// Notes what a worker found; false where the reminder is not open. Nobody reached is no end; who has died or left is sent
    /// nothing more of anything.
    pub async fn finish_task(
        &self,
        task: i64,
        (outcome, note): (Outcome, &str),
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let doing = "note the outcome of a reminder";
        let ends = outcome != Outcome::Unreachable;
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE task SET outcome = ");
        sql.bind(outcome.as_str()).push(", note = ").bind(note).push(", ended_by = ").bind(&deed.account);
        if ends {
            sql.push(", next_day = NULL, state = ").bind(DONE).push(", ended_us = ").bind(us(deed.at));
        }
        sql.push(" WHERE state = ").bind(OPEN).push(" AND task = ").bind(task);
        if sql.run(&mut tx, doing).await? == 0 {
            return Ok(false);
        }
        let person: Option<i64> = sqlx::query_scalar("SELECT person FROM task WHERE task = $1")
            .bind(task)
            .fetch_optional(&mut *tx)
            .await
            .doing(doing)?;
        if let (Some(gone), Some(person)) = (outcome.gone(), person) {
            let keys = self.keys()?;
            heard::enter(&mut tx, &keys, (person, gone), deed).await?;
        }
        audit::write(&mut tx, deed, person, &(task, outcome)).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Lets reminders out whose day has come, as many as a grid can work at, the most urgent first; tells others again.
    pub(super) async fn release_tasks(
        &self,
        night: Night<'_>,
        release: Release,
    ) -> Result<(u64, u64), StoreError> {
        let doing = "let reminders out";
        let today = day_number(night.today);
        let mut tx = self.begin().await?;
        // those of one grid stand together; what came out today already counts
        let mut sql = Sql::packed("r.task, r.rule, r.version, r.tell");
        sql.push(
            " FROM (SELECT w.*, ROW_NUMBER() OVER (PARTITION BY w.grid ORDER BY w.apply_day, w.task) + COALESCE(o.came, 0) AS turn
              FROM task w LEFT JOIN (SELECT grid, COUNT(*) AS came FROM task WHERE released_day = ",
        );
        sql.bind(today).push(" GROUP BY grid) o ON o.grid = w.grid WHERE w.state = ").bind(WAITING);
        sql.push(") r WHERE r.turn <= ").bind(i64::from(release.per_grid));
        let out: Vec<(i64, String, i64, String)> = sql.unpack(&mut tx, doing).await?;
        let mut days: HashMap<(String, i64), u16> = HashMap::new();
        let mut rows = Vec::with_capacity(out.len());
        for (task, rule, version, tell) in out {
            let key = (rule, version);
            let working = match days.get(&key) {
                Some(working) => *working,
                None => {
                    let rule = version_of(&mut tx, &key.0, version).await?;
                    let working = rule.map_or(HANDED_DAYS, |rule| rule.work.working_days);
                    days.insert(key, working);
                    working
                }
            };
            let deadline = day_number(night.workdays.after(night.today, working));
            rows.push((task, next_day(&tell, today)?, deadline));
        }
        let released = rows.len() as u64;
        for part in parts(&rows, 3) {
            let mut sql = Sql::new("UPDATE task SET told = told + 1, released_day = ");
            sql.bind(today).push(", state = ").bind(OPEN);
            sql.push(", next_day = v.column2, deadline_day = v.column3 FROM ");
            sql.values(part, |values, (task, next, deadline)| {
                values.bind(*task).bind(*next).bind(*deadline);
            });
            sql.push(" AS v WHERE task.task = v.column1");
            sql.run(&mut tx, doing).await?;
        }
        let mut sql = Sql::packed("task, tell");
        sql.push(" FROM task WHERE state = ").bind(OPEN).push(" AND next_day <= ").bind(today);
        let again: Vec<(i64, String)> = sql.unpack(&mut tx, doing).await?;
        let again = again
            .into_iter()
            .map(|(task, tell)| Ok((task, next_day(&tell, today)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        for part in parts(&again, 2) {
            let mut sql = Sql::new("UPDATE task SET told = told + 1, next_day = v.column2 FROM ");
            sql.values(part, |values, (task, next)| {
                values.bind(*task).bind(*next);
            });
            sql.push(" AS v WHERE task.task = v.column1");
            sql.run(&mut tx, doing).await?;
        }
        tx.commit().await.doing(doing)?;
        Ok((released, again.len() as u64))
    }
}

/// Reminders without an outcome, by their numbers, with whom they are of.
async fn pending(tx: &mut Tx, after: i64) -> Result<Vec<Pending>, StoreError> {
    let doing = "look which reminders are over";
    let mut sql = Sql::packed("t.task, t.rule, t.occasion, t.version, t.expires_day, t.grid, t.person");
    sql.push(" FROM (SELECT * FROM task WHERE state IN ").list([WAITING, OPEN]);
    sql.push(" AND task > ").bind(after).push(" ORDER BY task LIMIT ").bind(STEP).push(") t");
    let rows: Vec<(i64, String, String, i64, i64, String, i64)> = sql.unpack(tx, doing).await?;
    let people: HashSet<i64> = rows.iter().map(|row| row.6).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let mut known: HashMap<i64, Known> = HashMap::with_capacity(people.len());
    for part in parts(&people, 1) {
        known.extend(super::person::known(tx, part).await?.into_iter().map(|one| (one.person, one)));
    }
    let pending =
        rows.into_iter().filter_map(|(task, rule, occasion, version, expires_day, of_grid, person)| {
            let known = known.get(&person)?.clone();
            Some(Pending { task, rule, occasion, version, expires_day, of_grid, known })
        });
    Ok(pending.collect())
}

/// Why a reminder is over, if it is.
fn ends(
    one: &Pending,
    rule: Option<&Rule>,
    night: Night<'_>,
    handed: &mut Vec<New>,
) -> Result<Option<Ended>, StoreError> {
    let person = one.known.judged()?;
    if person.died.is_some() {
        return Ok(Some(Ended::Died));
    }
    if person.moved_out.is_some() {
        return Ok(Some(Ended::MovedOut));
    }
    if day(one.expires_day).is_ok_and(|last| last < night.today) {
        return Ok(Some(Ended::Expired));
    }
    let Some(rule) = rule else { return Ok(None) };
    Ok(match judge(rule, &person) {
        Judgement::Matched(dues) if dues.iter().any(|due| due.occasion == first_occasion(&one.occasion)) => {
            None
        }
        // what cannot be said any more is for the worker to find out
        Judgement::Pending(_) => None,
        Judgement::HandOver(why) => {
            handed.push(super::scan::handed(&one.known, why, night.today));
            Some(Ended::HandedOver)
        }
        Judgement::Matched(_) | Judgement::Unmatched(_) => Some(Ended::NoLonger),
    })
}

/// The first day of telling after today.
fn next_day(tell: &str, today: i64) -> Result<Option<i64>, StoreError> {
    let days: Vec<i64> = serde_json::from_str(tell)
        .map_err(|error| StoreError::Corrupt(format!("days of telling that do not read: {error}")))?;
    Ok(days.into_iter().find(|day| *day > today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_day_is_after_today() {
        assert_eq!(next_day("[10, 20, 30]", 20).unwrap(), Some(30));
        assert_eq!(next_day("[10]", 20).unwrap(), None);
        assert!(next_day("x", 20).is_err());
    }
}

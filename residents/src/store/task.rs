//! Reminders in the database: made once, and finished.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx, insert, parts};
use xunge_reminder::rule::Rule;
use xunge_reminder::schedule::Plan;

use super::audit::{self, Deed};
use super::ending::{EXPIRED, HANDED_OVER, MISTAKEN};
use super::person::Known;
use super::{Store, StoreError, day_number, heard, us};
use crate::resident::Gone;

/// The "rule" of whoever is handed to a person.
pub(super) const HAND_OVER: &str = "hand-over";
/// Where somebody belongs to of whom nobody knows where: whoever supervises sees it.
pub(super) const NOWHERE: &str = "";
/// Made by a scan, not yet let out.
pub(super) const WAITING: &str = "waiting";
/// A worker is told of it.
pub(super) const OPEN: &str = "open";
/// There is an outcome.
pub(super) const DONE: &str = "done";
/// It is over, and nobody has to do anything.
pub(super) const OVER: &str = "over";

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

    /// The person is no longer here.
    fn gone(self) -> Option<Gone> {
        match self {
            Self::Died => Some(Gone::Died),
            Self::MovedOut => Some(Gone::MovedOut),
            _ => None,
        }
    }
}

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

    /// The days on which it is told, as the database has them.
    fn tell(&self) -> String {
        let tell: Vec<i64> = self.plan.tell.iter().map(|day| day_number(*day)).collect();
        format!("{tell:?}")
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
    due_day: i64,
}

impl There {
    /// Whether it ended by what was known then, and goes on when it is wanted.
    fn goes_on(&self, due_day: i64) -> bool {
        let ended = |by: &dyn Fn(&str) -> bool| self.state == OVER && self.outcome.as_deref().is_some_and(by);
        let later = due_day > self.due_day;
        ended(&|outcome| MISTAKEN.contains(&outcome) || outcome == HANDED_OVER)
            || (later && ended(&|outcome| outcome == EXPIRED))
            // what the worker found wrong was put right
            || (due_day != self.due_day && self.outcome.as_deref() == Some(Outcome::WrongData.as_str()))
    }
}

/// The reminders of these people, by what makes each one.
async fn there(tx: &mut Tx, wanted: &[New]) -> Result<HashMap<(i64, String, String), There>, StoreError> {
    let people: HashSet<i64> = wanted.iter().map(|one| one.person).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let mut there = HashMap::new();
    for part in parts(&people, 1) {
        let mut sql = Sql::packed("task, person, rule, occasion, state, outcome, due_day");
        sql.push(" FROM task WHERE person IN ").list(part.iter().copied());
        for row in sql.unpack::<There>(tx, "look for reminders").await? {
            there.insert((row.person, row.rule.clone(), row.occasion.clone()), row);
        }
    }
    Ok(there)
}

/// Those that are not there yet, each once, and whose the others are.
pub(super) async fn missing<'n>(
    tx: &mut Tx,
    wanted: &'n [New],
) -> Result<(Vec<&'n New>, Vec<i64>), StoreError> {
    let there = there(tx, wanted).await?;
    let mut seen = HashSet::new();
    let (old, new): (Vec<&New>, Vec<&New>) =
        wanted.iter().filter(|one| seen.insert(one.key())).partition(|one| there.contains_key(&one.key()));
    Ok((new, old.into_iter().map(New::person).collect()))
}

/// Makes reminders that are not there yet, and says how many. One that ended by a mistake goes on.
pub(super) async fn make(tx: &mut Tx, wanted: &[New], today: Date) -> Result<u64, StoreError> {
    let doing = "make reminders";
    let there = there(tx, wanted).await?;
    let mut seen = HashSet::new();
    let (mut new, mut again) = (Vec::new(), Vec::new());
    for one in wanted.iter().filter(|one| seen.insert(one.key())) {
        match there.get(&one.key()) {
            Some(row) if row.goes_on(day_number(one.plan.due.day)) => again.push((row.task, one)),
            Some(_) => {}
            None => new.push(one),
        }
    }
    for part in parts(&again, 6) {
        let mut sql = Sql::new(
            "UPDATE task SET version = v.column2, due_day = v.column3, apply_day = v.column4, tell = v.column5, \
             expires_day = v.column6, ",
        );
        go_on(&mut sql, today);
        sql.push(" FROM ").values(part, |values, (task, one)| {
            // as the rule has it now: the version that made it may be why it ended
            values.bind(*task).bind(i64::from(one.version)).bind(day_number(one.plan.due.day));
            values.bind(day_number(one.plan.apply)).bind(one.tell()).bind(day_number(one.plan.expires));
        });
        sql.push(" AS v WHERE task.task = v.column1");
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
        values.bind(*number).bind(one.person).bind(&one.rule).bind(&one.occasion);
        values.bind(i64::from(one.version)).bind(WAITING).bind(&one.grid);
        values.bind(day_number(one.plan.due.day)).bind(day_number(one.plan.apply));
        values.bind(one.tell()).bind(0_i64).bind(day_number(one.plan.expires));
        values.bind(day_number(today)).bind("[]");
    })
    .await?;
    Ok(rows.len() as u64)
}

/// Hands on what somebody was told, to the other row of the same person that stays in use: nobody is told twice.
pub(super) async fn hand_on(tx: &mut Tx, from: i64, to: i64) -> Result<(), StoreError> {
    let mut sql = Sql::new("UPDATE task SET person = ");
    sql.bind(to).push(" WHERE person = ").bind(from);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM task o WHERE o.rule = task.rule AND o.occasion = task.occasion");
    sql.push(" AND o.person = ").bind(to).push(")");
    sql.run(tx, "hand reminders on").await?;
    Ok(())
}

/// What lets a reminder go on that ended by a mistake. The next scan tells it again, with a new deadline.
pub(super) fn go_on(sql: &mut Sql, today: Date) {
    sql.push("outcome = NULL, ended_us = NULL, ended_by = NULL, deadline_day = NULL, next_day = ");
    // a scan finds what is to be told by its day
    sql.bind(day_number(today)).push(", state = CASE WHEN released_day IS NULL THEN ").bind(WAITING);
    sql.push(" ELSE ").bind(OPEN).push(" END");
}

impl Store {
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
        sql.push(" WHERE state = ").bind(OPEN).push(" AND task = ").bind(task).push(" RETURNING person");
        let Some(row) = sql.first(&mut tx, doing).await? else { return Ok(false) };
        let person: i64 = row.try_get(0).doing(doing)?;
        if let Some(gone) = outcome.gone() {
            let keys = self.keys()?;
            heard::enter(&mut tx, &keys, (person, gone), deed).await?;
        }
        audit::write(&mut tx, deed, Some(person), &(task, outcome)).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }
}

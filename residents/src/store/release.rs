//! Reminders come out, as many as a grid can work at, are told again, and have a deadline: somebody is to have been there so many
//! working days after they came out. Nobody can finish what cannot be applied for yet, so once a step is done the deadline counts
//! from the day on which it can.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use xunge_database::{Doing, Sql, Tx, parts};

use super::rules::version_of;
use super::scan::{Night, Release};
use super::task::{OPEN, WAITING};
use super::{Store, StoreError, day, day_number};
use crate::workday::Workdays;

/// Working days for what is handed over.
const HANDED_DAYS: u16 = 5;

/// A reminder that a worker is told of.
#[derive(Deserialize)]
struct Row {
    task: i64,
    rule: String,
    version: i64,
    apply_day: i64,
    released_day: Option<i64>,
    deadline_day: Option<i64>,
    tell: String,
    steps: String,
}

const COLUMNS: &str =
    "r.task, r.rule, r.version, r.apply_day, r.released_day, r.deadline_day, r.tell, r.steps";

impl Row {
    /// The first day of telling after today.
    fn next_day(&self, today: i64) -> Result<Option<i64>, StoreError> {
        let days: Vec<i64> = serde_json::from_str(&self.tell)
            .map_err(|error| StoreError::Corrupt(format!("days of telling that do not read: {error}")))?;
        Ok(days.into_iter().find(|day| *day > today))
    }

    /// The last day for the work at what came out on a day.
    fn deadline(&self, came: i64, terms: Terms, workdays: &Workdays) -> Result<i64, StoreError> {
        let is_visit = terms.steps > 0 && steps(&self.steps)?.is_empty();
        let from = if is_visit { came } else { came.max(self.apply_day) };
        Ok(day_number(workdays.after(day(from)?, terms.working_days)))
    }
}

/// Steps that are done, as the database has them.
pub(super) fn steps(text: &str) -> Result<Vec<u32>, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("steps of a reminder that do not read: {error}")))
}

/// What a version of a rule says of the work.
#[derive(Clone, Copy)]
struct Terms {
    working_days: u16,
    /// How many there are; without any nobody can say that somebody was there.
    steps: usize,
}

/// Terms of versions of rules, each read once.
#[derive(Default)]
struct Versions(HashMap<(String, i64), Terms>);

impl Versions {
    async fn terms(&mut self, tx: &mut Tx, row: &Row) -> Result<Terms, StoreError> {
        let key = (row.rule.clone(), row.version);
        if let Some(terms) = self.0.get(&key) {
            return Ok(*terms);
        }
        let terms = match version_of(tx, &key.0, row.version).await? {
            Some(rule) => Terms { working_days: rule.work.working_days, steps: rule.work.steps.len() },
            None => Terms { working_days: HANDED_DAYS, steps: 0 },
        };
        self.0.insert(key, terms);
        Ok(terms)
    }
}

impl Store {
    /// Lets reminders out whose day has come, as many as a grid can work at, the most urgent first; tells others again.
    pub(super) async fn release_tasks(
        &self,
        night: Night<'_>,
        release: Release,
    ) -> Result<(u64, u64), StoreError> {
        let doing = "let reminders out";
        let today = day_number(night.today);
        let mut tx = self.begin().await?;
        let mut versions = Versions::default();
        // those of one grid stand together; what came out today already counts
        let mut sql = Sql::packed(COLUMNS);
        sql.push(
            " FROM (SELECT w.*, ROW_NUMBER() OVER (PARTITION BY w.grid ORDER BY w.apply_day, w.task) + COALESCE(o.came, 0) AS turn
              FROM task w LEFT JOIN (SELECT grid, COUNT(*) AS came FROM task WHERE released_day = ",
        );
        sql.bind(today).push(" GROUP BY grid) o ON o.grid = w.grid WHERE w.state = ").bind(WAITING);
        sql.push(") r WHERE r.turn <= ").bind(i64::from(release.per_grid));
        let out: Vec<Row> = sql.unpack(&mut tx, doing).await?;
        tell(&mut tx, &out, &mut versions, night).await?;
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM task r WHERE r.state = ").bind(OPEN).push(" AND r.next_day <= ").bind(today);
        let again: Vec<Row> = sql.unpack(&mut tx, doing).await?;
        tell(&mut tx, &again, &mut versions, night).await?;
        tx.commit().await.doing(doing)?;
        Ok((out.len() as u64, again.len() as u64))
    }

    /// Notes which steps are done, and what deadline there is then; false where the reminder is not open. Steps are counted from
    /// 0; one that its rule does not have is refused.
    pub async fn tick(&self, task: i64, done: &[u32]) -> Result<bool, StoreError> {
        let doing = "note the steps of a reminder";
        let done: BTreeSet<u32> = done.iter().copied().collect();
        let workdays = self.workdays().await?;
        let mut tx = self.begin().await?;
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM task r WHERE r.state = ").bind(OPEN).push(" AND r.task = ").bind(task);
        let Some(mut row) = sql.unpack::<Row>(&mut tx, doing).await?.into_iter().next() else {
            return Ok(false);
        };
        let terms = Versions::default().terms(&mut tx, &row).await?;
        if let Some(step) = done.last().filter(|step| **step as usize >= terms.steps) {
            return Err(StoreError::refused(
                format!("这条提醒没有第 {} 步，请刷新页面", u64::from(*step) + 1),
                format!("this reminder has no step {step}: load it again"),
            ));
        }
        row.steps = format!("{:?}", done.into_iter().collect::<Vec<_>>());
        // one that goes on has none until it is told again
        let deadline = match (row.deadline_day, row.released_day) {
            (Some(_), Some(came)) => Some(row.deadline(came, terms, &workdays)?),
            _ => None,
        };
        let mut sql = Sql::new("UPDATE task SET steps = ");
        sql.bind(&row.steps).push(", deadline_day = ").bind(deadline).push(" WHERE task = ").bind(task);
        sql.run(&mut tx, doing).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }
}

/// Tells these. Whatever has no deadline comes out tonight.
async fn tell(
    tx: &mut Tx,
    told: &[Row],
    versions: &mut Versions,
    night: Night<'_>,
) -> Result<(), StoreError> {
    let today = day_number(night.today);
    let mut rows = Vec::with_capacity(told.len());
    for row in told {
        let (came, deadline) = match (row.released_day, row.deadline_day) {
            (Some(came), Some(deadline)) => (came, deadline),
            _ => (today, row.deadline(today, versions.terms(tx, row).await?, night.workdays)?),
        };
        rows.push((row.task, row.next_day(today)?, came, deadline));
    }
    for part in parts(&rows, 4) {
        let mut sql = Sql::new("UPDATE task SET told = told + 1, state = ");
        sql.bind(OPEN);
        sql.push(", next_day = v.column2, released_day = v.column3, deadline_day = v.column4 FROM ");
        sql.values(part, |values, (task, next, came, deadline)| {
            values.bind(*task).bind(*next).bind(*came).bind(*deadline);
        });
        sql.push(" AS v WHERE task.task = v.column1");
        sql.run(tx, "let reminders out").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn row(tell: &str, steps: &str, apply_day: i64) -> Row {
        let (tell, steps) = (tell.to_owned(), steps.to_owned());
        let (task, version) = (1, 1);
        Row {
            task,
            rule: "r".into(),
            version,
            apply_day,
            released_day: None,
            deadline_day: None,
            tell,
            steps,
        }
    }

    #[test]
    fn the_next_day_is_after_today() {
        let next = |tell: &str| row(tell, "[]", 0).next_day(20);
        assert_eq!(next("[10, 20, 30]").unwrap(), Some(30));
        assert_eq!(next("[10]").unwrap(), None);
        assert!(next("x").is_err());
    }

    #[test]
    fn a_deadline_waits_for_what_cannot_be_applied_for_yet() {
        // a Monday
        let came = day_number(date(2026, 11, 30));
        let deadline = |steps: &str, apply| {
            let terms = Terms { working_days: 5, steps: 2 };
            let row = row("[]", steps, day_number(apply));
            day(row.deadline(came, terms, &Workdays::default()).unwrap()).unwrap()
        };
        assert_eq!(deadline("[]", date(2026, 12, 30)), date(2026, 12, 7));
        assert_eq!(deadline("[0]", date(2026, 12, 30)), date(2027, 1, 6));
        assert_eq!(deadline("[0]", date(2026, 1, 1)), date(2026, 12, 7), "long since");
        let without = Terms { working_days: 5, steps: 0 };
        let row = row("[]", "[]", day_number(date(2026, 12, 30)));
        let deadline = row.deadline(came, without, &Workdays::default()).unwrap();
        assert_eq!(day(deadline).unwrap(), date(2027, 1, 6), "nothing can be ticked");
    }
}

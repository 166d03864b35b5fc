//! Reminders as people work at them: by grid and day, one with its steps, a sheet to telephone by, and what came of them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, parts};
use xunge_reminder::person::Marital;
use xunge_reminder::rule::{Place, Rule};

use super::audit::{self, Deed};
use super::dwelling::in_regions;
use super::ending::HANDED_OVER;
use super::person;
use super::release::steps;
use super::rules::version_of;
use super::task::HAND_OVER;
use super::{Store, StoreError, day, day_number};
use crate::resident::Resident;

/// Longest sheet, in reminders.
pub const SHEET: u32 = 500;

/// Which reminders are wanted.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// `waiting`, `open`, `done` or `over`; none is all.
    pub state: Option<String>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only of these regions; none is everywhere.
    pub regions: Option<Vec<String>>,
    /// Only of this region besides.
    pub region: Option<String>,
    /// Only those that came out, or were to be told again, until this day.
    pub until: Option<Date>,
    /// Only those whose deadline is over before this day.
    pub late_on: Option<Date>,
    /// Behind this one.
    pub after: Option<Mark>,
    /// At most so many.
    pub limit: u32,
}

/// Where a list goes on: its order is grid, day, number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Code of the grid.
    pub grid: String,
    /// Day by which it is to be applied for, since 1970.
    pub day: i64,
    /// Number of the reminder.
    pub task: i64,
}

/// A reminder in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReminderView)]
pub struct TaskView {
    /// Its number.
    pub task: i64,
    /// Whose.
    pub person: i64,
    /// Name of the person.
    pub name: String,
    /// Code of the grid; empty where nobody knows where the person lives.
    pub grid: String,
    /// Where the person lives.
    pub address: Option<String>,
    /// Rule; `hand-over` where a person is to look at it.
    pub rule: String,
    /// What people read; empty for what is, or was, handed over.
    pub title: String,
    /// Tier, `begin`, `end`, or empty; with `@2027-01` behind it the visit of that month to whoever receives it.
    pub occasion: String,
    /// `waiting`, `open`, `done` or `over`.
    pub state: String,
    /// When it is due.
    pub due: Date,
    /// Since when it can be applied for.
    pub apply: Date,
    /// Until when somebody is to have been there; once a step is done, until when it is to be finished.
    pub deadline: Option<Date>,
    /// When it came out.
    pub released: Option<Date>,
    /// How often it was told.
    pub told: i64,
    /// What came of it.
    pub outcome: Option<String>,
    /// What was written about it.
    pub note: Option<String>,
}

/// A reminder with everything that whoever goes there needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReminderDetail)]
pub struct TaskDetail {
    /// As in a list.
    #[serde(flatten)]
    pub task: TaskView,
    /// Telephone, masked.
    pub phone_masked: Option<String>,
    /// Law or notice that it rests on.
    pub basis: String,
    /// Who decides on it.
    pub department: String,
    /// Region whose office takes the application: of the registered home, or of where the person lives, as the rule has it; none where
    /// nobody knows.
    pub office: Option<String>,
    /// Marital status: whom a couple's benefit goes to depends on it.
    pub marital: Option<Marital>,
    /// What is to be done, in order.
    pub steps: Vec<String>,
    /// Steps that are done, by their places from 0.
    pub done: Vec<u32>,
}

/// A line of a sheet to telephone by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SheetCall)]
pub struct Call {
    /// The reminder.
    #[serde(flatten)]
    pub task: TaskView,
    /// Telephone in full; none of a family that is handed to a person.
    pub phone: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    task: i64,
    person: i64,
    name: String,
    grid: String,
    address: Option<String>,
    rule: String,
    version: i64,
    occasion: String,
    state: String,
    due_day: i64,
    apply_day: i64,
    deadline_day: Option<i64>,
    released_day: Option<i64>,
    told: i64,
    outcome: Option<String>,
    note: Option<String>,
    steps: String,
}

/// Where somebody lives who has moved is not for the grid that a reminder was of.
const COLUMNS: &str = "t.task, t.person, p.name, t.grid, CASE WHEN d.grid = t.grid THEN d.address END, t.rule, t.version, t.occasion, t.state, t.due_day, t.apply_day, \
     t.deadline_day, t.released_day, t.told, t.outcome, t.note, t.steps";

/// Rules by name and version, each read once. A family that is handed to a person has none: nobody is to read to it from one.
#[derive(Default)]
struct Rules(std::collections::BTreeMap<(String, i64), Option<Rule>>);

impl Rules {
    async fn of(&mut self, tx: &mut xunge_database::Tx, row: &Row) -> Result<Option<&Rule>, StoreError> {
        let key = (row.rule.clone(), row.version);
        if row.rule == HAND_OVER || row.outcome.as_deref() == Some(HANDED_OVER) {
            return Ok(None);
        }
        if !self.0.contains_key(&key) {
            let rule = version_of(tx, &row.rule, row.version).await?;
            self.0.insert(key.clone(), rule);
        }
        Ok(self.0.get(&key).and_then(Option::as_ref))
    }
}

impl Row {
    fn view(self, rule: Option<&Rule>) -> Result<TaskView, StoreError> {
        Ok(TaskView {
            task: self.task,
            person: self.person,
            name: self.name,
            grid: self.grid,
            address: self.address,
            title: rule.map(|rule| rule.title.clone()).unwrap_or_default(),
            rule: self.rule,
            occasion: self.occasion,
            state: self.state,
            due: day(self.due_day)?,
            apply: day(self.apply_day)?,
            deadline: self.deadline_day.map(day).transpose()?,
            released: self.released_day.map(day).transpose()?,
            told: self.told,
            outcome: self.outcome,
            note: self.note,
        })
    }
}

fn select(filter: &TaskFilter) -> Sql {
    let mut sql = Sql::packed(COLUMNS);
    sql.push(" FROM (SELECT * FROM task WHERE 1 = 1");
    if let Some(state) = &filter.state {
        sql.push(" AND state = ").bind(state);
    }
    if let Some(rule) = &filter.rule {
        sql.push(" AND rule = ").bind(rule);
    }
    if let Some(region) = &filter.region {
        in_regions(&mut sql, "grid", std::slice::from_ref(region));
    }
    if let Some(regions) = &filter.regions {
        in_regions(&mut sql, "grid", regions);
    }
    if let Some(until) = filter.until {
        sql.push(" AND released_day <= ").bind(day_number(until));
    }
    if let Some(today) = filter.late_on {
        sql.push(" AND deadline_day < ").bind(day_number(today));
    }
    if let Some(Mark { grid, day, task }) = &filter.after {
        sql.push(" AND (grid, apply_day, task) > (").bind(grid).push(", ").bind(*day).push(", ");
        sql.bind(*task).push(")");
    }
    sql.push(" ORDER BY grid, apply_day, task LIMIT ").bind(i64::from(filter.limit) + 1);
    sql.push(") t JOIN person p ON p.person = t.person LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
    sql
}

impl Store {
    /// Reminders by grid and day, and where to go on from when there are more.
    pub async fn tasks(&self, filter: &TaskFilter) -> Result<(Vec<TaskView>, Option<Mark>), StoreError> {
        let mut tx = self.db.reading().await?;
        let mut rows: Vec<Row> = select(filter).unpack(&mut tx, "read reminders").await?;
        rows.sort_by(|one, other| {
            (&one.grid, one.apply_day, one.task).cmp(&(&other.grid, other.apply_day, other.task))
        });
        let more = rows.len() > filter.limit as usize;
        rows.truncate(filter.limit as usize);
        let mark = |row: &Row| Mark { grid: row.grid.clone(), day: row.apply_day, task: row.task };
        let next = rows.last().map(mark).filter(|_| more);
        let (mut rules, mut views) = (Rules::default(), Vec::with_capacity(rows.len()));
        for row in rows {
            let rule = rules.of(&mut tx, &row).await?;
            views.push(row.view(rule)?);
        }
        Ok((views, next))
    }

    /// One reminder with its steps.
    pub async fn task(&self, task: i64) -> Result<Option<TaskDetail>, StoreError> {
        let mut tx = self.db.reading().await?;
        let keys = self.keys()?;
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM task t JOIN person p ON p.person = t.person LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
        sql.push(" WHERE t.task = ").bind(task);
        let rows: Vec<Row> = sql.unpack(&mut tx, "read a reminder").await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let filed = person::by_keys(&mut tx, &keys, &[row.person]).await?.into_iter().next();
        let phone = filed.as_ref().and_then(|filed| phone_in(&filed.resident, &row.grid));
        let facts = filed.map(|filed| filed.resident.facts).unwrap_or_default();
        let done = steps(&row.steps)?;
        let mut rules = Rules::default();
        let rule = rules.of(&mut tx, &row).await?;
        let (basis, department, steps) = match rule {
            Some(rule) => (rule.basis.clone(), rule.department.clone(), rule.work.steps.clone()),
            None => Default::default(),
        };
        let home = Some(row.grid.clone()).filter(|grid| !grid.is_empty());
        let office = rule.and_then(|rule| office(rule, facts.hukou, home));
        let marital = facts.marital;
        let phone_masked = phone.as_deref().map(crate::resident::masked_phone);
        let task = row.view(rule)?;
        Ok(Some(TaskDetail { task, phone_masked, basis, department, office, marital, steps, done }))
    }

    /// Whether a worker of these regions (none is everywhere) was ever told of somebody.
    pub async fn was_told_of(&self, person: i64, regions: Option<&[String]>) -> Result<bool, StoreError> {
        let mut sql = Sql::packed("t.task");
        sql.push(" FROM (SELECT task FROM task WHERE released_day IS NOT NULL AND person = ").bind(person);
        if let Some(regions) = regions {
            in_regions(&mut sql, "grid", regions);
        }
        sql.push(" LIMIT 1) t");
        let found: Vec<(i64,)> =
            sql.unpack(&mut *self.db.reader().await?, "look for reminders of somebody").await?;
        Ok(!found.is_empty())
    }

    /// The grid that a reminder is of; none where there is no such reminder.
    pub async fn grid_of_task(&self, task: i64) -> Result<Option<String>, StoreError> {
        let mut sql = Sql::packed("grid");
        sql.push(" FROM task WHERE task = ").bind(task);
        let found: Vec<(String,)> =
            sql.unpack(&mut *self.db.reader().await?, "look of which grid a reminder is").await?;
        Ok(found.into_iter().next().map(|(grid,)| grid))
    }

    /// A sheet to telephone by: reminders with telephones in full. That it was printed is logged, for each person, before
    /// anybody sees it.
    pub async fn call_sheet(
        &self,
        filter: &TaskFilter,
        deed: &Deed,
    ) -> Result<(Vec<Call>, bool), StoreError> {
        let doing = "print a sheet";
        let (tasks, next) = self.tasks(filter).await?;
        let people: Vec<i64> = tasks.iter().map(|task| task.person).collect();
        let mut tx = self.begin().await?;
        let keys = self.keys()?;
        let mut residents = std::collections::HashMap::with_capacity(people.len());
        for part in parts(&people, 1) {
            let filed = person::by_keys(&mut tx, &keys, part).await?;
            residents.extend(filed.into_iter().map(|one| (one.number, one.resident)));
        }
        audit::write(&mut tx, deed, None, &Sheet { region: filter.region.as_deref(), people: &people })
            .await?;
        tx.commit().await.doing(doing)?;
        // somebody goes to a family that is handed over, and does not call it
        let phone = |task: &TaskView| {
            let one = residents.get(&task.person).filter(|_| task.rule != HAND_OVER)?;
            phone_in(one, &task.grid)
        };
        let call = |task: TaskView| Call { phone: phone(&task), task };
        Ok((tasks.into_iter().map(call).collect(), next.is_some()))
    }
}

/// The telephone of somebody, for a grid: not of whoever has moved to another one.
fn phone_in(one: &Resident, grid: &str) -> Option<String> {
    let here = one.dwelling.as_ref().is_none_or(|home| home.grid == grid);
    one.phone.clone().filter(|_| here)
}

/// What the log says of a sheet.
#[derive(Serialize)]
struct Sheet<'s> {
    region: Option<&'s str>,
    people: &'s [i64],
}

/// Whose office takes the application. A reminder goes to where the person lives (人户分离): that may be elsewhere.
fn office(rule: &Rule, hukou: Option<String>, home: Option<String>) -> Option<String> {
    let holds = |code: &String| rule.regions.iter().any(|region| code.starts_with(region.as_str()));
    match rule.place {
        Place::Hukou => hukou,
        Place::Residence => home,
        Place::Either => hukou.filter(holds).or(home.filter(holds)),
    }
}

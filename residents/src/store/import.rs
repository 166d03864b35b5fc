//! Imports: a table is taken in steps, each a transaction, so that what was taken stays taken. The same file again changes
//! nothing. A bad row is named and the others go on.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx};
use xunge_reminder::id_number::IdNumber;

use super::audit::{self, Deed};
use super::conflict::{self, Found};
use super::ending::{BY_ITSELF, Ending};
use super::person::{self, Filed};
use super::present::Present;
use super::step::{STEP, Step};
use super::{Store, StoreError, dwelling, filing, heard, times, twice, us};
use crate::import::{Mapping, Problem};
use crate::resident::{Conflict, Dwelling, Gone, OF_ONE};
use crate::table::Table;

/// Rows of one transaction while nobody works with the residents yet. The indexes over a city have no order that its files have,
/// so a commit writes most of their pages, whether it brings few people or many.
const FIRST: u64 = 100_000;
/// Problems that are told one by one.
const TOLD: usize = 1_000;
/// Of a hundred who were there, so many may be missing in a file that says it is complete: more is a wrong file.
const MOST_DEPARTED_PERCENT: u64 = 10;

/// How a file is imported.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which column is what.
    pub mapping: Mapping,
    /// Says what would happen, and changes nothing.
    pub dry_run: bool,
    /// The file lists everybody who lives in this region: others have left.
    pub complete: Option<String>,
    /// Let more leave than is likely.
    pub many_departures: bool,
    /// Only people who live in one of these regions, or are to; none is everywhere.
    pub regions: Option<Vec<String>>,
    /// Who imports, from where and when.
    pub deed: Deed,
    /// Name of the file.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The place's day.
    pub today: Date,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportDone)]
pub struct Done {
    /// Whether it was done; false after a dry run.
    pub applied: bool,
    /// People who were not known.
    pub added: u64,
    /// People of whom something else was known.
    pub changed: u64,
    /// Rows that say what is known already.
    pub same: u64,
    /// People who stand in no row of a complete file.
    pub departed: u64,
    /// Rows that were not taken.
    pub refused: u64,
    /// What papers contradict each other in, found by this file.
    pub conflicts: u64,
    /// What is wrong, by line; the first of many.
    pub problems: Vec<Problem>,
    /// Headings that mean nothing here.
    pub ignored: Vec<String>,
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportView {
    /// Its number.
    pub run: i64,
    /// When.
    #[serde(deserialize_with = "times::read")]
    pub utc: Timestamp,
    /// Who.
    pub by: String,
    /// Name of the file.
    pub file: String,
    /// The region of which it listed everybody.
    pub complete: Option<String>,
    /// People who were not known.
    pub added: i64,
    /// People of whom something else was known.
    pub changed: i64,
    /// Rows that said what was known already.
    pub same: i64,
    /// People who stood in no row of a complete file.
    pub departed: i64,
    /// Rows that were not taken.
    pub refused: i64,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were read.
    pub rows: u64,
}

impl Order {
    /// How reminders end by what it brings.
    fn ending(&self) -> Ending<'static> {
        Ending { today: self.today, now: self.deed.at, by: BY_ITSELF }
    }

    /// Whether whoever imports may bring people who live there; `grid` is where that home lies as far as is known.
    fn reaches(&self, home: Option<&Dwelling>, grid: Option<&String>) -> bool {
        let Some(regions) = &self.regions else { return true };
        let within = |code: &String| regions.iter().any(|region| code.starts_with(region));
        home.is_some_and(|home| within(&home.grid)) && grid.is_none_or(within)
    }
}

impl Done {
    /// A row of somebody who lives elsewhere.
    fn out_of_reach(&mut self, line: u64) {
        self.refused += 1;
        self.problem(Problem::new(
            line,
            "此人不住在您的辖区，此行未采用",
            "this person does not live in your regions: this line was not taken",
        ));
    }

    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        }
    }
}

/// Where each number stood first in this file: 16 bytes for each row of a city.
type Lines = HashMap<u64, u32>;

impl Store {
    /// Imports a table.
    pub async fn import(
        &self,
        table: Table,
        order: &Order,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Done, StoreError> {
        let mut done = Done { ignored: order.mapping.ignored.clone(), ..Done::default() };
        let mut lines = Lines::new();
        let mut present = Present::default();
        let (mut rows, mut table) = (0, table);
        let together = if self.is_worked_with().await? { 1 } else { FIRST };
        let mut writing: Option<(Tx, u64)> = None;
        loop {
            // rows are read and numbers are indexed where that holds up nobody
            let read = {
                let (order, keys) = (order.clone(), self.keys()?);
                tokio::task::spawn_blocking(move || {
                    let step = Step::read(&mut table, &order, &keys);
                    (table, step)
                })
            };
            let (given_back, step) = read.await.map_err(|error| {
                StoreError::Corrupt(format!("a step of an import that broke off: {error}"))
            })?;
            table = given_back;
            if step.rows == 0 {
                break;
            }
            rows += step.rows;
            let (mut tx, since) = match writing.take() {
                Some(begun) => begun,
                None => (self.begin().await?, rows - step.rows),
            };
            self.take(&mut tx, step, order, (&mut lines, &mut present), &mut done).await?;
            if rows - since < together {
                writing = Some((tx, since));
            } else {
                finish(tx, order).await?;
            }
            progress(Progress { rows });
        }
        if let Some((tx, _)) = writing {
            finish(tx, order).await?;
        }
        if let Some(region) = &order.complete {
            self.depart(region, &present, order, &mut done).await?;
        }
        done.problems.sort_by_key(|problem| problem.line);
        if !order.dry_run {
            self.note(order, &done).await?;
            done.applied = true;
        }
        Ok(done)
    }

    /// The last imports, the latest first: everybody's, or one account's.
    pub async fn imports(&self, by: Option<&str>, limit: u32) -> Result<Vec<ImportView>, StoreError> {
        let mut sql = Sql::packed(
            "i.run, i.at_us, i.by_whom, i.file, i.complete, i.added, i.changed, i.same, i.departed, i.refused",
        );
        sql.push(" FROM (SELECT * FROM import_run");
        if let Some(by) = by {
            sql.push(" WHERE by_whom = ").bind(by);
        }
        sql.push(" ORDER BY run DESC LIMIT ").bind(i64::from(limit)).push(") i");
        let mut imports: Vec<ImportView> =
            sql.unpack(&mut *self.db.reader().await?, "read the imports").await?;
        imports.sort_by_key(|import| std::cmp::Reverse(import.run));
        Ok(imports)
    }

    /// Whether reminders are made of these residents already: then others wait for whoever writes long.
    async fn is_worked_with(&self) -> Result<bool, StoreError> {
        let tasks: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT task FROM task LIMIT 1) t")
            .fetch_one(self.db.readers())
            .await
            .doing("look whether there are reminders")?;
        Ok(tasks > 0)
    }

    /// Takes a step.
    async fn take(
        &self,
        tx: &mut Tx,
        mut step: Step,
        order: &Order,
        (lines, present): (&mut Lines, &mut Present),
        done: &mut Done,
    ) -> Result<(), StoreError> {
        done.refused += step.unfit.len() as u64;
        step.problems.drain(..).for_each(|problem| done.problem(problem));
        let keys = self.keys()?;
        let mut updates = Vec::with_capacity(step.updates.len());
        for (mut index, update) in std::mem::take(&mut step.updates) {
            if step.key != keys.newest() {
                // a new key has come meanwhile
                index = keys.index(&update.said.number);
            }
            let line = u32::try_from(update.line).unwrap_or(u32::MAX);
            match lines.entry(update.said.number.digits()) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    done.refused += 1;
                    let first = first.get();
                    done.problem(Problem::new(
                        update.line,
                        format!("身份证号与第 {first} 行相同，此行未采用"),
                        format!("the same identity number as in line {first}: this line was not taken"),
                    ));
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(line);
                    updates.push((index, update));
                }
            }
        }
        let numbers: Vec<_> = updates.iter().map(|(index, update)| (*index, update.said.number)).collect();
        let mut known = person::by_numbers(tx, &keys, &numbers).await?;
        if order.complete.is_some() {
            // whose row is not taken has not left for that
            let of = |number: &IdNumber| (keys.index(number), *number);
            let unfit: Vec<_> = step.unfit.iter().flatten().map(of).collect();
            present.unread += (step.unfit.len() - unfit.len()) as u64;
            let filed = person::by_numbers(tx, &keys, &unfit).await?;
            filed.values().for_each(|one| present.add(one.number));
        }
        // a row that draws a home into one's own grid would bring everybody who lives there
        let homes =
            || updates.iter().filter_map(|(_, update)| update.said.dwelling.as_ref().map(dwelling::key));
        let grids = match order.regions {
            Some(_) => dwelling::grids(tx, &homes().collect()).await?,
            None => HashMap::new(),
        };
        let grid_of = |home: Option<&Dwelling>| home.and_then(|home| grids.get(&dwelling::key(home)));
        let mut next = last(tx).await?;
        let (mut new, mut changed): (Vec<Filed>, Vec<Filed>) = (Vec::new(), Vec::new());
        let mut found: Vec<Found> = Vec::new();
        for (index, update) in updates {
            let line = update.line;
            let Some(filed) = known.remove(&index) else {
                let home = update.said.dwelling.as_ref();
                if !order.reaches(home, grid_of(home)) {
                    done.out_of_reach(line);
                    continue;
                }
                next += 1;
                present.add(next);
                new.push(Filed::new(next, update.said));
                continue;
            };
            if filed.resident.number != update.said.number {
                done.refused += 1;
                done.problem(Problem::new(
                    update.line,
                    "另一人的身份证号恰有相同的盲索引，此行未采用；执行 rotate-key 后重新导入",
                    "another number happens to have the same blind index: this line was not taken. Rotate the key and import again",
                ));
                continue;
            }
            present.add(filed.number);
            let said_name = update.said.name.clone();
            let left = update.said.facts.moved_out;
            let mut after = update.onto(&filed.resident);
            let home = after.dwelling.as_ref();
            if !order.reaches(home, grid_of(home)) {
                done.out_of_reach(line);
                continue;
            }
            if order.complete.is_some() {
                // who is listed among those who live there has come back
                after.facts.moved_out = left;
            }
            if said_name != filed.resident.name {
                // people take other names, and rows slip: a person decides
                after.name.clone_from(&filed.resident.name);
                found.push(Found::new(filed.number, Conflict::Name, said_name));
            }
            if after == filed.resident {
                done.same += 1;
            } else {
                let back = |gone: &Gone| filed.resident.facts.is_gone(*gone) && !after.facts.is_gone(*gone);
                for gone in [Gone::Died, Gone::MovedOut].into_iter().filter(back) {
                    heard::take_back(tx, (filed.number, gone), order.today).await?;
                }
                changed.push(Filed { resident: after, ..filed });
            }
        }
        done.added += new.len() as u64;
        done.changed += changed.len() as u64;
        let dwellings = dwelling::last(tx).await?;
        let homes = filing::write(tx, &keys, (&new, &changed), order.ending()).await?;
        found.extend(twice::look(tx, &new, &homes, dwellings).await?);
        for one in new.iter().chain(&changed) {
            found.extend(Found::all_of(one.number, &one.resident, order.today));
        }
        let judged: Vec<i64> = changed.iter().map(|one| one.number).collect();
        done.conflicts += conflict::write(tx, (&judged, OF_ONE), &found, order.deed.at).await?;
        Ok(())
    }

    /// Lets everybody leave who lives in a region and is not among those who are present.
    async fn depart(
        &self,
        region: &str,
        present: &Present,
        order: &Order,
        done: &mut Done,
    ) -> Result<(), StoreError> {
        let doing = "look who has left";
        if present.unread > 0 {
            let unread = present.unread;
            done.problem(Problem::new(
                0,
                format!("有 {unread} 行的身份证号无法识别，不知是谁，未作迁出处理；请改正后重新导入"),
                format!("nobody knows whose {unread} rows are, so nobody was entered as having left: correct their numbers and import again"),
            ));
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let keys = self.keys()?;
        let (mut after, mut there) = (0, 0_u64);
        let mut missing: Vec<i64> = Vec::new();
        loop {
            let mut sql = Sql::packed("p.person");
            sql.push(" FROM (SELECT p.person FROM person p JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.person > ");
            sql.bind(after).push(" AND p.died_day IS NULL AND p.moved_out_day IS NULL");
            dwelling::within(&mut sql, region);
            sql.push(" ORDER BY p.person LIMIT ").bind(STEP as i64).push(") p");
            let people: Vec<(i64,)> = sql.unpack(&mut tx, doing).await?;
            let Some(last) = people.iter().map(|(number,)| *number).max() else { break };
            after = last;
            there += people.len() as u64;
            missing.extend(people.into_iter().map(|(number,)| number).filter(|number| !present.has(*number)));
        }
        // new people of this very file are there, and are no reason to think less of it
        let gone = missing.len() as u64;
        if gone * 100 > there * MOST_DEPARTED_PERCENT && !order.many_departures {
            done.problem(Problem::new(
                0,
                format!("文件声明为 {region} 的完整名单，但在册 {there} 人中有 {gone} 人不在其中，未作迁出处理；确认无误后可允许大量迁出"),
                format!(
                    "the file is to list everybody in {region}, but {gone} of {there} who are known there are not in it: nobody was \
                     entered as having left. Allow many departures if that is right"
                ),
            ));
            return Ok(());
        }
        for part in missing.chunks(STEP) {
            let mut people = person::by_keys(&mut tx, &keys, part).await?;
            for one in &mut people {
                one.resident.facts.moved_out = Some(order.today);
            }
            filing::write(&mut tx, &keys, (&[], &people), order.ending()).await?;
        }
        done.departed = gone;
        if !order.dry_run {
            tx.commit().await.doing(doing)?;
        }
        Ok(())
    }

    /// Notes what was imported.
    async fn note(&self, order: &Order, done: &Done) -> Result<(), StoreError> {
        let doing = "note the import";
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO import_run (run, at_us, by_whom, file, sha256, complete, added, changed, same, departed, refused)
             SELECT COALESCE(MAX(run), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM import_run",
        )
        .bind(us(order.deed.at))
        .bind(&order.deed.account)
        .bind(&order.file)
        .bind(&order.sha256)
        .bind(order.complete.as_deref())
        .bind(number(done.added))
        .bind(number(done.changed))
        .bind(number(done.same))
        .bind(number(done.departed))
        .bind(number(done.refused))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        audit::write(&mut tx, &order.deed, None, &Told { file: &order.file, sha256: &order.sha256, done })
            .await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }
}

/// What the log says of an import: which file, and how many rows.
struct Told<'t> {
    file: &'t str,
    sha256: &'t str,
    done: &'t Done,
}

impl Serialize for Told<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Done { added, changed, departed, refused, .. } = self.done;
        (self.file, self.sha256, added, changed, departed, refused).serialize(serializer)
    }
}

/// Ends a transaction: for good, or as if nothing had been.
async fn finish(tx: Tx, order: &Order) -> Result<(), StoreError> {
    let doing = "import residents";
    if order.dry_run {
        tx.rollback().await.doing(doing)?
    } else {
        tx.commit().await.doing(doing)?
    }
    Ok(())
}

async fn last(tx: &mut Tx) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar("SELECT COALESCE(MAX(person), 0) FROM person").fetch_one(&mut **tx).await;
    Ok(last.doing("count the residents")?)
}

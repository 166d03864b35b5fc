//! The nightly scan: it makes reminders of whoever has come into reach of a rule, lets them out at a rate that people can
//! work at, tells them again, and ends what is over. It looks back as far as rules look, so a missed night loses nothing, and
//! a reminder is one of its person, rule and occasion, so a repeated one makes nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use xunge_database::{Doing, Sql, Tx, insert};
use xunge_reminder::find::{Range, What, ranges};
use xunge_reminder::judge::{Due, HandOver, Judgement, judge, missing};
use xunge_reminder::person::{Person, Sex};
use xunge_reminder::rule::{Per, Place, Rule};
use xunge_reminder::schedule::{Plan, Scan, is_wanted, plan};

use super::dwelling::in_regions;
use super::family::{self, Families};
use super::person::{DISPUTED, KNOWN, Known};
use super::rules::{Use, began, in_use};
use super::task;
use super::{Store, StoreError, day_number, us};
use crate::workday::Workdays;

/// People of one transaction.
const STEP: i64 = 5_000;

/// How many reminders come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// In one grid on one day, at most.
    pub per_grid: u32,
}

impl Default for Release {
    /// A worker who looks after 300 households has other work too.
    fn default() -> Self {
        Self { per_grid: 10 }
    }
}

/// What a scan did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Scanned {
    /// People who were looked at, once for each rule that might want them.
    pub looked_at: u64,
    /// New reminders.
    pub made: u64,
    /// People of whom something is to be found out first.
    pub pending: u64,
    /// Reminders that came out.
    pub released: u64,
    /// Reminders that were told again.
    pub told: u64,
    /// Reminders that ended by themselves.
    pub ended: u64,
}

/// What a rule would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// People who would be reminded of something new.
    pub reminded: u64,
    /// People of whom something is to be found out first.
    pub pending: u64,
    /// Families that are handed to a person.
    pub handed_over: u64,
    /// People who were reminded already, by one occasion or another.
    pub there: u64,
    /// How many of the new ones in which grid.
    pub grids: BTreeMap<String, u64>,
}

/// A day of scanning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Night<'n> {
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) workdays: &'n Workdays,
}

impl Store {
    /// Scans. `today` is the place's day; days before it on which nothing was scanned make no difference.
    pub async fn scan(
        &self,
        (today, now): (Date, Timestamp),
        workdays: &Workdays,
        release: Release,
    ) -> Result<Scanned, StoreError> {
        let night = Night { today, now, workdays };
        let mut scanned = Scanned::default();
        let rules = self.rules_tonight(today).await?;
        for rule in &rules {
            let scan = Scan { began: rule.began.unwrap_or(today), today };
            // a gap is one as long as the scan finds it
            let mut gaps: BTreeSet<i64> = BTreeSet::new();
            for range in ranges(&rule.rule, scan) {
                self.scan_range(rule, &range, (scan, night), &mut scanned, &mut gaps).await?;
            }
            scanned.pending += gaps.len() as u64;
            self.close_gaps(&rule.rule.id, today).await?;
        }
        self.find_too_old(night).await?;
        scanned.made += self.recheck(night).await?;
        scanned.ended += self.end_tasks(night).await?;
        let (released, told) = self.release_tasks(night, release).await?;
        (scanned.released, scanned.told) = (released, told);
        self.note_scan(night, &scanned).await?;
        Ok(scanned)
    }

    /// Counts what a rule would do today, and does nothing.
    pub async fn dry_run(
        &self,
        rule: &Rule,
        (today, now): (Date, Timestamp),
        workdays: &Workdays,
    ) -> Result<Counted, StoreError> {
        let night = Night { today, now, workdays };
        let mut tx = self.db.reading().await?;
        let began = began(&mut tx, &rule.id).await?;
        let scan = Scan { began: began.unwrap_or(today), today };
        let rule = Use { rule: rule.clone(), began };
        let mut counted = Counted::default();
        let (mut gaps, mut handed): (BTreeSet<i64>, BTreeSet<i64>) = Default::default();
        // nothing is written: what one range finds another one may find again
        let (mut told, mut there) = (family::Told::new(), BTreeSet::new());
        let mut grids: BTreeMap<i64, String> = BTreeMap::new();
        for range in ranges(&rule.rule, scan) {
            let mut after = (day_number(range.from), 0);
            loop {
                let people = people(&mut tx, &rule.rule, &range, after).await?;
                let Some(last) = people.iter().map(|one| (one.at, one.person)).max() else { break };
                after = last;
                let found = Found::of(&mut tx, &rule, &people, (scan, night), &mut told).await?;
                gaps.extend(found.gaps.keys());
                let (new, old) = task::missing(&mut tx, &found.tasks).await?;
                there.extend(old);
                for one in new {
                    if one.is_handed() {
                        handed.insert(one.person());
                    } else {
                        grids.insert(one.person(), one.grid().to_owned());
                    }
                }
            }
        }
        counted.reminded = grids.len() as u64;
        counted.there = there.len() as u64;
        for grid in grids.into_values() {
            *counted.grids.entry(grid).or_default() += 1;
        }
        (counted.pending, counted.handed_over) = (gaps.len() as u64, handed.len() as u64);
        Ok(counted)
    }

    /// The rules in use; those that are scanned for the first time begin today.
    async fn rules_tonight(&self, today: Date) -> Result<Vec<Use>, StoreError> {
        let doing = "begin to use rules";
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE rule SET began_day = $1 WHERE live IS NOT NULL AND began_day IS NULL")
            .bind(day_number(today))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let rules = in_use(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(rules)
    }

    async fn scan_range(
        &self,
        rule: &Use,
        range: &Range,
        (scan, night): (Scan, Night<'_>),
        scanned: &mut Scanned,
        gaps: &mut BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        let mut after = (day_number(range.from), 0);
        loop {
            let people = people(&mut *self.db.reader().await?, &rule.rule, range, after).await?;
            let Some(last) = people.iter().map(|one| (one.at, one.person)).max() else { return Ok(()) };
            after = last;
            scanned.looked_at += people.len() as u64;
            let mut tx = self.begin().await?;
            let found = Found::of(&mut tx, rule, &people, (scan, night), &mut family::Told::new()).await?;
            scanned.made += task::make(&mut tx, &found.tasks, night.today).await?;
            write_gaps(&mut tx, &rule.rule.id, &found.gaps, night.today).await?;
            tx.commit().await.doing("make reminders")?;
            gaps.extend(found.gaps.keys());
        }
    }

    /// Forgets gaps that this night has not found again.
    async fn close_gaps(&self, rule: &str, today: Date) -> Result<(), StoreError> {
        let doing = "forget what was found out";
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM person_gap WHERE rule = $1 AND found_day < $2")
            .bind(rule)
            .bind(day_number(today))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }

    async fn note_scan(&self, night: Night<'_>, scanned: &Scanned) -> Result<(), StoreError> {
        let doing = "note the scan";
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO scan_run (day, at_us, looked_at, made, pending, released, told, ended)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (day) DO UPDATE SET at_us = excluded.at_us, looked_at = excluded.looked_at,
             made = scan_run.made + excluded.made, pending = excluded.pending, released = scan_run.released + excluded.released,
             told = scan_run.told + excluded.told, ended = scan_run.ended + excluded.ended",
        )
        .bind(day_number(night.today))
        .bind(us(night.now))
        .bind(number(scanned.looked_at))
        .bind(number(scanned.made))
        .bind(number(scanned.pending))
        .bind(number(scanned.released))
        .bind(number(scanned.told))
        .bind(number(scanned.ended))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }
}

/// What a rule wants of some people.
#[derive(Default)]
struct Found {
    tasks: Vec<task::New>,
    gaps: BTreeMap<i64, BTreeSet<&'static str>>,
}

impl Found {
    /// Looks at these people. Who stands in `told` is told already, of couples.
    async fn of(
        tx: &mut Tx,
        rule: &Use,
        people: &[Known],
        (scan, night): (Scan, Night<'_>),
        told: &mut family::Told,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for one in people {
            found.take(&rule.rule, one, &one.judged()?, (scan, night));
        }
        let couples = rule.rule.per == Per::Couple;
        if !(couples || rule.rule.only_child) {
            return Ok(found);
        }
        // few are wanted, or are to be asked: their families know more
        let wanted: HashSet<i64> =
            found.tasks.iter().map(task::New::person).chain(found.gaps.keys().copied()).collect();
        if wanted.is_empty() {
            return Ok(found);
        }
        let families = Families::of(tx, &wanted.iter().copied().collect::<Vec<_>>()).await?;
        if rule.rule.only_child {
            (found.tasks, found.gaps) = Default::default();
            for one in people.iter().filter(|one| wanted.contains(&one.person)) {
                let mut person = one.judged()?;
                families.tell(one.person, &mut person);
                found.take(&rule.rule, one, &person, (scan, night));
            }
        }
        found.tasks = families.once(tx, (&rule.rule.id, couples), found.tasks, told).await?;
        Ok(found)
    }

    /// Looks at somebody.
    fn take(&mut self, rule: &Rule, one: &Known, person: &Person, (scan, night): (Scan, Night<'_>)) {
        let planned = |due| plan(rule, due, |day| night.workdays.works(day));
        let (dues, undecided) = match judge(rule, person) {
            Judgement::Matched { dues, undecided } => (dues, undecided),
            Judgement::Pending(undecided) => (Vec::new(), undecided),
            Judgement::HandOver(why) => return self.tasks.push(handed(one, why, night.today)),
            Judgement::Unmatched(_) => return,
        };
        for plan in dues.into_iter().map(planned).filter(|plan| is_wanted(rule, plan, scan)) {
            self.tasks.push(task::New::reminder(rule, one, plan.filled_in(rule, scan)));
        }
        // of what may be wanted by now it is to be found out
        let now = |day: Date| {
            let due = Due { day, occasion: String::new(), amount: String::new() };
            is_wanted(rule, &planned(due), scan)
        };
        let missing = missing(undecided.iter().filter(|one| one.day.is_none_or(now)));
        if !missing.is_empty() {
            self.gaps.insert(one.person, missing);
        }
    }
}

/// A family that has lost its child is handed to a person, once, whichever rules would have reminded it.
pub(super) fn handed(one: &Known, why: HandOver, today: Date) -> task::New {
    task::New::handed(loss(why), one, Plan::at_once(today))
}

/// What makes it one.
pub(super) const fn loss(why: HandOver) -> &'static str {
    match why {
        HandOver::ChildLost => "child-lost",
        HandOver::ChildDisabled => "child-disabled",
    }
}

/// People whom a range finds, by their days and numbers; without those whom the rule refuses whatever else is known of them.
async fn people(
    connection: &mut sqlx::AnyConnection,
    rule: &Rule,
    range: &Range,
    (day, person): (i64, i64),
) -> Result<Vec<Known>, StoreError> {
    let until = day_number(range.until);
    let mut sql = Sql::packed(KNOWN);
    let kind = match &range.what {
        What::Born => None,
        What::Disputed => Some(DISPUTED.to_owned()),
        What::Day(name) => Some(name.clone()),
        What::Certificate(name) => Some(format!("certificate:{name}")),
        What::Child => Some("child".to_owned()),
    };
    match kind {
        None => {
            sql.push(" FROM (SELECT p.*, p.born_day AS at FROM person p");
            join_home(&mut sql, rule);
            sql.push(" WHERE (p.born_day, p.person) > (");
            sql.bind(day).push(", ").bind(person).push(") AND p.born_day <= ").bind(until);
            if let Some(sex) = range.sex {
                sql.push(" AND p.sex = ").bind(Sex::as_str(sex));
            }
            not_refused(&mut sql, rule);
            sql.push(" ORDER BY p.born_day, p.person LIMIT ");
        }
        Some(kind) => {
            sql.push(" FROM (SELECT p.*, m.day AS at FROM moment m JOIN person p ON p.person = m.person");
            join_home(&mut sql, rule);
            sql.push(" WHERE m.kind = ")
                .bind(kind)
                .push(" AND (m.day, m.person) > (")
                .bind(day)
                .push(", ")
                .bind(person);
            sql.push(") AND m.day <= ").bind(until);
            not_refused(&mut sql, rule);
            sql.push(" ORDER BY m.day, m.person LIMIT ");
        }
    }
    sql.bind(STEP).push(") p LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
    Ok(sql.unpack(connection, "look for whom a rule may want").await?)
}

fn join_home(sql: &mut Sql, rule: &Rule) {
    if rule.place != Place::Hukou {
        sql.push(" LEFT JOIN dwelling h ON h.dwelling = p.dwelling");
    }
}

/// Leaves out who has died or left, and whose place is known and is not one of the rule's: see [`judge`].
fn not_refused(sql: &mut Sql, rule: &Rule) {
    sql.push(" AND p.died_day IS NULL AND p.moved_out_day IS NULL AND (");
    if rule.place != Place::Residence {
        sql.push("p.hukou IS NULL OR (1 = 1");
        in_regions(sql, "p.hukou", &rule.regions);
        sql.push(")");
    }
    if rule.place == Place::Either {
        sql.push(" OR ");
    }
    if rule.place != Place::Hukou {
        sql.push("h.grid IS NULL OR (1 = 1");
        in_regions(sql, "h.grid", &rule.regions);
        sql.push(")");
    }
    sql.push(")");
}

async fn write_gaps(
    tx: &mut Tx,
    rule: &str,
    gaps: &BTreeMap<i64, BTreeSet<&'static str>>,
    today: Date,
) -> Result<(), StoreError> {
    let rows: Vec<(i64, String)> = gaps
        .iter()
        .map(|(person, missing)| (*person, missing.iter().copied().collect::<Vec<_>>().join(" ")))
        .collect();
    let head = "INSERT INTO person_gap (rule, person, missing, found_day)";
    let tail = " ON CONFLICT (rule, person) DO UPDATE SET missing = excluded.missing, found_day = excluded.found_day";
    insert(tx, "note what is to be found out", (head, tail), 4, &rows, |values, (person, missing)| {
        values.bind(rule).bind(*person).bind(missing).bind(day_number(today));
    })
    .await?;
    Ok(())
}

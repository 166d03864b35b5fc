//! Whoever receives something that is paid over time: looked at every night, so that what is not due any more is told to the
//! office, and visited again every so many months.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use xunge_database::{Doing, Sql, Tx, parts};
use xunge_reminder::age::after;
use xunge_reminder::judge::Due;
use xunge_reminder::rule::Rule;
use xunge_reminder::schedule::Plan;
use xunge_reminder::standing::{Standing, first_occasion, later_look, other_tier, standing};

use super::conflict::{self, Found};
use super::family::{Families, Told};
use super::person::{self, Known};
use super::rules::last_used;
use super::scan::{Night, handed};
use super::task::{DONE, New, OPEN, Outcome, WAITING, make};
use super::{Store, StoreError, times};
use crate::resident::Conflict;

/// Receipts of one transaction.
const STEP: i64 = 5_000;
/// What is received after one of these.
const RECEIVED: [&str; 2] = [Outcome::Handled.as_str(), Outcome::Enrolled.as_str()];

/// A reminder that came to something.
#[derive(Deserialize)]
struct Receipt {
    task: i64,
    person: i64,
    occasion: String,
    ended_us: i64,
}

/// A later look at somebody who receives something.
#[derive(Deserialize)]
struct Look {
    person: i64,
    occasion: String,
    state: String,
    outcome: Option<String>,
}

/// What has to stop, by person; nothing of whoever receives what is due.
type Stops = BTreeMap<i64, Vec<String>>;

impl Store {
    /// Looks at whoever receives something, also by rules that are out of use, and says how many visits are due.
    pub(super) async fn recheck(&self, night: Night<'_>) -> Result<u64, StoreError> {
        let doing = "look at whoever receives something";
        let mut stops = Stops::new();
        let mut made = 0;
        let rules = last_used(&mut self.db.reading().await?).await?;
        for (rule, in_use) in &rules {
            let Some(months) = rule.recheck_months else { continue };
            // a rule that is out of use sends nobody
            let months = in_use.then_some(months);
            let mut after = 0;
            loop {
                let mut tx = self.begin().await?;
                let receipts = receipts(&mut tx, &rule.id, after).await?;
                let Some(last) = receipts.iter().map(|one| one.task).max() else { break };
                after = last;
                let visits = look(&mut tx, (rule, months), &receipts, night, &mut stops).await?;
                made += make(&mut tx, &visits, night.today).await?;
                tx.commit().await.doing(doing)?;
            }
        }
        let stops: Vec<(i64, Vec<String>)> = stops.into_iter().collect();
        for part in stops.chunks(STEP as usize) {
            let people: Vec<i64> = part.iter().map(|(person, _)| *person).collect();
            let found: Vec<Found> = part
                .iter()
                .filter(|(_, stops)| !stops.is_empty())
                .map(|(person, stops)| Found::new(*person, Conflict::Stop, stops.join("\n")))
                .collect();
            let mut tx = self.begin().await?;
            conflict::write(&mut tx, (&people, &[Conflict::Stop]), &found, night.now).await?;
            tx.commit().await.doing(doing)?;
        }
        Ok(made)
    }
}

async fn receipts(tx: &mut Tx, rule: &str, after: i64) -> Result<Vec<Receipt>, StoreError> {
    let mut sql = Sql::packed("r.task, r.person, r.occasion, r.ended_us");
    sql.push(" FROM (SELECT * FROM task WHERE rule = ").bind(rule).push(" AND state = ").bind(DONE);
    sql.push(" AND outcome IN ").list(RECEIVED).push(" AND occasion NOT LIKE '%@%' AND task > ").bind(after);
    sql.push(" ORDER BY task LIMIT ").bind(STEP).push(") r");
    Ok(sql.unpack(tx, "look who receives something").await?)
}

/// Looks at these, and gives the visits that are due.
async fn look(
    tx: &mut Tx,
    (rule, months): (&Rule, Option<u16>),
    receipts: &[Receipt],
    night: Night<'_>,
    stops: &mut Stops,
) -> Result<Vec<New>, StoreError> {
    let people: Vec<i64> = receipts.iter().map(|one| one.person).collect();
    let mut known: HashMap<i64, Known> = HashMap::with_capacity(people.len());
    let mut looks: HashMap<i64, Vec<Look>> = HashMap::new();
    for part in parts(&people, 1) {
        known.extend(person::known(tx, part).await?.into_iter().map(|one| (one.person, one)));
        let mut sql = Sql::packed("person, occasion, state, outcome");
        sql.push(" FROM task WHERE rule = ").bind(&rule.id).push(" AND occasion LIKE '%@%' AND person IN ");
        sql.list(part.iter().copied());
        for one in sql.unpack::<Look>(tx, "read earlier looks").await? {
            looks.entry(one.person).or_default().push(one);
        }
    }
    let alternatives = rule.has_alternatives();
    let received = if alternatives { received(tx, &rule.id, &people).await? } else { HashSet::new() };
    let families = if rule.only_child { Families::of(tx, &people).await? } else { Families::default() };
    let mut visits = Vec::new();
    for receipt in receipts {
        let Some(one) = known.get(&receipt.person) else { continue };
        let stops = stops.entry(receipt.person).or_default();
        let earlier: Vec<&Look> = looks
            .get(&receipt.person)
            .into_iter()
            .flatten()
            .filter(|look| first_occasion(&look.occasion) == receipt.occasion)
            .collect();
        let stop = |wanted: &str, found: &str| {
            [rule.title.as_str(), receipt.occasion.as_str(), wanted, found].join("\t")
        };
        let mut person = one.judged()?;
        families.tell(one.person, &mut person);
        // who changes to another tier of that age is told once, and receives it from then on
        let now = standing(rule, &person, &receipt.occasion, night.today);
        let other = if alternatives && months.is_some() && now != Standing::Over {
            other_tier(rule, &person, &receipt.occasion)
        } else {
            None
        };
        let has_changed =
            other.as_ref().is_some_and(|due| received.contains(&(receipt.person, due.occasion.clone())));
        if let Some(due) = other.filter(|_| !has_changed) {
            let expires = after(night.today, rule.expire_days);
            let plan = Plan { due, apply: night.today, tell: vec![night.today], expires };
            visits.push(New::reminder(rule, one, plan));
        }
        match now {
            Standing::Over => {}
            Standing::Entitled if has_changed => {}
            Standing::HandOver(why) => {
                if months.is_some() {
                    visits.push(handed(one, why, night.today));
                }
            }
            // it is received under another number of the same person
            Standing::Stop(_) if person.moved_out.is_some() && one.is_out_of_use()? => {}
            Standing::Stop(reasons) => {
                stops.extend(reasons.iter().map(|reason| stop(&reason.wanted, &reason.found)));
            }
            Standing::Entitled => {
                if let Some(found) = earlier.iter().find_map(|look| found_at_the_door(look)) {
                    stops.push(stop("visit", found));
                } else if let Some(months) = months
                    && let Some(plan) = visit(receipt, months, &earlier, night.today)?
                {
                    visits.push(New::reminder(rule, one, plan));
                }
            }
        }
    }
    // visits are to each, families are handed over once
    families.once(tx, (&rule.id, false), visits, &mut Told::new()).await
}

/// Which occasions of a rule these people receive.
async fn received(tx: &mut Tx, rule: &str, people: &[i64]) -> Result<HashSet<(i64, String)>, StoreError> {
    let mut found = HashSet::new();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("person, occasion");
        sql.push(" FROM task WHERE rule = ").bind(rule).push(" AND state = ").bind(DONE);
        sql.push(" AND outcome IN ").list(RECEIVED).push(" AND person IN ").list(part.iter().copied());
        found.extend(sql.unpack::<(i64, String)>(tx, "look what people receive").await?);
    }
    Ok(found)
}

/// What a worker found who went there, where that is no reason to go on.
fn found_at_the_door(look: &Look) -> Option<&str> {
    let outcome = look.outcome.as_deref().filter(|_| look.state == DONE)?;
    (!RECEIVED.contains(&outcome)).then_some(outcome)
}

/// The visit that is due, if one is: never a second one while one is open, and of those that were missed the last.
fn visit(receipt: &Receipt, months: u16, earlier: &[&Look], today: Date) -> Result<Option<Plan>, StoreError> {
    let since = times::place_day(times::of(receipt.ended_us)?);
    let Some(due) = last_visit(since, months, today) else { return Ok(None) };
    let occasion = later_look(&receipt.occasion, due);
    let open = |look: &&&Look| look.state == OPEN || look.state == WAITING || look.occasion == occasion;
    if earlier.iter().any(|look| open(&look)) {
        return Ok(None);
    }
    let next = due.checked_add(i32::from(months).months()).unwrap_or(Date::MAX);
    let expires = next.yesterday().unwrap_or(next);
    let due = Due { day: due, occasion, amount: String::new() };
    Ok(Some(Plan { apply: due.day, due, tell: vec![today], expires }))
}

/// The last of the days every so many months after one, up to today.
fn last_visit(since: Date, months: u16, today: Date) -> Option<Date> {
    let between = (i32::from(today.year()) - i32::from(since.year())) * 12 + i32::from(today.month())
        - i32::from(since.month());
    let times = between / i32::from(months.max(1));
    // the day of the month may not have come yet
    (1..=times).rev().take(2).find_map(|times| {
        let day = since.checked_add((times * i32::from(months)).months()).ok()?;
        (day <= today).then_some(day)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_visit_is_due_after_so_many_months() {
        let since = date(2026, 1, 31);
        for (months, today, due) in [
            (1, date(2026, 2, 27), None),
            (1, date(2026, 2, 28), Some(date(2026, 2, 28))),
            (1, date(2026, 5, 30), Some(date(2026, 4, 30))),
            (1, date(2026, 5, 31), Some(date(2026, 5, 31))),
            (12, date(2026, 12, 31), None),
            (12, date(2029, 1, 30), Some(date(2028, 1, 31))),
            (12, date(2025, 1, 1), None),
        ] {
            assert_eq!(last_visit(since, months, today), due, "{months} {today}");
        }
    }
}

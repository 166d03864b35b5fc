//! Reminders that are over: their people have died, left, or are not meant any more. The night looks at all of them; whoever is
//! changed is looked at once that is written, so that nobody works at a dead man's reminder until the night.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use xunge_database::{Doing, Sql, Tx, parts};
use xunge_reminder::judge::{Judgement, bereaved, judge};
use xunge_reminder::person::Person;
use xunge_reminder::rule::Rule;
use xunge_reminder::standing::{Standing, first_occasion, standing};

use super::family::{Families, Told, housemates};
use super::person::{self, Known};
use super::rules::version_of;
use super::scan::{Night, handed, loss};
use super::task::{HAND_OVER, NOWHERE, New, OPEN, OVER, WAITING, make};
use super::{Store, StoreError, day, day_number, us};

/// Reminders of one transaction.
const STEP: i64 = 5_000;
/// Who ends what ends by itself: a reminder, or a contradiction.
pub(super) const BY_ITSELF: &str = "";

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

/// How a reminder ended that a person looks at instead: nobody reads its benefit's name any more.
pub(super) const HANDED_OVER: &str = Ended::HandedOver.as_str();

/// How a reminder ended of which nothing came in time.
pub(super) const EXPIRED: &str = Ended::Expired.as_str();

/// What ended because of what was known then: when it was wrong, the same reminder goes on.
pub(super) const MISTAKEN: [&str; 3] =
    [Ended::Died.as_str(), Ended::MovedOut.as_str(), Ended::NoLonger.as_str()];

/// When reminders end, and through whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending<'e> {
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) by: &'e str,
}

/// Which reminders are looked at.
#[derive(Clone, Copy)]
enum Whose<'w> {
    /// All of them, in steps, behind this one.
    After(i64),
    /// Those of these people.
    Of(&'w [i64]),
}

/// What the database says of a reminder: number, rule, occasion, version, day due, day of expiry, grid, person, state.
type Row = (i64, String, String, i64, i64, i64, String, i64, String);

/// A reminder without an outcome.
struct Pending {
    task: i64,
    rule: String,
    occasion: String,
    version: i64,
    due_day: i64,
    expires_day: i64,
    of_grid: String,
    known: Known,
}

/// Versions of rules, each read once.
type Versions = BTreeMap<(String, i64), Option<Rule>>;

impl Store {
    /// Ends what is over, and lets reminders follow those who have moved; says how many have ended.
    pub(super) async fn end_tasks(&self, night: Night<'_>) -> Result<u64, StoreError> {
        let ending = Ending { today: night.today, now: night.now, by: BY_ITSELF };
        let mut versions = Versions::new();
        let (mut after, mut ended) = (0, 0);
        loop {
            let mut tx = self.begin().await?;
            let pending = pending(&mut tx, Whose::After(after)).await?;
            let Some(last) = pending.iter().map(|one| one.task).max() else { return Ok(ended) };
            after = last;
            ended += look(&mut tx, &pending, &mut versions, ending).await?;
            tx.commit().await.doing("end reminders that are over")?;
        }
    }
}

/// Ends what is over of these people, of whom something else is known now, and of those who live with `grieving` ones of them.
pub(super) async fn of_people(
    tx: &mut Tx,
    (people, grieving): (&[i64], &[i64]),
    ending: Ending<'_>,
) -> Result<(), StoreError> {
    let mut all = housemates(tx, grieving).await?;
    all.extend(people);
    let all: Vec<i64> = all.into_iter().collect();
    let mut versions = Versions::new();
    for part in parts(&all, 1) {
        let pending = pending(tx, Whose::Of(part)).await?;
        look(tx, &pending, &mut versions, ending).await?;
    }
    Ok(())
}

/// Ends those of these that are over, and lets the others follow their people; says how many have ended.
async fn look(
    tx: &mut Tx,
    pending: &[Pending],
    versions: &mut Versions,
    ending: Ending<'_>,
) -> Result<u64, StoreError> {
    let doing = "end reminders that are over";
    let mut over: BTreeMap<&'static str, Vec<i64>> = BTreeMap::new();
    let mut moved: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut to_people: Vec<New> = Vec::new();
    for one in pending.iter().filter(|one| one.rule != HAND_OVER) {
        if let Entry::Vacant(free) = versions.entry((one.rule.clone(), one.version)) {
            free.insert(version_of(tx, &one.rule, one.version).await?);
        }
    }
    let rule = |one: &Pending| versions.get(&(one.rule.clone(), one.version)).and_then(Option::as_ref);
    let parents: BTreeSet<i64> = pending
        .iter()
        .filter(|one| one.rule == HAND_OVER || rule(one).is_some_and(|rule| rule.only_child))
        .map(|one| one.known.person)
        .collect();
    let families = Families::of(tx, &parents.into_iter().collect::<Vec<_>>()).await?;
    for one in pending {
        let rule = rule(one);
        let mut person = one.known.judged()?;
        if one.rule == HAND_OVER || rule.is_some_and(|rule| rule.only_child) {
            families.tell(one.known.person, &mut person);
        }
        if let Some(why) = ends(one, &person, rule, ending.today, &mut to_people) {
            over.entry(why.as_str()).or_default().push(one.task);
            continue;
        }
        let grid = one.known.grid.as_deref().unwrap_or(NOWHERE);
        if grid != one.of_grid {
            moved.entry(grid).or_default().push(one.task);
        }
    }
    let mut ended = 0;
    for (why, tasks) in over {
        ended += tasks.len() as u64;
        for part in parts(&tasks, 1) {
            let mut sql = Sql::new("UPDATE task SET next_day = NULL, state = ");
            sql.bind(OVER).push(", outcome = ").bind(why).push(", ended_us = ").bind(us(ending.now));
            sql.push(", ended_by = ").bind(ending.by);
            sql.push(" WHERE task IN ").list(part.iter().copied());
            sql.run(tx, doing).await?;
        }
    }
    for (grid, tasks) in moved {
        for part in parts(&tasks, 1) {
            let mut sql = Sql::new("UPDATE task SET grid = ");
            sql.bind(grid).push(" WHERE task IN ").list(part.iter().copied());
            sql.run(tx, doing).await?;
        }
    }
    let to_people = families.once(tx, (HAND_OVER, false), to_people, &mut Told::new()).await?;
    make(tx, &to_people, ending.today).await?;
    Ok(ended)
}

/// Reminders without an outcome, with whom they are of.
async fn pending(tx: &mut Tx, whose: Whose<'_>) -> Result<Vec<Pending>, StoreError> {
    let doing = "look which reminders are over";
    let mut sql = Sql::packed(
        "t.task, t.rule, t.occasion, t.version, t.due_day, t.expires_day, t.grid, t.person, t.state",
    );
    sql.push(" FROM (SELECT * FROM task WHERE ");
    match whose {
        Whose::After(task) => {
            sql.push("state IN ").list([WAITING, OPEN]).push(" AND task > ").bind(task);
            sql.push(" ORDER BY task LIMIT ").bind(STEP)
        }
        // by person only: a database that does not know how many are open might look for those first
        Whose::Of(people) => sql.push("person IN ").list(people.iter().copied()),
    };
    sql.push(") t");
    let mut rows: Vec<Row> = sql.unpack(tx, doing).await?;
    rows.retain(|row| row.8 == WAITING || row.8 == OPEN);
    let people: HashSet<i64> = rows.iter().map(|row| row.7).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let mut known: HashMap<i64, Known> = HashMap::with_capacity(people.len());
    for part in parts(&people, 1) {
        known.extend(person::known(tx, part).await?.into_iter().map(|one| (one.person, one)));
    }
    let pending = rows.into_iter().filter_map(
        |(task, rule, occasion, version, due_day, expires_day, of_grid, person, _)| {
            let known = known.get(&person)?.clone();
            Some(Pending { task, rule, occasion, version, due_day, expires_day, of_grid, known })
        },
    );
    Ok(pending.collect())
}

/// Why a reminder is over, if it is.
fn ends(
    one: &Pending,
    person: &Person,
    rule: Option<&Rule>,
    today: Date,
    to_people: &mut Vec<New>,
) -> Option<Ended> {
    if person.died.is_some() {
        return Some(Ended::Died);
    }
    if person.moved_out.is_some() {
        return Some(Ended::MovedOut);
    }
    if day(one.expires_day).is_ok_and(|last| last < today) {
        return Some(Ended::Expired);
    }
    if one.rule == HAND_OVER {
        // the loss was entered by mistake, or is another one by now
        let still = bereaved(person).is_some_and(|why| loss(why) == one.occasion);
        return (!still).then_some(Ended::NoLonger);
    }
    let rule = rule?;
    let first = first_occasion(&one.occasion);
    if first != one.occasion {
        // a later look at somebody who receives it
        return match standing(rule, person, first, today) {
            Standing::Entitled => None,
            Standing::HandOver(why) => {
                to_people.push(handed(&one.known, why, today));
                Some(Ended::HandedOver)
            }
            Standing::Over | Standing::Stop(_) => Some(Ended::NoLonger),
        };
    }
    let judgement = judge(rule, person);
    match &judgement {
        Judgement::HandOver(why) => {
            to_people.push(handed(&one.known, *why, today));
            Some(Ended::HandedOver)
        }
        // it is due on another day: it begins anew when that comes
        Judgement::Matched { dues, .. }
            if dues.iter().any(|due| due.occasion == first && day_number(due.day) != one.due_day) =>
        {
            Some(Ended::NoLonger)
        }
        // what cannot be said any more is for the worker to find out
        _ => (!judgement.may_be(first)).then_some(Ended::NoLonger),
    }
}

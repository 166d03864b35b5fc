//! Cases: listing, showing, changing.

mod rows;
mod split;

pub use split::Split;

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;
use xunge_database::Sql;

use super::{Doing, News, Store, StoreError, Tx, book, count, us, uuid};
use crate::case::book::{Book, Record};
use crate::case::guard::{Actor, may};
use crate::case::{Assignee, Change, PICTURES, Refused, Stage, State, Verdict, number};
use crate::org::{Level, Position, Region};
use crate::view::{CaseDetail, CaseSummary, Counts};

/// Deadlines that are handled in one transaction.
const TIMERS: i64 = 500;

/// Which cases a list shows.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only these states; none means all.
    pub states: Vec<State>,
    /// Only cases that somebody still has to do something about.
    pub open: bool,
    /// Only of these regions; none means everywhere.
    pub regions: Option<Vec<Region>>,
    /// Only of these behaviors; none means all.
    pub behaviors: Vec<String>,
    /// Only those of which this level or a higher one has been told.
    pub told: Option<Level>,
    /// Only those that are late in some part of the work.
    pub late: bool,
    /// Only those that this person handles or is to handle.
    pub handler: Option<String>,
    /// Only these numbers; none means all.
    pub numbers: Vec<String>,
    /// Only those registered from then on.
    pub from: Option<Timestamp>,
    /// Only those registered before then.
    pub until: Option<Timestamp>,
    /// Only cases that were registered before this one.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

/// Only rows of these regions, found by them. One alone stands alone: SQLite uses no index for a term of an OR.
pub(super) fn within(query: &mut Sql, regions: &[Region]) {
    in_regions(query, regions, ["", ""]);
}

/// Only rows of these regions, among those that something else finds.
fn among(query: &mut Sql, regions: &[Region]) {
    // an expression, so that no index of regions is taken
    in_regions(query, regions, ["COALESCE(", ", '')"]);
}

fn in_regions(query: &mut Sql, regions: &[Region], [before, after]: [&'static str; 2]) {
    let is = |query: &mut Sql, column: &'static str, region: &Region| {
        query.push(before).push(column).push(after).push(" = ").bind(region.as_str());
    };
    query.push(" AND (");
    for (place, region) in regions.iter().enumerate() {
        query.push(if place == 0 { "" } else { " OR " });
        let column = match region.level() {
            Level::Grid => {
                // a grid is a small part of its community, which has the index
                if let Some(community) = region.at(Level::Community) {
                    is(query, "c.community", &community);
                    query.push(" AND ");
                }
                "c.region"
            }
            Level::Community => "c.community",
            Level::Street => "c.street",
            Level::District => "c.district",
            Level::City => "SUBSTR(c.district, 1, 4)",
        };
        is(query, column, region);
    }
    query.push(if regions.is_empty() { "1 = 0)" } else { ")" });
}

/// Only rows in these states. One state has an index that gives its cases in order, for when nothing else finds them (`found`);
/// several are picked out of all, or of the open ones, in the order of the list: sorting thousands for the sake of fifty would
/// cost more.
fn in_states(query: &mut Sql, states: &[State], found: bool) {
    match states {
        [] => {}
        [one] if !found => {
            query.push(" AND c.state = ").bind(one.as_str());
        }
        several => {
            if several.iter().all(|state| state.is_open()) {
                query.push(" AND c.open_ = 1");
            }
            // an expression, so that no index of states is taken
            query.push(" AND COALESCE(c.state, '') IN ").list(several.iter().map(|state| state.as_str()));
        }
    }
}

/// Refuses pictures that nobody brought to this case, or that no alert of it names: a name alone proves nothing.
async fn check_pictures(tx: &mut Tx, id: Uuid, pictures: &[String]) -> Result<(), StoreError> {
    let wanted: BTreeSet<&String> = pictures.iter().collect();
    if wanted.is_empty() || wanted.len() > PICTURES {
        // none may be excused, too many are refused with their own words
        return Ok(());
    }
    let mut sql = Sql::new("SELECT e.sha256 FROM evidence e WHERE e.sha256 IN ");
    sql.list(wanted.iter().copied());
    sql.push(" AND (EXISTS (SELECT 1 FROM case_picture p WHERE p.sha256 = e.sha256 AND p.case_id = ");
    sql.bind(id.to_string());
    sql.push(
        ") OR EXISTS (SELECT 1 FROM alert_evidence f JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id
            WHERE f.sha256 = e.sha256 AND a.case_id = ",
    );
    sql.bind(id.to_string()).push("))");
    let stored = sql.all(tx, "look for the pictures of finished work").await?;
    if stored.len() == wanted.len() { Ok(()) } else { Err(Refused::PictureUnknown.into()) }
}

/// Refuses a name that nobody has: the case would wait for somebody who never comes.
async fn check_user(tx: &mut Tx, user: &str) -> Result<(), StoreError> {
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM user_ WHERE name = $1 AND disabled_us IS NULL")
        .bind(user)
        .fetch_one(&mut **tx)
        .await
        .doing("look for whom a case goes to")?;
    if known == 0 { Err(Refused::UnknownUser.into()) } else { Ok(()) }
}

impl Store {
    /// Cases, newest registration first, and the id to go on from when there are more.
    pub async fn list_cases(
        &self,
        filter: &CaseFilter,
    ) -> Result<(Vec<CaseSummary>, Option<Uuid>), StoreError> {
        let doing = "read the cases";
        let mut query = Sql::new(rows::SUMMARY_OF);
        // the pictures are looked up for the rows of the page only
        query.push(" (SELECT c.* FROM case_ c WHERE 1 = 1");
        if filter.open {
            query.push(" AND c.open_ = 1");
        }
        // What finds the rows is said here: SQLite guesses from a small part of its tables. The cases of one person, or of a
        // community, are fewer than those in a state; those of a street in a state have an index.
        let of_person = filter.handler.is_some();
        let small = |regions: &Vec<Region>| regions.iter().all(|region| region.level() <= Level::Community);
        in_states(&mut query, &filter.states, of_person || filter.regions.as_ref().is_some_and(small));
        match &filter.regions {
            Some(regions) if of_person => among(&mut query, regions),
            Some(regions) => within(&mut query, regions),
            None => {}
        }
        if !filter.behaviors.is_empty() {
            query.push(" AND c.behavior IN ").list(filter.behaviors.iter());
        }
        if let Some(told) = filter.told {
            if told > Level::Grid {
                // most cases: the index leaves them out
                query.push(" AND c.told <> 'grid'");
            }
            let levels = Level::ALL.into_iter().filter(|level| *level >= told);
            query.push(" AND c.told IN ").list(levels.map(Level::as_str));
        }
        if filter.late {
            query.push(" AND c.late_stages <> ''");
        }
        if let Some(handler) = &filter.handler {
            query.push(" AND (c.handler = ").bind(handler).push(" OR c.assignee = ").bind(handler).push(")");
        }
        if !filter.numbers.is_empty() {
            query.push(" AND c.number IN ").list(filter.numbers.iter());
        }
        if let Some(from) = filter.from {
            query.push(" AND c.registered_us >= ").bind(us(from));
        }
        if let Some(until) = filter.until {
            query.push(" AND c.registered_us < ").bind(us(until));
        }
        if let Some(before) = filter.before {
            query.push(" AND c.ordinal < (SELECT b.ordinal FROM case_ b WHERE b.id = ");
            query.bind(before.to_string()).push(")");
        }
        query.push(" ORDER BY c.ordinal DESC LIMIT ").bind(i64::from(filter.limit) + 1);
        query.push(") c ORDER BY c.ordinal DESC");
        let found = query.all(&mut *self.reader().await?, doing).await?;
        let mut cases = found.iter().map(rows::summary).collect::<Result<Vec<_>, _>>()?;
        let more = cases.len() > filter.limit as usize;
        cases.truncate(filter.limit as usize);
        let next = if more { cases.last().map(|case| case.id) } else { None };
        Ok((cases, next))
    }

    /// One case as the list shows it.
    pub async fn case_summary(&self, id: Uuid) -> Result<Option<CaseSummary>, StoreError> {
        Ok(self.case_summaries([&id]).await?.pop())
    }

    /// These cases as the list shows them, the oldest first.
    pub async fn case_summaries(
        &self,
        ids: impl IntoIterator<Item = &Uuid>,
    ) -> Result<Vec<CaseSummary>, StoreError> {
        let doing = "read cases";
        let ids: Vec<String> = ids.into_iter().map(Uuid::to_string).collect();
        let mut query = Sql::new(rows::SUMMARY_OF);
        query.push(" case_ c WHERE c.id IN ").list(ids).push(" ORDER BY c.ordinal");
        let found = query.all(&mut *self.reader().await?, doing).await?;
        found.iter().map(rows::summary).collect()
    }

    /// One case with everything about it, as this person may see and change it.
    pub async fn case_detail(
        &self,
        id: Uuid,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<CaseDetail>, StoreError> {
        // one transaction, so that summary, alerts and log are of the same moment
        let mut tx = self.reading().await?;
        rows::detail(&mut tx, id, &self.policy().rules.calendar, actor, now).await
    }

    /// What is kept of a case, without its alerts and log.
    pub async fn case_record(&self, id: Uuid) -> Result<Option<Record>, StoreError> {
        let mut tx = self.reading().await?;
        book::record(&mut tx, id).await
    }

    /// The region of a case; none where there is no such case.
    pub async fn case_region(&self, id: Uuid) -> Result<Option<Region>, StoreError> {
        let region: Option<String> = sqlx::query_scalar("SELECT region FROM case_ WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.db.readers())
            .await
            .doing("read the region of a case")?;
        Ok(region.map(|code| Region::of_site(&code)))
    }

    /// A person changes a case: what their posts allow, against the version that was on screen. None when there is no
    /// such case.
    pub async fn change_case(
        &self,
        id: Uuid,
        change: Change,
        actor: &Actor,
        shown: u64,
        now: Timestamp,
    ) -> Result<Option<Record>, StoreError> {
        let mut tx = self.begin().await?;
        self.current_policy(&mut tx).await?;
        let mut book = book::open(&mut tx, self, &[], now).await?;
        book::lay(&mut tx, self, &mut book, &[id]).await?;
        let Some(record) = book.get(id) else { return Ok(None) };
        may(actor, &record.case, &record.facts.region, &change)?;
        // who was faster has decided: that is told, and not that the version differs
        if record.case.decision.is_none() || !matches!(change, Change::Decided { .. }) {
            record.case.expect_version(shown)?;
        }
        let change = self.completed(record, change.tidied());
        if let Change::Merged { master, .. } = &change {
            self.check_master(&mut tx, &mut book, id, *master, actor).await?;
        }
        if let Change::Decided { category: Some(code), .. } = &change
            && !book.rules().catalogue.takes(code)
        {
            return Err(Refused::UnknownCategory.into());
        }
        let sent = match &change {
            Change::Dispatched { to: Assignee { user, .. }, .. } => user.clone(),
            _ => None,
        };
        if let Change::Handled(work) = &change {
            check_pictures(&mut tx, id, &work.pictures).await?;
        }
        match book.change(id, change, &actor.name) {
            Some(Ok(_)) => {}
            Some(Err(refused)) => return Err(refused.into()),
            None => return Ok(None),
        }
        if let Some(user) = sent {
            check_user(&mut tx, &user).await?;
        }
        let closed = book.close();
        book::save(&mut tx, self, &closed, now).await?;
        self.announce(&mut tx, &News::of_cases([id])).await?;
        tx.commit().await.doing("commit a change of a case")?;
        Ok(closed.changed.into_iter().find(|record| record.id == id))
    }

    /// What only the centre knows of a change.
    fn completed(&self, record: &Record, change: Change) -> Change {
        match change {
            Change::Handled(mut work) => {
                let policy = self.policy();
                let camera = policy.atlas.of(&record.facts.edge, &record.facts.camera);
                let camera = camera.and_then(|place| place.position);
                let there = work.fix.and_then(|fix| Position::new(fix.lon, fix.lat));
                work.distance_m = camera.zip(there).map(|(camera, there)| camera.metres_to(there));
                Change::Handled(work)
            }
            Change::Decided {
                verdict: Verdict::Real,
                reason,
                note,
                class: None,
                category: Some(category),
            } => {
                let policy = self.policy();
                let kind = policy.rules.catalogue.get(&category);
                let class = kind.and_then(|kind| kind.class);
                Change::Decided { verdict: Verdict::Real, reason, note, class, category: Some(category) }
            }
            other => other,
        }
    }

    /// A case is only merged into another open one that is not merged itself, and that the person sees.
    async fn check_master(
        &self,
        tx: &mut Tx,
        book: &mut Book,
        id: Uuid,
        master: Uuid,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        book::lay(tx, self, book, &[master]).await?;
        let fits = id != master
            && book
                .get(master)
                .is_some_and(|record| record.case.state.is_open() && actor.sees(&record.facts.region));
        let masters_others: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM case_ WHERE state = 'merged' AND merged_into = $1")
                .bind(id.to_string())
                .fetch_one(&mut **tx)
                .await
                .doing("look for merged cases")?;
        if fits && masters_others == 0 { Ok(()) } else { Err(Refused::BadMaster.into()) }
    }

    /// Lets deadlines that have come do what they do, each exactly once, whichever centre is first. Gives the cases that
    /// changed, and whether to ask again at once.
    pub async fn fire_timers(&self, now: Timestamp) -> Result<(Vec<Uuid>, bool), StoreError> {
        let doing = "read the deadlines";
        // a look without the write lock: mostly nothing has come
        let waiting: Option<i64> = sqlx::query_scalar("SELECT MIN(due_us) FROM timer")
            .fetch_one(self.db.readers())
            .await
            .doing(doing)?;
        if waiting.is_none_or(|due| due > us(now)) {
            return Ok((Vec::new(), false));
        }
        let mut tx = self.begin().await?;
        self.current_policy(&mut tx).await?;
        let rows = sqlx::query(
            "SELECT case_id, stage, percent FROM timer WHERE due_us <= $1 ORDER BY due_us LIMIT $2",
        )
        .bind(us(now))
        .bind(TIMERS)
        .fetch_all(&mut *tx)
        .await
        .doing(doing)?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            let stage = super::names::named(Stage::parse, row.try_get("stage").doing(doing)?)?;
            let percent: i64 = row.try_get("percent").doing(doing)?;
            let percent = u16::try_from(percent).unwrap_or(u16::MAX);
            due.push((uuid(row.try_get("case_id").doing(doing)?)?, stage, percent));
        }
        let mut book = book::open(&mut tx, self, &[], now).await?;
        let ids: Vec<Uuid> = due.iter().map(|(id, ..)| *id).collect();
        book::lay(&mut tx, self, &mut book, &ids).await?;
        for (id, stage, percent) in due {
            if let Some(Err(_)) = book.change(id, Change::Timer { stage, percent }, "system") {
                // another deadline of the same moment has moved the case on: its clocks are set anew all the same
                book.wind(id);
            }
        }
        let closed = book.close();
        book::save(&mut tx, self, &closed, now).await?;
        let changed: Vec<Uuid> = closed.changed.iter().map(|record| record.id).collect();
        self.announce(&mut tx, &News::of_cases(changed.iter().copied())).await?;
        tx.commit().await.doing("commit deadlines")?;
        Ok((changed, !rows.is_empty()))
    }

    /// Sets the clocks of all open cases anew: after the calendar or the limits have changed, and once after an update
    /// from a version without clocks.
    pub async fn wind_clocks(&self, only_new: bool, now: Timestamp) -> Result<usize, StoreError> {
        let doing = "set deadlines anew";
        let mut wound = 0;
        let mut after = -1_i64;
        loop {
            let mut tx = self.begin().await?;
            self.current_policy(&mut tx).await?;
            let rows = sqlx::query(
                "SELECT id, ordinal FROM case_ WHERE open_ = 1 AND ordinal > $1 AND ($2 = 0 OR clocks IS NULL)
                 ORDER BY ordinal LIMIT $3",
            )
            .bind(after)
            .bind(i64::from(only_new))
            .bind(TIMERS)
            .fetch_all(&mut *tx)
            .await
            .doing(doing)?;
            let mut ids = Vec::with_capacity(rows.len());
            for row in &rows {
                after = row.try_get("ordinal").doing(doing)?;
                ids.push(uuid(row.try_get("id").doing(doing)?)?);
            }
            if ids.is_empty() {
                return Ok(wound);
            }
            let mut book = book::open(&mut tx, self, &[], now).await?;
            book::lay(&mut tx, self, &mut book, &ids).await?;
            for id in &ids {
                book.wind(*id);
            }
            book::save(&mut tx, self, &book.close(), now).await?;
            tx.commit().await.doing(doing)?;
            wound += ids.len();
        }
    }

    /// Cases in which an alert names this file.
    pub async fn cases_with(&self, sha256: &str) -> Result<Vec<Uuid>, StoreError> {
        let doing = "read the cases of a file";
        let rows = sqlx::query(
            "SELECT DISTINCT a.case_id FROM alert a
             JOIN alert_evidence e ON e.edge = a.edge AND e.alert_id = a.alert_id
             WHERE e.sha256 = $1 AND a.case_id IS NOT NULL LIMIT 1000",
        )
        .bind(sha256)
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter().map(|row| uuid(row.try_get("case_id").doing(doing)?)).collect()
    }

    /// Numbers for the top of the console, of these regions; none means everywhere.
    pub async fn counts(&self, regions: Option<&[Region]>, now: Timestamp) -> Result<Counts, StoreError> {
        let doing = "count the cases";
        let mut counted = [0_u64; 2];
        let today = us(number::day_start(now, self.zone()));
        for (which, counted) in counted.iter_mut().enumerate() {
            let mut query = Sql::new("SELECT COUNT(*) AS cases FROM case_ c WHERE ");
            match which {
                0 => query.push("c.state IN ('registered', 'verifying')"),
                _ => query.push("c.registered_us >= ").bind(today),
            };
            if let Some(regions) = regions {
                // what is of today is found by the day, whatever SQLite guesses
                if which == 0 { within(&mut query, regions) } else { among(&mut query, regions) }
            }
            let row = query.first(&mut *self.reader().await?, doing).await?;
            let cases = row.map(|row| row.try_get("cases").doing(doing)).transpose()?;
            *counted = count(cases.unwrap_or(0));
        }
        let [open, today] = counted;
        Ok(Counts { open, today, quarantined: self.quarantined().await? })
    }
}

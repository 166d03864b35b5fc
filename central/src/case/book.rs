//! Cases on the table: what was loaded, what happened to them, and the log entries of it. Pure. Intake, people and
//! deadlines all change cases through it, and the store writes what came of it in one transaction.

use std::collections::BTreeSet;
use std::collections::btree_map::{self, BTreeMap};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::Phase;

use super::clock::Clocks;
use super::{Case, Change, Refused, Rules, apply, number};
use crate::org::{Level, Region};

/// What a case says about its alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What happened.
    pub behavior: String,
    /// Box of the first alert.
    pub edge: String,
    /// 12-digit community code of the box.
    pub site: String,
    /// Grid of the camera, or the community where its grid is not known.
    pub region: Region,
    /// Camera of the first alert.
    pub camera: String,
    /// Its name for people, as last heard.
    pub camera_name: String,
    /// Configured rule of the first alert.
    pub rule: String,
    /// Zone or line; empty for the whole frame.
    pub zone: String,
    /// Made of an installer's test alarms.
    pub test: bool,
    /// When the first alert began, by the box's clock.
    pub since: Timestamp,
    /// When the last alert was last heard of, by the box's clock.
    pub last: Timestamp,
    /// When the last alert ended; none while one goes on.
    pub ended: Option<Timestamp>,
    /// Where its only alert stands; `updated` while one of several goes on.
    pub phase: Phase,
    /// How many alerts it has.
    pub alerts: u64,
    /// How many of them have not ended.
    pub open_alerts: u64,
    /// Best score.
    pub score: f64,
    /// Where in the frame, at the best score.
    pub bounds: [f32; 4],
    /// 补传: every alert of it came long after it was seen.
    pub late: bool,
}

/// A case with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Identity.
    pub id: Uuid,
    /// Number that people say.
    pub number: String,
    /// Place among all cases.
    pub ordinal: i64,
    /// What its alerts say.
    pub facts: Facts,
    /// What its changes made of it.
    pub case: Case,
    /// Its running deadlines.
    pub clocks: Clocks,
    /// Entries in its log.
    pub log_length: i64,
    /// When it was made.
    pub registered: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// A change on its way into the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Of which case.
    pub case_id: Uuid,
    /// Place in its log, from 1.
    pub place: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub change: Change,
}

/// Where numbers go on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Last place among all cases.
    pub ordinal: i64,
    /// Last sequence of each district and day.
    pub last: BTreeMap<(String, String), i64>,
}

/// Cases on the table.
#[derive(Debug, Clone)]
pub struct Book {
    rules: Arc<Rules>,
    now: Timestamp,
    records: BTreeMap<Uuid, Record>,
    new: BTreeSet<Uuid>,
    touched: BTreeSet<Uuid>,
    worked: BTreeSet<Uuid>,
    entries: Vec<Entry>,
    numbers: Numbers,
    /// What was stored of those that were laid on it.
    laid: BTreeMap<Uuid, Laid>,
    /// Those whose deadlines may be others now, though their clocks are not.
    wound: BTreeSet<Uuid>,
}

/// What was stored of a case.
#[derive(Debug, Clone)]
struct Laid {
    last: Timestamp,
    severity: u8,
    clocks: Clocks,
}

impl Book {
    /// An empty table, at this moment: to the microsecond, as the log keeps it, so that a case is exactly what its log
    /// makes of it.
    pub fn new(rules: Arc<Rules>, now: Timestamp, numbers: Numbers) -> Self {
        Self {
            rules,
            now: Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now),
            records: BTreeMap::new(),
            new: BTreeSet::new(),
            touched: BTreeSet::new(),
            worked: BTreeSet::new(),
            entries: Vec::new(),
            numbers,
            laid: BTreeMap::new(),
            wound: BTreeSet::new(),
        }
    }

    /// The moment at which everything on the table happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lays a case on the table.
    pub fn lay(&mut self, record: Record) {
        let btree_map::Entry::Vacant(place) = self.records.entry(record.id) else { return };
        let Record { facts, case, clocks, .. } = &record;
        let laid = Laid { last: facts.last, severity: case.severity, clocks: clocks.clone() };
        self.laid.insert(record.id, laid);
        place.insert(record);
    }

    /// A case on the table.
    pub fn get(&self, id: Uuid) -> Option<&Record> {
        self.records.get(&id)
    }

    /// All cases on the table.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// Those of them that are new or changed.
    pub fn touched(&self) -> impl Iterator<Item = &Record> {
        self.touched.iter().filter_map(|id| self.records.get(id))
    }

    /// Makes a case. `district` and `day` number it.
    pub fn register(&mut self, facts: Facts, severity: u8, day: &str, first: Change) -> Uuid {
        let now = self.now;
        self.register_since(facts, severity, day, (first, super::apply::SYSTEM), now)
    }

    /// The same, where a person makes it, and time for it has run since before: what is split off (拆分) has waited as long as
    /// its alerts have been here, and a split must not be a way to have all the time anew.
    pub fn register_since(
        &mut self,
        facts: Facts,
        severity: u8,
        day: &str,
        (first, actor): (Change, &str),
        since: Timestamp,
    ) -> Uuid {
        let district = number::district(&facts.site).to_owned();
        let last = self.numbers.last.entry((district.clone(), day.to_owned())).or_insert(0);
        *last += 1;
        self.numbers.ordinal += 1;
        let id = id_at(self.now);
        let number = number::format(&district, day, u64::try_from(*last).unwrap_or(0));
        let case = Case::registered(severity);
        let clocks = Clocks::default().follow(&case, &first, since.min(self.now), &self.rules);
        let record = Record {
            id,
            number,
            ordinal: self.numbers.ordinal,
            facts,
            case,
            clocks,
            log_length: 1,
            registered: self.now,
            updated: self.now,
        };
        self.records.insert(id, record);
        self.new.insert(id);
        self.touched.insert(id);
        self.worked.insert(id);
        self.entries.push(Entry { case_id: id, place: 1, actor: actor.to_owned(), change: first });
        id
    }

    /// Changes a case that is on the table, and does what follows from it by itself. None where it is not there.
    pub fn change(&mut self, id: Uuid, change: Change, actor: &str) -> Option<Result<&Record, Refused>> {
        let told = self.records.get(&id)?.case.told;
        let (decides, rings) = (
            matches!(change, Change::Decided { .. } | Change::Raised { .. }),
            matches!(change, Change::Timer { stage: super::Stage::Ack, percent: 100 }),
        );
        if let Err(refused) = self.change_only(id, change, actor)? {
            return Some(Err(refused));
        }
        let record = self.records.get(&id)?;
        let (case, facts) = (&record.case, &record.facts);
        let mut follow = Vec::new();
        if decides && !facts.test {
            follow.extend(self.rules.dispatch(case, &facts.region, &facts.behavior, self.now));
        }
        let late_at = if case.told > told { Some(case.told) } else { rings.then_some(Level::Grid) };
        if let Some(level) = late_at.filter(|_| !facts.test) {
            follow.extend(self.rules.call(case, level, &facts.region, &facts.behavior, self.now));
        }
        for change in follow {
            // what follows from the state may be made in it
            let refused = self.change_only(id, change, super::apply::SYSTEM)?.err();
            debug_assert_eq!(refused, None, "what follows from a change was refused");
        }
        self.records.get(&id).map(Ok)
    }

    fn change_only(&mut self, id: Uuid, change: Change, actor: &str) -> Option<Result<(), Refused>> {
        let record = self.records.get_mut(&id)?;
        let case = match apply(&record.case, &change, actor, self.now) {
            Ok(case) => case,
            Err(refused) => return Some(Err(refused)),
        };
        let clocks = record.clocks.follow(&case, &change, self.now, &self.rules);
        // one more alert is one more line in the log, and moves nothing in the case
        if case != record.case || clocks != record.clocks {
            self.worked.insert(id);
        }
        record.clocks = clocks;
        record.case = case;
        record.log_length += 1;
        record.updated = self.now;
        self.touched.insert(id);
        self.entries.push(Entry { case_id: id, place: record.log_length, actor: actor.to_owned(), change });
        Some(Ok(()))
    }

    /// Makes a change of the system's own that follows from where the case stands.
    ///
    /// # Panics
    /// In builds with debug assertions, where it does not follow: whoever calls must have looked.
    pub fn must(&mut self, id: Uuid, change: Change) {
        let refused = match self.change(id, change, super::apply::SYSTEM) {
            Some(Err(refused)) => Some(refused),
            Some(Ok(_)) | None => None,
        };
        debug_assert_eq!(refused, None, "a change of the system's own was refused");
    }

    /// Changes what a case says about its alerts.
    pub fn facts(&mut self, id: Uuid) -> Option<&mut Facts> {
        let record = self.records.get_mut(&id)?;
        record.updated = self.now;
        self.touched.insert(id);
        Some(&mut record.facts)
    }

    /// Sets the clocks of a case anew, after the calendar or the limits have changed.
    pub fn wind(&mut self, id: Uuid) {
        let Some(record) = self.records.get_mut(&id) else { return };
        // a remark changes nothing, so the clocks only follow the rules
        let nothing = Change::Noted { note: String::new() };
        record.clocks = record.clocks.follow(&record.case, &nothing, self.now, &self.rules);
        self.touched.insert(id);
        self.worked.insert(id);
        self.wound.insert(id);
    }

    /// What the work goes by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What came of it: cases that are new or changed, the log, the numbers.
    pub fn close(self) -> Closed {
        let Self { records, new, touched, worked, entries, numbers, rules, laid, wound, .. } = self;
        let fired = |entry: &&Entry| matches!(entry.change, Change::Timer { .. });
        let mut retimed = wound;
        retimed.extend(entries.iter().filter(fired).map(|entry| entry.case_id));
        let mut heard_before = BTreeMap::new();
        for (id, laid) in laid {
            let Some(record) = records.get(&id) else { continue };
            if (&laid.clocks, laid.severity) != (&record.clocks, record.case.severity) {
                retimed.insert(id);
            }
            heard_before.insert(id, laid.last);
        }
        retimed.extend(&new);
        let changed = records.into_iter().filter(|(id, _)| touched.contains(id)).map(|(_, record)| record);
        Closed { changed: changed.collect(), new, worked, retimed, heard_before, entries, numbers, rules }
    }
}

/// What came of a table of cases.
#[derive(Debug)]
pub struct Closed {
    /// Cases that are new or changed.
    pub changed: Vec<Record>,
    /// Those of them that are new.
    pub new: BTreeSet<Uuid>,
    /// Those of them of which more has changed than what their alerts say.
    pub worked: BTreeSet<Uuid>,
    /// Those of them whose deadlines are other ones now.
    pub retimed: BTreeSet<Uuid>,
    /// When the last alert of those that are not new had been heard of.
    pub heard_before: BTreeMap<Uuid, Timestamp>,
    /// The log, in order.
    pub entries: Vec<Entry>,
    /// Where numbers go on.
    pub numbers: Numbers,
    /// What the work went by.
    pub rules: Arc<Rules>,
}

/// An id that sorts by time (UUID v7), so that an index grows at its end.
pub fn id_at(now: Timestamp) -> Uuid {
    let secs = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, secs, nanos))
}

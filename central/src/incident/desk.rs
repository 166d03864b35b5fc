//! Takes one alert after the other, against what is known, and says what becomes of each.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;
use xunge_alert::{Alert, Phase};

use super::correlate::{self, Neighbour, Newcomer};
use super::episode::{Episode, Fit, Incident, Standing, TAMPER, WhyNew, fits};
use super::path::Step;
use super::severity::Raises;
use super::suppress::{CHATTER_SHELF_SECS, Held, Pulse, Shelf, Suppression, blinds, chatters};
use crate::case::book::{Book, Facts, Record, id_at};
use crate::case::{Change, number};
use crate::org::{Atlas, Region};

/// Merged cases that are followed to the one that goes on.
const MERGES: usize = 8;

/// Box, camera, rule.
pub type RuleKey = (String, String, String);

/// An alert that has come before, by its highest revision.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAlert {
    /// Its episode.
    pub incident: Uuid,
    /// Its case; none while it is held back.
    pub case_id: Option<Uuid>,
    /// What became of it.
    pub standing: Standing,
    /// Highest revision.
    pub revision: u32,
    /// 1 to 4, as it counts here.
    pub severity: u8,
    /// Whether it has ended.
    pub ended: bool,
    /// When it began.
    pub since: Timestamp,
}

impl KnownAlert {
    /// Whether it may yet need a case.
    pub fn is_held(&self) -> bool {
        self.case_id.is_none()
    }
}

/// What becomes of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its episode.
    pub incident: Uuid,
    /// Its case; none while it is held back.
    pub case_id: Option<Uuid>,
    /// What became of it.
    pub standing: Standing,
    /// 1 to 4, as it counts here.
    pub severity: u8,
    /// Its way; none for a later revision of what is on its way already.
    pub path: Option<Vec<Step>>,
}

/// The desk: what is known, laid out, and what came of it.
pub struct Desk<'a> {
    /// Where cameras stand.
    pub atlas: &'a Atlas,
    /// What makes things more urgent.
    pub raises: &'a Raises,
    /// What holds things back. Grows where a rule chatters.
    pub suppression: Suppression,
    /// Episodes that may go on.
    pub incidents: HashMap<Uuid, Incident>,
    /// The same by what makes them one.
    pub by_episode: HashMap<Episode, Vec<Uuid>>,
    /// When those that are stored had last been heard of.
    pub heard_before: HashMap<Uuid, Timestamp>,
    /// Alerts that came before.
    pub known: HashMap<(String, Uuid), KnownAlert>,
    /// Rules' last beginnings.
    pub pulses: HashMap<RuleKey, Pulse>,
    /// Undecided cases nearby, by the grids of their cameras.
    pub neighbours: HashMap<Region, Vec<Neighbour>>,
    /// Cases.
    pub book: Book,
    /// Episodes that are new or changed.
    pub changed: BTreeSet<Uuid>,
    /// Shelves that chatter made.
    pub shelved: Vec<Shelf>,
}

impl Desk<'_> {
    /// Lays an undecided case nearby on the desk.
    pub fn beside(&mut self, case: Neighbour) {
        self.neighbours.entry(case.grid.clone()).or_default().push(case);
    }

    /// Lays an episode that is stored on the desk.
    pub fn lay(&mut self, incident: Incident) {
        self.heard_before.insert(incident.id, incident.last);
        self.put(incident);
    }

    fn put(&mut self, incident: Incident) {
        self.by_episode.entry(incident.episode.clone()).or_default().push(incident.id);
        self.incidents.insert(incident.id, incident);
    }

    /// Takes an alert. None: an older state of it, which changes nothing.
    pub fn take(&mut self, alert: &Alert, late: bool) -> Option<Outcome> {
        let place = self.atlas.of(&alert.edge, &alert.camera);
        let region = place.map_or_else(|| Region::of_site(&alert.site), |place| place.region.clone());
        let (severity, because) = self.raises.assess(alert, place.and_then(|place| place.kind), &region);
        let key = (alert.edge.clone(), alert.alert_id);
        let mut path = vec![Step::Received {
            utc: self.book.now(),
            seq: alert.seq,
            revision: alert.revision,
            severity: alert.severity.level(),
            late,
        }];
        if severity != alert.severity.level() {
            path.push(Step::Raised { from: alert.severity.level(), to: severity, because });
        }
        if let Some(known) = self.known.get(&key).cloned() {
            if alert.revision <= known.revision {
                return None;
            }
            // what was held back and has become of the first urgency rings now
            let breaks_out = known.is_held() && severity == 1 && known.severity > 1;
            if !breaks_out {
                let outcome = self.goes_on(alert, severity, &known);
                self.known.insert(key, now_known(alert, &outcome));
                return Some(outcome);
            }
            self.leaves(&known);
        }
        let outcome = self.begins(alert, severity, late, region, path);
        self.known.insert(key, now_known(alert, &outcome));
        Some(outcome)
    }

    /// A later revision: where it is stays, what is known of it changes.
    fn goes_on(&mut self, alert: &Alert, severity: u8, known: &KnownAlert) -> Outcome {
        let ends = alert.phase == Phase::Ended && !known.ended;
        let standing = match self.incidents.get_mut(&known.incident) {
            Some(incident) => {
                grow(incident, alert, severity);
                incident.open_alerts = incident.open_alerts.saturating_sub(u64::from(ends));
                incident.standing
            }
            None => Standing::Case,
        };
        self.changed.insert(known.incident);
        self.follow_tamper(known.incident);
        if let Some(case_id) = known.case_id {
            if let Some(facts) = self.book.facts(case_id) {
                note(facts, alert);
                facts.open_alerts = facts.open_alerts.saturating_sub(u64::from(ends));
                settle(facts, alert);
            }
            let rises = |record: &Record| record.case.state.is_open() && severity < record.case.severity;
            if self.book.get(case_id).is_some_and(rises) {
                self.book.must(case_id, Change::Raised { severity });
            }
        }
        Outcome { incident: known.incident, case_id: known.case_id, standing, severity, path: None }
    }

    /// A tampering that goes on makes its camera's alerts worthless; one that has ended no longer does.
    fn follow_tamper(&mut self, incident: Uuid) {
        let Some(incident) = self.incidents.get(&incident) else { return };
        if incident.episode.behavior != TAMPER || !blinds(incident.detail.as_deref()) {
            return;
        }
        let camera = (incident.episode.edge.clone(), incident.episode.camera.clone());
        let tampered = &mut self.suppression.tampered;
        if incident.tampers() {
            tampered.insert(camera, (incident.id, incident.since, incident.last));
        } else if tampered.get(&camera).is_some_and(|(id, ..)| *id == incident.id) {
            tampered.remove(&camera);
        }
    }

    /// Takes an alert out of the episode in which it was held back.
    fn leaves(&mut self, known: &KnownAlert) {
        if let Some(incident) = self.incidents.get_mut(&known.incident) {
            incident.alerts = incident.alerts.saturating_sub(1);
            incident.open_alerts = incident.open_alerts.saturating_sub(u64::from(!known.ended));
            self.changed.insert(known.incident);
        }
    }

    fn begins(
        &mut self,
        alert: &Alert,
        severity: u8,
        late: bool,
        region: Region,
        mut path: Vec<Step>,
    ) -> Outcome {
        let episode = Episode::of(alert);
        let held = self.held(alert, &episode, severity, late, &mut path);
        let standing = match held {
            None => Standing::Case,
            Some(Held::Shelved { .. }) => Standing::Shelved,
            Some(_) => Standing::Inhibited,
        };
        let id = id_at(self.book.now());
        let joined = self.joined(alert, severity, &episode, standing);
        path.push(match &joined {
            Ok((incident, fit)) => {
                let (pause_secs, window_secs) = (fit.pause_secs, fit.window_secs);
                Step::Episode { incident: *incident, pause_secs, window_secs }
            }
            Err(because) => Step::NewEpisode { incident: id, because: because.clone() },
        });
        if let Ok((incident, _)) = joined {
            let case_id = self.incidents.get(&incident).and_then(|incident| self.case_of(incident));
            if let Some(incident) = self.incidents.get_mut(&incident) {
                incident.alerts += 1;
                incident.open_alerts += u64::from(alert.phase != Phase::Ended);
                grow(incident, alert, severity);
            }
            self.changed.insert(incident);
            if let Some(case_id) = case_id {
                self.joins_case(case_id, alert, late);
            }
            return Outcome { incident, case_id, standing, severity, path: Some(path) };
        }
        let case_id =
            (standing == Standing::Case).then(|| self.case_for(alert, severity, late, &region, &mut path));
        let incident = Incident {
            id,
            episode,
            detail: alert.detail.clone(),
            standing,
            case_id,
            severity,
            test: alert.test,
            since: alert.since_utc,
            last: alert.utc,
            alerts: 1,
            open_alerts: u64::from(alert.phase != Phase::Ended),
            score: f64::from(alert.score),
            bounds: alert.bounds,
        };
        self.changed.insert(id);
        self.put(incident);
        self.follow_tamper(id);
        Outcome { incident: id, case_id, standing, severity, path: Some(path) }
    }

    /// What holds the alert back, and whether its rule has begun to chatter.
    fn held(
        &mut self,
        alert: &Alert,
        episode: &Episode,
        severity: u8,
        late: bool,
        path: &mut Vec<Step>,
    ) -> Option<Held> {
        // what comes late is judged by when it was seen, and a heap of it is no chatter
        let now = if late { alert.utc } else { self.book.now() };
        if alert.test {
            // an installer's test must be heard, above all during maintenance
            return None;
        }
        let held = self.suppression.holds(episode, now);
        let held = match held {
            Some(held) if severity == 1 => {
                path.push(Step::RingsAnyway(held));
                None
            }
            Some(held) => {
                path.push(Step::Held(held.clone()));
                Some(held)
            }
            None => None,
        };
        if held.is_some() || late {
            return held;
        }
        let key = (episode.edge.clone(), episode.camera.clone(), episode.rule.clone());
        let pulse = self.pulses.entry(key).or_default();
        let (last_minute, last_ten_minutes) = pulse.beat(now);
        if !chatters(last_minute, last_ten_minutes) {
            return None;
        }
        pulse.calm();
        let shelf = (severity > 1).then(|| Shelf {
            id: id_at(now),
            edge: episode.edge.clone(),
            camera: Some(episode.camera.clone()),
            rule: Some(episode.rule.clone()),
            from_utc: now,
            until_utc: now.checked_add(CHATTER_SHELF_SECS.seconds()).unwrap_or(now),
        });
        path.push(Step::Chatters {
            last_minute,
            last_ten_minutes,
            shelf: shelf.as_ref().map(|shelf| shelf.id),
        });
        if let Some(shelf) = shelf {
            self.suppression.shelves.push(shelf.clone());
            self.shelved.push(shelf);
        }
        // the one that made it too much still rings: the next ones do not
        None
    }

    /// The episode that the alert joins, the latest of several; or why it joins none.
    fn joined(
        &self,
        alert: &Alert,
        severity: u8,
        episode: &Episode,
        standing: Standing,
    ) -> Result<(Uuid, Fit), WhyNew> {
        let mut why = WhyNew::NoneOpen;
        let mut best: Option<(&Incident, Fit)> = None;
        let candidates = self.by_episode.get(episode).into_iter().flatten();
        for incident in candidates.filter_map(|id| self.incidents.get(id)) {
            if incident.standing != standing || !self.takes(incident) {
                continue;
            }
            match fits(alert, severity, incident) {
                Ok(fit) => {
                    let later = |other: &Incident| (other.last, other.id) < (incident.last, incident.id);
                    if best.as_ref().is_none_or(|(other, _)| later(other)) {
                        best = Some((incident, fit));
                    }
                }
                Err(because) => why = because,
            }
        }
        best.map(|(incident, fit)| (incident.id, fit)).ok_or(why)
    }

    /// Whether an episode may still grow: nobody has decided its case, and the case is not full.
    fn takes(&self, incident: &Incident) -> bool {
        incident.case_id.is_none()
            || self.case_of(incident).and_then(|id| self.book.get(id)).is_some_and(|record| {
                record.case.state.takes_alerts() && record.facts.alerts < super::MAX_ALERTS
            })
    }

    /// The case that an episode's new alerts go to: its own, or the one that was merged into.
    fn case_of(&self, incident: &Incident) -> Option<Uuid> {
        let mut id = incident.case_id?;
        // merging into a merged case is refused, so the way is short
        for _ in 0..MERGES {
            match self.book.get(id).and_then(|record| record.case.merged.as_ref()) {
                Some(merged) => id = merged.master,
                None => break,
            }
        }
        Some(id)
    }

    fn joins_case(&mut self, case_id: Uuid, alert: &Alert, late: bool) {
        let change =
            Change::Joined { edge: alert.edge.clone(), alert_id: alert.alert_id, from: None, reason: None };
        self.book.must(case_id, change);
        if let Some(facts) = self.book.facts(case_id) {
            facts.alerts += 1;
            facts.open_alerts += u64::from(alert.phase != Phase::Ended);
            facts.late &= late;
            note(facts, alert);
            settle(facts, alert);
        }
    }

    /// The case of a new episode: one of something else nearby, or a new one.
    fn case_for(
        &mut self,
        alert: &Alert,
        severity: u8,
        late: bool,
        region: &Region,
        path: &mut Vec<Step>,
    ) -> Uuid {
        let place = self.atlas.of(&alert.edge, &alert.camera);
        let newcomer = Newcomer {
            behavior: &alert.behavior,
            severity,
            test: alert.test,
            grid: region,
            camera: (&alert.edge, &alert.camera),
            position: place.and_then(|place| place.position),
            adjacent: place.map_or(&[], |place| &place.adjacent),
            since: alert.since_utc,
            last: alert.utc,
        };
        let position = |camera: &(String, String)| self.atlas.0.get(camera).and_then(|place| place.position);
        let mut found: Option<(Timestamp, Uuid, String, Option<f64>)> = None;
        for case in self.neighbours.get(region).into_iter().flatten() {
            let open = self.book.get(case.case_id).is_some_and(|record| record.case.state.takes_alerts());
            if open
                && let Ok(metres) = correlate::distance(&newcomer, case, position)
                && found.as_ref().is_none_or(|(last, id, ..)| (*last, *id) < (case.last, case.case_id))
            {
                found = Some((case.last, case.case_id, case.behavior.clone(), metres));
            }
        }
        if let Some((_, case, behavior, metres)) = found {
            path.push(Step::Correlated { case, behavior, metres });
            self.joins_case(case, alert, late);
            let here = self.neighbours.get_mut(region).into_iter().flatten();
            for neighbour in here.filter(|neighbour| neighbour.case_id == case) {
                neighbour.last = neighbour.last.max(alert.utc);
                neighbour.since = neighbour.since.min(alert.since_utc);
                neighbour.alerts += 1;
            }
            return case;
        }
        let facts = Facts {
            behavior: alert.behavior.clone(),
            edge: alert.edge.clone(),
            site: alert.site.clone(),
            region: region.clone(),
            camera: alert.camera.clone(),
            camera_name: alert.camera_name.clone(),
            rule: alert.rule.clone(),
            zone: alert.zone.clone().unwrap_or_default(),
            test: alert.test,
            since: alert.since_utc,
            last: alert.utc,
            ended: (alert.phase == Phase::Ended).then_some(alert.utc),
            phase: alert.phase,
            alerts: 1,
            open_alerts: u64::from(alert.phase != Phase::Ended),
            score: f64::from(alert.score),
            bounds: alert.bounds,
            late,
        };
        let day = number::day(self.book.now(), &self.raises.zone);
        let first = Change::Registered {
            edge: alert.edge.clone(),
            alert_id: alert.alert_id,
            severity: Some(severity),
            from: None,
            reason: None,
        };
        let case = self.book.register(facts, severity, &day, first);
        // R→V by itself: what a camera sees in public space is always looked at
        self.book.must(case, Change::Verifying);
        path.push(Step::NewCase { case });
        self.beside(Neighbour {
            case_id: case,
            behavior: alert.behavior.clone(),
            severity,
            test: alert.test,
            grid: region.clone(),
            camera: (alert.edge.clone(), alert.camera.clone()),
            since: alert.since_utc,
            last: alert.utc,
            alerts: 1,
        });
        case
    }
}

fn now_known(alert: &Alert, outcome: &Outcome) -> KnownAlert {
    KnownAlert {
        incident: outcome.incident,
        case_id: outcome.case_id,
        standing: outcome.standing,
        revision: alert.revision,
        severity: outcome.severity,
        ended: alert.phase == Phase::Ended,
        since: alert.since_utc,
    }
}

fn grow(incident: &mut Incident, alert: &Alert, severity: u8) {
    incident.since = incident.since.min(alert.since_utc);
    incident.last = incident.last.max(alert.utc);
    incident.severity = incident.severity.min(severity);
    if f64::from(alert.score) > incident.score {
        incident.score = f64::from(alert.score);
        incident.bounds = alert.bounds;
    }
}

fn note(facts: &mut Facts, alert: &Alert) {
    facts.since = facts.since.min(alert.since_utc);
    facts.last = facts.last.max(alert.utc);
    // a neighbour's alert does not rename the camera that the case is about
    if (&alert.edge, &alert.camera) == (&facts.edge, &facts.camera) {
        facts.camera_name.clone_from(&alert.camera_name);
    }
    if f64::from(alert.score) > facts.score {
        facts.score = f64::from(alert.score);
        facts.bounds = alert.bounds;
    }
}

/// Where the whole stands after one of its alerts changed.
fn settle(facts: &mut Facts, alert: &Alert) {
    if facts.open_alerts == 0 {
        facts.ended = Some(facts.last);
        facts.phase = Phase::Ended;
    } else {
        facts.ended = None;
        facts.phase = if facts.alerts == 1 { alert.phase } else { Phase::Updated };
    }
}

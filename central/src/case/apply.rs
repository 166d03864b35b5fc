//! What a change makes of a case.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};

use super::clock::Stage;
use super::{
    Asked, Assigned, CALLS_KEPT, Call, Case, Change, Checklist, Class, Decision, Fix, Mark, MergedInto,
    NOTE_CHARS, Outcome, PAUSES, PICTURES, Pause, REOPEN_DAYS, Reason, Refused, Shot, State, URGES_KEPT,
    Urge, Verdict, Work,
};
use crate::org::Level;

/// How near the camera work must be reported from, metres.
const ON_THE_SPOT_M: f64 = 100.0;
/// The highest level that a case rises to.
const TOP: Level = Level::District;

/// What `change` makes of `case`, or why it may not happen.
pub fn apply(case: &Case, change: &Change, actor: &str, now: Timestamp) -> Result<Case, Refused> {
    let mut next = case.clone();
    let mark = || Mark { by: actor.to_owned(), utc: now };
    if change.texts().iter().any(|text| text.chars().count() > NOTE_CHARS) {
        return Err(Refused::NoteTooLong);
    }
    if change.has_bad_name() {
        return Err(Refused::BadName);
    }
    if change.lacks_words() {
        return Err(Refused::WordsMissing);
    }
    let expect = |allowed: &[State]| {
        if allowed.contains(&case.state) {
            Ok(())
        } else {
            Err(Refused::WrongState { state: case.state, change: change.name() })
        }
    };
    match change {
        Change::Registered { .. } => expect(&[])?,
        Change::Verifying => {
            expect(&[State::Registered])?;
            next.state = State::Verifying;
        }
        Change::Joined { .. } => {
            expect(&[State::Registered, State::Verifying])?;
            return Ok(next);
        }
        Change::Split { .. } => {
            if !case.state.splits() {
                expect(&[])?;
            }
        }
        Change::Raised { severity } => {
            if !case.state.is_open() || *severity >= case.severity {
                return Err(Refused::WrongState { state: case.state, change: change.name() });
            }
            next.severity = *severity;
            return Ok(next);
        }
        Change::Taken => {
            expect(&[State::Registered, State::Verifying])?;
            next.taken = Some(mark());
        }
        Change::Decided { verdict, reason, note, class, category } => {
            if let Some(decision) = &case.decision {
                return Err(Refused::AlreadyDecided { by: decision.by.clone() });
            }
            expect(&[State::Verifying])?;
            decide(&mut next, *verdict, *reason)?;
            if *verdict != Verdict::Unclear {
                let (by, utc) = (actor.to_owned(), now);
                next.decision =
                    Some(Decision { verdict: *verdict, reason: *reason, note: note.clone(), by, utc });
            }
            if *verdict == Verdict::Real {
                next.class = *class;
                next.category = category.clone();
                next.level = next.level.max(first_level(*class));
            }
            // whoever decides has looked
            if actor != SYSTEM {
                next.taken.get_or_insert_with(mark);
            }
        }
        Change::Dispatched { to, note } => {
            expect(&[State::Filed, State::Dispatched, State::Handling])?;
            next.state = State::Dispatched;
            next.assigned = Some(Assigned { to: to.clone(), mark: mark(), note: note.clone() });
            next.handler = None;
            next.arrived_utc = None;
        }
        Change::Accepted => {
            expect(&[State::Dispatched])?;
            next.state = State::Handling;
            next.handler = Some(mark());
        }
        Change::Arrived { fix } => {
            expect(&[State::Handling])?;
            check_fix(fix.as_ref())?;
            if case.arrived_utc.is_some() {
                expect(&[])?;
            }
            next.arrived_utc = Some(now);
        }
        Change::Returned { .. } => {
            expect(&[State::Dispatched])?;
            next.state = State::Filed;
            next.assigned = None;
        }
        Change::Escalated { .. } => {
            expect(&[State::Filed, State::Dispatched, State::Handling])?;
            next.level = above(case.level)?;
            next.told = next.told.max(next.level);
        }
        Change::Approved { .. } => {
            expect(&[State::Filed, State::Dispatched, State::Handling])?;
            next.approval = Some(mark());
        }
        Change::Urged { reason } => {
            if !case.state.is_open() {
                expect(&[])?;
            }
            urge(&mut next, above(case.level).unwrap_or(case.level), mark(), Some(reason.clone()));
        }
        Change::Called { user, level } => {
            if !case.state.is_open() {
                expect(&[])?;
            }
            next.called.push(Call { user: user.clone(), level: *level, utc: now });
            if next.called.len() > CALLS_KEPT {
                next.called.remove(0);
            }
            return Ok(next);
        }
        Change::PauseAsked { cause, review_utc } => {
            expect(&[State::Handling])?;
            if case.pauses >= PAUSES {
                return Err(Refused::PausedTooOften);
            }
            let latest = now.checked_add((24 * 366).hours()).unwrap_or(Timestamp::MAX);
            if *review_utc <= now || *review_utc > latest {
                return Err(Refused::BadReviewDay);
            }
            next.pause =
                Some(Pause { cause: cause.clone(), review_utc: *review_utc, asked: mark(), approved: None });
        }
        Change::PauseAnswered { approved, .. } => {
            expect(&[State::Handling])?;
            let Some(pause) = next.pause.as_mut().filter(|pause| pause.approved.is_none()) else {
                return Err(Refused::NothingAsked);
            };
            if pause.asked.by == actor {
                return Err(Refused::OwnRequest { by: actor.to_owned() });
            }
            if *approved {
                pause.approved = Some(mark());
                next.state = State::Suspended;
                next.pauses += 1;
            } else {
                next.pause = None;
            }
        }
        Change::Resumed => {
            expect(&[State::Suspended])?;
            resume(&mut next);
        }
        Change::Handled(work) => {
            expect(&[State::Handling])?;
            check_work(case, work)?;
            next.state = State::Checking;
            next.outcome = Some(Outcome { work: work.clone(), mark: mark() });
            next.pause = None;
        }
        Change::Checked { passed, .. } => {
            expect(&[State::Checking])?;
            if let Some(outcome) = case.outcome.as_ref().filter(|outcome| outcome.mark.by == actor) {
                return Err(Refused::OwnWork { by: outcome.mark.by.clone() });
            }
            next.checked = Some(mark());
            if *passed {
                next.state = State::Closed;
                next.closed_utc = Some(now);
            } else {
                rework(&mut next);
            }
        }
        Change::Reopened { .. } => {
            expect(&[State::Closed])?;
            let age = case.closed_utc.map_or(i64::MAX, |closed| now.duration_since(closed).as_hours());
            if age >= REOPEN_DAYS * 24 {
                return Err(Refused::TooLateToReopen);
            }
            next.closed_utc = None;
            rework(&mut next);
        }
        Change::Merged { master, .. } => {
            expect(&[State::Registered, State::Verifying, State::Filed])?;
            next.merged = Some(MergedInto { master: *master, from: case.state });
            next.state = State::Merged;
        }
        Change::Detached { .. } => {
            expect(&[State::Merged])?;
            next.state = case.merged.as_ref().map_or(State::Verifying, |merged| merged.from);
            next.merged = None;
        }
        Change::VoidAsked { reason } => {
            if case.state == State::Void {
                expect(&[])?;
            }
            next.void_asked = Some(Asked { reason: reason.clone(), mark: mark() });
        }
        Change::VoidAnswered { approved } => {
            let Some(asked) = next.void_asked.take() else { return Err(Refused::NothingAsked) };
            if asked.mark.by == actor {
                return Err(Refused::OwnRequest { by: actor.to_owned() });
            }
            if *approved {
                next.state = State::Void;
            }
        }
        Change::Noted { .. } => return Ok(next),
        Change::PlanOpened { plan, version, steps, required } => {
            if !case.state.is_open() || case.plan.is_some() {
                expect(&[])?;
            }
            next.plan = Some(Checklist {
                plan: plan.clone(),
                version: *version,
                steps: *steps,
                required: required.clone(),
                opened_utc: now,
                ticks: BTreeMap::new(),
            });
            return Ok(next);
        }
        Change::Ticked { step, done, note } => {
            if !case.state.is_open() {
                expect(&[])?;
            }
            let list = next.plan.as_mut().ok_or(Refused::NoSuchStep)?;
            list.tick(*step, *done, note.clone(), mark())?;
            return Ok(next);
        }
        Change::Pictured(picture) => {
            expect(&[State::Handling])?;
            if case.handler.as_ref().is_none_or(|handler| handler.by != actor) {
                return Err(Refused::NotHandler);
            }
            check_fix(picture.fix.as_ref())?;
            if case.pictures.len() >= PICTURES {
                return Err(Refused::TooManyPictures);
            }
            next.pictures.push(Shot { picture: picture.clone(), mark: mark() });
            return Ok(next);
        }
        Change::Timer { stage, percent } => {
            timer(&mut next, *stage, *percent, now)?;
            if next.state == case.state {
                return Ok(next);
            }
        }
    }
    next.version += 1;
    Ok(next)
}

/// Who acts where no person does.
pub(super) const SYSTEM: &str = "system";

fn decide(next: &mut Case, verdict: Verdict, reason: Option<Reason>) -> Result<(), Refused> {
    match (verdict, reason) {
        (Verdict::Real, None) => next.state = State::Filed,
        (Verdict::FalseAlarm, Some(_)) | (Verdict::Missed, None) => next.state = State::Rejected,
        (Verdict::FalseAlarm, None) => return Err(Refused::ReasonMissing),
        (Verdict::Unclear, None) if next.on_site => {
            return Err(Refused::WrongState { state: next.state, change: "decided" });
        }
        (Verdict::Unclear, None) => next.on_site = true,
        (_, Some(_)) => return Err(Refused::ReasonNotWanted),
    }
    Ok(())
}

/// Where a class of work begins.
fn first_level(class: Option<Class>) -> Level {
    match class {
        None | Some(Class::OnSite) => Level::Grid,
        Some(Class::Coordinated | Class::Emergency) => Level::Community,
        Some(Class::Approval) => Level::Street,
    }
}

fn above(level: Level) -> Result<Level, Refused> {
    match level.up() {
        Some(up) if up <= TOP => Ok(up),
        _ => Err(Refused::NoLevelAbove { level }),
    }
}

fn urge(next: &mut Case, level: Level, mark: Mark, reason: Option<String>) {
    next.told = next.told.max(level);
    next.urges.push(Urge { level, mark, reason });
    if next.urges.len() > URGES_KEPT {
        next.urges.remove(0);
    }
}

fn resume(next: &mut Case) {
    next.state = State::Handling;
    next.pause = None;
}

fn rework(next: &mut Case) {
    next.state = State::Handling;
    next.reworks += 1;
    next.outcome = None;
}

fn check_fix(fix: Option<&Fix>) -> Result<(), Refused> {
    match fix {
        Some(fix) if !((-180.0..=180.0).contains(&fix.lon) && (-90.0..=90.0).contains(&fix.lat)) => {
            Err(Refused::BadFix)
        }
        _ => Ok(()),
    }
}

fn check_work(case: &Case, work: &Work) -> Result<(), Refused> {
    check_fix(work.fix.as_ref())?;
    if work.pictures.len() > PICTURES {
        return Err(Refused::TooManyPictures);
    }
    if case.class == Some(Class::Approval) && case.approval.is_none() {
        return Err(Refused::NotApproved);
    }
    let excused = work.excuse.as_ref().is_some_and(|excuse| !excuse.trim().is_empty());
    if work.pictures.is_empty() && !excused {
        return Err(Refused::PictureMissing);
    }
    // where nobody has entered the camera's place, no distance is known, and none is asked for
    if work.distance_m.is_some_and(|metres| metres > ON_THE_SPOT_M) && !excused {
        return Err(Refused::NotOnTheSpot);
    }
    Ok(())
}

/// A deadline has come: who is told, who takes over.
fn timer(next: &mut Case, stage: Stage, percent: u16, now: Timestamp) -> Result<(), Refused> {
    if !stage.runs(next) {
        return Err(Refused::WrongState { state: next.state, change: "timer" });
    }
    let mark = Mark { by: SYSTEM.to_owned(), utc: now };
    if percent >= 100 && !matches!(stage, Stage::Review | Stage::AutoClose) {
        next.late.insert(stage);
    }
    let up = |level: Level| above(level).unwrap_or(level);
    match (stage, percent) {
        (Stage::Ack, 100) => next.rung += 1,
        (Stage::Ack, 200) | (Stage::Verify | Stage::Arrive, 100) => {
            next.told = next.told.max(Level::Community)
        }
        (Stage::Ack, 400) | (Stage::Verify, 200) => next.told = next.told.max(Level::Street),
        (Stage::Ack, _) => next.told = next.told.max(Level::District),
        (Stage::Dispatch | Stage::Check, 100) => next.told = next.told.max(up(next.level)),
        (Stage::Dispatch | Stage::Check, 200) => {
            let level = up(next.level);
            urge(next, level, mark, None);
        }
        (Stage::Handle, 100 | 150) => {
            next.level = up(next.level);
            let level = next.level;
            urge(next, level, mark, None);
        }
        (Stage::Handle, 200) => {
            next.level = TOP;
            urge(next, TOP, mark, None);
        }
        (Stage::Review, _) => resume(next),
        (Stage::AutoClose, _) => {
            next.state = State::Rejected;
            next.decision = Some(Decision {
                verdict: Verdict::Missed,
                reason: None,
                note: None,
                by: SYSTEM.to_owned(),
                utc: now,
            });
        }
        // a warning before it is late: only the log and the desk tell it
        _ => {}
    }
    Ok(())
}

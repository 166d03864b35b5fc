pub(crate) mod book;
mod calls;
mod checklists;
mod clocks;
mod guards;
mod path;
mod trials;

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::*;
use crate::org::Region;

fn now() -> Timestamp {
    "2026-11-27T01:00:00Z".parse().unwrap()
}

fn later(secs: i64) -> Timestamp {
    now().checked_add(secs.seconds()).unwrap()
}

fn grid() -> Region {
    Region::parse("420502001001001").unwrap()
}

fn decided(verdict: Verdict, reason: Option<Reason>) -> Change {
    Change::Decided { verdict, reason, note: None, class: None, category: None }
}

fn real(class: Option<Class>) -> Change {
    Change::Decided { verdict: Verdict::Real, reason: None, note: None, class, category: None }
}

fn to_grid() -> Change {
    Change::Dispatched { to: Assignee { region: grid(), user: None }, note: None }
}

fn work() -> Work {
    Work {
        note: "已扶起，家属到场".into(),
        pictures: vec!["a".repeat(64)],
        fix: None,
        distance_m: None,
        excuse: None,
    }
}

fn timer(stage: Stage, percent: u16) -> Change {
    Change::Timer { stage, percent }
}

/// Applies one after the other, each by whom it is for.
fn walk(mut case: Case, changes: &[(&str, Change)]) -> Case {
    for (actor, change) in changes {
        case = apply(&case, change, actor, now()).unwrap_or_else(|refused| panic!("{change:?}: {refused}"));
    }
    case
}

fn verifying(severity: u8) -> Case {
    walk(Case::registered(severity), &[("system", Change::Verifying)])
}

fn filed() -> Case {
    walk(verifying(2), &[("wang", real(None))])
}

fn handling() -> Case {
    walk(filed(), &[("system", to_grid()), ("li", Change::Accepted)])
}

fn checking() -> Case {
    walk(handling(), &[("li", Change::Handled(work()))])
}

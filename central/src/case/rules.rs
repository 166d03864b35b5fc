//! What the work on cases goes by: limits, working time, kinds of cases, who is on duty.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Assignee, Case, Change, Class, Stage, State};
use crate::org::calendar::WORKDAY_SECS as WORKDAY;
use crate::org::{Calendar, Catalogue, Level, Region, Roster, Span};

/// Seconds of a day in which nobody looked, after which a case of little urgency is put away.
const AUTO_CLOSE_SECS: f64 = 24.0 * 3600.0;
/// P1 is dispatched by the centre itself: within 30 s, the practice asks, and a dispatcher may be asleep.
pub const AUTO_DISPATCH: u8 = 1;

/// How long each part of the work may take, at one urgency. None: no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Until it is taken.
    pub ack: Option<Span>,
    /// Until it is decided.
    pub verify: Option<Span>,
    /// From filing to dispatch.
    pub dispatch: Option<Span>,
    /// From dispatch to arrival.
    pub arrive: Option<Span>,
    /// From filing to done.
    pub handle: Option<Span>,
    /// From done to checked.
    pub check: Option<Span>,
}

/// What the work on cases goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Working time.
    pub calendar: Calendar,
    /// P1 to P4.
    pub limits: [Limits; 4],
    /// Kinds of cases, some with a limit of their own.
    pub catalogue: Catalogue,
    /// Who is on duty.
    pub roster: Roster,
    /// What is filed with this urgency or more goes to whoever is on duty at once; 0: nothing does.
    pub auto_dispatch: u8,
}

impl Rules {
    /// The usual limits: urgent things by the clock on the wall, others in working time.
    pub fn usual(calendar: Calendar) -> Self {
        let wall = |secs: f64| Some(Span::Continuous(secs));
        let work = |secs: f64| Some(Span::Working(secs));
        let limits = [
            Limits {
                ack: wall(60.0),
                verify: wall(180.0),
                dispatch: wall(120.0),
                arrive: wall(600.0),
                handle: wall(2.0 * 3600.0),
                check: wall(24.0 * 3600.0),
            },
            Limits {
                ack: wall(180.0),
                verify: wall(600.0),
                dispatch: wall(600.0),
                arrive: wall(1800.0),
                handle: wall(8.0 * 3600.0),
                check: work(WORKDAY),
            },
            Limits {
                ack: wall(900.0),
                verify: work(3600.0),
                dispatch: work(2.0 * 3600.0),
                arrive: None,
                handle: work(WORKDAY),
                check: work(2.0 * WORKDAY),
            },
            Limits {
                ack: work(WORKDAY),
                verify: None,
                dispatch: work(WORKDAY),
                arrive: None,
                handle: work(5.0 * WORKDAY),
                check: work(5.0 * WORKDAY),
            },
        ];
        let roster = Roster::new(calendar.zone().clone(), [], []);
        Self { calendar, limits, catalogue: Catalogue::default(), roster, auto_dispatch: AUTO_DISPATCH }
    }

    /// The limit of a part of the work on this case.
    pub(super) fn limit(&self, stage: Stage, case: &Case, now: Timestamp) -> Option<Span> {
        let limits = &self.limits[usize::from(case.severity.clamp(1, 4)) - 1];
        match stage {
            Stage::Ack => limits.ack,
            Stage::Verify => limits.verify,
            Stage::Dispatch => limits.dispatch,
            Stage::Arrive => limits.arrive,
            Stage::Handle => {
                let kind = case.category.as_deref().and_then(|code| self.catalogue.get(code));
                let span = kind.and_then(|kind| kind.handle).or(limits.handle);
                match case.class {
                    // 突发性工作 does not wait for office hours
                    Some(Class::Emergency) => span.map(|span| Span::Continuous(span.secs())),
                    _ => span,
                }
            }
            Stage::Check => limits.check,
            Stage::Review => {
                let review = case.pause.as_ref()?.review_utc;
                Some(Span::Continuous(review.duration_since(now).as_secs_f64().max(0.0)))
            }
            Stage::AutoClose => Some(Span::Continuous(AUTO_CLOSE_SECS)),
        }
    }

    /// To whom a case goes by itself now; none where a dispatcher decides.
    pub(super) fn dispatch(
        &self,
        case: &Case,
        region: &Region,
        behavior: &str,
        now: Timestamp,
    ) -> Option<Change> {
        if case.state != State::Filed || case.severity > self.auto_dispatch {
            return None;
        }
        let (region, user) = self.roster.handler(region, behavior, now)?;
        Some(Change::Dispatched { to: Assignee { region, user }, note: None })
    }

    /// Who is called where something is late and this level should know; nobody where no rota names one. In the security
    /// room all have heard it ring and the first one has let it: the next one is called.
    pub(super) fn call(
        &self,
        case: &Case,
        level: Level,
        region: &Region,
        behavior: &str,
        now: Timestamp,
    ) -> Option<Change> {
        let mut called: BTreeSet<&str> = case.called.iter().map(|call| call.user.as_str()).collect();
        let next = |called: &BTreeSet<&str>| self.roster.next(region, level, behavior, called, now);
        let first = next(&called)?;
        let user = if level == Level::Grid && called.insert(&first) {
            next(&called).unwrap_or_else(|| first.clone())
        } else {
            first
        };
        Some(Change::Called { user, level })
    }
}

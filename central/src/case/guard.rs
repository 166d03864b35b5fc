//! Who may do what to a case: posts (岗位) of people in regions.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Assignee, Case, Change, Refused, State, Verdict, Work, apply};
use crate::org::{Level, Region};

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 系统管理员: users, settings, everything.
    Admin,
    /// 值班员, in the security room: takes alarms and decides.
    Operator,
    /// 社区受理员: decides, files, merges and splits.
    Acceptor,
    /// 派遣员.
    Dispatcher,
    /// 网格员, or whoever handles cases.
    GridWorker,
    /// 核查员.
    Inspector,
    /// 综治办: supervises, urges, opens again, approves.
    Supervisor,
    /// 安装维护员: boxes and cameras.
    Installer,
    /// 审计员: reads logs and who looked at what.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 9] = [
        Self::Admin,
        Self::Operator,
        Self::Acceptor,
        Self::Dispatcher,
        Self::GridWorker,
        Self::Inspector,
        Self::Supervisor,
        Self::Installer,
        Self::Auditor,
    ];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Acceptor => "acceptor",
            Self::Dispatcher => "dispatcher",
            Self::GridWorker => "grid_worker",
            Self::Inspector => "inspector",
            Self::Supervisor => "supervisor",
            Self::Installer => "installer",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A role in a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Post {
    /// What for.
    pub role: Role,
    /// Where; none is everywhere.
    pub region: Option<Region>,
}

impl Post {
    /// Whether the post covers this region.
    pub fn covers(&self, region: &Region) -> bool {
        self.region.as_ref().is_none_or(|own| own.covers(region))
    }

    /// How high it stands.
    fn level(&self) -> Level {
        self.region.as_ref().map_or(Level::City, Region::level)
    }
}

/// Somebody who wants something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name.
    pub name: String,
    /// Posts.
    pub posts: Vec<Post>,
}

impl Actor {
    /// Whether one of these roles is held over this region.
    pub fn holds(&self, roles: &[Role], region: &Region) -> bool {
        self.posts.iter().any(|post| roles.contains(&post.role) && post.covers(region))
    }

    /// The regions whose cases may be seen; none means everywhere.
    pub fn regions(&self) -> Option<Vec<Region>> {
        self.posts.iter().map(|post| post.region.clone()).collect()
    }

    /// Whether anything in this region may be seen.
    pub fn sees(&self, region: &Region) -> bool {
        self.posts.iter().any(|post| post.covers(region))
    }
}

/// Which roles may make this change. Admins may make any that a person can make.
fn roles(change: &Change) -> &'static [Role] {
    use Role::{Acceptor, Dispatcher, GridWorker, Inspector, Operator, Supervisor};
    match change {
        Change::Taken => &[Operator, Acceptor],
        Change::Decided { .. } => &[Operator, Acceptor, GridWorker],
        Change::Merged { .. } | Change::Detached { .. } => &[Operator, Acceptor],
        Change::Dispatched { .. } => &[Dispatcher, Acceptor],
        Change::Accepted | Change::Arrived { .. } | Change::Handled(_) => &[GridWorker, Acceptor],
        Change::Returned { .. } => &[GridWorker, Acceptor, Dispatcher],
        Change::Escalated { .. } => &[GridWorker, Acceptor, Dispatcher],
        Change::PauseAsked { .. } | Change::Resumed => &[GridWorker, Acceptor],
        Change::Checked { .. } => &[Inspector, Acceptor],
        Change::Approved { .. } | Change::PauseAnswered { .. } => &[Acceptor, Supervisor],
        Change::Urged { .. } => &[Supervisor],
        Change::Reopened { .. } => &[Acceptor, Supervisor],
        Change::Noted { .. } => &[Operator, Acceptor, Dispatcher, GridWorker, Inspector, Supervisor],
        Change::Ticked { .. } => &[Operator, Acceptor, Dispatcher, GridWorker, Supervisor],
        // by an admin and a second one
        Change::VoidAsked { .. } | Change::VoidAnswered { .. } => &[],
        // by the system only; a split and a picture have calls of their own, which really move alerts and keep files
        Change::Registered { .. }
        | Change::Verifying
        | Change::Joined { .. }
        | Change::Split { .. }
        | Change::Raised { .. }
        | Change::Called { .. }
        | Change::PlanOpened { .. }
        | Change::Pictured(_)
        | Change::Timer { .. } => &[],
    }
}

/// Changes that no person makes.
fn is_systems(change: &Change) -> bool {
    matches!(
        change,
        Change::Registered { .. }
            | Change::Verifying
            | Change::Joined { .. }
            | Change::Split { .. }
            | Change::Raised { .. }
            | Change::Called { .. }
            | Change::PlanOpened { .. }
            | Change::Pictured(_)
            | Change::Timer { .. }
    )
}

/// Refuses what the actor's posts do not allow in this region.
pub fn may(actor: &Actor, case: &Case, region: &Region, change: &Change) -> Result<(), Refused> {
    let allowed = roles(change);
    if is_systems(change) {
        return Err(Refused::NotYours { wanted: "the system".into() });
    }
    if actor.holds(&[Role::Admin], region) {
        return Ok(());
    }
    let needed = least_level(case, change);
    let fits = |post: &Post| {
        allowed.contains(&post.role)
            && post.covers(region)
            && needed.is_none_or(|level| post.level() >= level)
    };
    // a grid worker decides only what he was sent to look at
    let sent = |post: &Post| {
        !matches!(change, Change::Decided { .. }) || post.role != Role::GridWorker || case.on_site
    };
    if actor.posts.iter().any(|post| fits(post) && sent(post)) {
        return Ok(());
    }
    let names: Vec<&str> =
        if allowed.is_empty() { vec!["admin"] } else { allowed.iter().map(|r| r.as_str()).collect() };
    let at = needed.map(|level| format!(" at level {} or above", level.as_str())).unwrap_or_default();
    Err(Refused::NotYours { wanted: format!("{}{at}", names.join(", ")) })
}

/// Whether this person may move alerts of a case into another one (拆分).
pub fn may_split(actor: &Actor, case: &Case, region: &Region) -> bool {
    case.state.splits() && actor.holds(&[Role::Admin, Role::Operator, Role::Acceptor], region)
}

/// Refuses a picture of whoever does not handle the case, or no longer.
pub fn may_picture(actor: &Actor, case: &Case, region: &Region) -> Result<(), Refused> {
    if !actor.holds(&[Role::Admin, Role::GridWorker, Role::Acceptor], region) {
        return Err(Refused::NotYours { wanted: "grid_worker, acceptor".into() });
    }
    if case.state != State::Handling {
        return Err(Refused::WrongState { state: case.state, change: "pictured" });
    }
    if case.handler.as_ref().is_none_or(|handler| handler.by != actor.name) {
        return Err(Refused::NotHandler);
    }
    Ok(())
}

/// The changes that this person could make now, by name: what buttons a page shows. A change that only needs other words
/// than the ones tried here counts.
pub fn possible(actor: &Actor, case: &Case, region: &Region, now: Timestamp) -> Vec<&'static str> {
    let words = || "…".to_owned();
    let real =
        Change::Decided { verdict: Verdict::Real, reason: None, note: None, class: None, category: None };
    let done =
        Work { note: words(), pictures: Vec::new(), fix: None, distance_m: None, excuse: Some(words()) };
    let review_utc = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
    // a step that is not ticked yet, or else one that could be taken back
    let open =
        case.plan.as_ref().and_then(|list| (0..list.steps).find(|step| !list.ticks.contains_key(step)));
    let tick = Change::Ticked { step: open.unwrap_or(0), done: open.is_some(), note: Some(words()) };
    let all = [
        Change::Taken,
        real,
        Change::Dispatched { to: Assignee { region: region.clone(), user: None }, note: None },
        Change::Accepted,
        Change::Arrived { fix: None },
        Change::Returned { reason: words() },
        Change::Escalated { reason: words() },
        Change::Approved { note: words() },
        Change::Urged { reason: words() },
        Change::PauseAsked { cause: words(), review_utc },
        Change::PauseAnswered { approved: true, note: None },
        Change::Resumed,
        Change::Handled(done),
        Change::Checked { passed: true, note: None },
        Change::Reopened { reason: words() },
        Change::Merged { master: Uuid::max(), reason: None },
        Change::Detached { reason: None },
        Change::VoidAsked { reason: words() },
        Change::VoidAnswered { approved: false },
        Change::Noted { note: words() },
        tick,
    ];
    let could = |change: &Change| {
        may(actor, case, region, change).is_ok()
            && match apply(case, change, &actor.name, now) {
                Ok(_) => true,
                Err(refused) => refused.is_about_words() || refused == Refused::NotApproved,
            }
    };
    all.iter().filter(|change| could(change)).map(Change::name).collect()
}

/// The lowest level whose people may make this change.
fn least_level(case: &Case, change: &Change) -> Option<Level> {
    let community = Some(Level::Community);
    match change {
        // 挂账由上一级批准
        Change::PauseAnswered { .. } => Some(case.level.up().unwrap_or(Level::City)),
        Change::Approved { .. } => Some(case.level.max(Level::Community)),
        Change::Urged { .. } | Change::Reopened { .. } => community,
        _ => None,
    }
}

//! 双人复核: what one person asks for and another one has to agree to.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::case::guard::{Actor, Role};
use crate::org::Region;

/// How long a request waits for the second person, and how long it may be used once agreed.
pub const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// What two people are needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ApprovalKind)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Handing over more than one case.
    BulkExport,
    /// Handing over pictures and clips in which people can be recognised.
    UnmaskedExport,
    /// Purging before the regular time.
    EarlyPurge,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::BulkExport, Self::UnmaskedExport, Self::EarlyPurge];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BulkExport => "bulk_export",
            Self::UnmaskedExport => "unmasked_export",
            Self::EarlyPurge => "early_purge",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Who may ask.
    pub fn askers(self) -> &'static [Role] {
        match self {
            Self::BulkExport | Self::UnmaskedExport => &[Role::Acceptor, Role::Supervisor, Role::Admin],
            Self::EarlyPurge => &[Role::Supervisor, Role::Admin],
        }
    }

    /// Who may agree.
    pub fn answerers(self) -> &'static [Role] {
        &[Role::Supervisor, Role::Admin]
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ApprovalStanding)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Waits for the second person.
    Waiting,
    /// May be used.
    Agreed,
    /// The second person said no.
    Refused,
    /// It was done.
    Used,
    /// Nobody answered, or nobody used it in time.
    Over,
}

/// What happened to a request so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// When it was asked.
    pub asked_utc: Timestamp,
    /// When the second person answered, and what.
    pub answered: Option<(Timestamp, bool)>,
    /// When it was done.
    pub used_utc: Option<Timestamp>,
}

impl Course {
    /// Where it stands.
    pub fn at(&self, now: Timestamp) -> Standing {
        let fresh = |since: Timestamp| now.duration_since(since) < WAITS;
        match (self.used_utc, self.answered) {
            (Some(_), _) => Standing::Used,
            (None, Some((_, false))) => Standing::Refused,
            (None, Some((since, true))) if fresh(since) => Standing::Agreed,
            (None, None) if fresh(self.asked_utc) => Standing::Waiting,
            _ => Standing::Over,
        }
    }
}

/// Why somebody may not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// His own request.
    Own,
    /// None of the posts, or not over all of it.
    Post,
    /// It no longer waits.
    Late,
}

/// Whether one of these roles is held over all of these regions; an empty list is everywhere.
pub fn over(actor: &Actor, roles: &[Role], regions: &[Region]) -> bool {
    if regions.is_empty() {
        return actor.posts.iter().any(|post| roles.contains(&post.role) && post.region.is_none());
    }
    regions.iter().all(|region| actor.holds(roles, region))
}

/// Whether this person may answer a request of somebody.
pub fn answerable(
    actor: &Actor,
    kind: Kind,
    regions: &[Region],
    asked_by: &str,
    standing: Standing,
) -> Result<(), Objection> {
    if !over(actor, kind.answerers(), regions) {
        return Err(Objection::Post);
    }
    if actor.name == asked_by {
        return Err(Objection::Own);
    }
    if standing != Standing::Waiting {
        return Err(Objection::Late);
    }
    Ok(())
}

//! 台账: what was done with evidence, as one hash chain. Nothing in the middle can be changed, removed or put in without
//! breaking every later hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::approval::Kind;
use super::view::View;

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// Somebody said why he looks, or works on the case.
    Viewed(View),
    /// A file was shown for the first time by that.
    Shown {
        /// SHA-256.
        sha256: String,
        /// Media type.
        media_type: String,
    },
    /// 依法保全 begins.
    Held {
        /// Case, or
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<Uuid>,
        /// one file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        /// Why.
        reason: String,
        /// Until; none is until somebody lifts it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_utc: Option<Timestamp>,
    },
    /// 依法保全 is lifted.
    Lifted {
        /// Why.
        reason: String,
    },
    /// Evidence was purged: the proof.
    Purged(Proof),
    /// Somebody wants what a second person must agree to.
    Asked {
        /// What.
        kind: Kind,
        /// What exactly.
        scope: serde_json::Value,
        /// Why.
        reason: String,
    },
    /// The second person answered.
    Answered {
        /// What.
        agreed: bool,
    },
    /// Evidence left the centre as a file.
    Exported(Export),
}

impl Fact {
    /// The name in the store.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Viewed(_) => "viewed",
            Self::Shown { .. } => "shown",
            Self::Held { .. } => "held",
            Self::Lifted { .. } => "lifted",
            Self::Purged(_) => "purged",
            Self::Asked { .. } => "asked",
            Self::Answered { .. } => "answered",
            Self::Exported(_) => "exported",
        }
    }

    /// What lists are narrowed by; empty where there is nothing.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Viewed(view) => view.reason.as_str(),
            Self::Exported(export) => export.reason.as_str(),
            Self::Asked { kind, .. } => kind.as_str(),
            _ => "",
        }
    }
}

/// That evidence is gone, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PurgeProof)]
pub struct Proof {
    /// Everything stored before this went, unless it was needed or held.
    pub cutoff_utc: Timestamp,
    /// When it began.
    pub began_utc: Timestamp,
    /// Before the regular time, agreed to by two people: that request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Uuid>,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Hash over the list, see [`super::keep::Root`].
    pub root: String,
}

/// What left the centre as a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Why.
    pub reason: super::view::Reason,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who gets it.
    pub recipient: String,
    /// Cases.
    pub cases: Vec<Uuid>,
    /// People are made unrecognisable.
    pub masked: bool,
    /// The request that a second person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Uuid>,
    /// How many files of evidence.
    pub files: u64,
    /// SHA-256 of the manifest inside.
    pub manifest: String,
}

/// One entry, without its hash.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Hash of the entry before, hex.
    pub prev_hash: &'a str,
    /// Place in the chain, from 1.
    pub seq: i64,
    /// When, microseconds since 1970 UTC.
    pub utc_us: i64,
    /// What kind of fact.
    pub kind: &'a str,
    /// Who: a user's name, or `system`.
    pub actor: &'a str,
    /// Where; empty is everywhere.
    pub region: &'a str,
    /// What it belongs to.
    pub about: &'a str,
    /// What lists are narrowed by.
    pub code: &'a str,
    /// The fact as JSON, exactly as stored.
    pub body: &'a str,
}

/// The hash of an entry, hex. Each part goes in with its length, so no two entries share an input.
pub fn hash(entry: &Entry<'_>) -> String {
    let mut sum = Sha256::new();
    let numbers = [entry.seq.to_string(), entry.utc_us.to_string()];
    let parts = [
        entry.prev_hash,
        &numbers[0],
        &numbers[1],
        entry.kind,
        entry.actor,
        entry.region,
        entry.about,
        entry.code,
        entry.body,
    ];
    for part in parts {
        sum.update((part.len() as u64).to_be_bytes());
        sum.update(part.as_bytes());
    }
    hex::encode(sum.finalize())
}

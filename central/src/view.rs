//! What the console is shown. The store fills these; the web hands them out; the feed pushes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_alert::{ClockQuality, Codes, EndReason, EvidenceKind, Phase};

use crate::case::clock::Timer;
use crate::case::{Call, Case, Change, Decision, Fix, Moment, Stage, State};
use crate::evidence::EvidenceStore;
use crate::org::Level;

/// A case in the list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CaseSummary {
    /// Identity.
    pub id: Uuid,
    /// Number that people say: district, day, sequence.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// Which level is responsible.
    pub level: Level,
    /// Highest level that has been told that something is late.
    pub told: Level,
    /// Grid of the camera, else the community.
    pub region: String,
    /// Who has taken it on.
    pub handler: Option<String>,
    /// Who is to handle it, where one person is named.
    pub assignee: Option<String>,
    /// Whether somebody in the security room looks at it.
    pub taken: bool,
    /// Who was called because it is late and has not been answered: nobody has moved the case on since.
    pub called: Vec<Call>,
    /// When the part of the work that is being done has to be done.
    pub due_utc: Option<Timestamp>,
    /// Parts of the work that were late.
    pub late_stages: Vec<Stage>,
    /// What happened.
    pub behavior: String,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// Box.
    pub edge: String,
    /// 12-digit community code.
    pub site: String,
    /// Camera id.
    pub camera: String,
    /// Camera name for people.
    pub camera_name: String,
    /// Configured rule.
    pub rule: String,
    /// Zone or line; none is the whole frame.
    pub zone: Option<String>,
    /// When the first alert began, by the box's clock.
    pub since_utc: Timestamp,
    /// When the centre last changed anything.
    pub updated_utc: Timestamp,
    /// When the last alert ended; none while one goes on.
    pub ended_utc: Option<Timestamp>,
    /// Where the episode stands.
    pub phase: Phase,
    /// How many alerts make up the episode.
    pub alert_count: u64,
    /// Snapshot that is stored here, SHA-256.
    pub snapshot: Option<String>,
    /// Clip that is stored here, SHA-256.
    pub clip: Option<String>,
    /// Where in the frame, at the best score: `[x, y, width, height]`, 0..1.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// Best score, 0..1.
    pub score: f64,
    /// 补传: every alert of it came more than five minutes after it was seen.
    pub late: bool,
    /// Made of an installer's test alarms.
    pub test: bool,
    /// Names what was on screen when a person changes it.
    pub version: u64,
}

/// A case with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CaseDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// What a person found.
    pub verdict: Option<Decision>,
    /// What its changes made of it.
    pub case: Case,
    /// The changes that whoever looks could make now, by name.
    pub may: Vec<&'static str>,
    /// Next steps of its deadlines.
    pub deadlines: Vec<Timer>,
    /// When each running part of the work has to be done.
    pub clocks: BTreeMap<Stage, Timestamp>,
    /// Cases that were merged into it.
    pub merged: Vec<CaseName>,
    /// Its alerts, oldest first.
    pub alerts: Vec<AlertView>,
    /// Pictures that its handlers brought, oldest first.
    pub pictures: Vec<PictureView>,
    /// Its changes, oldest first.
    pub log: Vec<LogView>,
}

/// A case, as far as others name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseName {
    /// Identity.
    pub id: Uuid,
    /// Number that people say.
    pub number: String,
}

/// An alert of a case: the state by its highest revision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertView {
    /// Box that saw it.
    pub edge: String,
    /// Identity of the happening.
    pub alert_id: Uuid,
    /// Where it stands.
    pub phase: Phase,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Which of several things it is, as the box says it.
    pub detail: Option<String>,
    /// Highest revision seen.
    pub revision: u32,
    /// Sequence number of that revision.
    pub seq: u64,
    /// When it began, by the box's clock.
    pub since_utc: Timestamp,
    /// When the revision's fact was seen, by the box's clock.
    pub utc: Timestamp,
    /// When the first message about it was received here.
    pub received_utc: Timestamp,
    /// Seconds since it began.
    pub dwell_secs: f64,
    /// The rule's first parameter.
    pub threshold: Option<f64>,
    /// What was measured against it.
    pub measured: Option<f64>,
    /// 0..1.
    pub score: f32,
    /// `[x, y, width, height]`, 0..1.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// Tracks that take part.
    pub tracks: Vec<u64>,
    /// How far the box's clock can be trusted.
    pub clock_quality: ClockQuality,
    /// SHA-256 of the detector's weights.
    pub model_sha256: String,
    /// The same in the codes of GB/T 28181 and ONVIF.
    pub codes: Codes,
    /// Files that prove it.
    pub evidence: Vec<EvidenceView>,
}

/// A file that an alert names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// What it shows.
    pub kind: EvidenceKind,
    /// SHA-256.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Whether it is here.
    pub stored: bool,
    /// When it was purged, its time of keeping being over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged_utc: Option<Timestamp>,
    /// Line of the ledger that proves it; none while that purge goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purge_seq: Option<u64>,
}

/// A picture that somebody brought to a case.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PictureView {
    /// SHA-256.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Before the work, or after it.
    pub moment: Moment,
    /// Where it was taken, where whoever brought it agreed.
    pub fix: Option<Fix>,
    /// Who brought it.
    pub by: String,
    /// When.
    pub utc: Timestamp,
    /// Whether it is here.
    pub stored: bool,
    /// When it was purged, its time of keeping being over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged_utc: Option<Timestamp>,
}

/// A change of a case.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LogView {
    /// Place in the case's log, from 1.
    pub index: u64,
    /// When.
    pub utc: Timestamp,
    /// A user's name, or `system`.
    pub actor: String,
    /// What changed, as it stands in the log.
    pub change: Change,
    /// Hash in the chain.
    pub hash: String,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EdgeView {
    /// Id.
    pub edge: String,
    /// 12-digit community code.
    pub site: String,
    /// `online`, `offline`, `stopped`; `unknown` before it was heard of.
    pub state: String,
    /// Since when, by the box's clock.
    pub since_utc: Option<Timestamp>,
    /// Version of its software.
    pub software: Option<String>,
    /// Alerts that wait there.
    pub outbox_depth: Option<u64>,
    /// Whether it was enrolled here.
    pub enrolled: bool,
    /// Highest sequence number of its newest series.
    pub last_seq: Option<u64>,
    /// Numbers that have not come, the first hundred.
    pub missing: Vec<u64>,
    /// How many have not come.
    pub missing_count: u64,
    /// The same as ranges, with the time they were noticed.
    pub gaps: Vec<GapView>,
    /// Its cameras.
    pub cameras: Vec<CameraView>,
}

/// Sequence numbers that have not come, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GapView {
    /// Series.
    pub outbox: String,
    /// First missing number.
    pub first: u64,
    /// Last missing number.
    pub last: u64,
    /// When that was noticed.
    pub since_utc: Timestamp,
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CameraView {
    /// Box.
    pub edge: String,
    /// Id within the box.
    pub camera: String,
    /// Name for people.
    pub name: String,
    /// `starting`, `watching` or `blind`.
    pub watch: String,
    /// Why it is blind.
    pub cause: Option<String>,
    /// One sentence for the installer.
    pub detail: Option<String>,
    /// Since when, by the box's clock.
    pub since_utc: Timestamp,
    /// `ok` or `moved`: whether it looks where it should; none when no rule watches that.
    pub view: Option<String>,
    /// Since when it is `moved`, by the box's clock.
    pub view_since_utc: Option<Timestamp>,
    /// Rules that say nothing while it is `moved`.
    pub suspended_rules: Vec<String>,
    /// Since when its box has been too short of time for all its pictures, by the box's clock.
    pub strained_since_utc: Option<Timestamp>,
}

/// Numbers for the top of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Cases that nobody has decided.
    pub open: u64,
    /// Cases registered since midnight.
    pub today: u64,
    /// Different bad messages that are kept.
    pub quarantined: u64,
}

/// Where evidence lies, and whether it can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceState {
    /// `folder`, or `s3`.
    pub kept_in: KeptIn,
    /// It cannot be reached: boxes keep their files, and nothing is shown.
    pub away: bool,
    /// The bucket keeps what is purged as an older version.
    pub keeps_versions: bool,
}

/// A place for evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptIn {
    /// The data folder of this centre.
    Folder,
    /// An object store.
    S3,
}

impl EvidenceState {
    /// What is known of a store.
    pub fn of(store: &EvidenceStore) -> Self {
        match store {
            EvidenceStore::Folder(_) => Self { kept_in: KeptIn::Folder, away: false, keeps_versions: false },
            EvidenceStore::Objects(objects) => Self {
                kept_in: KeptIn::S3,
                away: objects.outage().is_some(),
                keeps_versions: objects.keeps_versions(),
            },
        }
    }
}

/// The state of everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overview {
    /// Where evidence lies.
    pub evidence: EvidenceState,
    /// All boxes.
    pub edges: Vec<EdgeView>,
    /// Numbers.
    pub counts: Counts,
}

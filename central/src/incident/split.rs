//! 拆分: alerts of a case that turn out to be something else become a case of their own, or go to another one. Pure.

use uuid::Uuid;
use xunge_alert::{Alert, Phase};

use super::episode::{Incident, Standing};
use crate::case::book::Facts;
use crate::org::Region;

/// An alert of a case, by its highest revision, as it counts here.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// What the box said.
    pub alert: Alert,
    /// Its episode.
    pub incident: Uuid,
    /// Its region.
    pub region: Region,
    /// 1 to 4, as it counts here.
    pub severity: u8,
    /// 补传.
    pub late: bool,
}

impl Piece {
    fn open(&self) -> bool {
        self.alert.phase != Phase::Ended
    }
}

/// What a case says that is made of these alerts, the earliest first; none of none.
pub fn facts(pieces: &[&Piece]) -> Option<Facts> {
    let first = pieces.iter().min_by_key(|piece| (piece.alert.since_utc, piece.alert.alert_id))?;
    let best = pieces.iter().max_by(|a, b| a.alert.score.total_cmp(&b.alert.score))?;
    let last = pieces.iter().map(|piece| piece.alert.utc).max()?;
    let open = pieces.iter().filter(|piece| piece.open()).count();
    let alert = &first.alert;
    Some(Facts {
        behavior: alert.behavior.clone(),
        edge: alert.edge.clone(),
        site: alert.site.clone(),
        region: first.region.clone(),
        camera: alert.camera.clone(),
        camera_name: alert.camera_name.clone(),
        rule: alert.rule.clone(),
        zone: alert.zone.clone().unwrap_or_default(),
        test: alert.test,
        since: alert.since_utc,
        last,
        ended: (open == 0).then_some(last),
        phase: match (open, pieces.len()) {
            (0, _) => Phase::Ended,
            (_, 1) => alert.phase,
            _ => Phase::Updated,
        },
        alerts: u64::try_from(pieces.len()).unwrap_or(u64::MAX),
        open_alerts: u64::try_from(open).unwrap_or(u64::MAX),
        score: f64::from(best.alert.score),
        bounds: best.alert.bounds,
        late: pieces.iter().all(|piece| piece.late),
    })
}

/// The episode that these alerts of one episode make by themselves.
pub fn episode(of: &Incident, id: Uuid, case_id: Option<Uuid>, pieces: &[&Piece]) -> Option<Incident> {
    let facts = facts(pieces)?;
    Some(Incident {
        id,
        episode: of.episode.clone(),
        detail: of.detail.clone(),
        standing: Standing::Case,
        case_id,
        severity: pieces.iter().map(|piece| piece.severity).min()?,
        test: of.test,
        since: facts.since,
        last: facts.last,
        alerts: facts.alerts,
        open_alerts: facts.open_alerts,
        score: facts.score,
        bounds: facts.bounds,
    })
}

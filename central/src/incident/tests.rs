mod episodes;
mod nearby;
mod quiet;
mod urgency;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Alert, Phase, Severity};

use super::*;
use crate::case::Rules;
use crate::case::book::{Book, Numbers};
use crate::case::number::zone;
use crate::org::{Atlas, Calendar, CameraPlace, Position, Region};

/// 2026-11-27 10:00 in Shanghai, and so many seconds.
fn at(secs: i64) -> Timestamp {
    "2026-11-27T02:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(secs)
}

fn alert(id: u128, behavior: &str, since: i64, until: i64) -> Alert {
    let text = include_str!("../../../alert/samples/v1/alert-began.json");
    let mut alert: Alert = serde_json::from_str(text).unwrap();
    alert.alert_id = Uuid::from_u128(id);
    alert.edge = "gw-1".into();
    alert.camera = "c1".into();
    alert.rule = format!("{behavior}-rule");
    alert.behavior = behavior.into();
    alert.since_utc = at(since);
    alert.utc = at(until);
    alert.revision = 1;
    alert.severity = Severity::P2;
    alert
}

fn ended(mut alert: Alert) -> Alert {
    alert.phase = Phase::Ended;
    alert
}

struct Ground {
    atlas: Atlas,
    raises: Raises,
}

impl Ground {
    fn new() -> Self {
        Self { atlas: Atlas::default(), raises: Raises::usual(zone("Asia/Shanghai").unwrap()) }
    }

    /// Puts a camera into the first grid, so many metres east of the corner.
    fn with(mut self, camera: &str, metres_east: f64) -> Self {
        let lon = 111.28 + metres_east / (111_195.0 * 30.69_f64.to_radians().cos());
        let place = CameraPlace {
            region: Region::parse("420502001001001").unwrap(),
            position: Position::new(lon, 30.69),
            kind: None,
            adjacent: Vec::new(),
        };
        self.atlas.0.insert(("gw-1".into(), camera.into()), place);
        self
    }

    fn desk(&self) -> Desk<'_> {
        self.desk_at(at(0))
    }

    fn desk_at(&self, now: Timestamp) -> Desk<'_> {
        let rules = Rules::usual(Calendar::new(zone("Asia/Shanghai").unwrap(), []));
        Desk {
            atlas: &self.atlas,
            raises: &self.raises,
            suppression: Suppression::default(),
            incidents: HashMap::new(),
            by_episode: HashMap::new(),
            heard_before: HashMap::new(),
            known: HashMap::new(),
            pulses: HashMap::new(),
            neighbours: HashMap::new(),
            book: Book::new(Arc::new(rules), now, Numbers::default()),
            changed: BTreeSet::new(),
            shelved: Vec::new(),
        }
    }
}

fn take(desk: &mut Desk<'_>, alert: &Alert) -> Outcome {
    desk.take(alert, false).expect("it changes something")
}

fn path(outcome: &Outcome) -> &[Step] {
    outcome.path.as_deref().expect("a new alert has a way")
}

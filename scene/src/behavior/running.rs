//! Somebody runs, or many break into a run at once.
//!
//! **Sees** tracks of people, and the optical flow: two independent measures of the same speed. Boxes jitter and tracks
//! slip from one person to another; pixels do not move along with that, so only what both say is believed. Who goes further
//! than his own width from look to look leaves flow nothing to follow: then his [steps](strides) must be beyond doubt.
//! **Begins** when somebody goes at `speed_bh_s` own body heights a second or faster for .6 s, straight on, seen whole and
//! apart from others; or, where at least four people are about, when the moving part of the picture is 1.6 times as fast as it has been and
//! as people walk there, and more than three of them take part (`detail` = `panic`, one step more urgent).
//! **Ends** when nobody has run for 2 s.
//! **Cannot know** speed towards or away from the camera: there a runner hardly moves in the picture. But where the ground
//! is measured and seen from steeply enough, speed is that over the ground, in body heights of 1.7 m. A jogger is a
//! runner. Cyclists whom the detector takes for people are runners, too, unless it finds what
//! they ride.
//! **Why these defaults**: walking is .8 body heights a second (1.4 m/s, 1.7 m), brisk walking 1.1, jogging 1.6, running 2
//! and more; flow underestimates by a third and more at five looks a second, so it need only reach .4 of it.

pub(super) mod panic;
mod runner;
mod strides;

use super::{Behavior, Parameters, Report};
use crate::config::{ARMED, MIN_HEIGHT, NAME, ONLY_PEOPLE, Places, ZONE_KEY, re_alert_secs, severity};
use crate::facts::Needs;
use crate::geometry::{Bounds, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use panic::Panic;
use runner::Runners;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const SPEED_BH_S: Key = Key::float("speed_bh_s").default("1.6").range(1.0, 10.0).unit("bh/s").doc(
    "Own body heights per second from which somebody runs: walking is 0.8, jogging 1.6.",
    "每秒移动多少倍自身身高算奔跑：步行约 0.8，慢跑约 1.6。",
);
const SEVERITY: Key = severity("3");
const RE_ALERT_SECS: Key = re_alert_secs("30");

/// `[[camera.rule.running]]`.
pub static TABLE: Table = Table::many(
    "running",
    &[&[NAME, ZONE_KEY, SPEED_BH_S, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.refuses(&[ONLY_PEOPLE])
.doc("Somebody runs, or many break into a run at once.", "突然加速：有人奔跑，或多人同时惊跑。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Own body heights per second.
    pub speed_bh_s: f64,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { speed_bh_s: section.float(&SPEED_BH_S) })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn needs(&self) -> Needs {
        Needs { flow: true, ..Needs::default() }
    }

    fn bears(&self) -> Duration {
        super::BEARS_LITTLE
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            zone,
            speed_bh_s: self.speed_bh_s,
            runners: Runners::default(),
            panic: Panic::default(),
            open: None,
        }
    }
}

/// Nobody has run for so long: it is over.
const OVER: Duration = Duration::from_secs(2);

/// The machine.
pub struct Machine {
    zone: Option<Zone>,
    speed_bh_s: f64,
    runners: Runners,
    panic: Panic,
    open: Option<Open>,
}

/// Running that goes on.
#[derive(Debug, Clone)]
struct Open {
    /// Last seen, on the clock of known time.
    known: Duration,
    last: Report,
}

/// Running at one look.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fast {
    since: StreamTime,
    tracks: Vec<u64>,
    bounds: Bounds,
    score: f32,
    speed_bh_s: f64,
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        let zone = self.zone.as_ref();
        let run = self.runners.look(scene, zone, self.speed_bh_s);
        let panic = self.panic.look(scene, zone);
        let detail = panic.is_some().then_some("panic");
        if let Some(fast) = panic.or(run) {
            let before = self.open.take().map(|open| open.last);
            let since = before.as_ref().map_or(fast.since, |last| last.since);
            let last = Report {
                since,
                present: true,
                tracks: fast.tracks,
                bounds: fast.bounds,
                score: fast.score,
                measured: Some(fast.speed_bh_s),
                threshold: Some(self.speed_bh_s),
                detail: detail.or(before.and_then(|last| last.detail)),
                raised: u8::from(detail.is_some()),
                ..Report::default()
            };
            self.open = Some(Open { known: scene.known, last });
        } else if self.open.as_ref().is_some_and(|open| scene.known.saturating_sub(open.known) >= OVER) {
            self.open = None;
        }
        let open = self.open.as_ref()?;
        Some(Report { present: open.known == scene.known, ..open.last.clone() })
    }

    fn reset(&mut self) {
        self.runners = Runners::default();
        self.panic = Panic::default();
        self.open = None;
    }
}

//! The camera itself is tampered with.
//!
//! **Sees** the picture as such, compared with what the camera usually shows ([`crate::facts::Picture`]); no detections.
//! **Begins** when the picture has been odd for `hold_secs`, and says in `detail` how:
//! - `covered`: the usual edges are gone and so is all texture: cloth, hand, bag, paint, in front of most of the picture.
//!   `blinded` when it is glaring instead.
//! - `moved`: the usual edges are gone, but the picture is as rich as ever and stands still: the camera looks elsewhere.
//! - `defocused`: seen from afar all is in its place, and nothing is sharp.
//! - `dark`: the picture became near black within seconds.
//! - `frozen`: the very same picture again and again, from a camera whose pictures have always differed.
//! - `signal_lost`: the stream has been away for longer than the box waits for one (15 s); if the rule may not speak then,
//!   as soon as it may.
//!
//! **Ends** when the usual view has been back for 2 s (after `moved` 5 s), or somebody has approved the new one. While the
//! camera is moved, the rules of this camera with a zone or a line are suspended, over an interruption of the stream and a
//! restart of the box too; after a restart it is told anew.
//! **Cannot know** who did it and why: a bus that stops right before the lens for half a minute, condensation, snow on
//! the lens and a light that is switched off in a windowless room are told like a deed, because the camera does not see.
//! Less than about two thirds covered, less than some hundredths of the picture's height moved and a slight blur pass. A
//! view that is lost over minutes (night, snow, fog) was not tampered with, and what is not known yet, in the first ten
//! seconds, cannot be compared. Two cameras of the world look alike in a frozen picture and in a still place that the
//! camera's codec leaves out: where pictures ever were equal before, `frozen` is not told. A camera that patrols
//! (PTZ) is always elsewhere: give it no such rule.
//! **Why these defaults**: a lorry that passes close to the lens hides the view for 3 to 5 s; with the two seconds that
//! an act takes, 6 s make an alarm within ten. What slides into the picture and is sharp is a vehicle rather than another
//! view, and must stay three times as long. Infrared light turns edges over and takes the colour away: neither counts.

mod judge;
mod light;
mod loss;

use super::{Behavior, Parameters, Report};
use crate::config::{ARMED, NAME, Places, re_alert_secs, severity};
use crate::detection::Class;
use crate::facts::Needs;
use crate::geometry::{Bounds, Zone};
use crate::scene::{SILENCE, Scene};
use crate::time::StreamTime;
use judge::{Judge, Sight, Sign};
use std::collections::BTreeMap;
use std::time::Duration;
use xunge_config::{Key, Refusal, Section, Table};

const HOLD_SECS: Key = Key::float("hold_secs").default("6").range(2.0, 600.0).unit("s").doc(
    "How long the picture must be wrong before it counts. Shorter: passing lorries are reported.",
    "画面异常持续多久才算。更短会把路过的大车报成遮挡。",
);
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("60");

/// `[[camera.rule.tamper]]`.
pub static TABLE: Table = Table::many("tamper", &[&[NAME, HOLD_SECS, ARMED, SEVERITY, RE_ALERT_SECS]])
    .refuses(&[
        Refusal::new("zone", WHOLE_PICTURE.0, WHOLE_PICTURE.1),
        Refusal::new("line", WHOLE_PICTURE.0, WHOLE_PICTURE.1),
        Refusal::new("min_height", WHOLE_PICTURE.0, WHOLE_PICTURE.1),
        Refusal::new("classes", WHOLE_PICTURE.0, WHOLE_PICTURE.1),
    ])
    .doc(
        "The camera is covered, blinded, defocused, moved, frozen, dark, or its signal is lost. It is always about the \
         whole picture, so there is no zone and no height. One such rule is enough. While the camera is moved, its rules \
         with a zone or a line are suspended, until the old view is back or \
         `xunge-edge approve-view --camera ID` approves the new one.",
        "摄像机异常：被遮挡、强光致盲、失焦、移位、画面冻结、变黑或信号丢失。总是针对整个画面，因此没有区域和高度。\
         每台摄像机一条即可。移位期间，本摄像机带区域或线的规则暂停，直到恢复原视角，\
         或用 `xunge-edge approve-view --camera 编号` 认可新视角。",
    );

/// Why much of what other rules take is refused.
const WHOLE_PICTURE: (&str, &str) =
    ("it is always about the whole picture, whatever that shows; remove it", "此行为总是针对整个画面，与画面内容无关；请删除");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long the picture must be wrong.
    pub hold: Duration,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { hold: section.secs(&HOLD_SECS) })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        &[]
    }

    fn needs(&self) -> Needs {
        Needs { picture: true, ..Needs::default() }
    }

    fn machine(&self, _zone: Option<Zone>) -> Machine {
        Machine {
            hold: self.hold,
            judge: Judge::new(self.hold),
            known: None,
            odd_since: None,
            held: BTreeMap::new(),
            well_for: Duration::ZERO,
            going_on: None,
            moved: false,
        }
    }
}

/// A suspicion is over.
const HARMLESS: Duration = Duration::from_secs(1);
/// The view is back.
const BACK: Duration = Duration::from_secs(2);
/// The camera has been turned back.
const TURNED_BACK: Duration = Duration::from_secs(5);

/// The machine.
pub struct Machine {
    hold: Duration,
    judge: Judge,
    /// Known time of the picture before.
    known: Option<Duration>,
    /// While the picture is not as it should be: since when.
    odd_since: Option<StreamTime>,
    /// How long each sign has been seen meanwhile.
    held: BTreeMap<Sign, Duration>,
    /// How long the picture has been as it should be.
    well_for: Duration,
    /// What has been told.
    going_on: Option<GoingOn>,
    /// The camera looks elsewhere, whatever else is wrong.
    moved: bool,
}

#[derive(Debug, Clone, Copy)]
struct GoingOn {
    sign: Sign,
    since: StreamTime,
}

impl Machine {
    fn step(&mut self, at: StreamTime, sight: Sight, passed: Duration) {
        match sight {
            Sight::Odd(sign) => {
                self.well_for = Duration::ZERO;
                if self.odd_since.is_some() {
                    *self.held.entry(sign).or_default() += passed;
                }
                self.odd_since.get_or_insert(at);
                self.tell(at, sign);
            }
            Sight::Unclear => {
                self.well_for = Duration::ZERO;
            }
            Sight::Well => {
                self.well_for += passed;
                if self.well_for >= HARMLESS {
                    self.odd_since = None;
                    self.held.clear();
                }
                let back = if self.moved { TURNED_BACK } else { BACK };
                if self.well_for >= back {
                    self.going_on = None;
                    self.moved = false;
                }
            }
        }
    }

    /// `sign` is there now.
    fn tell(&mut self, at: StreamTime, sign: Sign) {
        match self.going_on {
            Some(told) if told.sign == sign => {
                self.held.clear();
            }
            // It has become something else, which must hold as long.
            Some(told) if self.held.get(&sign).is_some_and(|held| *held >= self.hold) => {
                self.going_on = Some(GoingOn { sign, ..told });
            }
            Some(_) => {}
            // While it begins one sign may look like another: they count together, and the longest gives the name.
            None if self.held.values().sum::<Duration>() >= self.hold => {
                let longest = self.held.iter().max_by_key(|(_, held)| **held);
                let sign = longest.map_or(sign, |(sign, _)| *sign);
                self.going_on = Some(GoingOn { sign, since: self.odd_since.unwrap_or(at) });
            }
            None => {}
        }
        self.moved |= self.going_on.is_some_and(|told| told.sign == Sign::Moved);
    }

    fn forget(&mut self) {
        self.known = None;
        self.odd_since = None;
        self.held.clear();
        self.well_for = Duration::ZERO;
        self.going_on = None;
    }
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        if self.moved && self.going_on.is_none() {
            // the stream came back, and nobody has approved what it shows
            self.going_on = Some(GoingOn { sign: Sign::Moved, since: scene.at });
        }
        let picture = scene.facts.picture;
        if let Some(picture) = picture {
            let passed = self.known.map_or(Duration::ZERO, |known| scene.known.saturating_sub(known).min(SILENCE));
            self.known = Some(scene.known);
            let sight = self.judge.look(scene.at, picture, passed);
            self.step(scene.at, sight, passed);
        }
        let told = self.going_on?;
        Some(whole_picture(told.since, picture.is_some(), told.sign.name()))
    }

    fn expects(&self) -> bool {
        let (begins, ends) = (self.odd_since.is_some(), !self.well_for.is_zero());
        if self.going_on.is_some() { ends } else { begins }
    }

    fn view_is_lost(&self) -> bool {
        self.moved
    }

    fn begin_with_lost_view(&mut self) {
        self.moved = true;
    }

    fn approve_view(&mut self) {
        self.forget();
        self.judge.forget();
        self.moved = false;
    }

    /// Of the stream's time nothing is left. Who turned the camera is not gone with the stream.
    fn reset(&mut self) {
        self.forget();
        self.judge.pause();
    }

    fn stream_lost(&self, since: StreamTime) -> Option<Report> {
        Some(whole_picture(since, true, "signal_lost"))
    }
}

fn whole_picture(since: StreamTime, present: bool, detail: &'static str) -> Report {
    Report {
        since,
        present,
        bounds: Bounds::new(0.0, 0.0, 1.0, 1.0),
        score: 1.0,
        detail: Some(detail),
        ..Report::default()
    }
}

//! Kinds of behavior. Each is one file of one shape: what it sees, when it begins and ends, what it cannot know and
//! why its defaults are what they are; its [`Table`] of keys; its `Settings`; and its machine.
//!
//! A new behavior is one file here and one line in the list below. Nothing else knows the kinds by name.

mod presence;
mod steady;
mod things;

use crate::config::Places;
use crate::detection::Class;
use crate::facts::{Needs, Wants};
use crate::geometry::{Bounds, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use std::fmt;
use std::time::Duration;
use xunge_config::{Section, Table};

/// A behavior's machine: a pure function of the scenes it was shown.
pub trait Behavior: Send {
    /// What is going on now, none when nothing is. What begins and ends in the same moment (a line is crossed) goes
    /// into `moments`. Never shown a blind look; `scene.at` grows between two resets.
    fn observe(&mut self, scene: &Scene<'_>, moments: &mut Vec<Report>) -> Option<Report>;

    /// What else goes on at the same time, each a happening of its own by its [`Report::thing`]; asked right after
    /// [`Behavior::observe`].
    fn others(&mut self) -> Vec<Report> {
        Vec::new()
    }

    /// Asks for a closer look at few places, before [`Behavior::observe`] is shown the same scene with what was found.
    fn wants(&self, _scene: &Scene<'_>, _wants: &mut Wants) {}

    /// Something may be about to begin or to end, though nobody moves: every look is wanted. Asked after
    /// [`Behavior::observe`].
    fn expects(&self) -> bool {
        false
    }

    /// The camera looks elsewhere than it did: zones and lines mean nothing until somebody has approved the new view.
    fn view_is_lost(&self) -> bool {
        false
    }

    /// The view was lost before the first look, and nobody has approved another since.
    fn begin_with_lost_view(&mut self) {}

    /// Somebody has approved what the camera sees now as its view.
    fn approve_view(&mut self) {}

    /// The stream broke: forget everything.
    fn reset(&mut self);

    /// The stream has not come back, its last picture was at `since`. What goes on now, if anything does, goes on until
    /// there are looks again. Asked after [`Behavior::reset`].
    fn stream_lost(&self, _since: StreamTime) -> Option<Report> {
        None
    }
}

/// What nobody has to prevent within seconds may be told so much later.
const BEARS: Duration = Duration::from_secs(4);
/// And what is over within seconds.
const BEARS_LITTLE: Duration = Duration::from_secs(2);

/// What all behaviors' settings can be asked.
pub(crate) trait Parameters {
    /// The behavior's machine.
    type Machine: Behavior + 'static;

    /// The classes that it looks at.
    fn classes(&self) -> &[Class] {
        &[Class::Person]
    }

    /// Name of its own place in the picture, where that is not the rule's zone.
    fn place(&self) -> Option<&str> {
        None
    }

    /// The facts that it needs besides detections.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// How much later than it could it may be told when something comes into a picture in which nothing went on.
    fn bears(&self) -> Duration {
        BEARS
    }

    /// A machine that has seen nothing yet. No zone is the whole frame.
    fn machine(&self, zone: Option<Zone>) -> Self::Machine;
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Which of several things that go on at the same time: each is a happening of its own.
    pub thing: u64,
    /// It has just ended, as `detail` says.
    pub over: bool,
    /// When it truly started.
    pub since: StreamTime,
    /// One of those who take part is there at this very look, and not only within some grace.
    pub present: bool,
    /// Who takes part now, ascending.
    pub tracks: Vec<u64>,
    /// Encloses them.
    pub bounds: Bounds,
    /// Best score among them, 0..1.
    pub score: f32,
    /// What was measured, in the unit of `threshold`.
    pub measured: Option<f64>,
    /// The rule's first parameter.
    pub threshold: Option<f64>,
    /// Which of several things it is.
    pub detail: Option<&'static str>,
    /// It has become more urgent than the rule's severity says by so many steps.
    pub raised: u8,
}

macro_rules! behaviors {
    ($($(#[$doc:meta])* $kind:ident = $module:ident;)*) => {
        $(pub mod $module;)*

        /// A kind of behavior.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its section of the configuration: `[[camera.rule.<name>]]`.
            pub fn table(self) -> &'static Table {
                match self { $(Self::$kind => &$module::TABLE),* }
            }

            pub(crate) fn read(self, section: &Section<'_>, places: &Places) -> Option<Settings> {
                match self { $(Self::$kind => $module::read(section, places).map(Settings::$kind)),* }
            }
        }

        /// A behavior with its parameters.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Settings { $($(#[$doc])* $kind($module::Settings)),* }

        impl Settings {
            /// Kind of behavior.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }

            /// The classes that it looks at.
            pub fn classes(&self) -> &[Class] {
                match self { $(Self::$kind(settings) => settings.classes()),* }
            }

            /// Name of its own place in the picture, where that is not the rule's zone.
            pub fn place(&self) -> Option<&str> {
                match self { $(Self::$kind(settings) => settings.place()),* }
            }

            /// The facts that it needs besides detections.
            pub fn needs(&self) -> Needs {
                match self { $(Self::$kind(settings) => settings.needs()),* }
            }

            /// How much later than it could it may be told when something comes into a picture in which nothing went on.
            pub fn bears(&self) -> Duration {
                match self { $(Self::$kind(settings) => settings.bears()),* }
            }

            /// A machine that has seen nothing yet. No zone is the whole frame.
            pub fn machine(&self, zone: Option<&Zone>) -> Box<dyn Behavior> {
                match self { $(Self::$kind(settings) => Box::new(settings.machine(zone.cloned()))),* }
            }
        }

        /// The sections of all behaviors.
        pub(crate) const TABLES: &[&Table] = &[$(&$module::TABLE),*];
    };
}

behaviors! {
    /// Somebody is in a zone.
    Intrusion = intrusion;
    /// Somebody crosses a line.
    LineCrossing = line_crossing;
    /// The same person stays.
    Loitering = loitering;
    /// Many people at once.
    Crowd = crowd;
    /// Somebody who was upright lies.
    Fall = fall;
    /// Somebody runs, or many do at once.
    Running = running;
    /// A thing is left behind.
    AbandonedObject = abandoned_object;
    /// A thing is gone.
    RemovedObject = removed_object;
    /// The camera itself is tampered with.
    Tamper = tamper;
}

impl Kind {
    /// Name in configuration and messages.
    pub fn name(self) -> &'static str {
        self.table().name
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The box around all, and the best score.
fn around(all: impl Iterator<Item = (Bounds, f32)>) -> (Bounds, f32) {
    all.reduce(|(bounds, score), (more, other)| (bounds.union(&more), score.max(other))).unwrap_or_default()
}

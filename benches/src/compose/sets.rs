//! The sets of scenes, and what all of them need.

pub mod covers;
pub mod crowd;
pub mod deserted;
pub mod director;
pub mod eventless;
pub mod loitering;
pub mod objects;
pub mod running;
pub mod tamper;

use std::str::FromStr;

use anyhow::{Result, bail};

use super::material::Material;
use super::scene::Scene;
use director::Stage;

/// A set of scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// People who stay.
    Loitering,
    /// Things left behind and taken away.
    Objects,
    /// People who run.
    Running,
    /// Groups that form, stand and pass.
    Crowd,
    /// Cameras that are covered, pushed, blinded.
    Tamper,
    /// Nobody is there, and then something happens.
    Deserted,
    /// Nothing happens.
    Eventless,
}

impl Set {
    /// All sets.
    pub const ALL: [Self; 7] = [
        Self::Loitering,
        Self::Objects,
        Self::Running,
        Self::Crowd,
        Self::Tamper,
        Self::Deserted,
        Self::Eventless,
    ];

    /// Its name, which is its folder's too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loitering => "loitering",
            Self::Objects => "objects",
            Self::Running => "running",
            Self::Crowd => "crowd",
            Self::Tamper => "tamper",
            Self::Deserted => "deserted",
            Self::Eventless => "eventless",
        }
    }

    /// All its scenes; `hours` is the length of those in which nothing happens.
    pub fn scenes(self, material: &Material, seed: u64, hours: f64) -> Vec<Scene> {
        let stage = Stage { material, set: self.name(), seed, deserted: self == Self::Deserted };
        match self {
            Self::Loitering => loitering::scenes(&stage),
            Self::Objects => objects::scenes(&stage),
            Self::Running => running::scenes(&stage),
            Self::Crowd => crowd::scenes(&stage),
            Self::Tamper => tamper::scenes(&stage),
            Self::Deserted => deserted::scenes(&stage),
            Self::Eventless => eventless::scenes(&stage, hours),
        }
    }
}

impl FromStr for Set {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        if let Some(set) = Self::ALL.into_iter().find(|set| set.name() == name) {
            return Ok(set);
        }
        let known: Vec<&str> = Self::ALL.iter().map(|set| set.name()).collect();
        bail!("there is no set `{name}`: there are {} and all", known.join(", "))
    }
}

/// Behaviors of which composed scenes can say that they do not happen. (Intrusion needs a zone of the reader's own.)
pub const BEHAVIORS: [&str; 7] =
    ["fall", "loitering", "abandoned_object", "removed_object", "running", "crowd", "tamper"];

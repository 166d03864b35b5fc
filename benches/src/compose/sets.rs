//! The sets of scenes, and what all of them need.

pub mod covers;
pub mod director;
pub mod objects;
pub mod tamper;

use std::str::FromStr;

use anyhow::{Result, bail};

use super::material::Material;
use super::scene::Scene;

/// A set of scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Things left behind and taken away.
    Objects,
    /// Cameras that are covered, pushed, blinded.
    Tamper,
}

impl Set {
    /// All sets.
    pub const ALL: [Self; 2] = [Self::Objects, Self::Tamper];

    /// Its name, which is its folder's too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Tamper => "tamper",
        }
    }

    /// All its scenes.
    pub fn scenes(self, material: &Material, seed: u64) -> Vec<Scene> {
        match self {
            Self::Objects => objects::scenes(material, seed),
            Self::Tamper => tamper::scenes(material, seed),
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

/// All behaviors but some.
pub fn all_but(some: &[&str]) -> Vec<&'static str> {
    BEHAVIORS.into_iter().filter(|name| !some.contains(name)).collect()
}

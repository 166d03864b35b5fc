//! A scene: who and what is in it, under which light, before which camera, and what really happens.

use super::act::Act;
use super::actor::Actor;
use super::foliage::Foliage;
use super::light::{Change, Patch};
use super::prop::Prop;
use super::truth::Event;
use super::view::View;

/// Pictures per second of all scenes.
pub const FPS: u32 = 10;

/// Everything that is needed to make a scene's pictures.
#[derive(Debug, Clone)]
pub struct Scene {
    /// File name without its ending.
    pub name: String,
    /// Length.
    pub duration_s: f64,
    /// What the camera shows.
    pub view: View,
    /// People.
    pub actors: Vec<Actor>,
    /// Objects.
    pub props: Vec<Prop>,
    /// Light everywhere.
    pub changes: Vec<Change>,
    /// Light that is not the same everywhere.
    pub patches: Vec<Patch>,
    /// Branches before the place, and how windy it is, 0 to 1.
    pub foliage: Option<(Foliage, f64)>,
    /// What is done to the camera.
    pub acts: Vec<Act>,
    /// Deviation of the sensor's noise in grey values.
    pub noise: f64,
    /// Colours of the whole scene are multiplied by this: B, G, R.
    pub grading: [f64; 3],
    /// Seed of the noise.
    pub seed: u64,
    /// What happens.
    pub events: Vec<Event>,
    /// Behaviors for which every other alarm is false.
    pub negatives_for: Vec<&'static str>,
    /// What is to be seen.
    pub note: String,
}

impl Scene {
    /// Number of pictures.
    pub fn frames(&self) -> u64 {
        (self.duration_s * f64::from(FPS)).round() as u64
    }
}

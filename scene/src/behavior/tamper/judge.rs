//! What a picture tells about its camera.

use super::light::Light;
use super::loss::{Loss, Losses};
use crate::stillness::Stillness;
use crate::facts::{Picture, View};
use crate::time::StreamTime;
use std::time::Duration;

/// What is wrong with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Covered,
    Blinded,
    Defocused,
    Moved,
    Frozen,
    Dark,
}

impl Sign {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Blinded => "blinded",
            Self::Defocused => "defocused",
            Self::Moved => "moved",
            Self::Frozen => "frozen",
            Self::Dark => "dark",
        }
    }
}

/// The verdict on one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is what the camera usually shows.
    Well,
    Odd(Sign),
    /// It is not, but nobody need have done that; or there is nothing to compare with.
    Unclear,
}

/// Less texture than this part of the usual is none: what is right before the lens is out of focus.
const BARE: f64 = 0.4;
/// A picture without texture glares from this brightness on.
const GLARING: f64 = 0.8;
/// Light and dark are in their places from here on.
const IN_PLACE: f64 = 0.75;
/// Less sharp than this is out of focus; infrared light and a night's noise leave more.
const SHARP: f64 = 0.35;
/// With less contrast than this part of the usual there is nothing to be sharp.
const CONTRAST: f64 = 0.2;
/// As like itself as this, a view stands still.
const STEADY: f64 = 0.5;
/// So many times longer must a rich view hold that slid into the picture: it may be a bus.
const SLID: u32 = 3;
/// And so many times one that never stands still: it may be a crowd.
const RESTLESS: u32 = 10;

/// Judges picture after picture.
#[derive(Debug)]
pub(super) struct Judge {
    hold: Duration,
    light: Light,
    stillness: Stillness,
    losses: Losses,
}

impl Judge {
    /// `hold` is how long a sign must be seen until it is told.
    pub(super) fn new(hold: Duration) -> Self {
        Self {
            hold,
            light: Light::default(),
            stillness: Stillness::default(),
            losses: Losses::default(),
        }
    }

    /// `passed` is the time since the picture before.
    pub(super) fn look(&mut self, at: StreamTime, picture: &Picture, passed: Duration) -> Sight {
        self.light.look(at, picture.brightness);
        let frozen = self.stillness.look(picture.change, passed);
        let loss = picture.view.map(|view| self.losses.look(at, view.same, passed));
        if self.light.is_out() && picture.view.is_none_or(|view| view.contrast < CONTRAST) {
            return Sight::Odd(Sign::Dark);
        }
        match picture.view.zip(loss) {
            Some((view, _)) if is_blurred(&view) => Sight::Odd(Sign::Defocused),
            Some((view, Loss::Sudden { slid, lasts })) => self.lost(picture, &view, slid, lasts),
            Some((_, Loss::Slow)) => Sight::Unclear,
            // in the dark there is nothing that could change
            Some((_, Loss::None)) if frozen && !self.light.is_dim() => Sight::Odd(Sign::Frozen),
            Some((_, Loss::None)) => Sight::Well,
            Some((_, Loss::Doubtful)) | None => Sight::Unclear,
        }
    }

    /// The usual view was lost within seconds.
    fn lost(&self, picture: &Picture, view: &View, slid: bool, lasts: Duration) -> Sight {
        if self.light.is_night() {
            return Sight::Unclear;
        }
        if view.texture < BARE {
            let glares = picture.brightness >= GLARING;
            return Sight::Odd(if glares { Sign::Blinded } else { Sign::Covered });
        }
        let steady = picture.steady.is_some_and(|steady| steady >= STEADY);
        let before_hold = |times: u32| self.hold * (times - 1);
        if (steady && (!slid || lasts >= before_hold(SLID))) || lasts >= before_hold(RESTLESS) {
            Sight::Odd(Sign::Moved)
        } else {
            Sight::Unclear
        }
    }

    /// The stream broke.
    pub(super) fn pause(&mut self) {
        self.light = Light::default();
        self.stillness.pause();
        self.losses.pause();
    }

    /// Another view is the usual one.
    pub(super) fn forget(&mut self) {
        self.losses = Losses::default();
    }
}

fn is_blurred(view: &View) -> bool {
    view.layout >= IN_PLACE && view.contrast >= CONTRAST && view.sharpness < SHARP
}

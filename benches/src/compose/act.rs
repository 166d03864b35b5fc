//! What is done to a camera, and what passes right in front of it.

use anyhow::Result;

use super::cutout::{Cutout, Placing};
use super::light::ramp;
use super::raster::Picture;
use super::view::Push;

/// Something that changes the camera's picture, from a moment on or for a while.
#[derive(Debug, Clone)]
pub enum Act {
    /// The lens is turned out of focus.
    Defocus {
        /// When it begins.
        at_s: f64,
        /// How long it takes.
        over_s: f64,
        /// Radius of the blur at the end, as a part of the picture's width.
        sigma: f64,
        /// When it is sharp again; it takes as long.
        until_s: f64,
    },
    /// The camera is pushed.
    Move {
        /// When it begins.
        at_s: f64,
        /// How long it takes.
        over_s: f64,
        /// How far.
        push: Push,
        /// When it is back.
        until_s: f64,
    },
    /// The picture stands still, noise and all.
    Freeze {
        /// From when.
        at_s: f64,
        /// When it goes on.
        until_s: f64,
    },
    /// Something close hides a part of the picture.
    Overlay(Overlay),
    /// It rains.
    Rain {
        /// From when.
        at_s: f64,
        /// Until when.
        until_s: f64,
        /// Drops in the picture.
        drops: usize,
    },
}

/// Something between camera and place, with its way across the picture.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// What it looks like, one after the other for what moves by itself.
    pub looks: Vec<Cutout>,
    /// Looks per second.
    pub rate: f64,
    /// Its body height as a part of the picture's height.
    pub size: f64,
    /// Left and right are exchanged.
    pub mirror: bool,
    /// Times and where its foot is then, as fractions of the picture; straight in between, nothing outside.
    pub path: Vec<(f64, f64, f64)>,
    /// It trembles by this part of the picture's height, as what is held does.
    pub tremble: f64,
}

impl Overlay {
    /// Something stiff, one picture height tall for each of its body heights.
    pub fn stiff(look: Cutout, path: Vec<(f64, f64, f64)>) -> Self {
        Self { looks: vec![look], rate: 0.0, size: 1.0, mirror: false, path, tremble: 0.0 }
    }

    /// Where the foot is at this time.
    pub fn at(&self, t: f64) -> Option<(f64, f64)> {
        let after = self.path.iter().position(|(time, ..)| *time > t)?;
        let (from, to) = (self.path.get(after.checked_sub(1)?)?, &self.path[after]);
        let part = (t - from.0) / (to.0 - from.0).max(1e-6);
        Some((from.1 + (to.1 - from.1) * part, from.2 + (to.2 - from.2) * part))
    }

    fn paste(&self, t: f64, picture: &mut Picture) {
        let Some((x, y)) = self.at(t) else { return };
        let (width, height) = (picture.width as f64, picture.height as f64);
        let shake = self.tremble * height;
        let (dx, dy) = (shake * (t * 7.3).sin() * (t * 1.9).cos(), shake * (t * 5.1).cos() * (t * 2.3).sin());
        let look = (t * self.rate).max(0.0) as usize % self.looks.len().max(1);
        let Some(cutout) = self.looks.get(look) else { return };
        let at = Placing::new(x * width + dx, y * height + dy, self.size * height);
        cutout.paste(picture, &Placing { mirror: self.mirror, ..at });
    }
}

/// How the camera is pushed at this time.
pub fn push(acts: &[Act], t: f64) -> Push {
    let mut sum = Push::NONE;
    for act in acts {
        if let Act::Move { at_s, over_s, push, until_s } = act {
            let now = push.part(ramp(t, *at_s, *over_s) - ramp(t, *until_s, *over_s));
            sum = Push {
                right: sum.right + now.right,
                down: sum.down + now.down,
                degrees: sum.degrees + now.degrees,
                zoom: sum.zoom * now.zoom,
            };
        }
    }
    sum
}

/// Whether the picture stands still.
pub fn frozen(acts: &[Act], t: f64) -> bool {
    acts.iter().any(|act| matches!(act, Act::Freeze { at_s, until_s } if (*at_s..*until_s).contains(&t)))
}

/// What the lens shows of what is close and out of focus.
pub fn through_the_lens(acts: &[Act], t: f64, mut picture: Picture) -> Result<Picture> {
    for act in acts {
        match act {
            Act::Overlay(overlay) => overlay.paste(t, &mut picture),
            Act::Rain { at_s, until_s, drops } if (*at_s..*until_s).contains(&t) => {
                rain(t, *drops, &mut picture)
            }
            _ => {}
        }
    }
    for act in acts {
        if let Act::Defocus { at_s, over_s, sigma, until_s } = act {
            let part = ramp(t, *at_s, *over_s) - ramp(t, *until_s, *over_s);
            let sigma_px = sigma * part * picture.width as f64;
            if sigma_px > 0.3 {
                picture = picture.blurred(sigma_px)?;
            }
        }
    }
    Ok(picture)
}

/// Streaks that are elsewhere in every picture.
fn rain(t: f64, drops: usize, picture: &mut Picture) {
    let mut random = super::random::Random::new((t * 1000.0).round() as u64);
    for _ in 0..drops {
        let (x, y) = (random.unit() * picture.width as f64, random.unit() * picture.height as f64);
        let long = random.range(0.02, 0.06) * picture.height as f64;
        let light = random.range(18.0, 70.0);
        for step in 0..long as usize {
            let (px, py) = ((x + 0.12 * step as f64) as usize, y as usize + step);
            if px >= picture.width || py >= picture.height {
                break;
            }
            let at = 3 * (py * picture.width + px);
            for value in &mut picture.bgr[at..at + 3] {
                *value = value.saturating_add(light as u8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_follows_its_way() {
        let cutout = Cutout::new(10, 10, [20, 20, 20, 255].repeat(100));
        let overlay = Overlay::stiff(cutout, vec![(1.0, -0.5, 1.0), (2.0, 0.5, 1.0), (5.0, 0.5, 1.0)]);
        assert_eq!((overlay.at(0.5), overlay.at(5.5)), (None, None));
        assert_eq!(overlay.at(1.5), Some((0.0, 1.0)));
        let covered =
            through_the_lens(&[Act::Overlay(overlay)], 3.0, Picture::plain(64, 64, [90; 3])).unwrap();
        assert_eq!(covered.pixel(32, 32), [20; 3]);
    }

    #[test]
    fn acts_begin_and_end() {
        let push = Push { right: 0.2, ..Push::NONE };
        let acts = [
            Act::Move { at_s: 5.0, over_s: 1.0, push, until_s: 20.0 },
            Act::Freeze { at_s: 30.0, until_s: 40.0 },
        ];
        let at = |t| super::push(&acts, t);
        assert_eq!((at(4.0), at(25.0)), (Push::NONE, Push::NONE));
        assert!((at(10.0).right - 0.2).abs() < 1e-9);
        assert!(!frozen(&acts, 29.9) && frozen(&acts, 30.0) && !frozen(&acts, 40.0));
    }
}

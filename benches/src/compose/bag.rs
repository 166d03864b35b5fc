//! Objects that people carry, drawn: no footage has enough of them.

use super::cutout::Cutout;
use super::random::Random;
use super::texture::{Clouds, paint};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Upright, with a pulled-out handle and wheels.
    Suitcase,
    /// With a front pocket.
    Backpack,
    /// Of cardboard, taped.
    Carton,
    /// Thin, crumpled, with two handles.
    PlasticBag,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Suitcase, Self::Backpack, Self::Carton, Self::PlasticBag];

    /// As it is called in a scene's note.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suitcase => "suitcase",
            Self::Backpack => "backpack",
            Self::Carton => "carton",
            Self::PlasticBag => "plastic bag",
        }
    }

    /// Height in body heights.
    fn height_bh(self) -> f64 {
        match self {
            Self::Suitcase => 0.42,
            Self::Backpack => 0.30,
            Self::Carton => 0.27,
            Self::PlasticBag => 0.28,
        }
    }

    /// Width over height.
    fn aspect(self) -> f64 {
        match self {
            Self::Suitcase => 0.62,
            Self::Backpack => 0.78,
            Self::Carton => 1.25,
            Self::PlasticBag => 0.85,
        }
    }

    /// Usual colours: B, G, R.
    fn colours(self) -> &'static [[f64; 3]] {
        match self {
            Self::Suitcase => {
                &[[28.0, 26.0, 25.0], [95.0, 45.0, 25.0], [40.0, 35.0, 140.0], [150.0, 150.0, 150.0]]
            }
            Self::Backpack => {
                &[[30.0, 30.0, 30.0], [40.0, 40.0, 165.0], [120.0, 70.0, 30.0], [50.0, 85.0, 70.0]]
            }
            Self::Carton => &[[95.0, 140.0, 180.0], [75.0, 115.0, 150.0]],
            Self::PlasticBag => &[[215.0, 215.0, 215.0], [70.0, 60.0, 190.0], [195.0, 150.0, 80.0]],
        }
    }
}

/// A drawn object.
#[derive(Debug, Clone)]
pub struct Bag {
    /// What it is.
    pub kind: Kind,
    /// Height in body heights.
    pub height_bh: f64,
    /// Its picture.
    pub cutout: Cutout,
}

/// Rows of the drawing; enough for an object close to the camera.
const ROWS: usize = 112;

impl Bag {
    /// Draws one. With `like`, B, G, R of the ground, it has hardly more contrast than the ground itself.
    pub fn draw(kind: Kind, like: Option<[f64; 3]>, random: &mut Random) -> Self {
        let height_bh = kind.height_bh() * random.range(0.85, 1.2);
        let colour = match (like, random.pick(kind.colours())) {
            (Some(ground), _) => {
                let shade =
                    if random.chance(0.5) { random.range(0.62, 0.75) } else { random.range(1.22, 1.4) };
                ground.map(|value| (value * shade).min(235.0))
            }
            (None, Some(colour)) => colour.map(|value| value * random.range(0.85, 1.15)),
            (None, None) => [60.0; 3],
        };
        let columns = (ROWS as f64 * kind.aspect()).round() as usize;
        let grain = Clouds::new(random, 9.0, 3, 1.6);
        let bgra = paint(columns, ROWS, |x, y| {
            let (u, v) = (x / columns as f64, y / ROWS as f64);
            let (light, alpha) = match kind {
                Kind::Suitcase => suitcase(u, v),
                Kind::Backpack => backpack(u, v),
                Kind::Carton => carton(u, v),
                Kind::PlasticBag => plastic(u, v, grain.at(x * 0.8, y * 0.8)),
            };
            // worn and unevenly lit
            let light = light * (0.9 + 0.2 * grain.at(x, y));
            (colour.map(|value| value * light + 6.0 * light), alpha)
        });
        let mut cutout = Cutout::new(columns, ROWS, bgra);
        cutout.foot = (columns as f64 / 2.0, ROWS as f64 - 1.0);
        cutout.unit_px = ROWS as f64 / height_bh;
        Self { kind, height_bh, cutout }
    }
}

/// 1 inside a box with round corners, 0 outside; all in parts of the drawing.
fn rounded(u: f64, v: f64, (left, top, right, bottom): (f64, f64, f64, f64), radius: f64) -> bool {
    let dx = (left + radius - u).max(u - (right - radius)).max(0.0);
    let dy = (top + radius - v).max(v - (bottom - radius)).max(0.0);
    dx.hypot(dy) <= radius
}

/// Brightness and alpha at a place of the drawing.
fn suitcase(u: f64, v: f64) -> (f64, f64) {
    let bars = (v < 0.3) && ((u - 0.34).abs() < 0.025 || (u - 0.58).abs() < 0.025);
    if bars || ((v - 0.035).abs() < 0.03 && (0.3..0.62).contains(&u)) {
        return (0.8, 1.0);
    }
    if v > 0.94 && ((u - 0.2).abs() < 0.06 || (u - 0.66).abs() < 0.06) {
        return (0.25, 1.0);
    }
    if !rounded(u, v, (0.02, 0.26, 0.98, 0.96), 0.06) {
        return (0.0, 0.0);
    }
    // the narrow side is turned away from the light
    if u > 0.78 {
        return (0.55 - 0.15 * v, 1.0);
    }
    let groove = (u * 9.0).fract() < 0.18;
    let edge = if v < 0.30 { 1.35 } else { 1.12 - 0.3 * (v - 0.3) };
    (if groove { 0.8 * edge } else { edge }, 1.0)
}

fn backpack(u: f64, v: f64) -> (f64, f64) {
    let loop_ = ((u - 0.5).hypot((v - 0.07) * 1.4) - 0.09).abs() < 0.025 && v < 0.1;
    if loop_ {
        return (0.6, 1.0);
    }
    let side = 0.04 + 0.1 * (1.0 - v).powi(2);
    if !rounded(u, v, (side, 0.07, 1.0 - side, 0.985), 0.16) {
        return (0.0, 0.0);
    }
    let round = 1.15 - 1.1 * (u - 0.42).powi(2) - 0.25 * v;
    let pocket = rounded(u, v, (0.2, 0.52, 0.8, 0.92), 0.08);
    let seam = pocket != rounded(u, v, (0.225, 0.545, 0.775, 0.895), 0.07);
    let zip = ((v - 0.34 - 0.12 * (u - 0.5).powi(2)).abs() < 0.014) && (0.14..0.86).contains(&u);
    let light = if pocket { round * 1.12 } else { round };
    (if seam || zip { light * 0.55 } else { light }, 1.0)
}

fn carton(u: f64, v: f64) -> (f64, f64) {
    // seen from above: the lid is a slanted band
    let lid = 0.24;
    let slant = 0.16 * (1.0 - v / lid).clamp(0.0, 1.0);
    if !(0.015..=0.985).contains(&v) || u < 0.015 + slant * 0.6 || u > 0.985 - slant * 0.4 {
        return (0.0, 0.0);
    }
    let tape = (u - 0.36).abs() < 0.05;
    if v < lid {
        return (if tape { 1.35 } else { 1.2 }, 1.0);
    }
    if u > 0.72 {
        return (0.66 - 0.12 * v, 1.0);
    }
    let flap = (v - lid) < 0.02;
    let label = rounded(u, v, (0.08, 0.55, 0.26, 0.75), 0.01);
    let light = if label { 1.4 } else { 1.0 - 0.15 * (v - lid) };
    (
        if flap {
            0.7
        } else if tape && v < 0.5 {
            1.18
        } else {
            light
        },
        1.0,
    )
}

fn plastic(u: f64, v: f64, crumple: f64) -> (f64, f64) {
    let handle = |middle: f64| (((u - middle).hypot((v - 0.2) * 0.6)) - 0.1).abs() < 0.03 && v < 0.26;
    if handle(0.36) || handle(0.62) {
        return (0.9, 0.9);
    }
    let wide = 0.30 + 0.17 * ((v - 0.2) * 2.6).clamp(0.0, 1.0) + 0.03 * (crumple - 0.5);
    if v < 0.22 || !rounded(u, v, (0.5 - wide, 0.2, 0.5 + wide, 0.985), 0.12) {
        return (0.0, 0.0);
    }
    (0.72 + 0.5 * crumple - 0.15 * v, 0.96)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_solid_thing_with_shading() {
        for kind in Kind::ALL {
            let bag = Bag::draw(kind, None, &mut Random::new(4));
            let pixels: Vec<&[u8]> = bag.cutout.bgra().chunks(4).collect();
            let solid = pixels.iter().filter(|p| p[3] > 230).count();
            assert!(2 * solid > pixels.len(), "{kind:?} is full of holes");
            let values: Vec<u8> = pixels.iter().filter(|p| p[3] == 255).map(|p| p[1]).collect();
            let (low, high) = (values.iter().min(), values.iter().max());
            assert!(values.is_empty() || low < high, "{kind:?} is flat");
            assert!((0.2..0.55).contains(&bag.height_bh));
        }
    }

    #[test]
    fn low_contrast_is_near_the_ground() {
        let bag = Bag::draw(Kind::Carton, Some([100.0; 3]), &mut Random::new(2));
        let pixels: Vec<f64> =
            bag.cutout.bgra().chunks(4).filter(|p| p[3] == 255).map(|p| f64::from(p[1])).collect();
        let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
        assert!((45.0..150.0).contains(&mean), "{mean}");
    }
}

//! A branch that hangs into the picture and is shaken by gusts.

use super::cutout::{Cutout, Placing};
use super::random::Random;
use super::raster::Picture;
use super::texture::paint;

/// Twigs with leaves at the picture's upper edge.
#[derive(Debug, Clone)]
pub struct Foliage {
    twigs: Vec<Twig>,
}

#[derive(Debug, Clone)]
struct Twig {
    cutout: Cutout,
    x: f64,
    y: f64,
    unit_px: f64,
    mirror: bool,
    phase: f64,
}

impl Foliage {
    /// A bush of twigs around a place of the plate, about `wide` pixels wide.
    pub fn grow((x, y): (f64, f64), wide: f64, random: &mut Random) -> Self {
        let kinds: Vec<Cutout> = (0..3).map(|_| twig(random)).collect();
        let count = 14;
        let mut twigs: Vec<Twig> = Vec::new();
        for n in 0..count {
            let Some(kind) = random.pick(&kinds) else { break };
            let across = f64::from(n) / f64::from(count - 1) - 0.5 + 0.04 * random.gauss();
            twigs.push(Twig {
                cutout: kind.clone(),
                x: x + across * wide,
                y: y + random.range(0.4, 1.0) * wide * (0.55 - across * across),
                unit_px: wide * random.range(0.4, 0.6),
                mirror: random.chance(0.5),
                phase: random.unit(),
            });
        }
        Self { twigs }
    }

    /// Puts it before everything that has been painted. `wind` is 0 in a calm and 1 in a storm.
    pub fn paste(&self, t: f64, wind: f64, canvas: &mut Picture) {
        for twig in &self.twigs {
            let gust = wind * (0.6 + 0.4 * (t * 0.47 + twig.phase).sin());
            let turn = std::f64::consts::TAU * twig.phase;
            let swing = gust * ((t * 5.3 + turn).sin() + 0.5 * (t * 8.9 + 2.0 * turn).sin());
            let at = Placing {
                mirror: twig.mirror,
                lean: -0.13 * swing,
                squash: 1.0 + 0.04 * swing,
                ..Placing::new(twig.x + 0.03 * swing * twig.unit_px, twig.y, twig.unit_px)
            };
            twig.cutout.paste(canvas, &at);
        }
    }
}

/// Wind at a time: calm, with a gust now and then.
pub fn wind(t: f64, strength: f64) -> f64 {
    let slow = (t * 0.11).sin() * (t * 0.047 + 1.3).sin();
    strength * (0.15 + 0.85 * slow.max(0.0))
}

/// Some thirty leaves.
fn twig(random: &mut Random) -> Cutout {
    let side = 96.0;
    let leaves: Vec<(f64, f64, f64, f64, f64)> = (0..34)
        .map(|_| {
            let (x, y) = (side * (0.5 + 0.17 * random.gauss()), side * (0.5 + 0.17 * random.gauss()));
            (x, y, random.range(4.5, 9.0), random.range(0.0, 3.1), random.range(0.55, 1.3))
        })
        .collect();
    let bgra = paint(side as usize, side as usize, |x, y| {
        let hit = leaves.iter().rev().find_map(|(lx, ly, long, turn, light)| {
            let (sin, cos) = turn.sin_cos();
            let (dx, dy) = (x - lx, y - ly);
            let (along, across) = ((dx * cos + dy * sin) / long, (dy * cos - dx * sin) / (0.45 * long));
            (along * along + across * across < 1.0).then_some(light * (1.1 - 0.25 * across))
        });
        hit.map_or(([0.0; 3], 0.0), |light| ([38.0 * light, 88.0 * light, 62.0 * light], 1.0))
    });
    Cutout::new(side as usize, side as usize, bgra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wind_stirs_the_leaves_and_calm_does_not() {
        let foliage = Foliage::grow((60.0, 10.0), 80.0, &mut Random::new(2));
        let shot = |t: f64, wind: f64| {
            let mut canvas = Picture::plain(160, 120, [180; 3]);
            foliage.paste(t, wind, &mut canvas);
            canvas
        };
        assert_eq!(shot(1.0, 0.0), shot(1.4, 0.0));
        assert_ne!(shot(1.0, 1.0), shot(1.4, 1.0));
        assert!(shot(1.0, 0.0).bgr.iter().any(|v| *v < 100));
        assert!((0..500).all(|t| (0.0..=1.0).contains(&wind(f64::from(t), 1.0))));
    }
}

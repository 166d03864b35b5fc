//! Patterns that look grown or woven, from nothing but a seed.

use super::random::Random;

/// Cells of one octave before it repeats.
const PERIOD: usize = 64;

/// Smooth noise from 0 to 1 in several octaves; repeats after some thousand pixels.
#[derive(Debug, Clone)]
pub struct Clouds {
    lattice: Vec<f32>,
    cell_px: f64,
    octaves: u32,
    /// Values are stretched around the middle: 1 is soft, 4 has edges.
    contrast: f64,
}

impl Clouds {
    /// Blotches about `cell_px` wide.
    pub fn new(random: &mut Random, cell_px: f64, octaves: u32, contrast: f64) -> Self {
        let lattice = (0..PERIOD * PERIOD).map(|_| random.unit() as f32).collect();
        Self { lattice, cell_px, octaves, contrast }
    }

    /// The value at a place.
    pub fn at(&self, x: f64, y: f64) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        let (mut weight, mut cell) = (1.0, self.cell_px);
        for octave in 0..self.octaves {
            // shifted, so that octaves do not share corners
            let shift = f64::from(octave) * 17.3;
            sum += weight * self.smooth(x / cell + shift, y / cell + shift);
            total += weight;
            weight *= 0.5;
            cell *= 0.5;
        }
        ((sum / total - 0.5) * self.contrast + 0.5).clamp(0.0, 1.0)
    }

    fn smooth(&self, x: f64, y: f64) -> f64 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |part: f64| part * part * (3.0 - 2.0 * part);
        let (fx, fy) = (ease(x - left), ease(y - top));
        let wrap = |at: f64| at.rem_euclid(PERIOD as f64) as usize % PERIOD;
        let of = |dx: f64, dy: f64| f64::from(self.lattice[wrap(top + dy) * PERIOD + wrap(left + dx)]);
        let upper = of(0.0, 0.0) + (of(1.0, 0.0) - of(0.0, 0.0)) * fx;
        let lower = of(0.0, 1.0) + (of(1.0, 1.0) - of(0.0, 1.0)) * fx;
        upper + (lower - upper) * fy
    }
}

/// Paints premultiplied B, G, R, A bytes: `colour` gives B, G, R (0..255) and alpha (0..1) for a pixel's middle. Each pixel is
/// the mean of four places, so that edges are smooth.
pub fn paint(width: usize, height: usize, colour: impl Fn(f64, f64) -> ([f64; 3], f64)) -> Vec<u8> {
    let mut bgra = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0; 4];
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (ink, alpha) = colour(x as f64 + dx, y as f64 + dy);
                for (sum, ink) in sum.iter_mut().zip(ink) {
                    *sum += ink.clamp(0.0, 255.0) * alpha / 4.0;
                }
                sum[3] += 255.0 * alpha / 4.0;
            }
            bgra.extend(sum.map(|value| value.round() as u8));
        }
    }
    bgra
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_smooth_and_use_their_range() {
        let clouds = Clouds::new(&mut Random::new(1), 20.0, 3, 1.5);
        let values: Vec<f64> = (0..2000).map(|n| clouds.at(f64::from(n) * 0.5, 33.0)).collect();
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.2));
        assert!(values.iter().any(|v| *v < 0.35) && values.iter().any(|v| *v > 0.65));
        assert!(clouds.at(-500.0, -1e5).is_finite());
    }
}

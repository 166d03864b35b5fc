//! What the sensor adds: noise that is different in each picture.

use super::light::Exposure;
use super::random::Random;
use super::raster::Picture;

/// Side of the field of noise; each picture takes another part of it.
const SIDE: usize = 1024;
/// Noise is kept in this many steps for one value.
const STEPS: f64 = 32.0;

/// A camera's sensor.
#[derive(Debug)]
pub struct Sensor {
    /// B, G, R interleaved, deviation 1, times [`STEPS`].
    field: Vec<i16>,
    /// Deviation of the noise in grey values at normal light.
    pub sigma: f64,
    random: Random,
}

impl Sensor {
    /// Noise of this deviation.
    pub fn new(sigma: f64, mut random: Random) -> Self {
        let white: Vec<[f64; 3]> =
            (0..SIDE * SIDE).map(|_| [random.gauss(), random.gauss(), random.gauss()]).collect();
        // cameras smooth colour more than brightness, and both a little: neighbours share some of their noise
        let at = |x: usize, y: usize| white[(y % SIDE) * SIDE + x % SIDE];
        let mut field = Vec::with_capacity(3 * SIDE * SIDE);
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (own, right, below) = (at(x, y), at(x + 1, y), at(x, y + 1));
                let luma = (own[0] + 0.45 * right[0] + 0.45 * below[0]) / 1.185;
                let tint = |c: usize| (own[c] + right[c] + below[c]) / 3.0_f64.sqrt();
                for value in [0.85 * luma + 0.5 * tint(1), 0.95 * luma, 0.85 * luma + 0.5 * tint(2)] {
                    field.push((value * STEPS).round() as i16);
                }
            }
        }
        Self { field, sigma, random }
    }

    /// Makes a picture of what the lens shows.
    pub fn expose(&mut self, picture: &mut Picture, exposure: &Exposure) {
        if exposure.grey > 0.0 {
            turn_grey(picture, exposure.grey);
        }
        let table: [i32; 256] = std::array::from_fn(|value| {
            // 8 bits behind the point; highlights saturate softly
            let light = value as f64 * exposure.gain;
            let shown =
                if light > 225.0 { 225.0 + 30.0 * (1.0 - (-(light - 225.0) / 30.0).exp()) } else { light };
            (shown * 256.0).round() as i32
        });
        let strength = (self.sigma * exposure.noise * 256.0 / STEPS).round() as i32;
        let (left, top) = (self.random.below(SIDE), self.random.below(SIDE));
        let width = picture.width;
        for (y, line) in picture.bgr.chunks_exact_mut(3 * width).enumerate() {
            let row = &self.field[3 * SIDE * ((y + top) % SIDE)..][..3 * SIDE];
            let (mut at, mut rest) = (left, line);
            while !rest.is_empty() {
                let count = rest.len().min(3 * (SIDE - at));
                let (part, next) = rest.split_at_mut(count);
                add(part, &row[3 * at..], &table, strength);
                (at, rest) = (0, next);
            }
        }
    }
}

fn add(part: &mut [u8], noise: &[i16], table: &[i32; 256], strength: i32) {
    for (value, noise) in part.iter_mut().zip(noise) {
        let sum = table[usize::from(*value)] + i32::from(*noise) * strength + 128;
        *value = (sum >> 8).clamp(0, 255) as u8;
    }
}

fn turn_grey(picture: &mut Picture, part: f64) {
    let keep = 256 - (256.0 * part) as i32;
    for pixel in picture.bgr.chunks_exact_mut(3) {
        let [b, g, r] = [0, 1, 2].map(|c| i32::from(pixel[c]));
        // infrared light makes plants bright and hides colours
        let luma = (40 * b + 130 * g + 86 * r) >> 8;
        for value in pixel {
            *value = ((i32::from(*value) * keep + luma * (256 - keep)) >> 8) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORMAL: Exposure = Exposure { gain: 1.0, grey: 0.0, noise: 1.0 };

    #[test]
    fn noise_is_as_strong_as_asked_and_new_each_time() {
        let mut sensor = Sensor::new(2.0, Random::new(1));
        let mut shots = vec![Picture::plain(320, 240, [100, 100, 100]); 2];
        for shot in &mut shots {
            sensor.expose(shot, &NORMAL);
        }
        assert_ne!(shots[0], shots[1]);
        let values = shots[0].bgr.iter().map(|v| f64::from(*v) - 100.0);
        let sigma = (values.map(|v| v * v).sum::<f64>() / f64::from(3 * 320 * 240)).sqrt();
        assert!((1.7..2.3).contains(&sigma), "{sigma}");
    }

    #[test]
    fn exposure_scales_and_greys() {
        let mut sensor = Sensor::new(0.0, Random::new(1));
        let mut shot = Picture::plain(8, 8, [40, 80, 120]);
        sensor.expose(&mut shot, &Exposure { gain: 0.5, ..NORMAL });
        assert_eq!(shot.pixel(3, 3), [20, 40, 60]);
        sensor.expose(&mut shot, &Exposure { grey: 1.0, ..NORMAL });
        let [b, g, r] = shot.pixel(0, 0);
        assert!(b == g && g == r);
    }
}

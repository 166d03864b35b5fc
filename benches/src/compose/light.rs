//! How the light and the camera's exposure change over time.

use super::raster::Picture;
use super::texture::Clouds;

/// What the camera's electronics make of the light at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Brightness is multiplied by this.
    pub gain: f64,
    /// 0: in colour, 1: grey.
    pub grey: f64,
    /// The noise is multiplied by this.
    pub noise: f64,
}

/// One cause of change for the whole picture.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// Slow and slight, all the time.
    Drift {
        /// Largest part by which it differs from 1.
        amount: f64,
        /// Length of one up and down.
        period_s: f64,
        /// Where in it the scene begins, in turns.
        phase: f64,
    },
    /// From one level to another.
    Step {
        /// When it begins.
        at_s: f64,
        /// How long it takes.
        over_s: f64,
        /// The new level over the old one.
        gain: f64,
        /// When the old level is back; it takes as long. `f64::INFINITY`: never.
        until_s: f64,
        /// The noise at the new level over that at the old one.
        noise: f64,
    },
    /// The filter before the sensor moves away and the picture turns grey.
    Infrared {
        /// When.
        at_s: f64,
        /// Brightness afterwards.
        gain: f64,
    },
    /// Automatic exposure that overshoots and swings into place.
    Hunting {
        /// When it begins.
        at_s: f64,
        /// First swing.
        amount: f64,
        /// Length of one swing.
        period_s: f64,
        /// How long until it is a third as strong.
        fade_s: f64,
    },
}

/// 0 before `at_s`, 1 after `over_s` more, smoothly.
pub fn ramp(t: f64, at_s: f64, over_s: f64) -> f64 {
    let part = ((t - at_s) / over_s.max(1e-6)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// All changes together.
pub fn exposure(changes: &[Change], t: f64) -> Exposure {
    let mut now = Exposure { gain: 1.0, grey: 0.0, noise: 1.0 };
    for change in changes {
        match *change {
            Change::Drift { amount, period_s, phase } => {
                now.gain *= 1.0 + amount * (std::f64::consts::TAU * (t / period_s + phase)).sin();
            }
            Change::Step { at_s, over_s, gain, until_s, noise } => {
                let part = ramp(t, at_s, over_s) - ramp(t, until_s, over_s);
                now.gain *= gain.powf(part);
                now.noise *= noise.powf(part);
            }
            Change::Infrared { at_s, gain } => {
                // the filter's way takes a third of a second, in which the sensor gets too much light
                let part = ramp(t, at_s, 0.3);
                now.grey = now.grey.max(part);
                let flash = 1.0 + 0.5 * ramp(t, at_s, 0.2) * (1.0 - ramp(t, at_s + 0.2, 0.5));
                now.gain *= gain.powf(part) * flash;
                now.noise *= 1.0 + 0.4 * part;
            }
            Change::Hunting { at_s, amount, period_s, fade_s } if t >= at_s => {
                let after = t - at_s;
                let swing = (std::f64::consts::TAU * after / period_s).sin() * (-after / fade_s).exp();
                now.gain *= 1.0 + amount * swing;
            }
            Change::Hunting { .. } => {}
        }
    }
    now
}

/// Light that is not the same everywhere.
#[derive(Debug, Clone)]
pub enum Patch {
    /// Shadows of clouds drift over the place.
    Clouds {
        /// What they look like.
        clouds: Clouds,
        /// Part of the light that is lost under the thickest.
        depth: f64,
        /// Columns per second.
        speed_px_s: f64,
    },
    /// Shadow of a tree's crown on the ground, which stirs in gusts.
    Leaves {
        /// What it looks like.
        clouds: Clouds,
        /// Middle and radii of the shadow on the plate.
        at: (f64, f64, f64, f64),
        /// Part of the light that is lost.
        depth: f64,
        /// Columns by which it stirs.
        swing_px: f64,
    },
    /// The cone of a car's headlights sweeps over the ground.
    Headlight {
        /// When it comes.
        from_s: f64,
        /// When it is gone.
        to_s: f64,
        /// Where its middle is first and last, on the plate.
        path: [(f64, f64); 2],
        /// Light added in the middle, as a part of what is there.
        gain: f64,
    },
}

/// The grid on which patches are computed; coarser than pixels, since light has no sharp edges.
const CELL: usize = 8;

/// Lights the canvas, which shows the plate's geometry.
pub fn shine(patches: &[Patch], t: f64, canvas: &mut Picture) {
    if patches.is_empty() {
        return;
    }
    let (columns, rows) = (canvas.width / CELL + 2, canvas.height / CELL + 2);
    let mut grid = vec![1.0_f32; columns * rows];
    for (at, light) in grid.iter_mut().enumerate() {
        let (x, y) = ((at % columns * CELL) as f64, (at / columns * CELL) as f64);
        *light = patches.iter().map(|patch| patch.light(t, x, y)).product::<f64>() as f32;
    }
    multiply(canvas, &grid, columns);
}

impl Patch {
    /// Light at a place, as a part of the usual.
    fn light(&self, t: f64, x: f64, y: f64) -> f64 {
        match self {
            Self::Clouds { clouds, depth, speed_px_s } => {
                1.0 - depth * clouds.at(x - speed_px_s * t, y * 1.6)
            }
            Self::Leaves { clouds, at: (cx, cy, rx, ry), depth, swing_px } => {
                let inside = 1.0 - ((x - cx) / rx).powi(2) - ((y - cy) / ry).powi(2);
                if inside <= 0.0 {
                    return 1.0;
                }
                let gust = 0.55 + 0.45 * (t * 0.41).sin() * (t * 0.13 + 1.0).sin();
                let swing = swing_px * gust * (t * 4.1 + x * 0.02).sin();
                1.0 - depth * inside.min(0.35) / 0.35 * clouds.at(x + swing, y * 2.2 + 0.4 * swing)
            }
            Self::Headlight { from_s, to_s, path, gain } => {
                let part = (t - from_s) / (to_s - from_s);
                if !(0.0..1.0).contains(&part) {
                    return 1.0;
                }
                let (cx, cy) =
                    (path[0].0 + (path[1].0 - path[0].0) * part, path[0].1 + (path[1].1 - path[0].1) * part);
                let far = ((x - cx) / 150.0).powi(2) + ((y - cy) / 55.0).powi(2);
                let fade = ramp(part, 0.0, 0.15) * (1.0 - ramp(part, 0.85, 0.15));
                1.0 + gain * fade * (-far).exp()
            }
        }
    }
}

/// Multiplies pixels by a coarse grid, interpolated between its corners.
fn multiply(canvas: &mut Picture, grid: &[f32], columns: usize) {
    let part = |n: usize| (n % CELL) as f32 / CELL as f32;
    for (y, line) in canvas.bgr.chunks_exact_mut(3 * canvas.width).enumerate() {
        let upper = &grid[y / CELL * columns..];
        let lower = &upper[columns..];
        let down = part(y);
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let (cell, right) = (x / CELL, part(x));
            let (a, b) = (
                upper[cell] + (upper[cell + 1] - upper[cell]) * right,
                lower[cell] + (lower[cell + 1] - lower[cell]) * right,
            );
            let light = a + (b - a) * down;
            for value in pixel {
                *value = (f32::from(*value) * light + 0.5).min(255.0) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_comes_and_goes() {
        let step = [Change::Step { at_s: 10.0, over_s: 1.0, gain: 0.6, until_s: 20.0, noise: 2.0 }];
        assert_eq!(exposure(&step, 9.9).gain, 1.0);
        let dark = exposure(&step, 15.0);
        assert!((dark.gain - 0.6).abs() < 1e-9 && (dark.noise - 2.0).abs() < 1e-9);
        assert!((exposure(&step, 30.0).gain - 1.0).abs() < 1e-9);
    }

    #[test]
    fn infrared_ends_grey() {
        let switch = [Change::Infrared { at_s: 5.0, gain: 0.8 }];
        assert_eq!(exposure(&switch, 4.9).grey, 0.0);
        assert_eq!(exposure(&switch, 5.3).grey, 1.0);
        assert!((exposure(&switch, 9.0).gain - 0.8).abs() < 1e-9);
    }

    #[test]
    fn headlights_light_what_is_under_them() {
        let mut canvas = Picture::plain(400, 300, [60, 60, 60]);
        let beam =
            Patch::Headlight { from_s: 0.0, to_s: 10.0, path: [(100.0, 150.0), (300.0, 150.0)], gain: 0.8 };
        shine(&[beam], 5.0, &mut canvas);
        assert!(canvas.pixel(200, 150)[0] > 100 && canvas.pixel(10, 10)[0] < 65);
    }
}

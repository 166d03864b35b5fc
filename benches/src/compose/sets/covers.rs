//! What is held, hung or driven before a camera.

use super::super::act::Overlay;
use super::super::cutout::Cutout;
use super::super::random::Random;
use super::super::texture::{Clouds, paint};

/// Sizes are for a picture of 4 to 3: one unit is the picture's height.
const ASPECT: f64 = 4.0 / 3.0;

/// A drawing `width` × `height` units large, `scale` pixels for a unit; it hangs from the middle of its lower edge.
fn drawing((width, height): (f64, f64), scale: f64, colour: impl Fn(f64, f64) -> ([f64; 3], f64)) -> Cutout {
    let (columns, rows) = ((width * scale).round() as usize, (height * scale).round() as usize);
    let bgra = paint(columns, rows, |x, y| colour(x / scale, y / scale));
    let mut cutout = Cutout::new(columns, rows, bgra);
    cutout.unit_px = scale;
    cutout
}

/// A cloth with folds, larger than the picture, out of focus.
pub fn cloth(random: &mut Random) -> Cutout {
    let (folds, weave) = (Clouds::new(random, 60.0, 2, 2.2), Clouds::new(random, 3.0, 1, 1.0));
    let base = random.range(24.0, 75.0);
    let tint = [random.range(0.7, 1.2), random.range(0.8, 1.1), random.range(0.8, 1.3)];
    let (width, height) = (1.75, 1.5);
    drawing((width, height), 130.0, |x, y| {
        let fold = folds.at(130.0 * x, 40.0 * y);
        let light = base * (0.55 + 0.7 * fold) + 5.0 * (weave.at(130.0 * x, 130.0 * y) - 0.5);
        // light leaks in along the edges
        let border = x.min(width - x).min(y).min(height - y);
        let ragged = border - 0.05 * folds.at(200.0 * y, 200.0 * x);
        (tint.map(|t| light * t + 20.0 * (1.0 - (8.0 * border).min(1.0))), (ragged * 18.0).clamp(0.0, 1.0))
    })
}

/// A plastic bag pulled over the camera: bright, a little of the place shines through.
pub fn plastic(random: &mut Random) -> Cutout {
    let crumple = Clouds::new(random, 34.0, 3, 2.6);
    let light = random.range(105.0, 175.0);
    drawing((1.8, 1.5), 120.0, |x, y| {
        let fold = crumple.at(120.0 * x, 120.0 * y);
        let value = light * (0.7 + 0.6 * fold);
        let border = x.min(1.8 - x).min(y).min(1.5 - y);
        ([value * 1.02, value, value * 0.97], (border * 15.0).clamp(0.0, 0.86 + 0.12 * fold))
    })
}

/// The palm of a hand right before the lens, seen from inside: dark, reddish at its rim.
pub fn hand(random: &mut Random) -> Cutout {
    let skin = Clouds::new(random, 40.0, 3, 1.2);
    let light = random.range(0.5, 0.9);
    // palm, then fingers: middle, radii, and how they are turned
    let parts = [
        (0.80, 0.95, 0.62, 0.60, 0.0),
        (0.34, 0.42, 0.14, 0.44, -0.25),
        (0.66, 0.32, 0.15, 0.48, -0.08),
        (0.98, 0.34, 0.15, 0.47, 0.08),
        (1.28, 0.48, 0.13, 0.40, 0.25),
    ];
    drawing((1.65, 1.6), 130.0, |x, y| {
        let inside = |&(cx, cy, rx, ry, turn): &(f64, f64, f64, f64, f64)| {
            let (dx, dy) = (x - cx, y - cy);
            let (sin, cos) = f64::sin_cos(turn);
            let (u, v) = ((dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry);
            1.0 - u.hypot(v)
        };
        let depth = parts.iter().map(inside).fold(-1.0, f64::max);
        let value =
            light * (0.75 + 0.4 * skin.at(130.0 * x, 130.0 * y)) * (1.0 - 0.35 * depth.clamp(0.0, 1.0));
        ([58.0 * value, 78.0 * value, 128.0 * value], (depth * 9.0).clamp(0.0, 1.0))
    })
}

/// A shot of paint: blots that appear one after the other between `at_s` and `over_s` later, and stay.
pub fn spray(at_s: f64, over_s: f64, until_s: f64, random: &mut Random) -> Vec<Overlay> {
    let ink = if random.chance(0.6) { [22.0, 22.0, 24.0] } else { [40.0, 40.0, 150.0] };
    let rim = Clouds::new(random, 22.0, 3, 2.2);
    let count = 16;
    (0..count)
        .map(|n| {
            let side = random.range(0.75, 1.0);
            let (shift, dense) = (random.range(0.0, 900.0), random.range(0.9, 0.98));
            let blot = drawing((side, side), 90.0, |x, y| {
                let far = ((x - side / 2.0).hypot(y - side / 2.0)) / (side / 2.0);
                let edge = 0.72 + 0.5 * (rim.at(90.0 * x + shift, 90.0 * y) - 0.5);
                (ink, ((edge - far) * 5.0).clamp(0.0, dense))
            });
            let from_s = at_s + over_s * f64::from(n) / f64::from(count);
            // row by row, so that hardly anything stays free
            let (column, row) = (f64::from(n % 4), f64::from(n / 4));
            let x = (column + 0.5) / 4.0 + 0.05 * random.gauss();
            let y = (row + 0.5) / 4.0 + 0.05 * random.gauss() + side / 2.0;
            Overlay::stiff(blot, vec![(from_s, x, y), (until_s, x, y + 0.01)])
        })
        .collect()
}

/// A lorry's side with its cab: it hides more than half of the picture.
pub fn lorry(random: &mut Random) -> Cutout {
    let dirt = Clouds::new(random, 30.0, 3, 1.5);
    let colours = [[205.0, 205.0, 205.0], [150.0, 90.0, 40.0], [50.0, 60.0, 170.0], [90.0, 140.0, 90.0]];
    let body = random.pick(&colours).copied().unwrap_or([180.0; 3]);
    let (width, height) = (1.9, 0.8);
    drawing((width, height), 170.0, |x, y| {
        let grime = 0.82 + 0.3 * dirt.at(170.0 * x, 170.0 * y);
        let wheel = |middle: f64| ((x - middle).hypot(y - 0.71)) < 0.085;
        if [0.22, 0.42, 1.35, 1.72].into_iter().any(wheel) {
            return ([26.0, 26.0, 28.0], 1.0);
        }
        let panel = x < 1.5 && (0.01..0.66).contains(&y) && x > 0.01;
        let cab = (1.52..1.88).contains(&x) && (0.2..0.68).contains(&y);
        let window = (1.62..1.84).contains(&x) && (0.25..0.42).contains(&y);
        let frame = (0.66..0.70).contains(&y) && (0.05..1.6).contains(&x);
        if window {
            ([70.0, 62.0, 55.0], 1.0)
        } else if panel {
            let rib = if (x * 14.0).fract() < 0.06 { 0.8 } else { 1.0 };
            let stripe = (0.30..0.40).contains(&y);
            let light = grime * rib * (1.08 - 0.25 * y);
            (if stripe { body.map(|v| (255.0 - v) * 0.8 * light) } else { body.map(|v| v * light) }, 1.0)
        } else if cab {
            (body.map(|v| v * 0.8 * grime), 1.0)
        } else if frame {
            ([35.0, 35.0, 35.0], 1.0)
        } else {
            ([0.0; 3], 0.0)
        }
    })
}

/// Something slides in within `over_s` from a side, and is gone after `until_s`.
pub fn slides_in(look: Cutout, at_s: f64, over_s: f64, until_s: f64, random: &mut Random) -> Overlay {
    let (columns, rows) = look.size();
    let (wide, high) = (columns as f64 / look.unit_px / ASPECT, rows as f64 / look.unit_px);
    // the middle of the look comes to the middle of the picture
    let rest = (0.5, 0.5 + high / 2.0);
    let outside = match random.below(3) {
        0 => (-wide, rest.1),
        1 => (1.0 + wide, rest.1),
        _ => (rest.0, -0.1),
    };
    let path = vec![
        (at_s, outside.0, outside.1),
        (at_s + over_s, rest.0, rest.1),
        (until_s, rest.0 + 0.01, rest.1 + 0.01),
        (until_s + over_s, outside.0, outside.1),
    ];
    Overlay::stiff(look, path)
}

//! What somebody wears, from the pixels of his box.
//!
//! Only the middle of the box, where there is least background; head and feet left out. Colour is taken beside
//! brightness, and brightness beside that of the whole picture, so that exposure matters little.

use xunge_scene::{
    Bounds,
    facts::{AXES, Attire, STEPS},
};

use super::Pixels;

/// Part of the box's width, and the two halves of its height, that are looked at.
const ACROSS: (f64, f64) = (0.2, 0.8);
const HALVES: [(f64, f64); 2] = [(0.12, 0.5), (0.5, 0.9)];
/// Smaller boxes say nothing: pixels across and down.
const LEAST: (usize, usize) = (3, 6);
/// The picture's brightness is taken from every so many'th pixel of every so many'th row.
const COARSE: usize = 8;
/// Added to brightness before it is compared, so that black is only dark.
const BLACK: f32 = 8.0;
/// Colours further from grey than this are all alike.
const CHROMA: f32 = 0.16;
/// Brightness beside the picture's that is told apart, in stops.
const STOPS: (f32, f32) = (-2.2, 1.4);

/// What the person in `bounds` wears; none where the box is too small or not wholly in the picture.
pub fn measure(picture: Pixels<'_>, bounds: Bounds) -> Option<Attire> {
    let usual = brightness(picture)? + BLACK;
    let mut counts = [[0.0_f32; STEPS]; AXES];
    let columns = span(bounds.x, bounds.w, ACROSS, picture.width)?;
    for (half, part) in HALVES.into_iter().enumerate() {
        let rows = span(bounds.y, bounds.h, part, picture.height)?;
        if columns.len() < LEAST.0 || rows.len() < LEAST.1 {
            return None;
        }
        for row in rows {
            let row = picture.row(row)?.get(3 * columns.start..3 * columns.end)?;
            for pixel in row.as_chunks::<3>().0 {
                let [b, g, r] = pixel.map(f32::from);
                let sum = b + g + r + 3.0 * BLACK;
                let stops = ((luma([b, g, r]) + BLACK) / usual).log2();
                let axes = [
                    ((r - g) / sum, (-CHROMA, CHROMA)),
                    (0.5 * (2.0 * b - r - g) / sum, (-CHROMA, CHROMA)),
                    (stops, STOPS),
                ];
                for (axis, (value, (low, high))) in axes.into_iter().enumerate() {
                    count(&mut counts[3 * half + axis], (value - low) / (high - low));
                }
            }
        }
    }
    Attire::from_counts(counts)
}

fn luma([b, g, r]: [f32; 3]) -> f32 {
    (b + 2.0 * g + r) / 4.0
}

/// Shared between the two nearest steps, so that a little noise changes little.
fn count(axis: &mut [f32; STEPS], value: f32) {
    #[expect(clippy::cast_precision_loss, reason = "seven")]
    let last = (STEPS - 1) as f32;
    let place = value.clamp(0.0, 1.0) * last;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 6")]
    let low = (place as usize).min(STEPS - 2);
    #[expect(clippy::cast_precision_loss, reason = "at most six")]
    let high_share = place - low as f32;
    axis[low] += 1.0 - high_share;
    axis[low + 1] += high_share;
}

/// The pixels of a part of a side of the box; none when the side is not wholly in the picture.
fn span(from: f64, length: f64, (low, high): (f64, f64), pixels: usize) -> Option<std::ops::Range<usize>> {
    let inside = from >= 0.0 && length > 0.0 && from + length <= 1.0;
    #[expect(clippy::cast_precision_loss, reason = "pictures are small")]
    let all = pixels as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the picture")]
    let pixel = |part: f64| ((from + part * length) * all).round() as usize;
    inside.then(|| pixel(low)..pixel(high).min(pixels))
}

/// Mean brightness of the picture; none of an empty one.
fn brightness(picture: Pixels<'_>) -> Option<f32> {
    let (mut sum, mut pixels) = (0.0, 0.0_f32);
    for row in (0..picture.height).step_by(COARSE).filter_map(|y| picture.row(y)) {
        for pixel in row.as_chunks::<3>().0.iter().step_by(COARSE) {
            sum += luma(pixel.map(f32::from));
            pixels += 1.0;
        }
    }
    (pixels > 0.0).then(|| sum / pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (64, 64);
    const BODY: Bounds = Bounds::new(0.25, 0.25, 0.25, 0.5);

    /// Somebody in these colours (upper, lower) before grey, under a light.
    fn dressed(upper: [u8; 3], lower: [u8; 3], light: f32) -> Attire {
        let mut bgr = Vec::new();
        for y in 0..SIZE.1 {
            for x in 0..SIZE.0 {
                let body = (16..32).contains(&x) && (16..48).contains(&y);
                let colour = match () {
                    () if body && y < 32 => upper,
                    () if body => lower,
                    () => [120; 3],
                };
                bgr.extend(colour.map(|c| (f32::from(c) * light) as u8));
            }
        }
        measure(Pixels { width: SIZE.0, height: SIZE.1, stride: 3 * SIZE.0, bgr: &bgr }, BODY).unwrap()
    }

    const RED: [u8; 3] = [30, 30, 160];
    const BLUE: [u8; 3] = [150, 60, 40];
    const BLACK_CLOTH: [u8; 3] = [25, 25, 25];

    #[test]
    fn colours_tell_people_apart_and_exposure_does_not() {
        let one = dressed(RED, BLUE, 1.0);
        assert!(one.unlike(&dressed(RED, BLUE, 0.6)) < 0.15, "{}", one.unlike(&dressed(RED, BLUE, 0.6)));
        assert!(one.unlike(&dressed(BLUE, RED, 1.0)) > 0.4, "what is above matters");
        assert!(one.unlike(&dressed(BLACK_CLOTH, BLUE, 1.0)) > 0.3);
        assert!(dressed([200; 3], [60; 3], 1.0).unlike(&dressed([60; 3], [60; 3], 1.0)) > 0.3);
    }

    #[test]
    fn too_small_or_cut_off_says_nothing() {
        let bgr = vec![90; 3 * SIZE.0 * SIZE.1];
        let picture = Pixels { width: SIZE.0, height: SIZE.1, stride: 3 * SIZE.0, bgr: &bgr };
        assert!(measure(picture, BODY).is_some());
        for bounds in [
            Bounds { w: 0.05, ..BODY },
            Bounds { h: 0.2, ..BODY },
            Bounds { x: -0.1, ..BODY },
            Bounds { y: 0.6, ..BODY },
        ] {
            assert!(measure(picture, bounds).is_none(), "{bounds:?}");
        }
    }
}

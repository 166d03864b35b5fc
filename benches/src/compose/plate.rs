//! The empty background: what each pixel shows most of the time.

use anyhow::{Result, ensure};

use super::raster::Picture;

/// Per-pixel median over time of pictures of one size.
pub fn median(pictures: &[Picture]) -> Result<Picture> {
    let Some(first) = pictures.first() else { anyhow::bail!("the footage has no picture") };
    ensure!(
        pictures.iter().all(|p| p.bgr.len() == first.bgr.len()),
        "the footage changes its size in mid-file"
    );
    let mut plate = first.clone();
    let half = u32::try_from(pictures.len() / 2)?;
    for (at, value) in plate.bgr.iter_mut().enumerate() {
        let mut counts = [0_u32; 256];
        for picture in pictures {
            counts[usize::from(picture.bgr[at])] += 1;
        }
        *value = middle(&counts, half);
    }
    Ok(plate)
}

/// The value below which `half` of all counted ones lie.
fn middle(counts: &[u32; 256], half: u32) -> u8 {
    let mut below = 0;
    for (value, count) in (0_u8..=255).zip(counts) {
        below += count;
        if below > half {
            return value;
        }
    }
    255
}

/// How much brighter `picture` is than the plate, per channel: exposure drifts.
pub fn gain(picture: &Picture, plate: &Picture) -> [f32; 3] {
    let mut ratios: [Vec<f32>; 3] = Default::default();
    // a sample of pixels is enough
    for at in (0..plate.bgr.len().min(picture.bgr.len()) / 3).step_by(97) {
        for (channel, ratios) in ratios.iter_mut().enumerate() {
            let (now, empty) = (picture.bgr[3 * at + channel], plate.bgr[3 * at + channel]);
            if (16..240).contains(&empty) {
                ratios.push(f32::from(now) / f32::from(empty));
            }
        }
    }
    ratios.map(|mut all| {
        let middle = all.len() / 2;
        if all.is_empty() { 1.0 } else { *all.select_nth_unstable_by(middle, f32::total_cmp).1 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_passes_is_not_in_the_plate() {
        let empty = Picture::plain(8, 4, [90, 100, 110]);
        let mut pictures = vec![empty.clone(); 9];
        for (at, picture) in pictures.iter_mut().enumerate().take(8) {
            picture.bgr[3 * at] = 255;
        }
        assert_eq!(median(&pictures).unwrap(), empty);
        assert!(median(&[]).is_err());
    }

    #[test]
    fn exposure_is_measured_against_the_plate() {
        let (dark, bright) = (Picture::plain(64, 64, [50, 60, 80]), Picture::plain(64, 64, [55, 66, 88]));
        assert!(gain(&bright, &dark).iter().all(|gain| (gain - 1.1).abs() < 1e-3));
    }
}

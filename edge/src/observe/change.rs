//! Has the picture changed? Asked of pictures some seconds apart, of a scene in which nothing went on.
//!
//! The answer decides whether a camera that decodes keyframes only begins to decode everything, so what a person does must
//! never be missed, and what leaves, clouds and sensors do should not cost more than now and then a look.

use opencv::{
    core::{self, BORDER_REPLICATE, CV_32F, Mat, Point, Size},
    imgproc,
    prelude::*,
};

use super::{Pixels, canvas};

/// Pixels of the picture to a side of a cell: a person 20 pixels high fills ten cells, and the noise of 16 pixels is a
/// quarter of that of one.
const CELL: i32 = 4;
/// Light changes over more than so many cells at once; people do not.
const AROUND: i32 = 21;
/// Grey levels by which a cell must differ at least to have changed, …
const LEAST: f32 = 5.0;
/// … and at most: as much as a person in dull clothes does.
const MOST: f32 = 14.0;
/// In between: so many times what it usually differs.
const TIMES_USUAL: f32 = 3.5;
/// A change is so many cells at least …
const CELLS: f64 = 4.0;
/// … of a square with so many to a side.
const TOGETHER: i32 = 5;
/// What a cell usually differs is a mean over about so many pictures.
const REMEMBERED: f64 = 30.0;

/// Compares each picture with the one before.
#[derive(Default)]
pub struct ChangeMeter {
    before: Option<Mat>,
    /// What each cell usually differs by, grey levels.
    usual: Option<Mat>,
}

impl ChangeMeter {
    /// Whether something differs from the picture before. True for the first, and for one of another size.
    pub fn look(&mut self, picture: Pixels<'_>) -> opencv::Result<bool> {
        let now = cells(picture)?;
        let size = now.size()?;
        let Some(before) = self.before.replace(now.try_clone()?) else { return Ok(true) };
        if before.size()? != size {
            self.usual = None;
            return Ok(true);
        }
        let differs = difference(&before, &now)?;
        let usual = match self.usual.take() {
            Some(usual) => usual,
            None => Mat::new_size_with_default(size, CV_32F, f64::from(LEAST / TIMES_USUAL).into())?,
        };
        let changed = is_changed(&differs, &usual)?;
        let mut learned = usual;
        // what people do must not become usual: more than it takes to be seen teaches nothing
        let mut bounded = Mat::default();
        core::min(&differs, &core::Scalar::all(f64::from(MOST)), &mut bounded)?;
        imgproc::accumulate_weighted(&bounded, &mut learned, 1.0 / REMEMBERED, &core::no_array())?;
        self.usual = Some(learned);
        Ok(changed)
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Mean brightness of each cell.
fn cells(picture: Pixels<'_>) -> opencv::Result<Mat> {
    let grey = canvas::grey(picture)?;
    let (mut small, mut cells) = (Mat::default(), Mat::default());
    let size = Size::new((grey.cols() / CELL).max(1), (grey.rows() / CELL).max(1));
    imgproc::resize(&grey, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    small.convert_to(&mut cells, CV_32F, 1.0, 0.0)?;
    Ok(cells)
}

/// By how much each cell differs beyond what all around it does.
fn difference(before: &Mat, now: &Mat) -> opencv::Result<Mat> {
    let (mut raw, mut around, mut apart) = (Mat::default(), Mat::default(), Mat::default());
    core::subtract(now, before, &mut raw, &core::no_array(), -1)?;
    let around_size = Size::new(AROUND, AROUND);
    imgproc::box_filter(&raw, &mut around, -1, around_size, Point::new(-1, -1), true, BORDER_REPLICATE)?;
    core::absdiff(&raw, &around, &mut apart)?;
    Ok(apart)
}

/// Enough cells near each other differ by more than they usually do.
fn is_changed(differs: &Mat, usual: &Mat) -> opencv::Result<bool> {
    let mut marked = Mat::new_size_with_default(differs.size()?, CV_32F, 0.0.into())?;
    for ((mark, differs), usual) in marked
        .data_typed_mut::<f32>()?
        .iter_mut()
        .zip(differs.data_typed::<f32>()?)
        .zip(usual.data_typed::<f32>()?)
    {
        *mark = f32::from(u8::from(*differs > (TIMES_USUAL * usual).clamp(LEAST, MOST)));
    }
    let mut together = Mat::default();
    let square = Size::new(TOGETHER, TOGETHER);
    imgproc::box_filter(
        &marked,
        &mut together,
        -1,
        square,
        Point::new(-1, -1),
        false,
        core::BORDER_CONSTANT,
    )?;
    let mut most = 0.0;
    core::min_max_loc(&together, None, Some(&mut most), None, None, &core::no_array())?;
    Ok(most >= CELLS - 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 416;
    const HEIGHT: usize = 234;

    /// A grey street with a darker wall, noise of that deviation, all `gain` times as bright, and a dark figure.
    fn street(seed: u32, noise: f64, gain: f64, figure: Option<(usize, usize, usize)>) -> Vec<u8> {
        let mut state = seed;
        let mut uniform = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1_u32 << 24) - 0.5
        };
        let mut bgr = Vec::with_capacity(3 * WIDTH * HEIGHT);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let ground = if y < 90 { 80.0 } else { 110.0 + 20.0 * ((x / 24) % 2) as f64 };
                let is_figure = figure.is_some_and(|(left, top, height)| {
                    (left..left + height * 2 / 5).contains(&x) && (top..top + height).contains(&y)
                });
                let level = if is_figure { ground - 25.0 } else { ground };
                // the sum of four is near enough to a normal distribution, whose deviation is 1/√3
                let grain = (uniform() + uniform() + uniform() + uniform()) * noise * 3.0_f64.sqrt();
                let value = (level * gain + grain).round().clamp(0.0, 255.0) as u8;
                bgr.extend([value; 3]);
            }
        }
        bgr
    }

    fn look(meter: &mut ChangeMeter, bgr: &[u8]) -> bool {
        meter.look(Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr }).unwrap()
    }

    #[test]
    fn noise_and_light_are_no_change() {
        let mut meter = ChangeMeter::default();
        assert!(look(&mut meter, &street(1, 4.0, 1.0, None)), "nobody knows what was before the first");
        let calm = (2..40).all(|n| !look(&mut meter, &street(n, 4.0, 1.0 + 0.01 * f64::from(n % 7), None)));
        assert!(calm);
    }

    #[test]
    fn a_small_person_in_dull_clothes_is_seen_to_come_to_move_and_to_go() {
        for noise in [1.0, 4.0, 7.0] {
            let mut meter = ChangeMeter::default();
            for n in 1..40 {
                look(&mut meter, &street(n, noise, 1.0, None));
            }
            assert!(look(&mut meter, &street(90, noise, 1.0, Some((300, 140, 22)))), "comes, noise {noise}");
            assert!(
                !look(&mut meter, &street(91, noise, 1.0, Some((300, 140, 22)))),
                "stands, noise {noise}"
            );
            assert!(look(&mut meter, &street(92, noise, 1.0, Some((306, 140, 22)))), "moves, noise {noise}");
            assert!(look(&mut meter, &street(93, noise, 1.0, None)), "goes, noise {noise}");
        }
    }

    #[test]
    fn what_always_flickers_becomes_usual_and_people_before_it_do_not() {
        let mut meter = ChangeMeter::default();
        let mut shown = 0;
        for n in 1..200 {
            // leaves: a patch that comes and goes by a little
            let mut bgr = street(n, 2.0, 1.0, None);
            if n % 2 == 0 {
                for y in 20..60 {
                    for value in &mut bgr[3 * (y * WIDTH + 100)..3 * (y * WIDTH + 160)] {
                        *value = value.saturating_add(9);
                    }
                }
            }
            shown += u32::from(look(&mut meter, &bgr));
        }
        assert!(shown < 60, "{shown} of 200");
        assert!(look(&mut meter, &street(900, 2.0, 1.0, Some((120, 30, 24)))), "somebody before the leaves");
    }
}

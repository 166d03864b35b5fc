//! How what moves moves: dense optical flow between two looks, on a grid.
//!
//! Farneback's method at half the size that the detector sees: it follows people of 20 pixels over their own width, where
//! patch methods lose them. Only pixels that really changed count, so that a bare wall that guesses does not.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Point2f, Size};
use opencv::{imgproc, video};
use xunge_scene::{
    Point, StreamTime,
    facts::{Flow, FlowCell},
};

use super::{Pixels, canvas};

/// Pixels of the halved picture to a side of a cell: a person 20 pixels high is two cells wide.
const CELL: usize = 4;
/// Grey levels by which a pixel must change to count as moving; noise of cameras in daylight stays below.
const CHANGED: u8 = 10;
/// A pair of looks further apart than this says nothing about speed.
const FURTHEST_SECS: f64 = 1.0;

/// Measures flow from look to look.
#[derive(Default)]
pub struct FlowMeter {
    before: Option<(StreamTime, Mat)>,
    grid: Flow,
}

impl FlowMeter {
    /// Flow since the picture before; none at the first, after a pause, or when the size has changed.
    pub fn look(&mut self, at: StreamTime, picture: Pixels<'_>) -> opencv::Result<Option<&Flow>> {
        let now = halved_grey(picture)?;
        let Some((then, before)) = self.before.replace((at, now)) else { return Ok(None) };
        let Some((_, now)) = &self.before else { return Ok(None) };
        let secs = at.since(then).as_secs_f64();
        if secs <= 0.0 || secs > FURTHEST_SECS || before.size()? != now.size()? {
            return Ok(None);
        }
        let mut flow = Mat::default();
        video::calc_optical_flow_farneback(&before, now, &mut flow, 0.5, 3, 11, 2, 5, 1.1, 0)?;
        let (rows, columns) = (now.rows(), now.cols());
        let size = |n: i32| usize::try_from(n).unwrap_or(0) / CELL;
        self.grid.columns = size(columns);
        self.grid.rows = size(rows);
        self.grid.cells.clear();
        let moving = changed(&before, now)?;
        let moving = moving.data_typed::<u8>()?;
        let vectors = flow.data_typed::<Point2f>()?;
        let width = usize::try_from(columns).unwrap_or(0);
        // pixels per look → frame heights per second
        let scale = 1.0 / (f64::from(rows) * secs);
        for row in 0..self.grid.rows {
            for column in 0..self.grid.columns {
                self.grid.cells.push(cell(vectors, moving, width, (column, row), scale));
            }
        }
        Ok(Some(&self.grid))
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.before = None;
    }
}

fn cell(
    vectors: &[Point2f],
    moving: &[u8],
    width: usize,
    (column, row): (usize, usize),
    scale: f64,
) -> FlowCell {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0_f64);
    for line in 0..CELL {
        let start = (row * CELL + line) * width + column * CELL;
        let (Some(vectors), Some(moving)) =
            (vectors.get(start..start + CELL), moving.get(start..start + CELL))
        else {
            continue;
        };
        for (vector, _) in vectors.iter().zip(moving).filter(|(_, moves)| **moves > 0) {
            x += f64::from(vector.x);
            y += f64::from(vector.y);
            count += 1.0;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "16 pixels")]
    let all = (CELL * CELL) as f64;
    let mean = scale / count.max(1.0);
    FlowCell { velocity: Point::new(x * mean, y * mean), moving: count / all }
}

/// The picture in grey at half its size.
fn halved_grey(picture: Pixels<'_>) -> opencv::Result<Mat> {
    let grey = canvas::grey(picture)?;
    let mut half = Mat::default();
    let size = Size::new((grey.cols() / 2).max(1), (grey.rows() / 2).max(1));
    imgproc::resize(&grey, &mut half, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(half)
}

/// Where the two differ, and next to it.
fn changed(before: &Mat, now: &Mat) -> opencv::Result<Mat> {
    let mut difference = Mat::default();
    opencv::core::absdiff(before, now, &mut difference)?;
    let mut changed = Mat::default();
    imgproc::threshold(&difference, &mut changed, f64::from(CHANGED), 255.0, imgproc::THRESH_BINARY)?;
    let mut grown = Mat::default();
    let around = Mat::ones(3, 3, opencv::core::CV_8U)?;
    imgproc::dilate_def(&changed, &mut grown, &around)?;
    Ok(grown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 240;

    /// Noise-like texture everywhere, and a textured square whose left edge stands at `x`.
    fn picture(x: usize) -> Vec<u8> {
        let texture = |x: usize, y: usize| -> u8 {
            let wave = (x as f64 * 0.45).sin() + (y as f64 * 0.38).cos() + ((x + 2 * y) as f64 * 0.21).sin();
            (128.0 + 40.0 * wave) as u8
        };
        (0..WIDTH * HEIGHT)
            .flat_map(|i| {
                let (column, row) = (i % WIDTH, i / WIDTH);
                let inside = (x..x + 40).contains(&column) && (100..160).contains(&row);
                let value = if inside { texture(column - x + 7, row) } else { 90 };
                [value; 3]
            })
            .collect()
    }

    fn pixels(bgr: &[u8]) -> Pixels<'_> {
        Pixels { width: WIDTH, height: HEIGHT, stride: 3 * WIDTH, bgr }
    }

    #[test]
    fn a_square_that_moves_has_its_speed_and_the_rest_none() {
        let mut meter = FlowMeter::default();
        let (one, two) = (picture(100), picture(108));
        assert!(meter.look(StreamTime::from_secs(0.0), pixels(&one)).unwrap().is_none());
        let flow = meter.look(StreamTime::from_secs(0.2), pixels(&two)).unwrap().unwrap();
        // 8 of 240 rows in 0.2 s
        let speed = 8.0 / 240.0 / 0.2;
        let middle = Bounds::new(116.0 / 320.0, 115.0 / 240.0, 20.0 / 320.0, 30.0 / 240.0);
        let inside: Vec<_> = flow.within(middle).map(|(_, cell)| *cell).collect();
        let mean = inside.iter().map(|c| c.velocity.x).sum::<f64>() / inside.len() as f64;
        assert!((mean - speed).abs() < 0.25 * speed, "{mean} for {speed}");
        let away = Bounds::new(0.0, 0.0, 0.2, 0.3);
        assert!(flow.within(away).all(|(_, cell)| cell.moving == 0.0));
    }

    #[test]
    fn a_pause_or_another_size_says_nothing() {
        let mut meter = FlowMeter::default();
        let one = picture(100);
        meter.look(StreamTime::from_secs(0.0), pixels(&one)).unwrap();
        assert!(meter.look(StreamTime::from_secs(5.0), pixels(&one)).unwrap().is_none());
        let small = Pixels { width: 160, height: 120, stride: 480, bgr: &one };
        assert!(meter.look(StreamTime::from_secs(5.2), small).unwrap().is_none());
    }

    use xunge_scene::Bounds;
}

//! The picture that the background is compared with: packed, and smoothed a little against noise.

use opencv::core::{self, Mat, MatTraitConstManual, Point, Scalar, Size, Vec3b};
use opencv::imgproc;
use xunge_scene::Bounds;

use super::super::{Pixels, canvas::with_colour};

/// B, G, R.
pub(super) type Colour = [u8; 3];

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extent {
    pub width: usize,
    pub height: usize,
}

impl Extent {
    pub fn area(self) -> usize {
        self.width * self.height
    }

    /// Width / height.
    pub fn aspect(self) -> f64 {
        self.width as f64 / self.height.max(1) as f64
    }

    /// A window as shares of the picture.
    pub fn shares(self, window: Window) -> Bounds {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        Bounds::new(
            share(window.left, self.width),
            share(window.top, self.height),
            share(window.width(), self.width),
            share(window.height(), self.height),
        )
    }

    /// Columns and rows from `(left, top)` to `(right, bottom)`, ends excluded, grown by `margin` and cut to fit.
    pub fn window(self, (left, top, right, bottom): (usize, usize, usize, usize), margin: usize) -> Window {
        Window {
            left: left.saturating_sub(margin),
            top: top.saturating_sub(margin),
            right: (right + margin).min(self.width),
            bottom: (bottom + margin).min(self.height),
        }
    }
}

/// A part of the picture; right and bottom are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Window {
    pub fn width(self) -> usize {
        self.right - self.left
    }

    pub fn height(self) -> usize {
        self.bottom - self.top
    }
}

fn side(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// The picture, smoothed by a 3 × 3 window.
pub(super) fn smoothed(picture: Pixels<'_>) -> opencv::Result<Mat> {
    with_colour(picture, |colour| {
        let mut smooth = Mat::default();
        imgproc::gaussian_blur_def(colour, &mut smooth, Size::new(3, 3), 0.0)?;
        Ok(smooth)
    })
}

/// The pixels of a packed colour picture.
pub(super) fn colours(picture: &Mat) -> opencv::Result<&[Colour]> {
    Ok(picture.data_bytes()?.as_chunks::<3>().0)
}

/// The darkest and the brightest of each pixel and its eight neighbours.
pub(super) fn range(colours: &[Colour], extent: Extent) -> opencv::Result<(Mat, Mat)> {
    let picture = Mat::new_rows_cols_with_bytes::<Vec3b>(
        side(extent.height),
        side(extent.width),
        colours.as_flattened(),
    )?;
    let around = Mat::ones(3, 3, core::CV_8U)?;
    let (mut low, mut high) = (Mat::default(), Mat::default());
    imgproc::erode_def(&picture, &mut low, &around)?;
    imgproc::dilate_def(&picture, &mut high, &around)?;
    Ok((low, high))
}

/// Connected parts of a mask (0 or not), after gaps of a pixel are closed and lines of a pixel are dropped.
pub(super) struct Parts {
    labels: Mat,
    /// Left, top, width, height, area of each, from the first.
    pub stats: Vec<[usize; 5]>,
}

impl Parts {
    pub fn of(mask: &[u8], extent: Extent) -> opencv::Result<Self> {
        let mask = Mat::new_rows_cols_with_bytes::<u8>(side(extent.height), side(extent.width), mask)?;
        let (mut closed, mut opened) = (Mat::default(), Mat::default());
        let around = Mat::ones(3, 3, core::CV_8U)?;
        let (anchor, border) = (Point::new(-1, -1), Scalar::default());
        let (close, open, edge) = (imgproc::MORPH_CLOSE, imgproc::MORPH_OPEN, core::BORDER_CONSTANT);
        imgproc::morphology_ex(&mask, &mut closed, close, &around, anchor, 1, edge, border)?;
        imgproc::morphology_ex(&closed, &mut opened, open, &around, anchor, 1, edge, border)?;
        let (mut labels, mut stats, mut middles) = (Mat::default(), Mat::default(), Mat::default());
        let count = imgproc::connected_components_with_stats(
            &opened,
            &mut labels,
            &mut stats,
            &mut middles,
            8,
            core::CV_32S,
        )?;
        let size = |n: &i32| usize::try_from(*n).unwrap_or(0);
        let rows = (1..count).map(|row| {
            let row = stats.at_row::<i32>(row)?;
            Ok([0, 1, 2, 3, 4].map(|column| row.get(column).map_or(0, size)))
        });
        Ok(Self { stats: rows.collect::<opencv::Result<_>>()?, labels })
    }

    /// Which part each pixel belongs to: 0 is none, 1 the first.
    pub fn labels(&self) -> opencv::Result<&[i32]> {
        self.labels.data_typed::<i32>()
    }
}

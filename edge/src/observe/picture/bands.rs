//! One grey picture taken apart by size of detail, and the comparison of two.
//!
//! Each comparison is one number for each cell of a coarse grid, so that a part of the picture that is hidden by somebody
//! spoils its own cells only.

use opencv::core::{self, Mat, MatTraitConst, MatTraitConstManual, Size};
use opencv::imgproc;

/// Cells across; a person in the middle distance fills one or two.
const COLUMNS: i32 = 12;
/// Cells down.
const ROWS: i32 = 8;

/// Radius of what counts as fine, pixels of the full picture.
const FINE: f64 = 1.5;
/// Radius of the noise that is smoothed away before edges are taken, pixels of the halved picture.
const NOISE: f64 = 1.0;
/// Radius of the surroundings that an edge stands out from, pixels of the halved picture.
const AROUND: f64 = 4.0;
/// Size of the picture seen from afar: one pixel for so many of the halved picture.
const AFAR: i32 = 4;
/// Radius of the surroundings there.
const AFAR_AROUND: f64 = 8.0;

/// A picture by size of detail. Everything is a deviation from the surroundings: brightness as such is in none.
pub(super) struct Bands {
    /// The finest detail, at full size.
    fine: Mat,
    /// Edges and texture without noise, at half size.
    edges: Mat,
    /// Direction of the edges with twice their angle, so that bright-to-dark is dark-to-bright: infrared light turns
    /// many edges over.
    along: Mat,
    across: Mat,
    /// What is left from afar.
    afar: Mat,
}

/// One number for each cell.
pub(super) type Cells = Vec<f32>;

impl Bands {
    /// Of a grey picture of floats, 0..255.
    pub(super) fn of(grey: &Mat) -> opencv::Result<Self> {
        let half = shrunk(grey, 2)?;
        let smooth = blurred(&half, NOISE)?;
        let far = blurred(&shrunk(&half, AFAR)?, NOISE)?;
        let (along, across) = directions(&smooth)?;
        Ok(Self {
            fine: minus(grey, &blurred(grey, FINE)?)?,
            edges: minus(&smooth, &blurred(&half, AROUND)?)?,
            along,
            across,
            afar: minus(&far, &blurred(&far, AFAR_AROUND)?)?,
        })
    }
}

/// What two pictures have in common, cell by cell, as sums of products.
pub(super) struct Products {
    /// Of the edges: of one with itself, of the other with itself, of both.
    pub edges: [Cells; 3],
    /// Of the directions.
    directions: [Cells; 3],
}

impl Products {
    /// Of the picture as it usually is and as it is now.
    pub(super) fn of(usual: &Bands, now: &Bands) -> opencv::Result<Self> {
        let directions = |a: &Bands, b: &Bands| -> opencv::Result<Cells> {
            let mut sum = cells(&a.along, &b.along)?;
            for (sum, more) in sum.iter_mut().zip(cells(&a.across, &b.across)?) {
                *sum += more;
            }
            Ok(sum)
        };
        Ok(Self {
            edges: [
                cells(&usual.edges, &usual.edges)?,
                cells(&now.edges, &now.edges)?,
                cells(&usual.edges, &now.edges)?,
            ],
            directions: [directions(usual, usual)?, directions(now, now)?, directions(usual, now)?],
        })
    }

    /// Whether the cell's edges are where they were: either as bright and dark as before, or turned over.
    pub(super) fn same(&self, cell: usize) -> bool {
        correlation(&self.edges, cell) > SAME || correlation(&self.directions, cell) > SAME
    }
}

/// Two views of a place correlate by .9 and more whatever the light; of two places hardly any cell gets to half.
const SAME: f32 = 0.5;

/// Of one cell, -1..1.
fn correlation([usual, now, both]: &[Cells; 3], cell: usize) -> f32 {
    let at = |cells: &Cells| cells.get(cell).copied().unwrap_or(0.0);
    at(both) / (at(usual) * at(now)).sqrt().max(1e-3)
}

/// Fine detail: energy as usual, energy now, the part of it that is noise, and their product.
pub(super) struct Fine {
    pub usual: Cells,
    pub now: Cells,
    pub noise: Cells,
    pub both: Cells,
}

impl Fine {
    /// Noise is what differs from the picture `before`.
    pub(super) fn of(usual: &Bands, now: &Bands, before: Option<&Bands>) -> opencv::Result<Self> {
        let noise = match before {
            Some(before) => {
                let change = minus(&now.fine, &before.fine)?;
                // two pictures' noise adds up
                cells(&change, &change)?.into_iter().map(|energy| 0.5 * energy).collect()
            }
            None => vec![0.0; (COLUMNS * ROWS) as usize],
        };
        Ok(Self {
            usual: cells(&usual.fine, &usual.fine)?,
            now: cells(&now.fine, &now.fine)?,
            noise,
            both: cells(&usual.fine, &now.fine)?,
        })
    }
}

/// Seen from afar: correlation of the two, and how strong the one now is for its share in the usual one.
pub(super) fn afar(usual: &Bands, now: &Bands) -> opencv::Result<(f64, f64)> {
    let (a, b) = (&usual.afar, &now.afar);
    let (aa, bb, ab) = (a.dot(a)?, b.dot(b)?, a.dot(b)?);
    Ok((ab / (aa * bb).sqrt().max(1e-3), ab / aa.max(1e-3)))
}

/// Share of the cells in which more than a speck differs between two grey pictures of bytes.
pub(super) fn changed(before: &Mat, now: &Mat) -> opencv::Result<f64> {
    /// Of a cell's pixels: a speck is no change.
    const SPECK: f32 = 0.002;
    let differing = |a: &[u8], b: &[u8]| a.iter().zip(b).filter(|(a, b)| a != b).count() as f32;
    let shares = means(before.data_typed::<u8>()?, now.data_typed::<u8>()?, before.size()?, differing);
    let count = shares.iter().filter(|share| **share > SPECK).count();
    Ok(count as f64 / shares.len().max(1) as f64)
}

/// Mean of the product over each cell.
fn cells(a: &Mat, b: &Mat) -> opencv::Result<Cells> {
    Ok(means(a.data_typed::<f32>()?, b.data_typed::<f32>()?, a.size()?, product))
}

/// Sum of products, in lanes, so that the compiler takes several at once.
fn product(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

/// For each cell the mean over its pixels of what `sum` makes of a piece of a row of both pictures.
fn means<T>(a: &[T], b: &[T], size: Size, sum: impl Fn(&[T], &[T]) -> f32) -> Cells {
    let whole = |n: i32| usize::try_from(n).unwrap_or_default();
    let (width, height, columns, rows) = (whole(size.width), whole(size.height), whole(COLUMNS), whole(ROWS));
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        let lines = row * height / rows..(row + 1) * height / rows;
        for column in 0..columns {
            let (left, right) = (column * width / columns, (column + 1) * width / columns);
            let pieces = lines.clone().map(|line| line * width + left..line * width + right);
            let total: f32 = pieces.filter_map(|piece| Some(sum(a.get(piece.clone())?, b.get(piece)?))).sum();
            cells.push(total / (lines.len() * (right - left)).max(1) as f32);
        }
    }
    cells
}

fn shrunk(picture: &Mat, by: i32) -> opencv::Result<Mat> {
    let mut small = Mat::default();
    let size = Size::new((picture.cols() / by).max(1), (picture.rows() / by).max(1));
    imgproc::resize(picture, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(small)
}

fn blurred(picture: &Mat, radius: f64) -> opencv::Result<Mat> {
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(picture, &mut smooth, Size::new(0, 0), radius)?;
    Ok(smooth)
}

fn minus(a: &Mat, b: &Mat) -> opencv::Result<Mat> {
    let mut difference = Mat::default();
    core::subtract_def(a, b, &mut difference)?;
    Ok(difference)
}

/// The gradient with its angle doubled: as long as it is steep.
fn directions(smooth: &Mat) -> opencv::Result<(Mat, Mat)> {
    let (mut x, mut y) = (Mat::default(), Mat::default());
    imgproc::sobel_def(smooth, &mut x, core::CV_32F, 1, 0)?;
    imgproc::sobel_def(smooth, &mut y, core::CV_32F, 0, 1)?;
    let mut steep = Mat::default();
    core::magnitude(&x, &y, &mut steep)?;
    let product = |a: &Mat, b: &Mat| -> opencv::Result<Mat> {
        let mut product = Mat::default();
        core::multiply_def(a, b, &mut product)?;
        Ok(product)
    };
    let (xx, yy, xy) = (product(&x, &x)?, product(&y, &y)?, product(&x, &y)?);
    // no edge has no direction: 0 / 1e-3, not 0 / 0
    let mut divisor = Mat::default();
    core::add_weighted(&steep, 1.0, &steep, 0.0, 1e-3, &mut divisor, -1)?;
    let (mut along, mut across) = (Mat::default(), Mat::default());
    core::divide2(&minus(&xx, &yy)?, &divisor, &mut along, 1.0, -1)?;
    core::divide2(&xy, &divisor, &mut across, 2.0, -1)?;
    Ok((along, across))
}

//! Pictures in memory, and the few operations on them that OpenCV does for us.

use anyhow::{Context, Result};
use opencv::boxed_ref::BoxedRef;
use opencv::core::{BORDER_REFLECT_101, Mat, Scalar, Size, Vec3b};
use opencv::{imgcodecs, imgproc, prelude::*};

/// Rows of B, G, R bytes without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `3 * width * height` bytes.
    pub bgr: Vec<u8>,
}

impl Picture {
    /// One colour everywhere.
    pub fn plain(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, bgr: colour.repeat(width * height) }
    }

    /// B, G, R of one pixel, which must be inside.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = 3 * (y * self.width + x);
        [self.bgr[at], self.bgr[at + 1], self.bgr[at + 2]]
    }

    /// A larger or smaller copy.
    pub fn resized(&self, width: usize, height: usize) -> Result<Self> {
        let mode = if width < self.width { imgproc::INTER_AREA } else { imgproc::INTER_CUBIC };
        self.made(width, height, |from, to, size| imgproc::resize(from, to, size, 0.0, 0.0, mode))
    }

    /// As a lens out of focus shows it; `sigma_px` is the radius of the blur.
    pub fn blurred(&self, sigma_px: f64) -> Result<Self> {
        self.made(self.width, self.height, |from, to, _| {
            imgproc::gaussian_blur(from, to, Size::default(), sigma_px, sigma_px, BORDER_REFLECT_101)
        })
    }

    /// Through an affine map from this picture to the new one: `[a, b, c, d, e, f]` is x' = ax + by + c, y' = dx + ey + f.
    pub fn warped(&self, map: [f64; 6], width: usize, height: usize) -> Result<Self> {
        let rows = [&map[..3], &map[3..]];
        let matrix = Mat::from_slice_2d(&rows)?;
        self.made(width, height, |from, to, size| {
            let (mode, border) = (imgproc::INTER_LINEAR, BORDER_REFLECT_101);
            imgproc::warp_affine(from, to, &matrix, size, mode, border, Scalar::default())
        })
    }

    fn made(
        &self,
        width: usize,
        height: usize,
        operation: impl FnOnce(&BoxedRef<'_, Mat>, &mut Mat, Size) -> opencv::Result<()>,
    ) -> Result<Self> {
        let from =
            Mat::new_rows_cols_with_bytes::<Vec3b>(length(self.height)?, length(self.width)?, &self.bgr)?;
        let mut to = Mat::default();
        operation(&from, &mut to, Size::new(length(width)?, length(height)?))?;
        Ok(Self { width, height, bgr: to.data_bytes()?.to_vec() })
    }

    /// Writes a PNG or JPEG, for looking at.
    pub fn save(&self, path: &std::path::Path) -> Result<()> {
        let from =
            Mat::new_rows_cols_with_bytes::<Vec3b>(length(self.height)?, length(self.width)?, &self.bgr)?;
        let written = imgcodecs::imwrite_def(path.display().to_string().as_str(), &from)?;
        anyhow::ensure!(written, "{} could not be written", path.display());
        Ok(())
    }
}

/// A length as OpenCV counts.
pub fn length(pixels: usize) -> Result<i32> {
    i32::try_from(pixels).context("a picture is too large")
}

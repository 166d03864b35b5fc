//! Pixels become facts here, and only here: every use of ONNX Runtime and OpenCV's vision lives below.
//!
//! A kind of fact is one file. The scene is shown facts and never sees a pixel.

pub mod attire;
pub mod background;
mod canvas;
pub mod change;
pub mod crop;
pub mod detector;
pub mod flow;
pub mod letterbox;
pub mod meters;
pub mod nanodet;
pub mod past;
pub mod picture;
pub mod pool;
pub mod pose;
pub mod runtime;
mod sameness;
mod turned;

/// A borrowed picture: rows of B, G, R bytes.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from one row to the next, at least `3 * width`.
    pub stride: usize,
    /// At least `stride * (height - 1) + 3 * width` bytes.
    pub bgr: &'a [u8],
}

impl<'a> Pixels<'a> {
    /// Row `y`, exactly `3 * width` bytes; none outside the picture or the buffer.
    pub fn row(&self, y: usize) -> Option<&'a [u8]> {
        if y >= self.height {
            return None;
        }
        let start = self.stride.checked_mul(y)?;
        self.bgr.get(start..start.checked_add(3 * self.width)?)
    }
}

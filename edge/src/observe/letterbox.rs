//! Fits a picture into the detector's input: same aspect, top left, the rest black.

use super::Pixels;

/// Per-channel normalisation `(value - mean) / std`, as a table over the 256 byte values.
#[derive(Debug, Clone)]
pub struct Normaliser {
    table: Box<[[f32; 256]; 3]>,
}

impl Normaliser {
    /// `mean` and `std` in the order B, G, R, on the scale 0..255. `std` must not be 0.
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Self {
        let mut table = Box::new([[0.0; 256]; 3]);
        for (channel, values) in table.iter_mut().enumerate() {
            for (byte, value) in (0_u16..256).zip(values.iter_mut()) {
                *value = (f32::from(byte) - mean[channel]) / std[channel];
            }
        }
        Self { table }
    }

    /// Writes `picture` as planes B, G, R of `width` × `height` into `out`, top left, black elsewhere.
    ///
    /// The picture must already be scaled to fit; what sticks out is cut off. `out` holds `3 * width * height`.
    pub fn planes(&self, picture: Pixels<'_>, width: usize, height: usize, out: &mut [f32]) {
        for (channel, plane) in out.chunks_exact_mut(width * height).take(3).enumerate() {
            let values = &self.table[channel];
            for (y, line) in plane.chunks_exact_mut(width).enumerate() {
                let row = picture.row(y).unwrap_or(&[]);
                let filled = (row.len() / 3).min(width);
                for (value, pixel) in line.iter_mut().zip(row.chunks_exact(3)) {
                    *value = values[usize::from(pixel[channel])];
                }
                line[filled..].fill(values[0]);
            }
        }
    }
}

/// Size of a `full_width` × `full_height` picture when fitted into `width` × `height`; never 0, never larger.
pub fn fit(full_width: usize, full_height: usize, width: usize, height: usize) -> (usize, usize) {
    let (full_width, full_height) = (full_width.max(1), full_height.max(1));
    if full_width * height >= full_height * width {
        let fitted = (full_height * width + full_width / 2) / full_width;
        (width, fitted.clamp(1, height))
    } else {
        let fitted = (full_width * height + full_height / 2) / full_height;
        (fitted.clamp(1, width), height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_with_their_aspect() {
        assert_eq!(fit(1920, 1080, 416, 256), (416, 234));
        assert_eq!(fit(768, 576, 416, 256), (341, 256));
        assert_eq!(fit(416, 256, 416, 256), (416, 256));
        assert_eq!(fit(100_000, 1, 416, 256), (416, 1));
        assert_eq!(fit(0, 0, 416, 256), (256, 256));
    }

    #[test]
    fn a_picture_stands_top_left_and_the_rest_is_black() {
        let normaliser = Normaliser::new([10.0, 20.0, 30.0], [2.0, 4.0, 5.0]);
        // 1 × 2 picture with one byte of padding per row
        let bgr = [12, 24, 35, 99, 14, 28, 40];
        let picture = Pixels { width: 1, height: 2, stride: 4, bgr: &bgr };
        let mut out = [f32::NAN; 18];
        normaliser.planes(picture, 2, 3, &mut out);
        assert_eq!(out[..6], [1.0, -5.0, 2.0, -5.0, -5.0, -5.0]);
        assert_eq!(out[6..12], [1.0, -5.0, 2.0, -5.0, -5.0, -5.0]);
        assert_eq!(out[12..], [1.0, -6.0, 2.0, -6.0, -6.0, -6.0]);
    }
}

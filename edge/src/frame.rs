//! A decoded, scaled picture on its camera's timeline.

use std::fmt;

use gstreamer as gst;
use xunge_scene::time::StreamTime;

use crate::{decode::Mode, observe};

/// One picture: rows of B, G, R bytes. It is cheap to move and is shared by `Arc`.
pub struct Frame {
    /// When, on the camera's own timeline.
    pub at: StreamTime,
    /// Connection it came by; see [`crate::ingest::Packet::session`].
    pub session: u32,
    /// What was being decoded when it was.
    pub mode: Mode,
    /// Columns of this picture.
    pub width: usize,
    /// Rows of this picture.
    pub height: usize,
    /// Bytes from one row to the next, at least `3 * width`.
    pub stride: usize,
    /// Columns before scaling.
    pub full_width: usize,
    /// Rows before scaling.
    pub full_height: usize,
    /// The decoded picture, where it is kept: of live cameras, for a snapshot of this moment.
    pub original: Option<Original>,
    pixels: Pixels,
}

/// A decoded picture in full size, in the decoder's own buffer. While one is held the decoder has a buffer less: keep few.
#[derive(Clone)]
pub struct Original(pub(crate) gst::Sample);

enum Pixels {
    /// The converter's own buffer, not copied.
    Mapped(gst::MappedBuffer<gst::buffer::Readable>),
    Owned(Vec<u8>),
}

impl Frame {
    /// A picture from bytes; none when there are fewer than `stride * (height - 1) + 3 * width`.
    pub fn from_bgr(
        at: StreamTime,
        width: usize,
        height: usize,
        stride: usize,
        bgr: Vec<u8>,
    ) -> Option<Self> {
        let frame = Self {
            at,
            session: 0,
            mode: Mode::All,
            width,
            height,
            stride,
            full_width: width,
            full_height: height,
            original: None,
            pixels: Pixels::Owned(bgr),
        };
        frame.is_whole().then_some(frame)
    }

    /// A picture in the converter's buffer; none when the buffer is too small for it.
    pub(crate) fn mapped(
        at: StreamTime,
        session: u32,
        mode: Mode,
        (width, height, stride): (usize, usize, usize),
        (full_width, full_height): (usize, usize),
        pixels: gst::MappedBuffer<gst::buffer::Readable>,
    ) -> Option<Self> {
        let pixels = Pixels::Mapped(pixels);
        let original = None;
        let frame =
            Self { at, session, mode, width, height, stride, full_width, full_height, original, pixels };
        frame.is_whole().then_some(frame)
    }

    /// The bytes, `stride` from row to row.
    pub fn bgr(&self) -> &[u8] {
        match &self.pixels {
            Pixels::Mapped(map) => map.as_slice(),
            Pixels::Owned(bytes) => bytes,
        }
    }

    /// For measuring.
    pub fn pixels(&self) -> observe::Pixels<'_> {
        observe::Pixels { width: self.width, height: self.height, stride: self.stride, bgr: self.bgr() }
    }

    fn is_whole(&self) -> bool {
        let row = self.width.checked_mul(3);
        let last = self.height.checked_sub(1).and_then(|rows| rows.checked_mul(self.stride));
        match (row, last) {
            (Some(row), Some(last)) => {
                row > 0 && self.stride >= row && last.checked_add(row).is_some_and(|n| n <= self.bgr().len())
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Frame({} of session {}, {}x{} of {}x{})",
            self.at, self.session, self.width, self.height, self.full_width, self.full_height
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_bytes_make_no_frame() {
        let make = |w, h, stride, n| Frame::from_bgr(StreamTime::ZERO, w, h, stride, vec![0; n]);
        assert!(make(2, 2, 8, 14).is_some());
        assert!(make(2, 2, 8, 13).is_none());
        assert!(make(2, 2, 5, 100).is_none());
        assert!(make(0, 2, 8, 100).is_none());
        assert!(make(2, 0, 8, 100).is_none());
        assert!(make(2, usize::MAX, usize::MAX, 100).is_none());
    }
}

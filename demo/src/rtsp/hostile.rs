//! Noise where video should be.

use gstreamer as gst;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Source of noise; the same on every run.
pub(crate) struct Noise(StdRng);

impl Noise {
    pub(crate) fn new() -> Self {
        Self(StdRng::seed_from_u64(0x5eed))
    }

    /// An RTP packet whose payload is noise.
    pub(crate) fn rtp_packet(&mut self, sequence: u32) -> gst::Buffer {
        let mut bytes = vec![0x80, 96];
        bytes.extend_from_slice(&(sequence as u16).to_be_bytes());
        bytes.extend_from_slice(&sequence.wrapping_mul(3600).to_be_bytes());
        bytes.extend_from_slice(&0x1234_5678_u32.to_be_bytes());
        bytes.extend((0..400).map(|_| self.byte()));
        gst::Buffer::from_slice(bytes)
    }

    /// The same unit with its parameter sets, but with noise for pictures. H.264 in byte-stream form.
    pub(crate) fn spoil_pictures(&mut self, buffer: &gst::Buffer) -> gst::Buffer {
        let Ok(map) = buffer.map_readable() else { return buffer.copy() };
        let mut bytes = map.as_slice().to_vec();
        let starts: Vec<usize> =
            (0..bytes.len().saturating_sub(3)).filter(|&i| bytes[i..i + 3] == [0, 0, 1]).map(|i| i + 3).collect();
        for (n, &start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).map_or(bytes.len(), |next| next - 3);
            // 1 and 5 are slices of pictures; the rest stays right
            if matches!(bytes[start] & 0x1f, 1 | 5) {
                for byte in &mut bytes[start + 1..end] {
                    *byte = self.byte();
                }
            }
        }
        gst::Buffer::from_slice(bytes)
    }

    /// Never zero, so that no start code comes about by chance.
    fn byte(&mut self) -> u8 {
        self.0.random_range(1..=255)
    }
}

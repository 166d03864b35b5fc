//! Noise where video should be.

use std::sync::{Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as gst_rtsp_server;
use gstreamer_rtsp_server::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Every RTP packet of the factory's streams becomes noise behind its header.
pub(crate) fn spoil_payload(factory: &gst_rtsp_server::RTSPMediaFactory) {
    factory.connect_media_configure(|_, media| {
        let payloader = media.element().downcast::<gst::Bin>().ok().and_then(|bin| bin.by_name("pay0"));
        let Some(exit) = payloader.and_then(|p| p.static_pad("src")) else { return };
        let noise = Mutex::new(Noise::new());
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
        exit.add_probe(kinds, move |_, info| {
            let mut noise = noise.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => *buffer = noise.spoil_packet(buffer),
                Some(gst::PadProbeData::BufferList(list)) => {
                    *list = list.iter().map(|packet| noise.spoil_packet(packet)).collect();
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
    });
}

/// Source of noise; the same on every run.
pub(crate) struct Noise(StdRng);

impl Noise {
    pub(crate) fn new() -> Self {
        Self(StdRng::seed_from_u64(0x5eed))
    }

    /// An RTP packet with its header, and noise for its payload.
    fn spoil_packet(&mut self, buffer: &gst::BufferRef) -> gst::Buffer {
        let mut bytes = match buffer.map_readable() {
            Ok(map) => map.as_slice().to_vec(),
            Err(_) => Vec::new(),
        };
        for byte in bytes.iter_mut().skip(12) {
            *byte = self.byte();
        }
        let mut spoiled = gst::Buffer::from_slice(bytes);
        let meta = spoiled.make_mut();
        meta.set_pts(buffer.pts());
        meta.set_dts(buffer.dts());
        spoiled
    }

    /// The same unit with its parameter sets, but with noise for pictures. H.264 in byte-stream form.
    pub(crate) fn spoil_pictures(&mut self, buffer: &gst::Buffer) -> gst::Buffer {
        let Ok(map) = buffer.map_readable() else { return buffer.copy() };
        let mut bytes = map.as_slice().to_vec();
        let starts: Vec<usize> = (0..bytes.len().saturating_sub(3))
            .filter(|&i| bytes[i..i + 3] == [0, 0, 1])
            .map(|i| i + 3)
            .collect();
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

//! What is done to the pixels of each picture, in three planes with chroma at half size.

use std::sync::{Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::{
    compose::random::Random,
    quality::{seen::Tone, truth::Rect},
};

type Frame<'a> = gst_video::VideoFrameRef<&'a mut gst::BufferRef>;

/// Changes every picture that comes to the pad.
fn each(pad: &gst::Pad, change: impl FnMut(&mut Frame<'_>) + Send + 'static) {
    let state = Mutex::new((None, change));
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER, move |_, info| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (format, change) = &mut *state;
        match &mut info.data {
            Some(gst::PadProbeData::Event(event)) => {
                if let gst::EventView::Caps(caps) = event.view() {
                    *format = gst_video::VideoInfo::from_caps(caps.caps()).ok();
                }
            }
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let Some(format) = format.as_ref() else { return gst::PadProbeReturn::Drop };
                let buffer = buffer.make_mut();
                // a picture that cannot be changed must not be shown
                let Ok(mut frame) = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, format) else {
                    return gst::PadProbeReturn::Drop;
                };
                change(&mut frame);
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

/// Shows the rows of a plane without their padding.
fn rows<'a>(frame: &'a mut Frame<'_>, plane: u32) -> impl Iterator<Item = &'a mut [u8]> {
    let stride = usize::try_from(frame.plane_stride()[plane as usize]).unwrap_or_default().max(1);
    let (columns, rows) = (frame.comp_width(plane) as usize, frame.comp_height(plane) as usize);
    let data = frame.plane_data_mut(plane).unwrap_or_default();
    data.chunks_mut(stride).take(rows).filter_map(move |row| row.get_mut(..columns))
}

/// Makes everything in the rectangle black.
pub(super) fn black_out(pad: &gst::Pad, [x, y, w, h]: Rect) {
    let from = |part: f64, all: usize| ((part * all as f64).floor() as usize).min(all);
    let to = |part: f64, all: usize| ((part * all as f64).ceil() as usize).min(all);
    each(pad, move |frame| {
        for plane in 0..frame.n_planes() {
            let black = if plane == 0 { 16 } else { 128 };
            let high = frame.comp_height(plane) as usize;
            let (top, bottom) = (from(y, high), to(y + h, high));
            for row in rows(frame, plane).take(bottom).skip(top) {
                let (left, right) = (from(x, row.len()), to(x + w, row.len()));
                row[left..right].fill(black);
            }
        }
    });
}

/// Gives every picture another tone.
pub(super) fn tone(pad: &gst::Pad, tone: Tone) {
    let tables = tables(tone);
    each(pad, move |frame| {
        for (plane, table) in (0..frame.n_planes()).zip(&tables) {
            for value in rows(frame, plane).flatten() {
                *value = table[usize::from(*value)];
            }
        }
    });
}

/// What each value becomes: of luma (black at 16, white at 235), of blue and of red (grey at 128).
fn tables(Tone { gain, warmer }: Tone) -> [[u8; 256]; 3] {
    let table = |middle: f64, shift: f64, most: f64| {
        std::array::from_fn(|value| {
            (middle + gain * (value as f64 - middle) + shift).round().clamp(16.0, most) as u8
        })
    };
    [table(16.0, 0.0, 235.0), table(128.0, -warmer, 240.0), table(128.0, warmer, 240.0)]
}

/// Adds noise of this deviation to the luma of every picture: the same each time that a clip is prepared.
pub(super) fn noise(pad: &gst::Pad, sigma: f64) {
    let mut noise = Noise::new(sigma);
    each(pad, move |frame| {
        for row in rows(frame, 0) {
            noise.add(row);
        }
    });
}

/// Numbers drawn once; each row begins at another place of them.
struct Noise {
    field: Vec<i16>,
    random: Random,
}

impl Noise {
    const LENGTH: usize = 1 << 18;

    fn new(sigma: f64) -> Self {
        let mut random = Random::of(1, "seen");
        let field = (0..Self::LENGTH).map(|_| (sigma * random.gauss()).round() as i16).collect();
        Self { field, random }
    }

    fn add(&mut self, row: &mut [u8]) {
        let start = self.random.below(Self::LENGTH);
        let (head, tail) = self.field.split_at(start);
        for (value, noise) in row.iter_mut().zip(tail.iter().chain(head)) {
            *value = (i16::from(*value) + noise).clamp(0, 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_keep_black_and_grey_and_clip_white() {
        let [luma, blue, red] = tables(Tone { gain: 1.3, warmer: 0.0 });
        assert_eq!((luma[16], luma[116], luma[235]), (16, 146, 235));
        assert_eq!((blue[128], red[128], red[158]), (128, 128, 167));
        let [luma, blue, red] = tables(Tone { gain: 0.6, warmer: 4.0 });
        assert_eq!((luma[16], luma[116], luma[235]), (16, 76, 147));
        assert_eq!((blue[128], red[128]), (124, 132), "less blue, more red");
    }

    #[test]
    fn noise_is_as_strong_as_asked_new_in_each_row_and_the_same_again() {
        let rows = || {
            let mut noise = Noise::new(6.0);
            let mut rows = vec![vec![128_u8; 4000]; 4];
            rows.iter_mut().for_each(|row| noise.add(row));
            rows
        };
        let first = rows();
        assert_eq!(first, rows());
        assert_ne!(first[0], first[1]);
        let squares: f64 = first.iter().flatten().map(|v| (f64::from(*v) - 128.0).powi(2)).sum();
        let sigma = (squares / 16_000.0).sqrt();
        assert!((5.7..6.3).contains(&sigma), "{sigma}");
    }
}

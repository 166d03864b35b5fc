//! How well the camera sees: the picture now, compared with what the camera usually shows.
//!
//! The comparison does not mind the light. Edges are compared by correlation, cell by cell, so that night, infrared,
//! exposure and clouds leave a view what it is, and a person or a car spoils only the cells that it hides. What the camera
//! usually shows is a mean over a minute ([`usual`]), and a picture that is not like it does not flow into it.

mod bands;
#[cfg(test)]
mod tests;
mod usual;

use std::{collections::VecDeque, io::Cursor, time::Duration};

use image::{GrayImage, ImageError, ImageFormat};
use opencv::core::{self, Mat, MatTraitConst, MatTraitConstManual, Size, Vec3b};
use opencv::imgproc;
use thiserror::Error;
use xunge_scene::{
    StreamTime,
    facts::{Picture, View},
};

use super::{Pixels, canvas};
use bands::{Bands, Products};
use usual::Usual;

/// The picture of what a camera usually shows cannot be kept, or what was kept cannot be read.
#[derive(Debug, Error)]
pub enum KeptError {
    /// Not a PNG, or it does not become one.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// OpenCV failed.
    #[error(transparent)]
    Measure(#[from] opencv::Error),
}

/// Measured at most this often: five times a second, with some room for jitter.
const EVERY: Duration = Duration::from_millis(180);
/// How far back a picture is compared with itself.
const STEADY: Duration = Duration::from_secs(2);
/// Below this the view may not be the usual one, and how steady it is matters.
const DOUBTFUL: f64 = 0.6;

/// Measures the picture from look to look.
#[derive(Default)]
pub struct PictureMeter {
    before: Option<(StreamTime, Mat)>,
    /// The last two seconds, the newest last.
    recent: VecDeque<(StreamTime, Bands)>,
    usual: Option<Usual>,
    /// The view is lost: nothing may become the usual one by itself.
    held: bool,
    measured: Picture,
}

impl PictureMeter {
    /// What the picture is like; none when the one before was measured a moment ago.
    pub fn look(&mut self, at: StreamTime, picture: Pixels<'_>) -> opencv::Result<Option<&Picture>> {
        let passed = self.before.as_ref().map(|(before, _)| at.since(*before));
        if passed.is_some_and(|passed| passed < EVERY) {
            return Ok(None);
        }
        let colour = Colour::of(picture)?;
        let size = colour.grey.size()?;
        let before = self.before.as_ref().map(|(_, before)| before.size()).transpose()?;
        let usual = self.usual.as_ref().map(Usual::size).transpose()?;
        if before.is_some_and(|before| before != size) || usual.is_some_and(|usual| usual != size) {
            *self = Self { held: self.held, ..Self::default() };
        }
        let mut floats = Mat::default();
        colour.grey.convert_to_def(&mut floats, core::CV_32F)?;
        let now = Bands::of(&floats)?;

        let before = self.recent.back().map(|(_, bands)| bands);
        let view = self.usual.as_ref().map(|usual| usual.compare(&now, before)).transpose()?.flatten();
        self.measured = Picture {
            brightness: mean(&floats)? / 255.0,
            change: match &self.before {
                Some((_, before)) => Some(bands::changed(before, &colour.grey)?),
                None => None,
            },
            steady: match view {
                Some(View { same, .. }) if same < DOUBTFUL => self.steady(at, &now)?,
                _ => None,
            },
            view,
        };
        match &mut self.usual {
            Some(usual) => usual.learn(at, &floats, view.as_ref(), colour.is_mono, self.held)?,
            None if self.held => {}
            None => self.usual = Some(Usual::begin(at, floats, colour.is_mono)?),
        }
        self.recent.push_back((at, now));
        // the one that is just old enough stays
        while self.recent.get(1).is_some_and(|(second, _)| at.since(*second) >= STEADY) {
            self.recent.pop_front();
        }
        self.before = Some((at, colour.grey));
        Ok(Some(&self.measured))
    }

    /// Share of the cells that look as they did two seconds ago.
    fn steady(&self, at: StreamTime, now: &Bands) -> opencv::Result<Option<f64>> {
        let Some((then, bands)) = self.recent.front() else { return Ok(None) };
        if at.since(*then) < STEADY / 2 {
            return Ok(None);
        }
        let products = Products::of(bands, now)?;
        let same = usual::textured(&products.edges[0]).map(|cell| products.same(cell));
        Ok(usual::share(same))
    }

    /// What the camera shows from now on is what it usually shows.
    pub fn approve_view(&mut self) {
        self.usual = None;
        self.held = false;
    }

    /// While the view is lost, however long that lasts and whatever happens to the stream, what the camera usually
    /// showed stays, and what it shows instead is not learned.
    pub fn hold_view(&mut self, lost: bool) {
        self.held = lost;
    }

    /// What the camera usually shows, as a small grey PNG; none before that is known.
    pub fn usual_view(&self) -> Result<Option<Vec<u8>>, KeptError> {
        let Some(mean) = self.usual.as_ref().and_then(Usual::mean) else { return Ok(None) };
        let mut grey = Mat::default();
        mean.convert_to_def(&mut grey, core::CV_8U)?;
        let size = |n: i32| u32::try_from(n).unwrap_or_default();
        let rows = grey.data_bytes()?.to_vec();
        let Some(grey) = GrayImage::from_raw(size(grey.cols()), size(grey.rows()), rows) else {
            return Ok(None);
        };
        let mut png = Cursor::new(Vec::new());
        grey.write_to(&mut png, ImageFormat::Png)?;
        Ok(Some(png.into_inner()))
    }

    /// What the camera usually showed in an earlier run, as [`PictureMeter::usual_view`] gave it.
    pub fn restore_view(&mut self, png: &[u8]) -> Result<(), KeptError> {
        let kept = image::load_from_memory_with_format(png, ImageFormat::Png)?.into_luma8();
        let size = |n: u32| n.cast_signed();
        let grey =
            Mat::new_rows_cols_with_bytes::<u8>(size(kept.height()), size(kept.width()), kept.as_raw())?;
        let mut mean = Mat::default();
        grey.convert_to_def(&mut mean, core::CV_32F)?;
        self.usual = Some(Usual::known(mean)?);
        Ok(())
    }

    /// The stream broke. What the camera usually shows is still known: it may have been turned meanwhile.
    pub fn reset(&mut self) {
        self.before = None;
        self.recent.clear();
        if let Some(usual) = &mut self.usual {
            usual.pause();
        }
    }
}

/// The picture in grey, and whether it had any colour.
struct Colour {
    grey: Mat,
    is_mono: bool,
}

impl Colour {
    fn of(picture: Pixels<'_>) -> opencv::Result<Self> {
        /// Infrared pictures have no colour at all; a grey place in daylight has a cast.
        const CAST: f64 = 0.75;
        let grey = canvas::grey(picture)?;
        let size = Size::new((grey.cols() / 8).max(1), (grey.rows() / 8).max(1));
        let small = canvas::with_colour(picture, |colour| {
            let mut small = Mat::default();
            imgproc::resize(colour, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
            Ok(small)
        })?;
        let pixels = small.data_typed::<Vec3b>()?;
        let cast = |[b, g, r]: [u8; 3]| f64::from(b.max(g).max(r) - b.min(g).min(r));
        let sum: f64 = pixels.iter().map(|pixel| cast(pixel.0)).sum();
        Ok(Self { grey, is_mono: sum / (pixels.len().max(1) as f64) < CAST })
    }
}

fn mean(grey: &Mat) -> opencv::Result<f64> {
    Ok(core::mean_def(grey)?.0[0])
}

//! Codes pictures as a camera would: H.264 without B-frames, a keyframe every two seconds, in an MP4 file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::raster::Picture;

/// Seconds from one keyframe to the next.
const KEYFRAME_SECS: u32 = 2;
/// Longest wait for the encoder at the end.
const FINISH: gst::ClockTime = gst::ClockTime::from_seconds(120);

/// A film in the making.
pub struct Film {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    fps: u32,
    count: u64,
}

impl Film {
    /// Opens the file, for pictures of equal quality. Width and height are even.
    pub fn begin(path: &Path, width: usize, height: usize, fps: u32) -> Result<Self> {
        Self::coded(path, (width, height), fps, "pass=quant quantizer=24")
    }

    /// The same for a constant bitrate.
    pub fn at_bitrate(path: &Path, size: (usize, usize), fps: u32, kbit_s: u32) -> Result<Self> {
        Self::coded(path, size, fps, &format!("pass=cbr bitrate={kbit_s} vbv-buf-capacity=1000"))
    }

    fn coded(path: &Path, (width, height): (usize, usize), fps: u32, rate: &str) -> Result<Self> {
        gst::init().context("GStreamer does not start")?;
        // one thread: the same pictures from the same encoder on every machine
        let text = format!(
            "appsrc name=pictures is-live=false format=time block=true max-bytes=16000000 \
             caps=video/x-raw,format=BGR,width={width},height={height},framerate={fps}/1 \
             ! videoconvert ! video/x-raw,format=I420 \
             ! x264enc {rate} speed-preset=veryfast threads=1 bframes=0 key-int-max={} \
               option-string=scenecut=0:open-gop=0 \
             ! video/x-h264,profile=main ! h264parse ! mp4mux faststart=true ! filesink name=file",
            KEYFRAME_SECS * fps
        );
        let missing = "GStreamer cannot code H.264 here: run `make setup`";
        let pipeline = gst::parse::launch(&text).context(missing)?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| anyhow::anyhow!(missing))?;
        let element = |name: &str| pipeline.by_name(name).context(missing);
        element("file")?.set_property("location", path.display().to_string());
        let source = element("pictures")?.downcast::<gst_app::AppSrc>();
        let source = source.map_err(|_| anyhow::anyhow!(missing))?;
        let film = Self { pipeline, source, fps, count: 0 };
        film.pipeline
            .set_state(gst::State::Playing)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(film)
    }

    /// Appends a picture.
    pub fn add(&mut self, picture: Picture) -> Result<()> {
        let row = 3 * picture.width;
        // GStreamer's rows begin at multiples of 4
        let stride = row.next_multiple_of(4);
        let bytes = if stride == row {
            picture.bgr
        } else {
            let mut padded = vec![0; stride * picture.height];
            for (to, from) in padded.chunks_mut(stride).zip(picture.bgr.chunks(row)) {
                to[..row].copy_from_slice(from);
            }
            padded
        };
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(meta) = buffer.get_mut() {
            let at = |count: u64| gst::ClockTime::from_nseconds(count * 1_000_000_000 / u64::from(self.fps));
            meta.set_pts(at(self.count));
            meta.set_duration(at(self.count + 1) - at(self.count));
        }
        self.count += 1;
        self.source.push_buffer(buffer).context("the encoder takes no more pictures")?;
        Ok(())
    }

    /// Completes the file.
    pub fn finish(self, path: &Path) -> Result<()> {
        self.source.end_of_stream()?;
        let bus = self.pipeline.bus().context("the pipeline has no bus")?;
        let last = bus.timed_pop_filtered(FINISH, &[gst::MessageType::Eos, gst::MessageType::Error]);
        match last.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(e)) => {
                bail!("{} could not be written: {}", path.display(), e.error())
            }
            _ => bail!("{} could not be finished in time", path.display()),
        }
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // a pipeline of files stops at once; a film that failed has said so before
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xunge_edge::replay::FrameStream;

    #[test]
    fn a_film_is_read_picture_by_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        // 3 * 98 bytes are no multiple of 4
        let mut film = Film::begin(&path, 98, 64, 10).unwrap();
        for n in 0..25_u8 {
            film.add(Picture::plain(98, 64, [4 * n + 60; 3])).unwrap();
        }
        film.finish(&path).unwrap();
        let stream = FrameStream::open(&path, (98, 64), None).unwrap();
        let shown: Vec<(f64, u8)> = stream.frames().map(|frame| (frame.at.secs(), frame.bgr()[1])).collect();
        stream.finish().unwrap();
        assert_eq!(shown.len(), 25);
        for (n, (at, value)) in shown.iter().enumerate() {
            // GStreamer's quick conversion to 4:2:0 loses two or three grey values
            let wanted = 4.0 * n as f64 + 60.0;
            assert!(
                (at - n as f64 / 10.0).abs() < 1e-3 && (f64::from(*value) - wanted).abs() < 6.0,
                "{shown:?}"
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let made = Film::begin(Path::new("/nowhere/film.mp4"), 98, 64, 10).map(|_| ());
        assert!(made.unwrap_err().to_string().contains("/nowhere/film.mp4"));
    }
}

//! A session that reads the camera's RTSP connection itself, without a GStreamer pipeline: pictures inside the
//! connection (TCP), not encrypted. That is nearly every camera, and what an idle camera costs is mostly receiving.
//!
//! What is not understood here is left to the pipeline: cameras bend the protocol in many ways, and it knows more of
//! them.

mod coding;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use gstreamer as gst;
use retina::Error as RtspError;
use retina::client::{
    Credentials, Demuxed, PlayOptions, Session, SessionGroup, SessionIdPolicy, SessionOptions, SetupOptions,
};
use retina::codec::{CodecItem, FrameFormat, VideoFrame};
use url::Url;
use xunge_alert::BlindCause;

use self::coding::Coding;
use super::Signal;
use super::fault::{self, Fault};
use super::intake::Intake;
use super::knock::Found;
use super::seen::Seen;
use super::session::{Outcome, Way};
use super::source::{RtspSource, Transport};
use super::watch::{LOOK, Watch};

/// What retina says of the network; everything else it says is of what the camera sent.
const NETWORK: [&str; 3] =
    ["Error reading from RTSP peer", "Error writing to RTSP peer", "Unable to connect to RTSP server"];
/// How long the camera may take to hear that it is over.
const GOODBYE: Duration = Duration::from_millis(500);
/// RTCP's packet type of a sender that leaves (RFC 3550, 12.1).
const BYE: u8 = 203;

/// Reads `camera` until the session is over; none when it is not understood and no picture has come. The connection is
/// closed when this returns.
pub(super) fn run(
    watch: &Watch<'_>,
    camera: &RtspSource,
    intake: Intake,
    on_signal: &mut dyn FnMut(Signal),
) -> Option<Outcome> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::warn!("no runtime to read a camera with ({error}); GStreamer reads it");
            return None;
        }
    };
    let group = Arc::new(SessionGroup::default());
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            outcome = supervise(watch, on_signal) => Some(outcome),
            end = read(camera, &group, &watch.seen, intake) => of_end(watch, end),
        }
    });
    watch.flow.close();
    // a camera that does not answer any more has nothing to be told
    let _ = runtime.block_on(async { tokio::time::timeout(GOODBYE, group.await_teardown()).await });
    // a name that is still being looked up is not waited for
    runtime.shutdown_background();
    outcome
}

/// Looks around until there is a reason to stop.
async fn supervise(watch: &Watch<'_>, on_signal: &mut dyn FnMut(Signal)) -> Outcome {
    let mut told = false;
    loop {
        tokio::time::sleep(LOOK).await;
        if watch.stopped() {
            return Outcome::Stopped;
        }
        watch.tell(&mut told, on_signal);
        if let Some(outcome) = watch.trouble() {
            return outcome;
        }
    }
}

/// Why reading ended.
enum End {
    /// The camera said so, or closed the connection in good order.
    Over,
    /// It has only pictures that cannot be used.
    Unusable,
    /// Its description, its answers or its packets are not understood.
    Strange(String),
    /// Nobody takes any more.
    Unwanted,
    Rtsp(RtspError),
}

impl From<RtspError> for End {
    fn from(error: RtspError) -> Self {
        Self::Rtsp(error)
    }
}

async fn read(camera: &RtspSource, group: &Arc<SessionGroup>, seen: &Seen, mut intake: Intake) -> End {
    let (mut stream, coding) = match open(camera, group, seen).await {
        Ok(open) => open,
        Err(end) => return end,
    };
    let mut pictures = Pictures { coding, caps: None, stale: false, waiting: true };
    while let Some(item) = stream.next().await {
        match item {
            Ok(CodecItem::VideoFrame(frame)) => {
                seen.raw.fetch_add(1, Ordering::Relaxed);
                let shown = shown_ns(&frame);
                match pictures.next(frame) {
                    Ok(Some((buffer, caps))) => {
                        if !intake.take(buffer, caps, (Some(shown), None)) {
                            return End::Unwanted;
                        }
                    }
                    Ok(None) => {}
                    Err(why) => return End::Strange(why),
                }
            }
            Ok(CodecItem::Rtcp(packets)) if packets.pkts().any(|p| p.payload_type() == BYE) => {
                return End::Over;
            }
            Ok(_) => {}
            Err(error) => return error.into(),
        }
    }
    End::Over
}

/// Asks the camera for its first video stream of a kind that can be used.
async fn open(camera: &RtspSource, group: &Arc<SessionGroup>, seen: &Seen) -> Result<(Demuxed, Coding), End> {
    let (url, user, password) = camera.location();
    let url = Url::parse(&url).map_err(|e| End::Strange(format!("its URL: {e}")))?;
    let credentials = user.map(|username| Credentials { username, password: password.unwrap_or_default() });
    let options = SessionOptions::default()
        .creds(credentials)
        .user_agent(concat!("xunge-edge/", env!("CARGO_PKG_VERSION")).to_owned())
        .session_group(group.clone())
        // some cameras name a new session with each answer and mean the first
        .session_id(SessionIdPolicy::UseFirst);
    let mut session = Session::describe(url, options).await?;
    seen.described.store(true, Ordering::Relaxed);
    let mut chosen = None;
    for (number, stream) in session.streams().iter().enumerate().filter(|(_, s)| s.media() == "video") {
        chosen = Coding::named(stream.encoding_name()).map(|coding| (number, coding));
        if chosen.is_some() {
            break;
        }
        seen.refuse(&stream.encoding_name().to_uppercase());
    }
    let Some((number, coding)) = chosen else {
        return Err(if seen.unusable().is_some() {
            End::Unusable
        } else {
            End::Strange("it describes no video".into())
        });
    };
    seen.chosen.store(true, Ordering::Relaxed);
    // access units with their parameter sets in front of each keyframe, so that decoding can begin at any of them
    session.setup(number, SetupOptions::default().frame_format(FrameFormat::SIMPLE)).await?;
    Ok((session.play(PlayOptions::default()).await?.demuxed()?, coding))
}

/// Makes GStreamer's buffers of the camera's pictures.
struct Pictures {
    coding: Coding,
    /// None when the next keyframe has to tell.
    caps: Option<gst::Caps>,
    /// Parameter sets have come since, with whatever picture: they hold from the next keyframe on.
    stale: bool,
    /// For a keyframe: at the beginning, and when a packet was lost.
    waiting: bool,
}

impl Pictures {
    /// The picture as a buffer, when it can be shown.
    fn next(&mut self, frame: VideoFrame) -> Result<Option<(gst::Buffer, gst::Caps)>, String> {
        let keyframe = frame.is_random_access_point();
        self.stale |= frame.has_new_parameters();
        self.waiting = !keyframe && (self.waiting || frame.loss() > 0);
        if self.waiting {
            return Ok(None);
        }
        let mut buffer = gst::Buffer::from_mut_slice(frame.into_data());
        if !keyframe {
            buffer.make_mut().set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        if keyframe && self.stale {
            self.caps = None;
            self.stale = false;
        }
        let caps = match self.caps.take() {
            Some(caps) => caps,
            None => self.coding.caps(&buffer)?,
        };
        self.caps = Some(caps.clone());
        Ok(Some((buffer, caps)))
    }
}

/// When the picture is shown by the camera's clock, from its first one on.
fn shown_ns(frame: &VideoFrame) -> i64 {
    let time = frame.timestamp();
    let ns = i128::from(time.elapsed()) * 1_000_000_000 / i128::from(time.clock_rate().get());
    i64::try_from(ns).unwrap_or(0)
}

fn is_of_network(error: &RtspError) -> bool {
    let said = error.to_string();
    NETWORK.iter().any(|start| said.starts_with(start))
}

/// What the end of reading means for the session; none when a pipeline should try.
fn of_end(watch: &Watch<'_>, end: End) -> Option<Outcome> {
    let (place, flowing) = (watch.place(), watch.flow.any());
    let why = match &end {
        End::Over => return Some(Outcome::Fault(fault::ended(&place, flowing))),
        // closed from the other side of this house: the supervisor knows why
        End::Unwanted => return Some(Outcome::Stopped),
        End::Unusable => {
            let offered = watch.seen.unusable().unwrap_or_default();
            return Some(Outcome::Fault(fault::wrong_codec(&place, &offered)));
        }
        End::Strange(why) => watch.scrubbed(why),
        End::Rtsp(error) => watch.scrubbed(&error.to_string()),
    };
    tracing::debug!("reading {place}: {why}");
    if let End::Rtsp(error) = &end {
        match error.status_code() {
            Some(401 | 403) => return Some(Outcome::Fault(fault::unauthorised(&place))),
            Some(404 | 454) => return Some(Outcome::Fault(fault::not_found(&place))),
            Some(461) => {
                return Some(Outcome::OtherWay(Way::Piped(Transport::Udp), fault::no_tcp(&place)));
            }
            _ => {}
        }
        if is_of_network(error) {
            if flowing {
                return Some(Outcome::Fault(fault::broken_off(&place)));
            }
            match watch.knock() {
                Found::Listens => {}
                found => return Some(Outcome::Fault(watch.unreachable(found))),
            }
        }
    }
    if !flowing {
        return None;
    }
    let fault = Fault::new(
        BlindCause::Garbage,
        format!("{place} sent what cannot be read directly; it is read with GStreamer from now on"),
    );
    Some(Outcome::OtherWay(Way::Piped(Transport::Tcp), fault))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// What is said of a server that answers the first request with `answer` and closes.
    fn error_of(answer: &'static [u8]) -> RtspError {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("rtsp://{}/x", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 512]);
            connection.write_all(answer).unwrap();
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = Session::describe(Url::parse(&url).unwrap(), SessionOptions::default());
        let error = runtime.block_on(session).err().unwrap();
        server.join().unwrap();
        error
    }

    #[test]
    fn the_network_and_the_camera_are_told_apart() {
        // the words are retina's own: a new version that says it in others must be seen here
        assert!(is_of_network(&error_of(b"")), "{}", error_of(b""));
        let noise = error_of(b"\x00\x17\xffgarbage that is no RTSP\r\n\r\n");
        assert!(!is_of_network(&noise), "{noise}");
        let refusal = error_of(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n");
        assert_eq!(refusal.status_code(), Some(404));
        let nobody = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("rtsp://{}/x", listener.local_addr().unwrap());
            drop(listener);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let session = Session::describe(Url::parse(&url).unwrap(), SessionOptions::default());
            runtime.block_on(session).err().unwrap()
        };
        assert!(is_of_network(&nobody), "{nobody}");
    }
}

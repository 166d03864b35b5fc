//! What went wrong with a camera, as a cause and a sentence.

use gstreamer as gst;
use gstreamer::glib;
use xunge_alert::BlindCause;

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// For machines.
    pub cause: BlindCause,
    /// For the installer: what, and what to do. Never with a password.
    pub detail: String,
}

impl Fault {
    /// A fault.
    pub fn new(cause: BlindCause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }
}

/// What is known of the session when an error comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// URL or file, for the sentence.
    pub place: &'a str,
    /// Pictures had come.
    pub flowing: bool,
    /// Codings that the camera offers but that cannot be used; only when it offers none that can.
    pub unusable: Option<&'a str>,
}

/// The cause of a camera's error message. `debug` is only looked at, never shown.
pub(crate) fn of_camera(error: &glib::Error, debug: &str, known: Known<'_>) -> Fault {
    let Known { place, flowing, unusable } = known;
    let said = |word: &str| debug.contains(word) || error.message().contains(word);
    if let Some(offered) = unusable {
        return wrong_codec(place, offered);
    }
    if said("(401)")
        || said("Unauthorized")
        || said("(403)")
        || matches(error, gst::ResourceError::NotAuthorized)
    {
        return unauthorised(place);
    }
    if said("(404)") || said("(454)") || matches(error, gst::ResourceError::NotFound) {
        return not_found(place);
    }
    if flowing {
        return if error.is::<gst::StreamError>() && !said("streaming stopped") {
            no_video_any_more(place)
        } else {
            broken_off(place)
        };
    }
    if said("Parse error") || error.is::<gst::StreamError>() {
        return no_camera(place);
    }
    if error.is::<gst::CoreError>() || error.is::<gst::LibraryError>() {
        return Fault::new(
            BlindCause::Internal,
            format!("{place} cannot be opened by this box: {}", error.message()),
        );
    }
    unreachable(place, "")
}

pub(crate) fn wrong_codec(place: &str, offered: &str) -> Fault {
    Fault::new(BlindCause::WrongCodec, format!("{place} sends {offered}; set the camera to H.264 or H.265"))
}

pub(crate) fn unauthorised(place: &str) -> Fault {
    Fault::new(
        BlindCause::Unauthorised,
        format!("{place} refuses the user or the password; check them in the credentials file"),
    )
}

pub(crate) fn not_found(place: &str) -> Fault {
    Fault::new(
        BlindCause::NotFound,
        format!("{place} does not exist on the camera; check the path of the URL"),
    )
}

/// Pictures came, and then something else.
pub(crate) fn no_video_any_more(place: &str) -> Fault {
    Fault::new(BlindCause::Garbage, format!("{place} sends data that is no video any more"))
}

/// The connection was lost in mid-stream.
pub(crate) fn broken_off(place: &str) -> Fault {
    Fault::new(BlindCause::Ended, format!("{place} broke off in mid-stream"))
}

/// The camera said that it is done.
pub(crate) fn ended(place: &str, flowing: bool) -> Fault {
    let detail = if flowing {
        format!("{place} was ended by the camera")
    } else {
        format!("{place} ended before its first picture; is the camera's stream switched on?")
    };
    Fault::new(BlindCause::Ended, detail)
}

/// The camera sends, but not inside the RTSP connection.
pub(crate) fn no_tcp(place: &str) -> Fault {
    Fault::new(BlindCause::Unreachable, format!("{place} does not send over TCP; UDP is tried next"))
}

/// Nothing came of connecting. `why`: what is known of the reason.
pub(crate) fn unreachable(place: &str, why: &str) -> Fault {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    Fault::new(
        BlindCause::Unreachable,
        format!("{place} cannot be reached{why}; check address, port, power and network"),
    )
}

/// Something answers that is no camera.
pub(crate) fn no_camera(place: &str) -> Fault {
    Fault::new(
        BlindCause::Garbage,
        format!("{place} answers, but not as a camera does; check address and port"),
    )
}

/// The cause of a file's error message.
pub(crate) fn of_file(error: &glib::Error, known: Known<'_>) -> Fault {
    let place = known.place;
    if let Some(offered) = known.unusable {
        return Fault::new(
            BlindCause::WrongCodec,
            format!("{place} holds {offered}, which cannot be read here"),
        );
    }
    if error.is::<gst::ResourceError>() {
        return Fault::new(BlindCause::NotFound, format!("{place} cannot be opened: {}", error.message()));
    }
    if matches(error, gst::StreamError::CodecNotFound) || matches(error, gst::CoreError::MissingPlugin) {
        return Fault::new(
            BlindCause::WrongCodec,
            format!("{place} is of a kind that cannot be read here: {}", error.message()),
        );
    }
    Fault::new(BlindCause::Garbage, format!("{place} is not a video that can be read: {}", error.message()))
}

fn matches<T: glib::error::ErrorDomain + PartialEq>(error: &glib::Error, kind: T) -> bool {
    error.kind::<T>() == Some(kind)
}

//! An RTSP server that behaves as cameras do: live, one timeline for all who watch, for ever.
//!
//! Clips are sent as they are coded, in real time and in a loop whose timestamps go on. Some mounts misbehave on
//! purpose, so that what happens to a broken camera can be tested against a real one.

mod feed;
mod hostile;
mod server;
mod track;

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

pub use server::RtspServer;

/// One camera of the server.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Path in the URL, beginning with `/`.
    pub path: String,
    /// What it shows.
    pub content: Content,
    /// Where in the loop the first client joins.
    pub start_at: Duration,
    /// How it misbehaves.
    pub trouble: Option<Trouble>,
    /// Who may watch; none: anybody.
    pub login: Option<Login>,
    /// Refuses RTP inside the RTSP connection.
    pub udp_only: bool,
}

/// What a mount shows.
#[derive(Debug, Clone)]
pub enum Content {
    /// MP4 files with H.264 or H.265, one after another, for ever. All of one coding; sizes may differ.
    Clips(Vec<PathBuf>),
    /// A test picture as Motion JPEG.
    MotionJpeg,
}

/// How a mount misbehaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trouble {
    /// The stream ends after this long.
    EndAfter(Duration),
    /// The connection stays and nothing is sent after this long.
    SilentAfter(Duration),
    /// RTP packets hold noise.
    BadPayload,
    /// Parameter sets are right, the pictures are noise.
    BadPictures,
}

/// User and password.
#[derive(Clone)]
pub struct Login {
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Mount {
    /// A well-behaved camera that shows a clip from its beginning.
    pub fn clip(path: impl Into<String>, file: impl Into<PathBuf>) -> Self {
        Self::new(path, Content::Clips(vec![file.into()]))
    }

    /// A well-behaved camera.
    pub fn new(path: impl Into<String>, content: Content) -> Self {
        Self {
            path: path.into(),
            content,
            start_at: Duration::ZERO,
            trouble: None,
            login: None,
            udp_only: false,
        }
    }

    /// The first client joins here.
    #[must_use]
    pub fn starting_at(mut self, start_at: Duration) -> Self {
        self.start_at = start_at;
        self
    }

    /// Misbehaves.
    #[must_use]
    pub fn trouble(mut self, trouble: Trouble) -> Self {
        self.trouble = Some(trouble);
        self
    }

    /// Asks for user and password (digest).
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some(Login { user: user.to_owned(), password: password.to_owned() });
        self
    }

    /// Refuses RTP inside the RTSP connection.
    #[must_use]
    pub fn udp_only(mut self) -> Self {
        self.udp_only = true;
        self
    }
}

/// The server cannot start.
#[derive(Debug, Error)]
pub enum RtspError {
    /// GStreamer or its RTSP server is not usable.
    #[error("the RTSP server cannot start: {0}; is libgstrtspserver-1.0-0 installed?")]
    Start(String),
    /// Nobody can listen there.
    #[error("{0} cannot be listened on; is another program using the port?")]
    Bind(String),
    /// A clip that cannot be sent.
    #[error("the clip {path} cannot be sent: {reason}", path = .path.display())]
    Clip {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A path that no URL can have.
    #[error("`{0}` is no mount: begin it with `/`, such as /lawn")]
    Path(String),
}

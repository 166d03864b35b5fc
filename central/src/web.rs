//! The console and its API, and the upload of evidence.

mod assets;
mod cases;
mod duty;
mod events;
mod evidence;
mod guard;
mod org;
mod overview;
mod problem;
mod quiet;
mod range;
mod session;
pub mod throttle;
mod users;
mod why;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::routing::{delete, get, post, put};
use axum::{Router, extract::DefaultBodyLimit};
use tokio::sync::{Semaphore, watch};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::clock::Clock;
use crate::evidence::EvidenceFiles;
use crate::feed::Feed;
use crate::intake::IntakeWatch;
use crate::store::Store;
use throttle::Throttle;

/// Largest body of an API call. Evidence has its own limit.
const BODY_BYTES: usize = 64 * 1024;
/// Password hashes that are computed at the same time; each takes 19 MiB.
const HASHING: usize = 2;
/// Evidence files that are taken at the same time.
const UPLOADS: usize = 16;

const CONTENT_SECURITY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
     font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What the pages work with.
#[derive(Debug)]
pub struct Web {
    /// Cases, boxes, users.
    pub store: Store,
    /// Changes as they happen.
    pub feed: Feed,
    /// Files.
    pub files: EvidenceFiles,
    /// The time.
    pub clock: Clock,
    /// Whether the broker is connected.
    pub intake: Option<Arc<IntakeWatch>>,
    /// How long a session lasts.
    pub session: Duration,
    /// Whether cookies are marked `Secure`.
    pub secure_cookies: bool,
    throttle: Mutex<Throttle>,
    hashing: Semaphore,
    uploads: Semaphore,
    nobody: String,
    stopped: watch::Receiver<bool>,
}

impl Web {
    /// Puts it together. `stopped` turns true when the open event streams are to end.
    pub fn new(
        store: Store,
        feed: Feed,
        files: EvidenceFiles,
        clock: Clock,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            feed,
            files,
            clock,
            intake: None,
            session: Duration::from_secs(12 * 3600),
            secure_cookies: false,
            throttle: Mutex::new(Throttle::default()),
            hashing: Semaphore::new(HASHING),
            uploads: Semaphore::new(UPLOADS),
            nobody: crate::password::nobody(),
            stopped,
        }
    }
}

/// Everything that is served.
pub fn router(web: Arc<Web>) -> Router {
    let api = Router::new()
        .route("/session", post(session::begin).get(session::show).delete(session::end))
        .route("/cases", get(cases::list))
        .route("/cases/{id}", get(cases::show))
        .route("/cases/{id}/changes", post(cases::change))
        .route("/cases/{id}/split", post(cases::split))
        .route("/catalogue", get(org::catalogue))
        .route("/events", get(events::stream))
        .route("/evidence/{sha256}", get(evidence::show))
        .route("/overview", get(overview::show))
        .route("/org/regions", get(org::regions))
        .route("/org/regions/{code}", get(org::show_region))
        .route("/org/cameras", get(org::cameras))
        .route("/org/import", post(org::import).layer(DefaultBodyLimit::max(org::IMPORT_BYTES)))
        .route("/org/duties", get(duty::list).post(duty::add))
        .route("/org/duties/{id}", delete(duty::remove))
        .route("/org/on-duty", get(duty::on_duty))
        .route("/org/periods", get(duty::periods).post(duty::add_period))
        .route("/org/periods/{id}", delete(duty::end_period))
        .route("/org/calendar/{year}", get(org::calendar).put(org::set_calendar))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{name}", post(users::change))
        .route("/quiet/{what}", get(quiet::list).post(quiet::add))
        .route("/quiet/{what}/{id}", post(quiet::act))
        .route("/alerts/{edge}/{id}/why", get(why::alert))
        .route("/cameras/{edge}/{camera}/why", get(why::camera))
        .route("/quarantine", get(why::quarantine))
        .fallback(problem::no_such_path)
        .layer(middleware::from_fn(guard::own_pages_only))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(if_missing(header::CACHE_CONTROL, "no-store"));
    Router::new()
        .nest("/api/v1", api)
        .route("/evidence/v1/{edge}/{sha256}", put(evidence::upload).layer(DefaultBodyLimit::disable()))
        .route("/healthz", get(overview::health))
        .fallback(assets::serve)
        .layer(if_missing(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY))
        .layer(if_missing(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_missing(header::REFERRER_POLICY, "no-referrer"))
        .layer(if_missing(header::X_FRAME_OPTIONS, "DENY"))
        .layer(if_missing(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(if_missing(
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ))
        .with_state(web)
}

fn if_missing(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

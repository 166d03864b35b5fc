//! The console and its API, and the upload of evidence.

mod approvals;
mod asked;
mod assets;
mod caller;
mod cases;
mod door;
mod duty;
mod events;
mod evidence;
mod export;
mod guard;
mod hooks;
mod keeping;
mod language;
pub mod limits;
mod made;
pub mod openapi;
mod org;
mod overview;
mod page;
mod people;
mod pictures;
mod plans;
mod problem;
mod quiet;
mod range;
mod reading;
mod reports;
mod residents;
mod session;
pub mod throttle;
mod tokens;
mod users;
mod views;
mod why;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::{Router, extract::DefaultBodyLimit};
use tokio::sync::{Semaphore, watch};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::clock::Clock;
use crate::evidence::EvidenceFiles;
use crate::feed::Feed;
use crate::intake::IntakeWatch;
use crate::law::keep::LEAST_DAYS;
use crate::net::IpPrefix;
use crate::retention::Keep;
use crate::store::Store;
use door::Door;
use limits::Limits;
use openapi::Call;
pub use residents::Residents;

/// Largest body of an API call. Evidence has its own limit.
const BODY_BYTES: usize = 64 * 1024;
/// Pictures that are made small at the same time.
const PICTURES: usize = 4;
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
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpPrefix>,
    door: Door,
    /// Event streams that one user may have open.
    streams: u32,
    /// Event streams that are open, by user.
    seats: Mutex<HashMap<String, u32>>,
    /// How long evidence is kept.
    pub keep: Keep,
    /// Bytes of all evidence together for which there is room.
    pub max_bytes: u64,
    uploads: Semaphore,
    pictures: Semaphore,
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
        let limits = Limits::default();
        Self {
            store,
            feed,
            files,
            clock,
            intake: None,
            session: Duration::from_secs(12 * 3600),
            secure_cookies: false,
            trusted_proxies: Vec::new(),
            door: Door::new(&limits),
            streams: limits.streams,
            seats: Mutex::default(),
            keep: Keep { days: LEAST_DAYS },
            max_bytes: u64::MAX,
            uploads: Semaphore::new(UPLOADS),
            pictures: Semaphore::new(PICTURES),
            stopped,
        }
    }

    /// With other limits.
    #[must_use]
    pub fn limited(mut self, limits: &Limits) -> Self {
        self.door = Door::new(limits);
        self.streams = limits.streams;
        self
    }
}

/// The calls of the API, below [`openapi::BASE`]. What stands here is served and is in the document.
fn calls() -> Vec<Call> {
    vec![
        routes!(session::begin, session::show, session::end),
        routes!(cases::list),
        routes!(cases::show),
        routes!(cases::change),
        routes!(cases::split),
        routes!(pictures::add).layer(DefaultBodyLimit::max(pictures::BODY_BYTES)),
        routes!(plans::of_case),
        routes!(plans::nearby),
        routes!(hooks::cap),
        routes!(hooks::list, hooks::add),
        routes!(hooks::change, hooks::act),
        routes!(hooks::messages),
        routes!(hooks::act_on_message),
        routes!(plans::list, plans::add),
        routes!(plans::versions, plans::change),
        routes!(plans::resources),
        routes!(plans::act_on_resource),
        routes!(org::catalogue),
        routes!(events::stream),
        routes!(evidence::show),
        routes!(evidence::preview),
        routes!(views::list, views::add),
        routes!(views::of_case),
        routes!(keeping::show),
        routes!(keeping::holds, keeping::hold),
        routes!(keeping::lift),
        routes!(keeping::purges, keeping::purge),
        routes!(keeping::purged),
        routes!(approvals::list, approvals::ask),
        routes!(approvals::answer),
        routes!(export::make),
        routes!(overview::show),
        routes!(org::regions),
        routes!(org::show_region),
        routes!(org::find_regions),
        routes!(people::find),
        routes!(org::cameras),
        routes!(org::import).layer(DefaultBodyLimit::max(org::IMPORT_BYTES)),
        routes!(org::calendar, org::set_calendar),
        routes!(duty::list, duty::add),
        routes!(duty::remove),
        routes!(duty::on_duty),
        routes!(duty::periods, duty::add_period),
        routes!(duty::end_period),
        routes!(users::list, users::add),
        routes!(users::change),
        routes!(tokens::list, tokens::add),
        routes!(tokens::revoke),
        routes!(quiet::list, quiet::add),
        routes!(quiet::act),
        routes!(why::alert),
        routes!(why::camera),
        routes!(why::quarantine),
        routes!(reports::show),
        routes!(reports::overdue),
        routes!(reports::export),
        routes!(openapi::show),
    ]
}

/// Calls beside the API: by boxes and by supervisors.
fn edge_calls() -> Vec<Call> {
    vec![routes!(evidence::upload).layer(DefaultBodyLimit::disable()), routes!(overview::health)]
}

fn served(calls: Vec<Call>) -> Router<Arc<Web>> {
    calls.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::routes).into()
}

/// Everything that is served; the residents' half where it is on.
pub fn router(web: Arc<Web>, residents: Option<Arc<Residents>>) -> Router {
    let unkept = || if_missing(header::CACHE_CONTROL, "no-store");
    let api = served(calls())
        .fallback(problem::no_such_path)
        .layer(middleware::from_fn(|request, next| guard::own_pages_only(guard::JSON, request, next)))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(unkept());
    let other = match residents {
        Some(residents) => residents::router(residents),
        None => Router::new().fallback(residents::off),
    };
    served(edge_calls())
        .nest(openapi::BASE, api)
        .with_state(web)
        .nest(&residents::base(), other.layer(unkept()))
        .fallback(assets::serve)
        .layer(middleware::from_fn(language::speak))
        .layer(if_missing(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY))
        .layer(if_missing(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_missing(header::REFERRER_POLICY, "no-referrer"))
        .layer(if_missing(header::X_FRAME_OPTIONS, "DENY"))
        .layer(if_missing(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(if_missing(
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(self)",
        ))
}

fn if_missing(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

//! What the box says of itself to Prometheus, when it is asked: everything is read off what is counted anyway.
//!
//! The page is plain HTTP without a password and holds no picture, no alert and no address of a camera. By default it is
//! served nowhere.

mod page;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::{Context, Result};
use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    camera, clock,
    observe::{pool::PoolHandle, runtime::Provider},
    outbox::Outbox,
    uplink::UplinkHandle,
};
pub use page::{CONTENT, Readings, page};

/// All that is read off.
pub struct Sources {
    /// When the box was started.
    pub started: Instant,
    /// What runs the neural networks.
    pub provider: Provider,
    /// SHA-256 of the detector's weights.
    pub model_sha256: String,
    /// The cameras.
    pub cameras: Vec<camera::Meter>,
    /// The detectors.
    pub pool: PoolHandle,
    /// Alerts that wait.
    pub outbox: Outbox,
    /// The way to the centre.
    pub uplink: UplinkHandle,
}

impl Sources {
    /// How things stand.
    pub fn read(&self) -> Readings {
        let now = clock::monotonic();
        Readings {
            uptime: now.saturating_duration_since(self.started),
            provider: self.provider.name(),
            model_sha256: self.model_sha256.clone(),
            cameras: self.cameras.iter().map(|camera| camera.read(now)).collect(),
            detector: self.pool.stats(),
            outbox: self.outbox.stats(),
            uplink: self.uplink.stats(),
            utc: clock::utc_now(),
        }
    }
}

/// Serves the page at `/metrics` of this address as long as `runtime` runs; says at which address that is.
///
/// # Errors
/// When nobody can listen there.
pub fn serve(listen: SocketAddr, sources: Sources, runtime: &Runtime) -> Result<SocketAddr> {
    let listener = runtime
        .block_on(TcpListener::bind(listen))
        .with_context(|| format!("nobody can listen at {listen} for [metrics]; is it another program's?"))?;
    let address = listener.local_addr()?;
    let sources = Arc::new(sources);
    let answer = move || {
        let sources = Arc::clone(&sources);
        async move { ([(CONTENT_TYPE, CONTENT)], page(sources.read())).into_response() }
    };
    let router = Router::new().route("/metrics", get(answer));
    runtime.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    tracing::info!(%address, "metrics are served");
    Ok(address)
}

//! The broker inside the centre: MQTT over TLS, a certificate for every client, and for every box its own topics.
//!
//! The MQTT engine is [rmqtt](https://github.com/rmqtt/rmqtt); this module decides who may do what, keeps retained
//! messages across a restart and bounds everything a client can fill. ARCHITECTURE.md says why rmqtt.
//!
//! What a client can count on:
//! - The certificate is the identity: CN is the edge id and must also be the client id, so no box can push
//!   another off the broker. User name and password are ignored.
//! - A box publishes its own `alert`, `status`, `camera/+/state`, `config/reported` and subscribes to its own
//!   `confirm` and `config/desired`. A foreign publish closes the connection, a foreign subscription is refused
//!   in the SUBACK (the box stays connected).
//! - A last will is published when a connection breaks, is taken over or times out, not when the broker itself stops.
//! - Retained messages survive a restart, SIGKILL included. Sessions do not: they live in memory, for
//!   [`SESSION_EXPIRY`] after a disconnect. After a restart CONNACK says "no session", every client subscribes
//!   again and sends again what was not confirmed. A PUBACK therefore only says that the broker has a message in
//!   memory; what counts is the centre's own confirm.

mod access;
pub mod client;
mod hooks;
mod pace;
mod retained;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rmqtt::codec::types::QoS;
use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use rmqtt::types::{Id, TopicName};
use rumqttc::MqttOptions;
use thiserror::Error;
use tokio::runtime::Runtime;

use crate::pki::{Credential, Pki, PkiError, write_server};
pub use access::{Admission, EdgeCertificate};
use retained::Retained;

/// Largest MQTT packet in either direction, in bytes. Evidence travels by HTTP, so this is generous.
pub const MAX_PACKET_BYTES: u32 = 256 * 1024;
/// Messages that may wait for one slow or absent client; later ones are dropped and counted.
pub const MAX_QUEUED: usize = 5_000;
/// Messages to one client that it has not acknowledged yet.
const MAX_INFLIGHT: u16 = 256;
/// Most sessions, connected or waiting for their client to come back.
const MAX_SESSIONS: isize = 20_000;
/// How long a client that is away keeps its subscriptions and queue.
pub const SESSION_EXPIRY: Duration = Duration::from_secs(3600);
/// A client that takes nothing for so long is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
const LISTENER_ID: u16 = 1;
const WORKER_THREADS: usize = 2;

/// The broker cannot start or be spoken to.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// Its certificate could not be made or written.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The address is taken, not ours, or needs a privilege.
    #[error("cannot listen on {address}: {reason}; is another program using the port? See `[broker] listen`")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// Why it failed.
        reason: String,
    },
    /// The TLS library refused the certificate or key.
    #[error("the broker's TLS cannot be set up from {}: {reason}", directory.display())]
    Tls {
        /// Where certificate and key are.
        directory: PathBuf,
        /// Why it failed.
        reason: String,
    },
    /// The retained messages could not be opened.
    #[error("cannot open the retained messages in {}: {reason}; check the folder's rights and space", path.display())]
    Retained {
        /// The database.
        path: PathBuf,
        /// Why it failed.
        reason: String,
    },
    /// No threads for the broker.
    #[error("cannot start the broker's threads: {0}")]
    Threads(std::io::Error),
    /// The starting task was torn down.
    #[error("the broker ended while it started: {0}")]
    Ended(String),
    /// The centre's own connection cannot be set up.
    #[error(transparent)]
    Client(#[from] client::ClientError),
}

/// What a broker needs to start.
pub struct BrokerConfig<'a> {
    /// Where boxes connect, for example `0.0.0.0:8883`. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Host names and addresses under which boxes reach it, for its certificate. `localhost` is always added.
    pub names: &'a [String],
    /// The CA whose certificates are let in.
    pub pki: &'a Pki,
    /// The centre's data folder; the broker keeps its own things in `broker/` there.
    pub data_dir: &'a Path,
    /// Which boxes are let in now.
    pub admission: Admission,
    /// Now, for the certificates' dates.
    pub now: Timestamp,
}

/// What the broker had to refuse or drop since it started.
#[derive(Debug, Default)]
struct Counters {
    dropped: AtomicU64,
    refused: AtomicU64,
}

/// A running broker. Dropping it stops it at once; [`Broker::shutdown`] waits until the port is free.
pub struct Broker {
    // Own threads: a broker under load cannot starve the console, and all of its tasks end with it.
    runtime: Option<Runtime>,
    context: ServerContext,
    retained: Arc<Retained>,
    counters: Arc<Counters>,
    address: SocketAddr,
    ca_pem: String,
    central: Credential,
}

impl Broker {
    /// Starts listening; on return clients can connect.
    pub async fn start(config: BrokerConfig<'_>) -> Result<Self, BrokerError> {
        let directory = config.data_dir.join("broker");
        let server = config.pki.issue_server(config.names, config.now)?;
        let central = config.pki.issue_central(config.now)?;
        let files = write_server(&directory, config.pki.ca_pem(), &server)?;
        let builder = builder(config.listen)
            .tls_cross_certificate(true)
            .tls_cert(Some(files.certificate.display().to_string()))
            .tls_key(Some(files.key.display().to_string()))
            .tls_client_ca_certs(Some(files.ca.display().to_string()))
            .collect_cert_info(true);

        let mut runtime = Guard(Some(
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(WORKER_THREADS)
                .thread_name("broker")
                .enable_all()
                .build()
                .map_err(BrokerError::Threads)?,
        ));
        let counters = Arc::new(Counters::default());
        let handle = runtime.handle()?;
        let (context, retained, address) = handle
            .spawn(serve(builder, directory, config.admission, Arc::clone(&counters)))
            .await
            .map_err(|e| BrokerError::Ended(e.to_string()))??;
        tracing::info!(%address, "the broker listens");
        Ok(Broker {
            runtime: runtime.0.take(),
            context,
            retained,
            counters,
            address,
            ca_pem: config.pki.ca_pem().to_owned(),
            central,
        })
    }

    /// Where it listens: with the real port if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How the centre itself connects: over loopback, through the same listener, with its own certificate.
    /// Set clean session, keep alive and manual acks as needed.
    pub fn client_options(&self, client_id: &str) -> Result<MqttOptions, BrokerError> {
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let identity = client::Identity {
            ca_pem: &self.ca_pem,
            cert_pem: &self.central.cert_pem,
            key_pem: &self.central.key_pem,
        };
        Ok(client::options(client_id, &host.to_string(), self.address.port(), &identity)?)
    }

    /// Connected clients, the centre's own included.
    pub fn connections(&self) -> u64 {
        u64::try_from(self.context.connections.count()).unwrap_or(0)
    }

    /// Messages that no queue had room for.
    pub fn dropped(&self) -> u64 {
        self.counters.dropped.load(Ordering::Relaxed)
    }

    /// Connections, publishes and subscriptions that were against the rules.
    pub fn refused(&self) -> u64 {
        self.counters.refused.load(Ordering::Relaxed)
    }

    /// Closes a box's connection now, as when it is no longer enrolled. What it may do after reconnecting is up to
    /// the [`Admission`].
    pub async fn disconnect(&self, edge_id: &str) -> Result<(), BrokerError> {
        let id = Id::new(self.context.node.id(), LISTENER_ID, None, None, TopicName::from(edge_id), None);
        let entry = self.context.extends.shared().await.entry(id);
        let kicked = match entry.try_lock().await {
            Ok(mut entry) => entry.kick(true, true, true).await.map(|_| ()),
            Err(e) => Err(e),
        };
        kicked.map_err(|e| BrokerError::Ended(format!("{edge_id} could not be disconnected: {e}")))
    }

    /// Stops listening, closes every connection and returns when the port is free again.
    pub async fn shutdown(mut self) {
        self.retained.close().await;
        if let Some(runtime) = self.runtime.take() {
            // Joining threads blocks, so it may not happen on an async worker.
            let joined =
                tokio::task::spawn_blocking(move || runtime.shutdown_timeout(SHUTDOWN_TIMEOUT)).await;
            if let Err(e) = joined {
                tracing::warn!("the broker's threads did not end cleanly: {e}");
            }
        }
        tracing::info!(address = %self.address, "the broker has stopped");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(Guard(self.runtime.take()));
    }
}

/// A runtime that may be dropped inside another: a plain drop would block there, and tokio panics on that.
struct Guard(Option<Runtime>);

impl Guard {
    fn handle(&self) -> Result<tokio::runtime::Handle, BrokerError> {
        match &self.0 {
            Some(runtime) => Ok(runtime.handle().clone()),
            None => Err(BrokerError::Ended("its threads are gone".to_owned())),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn builder(listen: SocketAddr) -> Builder {
    const ONE_SECOND: Duration = Duration::from_secs(1);
    Builder::new()
        .name("xunge")
        .laddr(listen)
        // A restart must not wait for old connections to leave TIME_WAIT.
        .reuseaddr(Some(true))
        .nodelay(true)
        .allow_anonymous(false)
        .max_packet_size(MAX_PACKET_BYTES)
        .max_handshaking_limit(100)
        .handshake_timeout(HANDSHAKE_TIMEOUT)
        .send_timeout(SEND_TIMEOUT)
        .max_inflight(NonZeroU16::new(MAX_INFLIGHT).unwrap_or(NonZeroU16::MIN))
        .max_mqueue_len(MAX_QUEUED)
        .mqueue_rate_limit(NonZeroU32::MAX, ONE_SECOND)
        .max_clientid_len(64)
        .max_qos_allowed(QoS::AtLeastOnce)
        .max_topic_levels(8)
        .max_subscriptions(16)
        .session_expiry_interval(SESSION_EXPIRY)
        .max_session_expiry_interval(SESSION_EXPIRY)
        // Zero: a message does not grow too old; the queue's length is its bound.
        .message_expiry_interval(Duration::ZERO)
}

async fn serve(
    builder: Builder,
    directory: PathBuf,
    admission: Admission,
    counters: Arc<Counters>,
) -> Result<(ServerContext, Arc<Retained>, SocketAddr), BrokerError> {
    let (listener, address) = listen(builder, &directory)?;
    let retained = Arc::new(Retained::open(&directory.join("retained.db")).await?);
    // The load check of the library would refuse boxes on a busy machine; ours are bounded by number instead.
    let context = ServerContext::new().busy_check_enable(false).mqtt_max_sessions(MAX_SESSIONS).build().await;
    *context.extends.retain_mut().await = Box::new(retained::Storage(Arc::clone(&retained)));
    hooks::register(&context, admission, counters).await;
    let server = MqttServer::new(context.clone()).listener_by_id(listener, LISTENER_ID).build();
    tokio::spawn(async move {
        if let Err(e) = server.run().await {
            tracing::error!("the broker ended: {e}");
        }
    });
    Ok((context, retained, address))
}

fn listen(builder: Builder, directory: &Path) -> Result<(Listener, SocketAddr), BrokerError> {
    let address = builder.laddr;
    let refused = |e: rmqtt::Error| BrokerError::Listen { address, reason: e.to_string() };
    let listener = builder.bind().map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    let listener = listener
        .tls()
        .map_err(|e| BrokerError::Tls { directory: directory.to_owned(), reason: format!("{e:#}") })?;
    Ok((listener, bound))
}

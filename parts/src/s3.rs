//! A real S3 server over a folder: it verifies signatures, ranges and checksums as others do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use anyhow::{Context, Result};
use hyper::Method;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_native_tls::TlsAcceptor;

use crate::free_port;

/// An S3 server on this machine, with one bucket.
#[derive(Debug)]
pub struct S3Server {
    folder: TempDir,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    running: Option<Runtime>,
    tls: Option<TlsAcceptor>,
    end: Arc<End>,
}

/// How it dies in the middle of its work.
#[derive(Debug, Default)]
struct End {
    /// Requests that write and are still answered; negative: all.
    writes: AtomicI64,
    dead: AtomicBool,
}

impl S3Server {
    /// Its bucket.
    pub const BUCKET: &'static str = "evidence";
    /// Who may use it.
    pub const ACCESS_KEY: &'static str = "AKXUNGETEST";
    /// By this.
    pub const SECRET_KEY: &'static str = "not-a-secret-of-anybody";

    /// One that runs.
    pub fn start() -> Result<Self> {
        let mut server = Self::down()?;
        server.restart()?;
        Ok(server)
    }

    /// One that does not run yet: nobody answers at its port.
    pub fn down() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(Self::BUCKET))?;
        Ok(Self { folder, port: free_port()?, running: None, tls: None, end: Arc::default() })
    }

    /// One that speaks TLS, with this certificate and its key (PEM, PKCS#8).
    pub fn secured(certificate: &str, key: &str) -> Result<Self> {
        let identity = native_tls::Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes())?;
        let mut server = Self::down()?;
        server.tls = Some(native_tls::TlsAcceptor::new(identity)?.into());
        server.restart()?;
        Ok(server)
    }

    /// `http://…`, or `https://…`, as configurations want it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Where the objects of its bucket lie.
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join(Self::BUCKET)
    }

    /// Names of all objects, sorted.
    pub fn objects(&self) -> Result<Vec<String>> {
        let (bucket, mut found) = (self.bucket(), Vec::new());
        let mut folders = vec![bucket.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if !hidden(&path) {
                    found.push(path.strip_prefix(&bucket)?.display().to_string());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Ends at once, with all connections.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.running.take() {
            runtime.shutdown_background();
        }
    }

    /// It answers so many more requests that write, and then nobody any more, until [`S3Server::restart`].
    pub fn dies_after(&self, writes: u32) {
        self.end.writes.store(i64::from(writes), Ordering::SeqCst);
    }

    /// Starts it again on the same port, after it was killed where it still runs.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.end = Arc::new(End { writes: AtomicI64::new(-1), dead: AtomicBool::new(false) });
        let files = FileSystem::new(self.folder.path()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(Self::ACCESS_KEY, Self::SECRET_KEY));
        let service = builder.build();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        // the port is free as soon as the sockets of the one before are closed, which is in the background
        let until = std::time::Instant::now() + crate::PATIENCE;
        let listener = loop {
            match std::net::TcpListener::bind(("127.0.0.1", self.port)) {
                Ok(listener) => break listener,
                Err(error) if std::time::Instant::now() > until => {
                    return Err(error).context("the S3 server cannot listen");
                }
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
            }
        };
        listener.set_nonblocking(true)?;
        let (end, tls) = (self.end.clone(), self.tls.clone());
        runtime.spawn(async move {
            if let Ok(listener) = TcpListener::from_std(listener) {
                serve(listener, tls, service, end).await;
            }
        });
        self.running = Some(runtime);
        Ok(())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the server keeps for itself.
fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, service: S3Service, end: Arc<End>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (service, end, tls) = (service.clone(), end.clone(), tls.clone());
        if end.dead.load(Ordering::SeqCst) {
            continue;
        }
        tokio::spawn(async move {
            let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (service, end) = (service.clone(), end.clone());
                async move {
                    let writes = matches!(*request.method(), Method::PUT | Method::POST);
                    if writes && end.writes.load(Ordering::SeqCst) >= 0 {
                        let left = end.writes.fetch_sub(1, Ordering::SeqCst);
                        end.dead.fetch_or(left <= 0, Ordering::SeqCst);
                    }
                    if end.dead.load(Ordering::SeqCst) {
                        return Err("the server is dead".into());
                    }
                    service.call(request.map(s3s::Body::from)).await.map_err(|error| format!("{error:?}"))
                }
            });
            let http = http1::Builder::new();
            // clients go, and death is on purpose
            match tls {
                None => drop(http.serve_connection(TokioIo::new(socket), answer).await),
                Some(tls) => {
                    if let Ok(socket) = tls.accept(socket).await {
                        drop(http.serve_connection(TokioIo::new(socket), answer).await);
                    }
                }
            }
        });
    }
}

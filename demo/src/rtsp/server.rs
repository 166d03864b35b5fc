//! The server itself: mounts, logins, its own thread.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_rtsp_server as gst_rtsp_server;
use gstreamer_rtsp_server::gio;
use gstreamer_rtsp_server::prelude::*;

use super::feed::{self, Programme};
use super::track::{self, codec_name};
use super::{Content, Mount, RtspError, Trouble, hostile};

const ANYONE: &str = "anyone";

/// A running server. Dropping it stops it.
pub struct RtspServer {
    server: gst_rtsp_server::RTSPServer,
    context: glib::MainContext,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
    /// URL without a path.
    base: String,
}

impl RtspServer {
    /// Listens at `bind`, such as `127.0.0.1:0` (port 0: a free one), and serves the mounts.
    pub fn start(bind: &str, mounts: Vec<Mount>) -> Result<Self, RtspError> {
        Self::listen(bind, mounts, None)
    }

    /// The same by `rtsps`. `pem`: certificate and key.
    pub fn start_tls(bind: &str, mounts: Vec<Mount>, pem: &str) -> Result<Self, RtspError> {
        let certificate =
            gio::TlsCertificate::from_pem(pem).map_err(|e| RtspError::Start(e.message().to_owned()))?;
        Self::listen(bind, mounts, Some(certificate))
    }

    fn listen(
        bind: &str,
        mounts: Vec<Mount>,
        certificate: Option<gio::TlsCertificate>,
    ) -> Result<Self, RtspError> {
        gst::init().map_err(|e| RtspError::Start(e.to_string()))?;
        let (host, port) = bind.rsplit_once(':').ok_or_else(|| RtspError::Bind(bind.to_owned()))?;
        let server = gst_rtsp_server::RTSPServer::new();
        server.set_address(host);
        server.set_service(port);
        let points = server.mount_points().ok_or_else(|| RtspError::Start("it has no mounts".into()))?;
        let needs_auth = certificate.is_some() || mounts.iter().any(|m| m.login.is_some());
        let auth = needs_auth.then(open_auth);
        let scheme = if certificate.is_some() { "rtsps" } else { "rtsp" };
        if let Some(auth) = &auth {
            auth.set_tls_certificate(certificate.as_ref());
        }
        for (number, mount) in mounts.into_iter().enumerate() {
            if !mount.path.starts_with('/') {
                return Err(RtspError::Path(mount.path));
            }
            let path = mount.path.clone();
            let factory = factory(number, mount, auth.as_ref())?;
            points.add_factory(&path, factory);
        }
        server.set_auth(auth.as_ref());
        let context = glib::MainContext::new();
        server.attach(Some(&context)).map_err(|_| RtspError::Bind(bind.to_owned()))?;
        let base = format!("{scheme}://{host}:{}", server.bound_port());
        let main_loop = glib::MainLoop::new(Some(&context), false);
        forget_dead_sessions(&server, &context);
        let (run_loop, run_context) = (main_loop.clone(), context.clone());
        let thread = std::thread::Builder::new()
            .name("rtsp-server".into())
            .spawn(move || {
                // an error here only means that another thread owns the context, and none does
                let _ = run_context.with_thread_default(|| run_loop.run());
            })
            .map_err(|e| RtspError::Start(e.to_string()))?;
        Ok(Self { server, context, main_loop, thread: Some(thread), base })
    }

    /// URL of a mount, without user and password.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Closes every connection; clients may come again.
    pub fn drop_clients(&self) {
        self.server.client_filter(Some(&mut |_, _| gst_rtsp_server::RTSPFilterResult::Remove));
    }

    /// Stops serving and frees the port.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.drop_clients();
        // asked from inside the loop, so that it is never asked before the loop runs
        let main_loop = self.main_loop.clone();
        self.context.invoke(move || main_loop.quit());
        let _ = thread.join();
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Sessions of clients that went without a word are freed every two seconds.
fn forget_dead_sessions(server: &gst_rtsp_server::RTSPServer, context: &glib::MainContext) {
    let Some(pool) = server.session_pool() else { return };
    let source = glib::timeout_source_new_seconds(2, None, glib::Priority::DEFAULT, move || {
        pool.cleanup();
        glib::ControlFlow::Continue
    });
    source.attach(Some(context));
}

fn open_auth() -> gst_rtsp_server::RTSPAuth {
    let auth = gst_rtsp_server::RTSPAuth::new();
    auth.set_supported_methods(gst_rtsp_server::gst_rtsp::RTSPAuthMethod::Digest);
    let mut token = token(ANYONE);
    auth.set_default_token(Some(&mut token));
    auth
}

fn token(role: &str) -> gst_rtsp_server::RTSPToken {
    gst_rtsp_server::RTSPToken::builder()
        .field(gst_rtsp_server::RTSP_TOKEN_MEDIA_FACTORY_ROLE.as_str(), role)
        .build()
}

fn allow(factory: &gst_rtsp_server::RTSPMediaFactory, role: &str, allowed: bool) {
    let role = gst::Structure::builder(role)
        // whoever may not see it must still be told that it is there, or the answer is 404 and not 401
        .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_ACCESS.as_str(), true)
        .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT.as_str(), allowed)
        .build();
    factory.add_role_from_structure(&role);
}

fn factory(
    number: usize,
    mount: Mount,
    auth: Option<&gst_rtsp_server::RTSPAuth>,
) -> Result<gst_rtsp_server::RTSPMediaFactory, RtspError> {
    let factory = gst_rtsp_server::RTSPMediaFactory::new();
    factory.set_shared(true);
    if mount.udp_only {
        factory.set_protocols(gst_rtsp_server::gst_rtsp::RTSPLowerTrans::UDP);
    }
    allow(&factory, ANYONE, mount.login.is_none());
    if let (Some(login), Some(auth)) = (&mount.login, auth) {
        let role = format!("mount{number}");
        auth.add_digest(&login.user, &login.password, &token(&role));
        allow(&factory, &role, true);
    }
    match mount.content {
        Content::MotionJpeg => factory.set_launch(
            "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=10/1 \
             ! jpegenc ! rtpjpegpay name=pay0 pt=26 )",
        ),
        Content::Clips(files) => {
            let tracks = files.iter().map(|f| track::read(f)).collect::<Result<Vec<_>, _>>()?;
            let Some(codec) = tracks.first().map(|t| t.codec) else {
                return Err(RtspError::Start(format!("{} has no clip", mount.path)));
            };
            let name = codec_name(codec);
            factory.set_launch(&format!(
                "( appsrc name=feed is-live=true format=time max-bytes=8000000 leaky-type=downstream \
                 caps=video/x-{name},stream-format=byte-stream,alignment=au \
                 ! {name}parse config-interval=-1 ! rtp{name}pay name=pay0 pt=96 config-interval=-1 )"
            ));
            if mount.trouble == Some(Trouble::BadPayload) {
                hostile::spoil_payload(&factory);
            }
            let programme = Programme::new(tracks, mount.start_at, mount.trouble);
            feed_by(&factory, move |source, stop| feed::run(&programme, source, stop));
        }
    }
    Ok(factory)
}

/// Runs `work` on a thread of its own for each stream, from when it first wants data until it is torn down.
fn feed_by<F>(factory: &gst_rtsp_server::RTSPMediaFactory, work: F)
where
    F: Fn(&gst_app::AppSrc, &std::sync::mpsc::Receiver<()>) + Send + Sync + 'static,
{
    let work = Arc::new(work);
    factory.connect_media_configure(move |_, media| {
        let source = media.element().downcast::<gst::Bin>().ok().and_then(|bin| bin.by_name("feed"));
        let Some(source) = source.and_then(|s| s.downcast::<gst_app::AppSrc>().ok()) else { return };
        let running: Arc<Mutex<Option<Sender<()>>>> = Arc::default();
        let (on_need, on_end, work) = (running.clone(), running, work.clone());
        source.set_callbacks(
            gst_app::AppSrcCallbacks::builder()
                .need_data(move |source, _| {
                    let mut running = on_need.lock().unwrap_or_else(PoisonError::into_inner);
                    if running.is_some() {
                        return;
                    }
                    let (stop, stopped) = channel();
                    let (source, work) = (source.clone(), work.clone());
                    let spawned = std::thread::Builder::new()
                        .name("rtsp-feed".into())
                        .spawn(move || work(&source, &stopped));
                    *running = spawned.is_ok().then_some(stop);
                })
                .build(),
        );
        media.connect_unprepared(move |_| {
            // the feed ends when its end of the channel is gone
            on_end.lock().unwrap_or_else(PoisonError::into_inner).take();
        });
    });
}

//! `run`: the whole centre in one process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};
use xunge_central::broker::{Broker, BrokerConfig, client};
use xunge_central::case::guard::{Post, Role};
use xunge_central::clock::Clock;
use xunge_central::config::{BrokerChoice, CentralConfig};
use xunge_central::enrolment::Enrolment;
use xunge_central::evidence::EvidenceFiles;
use xunge_central::feed::Feed;
use xunge_central::intake::{CLIENT_ID, IntakeWatch};
use xunge_central::nightly::{self, Nights};
use xunge_central::outside::deliver::Sender;
use xunge_central::password;
use xunge_central::pki::Pki;
use xunge_central::plan;
use xunge_central::retention::{self, Keep};
use xunge_central::store::{Patience, Store};
use xunge_central::web::{Residents, Web, router};
use xunge_residents::store::Release;

use super::{duty, evidence_store, load, not_shared, open_store, residents, say};

/// How soon a box that was enrolled by the command line may connect.
const ENROLMENT_EVERY: Duration = Duration::from_millis(300);
/// How late a deadline may be noticed; the shortest one is a minute.
const DEADLINES_EVERY: Duration = Duration::from_millis(500);
/// How soon it is noticed that a box has been gone for too long; the shortest patience is minutes.
const OUTAGES_EVERY: Duration = Duration::from_secs(5);
/// How long after a start boxes have time to be heard.
const SETTLE: Duration = Duration::from_secs(60);
/// How soon a dead connection to a broker on this machine is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a stop waits for answers that are being written.
const WEB_FAREWELL: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or SIGINT.
pub async fn run(file: &Path) -> Result<()> {
    let config = load(file)?;
    let clock = Clock::system();
    let mut stop = Signals::listen()?;
    let store = open_store(&config).await?;
    let _only_one = only_one(&config)?;
    store.bring_plans(&plan::shipped(), clock.now()).await?;
    if store.is_shared() && matches!(config.broker, BrokerChoice::Embedded { .. }) {
        warn!(
            "the case store is PostgreSQL but the broker is this program's own: other centres on the database could not \
             be reached by its boxes; use an external broker for several centres"
        );
    }
    let listener = TcpListener::bind(config.web.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: is another program using the port? See `[web] listen`",
            config.web.listen
        )
    })?;
    let address = listener.local_addr().context("cannot read the address of the console")?;
    let kept = evidence_store(&config)?;
    if let Some(note) = not_shared(&config) {
        warn!("{note}");
    }
    let files = EvidenceFiles::with(kept, &config.data_dir, config.evidence.max_file_bytes).await?;

    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let feed = Feed::new(store.clone());
    let (broker, options) = broker(&config, &store, &clock).await?;
    let broker = broker.map(|(broker, enrolment)| {
        tasks.spawn(follow_enrolment(broker.clone(), enrolment, store.clone(), stopped.clone()));
        broker
    });
    let shown = Arc::new(IntakeWatch::default());
    let keep = Keep { days: config.evidence.keep_days };
    let desk = duty::Desk {
        options,
        store: store.clone(),
        feed: feed.clone(),
        clock: clock.clone(),
        shown: shown.clone(),
        files: files.clone(),
        keep,
    };
    let intake = tokio::spawn(duty::follow(desk, stopped.clone()));
    tasks.spawn(duty::follow_news(store.clone(), feed.clone(), stopped.clone()));
    let room =
        retention::follow_room(store.clone(), files.clone(), config.evidence.max_bytes, stopped.clone());
    tasks.spawn(room);
    tasks.spawn(retention::follow_objects(files.clone(), stopped.clone()));
    tasks.spawn(Sender::new(store.clone(), clock.clone())?.run(stopped.clone()));
    tasks.spawn(follow_deadlines(store.clone(), feed.clone(), clock.clone(), stopped.clone()));
    let patience = config.cases.patience;
    tasks.spawn(follow_outages(store.clone(), feed.clone(), patience, clock.clone(), stopped.clone()));

    let residents = residents_half(&config, &clock).await?;
    if let (Some(half), Some(told)) = (&residents, &config.residents) {
        let nights = Nights { at: told.scan_at, release: Release { per_grid: told.per_grid } };
        tasks.spawn(nightly::follow(half.store.clone(), clock.clone(), nights, stopped.clone()));
    }
    let people = residents.as_ref().map(|half| half.store.clone());

    let mut web =
        Web::new(store.clone(), feed, files, clock.clone(), stopped.clone()).limited(&config.web.limits);
    web.trusted_proxies.clone_from(&config.web.trusted_proxies);
    web.intake = Some(shown);
    web.session = config.web.session;
    web.secure_cookies = config.web.secure_cookies;
    web.keep = keep;
    web.max_bytes = config.evidence.max_bytes;
    let app = router(Arc::new(web), residents).into_make_service_with_connect_info::<SocketAddr>();
    let mut until = stopped.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        // an error means that nobody is left to say it: stop as well
        let _ = until.wait_for(|stopped| *stopped).await;
    });
    let mut serving = tokio::spawn(server.into_future());

    greet(&store, address, &clock).await?;
    tell_supervisor(&[NotifyState::Ready]);
    tasks.spawn(watchdog(store.clone(), stopped));

    let ended = tokio::select! {
        name = stop.next() => {
            info!("{name}: the centre stops");
            None
        }
        ended = &mut serving => Some(ended),
    };
    tell_supervisor(&[NotifyState::Stopping]);
    stopping.send_replace(true);
    if ended.is_none() && timeout(WEB_FAREWELL, &mut serving).await.is_err() {
        serving.abort();
    }
    while tasks.join_next().await.is_some() {}
    if let Err(failed) = intake.await {
        error!("intake failed: {failed}");
    }
    if let Some(broker) = broker
        && let Some(broker) = Arc::into_inner(broker)
    {
        broker.shutdown().await;
    }
    store.close().await;
    if let Some(people) = people {
        people.close().await;
    }
    match ended {
        None => Ok(()),
        Some(result) => {
            result.context("the console stopped by itself")?.context("the console stopped by itself")?;
            anyhow::bail!("the console stopped by itself")
        }
    }
}

/// The residents' half, where it is on.
async fn residents_half(config: &CentralConfig, clock: &Clock) -> Result<Option<Arc<Residents>>> {
    if config.residents.is_none() {
        return Ok(None);
    }
    let store = residents::open(config).await?;
    if !store.has_accounts().await? {
        say(residents::NO_ACCOUNT);
    }
    let folder = config.data_dir.clone();
    let mut half = Residents::new(store, clock.clone(), folder, &config.web.limits);
    half.trusted_proxies.clone_from(&config.web.trusted_proxies);
    half.session = config.web.session;
    half.secure_cookies = config.web.secure_cookies;
    Ok(Some(Arc::new(half)))
}

/// A second centre on the same folder would number cases and confirm alerts behind the first one's back.
fn only_one(config: &CentralConfig) -> Result<std::fs::File> {
    let path = config.data_dir.join("running.lock");
    let file = std::fs::File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    file.try_lock().with_context(|| {
        format!("another xunge-central is running on {}; stop it first", config.data_dir.display())
    })?;
    Ok(file)
}

type Embedded = (Arc<Broker>, Enrolment);

/// The broker inside this process, or how to reach the one outside.
async fn broker(
    config: &CentralConfig,
    store: &Store,
    clock: &Clock,
) -> Result<(Option<Embedded>, rumqttc::MqttOptions)> {
    match &config.broker {
        BrokerChoice::Embedded { listen, names } => {
            let pki = Pki::open(&config.data_dir.join("pki"), clock.now())?;
            let enrolment = Enrolment::default();
            enrolment.refresh(store).await?;
            let broker = Broker::start(BrokerConfig {
                listen: *listen,
                names,
                pki: &pki,
                data_dir: &config.data_dir,
                admission: enrolment.admission(),
                now: clock.now(),
            })
            .await?;
            let options = broker.client_options(CLIENT_ID)?;
            Ok((Some((Arc::new(broker), enrolment)), options))
        }
        BrokerChoice::External { host, port, tls } => {
            let Some(tls) = tls else {
                let mut options = rumqttc::MqttOptions::new(CLIENT_ID, host, *port);
                options.set_keep_alive(KEEP_ALIVE);
                return Ok((None, options));
            };
            let read = |path: &Path| {
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
            };
            let (ca, certificate, key) = (read(&tls.ca)?, read(&tls.certificate)?, read(&tls.key)?);
            let identity = client::Identity { ca_pem: &ca, cert_pem: &certificate, key_pem: &key };
            Ok((None, client::options(CLIENT_ID, host, *port, &identity)?))
        }
    }
}

/// Prints where the console is, and at the very first start who may enter.
async fn greet(store: &Store, address: SocketAddr, clock: &Clock) -> Result<()> {
    let host = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    say(&format!("console: http://{host}:{}", address.port()));
    if store.user_count().await? > 0 {
        return Ok(());
    }
    let secret = password::random();
    let hash = tokio::task::spawn_blocking({
        let secret = secret.clone();
        move || password::hash(&secret)
    });
    let hash = hash.await.context("the first password could not be made")??;
    if store.add_user("admin", &[Post { role: Role::Admin, region: None }], &hash, clock.now()).await? {
        say("user: admin");
        say(&format!("password: {secret}"));
    }
    Ok(())
}

/// Lets boxes in that were enrolled by the command line, and out those that were enrolled elsewhere since.
async fn follow_enrolment(
    broker: Arc<Broker>,
    enrolment: Enrolment,
    store: Store,
    mut stopped: watch::Receiver<bool>,
) {
    let mut failing = false;
    while pause(ENROLMENT_EVERY, &mut stopped).await {
        match enrolment.refresh(&store).await {
            Ok(out) => {
                failing = false;
                for edge in out {
                    info!(
                        "{edge} has a new certificate or is no longer enrolled: its old connection is closed"
                    );
                    if let Err(error) = broker.disconnect(&edge).await {
                        warn!("{error}");
                    }
                }
            }
            Err(error) => {
                if !failing {
                    error!("{error}; the boxes that were enrolled before may still connect");
                }
                failing = true;
            }
        }
    }
}

/// Lets deadlines do what they do when they have come. After a stop or an update, what has come meanwhile is first.
async fn follow_deadlines(store: Store, feed: Feed, clock: Clock, mut stopped: watch::Receiver<bool>) {
    let mut wound = false;
    loop {
        if !wound {
            match store.wind_clocks(true, clock.now()).await {
                Ok(cases) => {
                    wound = true;
                    if cases > 0 {
                        info!("{cases} open cases of an earlier version got their deadlines");
                    }
                }
                Err(error) => error!("{error}"),
            }
        }
        let again = match store.fire_timers(clock.now()).await {
            Ok((changed, again)) => {
                if !changed.is_empty() {
                    feed.tell_cases(changed).await;
                }
                again
            }
            Err(error) => {
                error!("{error}");
                false
            }
        };
        if *stopped.borrow() || (!again && !pause(DEADLINES_EVERY, &mut stopped).await) {
            return;
        }
    }
}

/// Makes cases of boxes that are gone and of cameras that see nothing, whichever centre is first.
async fn follow_outages(
    store: Store,
    feed: Feed,
    patience: Patience,
    clock: Clock,
    mut stopped: watch::Receiver<bool>,
) {
    // what the store says of boxes may be as old as the last stop: the broker tells what is true now
    if !pause(SETTLE, &mut stopped).await {
        return;
    }
    while pause(OUTAGES_EVERY, &mut stopped).await {
        match store.watch_outages(patience, clock.now()).await {
            Ok(changed) if !changed.is_empty() => feed.tell_cases(changed).await,
            Ok(_) => {}
            Err(error) => error!("{error}"),
        }
    }
}

/// Tells systemd that the centre lives as long as its store answers.
async fn watchdog(store: Store, mut stopped: watch::Receiver<bool>) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut beat = interval(limit / 3);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        match store.ping().await {
            Ok(()) => tell_supervisor(&[NotifyState::Watchdog]),
            Err(error) => error!("{error}; systemd is not told that the centre lives"),
        }
    }
}

fn tell_supervisor(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!("systemd cannot be told: {error}");
    }
}

/// False when it is time to stop.
pub(super) async fn pause(length: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    timeout(length, stopped.wait_for(|stopped| *stopped)).await.is_err()
}

struct Signals {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { term: listen(SignalKind::terminate())?, int: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}

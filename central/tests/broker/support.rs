//! Brokers, clients and a broker process for the tests of `broker.rs`.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, Incoming, MqttOptions, QoS, SubscribeReasonCode,
    TlsConfiguration, Transport,
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use xunge_central::broker::client::{self, Identity};
use xunge_central::broker::{Admission, Broker, BrokerConfig, BrokerError};
use xunge_central::pki::{EdgeBundle, Pki};

pub const SITE: &str = "420502001001";
/// Long, because the machine may be busy; nothing waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(30);
const HOST: &str = "127.0.0.1";

/// Waits until `condition` holds.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waited).await.is_ok(), "never happened: {what}");
}

/// A centre with its own CA and broker, in a folder of its own.
pub struct Place {
    data_dir: PathBuf,
    pki: Pki,
    admission: Admission,
    address: SocketAddr,
    broker: Option<Broker>,
    _dir: Option<TempDir>,
}

impl Place {
    pub async fn new() -> Self {
        Self::with(Admission::any_certificate()).await
    }

    pub async fn with(admission: Admission) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let pki = Pki::open(&data_dir.join("pki"), Timestamp::now()).unwrap();
        let any: SocketAddr = (HOST.parse::<std::net::IpAddr>().unwrap(), 0).into();
        let mut place = Place { data_dir, pki, admission, address: any, broker: None, _dir: Some(dir) };
        let broker = place.second_broker().await.unwrap();
        place.address = broker.address();
        place.broker = Some(broker);
        place
    }

    /// Starts another broker on the address and folder of this place.
    pub async fn second_broker(&self) -> Result<Broker, BrokerError> {
        Broker::start(BrokerConfig {
            listen: self.address,
            names: &[],
            pki: &self.pki,
            data_dir: &self.data_dir,
            admission: self.admission.clone(),
            now: Timestamp::now(),
        })
        .await
    }

    pub async fn restart(&mut self) {
        self.restart_with(|| {}).await;
    }

    /// Stops the broker, does something, and starts it on the same port.
    pub async fn restart_with(&mut self, between: impl FnOnce()) {
        self.broker.take().unwrap().shutdown().await;
        between();
        self.broker = Some(self.second_broker().await.unwrap());
    }

    pub async fn stop(mut self) {
        self.broker.take().unwrap().shutdown().await;
        assert!(std::net::TcpStream::connect(self.address).is_err(), "the port is free");
    }

    pub fn broker(&self) -> &Broker {
        self.broker.as_ref().unwrap()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn ca(&self) -> String {
        self.pki.ca_pem().to_owned()
    }

    pub fn issue(&self, edge: &str) -> EdgeBundle {
        self.pki.issue_edge(SITE, edge, 30, Timestamp::now()).unwrap()
    }

    /// A certificate whose time is over.
    pub fn issue_long_ago(&self, edge: &str) -> EdgeBundle {
        self.pki.issue_edge(SITE, edge, 30, "2021-01-01T00:00:00Z".parse().unwrap()).unwrap()
    }

    /// Sends what is no MQTT over a right TLS connection and waits until the broker closes it.
    pub async fn send_garbage(&self, edge: &str, garbage: &[u8]) {
        let bundle = self.issue(edge);
        let connector = native_tls::TlsConnector::builder()
            .add_root_certificate(native_tls::Certificate::from_pem(bundle.ca_pem.as_bytes()).unwrap())
            .identity(
                native_tls::Identity::from_pkcs8(bundle.cert_pem.as_bytes(), bundle.key_pem.as_bytes())
                    .unwrap(),
            )
            .build()
            .unwrap();
        let (address, garbage) = (self.address, garbage.to_vec());
        let talk = move || {
            let tcp = std::net::TcpStream::connect(address).unwrap();
            tcp.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut tls = connector.connect(HOST, tcp).unwrap();
            tls.write_all(&garbage).unwrap();
            // What the broker cannot read yet is complete only when we end, too.
            tls.shutdown().unwrap();
            let end = tls.read_to_end(&mut Vec::new());
            let timed_out = |e: &std::io::Error| e.kind() == std::io::ErrorKind::WouldBlock;
            assert!(!end.as_ref().is_err_and(timed_out), "still open: {end:?}");
        };
        tokio::task::spawn_blocking(talk).await.unwrap();
    }

    pub fn options_with(&self, client_id: &str, ca_pem: &str, cert_pem: &str, key_pem: &str) -> MqttOptions {
        client::options(client_id, HOST, self.address.port(), &Identity { ca_pem, cert_pem, key_pem })
            .unwrap()
    }

    pub fn edge_options(&self, edge: &str) -> MqttOptions {
        let bundle = self.issue(edge);
        self.options_with(edge, &bundle.ca_pem, &bundle.cert_pem, &bundle.key_pem)
    }

    pub fn options_without_certificate(&self, client_id: &str) -> MqttOptions {
        let ca = native_tls::Certificate::from_pem(self.ca().as_bytes()).unwrap();
        let connector = native_tls::TlsConnector::builder().add_root_certificate(ca).build().unwrap();
        let mut options = self.options_without_tls(client_id);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::NativeConnector(connector)));
        options
    }

    pub fn options_without_tls(&self, client_id: &str) -> MqttOptions {
        MqttOptions::new(client_id, HOST, self.address.port())
    }

    pub async fn edge(&self, edge: &str) -> Client {
        Client::connect(self.edge_options(edge)).await
    }

    pub async fn centre(&self, client_id: &str) -> Client {
        let options = match &self.broker {
            Some(broker) => broker.client_options(client_id).unwrap(),
            None => {
                let own = self.pki.issue_central(Timestamp::now()).unwrap();
                self.options_with(client_id, &self.ca(), &own.cert_pem, &own.key_pem)
            }
        };
        Client::connect(options).await
    }
}

#[derive(Debug)]
enum Seen {
    Connected { session_present: bool },
    Message(String, String),
    Subscribed(SubscribeReasonCode),
    Acknowledged,
    Closed(Box<ConnectionError>),
}

#[derive(Debug)]
enum Order {
    Reconnect,
    StopReading,
}

/// A connected MQTT 3.1.1 client. It does not reconnect by itself.
pub struct Client {
    pub session_present: bool,
    client: AsyncClient,
    seen: mpsc::Receiver<Seen>,
    waiting: VecDeque<Seen>,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl Client {
    pub async fn connect(options: MqttOptions) -> Self {
        let mut client = Self::begin(options);
        client.session_present = client.connected().await;
        client
    }

    /// Connects with something the broker must not accept; returns how it said no.
    pub async fn refused(options: MqttOptions) -> ConnectionError {
        let mut client = Self::begin(options);
        let end = client
            .find(|seen| match seen {
                Seen::Closed(error) => Ok(Some(*error)),
                Seen::Connected { .. } => Ok(None),
                other => Err(other),
            })
            .await;
        end.expect("this client must not get in")
    }

    fn begin(options: MqttOptions) -> Self {
        let (client, events) = AsyncClient::new(options, 64);
        let (seen_tx, seen) = mpsc::channel(10_000);
        let (orders, orders_rx) = mpsc::channel(8);
        let task = tokio::spawn(drive(events, seen_tx, orders_rx));
        Client { session_present: false, client, seen, waiting: VecDeque::new(), orders, task }
    }

    /// The first thing seen that `pick` takes; what it gives back stays for later.
    async fn find<T>(&mut self, mut pick: impl FnMut(Seen) -> Result<T, Seen>) -> T {
        for _ in 0..self.waiting.len() {
            if let Some(seen) = self.waiting.pop_front() {
                match pick(seen) {
                    Ok(found) => return found,
                    Err(seen) => self.waiting.push_back(seen),
                }
            }
        }
        loop {
            let seen = tokio::time::timeout(PATIENCE, self.seen.recv()).await;
            let seen = seen.unwrap_or_else(|_| panic!("nothing came; waiting: {:?}", self.waiting)).unwrap();
            match pick(seen) {
                Ok(found) => return found,
                Err(seen @ Seen::Closed(_)) => panic!("the connection ended: {seen:?}"),
                Err(seen) => self.waiting.push_back(seen),
            }
        }
    }

    async fn connected(&mut self) -> bool {
        self.find(|seen| match seen {
            Seen::Connected { session_present } => Ok(session_present),
            other => Err(other),
        })
        .await
    }

    pub async fn publish(&self, topic: &str, retain: bool, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
    }

    pub async fn try_subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        self.find(|seen| match seen {
            Seen::Subscribed(code) => Ok(code),
            other => Err(other),
        })
        .await
    }

    pub async fn subscribe(&mut self, filter: &str) {
        let code = self.try_subscribe(filter).await;
        assert_eq!(code, SubscribeReasonCode::Success(QoS::AtLeastOnce), "{filter}");
    }

    /// The next message: topic and payload.
    pub async fn message(&mut self) -> (String, String) {
        self.find(|seen| match seen {
            Seen::Message(topic, payload) => Ok((topic, payload)),
            other => Err(other),
        })
        .await
    }

    /// Waits until the broker has acknowledged one publish.
    pub async fn acknowledged(&mut self) {
        self.find(|seen| match seen {
            Seen::Acknowledged => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// Waits until the broker has closed the connection.
    pub async fn closed(&mut self) -> ConnectionError {
        self.find(|seen| match seen {
            Seen::Closed(error) => Ok(*error),
            other => Err(other),
        })
        .await
    }

    /// Waits for the end of the connection and for a new one; whether the broker kept the session.
    pub async fn reconnected(&mut self) -> bool {
        self.closed().await;
        self.orders.send(Order::Reconnect).await.unwrap();
        self.connected().await
    }

    /// Keeps the connection open and never reads from it again.
    pub fn stop_reading(&self) {
        self.orders.try_send(Order::StopReading).unwrap();
    }

    /// Ends without DISCONNECT, as a killed process does.
    pub async fn kill(mut self) {
        self.task.abort();
        assert!((&mut self.task).await.is_err());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn drive(mut events: EventLoop, seen: mpsc::Sender<Seen>, mut orders: mpsc::Receiver<Order>) {
    let mut reconnecting = false;
    loop {
        let event = tokio::select! {
            event = events.poll() => event,
            order = orders.recv() => match order {
                Some(Order::StopReading) => std::future::pending().await,
                Some(Order::Reconnect) => continue,
                None => return,
            },
        };
        let news = match event {
            Ok(Event::Incoming(Incoming::ConnAck(answer))) => {
                reconnecting = false;
                Seen::Connected { session_present: answer.session_present }
            }
            Ok(Event::Incoming(Incoming::Publish(message))) => {
                Seen::Message(message.topic, String::from_utf8(message.payload.to_vec()).unwrap())
            }
            Ok(Event::Incoming(Incoming::SubAck(answer))) => Seen::Subscribed(answer.return_codes[0]),
            Ok(Event::Incoming(Incoming::PubAck(_))) => Seen::Acknowledged,
            Ok(_) => continue,
            Err(_) if reconnecting => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => {
                if seen.send(Seen::Closed(Box::new(error))).await.is_err() {
                    return;
                }
                match orders.recv().await {
                    Some(Order::Reconnect) => reconnecting = true,
                    _ => return,
                }
                continue;
            }
        };
        if seen.send(news).await.is_err() {
            return;
        }
    }
}

/// MQTT 5.
pub mod v5 {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::{AsyncClient, Event, Incoming, MqttOptions};
    use xunge_central::broker::client::{self, Identity};

    use super::{HOST, PATIENCE, Place};

    /// Connects, publishes once, and returns when the broker has acknowledged it or closed the connection.
    pub async fn publish(place: &Place, edge: &str, topic: &str, payload: &str) {
        let bundle = place.issue(edge);
        let identity =
            Identity { ca_pem: &bundle.ca_pem, cert_pem: &bundle.cert_pem, key_pem: &bundle.key_pem };
        let mut options = MqttOptions::new(edge, HOST, place.address.port());
        options.set_transport(client::transport(&identity).unwrap());
        let (client, mut events) = AsyncClient::new(options, 8);
        client.publish(topic, QoS::AtLeastOnce, false, payload.to_owned()).await.unwrap();
        let done = async {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Incoming::PubAck(_) | Incoming::Disconnect(_))) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, done).await.unwrap();
    }
}

const CHILD_DIR: &str = "XUNGE_TEST_BROKER_DIR";
const CHILD_LISTEN: &str = "XUNGE_TEST_BROKER_LISTEN";

/// A broker in a process of its own, so that it can be killed.
pub struct Process {
    child: Child,
    dir: Option<TempDir>,
    data_dir: PathBuf,
    address: SocketAddr,
}

impl Process {
    /// Starts one in a new folder, or in the folder and on the port of `before`.
    pub fn start(before: Option<Process>) -> Self {
        let (dir, listen) = match before {
            Some(mut process) => (process.dir.take().unwrap(), process.address.to_string()),
            None => (tempfile::tempdir().unwrap(), format!("{HOST}:0")),
        };
        let data_dir = dir.path().join("data");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["broker_process", "--exact", "--nocapture"])
            .env(CHILD_DIR, &data_dir)
            .env(CHILD_LISTEN, listen)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| line.unwrap().split_once("listening on ").map(|(_, a)| a.parse().unwrap()));
        Process { child, dir: Some(dir), data_dir, address: address.expect("the process starts a broker") }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How to reach it.
    pub fn place(&self) -> Place {
        Place {
            data_dir: self.data_dir.clone(),
            pki: Pki::open(&self.data_dir.join("pki"), Timestamp::now()).unwrap(),
            admission: Admission::any_certificate(),
            address: self.address,
            broker: None,
            _dir: None,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already dead when it was killed on purpose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the process that [`Process::start`] started: runs a broker until standard input ends.
pub async fn run_if_child() {
    let Some(data_dir) = std::env::var_os(CHILD_DIR).map(PathBuf::from) else { return };
    let listen = std::env::var(CHILD_LISTEN).unwrap().parse().unwrap();
    let pki = Pki::open(&data_dir.join("pki"), Timestamp::now()).unwrap();
    let broker = Broker::start(BrokerConfig {
        listen,
        names: &[],
        pki: &pki,
        data_dir: &data_dir,
        admission: Admission::any_certificate(),
        now: Timestamp::now(),
    })
    .await
    .unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\nlistening on {}", broker.address()).unwrap();
    out.flush().unwrap();
    // Ends when the parent does, however it ends.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}

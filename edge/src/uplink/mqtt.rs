//! How the MQTT client of one connection is set up, and what its errors mean for people.

use std::time::Duration;

use jiff::Timestamp;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, EventLoop, LastWill, MqttOptions, QoS, StateError,
    TlsConfiguration, Transport,
};
use xunge_alert::{EdgeState, Status, VERSION, topic};

use super::{UplinkError, UplinkOptions, options::Broker, tls};

/// Requests that may wait for the connection: the window, and all cameras' states in a few rounds.
const REQUESTS: usize = 512;
/// The largest packet in either direction.
const MAX_PACKET: usize = 256 * 1024;
/// For DNS, TCP, TLS and the broker's answer together.
const CONNECT_SECS: u64 = 10;

pub(super) fn status(options: &UplinkOptions, state: EdgeState, since_utc: Timestamp, depth: u64) -> Vec<u8> {
    let status = Status {
        version: VERSION,
        edge: options.edge.clone(),
        state,
        since_utc,
        software: options.software.clone(),
        outbox_depth: depth,
    };
    serde_json::to_vec(&status).unwrap_or_default() // plain strings and numbers: it cannot fail
}

/// A client of its own for one connection. `clean` makes the broker throw away what it kept for this box.
pub(super) fn client(
    options: &UplinkOptions,
    broker: &Broker,
    clean: bool,
    now: Timestamp,
    depth: u64,
) -> Result<(AsyncClient, EventLoop), UplinkError> {
    let mut mqtt = MqttOptions::new(&options.edge, &broker.host, broker.port);
    if broker.tls {
        let connector = tls::connector(&options.tls)?;
        mqtt.set_transport(Transport::tls_with_config(TlsConfiguration::NativeConnector(connector)));
    }
    if let Some(user) = &options.user {
        mqtt.set_credentials(user, options.password.as_deref().unwrap_or_default());
    }
    let will = status(options, EdgeState::Offline, now, depth);
    mqtt.set_clean_session(clean)
        .set_keep_alive(options.timing.keep_alive.max(Duration::from_secs(1)))
        .set_max_packet_size(MAX_PACKET, MAX_PACKET)
        .set_inflight(1024)
        .set_last_will(LastWill::new(
            topic::status(&options.site, &options.edge),
            will,
            QoS::AtLeastOnce,
            true,
        ));
    let (client, mut events) = AsyncClient::new(mqtt, REQUESTS);
    events.network_options.set_connection_timeout(CONNECT_SECS).set_tcp_nodelay(true);
    Ok((client, events))
}

/// One sentence about a connection that failed or ended.
pub(super) fn explain(error: &ConnectionError, broker: &Broker) -> String {
    let place = format!("{}:{}", broker.host, broker.port);
    match error {
        ConnectionError::ConnectionRefused(code) => {
            let why = match code {
                ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                    "it does not accept this box's user or certificate"
                }
                ConnectReturnCode::BadClientId => "it does not accept this box's id",
                ConnectReturnCode::ServiceUnavailable => "it is not ready",
                ConnectReturnCode::RefusedProtocolVersion => "it does not speak MQTT 3.1.1",
                ConnectReturnCode::Success => "it changed its mind",
            };
            format!("the broker at {place} refuses the connection: {why}")
        }
        ConnectionError::NetworkTimeout => {
            format!("the broker at {place} does not answer within {CONNECT_SECS} s")
        }
        ConnectionError::FlushTimeout => format!("the broker at {place} takes nothing any more"),
        ConnectionError::Io(error) => format!("cannot reach the broker at {place}: {error}"),
        ConnectionError::Tls(error) => {
            format!("no secure connection to the broker at {place}: {}", tls::chain(error))
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => {
            format!("the broker at {place} closed the connection")
        }
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            format!("the broker at {place} fell silent")
        }
        // TLS 1.3: the broker looks at the box's certificate after the box believes all is well
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::Io(error)))
            if broker.tls && error.to_string().contains("alert") =>
        {
            format!("the broker at {place} does not accept this box's certificate: {error}")
        }
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::Io(error)))
        | ConnectionError::MqttState(StateError::Io(error)) => {
            format!("the connection to the broker at {place} broke: {error}")
        }
        other => format!("the connection to the broker at {place} broke: {}", tls::chain(other)),
    }
}

/// The broker holds a message for this box that is too large to take; it would be sent again for ever.
pub(super) fn is_too_large(error: &ConnectionError) -> bool {
    let ConnectionError::MqttState(StateError::Deserialization(error)) = error else { return false };
    matches!(error, rumqttc::Error::PayloadSizeLimitExceeded(_))
}

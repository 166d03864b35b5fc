//! How a client of this broker is set up: rumqttc over the system's OpenSSL, trusting only our own CA.

use std::time::Duration;

use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use thiserror::Error;

use super::MAX_PACKET_BYTES;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Certificate or key that cannot be used.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The CA.
    #[error("the CA certificate is not usable (PEM expected): {0}")]
    Ca(native_tls::Error),
    /// The own certificate or key.
    #[error("the client certificate and its key are not usable together (PEM and PKCS#8 PEM expected): {0}")]
    Identity(native_tls::Error),
    /// OpenSSL as a whole.
    #[error("TLS cannot be set up: {0}")]
    Connector(native_tls::Error),
}

/// What a client shows and what it trusts, all PEM.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The CA that the broker's certificate must come from.
    pub ca_pem: &'a str,
    /// The client's certificate.
    pub cert_pem: &'a str,
    /// The client's private key, PKCS#8.
    pub key_pem: &'a str,
}

/// TLS with a client certificate. The system's own CAs are not trusted: only ours may name a broker.
pub fn transport(identity: &Identity<'_>) -> Result<Transport, ClientError> {
    let ca = native_tls::Certificate::from_pem(identity.ca_pem.as_bytes()).map_err(ClientError::Ca)?;
    let own = native_tls::Identity::from_pkcs8(identity.cert_pem.as_bytes(), identity.key_pem.as_bytes())
        .map_err(ClientError::Identity)?;
    let connector = native_tls::TlsConnector::builder()
        .min_protocol_version(Some(native_tls::Protocol::Tlsv12))
        .disable_built_in_roots(true)
        .add_root_certificate(ca)
        .identity(own)
        .build()
        .map_err(ClientError::Connector)?;
    Ok(Transport::tls_with_config(TlsConfiguration::NativeConnector(connector)))
}

/// Options of a client that fits this broker's limits.
pub fn options(
    client_id: &str,
    host: &str,
    port: u16,
    identity: &Identity<'_>,
) -> Result<MqttOptions, ClientError> {
    let mut options = MqttOptions::new(client_id, host, port);
    let bytes = usize::try_from(MAX_PACKET_BYTES).unwrap_or(usize::MAX);
    options.set_transport(transport(identity)?).set_keep_alive(KEEP_ALIVE).set_max_packet_size(bytes, bytes);
    Ok(options)
}

//! Certificates: for MQTT through `native-tls`, for evidence through `reqwest`, both from the same PEM files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use native_tls::{Certificate, Identity, Protocol, TlsConnector};

use super::{TlsFiles, UplinkError};

fn bad(path: &Path, why: impl ToString) -> UplinkError {
    UplinkError::BadPem { path: path.to_owned(), why: why.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>, UplinkError> {
    fs::read(path).map_err(|error| bad(path, error))
}

/// Certificate and key, when both are configured; one alone is a mistake.
fn pair(files: &TlsFiles) -> Result<Option<(&PathBuf, &PathBuf)>, UplinkError> {
    match (&files.certificate, &files.key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(path), None) => Err(bad(path, "a certificate is configured without its key")),
        (None, Some(path)) => Err(bad(path, "a key is configured without its certificate")),
    }
}

/// TLS 1.2 or later; with an own authority, no other is trusted.
pub(super) fn connector(files: &TlsFiles) -> Result<TlsConnector, UplinkError> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    if let Some(path) = &files.ca {
        let found = Certificate::stack_from_pem(&read(path)?).map_err(|error| bad(path, error))?;
        if found.is_empty() {
            return Err(bad(path, "there is no certificate in it"));
        }
        builder.disable_built_in_roots(true);
        for certificate in found {
            builder.add_root_certificate(certificate);
        }
    }
    if let Some((certificate, key)) = pair(files)? {
        let identity = Identity::from_pkcs8(&read(certificate)?, &read(key)?)
            .map_err(|error| bad(key, format!("{error} (wanted: PEM, key in PKCS#8)")))?;
        builder.identity(identity);
    }
    builder.build().map_err(|error| UplinkError::Tls { why: error.to_string() })
}

/// The same for HTTP.
pub(super) fn http_client(files: &TlsFiles, https: bool) -> Result<reqwest::Client, UplinkError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none()) // the token goes to the configured centre only
        .no_proxy()
        .http1_only()
        .connect_timeout(std::time::Duration::from_secs(10))
        .pool_max_idle_per_host(2)
        .tls_version_min(reqwest::tls::Version::TLS_1_2);
    if https {
        if let Some(path) = &files.ca {
            let found = reqwest::Certificate::from_pem_bundle(&read(path)?)
                .map_err(|error| bad(path, chain(&error)))?;
            builder = builder.tls_certs_only(found);
        }
        if let Some((certificate, key)) = pair(files)? {
            let identity = reqwest::Identity::from_pkcs8_pem(&read(certificate)?, &read(key)?)
                .map_err(|error| bad(key, format!("{} (wanted: PEM, key in PKCS#8)", chain(&error))))?;
            builder = builder.identity(identity);
        }
    }
    builder.build().map_err(|error| UplinkError::Tls { why: chain(&error) })
}

/// An error with its causes, outermost first, without repeating what a cause says again.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        cause = error.source();
    }
    text
}

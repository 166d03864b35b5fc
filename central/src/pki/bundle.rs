//! The folder that an installer carries from the centre to a box.

use std::path::Path;

use super::{Credential, EdgeBundle, PkiError, files};

const CA: &str = "ca.pem";
const CERTIFICATE: &str = "edge.pem";
const KEY: &str = "edge.key";
const CREDENTIALS: &str = "credentials.toml";

/// Writes `ca.pem`, `edge.pem`, `edge.key` and `credentials.toml` into `directory`; keys and token are readable by
/// this user only. Refuses a folder that already holds one of them: it may be another box's only key.
pub fn write_bundle(directory: &Path, bundle: &EdgeBundle, token: &str) -> Result<(), PkiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/=".contains(c);
    if token.is_empty() || !token.chars().all(plain) {
        return Err(PkiError::BadToken);
    }
    let credentials = format!(
        "# Made by `xunge-central enroll`. Keep it secret: whoever holds this folder can speak as this box.\n\
         [uplink]\n\
         ca = \"{CA}\"\n\
         certificate = \"{CERTIFICATE}\"\n\
         key = \"{KEY}\"\n\
         token = \"{token}\"\n"
    );
    let all = [
        (CA, bundle.ca_pem.as_str(), 0o644),
        (CERTIFICATE, bundle.cert_pem.as_str(), 0o644),
        (KEY, bundle.key_pem.as_str(), 0o600),
        (CREDENTIALS, credentials.as_str(), 0o600),
    ];
    files::create_private_dir(directory)?;
    if let Some((name, ..)) = all.iter().find(|(name, ..)| directory.join(name).exists()) {
        return Err(PkiError::BundleExists(directory.join(name)));
    }
    for (name, text, mode) in all {
        files::create(&directory.join(name), text, mode)?;
    }
    Ok(())
}

/// Where a broker finds its own certificate and key.
pub(crate) struct ServerFiles {
    /// Certificate, PEM.
    pub(crate) certificate: std::path::PathBuf,
    /// Private key, PKCS#8 PEM.
    pub(crate) key: std::path::PathBuf,
    /// The CA whose clients are let in, PEM.
    pub(crate) ca: std::path::PathBuf,
}

/// Writes the broker's certificate where the broker library reads it.
pub(crate) fn write_server(
    directory: &Path,
    ca_pem: &str,
    server: &Credential,
) -> Result<ServerFiles, PkiError> {
    files::create_private_dir(directory)?;
    let paths = ServerFiles {
        certificate: directory.join("server.pem"),
        key: directory.join("server.key"),
        ca: directory.join("ca.pem"),
    };
    files::replace(&paths.ca, ca_pem, 0o644)?;
    files::replace(&paths.certificate, &server.cert_pem, 0o644)?;
    files::replace(&paths.key, &server.key_pem, 0o600)?;
    Ok(paths)
}

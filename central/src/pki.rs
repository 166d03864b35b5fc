//! The centre's own certificate authority: who may speak to the broker, and as whom.
//!
//! One CA, made at the first start, signs three kinds of certificates. The subject says what a holder is, so the
//! broker needs no database to tell boxes apart:
//!
//! | holder      | O (organisation)  | CN (common name) | use         |
//! |-------------|-------------------|------------------|-------------|
//! | a box       | its 12-digit site | its edge id      | client only |
//! | the centre  | `xunge-central`   | `central`        | client only |
//! | the broker  | `Xunge`           | `Xunge broker`   | server only |
//!
//! Only the CA's key lives for long. The broker's and the centre's certificates are made anew at every start, so
//! they cannot expire unseen and a changed host name needs nothing but a restart; boxes trust the CA, not the
//! certificate.

mod bundle;
mod files;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rand::RngCore;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber, date_time_ymd,
};
use thiserror::Error;
use xunge_alert::{check_edge_id, check_site};

pub use bundle::write_bundle;
pub(crate) use bundle::write_server;

/// O of the centre's own client certificate. Not 12 digits, so no box can ever bear it.
pub const CENTRAL_ORGANISATION: &str = "xunge-central";
/// CN of the centre's own client certificate.
pub const CENTRAL_NAME: &str = "central";
/// Client ids that begin so belong to the centre; no box may be named like that.
const RESERVED_PREFIXES: [&str; 2] = ["central", "xunge-central"];

const CA_KEY: &str = "ca.key";
const CA_CERTIFICATE: &str = "ca.pem";
const CA_DAYS: i64 = 30 * 365;
const SERVICE_DAYS: i64 = 3 * 365;
/// Longest life of a box's certificate: shorter than the CA's, so that the CA outlives every box.
pub const MAX_EDGE_DAYS: u32 = 20 * 365;
// A box without a battery-backed clock starts years in the past; its certificate check must not fail for that.
const VALID_FROM: (i32, u8, u8) = (2020, 1, 1);

/// Certificates cannot be made, read or written.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file or folder could not be used.
    #[error("cannot {what} {}: {source}; check that the folder exists, is writable and has space", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The certificate is there, its key is not.
    #[error(
        "{} is there but {} is missing: without the key no box can be enrolled; bring the key back from a backup, or \
         remove both files to begin anew and enrol every box again", certificate.display(), key.display()
    )]
    KeyMissing {
        /// The CA's certificate.
        certificate: PathBuf,
        /// Where its key should be.
        key: PathBuf,
    },
    /// The key file holds no usable key.
    #[error("{} is not a private key (PKCS#8 PEM): {reason}; bring the file back from a backup", path.display())]
    KeyUnreadable {
        /// The key file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificate for {holder}: {reason}")]
    Make {
        /// For whom.
        holder: String,
        /// What the library said.
        reason: String,
    },
    /// An id that cannot stand in a certificate or a topic.
    #[error(transparent)]
    BadId(#[from] xunge_alert::BadId),
    /// A box may not take the centre's name.
    #[error(
        "a box cannot be named `{0}`: names that begin with `central` or `xunge-central` belong to the centre"
    )]
    Reserved(String),
    /// Out of range.
    #[error("a certificate for {0} days is not possible: give 1 to {MAX_EDGE_DAYS} days")]
    Days(u32),
    /// The enrolment folder already holds a box's identity.
    #[error("{} already exists: choose an empty folder, so that no other box's key is overwritten", .0.display())]
    BundleExists(PathBuf),
    /// A token that would break the credentials file.
    #[error("the evidence token may hold only letters, digits, `-`, `_`, `.`, `+`, `/` and `=`")]
    BadToken,
}

/// A certificate with its private key, both PEM.
pub struct Credential {
    /// Certificate.
    pub cert_pem: String,
    /// Private key, PKCS#8. Never log it.
    pub key_pem: String,
    /// Serial number, lower-case hexadecimal: what an enrolment record keeps.
    pub serial: String,
}

/// What a box needs to speak to this centre.
pub struct EdgeBundle {
    /// The CA that signed the broker's certificate.
    pub ca_pem: String,
    /// The box's certificate.
    pub cert_pem: String,
    /// The box's private key, PKCS#8. Never log it.
    pub key_pem: String,
    /// Serial number of the certificate, lower-case hexadecimal.
    pub serial: String,
}

// Written by hand so that no key ever reaches a log through `{:?}`.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for EdgeBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EdgeBundle").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// The certificate authority of one centre.
pub struct Pki {
    issuer: Issuer<'static, KeyPair>,
    ca_pem: String,
}

impl Pki {
    /// Opens the CA in `directory`, or makes it there if none is. Safe when two processes do it at once
    /// (`run` and `enroll`): the key that reaches the disk first wins.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, PkiError> {
        files::create_private_dir(directory)?;
        let key_path = directory.join(CA_KEY);
        let certificate_path = directory.join(CA_CERTIFICATE);
        let key_pem = match files::read(&key_path)? {
            Some(text) => text,
            None if certificate_path.exists() => {
                return Err(PkiError::KeyMissing { certificate: certificate_path, key: key_path });
            }
            None => files::create_or_read(&key_path, &new_key("the CA")?.serialize_pem(), 0o600)?,
        };
        let key = KeyPair::from_pem(&key_pem)
            .map_err(|e| PkiError::KeyUnreadable { path: key_path, reason: e.to_string() })?;
        let params = ca_params(now);
        // The certificate follows from the key: one that is missing (a crash between the two files) is made again.
        let ca_pem = match files::read(&certificate_path)? {
            Some(text) => text,
            None => {
                let made = params.self_signed(&key).map_err(|e| making("the CA", &e))?;
                files::create_or_read(&certificate_path, &made.pem(), 0o644)?
            }
        };
        Ok(Pki { issuer: Issuer::new(params, key), ca_pem })
    }

    /// The CA's certificate, PEM: public, every box holds it.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Makes a box's certificate: CN is the edge id, O is the site.
    pub fn issue_edge(
        &self,
        site: &str,
        edge_id: &str,
        days: u32,
        now: Timestamp,
    ) -> Result<EdgeBundle, PkiError> {
        check_site(site)?;
        check_edge_id(edge_id)?;
        if is_reserved(edge_id) {
            return Err(PkiError::Reserved(edge_id.to_owned()));
        }
        if !(1..=MAX_EDGE_DAYS).contains(&days) {
            return Err(PkiError::Days(days));
        }
        let params = client_params(site, edge_id, i64::from(days), now);
        let Credential { cert_pem, key_pem, serial } = self.sign(params, edge_id)?;
        Ok(EdgeBundle { ca_pem: self.ca_pem.clone(), cert_pem, key_pem, serial })
    }

    /// Makes the centre's own client certificate, which the broker lets do everything.
    pub fn issue_central(&self, now: Timestamp) -> Result<Credential, PkiError> {
        self.sign(client_params(CENTRAL_ORGANISATION, CENTRAL_NAME, SERVICE_DAYS, now), "the centre")
    }

    /// Makes the broker's certificate for `names` (host names or addresses) and for this machine itself.
    pub fn issue_server(&self, names: &[String], now: Timestamp) -> Result<Credential, PkiError> {
        let mut params = params("Xunge", "Xunge broker", SERVICE_DAYS, now);
        let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut hosts = vec!["localhost".to_owned()];
        for name in names {
            match name.parse::<IpAddr>() {
                Ok(address) if !addresses.contains(&address) => addresses.push(address),
                Err(_) if !hosts.contains(name) => hosts.push(name.clone()),
                _ => {}
            }
        }
        params.subject_alt_names = addresses.into_iter().map(SanType::IpAddress).collect();
        for host in hosts {
            let name = host.as_str().try_into().map_err(|e: rcgen::Error| making(&host, &e))?;
            params.subject_alt_names.push(SanType::DnsName(name));
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, "the broker")
    }

    fn sign(&self, mut params: CertificateParams, holder: &str) -> Result<Credential, PkiError> {
        let key = new_key(holder)?;
        let serial = new_serial();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let made = params.signed_by(&key, &self.issuer).map_err(|e| making(holder, &e))?;
        Ok(Credential { cert_pem: made.pem(), key_pem: key.serialize_pem(), serial: hex::encode(serial) })
    }
}

/// Whether a client id belongs to the centre.
pub fn is_reserved(client_id: &str) -> bool {
    RESERVED_PREFIXES.iter().any(|prefix| client_id.starts_with(prefix))
}

fn making(holder: &str, error: &rcgen::Error) -> PkiError {
    PkiError::Make { holder: holder.to_owned(), reason: error.to_string() }
}

fn new_key(holder: &str) -> Result<KeyPair, PkiError> {
    KeyPair::generate().map_err(|e| making(holder, &e))
}

/// 128 random bits; the first byte is neither 0 nor above 0x7f, so the number reads the same in every tool.
fn new_serial() -> [u8; 16] {
    let mut serial = [0_u8; 16];
    rand::rng().fill_bytes(&mut serial);
    serial[0] = (serial[0] & 0x6f) | 0x10;
    serial
}

fn params(organisation: &str, name: &str, days: i64, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, organisation);
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    let (year, month, day) = VALID_FROM;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = day_after(now, days);
    params.not_after = date_time_ymd(year, month, day);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

fn client_params(organisation: &str, name: &str, days: i64, now: Timestamp) -> CertificateParams {
    let mut params = params(organisation, name, days, now);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn ca_params(now: Timestamp) -> CertificateParams {
    let mut params = params("Xunge", "Xunge CA", CA_DAYS, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = false;
    params
}

/// The day `days` after `now`, UTC.
fn day_after(now: Timestamp, days: i64) -> (i32, u8, u8) {
    let date = now.to_zoned(TimeZone::UTC).date().saturating_add(days.days());
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}

#[cfg(test)]
mod tests;

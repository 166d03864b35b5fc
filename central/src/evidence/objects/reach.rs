//! How the bucket is reached: names, keys, time limits, TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use url::Url;
use xunge_config::Secret;

use super::super::{EvidenceError, disk};
use super::reason::reason;

/// How often a request that failed at once is tried again.
const TRIES: usize = 3;

/// Which bucket, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Bucket.
    pub bucket: String,
    /// Where it is, unless it is Amazon's.
    pub endpoint: Option<Url>,
    /// Whether plain http may be spoken with another machine.
    pub allow_http: bool,
    /// Region; none given: `AWS_REGION`, or `us-east-1`.
    pub region: Option<String>,
    /// In front of all names; may be empty.
    pub prefix: String,
    /// `{endpoint}/{bucket}/…` instead of `{bucket}.{endpoint}/…`.
    pub path_style: bool,
    /// Certificates of the authority that has signed its certificate, PEM.
    pub ca: Option<PathBuf>,
    /// File whose first line is the access key.
    pub access_key_file: Option<PathBuf>,
    /// File whose first line is the secret key.
    pub secret_key_file: Option<PathBuf>,
}

/// How long requests may take, with all their tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until there is a connection.
    pub connect: Duration,
    /// A request without a body.
    pub ask: Duration,
    /// A read of one chunk (1 MiB).
    pub read: Duration,
    /// One part (5 MiB) on its way.
    pub send: Duration,
}

impl Default for Limits {
    /// 85 KiB a second are the slowest line.
    fn default() -> Self {
        let [connect, ask, read, send] = [5, 10, 20, 60].map(Duration::from_secs);
        Self { connect, ask, read, send }
    }
}

/// Who the centre is for the object store.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Access key.
    pub access: Secret,
    /// Secret key.
    pub secret: Secret,
    /// Session token, where the keys are lent.
    pub token: Option<Secret>,
}

/// A configuration that no client can be made of.
pub(super) fn unusable(place: &Arc<str>, why: String) -> EvidenceError {
    EvidenceError::Away { doing: "use", place: place.clone(), why: format!("{why}; see `[evidence.s3]`") }
}

/// Makes a client. Nothing is asked of the object store yet.
pub(super) fn client(
    s3: &S3,
    keys: &Keys,
    limits: &Limits,
    place: &Arc<str>,
) -> Result<AmazonS3, EvidenceError> {
    let mut options = ClientOptions::new()
        .with_connect_timeout(limits.connect)
        .with_timeout(limits.send)
        // config.rs lets http through only where it was asked for, or to this machine; https never leads there
        .with_allow_http(s3.endpoint.as_ref().is_some_and(|url| url.scheme() == "http"));
    if let Some(path) = &s3.ca {
        let pem = std::fs::read(path).map_err(disk("read", path))?;
        let all = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(place, error.to_string()))?;
        for certificate in all {
            options = options.with_root_certificate(certificate);
        }
    }
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(1),
        base: 2.0,
    };
    // no try begins after half of the time that the shortest request has
    let again = limits.ask / 2;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(s3.region.as_deref().unwrap_or("us-east-1"))
        .with_virtual_hosted_style_request(!s3.path_style)
        .with_access_key_id(keys.access.expose())
        .with_secret_access_key(keys.secret.expose())
        .with_retry(RetryConfig { backoff, max_retries: TRIES, retry_timeout: again })
        .with_client_options(options);
    if let Some(token) = &keys.token {
        builder = builder.with_token(token.expose());
    }
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(address(endpoint, &s3.bucket, s3.path_style));
    }
    builder.build().map_err(|error| unusable(place, reason(&error)))
}

/// With the bucket in the host name where that is wanted: the client does that only for Amazon's own.
fn address(endpoint: &Url, bucket: &str, path_style: bool) -> String {
    let mut url = endpoint.clone();
    if !path_style
        && let Some(host) = endpoint.host_str()
        && !host.starts_with(&format!("{bucket}."))
    {
        // a host name in front of a host name is one; an address has no names in front, config.rs refuses it
        let named = format!("{bucket}.{host}");
        if url.set_host(Some(&named)).is_err() {
            return endpoint.as_str().trim_end_matches('/').to_owned();
        }
    }
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_stands_in_the_host_name_where_that_is_wanted() {
        let table = [
            ("https://oss-cn-wuhan.aliyuncs.com", true, "https://oss-cn-wuhan.aliyuncs.com"),
            ("https://oss-cn-wuhan.aliyuncs.com", false, "https://b1.oss-cn-wuhan.aliyuncs.com"),
            ("https://b1.oss-cn-wuhan.aliyuncs.com/", false, "https://b1.oss-cn-wuhan.aliyuncs.com"),
            ("https://minio.example:9000/", false, "https://b1.minio.example:9000"),
        ];
        for (endpoint, path_style, wanted) in table {
            assert_eq!(address(&endpoint.parse().unwrap(), "b1", path_style), wanted);
        }
    }
}

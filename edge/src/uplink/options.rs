//! What the uplink must know, and how a broker's address is read.

use std::{fmt, path::PathBuf, time::Duration};

use super::UplinkError;

/// Everything that the uplink must know. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct UplinkOptions {
    /// 12-digit community code.
    pub site: String,
    /// Box; also the MQTT client id.
    pub edge: String,
    /// Version of this software, for the status.
    pub software: String,
    /// `mqtts://host:8883`, or `mqtt://host:1883` for trials.
    pub mqtt: String,
    /// User at the broker, when it wants one beside (or instead of) the certificate.
    pub user: Option<String>,
    /// That user's password.
    pub password: Option<String>,
    /// Certificates for `mqtts` and `https`.
    pub tls: TlsFiles,
    /// Base URL of the centre that takes evidence, `https://…`; none: evidence stays on the box.
    pub evidence: Option<String>,
    /// Token for evidence.
    pub token: Option<String>,
    /// How long to wait for what; the default is right for real sites.
    pub timing: Timing,
}

/// PEM files. They are read at every connection, so a renewed certificate needs no restart.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Who may have signed the centre's certificate; none: the system's authorities.
    pub ca: Option<PathBuf>,
    /// The box's certificate, with its chain.
    pub certificate: Option<PathBuf>,
    /// Its key, PKCS#8.
    pub key: Option<PathBuf>,
}

/// Times and sizes.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Most messages that may be unconfirmed at once; fewer while the centre is slow.
    pub window: usize,
    /// First wait for a confirm before a message is sent again; doubles.
    pub confirm: Duration,
    /// Longest wait for a confirm.
    pub confirm_longest: Duration,
    /// First wait after a failed connection or upload; doubles.
    pub retry: Duration,
    /// Longest wait.
    pub retry_longest: Duration,
    /// Wait before a file that the centre refuses is offered again.
    pub refused_upload: Duration,
    /// MQTT keep alive, at least 1 s.
    pub keep_alive: Duration,
    /// How often the status is renewed.
    pub status: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self {
            window: 64,
            confirm: secs(10),
            confirm_longest: secs(60),
            retry: secs(1),
            retry_longest: secs(30),
            refused_upload: secs(3600),
            keep_alive: secs(15),
            status: secs(60),
        }
    }
}

impl fmt::Debug for UplinkOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UplinkOptions")
            .field("site", &self.site)
            .field("edge", &self.edge)
            .field("mqtt", &self.mqtt)
            .field("tls", &self.tls)
            .field("evidence", &self.evidence)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

/// Where the broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broker {
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Broker {
    /// Reads `mqtt://host[:port]` and `mqtts://host[:port]`. An address with a user or a password is refused
    /// without being repeated.
    pub(super) fn read(url: &str) -> Result<Self, UplinkError> {
        let bad = |why| UplinkError::BadBroker { why };
        let (scheme, rest) = url.split_once("://").ok_or(bad("it has no mqtts:// in front"))?;
        let tls = match scheme {
            "mqtts" => true,
            "mqtt" => false,
            _ => return Err(bad("it begins with neither mqtts:// nor mqtt://")),
        };
        let authority = rest.trim_end_matches('/');
        if authority.contains('@') {
            return Err(bad("user and password belong in the credentials file"));
        }
        if authority.contains(['/', '?', '#']) {
            return Err(bad("nothing may follow the port"));
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(bad("the port is missing"))?)),
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(bad("the host is missing"));
        }
        let port = match port {
            None if tls => 8883,
            None => 1883,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(bad("the port is not a number from 1 to 65535"))?,
        };
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_addresses() {
        let read = |url| Broker::read(url).map(|b| (b.host, b.port, b.tls));
        assert_eq!(read("mqtts://central.example").unwrap(), ("central.example".into(), 8883, true));
        assert_eq!(read("mqtts://central.example:443/").unwrap(), ("central.example".into(), 443, true));
        assert_eq!(read("mqtt://127.0.0.1:18830").unwrap(), ("127.0.0.1".into(), 18830, false));
        assert_eq!(read("mqtt://[::1]").unwrap(), ("::1".into(), 1883, false));
        assert_eq!(read("mqtts://[fd00::1]:9").unwrap(), ("fd00::1".into(), 9, true));
        for bad in [
            "central.example",
            "http://x",
            "mqtts://",
            "mqtts://:1",
            "mqtt://h:0",
            "mqtt://h:66666",
            "mqtt://h/x",
            "mqtt://[::1]9",
            "mqtt://a b",
        ] {
            assert!(Broker::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_repeated() {
        let error = Broker::read("mqtts://gw:hunter2@central.example").unwrap_err().to_string();
        assert!(!error.contains("hunter2") && error.contains("credentials file"), "{error}");
        let options = UplinkOptions {
            site: "420502001001".into(),
            edge: "gw-1".into(),
            software: "0".into(),
            mqtt: "mqtt://h".into(),
            user: Some("u".into()),
            password: Some("hunter2".into()),
            tls: TlsFiles::default(),
            evidence: None,
            token: Some("s3cret".into()),
            timing: Timing::default(),
        };
        let shown = format!("{options:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("s3cret"), "{shown}");
    }
}

//! What a person needs to know about a camera that cannot be reached. GStreamer only says "generic error".

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crossbeam_channel::bounded;

/// What was found at the camera's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    NoName,
    Refused,
    NoRoute,
    NoAnswer,
    /// It takes connections but did not speak RTSP.
    Listens,
    /// It speaks before it is asked, as no camera does.
    OtherService,
}

impl Found {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NoName => "its name is not known to the network",
            Self::Refused => "connection refused",
            Self::NoRoute => "no route to it",
            Self::NoAnswer => "no answer",
            Self::Listens => "it takes the connection and then gives no answer",
            Self::OtherService => "another service answers there",
        }
    }
}

/// Connects once to the host and port of an RTSP URL and listens for a moment. Never takes longer than `limit`: the
/// name service cannot be given one, so it is asked on a thread of its own.
pub(super) fn knock(url: &str, limit: Duration) -> Found {
    let Some((host, port)) = address(url) else { return Found::NoName };
    let (told, answer) = bounded(1);
    let asked = std::thread::Builder::new().name("knock".into()).spawn(move || {
        // the caller may have stopped waiting
        let _ = told.send(look(&host, port, limit / 2));
    });
    match asked {
        Ok(_) => answer.recv_timeout(limit).unwrap_or(Found::NoAnswer),
        Err(_) => Found::NoAnswer,
    }
}

fn look(host: &str, port: u16, limit: Duration) -> Found {
    let Ok(addresses) = (host, port).to_socket_addrs() else { return Found::NoName };
    let addresses: Vec<SocketAddr> = addresses.collect();
    let mut found = Found::NoName;
    for address in &addresses {
        found = match TcpStream::connect_timeout(address, limit) {
            Ok(connection) => return listen(connection),
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused => Found::Refused,
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Found::NoRoute,
                _ => Found::NoAnswer,
            },
        };
    }
    found
}

fn listen(mut connection: TcpStream) -> Found {
    let heard = connection
        .set_read_timeout(Some(Duration::from_millis(300)))
        .and_then(|()| connection.read(&mut [0; 16]));
    if matches!(heard, Ok(n) if n > 0) { Found::OtherService } else { Found::Listens }
}

/// Host and port of an RTSP URL without user.
fn address(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let usual = if scheme.eq_ignore_ascii_case("rtsps") { 322 } else { 554 };
    let place = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, after.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = port.map_or(Some(usual), |p| p.parse().ok())?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_from_urls() {
        let of = |url| address(url).map(|(h, p)| format!("{h} {p}"));
        assert_eq!(of("rtsp://10.0.0.5/stream").as_deref(), Some("10.0.0.5 554"));
        assert_eq!(of("rtsps://cam:8322?x=1").as_deref(), Some("cam 8322"));
        assert_eq!(of("rtsps://cam").as_deref(), Some("cam 322"));
        assert_eq!(of("rtsp://[fe80::1]:8554/x").as_deref(), Some("fe80::1 8554"));
        assert_eq!(of("rtsp:///x"), None);
        assert_eq!(of("rtsp://cam:port/x"), None);
    }

    #[test]
    fn a_closed_port_a_silent_one_and_a_talkative_one() {
        use std::io::Write;
        let limit = Duration::from_secs(5);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("rtsp://{}/x", listener.local_addr().unwrap());
        assert_eq!(knock(&url, limit), Found::Listens);
        let talker = std::thread::spawn(move || {
            // the first connection is the silent knock before
            let open: Vec<_> = listener.incoming().take(2).flatten().collect();
            for mut connection in &open {
                let _ = connection.write_all(b"220 mail.example ready\r\n");
            }
            open
        });
        assert_eq!(knock(&url, limit), Found::OtherService);
        drop(talker.join().unwrap());
        assert_eq!(knock(&url, limit), Found::Refused);
    }
}

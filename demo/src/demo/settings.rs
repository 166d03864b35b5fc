//! The configuration of the demo: one centre, one box, two cameras that look at the same clip at different times.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::place::Place;

/// The box.
pub(crate) const EDGE: &str = "demo-gw-1";
/// Its community.
pub(crate) const SITE: &str = "420502001001";

/// One of the cameras.
#[derive(Debug)]
pub(crate) struct Camera {
    /// Its id in edge.toml.
    pub(crate) id: &'static str,
    /// What kind of place it looks at, as the centre's importer names it.
    pub(crate) kind: &'static str,
    /// Path in the RTSP URL.
    pub(crate) path: &'static str,
    /// Where the loop of 79.5 s begins, so that the first alerts come soon.
    pub(crate) start_at_secs: u32,
}

/// Two people step on the lawn at 50.9 s of the clip and one of them wanders there until 73.5 s; groups of six to eight
/// pass the lamp at 5 to 11 s and from 70 s on. At the end of the clip the picture jumps back to its beginning, as no
/// real camera's does: whoever is in it then is a new person.
pub(crate) const CAMERAS: [Camera; 2] = [
    Camera { id: "lawn", kind: "perimeter", path: "/lawn", start_at_secs: 40 },
    Camera { id: "square", kind: "square", path: "/square", start_at_secs: 60 },
];

/// Where the programs listen, on this machine only.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) console: u16,
    pub(crate) broker: u16,
}

impl Ports {
    /// The wanted port for the console, or the next free one; any free one for the broker.
    pub(crate) fn find(wanted: u16) -> Result<Self> {
        let console = (wanted..=wanted.saturating_add(50)).find(|port| listen(*port).is_some());
        let console = match console {
            Some(port) if port != 0 => port,
            _ => any()?,
        };
        // found while the other is not yet taken: they must differ
        let broker = loop {
            let port = any()?;
            if port != console {
                break port;
            }
        };
        Ok(Self { console, broker })
    }
}

fn listen(port: u16) -> Option<u16> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok()?;
    Some(listener.local_addr().ok()?.port())
}

fn any() -> Result<u16> {
    listen(0).context("this machine has no free port")
}

/// The files that were written.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) central: PathBuf,
    pub(crate) edge: PathBuf,
    /// Where the box's credentials are, or will be.
    pub(crate) edge_folder: PathBuf,
}

impl Settings {
    /// Writes central.toml and edge.toml.
    pub(crate) fn write(place: &Place, ports: &Ports, urls: &[String]) -> Result<Self> {
        let settings = Self {
            central: place.folder.join("central.toml"),
            edge: place.folder.join("edge.toml"),
            edge_folder: place.folder.join("credentials"),
        };
        let [lawn, square] = urls else {
            anyhow::bail!("the RTSP server offers {} cameras, two were expected", urls.len());
        };
        for (path, text) in [(&settings.central, central(ports)), (&settings.edge, edge(ports, lawn, square))]
        {
            fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(settings)
    }
}

fn central(ports: &Ports) -> String {
    format!(
        r#"# The centre of the demo. Written anew at every start.
data_dir = "central"

[broker]
mode = "embedded"
listen = "127.0.0.1:{broker}"

[web]
listen = "127.0.0.1:{console}"

[residents]
"#,
        broker = ports.broker,
        console = ports.console,
    )
}

fn edge(ports: &Ports, lawn: &str, square: &str) -> String {
    format!(
        r#"# The box of the demo. Written anew at every start.
edge_id = "{EDGE}"
site = "{SITE}"
credentials = "credentials/credentials.toml"

[uplink]
mqtt = "mqtts://127.0.0.1:{broker}"
evidence = "http://127.0.0.1:{console}"

[storage]
directory = "edge"

[[camera]]
id = "lawn"
name = "草坪"
url = "{lawn}"
analysis_fps = 5
[camera.zone]
lawn = [[0.0, 0.41], [0.12, 0.43], [0.33, 0.52], [0.52, 0.66], [0.98, 1.0], [0.0, 1.0]]

[[camera.rule.intrusion]]
name = "lawn-closed"
zone = "lawn"

[[camera.rule.loitering]]
name = "lawn-loitering"
zone = "lawn"
dwell_secs = 12

[[camera]]
id = "square"
name = "广场"
url = "{square}"
analysis_fps = 5

[[camera.rule.crowd]]
name = "square-crowd"
count = 5
hold_secs = 2

[[camera.rule.loitering]]
name = "square-loitering"
dwell_secs = 20
"#,
        broker = ports.broker,
        console = ports.console,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = Ports::find(port).unwrap();
        assert_ne!(ports.console, port);
        assert_ne!(ports.console, ports.broker);
    }

    #[test]
    fn the_box_has_the_cameras_that_the_centre_is_told_of() {
        let text = edge(&Ports { console: 1, broker: 2 }, "rtsp://a", "rtsp://b");
        let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id = ")).collect();
        assert_eq!(ids, CAMERAS.map(|camera| format!("\"{}\"", camera.id)));
    }

    #[test]
    fn a_free_port_is_taken_as_asked() {
        let port = any().unwrap();
        assert_eq!(Ports::find(port).unwrap().console, port);
    }
}

//! What the box says of itself while it runs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

const PATIENCE: Duration = Duration::from_secs(10);

/// One page of metrics.
#[derive(Debug, Clone, Default)]
pub struct Page(Vec<(String, f64)>);

impl Page {
    /// Asks the box.
    pub fn read(address: SocketAddr) -> Result<Self> {
        let ask = || -> std::io::Result<String> {
            let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = ask().with_context(|| format!("the edge's metrics at {address} do not answer"))?;
        Ok(Self::parse(&answer))
    }

    fn parse(text: &str) -> Self {
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            let name = name.split('{').next()?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        };
        Self(text.lines().filter(|line| line.starts_with("xunge_")).filter_map(sample).collect())
    }

    /// The values of one metric, of all cameras.
    pub fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = f64> + 'a {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Their sum.
    pub fn sum(&self, name: &str) -> f64 {
        self.each(name).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_from_what_stands_around_them() {
        let page = Page::parse(
            "HTTP/1.0 200 OK\r\n\r\n# TYPE xunge_camera_up gauge\nxunge_camera_up{camera=\"a b\"} 1\n\
             xunge_camera_up{camera=\"c1\"} 0.5\nxunge_uptime_seconds 3.25\n# EOF\n",
        );
        assert_eq!(page.each("xunge_camera_up").collect::<Vec<_>>(), [1.0, 0.5]);
        assert_eq!((page.sum("xunge_uptime_seconds"), page.sum("xunge_none")), (3.25, 0.0));
    }
}

//! The demo logs in like a browser and is told of cases as they come.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::place::Login;

/// A line of the event stream longer than this is not of our centre.
const LONGEST_EVENT: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// The centre's API.
#[derive(Debug)]
pub(crate) struct Console {
    url: String,
    http: reqwest::Client,
    cookie: String,
    events: Option<reqwest::Response>,
    received: Vec<u8>,
}

impl Console {
    pub(crate) fn new(url: &str) -> Result<Self> {
        // it is on this machine: a proxy of the environment has no business here
        let http = reqwest::Client::builder().no_proxy().connect_timeout(PATIENCE).build()?;
        Ok(Self { url: url.to_owned(), http, cookie: String::new(), events: None, received: Vec::new() })
    }

    /// Waits for the centre to be whole.
    pub(crate) async fn wait_until_it_answers(&self, until: Instant) -> Result<()> {
        loop {
            let answer = self.http.get(format!("{}/healthz", self.url)).timeout(PATIENCE).send().await;
            match answer {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                _ if Instant::now() > until => bail!("the console at {} does not answer", self.url),
                _ => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    pub(crate) async fn log_in(&mut self, login: &Login) -> Result<()> {
        let answer = self
            .http
            .post(format!("{}/api/v1/session", self.url))
            .header("X-Xunge", "1")
            .json(&serde_json::json!({ "user": login.user, "password": login.password }))
            .timeout(PATIENCE)
            .send()
            .await
            .context("the console does not answer")?;
        if !answer.status().is_success() {
            bail!("the console refuses the login of {} ({})", login.user, answer.status());
        }
        let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie =
            cookie.and_then(|value| value.split(';').next()).context("the console gave no session")?;
        self.cookie = cookie.to_owned();
        Ok(())
    }

    /// The newest cases.
    pub(crate) async fn cases(&self) -> Result<Vec<Value>> {
        let answer = self.get("/api/v1/cases?limit=50").timeout(PATIENCE).send().await?.error_for_status()?;
        let mut list: Value = answer.json().await?;
        match list.get_mut("cases").map(Value::take) {
            Some(Value::Array(cases)) => Ok(cases),
            _ => bail!("the console's list of cases cannot be read"),
        }
    }

    /// The next case that is new or has changed. May be given up and called again: nothing is lost.
    pub(crate) async fn next_case(&mut self) -> Result<Value> {
        loop {
            if let Some(case) = self.take_case() {
                return Ok(case);
            }
            let Some(events) = &mut self.events else {
                let answer = self.get("/api/v1/events").send().await?.error_for_status()?;
                self.events = Some(answer);
                continue;
            };
            match events.chunk().await {
                Ok(Some(bytes)) if self.received.len() + bytes.len() <= LONGEST_EVENT => {
                    self.received.extend_from_slice(&bytes);
                }
                // the stream ended: the centre says everything again in its list
                _ => {
                    self.events = None;
                    self.received.clear();
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Takes whole events out of what was received, up to the first that is a case.
    fn take_case(&mut self) -> Option<Value> {
        while let Some(end) = self.received.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.received.drain(..end + 2).collect();
            if let Some(case) = case_of(&String::from_utf8_lossy(&event)) {
                return Some(case);
            }
        }
        None
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url)).header("Cookie", &self.cookie)
    }
}

/// The case of an event `case`; other events have none.
fn case_of(event: &str) -> Option<Value> {
    let mut is_case = false;
    let mut data = String::new();
    for line in event.lines() {
        match line.split_once(':') {
            Some(("event", name)) => is_case = name.trim() == "case",
            Some(("data", text)) => data.push_str(text),
            _ => {}
        }
    }
    if is_case { serde_json::from_str(&data).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cases_are_taken_and_halves_wait() {
        let mut console = Console::new("http://127.0.0.1:9").unwrap();
        console.received =
            b": keep-alive\n\nevent: edge\ndata: {}\n\nevent: case\ndata: {\"number\":\"1\"}\n\nevent: ca"
                .to_vec();
        assert_eq!(console.take_case().unwrap()["number"], "1");
        assert!(console.take_case().is_none());
        console.received.extend_from_slice(b"se\ndata: {\"number\":\"2\"}\n\n");
        assert_eq!(console.take_case().unwrap()["number"], "2");
    }

    #[test]
    fn broken_data_is_no_case() {
        assert!(case_of("event: case\ndata: {\"number\":\n\n").is_none());
    }
}

//! Which alerts stand in the console.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::Instant;

use super::screen;

/// The kinds that the demo promises.
const PROMISED: [(&str, &str); 3] = [("intrusion", "入侵"), ("loitering", "徘徊"), ("crowd", "聚集")];
/// Cases that are remembered so that each is said once. A demo that runs for days must not grow.
const REMEMBERED: usize = 1000;

/// What has been seen since the start.
#[derive(Debug)]
pub(crate) struct Shown {
    begun: Instant,
    said: BTreeSet<String>,
    /// Behaviors of cases that have both a snapshot and a clip, and after how many seconds.
    whole: BTreeMap<String, u64>,
}

impl Shown {
    pub(crate) fn new(begun: Instant) -> Self {
        Self { begun, said: BTreeSet::new(), whole: BTreeMap::new() }
    }

    /// Takes note of a case, and says it if it is new.
    pub(crate) fn see(&mut self, case: &Value) {
        let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or("");
        let behavior = text("behavior");
        if !text("snapshot").is_empty() && !text("clip").is_empty() && !self.whole.contains_key(behavior) {
            self.whole.insert(behavior.to_owned(), self.begun.elapsed().as_secs());
        }
        if !self.said.insert(text("id").to_owned()) {
            return;
        }
        if self.said.len() > REMEMBERED {
            self.said.pop_first();
        }
        screen::line(&format!(
            "{:>5} s  {} {} · {} · {}",
            self.begun.elapsed().as_secs(),
            behavior,
            chinese(behavior),
            text("camera_name"),
            text("number"),
        ));
    }

    /// Every promised kind stands there with its snapshot and its clip.
    pub(crate) fn all(&self) -> bool {
        PROMISED.iter().all(|(behavior, _)| self.whole.contains_key(*behavior))
    }

    pub(crate) fn tell_all(&self) {
        let list: Vec<String> = PROMISED
            .iter()
            .filter_map(|(behavior, _)| Some(format!("{behavior} {} s", self.whole.get(*behavior)?)))
            .collect();
        screen::line(&format!(
            "all kinds, each with snapshot and clip, after: {} · 三类告警均已到达",
            list.join(", ")
        ));
    }

    pub(crate) fn tell_missing(&self) {
        let list: Vec<&str> = PROMISED
            .iter()
            .map(|(behavior, _)| *behavior)
            .filter(|behavior| !self.whole.contains_key(*behavior))
            .collect();
        screen::line(&format!(
            "after 90 s there is no {} with snapshot and clip; this machine may be too slow, the logs tell more · 90 秒内未到齐",
            list.join(", no ")
        ));
    }
}

fn chinese(behavior: &str) -> &'static str {
    PROMISED.iter().find(|(name, _)| *name == behavior).map_or("", |(_, chinese)| chinese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_kind_counts_when_its_evidence_is_there() {
        let mut shown = Shown::new(Instant::now());
        for behavior in ["intrusion", "loitering", "crowd"] {
            shown.see(&json!({"id": behavior, "behavior": behavior, "snapshot": "a", "clip": null}));
        }
        assert!(!shown.all());
        for behavior in ["intrusion", "loitering", "crowd"] {
            assert!(!shown.all());
            shown.see(&json!({"id": behavior, "behavior": behavior, "snapshot": "a", "clip": "b"}));
        }
        assert!(shown.all());
    }
}

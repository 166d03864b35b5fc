//! MQTT topics: `xunge/v1/{site}/{edge}/…`, QoS 1.

use crate::ids::{check_edge_id, check_name, check_site};

/// First two levels of every topic.
pub const PREFIX: &str = "xunge/v1";

/// What a topic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Edge → centre: [`crate::Alert`].
    Alert,
    /// Centre → edge: [`crate::Confirm`].
    Confirm,
    /// Edge → centre, retained: [`crate::Status`].
    Status,
    /// Edge → centre, retained: [`crate::CameraState`] of the camera named here.
    CameraState(String),
    /// Centre → edge, retained, signed: the configuration that the centre wants.
    ConfigDesired,
    /// Edge → centre, retained, signed: the configuration that runs.
    ConfigReported,
}

/// A topic taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// 12-digit community code.
    pub site: String,
    /// Box.
    pub edge: String,
    /// What it is about.
    pub kind: Kind,
}

/// Everything of one box: `xunge/v1/{site}/{edge}`.
pub fn base(site: &str, edge: &str) -> String {
    format!("{PREFIX}/{site}/{edge}")
}

/// Where a box publishes alerts.
pub fn alert(site: &str, edge: &str) -> String {
    format!("{}/alert", base(site, edge))
}

/// Where the centre confirms to a box.
pub fn confirm(site: &str, edge: &str) -> String {
    format!("{}/confirm", base(site, edge))
}

/// Where a box's state is retained.
pub fn status(site: &str, edge: &str) -> String {
    format!("{}/status", base(site, edge))
}

/// Where a camera's state is retained.
pub fn camera_state(site: &str, edge: &str, camera: &str) -> String {
    format!("{}/camera/{camera}/state", base(site, edge))
}

/// Where the wanted configuration is retained.
pub fn config_desired(site: &str, edge: &str) -> String {
    format!("{}/config/desired", base(site, edge))
}

/// Where the running configuration is retained.
pub fn config_reported(site: &str, edge: &str) -> String {
    format!("{}/config/reported", base(site, edge))
}

/// What the centre subscribes to.
pub fn centre_filters() -> [String; 4] {
    ["alert", "status", "camera/+/state", "config/reported"].map(|tail| format!("{PREFIX}/+/+/{tail}"))
}

/// Takes a topic apart; none for a topic that is not ours or has an impossible id.
pub fn parse(topic: &str) -> Option<Topic> {
    let mut levels = topic.strip_prefix(PREFIX)?.strip_prefix('/')?.split('/');
    let (site, edge) = (levels.next()?, levels.next()?);
    check_site(site).ok()?;
    check_edge_id(edge).ok()?;
    let rest: Vec<&str> = levels.collect();
    let kind = match rest.as_slice() {
        ["alert"] => Kind::Alert,
        ["confirm"] => Kind::Confirm,
        ["status"] => Kind::Status,
        ["camera", id, "state"] => {
            check_name(id).ok()?;
            Kind::CameraState((*id).to_owned())
        }
        ["config", "desired"] => Kind::ConfigDesired,
        ["config", "reported"] => Kind::ConfigReported,
        _ => return None,
    };
    Some(Topic { site: site.to_owned(), edge: edge.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "420502001001";

    #[test]
    fn every_topic_that_is_built_can_be_taken_apart() {
        let made = [
            (alert(SITE, "gw-1"), Kind::Alert),
            (confirm(SITE, "gw-1"), Kind::Confirm),
            (status(SITE, "gw-1"), Kind::Status),
            (camera_state(SITE, "gw-1", "gate"), Kind::CameraState("gate".into())),
            (config_desired(SITE, "gw-1"), Kind::ConfigDesired),
            (config_reported(SITE, "gw-1"), Kind::ConfigReported),
        ];
        for (text, kind) in made {
            assert_eq!(parse(&text), Some(Topic { site: SITE.into(), edge: "gw-1".into(), kind }), "{text}");
        }
    }

    #[test]
    fn foreign_topics_are_nothing() {
        for text in [
            "",
            "xunge/v1",
            "xunge/v2/420502001001/gw/alert",
            "xunge/v1/42/gw/alert",
            "xunge/v1/420502001001/gw/alert/x",
            "xunge/v1/420502001001/a b/alert",
            "$SYS/x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

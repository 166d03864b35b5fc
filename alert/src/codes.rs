//! The same alert in the codes of other systems: GB/T 28181-2016 (table of alarm notifications) and the ONVIF event tree.
//! A pure function of what an alert says, so edge and centre cannot disagree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Severity;

/// 视频报警 of GB/T 28181 (1 telephone, 2 device, 3 SMS, 4 GPS, 6 device fault, 7 other). Everything that a rule tells was seen.
pub const METHOD_VIDEO: u8 = 5;

/// Every behavior that a rule of today tells.
pub const BEHAVIORS: [&str; 9] = [
    "intrusion",
    "line_crossing",
    "loitering",
    "fall",
    "abandoned_object",
    "removed_object",
    "running",
    "crowd",
    "tamper",
];

/// An alert in the codes of other systems. What a standard has no code for is left out rather than guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Codes {
    /// GB/T 28181 AlarmPriority, 1 (一级警情, most urgent) to 4.
    #[schemars(range(min = 1, max = 4))]
    pub alarm_priority: u8,
    /// GB/T 28181 AlarmMethod: 5 is video.
    pub alarm_method: u8,
    /// GB/T 28181 AlarmType of that method: 3 left object, 4 removed object, 5 line, 6 intrusion, 8 loitering, 10 density,
    /// 11 video abnormal, 12 fast moving. None where the 2016 table has none: falls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_type: Option<u8>,
    /// GB/T 28181 EventType of an intrusion: 1 enters the area, 2 leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<u8>,
    /// ONVIF topic. What ONVIF has no rule for stands under this system's own prefix, as the standard wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onvif_topic: Option<String>,
}

/// The codes of what a rule of this behavior tells. Names that are not known here have no type and no topic.
pub fn codes(behavior: &str, detail: Option<&str>, severity: Severity) -> Codes {
    let (alarm_type, event_type, topic) = match behavior {
        "intrusion" => (Some(6), Some(1), Some("RuleEngine/FieldDetector/ObjectsInside")),
        "line_crossing" => (Some(5), None, Some("RuleEngine/LineDetector/Crossed")),
        "loitering" => (Some(8), None, Some("RuleEngine/LoiteringDetector/ObjectIsLoitering")),
        "abandoned_object" => (Some(3), None, Some("RuleEngine/ObjectAbandoned")),
        "removed_object" => (Some(4), None, Some("RuleEngine/xunge:ObjectRemoved")),
        "running" => (Some(12), None, Some("RuleEngine/xunge:RunningDetector")),
        "crowd" => (Some(10), None, Some("RuleEngine/CountAggregation/Occupancy")),
        // the 2016 table knows none
        "fall" => (None, None, Some("RuleEngine/xunge:FallDetector")),
        "tamper" => (Some(11), None, Some(tamper(detail))),
        _ => (None, None, None),
    };
    Codes {
        alarm_priority: severity.level(),
        alarm_method: METHOD_VIDEO,
        alarm_type,
        event_type,
        onvif_topic: topic.map(|topic| format!("tns1:{topic}")),
    }
}

fn tamper(detail: Option<&str>) -> &'static str {
    match detail {
        Some("defocused") => "VideoSource/ImageTooBlurry",
        Some("dark") => "VideoSource/ImageTooDark",
        Some("frozen") => "VideoSource/SignalLoss",
        _ => "VideoSource/GlobalSceneChange",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behavior_has_the_code_of_the_table() {
        // (behavior, AlarmType, EventType) of GB/T 28181-2016, AlarmMethod 5
        let table = [
            ("loitering", Some(8), None),
            ("abandoned_object", Some(3), None),
            ("removed_object", Some(4), None),
            ("running", Some(12), None),
            ("crowd", Some(10), None),
            ("line_crossing", Some(5), None),
            ("intrusion", Some(6), Some(1)),
            ("tamper", Some(11), None),
            ("fall", None, None),
            ("of_tomorrow", None, None),
        ];
        for (behavior, alarm_type, event_type) in table {
            let codes = codes(behavior, None, Severity::P2);
            assert_eq!(
                (codes.alarm_priority, codes.alarm_method, codes.alarm_type, codes.event_type),
                (2, 5, alarm_type, event_type),
                "{behavior}"
            );
            assert_eq!(codes.onvif_topic.is_some(), BEHAVIORS.contains(&behavior), "{behavior}");
        }
    }

    #[test]
    fn a_tampered_camera_says_how_in_the_topic() {
        let topic = |detail| codes("tamper", detail, Severity::P3).onvif_topic.unwrap_or_default();
        assert_eq!(topic(Some("dark")), "tns1:VideoSource/ImageTooDark");
        assert_eq!(topic(Some("covered")), "tns1:VideoSource/GlobalSceneChange");
        assert_eq!(topic(None), "tns1:VideoSource/GlobalSceneChange");
    }

    #[test]
    fn what_has_no_code_is_left_out() {
        let text = serde_json::to_string(&codes("fall", None, Severity::P1)).unwrap_or_default();
        assert_eq!(
            text,
            r#"{"alarm_priority":1,"alarm_method":5,"onvif_topic":"tns1:RuleEngine/xunge:FallDetector"}"#
        );
    }
}

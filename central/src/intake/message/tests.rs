use super::*;
use proptest::prelude::*;
use serde_json::json;

const ALERT: &str = include_str!("../../../../alert/samples/v1/alert-began.json");
const STATUS: &str = include_str!("../../../../alert/samples/v1/status-online.json");
const CAMERA: &str = include_str!("../../../../alert/samples/v1/camera-state-blind.json");
const TOPIC: &str = "xunge/v1/420502001001/gw-0001/alert";

fn with(field: &str, value: Value) -> Vec<u8> {
    let mut alert: Value = serde_json::from_str(ALERT).unwrap();
    alert[field] = value;
    alert.to_string().into_bytes()
}

fn reason(topic: &str, payload: &[u8]) -> (String, Option<Sender>) {
    match read(topic, payload) {
        Some(Inbound::Bad(bad)) => (bad.reason, bad.sender),
        other => panic!("taken: {other:?}"),
    }
}

#[test]
fn the_samples_of_the_contract_are_taken() {
    assert!(matches!(read(TOPIC, ALERT.as_bytes()), Some(Inbound::Alert(_))));
    let status = "xunge/v1/420502001001/gw-0001/status";
    assert!(matches!(read(status, STATUS.as_bytes()), Some(Inbound::Status { .. })));
    let camera = "xunge/v1/420502001001/gw-0001/camera/gate-east/state";
    assert!(matches!(read(camera, CAMERA.as_bytes()), Some(Inbound::Camera { .. })));
    assert!(read(camera, b"").is_none(), "a retained state that is taken back is no message");
}

#[test]
fn what_is_wrong_is_said_and_the_box_can_be_told() {
    let table = [
        ("edge", json!("gw-0002"), "it names box `gw-0002` on the topic of another"),
        ("site", json!("420502001002"), "it names site `420502001002` on the topic of another"),
        ("version", json!(2), "its version is 2, this centre reads 1"),
        ("revision", json!(0), "`revision` 0 is not a number from 1"),
        ("severity", json!(9), "severity 9 is not 1, 2, 3 or 4"),
        ("score", json!(1.5), "`score` 1.5 is not from 0 to 1"),
        ("dwell_secs", json!(-1.0), "`dwell_secs` -1 is not a length of time"),
        ("box", json!([0.0, 0.0, 2.0, 1.0]), "`box` is not within the frame"),
        ("rule", json!("a\nb"), "`rule` is empty, longer than 200 bytes, or holds control characters"),
        ("since_utc", json!("2026-11-23T03:20:02Z"), "`since_utc` is after `utc`"),
        ("behavior", json!(""), "`behavior`: `` cannot be a name"),
        (
            "evidence",
            json!([{"kind": "snapshot", "sha256": "../../etc/passwd", "bytes": 1, "media_type": "image/jpeg"}]),
            "the name of a file is not a SHA-256 in 64 lower-case hex digits",
        ),
    ];
    for (field, value, expected) in table {
        let (reason, sender) = reason(TOPIC, &with(field, value));
        assert!(reason.starts_with(expected), "{field}: {reason}");
        assert_eq!(sender.unwrap().seq, 1, "{field}");
    }
}

#[test]
fn a_message_without_a_readable_place_has_nobody_to_be_told() {
    for payload in [&b"{"[..], b"\xff\xfe", b"[]", b"null"] {
        assert_eq!(reason(TOPIC, payload).1, None);
    }
    assert_eq!(reason(TOPIC, &with("seq", json!(0))).1, None);
    assert_eq!(reason("xunge/v1/42/gw/alert", ALERT.as_bytes()).1, None);
}

#[test]
fn a_message_that_is_too_large_is_not_even_read() {
    let mut payload = ALERT.trim_end().trim_end_matches('}').as_bytes().to_vec();
    payload.extend_from_slice(b", \"x\": \"");
    payload.resize(MAX_BYTES + 1, b'x');
    payload.extend_from_slice(b"\"}");
    let (reason, sender) = reason(TOPIC, &payload);
    assert!(reason.contains("more than 262144"), "{reason}");
    assert!(sender.is_some(), "its box is told all the same");
}

#[test]
fn a_camera_may_not_speak_for_another() {
    let (reason, _) = reason("xunge/v1/420502001001/gw-0001/camera/other/state", CAMERA.as_bytes());
    assert!(reason.contains("gate-east"), "{reason}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let taken = matches!(read(TOPIC, &payload), Some(Inbound::Bad(_)));
        prop_assert!(taken);
    }
}

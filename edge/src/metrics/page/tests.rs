use super::*;
use std::collections::BTreeMap;
use xunge_alert::BlindCause;

fn readings() -> Readings {
    let camera = camera::Reading {
        camera: "gate-east".to_owned(),
        watching: true,
        blind_for: BTreeMap::from([(BlindCause::Unreachable, Duration::from_millis(2500))]),
        looks: 42,
        ..camera::Reading::default()
    };
    Readings {
        uptime: Duration::from_secs(90),
        provider: "cpu",
        model_sha256: "ab12".to_owned(),
        cameras: vec![camera, camera::Reading { camera: "a\"b".to_owned(), ..camera::Reading::default() }],
        detector: PoolStats { workers: 2, looks: 7, busy: Duration::from_millis(350) },
        outbox: outbox::Stats {
            depth: 3,
            oldest_utc: Some("2026-11-26T08:00:00Z".parse().unwrap()),
            ..outbox::Stats::default()
        },
        uplink: LinkStats { connected: true, ..LinkStats::default() },
        utc: "2026-11-26T08:00:30Z".parse().unwrap(),
    }
}

#[test]
fn a_page_says_how_cameras_detectors_and_alerts_do() {
    let page = page(readings());
    for line in [
        "# TYPE xunge_camera_up gauge",
        "xunge_camera_up{camera=\"gate-east\"} 1.0",
        "xunge_camera_up{camera=\"a\\\"b\"} 0.0",
        "# TYPE xunge_camera_frames counter",
        "xunge_camera_frames_total{camera=\"gate-east\"} 42.0",
        "xunge_camera_blind_seconds_total{camera=\"gate-east\",reason=\"unreachable\"} 2.5",
        "xunge_build{version=\"0.1.0\",provider=\"cpu\",model_sha256=\"ab12\"} 1.0",
        "xunge_uptime_seconds 90.0",
        "xunge_detectors 2.0",
        "xunge_detector_looks_total 7.0",
        "xunge_detector_busy_seconds_total 0.35",
        "xunge_outbox_depth 3.0",
        "xunge_outbox_oldest_seconds 30.0",
        "xunge_uplink_connected 1.0",
        "# EOF",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
}

#[test]
fn every_metric_is_ours_and_explained_once() {
    let page = page(readings());
    let named = |what: &str| -> Vec<String> {
        let lines = page.lines().filter_map(|line| line.strip_prefix(what));
        lines.filter_map(|rest| Some(rest.split(' ').next()?.to_owned())).collect()
    };
    let (types, helps) = (named("# TYPE "), named("# HELP "));
    assert_eq!(types, helps);
    let mut once = types.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), types.len());
    assert!(types.iter().all(|name| name.starts_with("xunge_")), "{types:?}");
}

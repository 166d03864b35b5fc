//! Detections of real pictures: two clips whose events were noted by looking.
//!
//! The pictures are not here, only what a detector found in them, false and weak detections included. The edge's own
//! tests replay the clips themselves where they are at hand.

use crate::script::{scene, told};
use xunge_scene::{Bounds, Class, Detection, Event, Look, Phase, StreamTime, Watch};

/// Looks at every `step`-th picture.
fn replay(footage: &str, camera: &str, aspect: f64, step: usize) -> Vec<Event> {
    let mut watch = Watch::new(&scene(camera));
    watch.set_aspect(aspect);
    let mut events = Vec::new();
    for line in footage.lines().filter(|line| !line.starts_with('#')).step_by(step) {
        let (ms, found) = line.split_once(':').expect("ms:boxes");
        let detections: Vec<Detection> =
            found.split(',').filter(|text| !text.is_empty()).map(detection).collect();
        let at = StreamTime::from_secs(ms.parse::<f64>().expect("a number") / 1000.0);
        events.extend(watch.look(at, Look::Seen(&detections), None));
    }
    events
}

fn detection(text: &str) -> Detection {
    let n: Vec<f64> = text.split(' ').map(|number| number.parse().expect("a number")).collect();
    let bounds = Bounds::new(n[1] / 1000.0, n[2] / 1000.0, n[3] / 1000.0, n[4] / 1000.0);
    Detection { class: Class::Person, score: (n[0] / 100.0) as f32, bounds }
}

fn began(events: &[Event], rule: &str) -> Vec<f64> {
    events.iter().filter(|e| e.rule == rule && e.phase == Phase::Began).map(|e| e.at.secs()).collect()
}

#[test]
fn two_step_on_the_lawn_and_one_wanders_about_on_it() {
    let camera = "[camera.zone]\n\
        lawn = [[0, 0.41], [0.12, 0.43], [0.33, 0.52], [0.52, 0.66], [0.98, 1], [0, 1]]\n\
        [[camera.rule.intrusion]]\nzone = \"lawn\"\n\
        [[camera.rule.loitering]]\nzone = \"lawn\"\ndwell_secs = 15\n";
    for step in [1, 2, 4] {
        let events = replay(include_str!("footage/lawn.txt"), camera, 768.0 / 576.0, step);
        let intrusions = began(&events, "intrusion");
        assert!(matches!(intrusions[..], [at] if (50.9..55.0).contains(&at)), "{}", told(&events));
        // The woman is on it from 53.4 s to 73.5 s.
        let loitering = began(&events, "loitering");
        assert!(matches!(loitering[..], [at] if (68.0..71.0).contains(&at)), "{}", told(&events));
    }
}

#[test]
fn four_groups_enter_a_room() {
    let camera = "[camera.zone]\nroom = [[0.1, 0.36], [0.9, 0.36], [1, 1], [0, 1]]\n\
        [[camera.rule.intrusion]]\nzone = \"room\"\n\
        [[camera.rule.loitering]]\nzone = \"room\"\ndwell_secs = 15\n\
        [[camera.rule.crowd]]\nzone = \"room\"\ncount = 5\n";
    for step in [1, 2, 3] {
        let events = replay(include_str!("footage/room.txt"), camera, 768.0 / 432.0, step);
        let entries = [(1.6, 6.3), (14.8, 20.2), (27.8, 34.3), (43.6, 46.2)];
        let found = began(&events, "intrusion");
        assert_eq!(found.len(), entries.len(), "{}", told(&events));
        for (at, (enters, leaves)) in found.into_iter().zip(entries) {
            assert!(at > enters && at < leaves, "{at} is not within {enters}..{leaves}");
        }
        assert!(
            began(&events, "loitering").is_empty() && began(&events, "crowd").is_empty(),
            "{}",
            told(&events)
        );
    }
}

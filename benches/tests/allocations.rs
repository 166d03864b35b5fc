//! What a look allocates when nothing changes any more.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::f64::consts::TAU;
use std::path::Path;

use xunge_edge::config::{EdgeConfig, For};
use xunge_scene::{Bounds, Class, Detection, Look, StreamTime, Watch};

fn watch(rules: &str) -> Watch {
    let text = format!(
        "edge_id = \"b\"\nsite = \"000000000000\"\n[[camera]]\nid = \"c\"\nurl = \"rtsp://192.0.2.1/x\"\n{rules}"
    );
    let (config, problems) = EdgeConfig::parse("edge.toml", &text, Path::new(""), For::Replay);
    assert!(problems.is_empty(), "{problems}");
    Watch::new(&config.cameras.into_iter().next().unwrap().scene)
}

/// So many who walk in circles.
fn walkers(count: usize, secs: f64) -> Vec<Detection> {
    let one = |n: usize| {
        let angle = 0.5 * secs + TAU * (n as f64 * 0.618).fract();
        let x = 0.03 + 0.94 * (n % 10) as f64 / 10.0 + 0.01 * angle.cos();
        let y = 0.05 + 0.15 * (n / 10) as f64 + 0.01 * angle.sin();
        Detection { class: Class::Person, score: 0.7, bounds: Bounds::new(x, y, 0.02, 0.07) }
    };
    (0..count).map(one).collect()
}

/// A person costs so many at most: his row of costs, his boxes of the last seconds as they grow, what rules list.
const MOST_EACH: u64 = 8;
const PEOPLE: usize = 20;

/// It is not nothing, but it does not grow with time, and a person in the picture costs a handful.
#[test]
fn a_look_of_the_scene_allocates_a_handful_for_each_person() {
    for rule in ["", "loitering", "running", "crowd", "fall", "abandoned_object", "removed_object", "tamper"]
    {
        let mut watch =
            watch(&if rule.is_empty() { String::new() } else { format!("[[camera.rule.{rule}]]") });
        let mut per_look = Vec::new();
        for look in 0..600_u32 {
            let secs = f64::from(look) / 5.0;
            let found = walkers(PEOPLE, secs);
            let info = allocation_counter::measure(|| {
                watch.look(StreamTime::from_secs(secs), Look::Seen(&found), None);
            });
            per_look.push(info.count_total);
        }
        let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len() as u64;
        let (earlier, later) = (mean(&per_look[300..450]), mean(&per_look[450..]));
        assert!(later <= MOST_EACH * PEOPLE as u64, "{rule}: {later} a look");
        assert!(later <= earlier + 5, "{rule}: {earlier} a look, and later {later}");
    }
}

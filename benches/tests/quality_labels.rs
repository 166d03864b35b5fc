//! The labels beside the checkout, where they are there: everything in them is understood.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use xunge_benches::quality::{
    edge,
    expected::Expected,
    plan::Plan,
    rules::Rules,
    seen::Seen,
    truth::{Clip, Truth},
};

fn labels() -> Option<Truth> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/clips/dev.json");
    if path.is_file() {
        return Some(Truth::load(&path).unwrap());
    }
    eprintln!("SKIPPED: {} is not there; this test needs the labelled clips", path.display());
    None
}

fn named<'a>(truth: &'a Truth, name: &str) -> &'a Clip {
    truth.clips.iter().find(|clip| clip.file.ends_with(name)).unwrap()
}

#[test]
fn every_field_of_every_clip_is_understood() {
    let Some(truth) = labels() else { return };
    assert_eq!((truth.set.as_str(), truth.clips.len()), ("dev", 73));
    assert_eq!(truth.unknown_fields(), Vec::<String>::new());
    assert_eq!(truth.clips.iter().map(|clip| clip.events.len()).sum::<usize>(), 69);
    let with = |has: fn(&Clip) -> bool| truth.clips.iter().filter(|clip| has(clip)).count();
    assert_eq!(with(|clip| clip.crop_norm.is_some()), 12);
    assert_eq!(with(|clip| clip.mask_norm.is_some()), 6);
    assert_eq!(with(|clip| clip.quality.is_some()), 3);
    assert_eq!(with(|clip| clip.source() == "urfall"), 12);
}

#[test]
fn the_edge_accepts_what_every_clip_asks_for() {
    let Some(truth) = labels() else { return };
    let rules = Rules::load(None).unwrap();
    for (clip, seen) in truth.clips.iter().flat_map(|clip| Seen::ALL.map(|seen| (clip, seen))) {
        let clip = seen.clip(clip);
        let plan = Plan::new(&clip, edge::is_built, |_| true);
        edge::configured(&plan.edge_toml(&rules, 5.0, true)).unwrap();
        assert!(!plan.watches("fight"), "{}", clip.file);
        assert!(clip.source() != "fight_surv" || !plan.scored.contains("crowd"), "{}", clip.file);
    }
}

#[test]
fn the_labels_are_due_when_a_person_would_say() {
    let Some(truth) = labels() else { return };
    let rules = Rules::load(None).unwrap();
    let of = |name: &str, number: usize| {
        let clip = named(&truth, name);
        let plan = Plan::new(clip, |_| true, |_| true);
        plan.expected(&clip.events[number], clip, &rules)
    };
    let atm: Expected = of("36b.mp4", 0);
    assert_eq!((atm.due_s, atm.optional, atm.rule), (30.0, false, None));
    assert!(of("one-by-one-person-detection.mp4", 0).optional, "he stays for less than 30 s");
    let bag = of("pets2006_overlay.mp4", 0);
    assert_eq!((bag.due_s, bag.latest_s), (22.0, 40.8));
    assert_eq!(of("umn_s2_1.avi", 0).behavior, "running");
    let lawn = of("vtest.avi", 0);
    assert_eq!((lawn.due_s, lawn.rule.as_deref()), (50.9, Some("intrusion")));
}

#[test]
fn a_longer_lens_leaves_everything_to_be_found() {
    let Some(truth) = labels() else { return };
    let required = |clip: &Clip| clip.events.iter().filter(|event| !event.optional).count();
    for clip in &truth.clips {
        assert_eq!(required(&Seen::Closer.clip(clip)), required(clip), "{}", clip.file);
    }
}

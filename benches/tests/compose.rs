//! Composed scenes: the same seed gives the same pictures, and the labels say what is in them.
//!
//! Needs the demo footage that `make setup` fetches.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use xunge_benches::compose::footage;
use xunge_benches::compose::material::Material;
use xunge_benches::compose::produce::{Order, clip, film, produce};
use xunge_benches::compose::prop::Held;
use xunge_benches::compose::raster::Picture;
use xunge_benches::compose::render::Renderer;
use xunge_benches::compose::scene::{FPS, Scene};
use xunge_benches::compose::sets::{BEHAVIORS, Set};
use xunge_benches::compose::truth::{Event, Truth};
use xunge_edge::replay::FrameStream;

/// The footage: from the cache of `make setup`, else from the clips for evaluation.
fn source() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/clips/dev/opencv/vtest.avi");
    footage::default_source().into_iter().chain([shared]).find(|path| path.is_file())
}

/// Read once for all tests; none, said loudly, where there is no footage.
fn material() -> Option<&'static Material> {
    static MATERIAL: OnceLock<Option<Material>> = OnceLock::new();
    let material = MATERIAL.get_or_init(|| {
        let Some(path) = source() else {
            eprintln!("SKIPPED: vtest.avi is in neither the cache nor ../shared/clips; run `make setup`");
            return None;
        };
        Some(Material::read(&path, &mut |_| {}).unwrap())
    });
    material.as_ref()
}

fn named(scenes: &[Scene], name: &str) -> Scene {
    scenes.iter().find(|scene| scene.name == name).unwrap().clone()
}

/// The pictures of these numbers, as if no others were made.
fn pictures(material: &Material, scene: &Scene, numbers: &[u64]) -> Vec<Picture> {
    let mut renderer = Renderer::new(material, scene);
    numbers.iter().map(|&number| renderer.frame(number).unwrap()).collect()
}

fn number(t: f64) -> u64 {
    (t * f64::from(FPS)).ceil() as u64
}

#[test]
fn the_same_seed_gives_the_same_pictures() {
    let Some(material) = material() else { return };
    let digest = |seed: u64| {
        let scene = named(&Set::Tamper.scenes(material, seed, 0.2), "tamper/covered-hand");
        let mut sum = Sha256::new();
        for picture in pictures(material, &scene, &[0, 1, 150, 300, 420]) {
            sum.update(&picture.bgr);
        }
        hex::encode(sum.finalize())
    };
    assert_eq!(digest(3), digest(3));
    assert_ne!(digest(3), digest(4));
}

#[test]
fn every_label_is_possible() {
    let Some(material) = material() else { return };
    for seed in 1..=3 {
        let scenes: Vec<Scene> = Set::ALL.iter().flat_map(|set| set.scenes(material, seed, 0.2)).collect();
        let names: BTreeSet<&str> = scenes.iter().map(|scene| scene.name.as_str()).collect();
        assert_eq!(names.len(), scenes.len(), "two scenes have the same name");
        for scene in &scenes {
            let name = &scene.name;
            assert!(!scene.note.is_empty() && scene.frames() > 300, "{name}");
            assert!(scene.negatives_for.iter().all(|kind| BEHAVIORS.contains(kind)), "{name}");
            for event in &scene.events {
                check(event, scene.duration_s, &format!("{name}, seed {seed}: {event:?}"));
            }
        }
        let events = |set: &str| {
            let of_set = scenes.iter().filter(|scene| scene.name.starts_with(set));
            of_set.map(|scene| scene.events.len()).sum::<usize>()
        };
        assert_eq!(events("eventless"), 0);
        let quiet = scenes.iter().filter(|scene| scene.name.starts_with("eventless"));
        assert!(quiet.clone().count() == 2 && quiet.clone().all(|scene| scene.negatives_for == BEHAVIORS));
        assert!(events("objects") >= 12 && events("tamper") >= 14 && events("running") >= 12);
        assert!(events("loitering") >= 8 && events("crowd") == 8);
        // who comes one by one stands in a group when the fifth is there, who comes by the dozen walks in one
        let begins = |name: &str| named(&scenes, name).events[0].start_s;
        assert!((10.0..24.5).contains(&begins("crowd/gathers-1")), "seed {seed}");
        assert!(begins("crowd/packed-many") < 6.4, "seed {seed}");
    }
}

fn check(event: &Event, duration_s: f64, what: &str) {
    assert!(BEHAVIORS.contains(&event.kind.as_str()), "{what}");
    assert!(0.0 <= event.start_s && event.start_s + 0.5 < event.end_s, "{what}");
    assert!(event.end_s <= duration_s, "{what}");
    if let Some([x, y, w, h]) = event.region {
        assert!(x >= 0.0 && y >= 0.0 && w > 0.0 && h > 0.0 && x + w <= 1.001 && y + h <= 1.001, "{what}");
    }
    let corners: Vec<f64> = event.zone_polygon.iter().flatten().flatten().copied().collect();
    assert!(corners.iter().all(|part| (0.0..=1.0).contains(part)), "{what}");
    let length_s = event.end_s - event.start_s;
    match event.kind.as_str() {
        "loitering" => assert!(length_s > 45.0 && corners.len() >= 6, "{what}"),
        "abandoned_object" => {
            let since_s = event.unattended_from_s.unwrap();
            assert!(event.start_s < since_s && since_s + 30.0 < event.end_s, "{what}");
            assert!(event.region.is_some(), "{what}");
        }
        "removed_object" => assert!(event.region.is_some(), "{what}"),
        "running" => assert!(length_s > 1.4, "{what}"),
        _ => {}
    }
}

#[test]
fn an_object_can_be_seen_where_the_label_says() {
    let Some(material) = material() else { return };
    let scenes = Set::Objects.scenes(material, 2, 0.2);
    for scene in scenes.iter().filter(|scene| !scene.events.is_empty()) {
        let event = &scene.events[0];
        let [x, y, w, h] = event.region.unwrap();
        // the same people and the same noise without the object
        let bare = Scene { props: Vec::new(), ..scene.clone() };
        let at = number(match event.kind.as_str() {
            "abandoned_object" => event.unattended_from_s.unwrap() + 2.0,
            _ => (event.start_s - 5.0).max(0.0),
        });
        let (with, without) = (&pictures(material, scene, &[at])[0], &pictures(material, &bare, &[at])[0]);
        let (width, height) = (with.width as f64, with.height as f64);
        let (left, right) = ((x * width) as usize, ((x + w) * width) as usize);
        let (top, bottom) = ((y * height) as usize, ((y + h) * height) as usize);
        let differs = |x: usize, y: usize| {
            let pair = with.pixel(x, y).into_iter().zip(without.pixel(x, y));
            pair.map(|(a, b)| a.abs_diff(b)).max() >= Some(8)
        };
        let inside = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let (changed, all) =
            inside.fold((0, 0), |(changed, all), (x, y)| (changed + usize::from(differs(x, y)), all + 1));
        assert!(5 * changed > 2 * all, "{}: {changed} of {all} pixels show the object", scene.name);
    }
}

#[test]
fn who_leaves_the_zone_is_outside_for_a_short_while() {
    let Some(material) = material() else { return };
    for scene in Set::Loitering.scenes(material, 1, 0.2) {
        if !scene.name.contains("leaves-and-returns") {
            continue;
        }
        let zone = scene.events[0].zone_polygon.clone().unwrap();
        let (mut outside, mut longest) = (0, 0);
        for n in number(scene.events[0].start_s)..number(scene.events[0].end_s) {
            let pose = scene.actors[0].pose(n as f64 / f64::from(FPS)).unwrap();
            let foot = material.perspective.standing(pose.at);
            let inside = contains(&zone, scene.view.point((foot.x, foot.y)));
            outside = if inside { 0 } else { outside + 1 };
            longest = longest.max(outside);
        }
        assert!((30..=80).contains(&longest), "{}: outside for {longest} pictures", scene.name);
    }
}

fn contains(zone: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let next = zone.iter().cycle().skip(1);
    let crossed = zone
        .iter()
        .zip(next)
        .filter(|([ax, ay], [bx, by])| (*ay > y) != (*by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay));
    crossed.count() % 2 == 1
}

#[test]
fn carriers_keep_their_objects_in_the_scene() {
    let Some(material) = material() else { return };
    for scene in Set::Objects.scenes(material, 5, 0.2) {
        for prop in &scene.props {
            assert!(prop.held.is_sorted_by(|a, b| a.0 <= b.0), "{}", scene.name);
            for (since, held) in &prop.held {
                if let Held::By { actor, .. } = held {
                    let carrier = scene.actors[*actor].pose(since + 0.1);
                    assert!(carrier.is_some(), "{}: nobody carries it", scene.name);
                }
            }
        }
    }
}

#[test]
fn a_scene_is_coded_and_read_again() {
    let Some(material) = material() else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("objects")).unwrap();
    let scenes = Set::Objects.scenes(material, 1, 0.2);
    let scene = Scene { duration_s: 3.0, ..named(&scenes, "objects/attended") };
    let made = film(material, &scene, 1, folder.path(), "a short scene", &mut |_, _| {}).unwrap();
    assert_eq!(made, clip(&scene, 1, "objects/attended.mp4".into()).unwrap());
    let size = (scene.view.width, scene.view.height);
    let stream = FrameStream::open(&folder.path().join(&made.file), size, None).unwrap();
    let raw = pictures(material, &scene, &(0..30).collect::<Vec<_>>());
    let mut count = 0;
    for (read, raw) in stream.frames().zip(&raw) {
        assert!((read.at.secs() - f64::from(count) / f64::from(FPS)).abs() < 0.01);
        let rows = read.bgr().chunks(read.stride).zip(raw.bgr.chunks(3 * raw.width));
        let sum: f64 = rows.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        let mean = sum / raw.bgr.len() as f64;
        assert!(mean < 6.0, "picture {count} differs by {mean:.1}");
        count += 1;
    }
    assert_eq!(count, 30);
    stream.finish().unwrap();
}

#[test]
fn a_truth_file_says_once_what_was_made_twice() {
    let Some(material) = material() else { return };
    let folder = tempfile::tempdir().unwrap();
    let order = Order { sets: vec![Set::Eventless], seed: 1, hours: 0.001 };
    for _ in 0..2 {
        assert_eq!(produce(material, &order, folder.path(), &mut |_, _| {}).unwrap(), 1);
    }
    let truth = Truth::load(folder.path()).unwrap();
    let [clip] = truth.clips.as_slice() else { panic!("{:?}", truth.clips) };
    assert!(folder.path().join(&clip.file).is_file() && clip.events.is_empty());
    assert_eq!((clip.frames, clip.fps), (36, 10.0));
}

#[test]
fn other_footage_is_refused_with_a_reason() {
    let nowhere = Material::read(Path::new("/nowhere/vtest.avi"), &mut |_| {}).unwrap_err();
    assert!(format!("{nowhere:#}").contains("make setup"), "{nowhere:#}");
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("vtest.avi");
    std::fs::write(&broken, "no video").unwrap();
    assert!(Material::read(&broken, &mut |_| {}).is_err());
    assert!("objets".parse::<Set>().unwrap_err().to_string().contains("objects"));
}

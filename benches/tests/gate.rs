//! A camera that sleeps while nothing happens tells the same as one that never does.
//!
//! Needs the model and the demo footage that `make setup` fetches.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xunge_benches::compose::footage;
use xunge_benches::compose::material::Material;
use xunge_benches::compose::produce::film;
use xunge_benches::compose::sets::Set;
use xunge_benches::compose::truth::Truth;

/// Somebody runs through; a cloth is hung before the camera. Nobody else is there.
const SCENES: [&str; 2] = ["deserted/runs-through-3", "deserted/covered-cloth"];
/// What the scenes' coder takes for one group of pictures, and a look.
const GROUP_S: f64 = 2.2;

fn compose(folder: &Path) {
    let source = footage::default_source().filter(|path| path.is_file()).unwrap();
    let material = Material::read(&source, &mut |_| {}).unwrap();
    let mut truth = Truth::load(folder).unwrap();
    std::fs::create_dir(folder.join(Set::Deserted.name())).unwrap();
    for scene in
        Set::Deserted.scenes(&material, 1, 0.0).iter().filter(|scene| SCENES.contains(&scene.name.as_str()))
    {
        truth.put(film(&material, scene, 1, folder, &scene.name, &mut |_, _| {}).unwrap());
    }
    truth.save(folder).unwrap();
}

#[test]
fn the_same_is_told_with_and_without_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    compose(folder.path());
    let json = folder.path().join("gate.json");
    let output = Command::new(env!("CARGO_BIN_EXE_quality"))
        .arg("--truth")
        .arg(folder.path().join("composed.json"))
        .arg("--clips")
        .arg(folder.path())
        .arg("--json")
        .arg(&json)
        .arg("--compare-gate")
        .output()
        .unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let result: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let clips = result["clips"].as_array().unwrap();
    assert_eq!(clips.len(), SCENES.len(), "{told}");
    let looks = |way: &str| clips.iter().map(|clip| clip[way]["looks"].as_u64().unwrap()).sum::<u64>();
    assert!(looks("with") * 3 < looks("without") * 2, "it hardly slept: {told}");
    for clip in clips {
        let later = clip["later_s"].as_array().unwrap();
        assert_eq!(later.len(), 1, "one thing happens in each: {told}");
        assert!(later[0].as_f64().unwrap() <= GROUP_S, "{told}");
    }
}

//! Makes sets of scenes on disk.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::film::Film;
use super::material::Material;
use super::render::Renderer;
use super::scene::{FPS, Scene};
use super::sets::Set;
use super::truth::{Clip, Truth, rounded};

/// Tells how far it is: a line, and whether it will be written over by the next.
pub type Progress<'a> = &'a mut dyn FnMut(&str, bool);

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Order {
    /// These sets.
    pub sets: Vec<Set>,
    /// By this seed.
    pub seed: u64,
    /// Hours in which nothing happens.
    pub hours: f64,
}

/// Makes all scenes of an order in `folder` and notes them in its truth file, which keeps what other sets have there.
pub fn produce(material: &Material, order: &Order, folder: &Path, progress: Progress<'_>) -> Result<usize> {
    let mut truth = Truth::load(folder)?;
    truth.made = format!("seed {}", order.seed);
    let mut count = 0;
    for set in &order.sets {
        let scenes = set.scenes(material, order.seed, order.hours);
        let place = folder.join(set.name());
        std::fs::create_dir_all(&place).with_context(|| format!("{} cannot be made", place.display()))?;
        let of_set = format!("{}/", set.name());
        truth.clips.retain(|clip| !clip.file.starts_with(&of_set));
        for (number, scene) in scenes.iter().enumerate() {
            let label = format!("{} ({} of {})", scene.name, number + 1, scenes.len());
            let clip = film(material, scene, order.seed, folder, &label, progress)?;
            truth.put(clip);
            // after each, so that what is there can be used and an interrupted run leaves no unknown clip
            truth.save(folder)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Makes one scene's file.
pub fn film(
    material: &Material,
    scene: &Scene,
    seed: u64,
    folder: &Path,
    label: &str,
    progress: Progress<'_>,
) -> Result<Clip> {
    let file = format!("{}.mp4", scene.name);
    let (path, part) = (folder.join(&file), folder.join(format!("{file}.part")));
    let begun = Instant::now();
    let mut film = Film::begin(&part, scene.view.width, scene.view.height, FPS)?;
    let mut renderer = Renderer::new(material, scene);
    for number in 0..scene.frames() {
        film.add(renderer.frame(number)?)?;
        if number % 50 == 0 {
            progress(&format!("{label}: {} of {:.0} s", number / u64::from(FPS), scene.duration_s), true);
        }
    }
    film.finish(&part)?;
    std::fs::rename(&part, &path).with_context(|| format!("{} cannot be written", path.display()))?;
    let took = begun.elapsed().as_secs_f64();
    progress(&format!("{label}: {:.0} s of video in {took:.1} s", scene.duration_s), false);
    clip(scene, seed, file)
}

/// What the truth file says of a scene.
pub fn clip(scene: &Scene, seed: u64, file: String) -> Result<Clip> {
    Ok(Clip {
        file,
        source: format!("composed from vtest.avi (PETS2009 S2.L1 view 1), seed {seed}"),
        fps: f64::from(FPS),
        frames: scene.frames(),
        duration_s: rounded(scene.duration_s),
        width: u32::try_from(scene.view.width)?,
        height: u32::try_from(scene.view.height)?,
        events: scene.events.clone(),
        negatives_for: scene.negatives_for.iter().map(|name| (*name).to_owned()).collect(),
        note: scene.note.clone(),
    })
}

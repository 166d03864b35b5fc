//! What is drawn on pictures for people: boxes of those who are there, zones and lines.

use xunge_scene::{CameraScene, Point, State, Track};

use crate::still::{Drawing, Mark};

/// Tracks that are there now and sure enough to be shown.
pub fn shown(tracks: &[Track]) -> impl Iterator<Item = &Track> {
    tracks.iter().filter(|t| t.seen && t.state == State::Confirmed)
}

/// A mark for each track that is there, and every zone and line.
pub fn scene(tracks: &[Track], scene: &CameraScene) -> Drawing {
    let marks = shown(tracks)
        .map(|track| Mark {
            bounds: track.bounds,
            label: format!("{} {} {:.2}", track.id, track.class, track.score),
            main: false,
        })
        .collect();
    let zones = scene.zones.iter().map(|(_, zone)| zone.corners().to_vec());
    let outlines = zones.chain(scene.lines.iter().map(|(_, line)| ends(line))).collect();
    Drawing { marks, outlines, ..Drawing::default() }
}

/// The zone or line of this name; nothing for the whole frame.
pub fn place(scene: &CameraScene, name: Option<&str>) -> Vec<Vec<Point>> {
    let zone = scene.zones.iter().find(|(n, _)| Some(n.as_str()) == name).map(|(_, z)| z.corners().to_vec());
    let line = || scene.lines.iter().find(|(n, _)| Some(n.as_str()) == name).map(|(_, l)| ends(l));
    zone.or_else(line).into_iter().collect()
}

fn ends(line: &xunge_scene::geometry::Line) -> Vec<Point> {
    let (from, to) = line.ends();
    vec![from, to]
}

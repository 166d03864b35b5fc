//! The labels: what happens in which clip, and what must not be found there.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// Corners, fractions of the picture.
pub type Polygon = Vec<[f64; 2]>;
/// `x, y, width, height`, fractions of the picture.
pub type Rect = [f64; 4];

/// What the labels may say for readers only.
const TOLD: &[&str] = &["made", "definitions"];
const TOLD_OF_CLIP: &[&str] =
    &["source", "licence", "codec", "width", "height", "fps", "frames", "bytes", "sha256", "note"];
const TOLD_OF_EVENT: &[&str] = &["origin", "overlay_on_s"];

/// A truth file.
#[derive(Debug, Clone, Deserialize)]
pub struct Truth {
    /// Its name, such as `dev`.
    #[serde(default)]
    pub set: String,
    /// Clips in the order of the file.
    pub clips: Vec<Clip>,
    /// Fields that are not understood, and those for readers only.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A labelled clip. Where it has a crop, regions and zones are fractions of what is left.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Clip {
    /// Path relative to the folder of the clips.
    pub file: String,
    /// Length.
    pub duration_s: f64,
    /// What happens.
    pub events: Vec<Event>,
    /// Behaviors that happen nowhere else in it, such as `crowd` or `crowd:fight`.
    #[serde(default)]
    pub negatives_for: Vec<String>,
    /// The part of the picture that is used.
    pub crop_norm: Option<Rect>,
    /// A part of the picture, before the crop, that must not be seen.
    pub mask_norm: Option<Rect>,
    /// Why its numbers do not count: burned-in boxes and the like.
    pub quality: Option<String>,
    /// Where intrusion is watched when no event says where.
    pub zone_polygon: Option<Polygon>,
    /// Where line crossing is watched when no event says where.
    pub line: Option<Polygon>,
    /// Fields that are not understood, and those for readers only.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Something that happens.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Event {
    /// Behavior, unless `subtype` says otherwise.
    #[serde(rename = "type")]
    pub kind: String,
    /// `crowd_panic` or `fight`.
    pub subtype: Option<String>,
    /// When it starts.
    pub start_s: f64,
    /// When it is over.
    pub end_s: f64,
    /// Where.
    pub region: Option<Rect>,
    /// Finding it is neither right nor wrong.
    #[serde(default)]
    pub optional: bool,
    /// Of a fall: since when somebody lies.
    pub lying_from_s: Option<f64>,
    /// Of an object: since when nobody is with it.
    pub unattended_from_s: Option<f64>,
    /// The zone that it is about.
    pub zone_polygon: Option<Polygon>,
    /// The line that it is about: two points.
    pub line: Option<Polygon>,
    /// The way over the line that counts; left out, both.
    pub direction: Option<String>,
    /// What the labeller says.
    pub note: Option<String>,
    /// Fields that are not understood, and those for readers only.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The behavior that a label is about.
pub fn behavior_of<'a>(kind: &'a str, subtype: Option<&str>) -> &'a str {
    match subtype {
        Some("crowd_panic") => "running",
        Some("fight") => "fight",
        _ => kind,
    }
}

/// Behaviors that exist only where a zone or a line is given.
pub fn needs_place(behavior: &str) -> bool {
    matches!(behavior, "intrusion" | "line_crossing")
}

impl Truth {
    /// Reads a truth file.
    pub fn load(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not a usable truth file", path.display()))
    }

    /// Reads the text of a truth file.
    pub fn parse(text: &str) -> Result<Self> {
        let truth: Self = serde_json::from_str(text)?;
        for clip in &truth.clips {
            clip.check().with_context(|| format!("clip {}", clip.file))?;
        }
        Ok(truth)
    }

    /// Fields that mean nothing here, each once, with the first place where it stands.
    pub fn unknown_fields(&self) -> Vec<String> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut note = |other: &BTreeMap<String, Value>, told: &[&str], what: &str, place: &str| {
            for name in other.keys().filter(|name| !told.contains(&name.as_str())) {
                found.entry(format!("`{name}` of {what}")).or_insert_with(|| place.to_owned());
            }
        };
        note(&self.other, TOLD, "the file", "its top");
        for clip in &self.clips {
            note(&clip.other, TOLD_OF_CLIP, "a clip", &clip.file);
            for event in &clip.events {
                note(&event.other, TOLD_OF_EVENT, "an event", &clip.file);
            }
        }
        found
            .into_iter()
            .map(|(field, place)| format!("{field} is not understood (first in {place})"))
            .collect()
    }
}

impl Clip {
    /// The footage that it comes from: `urfall` of `dev/urfall/fall-01-cam0.mp4`.
    pub fn source(&self) -> &str {
        let mut folders: Vec<&str> = self.file.split('/').collect();
        folders.pop();
        folders.get(1).or(folders.first()).copied().unwrap_or("-")
    }

    /// Behaviors for which every alarm that meets no event is false.
    pub fn negatives(&self) -> impl Iterator<Item = &str> {
        self.negatives_for.iter().map(|text| match text.split_once(':') {
            Some((kind, subtype)) => behavior_of(kind, Some(subtype)),
            None => text,
        })
    }

    fn check(&self) -> Result<()> {
        ensure!(self.duration_s > 0.0, "`duration_s` must be more than 0");
        for rect in [self.crop_norm, self.mask_norm].into_iter().flatten() {
            let [x, y, w, h] = rect;
            let inside = x >= 0.0 && y >= 0.0 && x + w <= 1.0 + 1e-9 && y + h <= 1.0 + 1e-9;
            ensure!(inside && w > 0.0 && h > 0.0, "the crop or mask {rect:?} is not inside the picture");
        }
        check_places(self.zone_polygon.as_ref(), self.line.as_ref())?;
        for (number, event) in self.events.iter().enumerate() {
            event.check(self).with_context(|| format!("event {} ({})", number + 1, event.kind))?;
        }
        Ok(())
    }
}

impl Event {
    /// Behavior that should find it.
    pub fn behavior(&self) -> &str {
        behavior_of(&self.kind, self.subtype.as_deref())
    }

    fn check(&self, clip: &Clip) -> Result<()> {
        ensure!(self.end_s >= self.start_s, "it ends before it starts");
        check_places(self.zone_polygon.as_ref(), self.line.as_ref())?;
        match self.behavior() {
            "intrusion" => {
                let zone = self.zone_polygon.as_ref().or(clip.zone_polygon.as_ref());
                ensure!(zone.is_some(), "it needs a `zone_polygon`");
            }
            "line_crossing" => {
                ensure!(self.line.as_ref().or(clip.line.as_ref()).is_some(), "it needs a `line`");
            }
            _ => {}
        }
        Ok(())
    }
}

fn check_places(zone: Option<&Polygon>, line: Option<&Polygon>) -> Result<()> {
    ensure!(zone.is_none_or(|zone| zone.len() >= 3), "a `zone_polygon` has three corners or more");
    ensure!(line.is_none_or(|line| line.len() == 2), "a `line` has two points");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(more: &str) -> Result<Truth> {
        Truth::parse(&format!("{{\"clips\": [{{\"file\": \"a.mp4\", \"duration_s\": 9, {more}}}]}}"))
    }

    #[test]
    fn unknown_fields_are_told_and_do_no_harm() {
        let truth = clip(
            "\"weather\": \"rain\", \"note\": null, \"events\": [{\"type\": \"fall\", \"start_s\": 1, \"end_s\": 2, \"mood\": 1}]",
        );
        assert_eq!(
            truth.unwrap().unknown_fields(),
            [
                "`mood` of an event is not understood (first in a.mp4)",
                "`weather` of a clip is not understood (first in a.mp4)"
            ]
        );
    }

    #[test]
    fn mistakes_name_clip_and_event() {
        for (text, wanted) in [
            (
                "\"events\": [{\"type\": \"fall\", \"start_s\": 3, \"end_s\": 2}]",
                "event 1 (fall): it ends before",
            ),
            (
                "\"events\": [{\"type\": \"intrusion\", \"start_s\": 1, \"end_s\": 2}]",
                "needs a `zone_polygon`",
            ),
            ("\"events\": [], \"crop_norm\": [0.5, 0, 0.6, 1]", "not inside the picture"),
            ("\"events\": [], \"zone_polygon\": [[0, 0], [1, 1]]", "three corners"),
        ] {
            let error = format!("{:#}", clip(text).unwrap_err());
            assert!(error.contains("a.mp4") && error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn the_source_is_the_second_folder_or_the_first() {
        let source = |file: &str| Clip { file: file.into(), ..Clip::default() }.source().to_owned();
        assert_eq!(source("dev/urfall/fall-01-cam0.mp4"), "urfall");
        assert_eq!(source("composed/a.mp4"), "composed");
        assert_eq!(source("a.mp4"), "-");
    }
}

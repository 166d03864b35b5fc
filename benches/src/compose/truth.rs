//! What really happens in the scenes: one file, in the format that all labelled clips have.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The file's name in the folder of the scenes.
pub const FILE: &str = "composed.json";

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Name of the set.
    pub set: String,
    /// How it was made.
    pub made: String,
    /// What the words mean.
    pub definitions: BTreeMap<String, String>,
    /// Clips, in order of their names.
    pub clips: Vec<Clip>,
}

/// One clip. `file` is relative to the folder of the truth file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Where it is.
    pub file: String,
    /// What it was made of.
    pub source: String,
    /// Pictures per second.
    pub fps: f64,
    /// Number of pictures.
    pub frames: u64,
    /// Length.
    pub duration_s: f64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What happens.
    pub events: Vec<Event>,
    /// Behaviors for which every alarm outside the events is false.
    pub negatives_for: Vec<String>,
    /// What is to be seen.
    pub note: String,
}

/// Something that happens in a clip.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Event {
    /// The behavior.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it begins.
    pub start_s: f64,
    /// When it ends.
    pub end_s: f64,
    /// Where: `[x, y, w, h]`, fractions of the picture; null: anywhere.
    pub region: Option<[f64; 4]>,
    /// Finding it is neither right nor wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The zone that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_polygon: Option<Vec<[f64; 2]>>,
    /// Since when nobody is with the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unattended_from_s: Option<f64>,
    /// Kind of the behavior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Where the label comes from.
    pub origin: String,
    /// In words.
    pub note: String,
}

impl Event {
    /// An event of a composed scene; its times are known exactly.
    pub fn new(kind: &str, start_s: f64, end_s: f64, note: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            start_s: rounded(start_s),
            end_s: rounded(end_s),
            origin: "composed".to_owned(),
            note: note.into(),
            ..Self::default()
        }
    }

    /// With a place.
    pub fn at(mut self, region: Option<[f64; 4]>) -> Self {
        self.region = region.map(|region| region.map(rounded));
        self
    }
}

/// Four digits behind the point.
pub fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

impl Default for Truth {
    fn default() -> Self {
        let words = [
            (
                "abandoned_object",
                "start_s = the owner starts to leave; unattended_from_s = he is more than 3 m away or out of the picture; ends when somebody takes it",
            ),
            ("removed_object", "start_s = the object, there since the first picture, has left its place"),
            (
                "loitering",
                "start_s = the person enters zone_polygon, end_s = leaves it for good; feet decide",
            ),
            ("running", "start_s = the first faster step, end_s = the last or out of the picture"),
            ("crowd", ">=5 people in one group"),
            ("tamper", "start_s = the act begins; end_s = the picture is good again, or the clip's end"),
            ("optional", "events with optional=true: a detection is neither TP nor FP, a miss is not FN"),
            (
                "negatives_for",
                "behaviors for which every alarm on the clip outside listed events is a false positive",
            ),
            ("origin", "composed = known from the script by which the scene was made"),
            ("file", "relative to the folder of this file"),
        ];
        Self {
            set: "composed".to_owned(),
            made: String::new(),
            definitions: words.iter().map(|(word, text)| ((*word).to_owned(), (*text).to_owned())).collect(),
            clips: Vec::new(),
        }
    }
}

impl Truth {
    /// The file in this folder; an empty one where there is none.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let found = serde_json::from_str(&text);
        found.with_context(|| {
            format!("{} is not a truth file: name another folder with --out, or remove it", path.display())
        })
    }

    /// Takes clips in the place of those with the same name.
    pub fn put(&mut self, clip: Clip) {
        self.clips.retain(|other| other.file != clip.file);
        self.clips.push(clip);
        self.clips.sort_by(|a, b| a.file.cmp(&b.file));
    }

    /// Writes the file whole or not at all.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let (path, part) = (folder.join(FILE), folder.join(format!("{FILE}.part")));
        let written = serde_json::to_string_pretty(self).map_err(anyhow::Error::from).and_then(|text| {
            std::fs::write(&part, text + "\n")?;
            Ok(std::fs::rename(&part, &path)?)
        });
        written.with_context(|| format!("{} cannot be written", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(file: &str) -> Clip {
        Clip {
            file: file.into(),
            source: "vtest.avi".into(),
            fps: 10.0,
            frames: 600,
            duration_s: 60.0,
            width: 768,
            height: 576,
            events: vec![Event::new("tamper", 20.0, 60.0, "covered").at(Some([0.0, 0.0, 1.0, 1.0]))],
            negatives_for: vec!["fall".into()],
            note: String::new(),
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_grows() {
        let folder = tempfile::tempdir().unwrap();
        let mut truth = Truth::load(folder.path()).unwrap();
        truth.put(clip("b.mp4"));
        truth.put(clip("a.mp4"));
        truth.save(folder.path()).unwrap();
        let mut again = Truth::load(folder.path()).unwrap();
        assert_eq!(again, truth);
        again.put(Clip { note: "new".into(), ..clip("b.mp4") });
        let names: Vec<&str> = again.clips.iter().map(|c| c.file.as_str()).collect();
        assert_eq!((names, again.clips[1].note.as_str()), (vec!["a.mp4", "b.mp4"], "new"));
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Truth::load(folder.path()).unwrap_err().to_string().contains("not a truth file"));
    }
}

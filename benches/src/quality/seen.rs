//! The same clips as another camera would have seen them: how far the numbers carry beyond the pictures at hand.

use anyhow::{Context, Result};
use serde::Serialize;

use super::truth::Clip;

mod labels;
pub mod report;

/// How the pictures of a clip are changed before they are shown to the edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Not at all.
    #[default]
    Plain,
    /// Left and right change places.
    Mirrored,
    /// Only the middle of the picture: a longer lens.
    Closer,
    /// In weaker, warmer light.
    Dimmed,
    /// Overexposed: what is bright becomes white.
    Bright,
    /// The second stream of a cheap camera: half as wide and high if that leaves 320 columns, coded with few
    /// bits.
    Coarse,
    /// With the noise of a small sensor.
    Noisy,
}

/// Brightness and colour as another exposure or lamp would give them. Black stays black.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Factor on brightness and colour.
    pub gain: f64,
    /// Steps of 256 from blue to red.
    pub warmer: f64,
}

impl Seen {
    /// All, in the order of the report.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Mirrored, Self::Closer, Self::Dimmed, Self::Bright, Self::Coarse, Self::Noisy];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Mirrored => "mirrored",
            Self::Closer => "closer",
            Self::Dimmed => "dimmed",
            Self::Bright => "bright",
            Self::Coarse => "coarse",
            Self::Noisy => "noisy",
        }
    }

    /// Those that are asked for by name or by `all`: plain first, each once.
    pub fn chosen(names: &[String]) -> Result<Vec<Self>> {
        let mut chosen = vec![Self::Plain];
        for name in names {
            if name == "all" {
                return Ok(Self::ALL.to_vec());
            }
            let seen = Self::ALL.into_iter().find(|seen| seen.name() == name).with_context(|| {
                let names: Vec<_> = Self::ALL.iter().map(|seen| seen.name()).collect();
                format!("`--seen {name}` is none of {}, all", names.join(", "))
            })?;
            if !chosen.contains(&seen) {
                chosen.push(seen);
            }
        }
        chosen.sort();
        Ok(chosen)
    }

    /// The clip with its crop and labels moved along with the picture.
    pub fn clip(self, clip: &Clip) -> Clip {
        match self {
            Self::Mirrored => labels::mirrored(clip),
            Self::Closer => labels::closer(clip),
            _ => clip.clone(),
        }
    }

    /// Whether pixels change in another way than by the clip's own crop and mask.
    pub fn repaints(self) -> bool {
        !matches!(self, Self::Plain | Self::Closer)
    }

    /// What becomes of brightness and colour.
    pub fn tone(self) -> Option<Tone> {
        match self {
            Self::Dimmed => Some(Tone { gain: 0.6, warmer: 4.0 }),
            Self::Bright => Some(Tone { gain: 1.3, warmer: 0.0 }),
            _ => None,
        }
    }

    /// Deviation of the noise, in steps of 256 of brightness.
    pub fn noise(self) -> Option<f64> {
        (self == Self::Noisy).then_some(6.0)
    }

    /// How wide and high pictures become: half, but not narrower than 320 pixels, for no camera sends less.
    pub fn shrunk(self, (wide, high): (usize, usize)) -> Option<(usize, usize)> {
        let width = (wide / 2).max(320.min(wide));
        (self == Self::Coarse).then_some((width, high * width / wide.max(1)))
    }

    /// H.264's constant quantizer: 12 can hardly be told from the original, 34 is what few bits leave.
    pub fn quantizer(self) -> u32 {
        if self == Self::Coarse { 34 } else { 12 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Result<Vec<Seen>> {
        Seen::chosen(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn coarse_is_half_as_wide_but_not_narrower_than_any_camera() {
        let coarse = |wide, high| Seen::Coarse.shrunk((wide, high));
        assert_eq!(coarse(1280, 720), Some((640, 360)));
        assert_eq!(coarse(500, 250), Some((320, 160)));
        assert_eq!(coarse(300, 200), Some((300, 200)));
        assert_eq!(Seen::Noisy.shrunk((1280, 720)), None);
    }

    #[test]
    fn plain_is_always_there_and_each_once() {
        assert_eq!(
            chosen(&["noisy", "mirrored", "noisy"]).unwrap(),
            [Seen::Plain, Seen::Mirrored, Seen::Noisy]
        );
        assert_eq!(chosen(&["noisy", "all"]).unwrap(), Seen::ALL);
        let error = chosen(&["foggy"]).unwrap_err().to_string();
        assert!(error.contains("`--seen foggy` is none of plain, mirrored"), "{error}");
    }
}

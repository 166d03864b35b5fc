//! Which models there are (by their cards), where their files are, and whether they are the right ones.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::observe::runtime::LIBRARY;

/// Cards of the models that this version knows; the first detector is the default.
const CARDS: [&str; 2] = [
    include_str!("../../models/nanodet_g_256x416_int8/card.toml"),
    include_str!("../../models/movenet_lightning/card.toml"),
];

/// The part of a model card that the daemon needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// Name of the model.
    pub name: String,
    /// What it is for: `detector`, `pose`.
    pub role: String,
    /// File name.
    pub file: String,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Licence of network and weights.
    pub licence: String,
    /// Whether a box needs it.
    pub default: bool,
}

/// A model cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// No file.
    #[error("the model {file} is in none of: {}. Run `make setup`, or set `model` in [detector] or XUNGE_MODELS",
        .folders.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing {
        /// File name.
        file: String,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },
    /// The file is not the one of the card.
    #[error(
        "{path} is damaged or another version: its SHA-256 is {found}, the card says {expected}. \
             Delete it and run `make setup`"
    )]
    WrongSum {
        /// Which file.
        path: PathBuf,
        /// What it has.
        found: String,
        /// What it should have.
        expected: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No card for this role.
    #[error("this version has no model for `{0}`")]
    NoCard(&'static str),
}

/// A model file that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256, lower-case hex; stands in every alert.
    pub sha256: String,
}

/// Cards of all models that this version knows.
pub fn cards() -> Vec<Card> {
    CARDS
        .iter()
        .filter_map(|text| toml::from_str(text).map_err(|error| tracing::error!(%error, "a model card")).ok())
        .collect()
}

/// Where models are looked for, first to last.
pub fn model_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("XUNGE_MODELS").map(PathBuf::from).into_iter().collect();
    folders.extend(cache().map(|c| c.join("models")));
    folders.push("/usr/share/xunge/models".into());
    folders
}

/// Where ONNX Runtime's library is looked for, first to last.
pub fn runtime_candidates(configured: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = configured {
        return vec![path.to_path_buf()];
    }
    let mut paths: Vec<PathBuf> =
        std::env::var_os("XUNGE_ONNXRUNTIME").map(PathBuf::from).into_iter().collect();
    paths.extend(cache().map(|c| c.join("onnxruntime").join(LIBRARY)));
    paths.push(Path::new("/usr/lib/xunge").join(LIBRARY));
    paths
}

/// The folder that `make setup` fills.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XUNGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|c| c.join("xunge")))
        .or_else(|| set("HOME").map(|h| h.join(".cache/xunge")))
}

/// The model for `role`: the configured file as it is, or the card's file, which must have the card's sum.
pub fn find(role: &'static str, configured: Option<&Path>) -> Result<Model, ModelError> {
    if let Some(path) = configured {
        return Ok(Model { path: path.to_path_buf(), sha256: sum(path)? });
    }
    let card = cards().into_iter().find(|c| c.role == role).ok_or(ModelError::NoCard(role))?;
    locate(&card, &model_folders())
}

/// The card's file in the first of `folders` that has it.
pub fn locate(card: &Card, folders: &[PathBuf]) -> Result<Model, ModelError> {
    let path = folders
        .iter()
        .map(|folder| folder.join(&card.file))
        .find(|path| path.is_file())
        .ok_or_else(|| ModelError::Missing { file: card.file.clone(), folders: folders.to_vec() })?;
    let found = sum(&path)?;
    if found == card.sha256 {
        Ok(Model { path, sha256: found })
    } else {
        Err(ModelError::WrongSum { path, found, expected: card.sha256.clone() })
    }
}

fn sum(path: &Path) -> Result<String, ModelError> {
    let failed = |source| ModelError::Read { path: path.to_path_buf(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(failed)?;
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_can_be_read_and_the_default_detector_is_there() {
        let cards = cards();
        assert_eq!(cards.len(), CARDS.len());
        assert!(cards.iter().any(|c| c.role == "detector" && c.default && c.sha256.len() == 64));
    }

    #[test]
    fn a_missing_and_a_damaged_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let card = cards().remove(0);
        let folders = [folder.path().to_path_buf()];
        assert!(matches!(locate(&card, &folders), Err(ModelError::Missing { .. })));
        std::fs::write(folder.path().join(&card.file), b"half a downl").unwrap();
        assert!(matches!(locate(&card, &folders), Err(ModelError::WrongSum { .. })));
        let own = Card { sha256: hex::encode(Sha256::digest(b"half a downl")), ..card };
        assert_eq!(locate(&own, &folders).unwrap().sha256, own.sha256);
    }
}

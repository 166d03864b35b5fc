//! The one configuration that every clip is judged with: the parameters of each behavior.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Behaviors in the order of the report, with what stands in their rules.
const BUILT_IN: [(&str, &str); 10] = [
    ("fall", include_str!("../../quality/fall.toml")),
    ("running", include_str!("../../quality/running.toml")),
    ("intrusion", include_str!("../../quality/intrusion.toml")),
    ("line_crossing", include_str!("../../quality/line_crossing.toml")),
    ("loitering", include_str!("../../quality/loitering.toml")),
    ("crowd", include_str!("../../quality/crowd.toml")),
    ("abandoned_object", include_str!("../../quality/abandoned_object.toml")),
    ("removed_object", include_str!("../../quality/removed_object.toml")),
    ("tamper", include_str!("../../quality/tamper.toml")),
    ("fight", ""),
];

/// Place of a behavior in the report; those without one come last.
pub fn rank(behavior: &str) -> usize {
    BUILT_IN.iter().position(|(name, _)| *name == behavior).unwrap_or(BUILT_IN.len())
}

/// Parameters of all behaviors.
#[derive(Debug, Clone, Serialize)]
pub struct Rules {
    texts: BTreeMap<String, String>,
    /// What the labels need to know of them.
    #[serde(skip)]
    pub timing: Timing,
}

/// How long something must go on before it is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Of loitering.
    pub dwell_secs: f64,
    /// Of an abandoned object.
    pub unattended_secs: f64,
    /// Of a removed object.
    pub absent_secs: f64,
}

impl Rules {
    /// What is built in, each behavior replaced by `<behavior>.toml` of `folder` where there is one.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let mut texts: BTreeMap<String, String> =
            BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        if let Some(folder) = folder {
            replace(&mut texts, folder).with_context(|| format!("the rules of {}", folder.display()))?;
        }
        let seconds = |behavior: &str, key: &str| {
            let table: toml::Table =
                texts[behavior].parse().with_context(|| format!("the rule of {behavior} is not TOML"))?;
            let value = table.get(key).and_then(|v| v.as_float().or(v.as_integer().map(|n| n as f64)));
            value.with_context(|| format!("the rule of {behavior} must say `{key}`: labels are judged by it"))
        };
        let timing = Timing {
            dwell_secs: seconds("loitering", "dwell_secs")?,
            unattended_secs: seconds("abandoned_object", "unattended_secs")?,
            absent_secs: seconds("removed_object", "absent_secs")?,
        };
        Ok(Self { texts, timing })
    }

    /// Keys and values of a behavior's rule.
    pub fn text(&self, behavior: &str) -> &str {
        self.texts.get(behavior).map_or("", String::as_str)
    }
}

fn replace(texts: &mut BTreeMap<String, String>, folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).context("the folder cannot be read")? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(text) = texts.get_mut(&name) else { bail!("{name}.toml is no behavior's name") };
        *text = std::fs::read_to_string(&path).with_context(|| format!("{name}.toml cannot be read"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_replaces_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("loitering.toml"), "dwell_secs = 7.5\n").unwrap();
        let rules = Rules::load(Some(folder.path())).unwrap();
        assert_eq!((rules.timing.dwell_secs, rules.timing.absent_secs), (7.5, 3.0));
        assert_eq!(rules.text("loitering"), "dwell_secs = 7.5\n");
        assert_eq!(rules.text("crowd"), Rules::load(None).unwrap().text("crowd"));
    }

    #[test]
    fn what_labels_are_judged_by_must_be_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("loitering.toml"), "grace_secs = 7\n").unwrap();
        let error = Rules::load(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("dwell_secs"), "{error}");
        std::fs::write(folder.path().join("loitring.toml"), "").unwrap();
        let error = format!("{:#}", Rules::load(Some(folder.path())).unwrap_err());
        assert!(error.contains("loitring.toml is no behavior"), "{error}");
    }
}

//! The one configuration that every clip is judged with: the parameters of each behavior.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail, ensure};
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

/// What says when an event is due.
const JUDGED_BY: [(&str, &str); 3] =
    [("loitering", "dwell_secs"), ("abandoned_object", "unattended_secs"), ("removed_object", "absent_secs")];

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
#[derive(Debug, Clone, Copy, Default, PartialEq)]
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
        let mut rules = Self { texts, timing: Timing::default() };
        for (behavior, text) in &rules.texts {
            text.parse::<toml::Table>().with_context(|| format!("the rule of {behavior} is not TOML"))?;
        }
        let seconds = |(behavior, key): (&str, &str)| {
            let value = rules.value(behavior, key);
            value.with_context(|| format!("the rule of {behavior} must say `{key}`: labels are judged by it"))
        };
        let [dwell_secs, unattended_secs, absent_secs] = JUDGED_BY;
        rules.timing = Timing {
            dwell_secs: seconds(dwell_secs)?,
            unattended_secs: seconds(unattended_secs)?,
            absent_secs: seconds(absent_secs)?,
        };
        Ok(rules)
    }

    /// The number that a behavior's rule says.
    pub fn value(&self, behavior: &str, key: &str) -> Option<f64> {
        // it was TOML when it was read
        let table: toml::Table = self.text(behavior).parse().ok()?;
        table.get(key).and_then(|v| v.as_float().or(v.as_integer().map(|n| n as f64)))
    }

    /// The same with another value of one key.
    pub fn with(&self, behavior: &str, key: &str, value: f64) -> Result<Self> {
        ensure!(
            !JUDGED_BY.contains(&(behavior, key)),
            "`{key}` of {behavior} says what the labels mean: other values are other labels"
        );
        let says = |line: &&str| line.split('=').next().is_some_and(|name| name.trim() == key);
        let others = self.text(behavior).lines().filter(|line| !says(line));
        let text: String = others.map(|line| format!("{line}\n")).collect();
        let mut rules = self.clone();
        rules.texts.insert(behavior.to_owned(), format!("{text}{key} = {value}\n"));
        Ok(rules)
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

    #[test]
    fn one_key_changes_and_the_rest_stays() {
        let rules = Rules::load(None).unwrap();
        let crowd = rules.with("crowd", "count", 4.0).unwrap();
        assert_eq!(crowd.text("crowd"), "re_alert_secs = 5\ncount = 4\n");
        assert_eq!(crowd.text("fall"), rules.text("fall"));
        let running = rules.with("running", "speed_bh_s", 1.3).unwrap();
        assert_eq!(
            (running.value("running", "speed_bh_s"), rules.value("running", "speed_bh_s")),
            (Some(1.3), None)
        );
        let error = rules.with("loitering", "dwell_secs", 20.0).unwrap_err().to_string();
        assert!(error.contains("other labels"), "{error}");
    }
}

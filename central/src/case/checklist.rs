//! The checklist of an emergency plan (应急预案) that opened with a case: which version, and what people have ticked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Mark, Refused};

/// A checklist that is open on a case. Its words are in the plan's version, which never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checklist {
    /// Plan.
    pub plan: String,
    /// Version of it that the case keeps to.
    pub version: u64,
    /// How many steps it has.
    pub steps: u16,
    /// Steps that handing in without is worth a warning, by their place from 0.
    pub required: Vec<u16>,
    /// When it opened.
    pub opened_utc: Timestamp,
    /// Steps that are done, by their place from 0.
    pub ticks: BTreeMap<u16, Tick>,
}

/// A step that somebody has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tick {
    /// Who, and when.
    pub mark: Mark,
    /// In their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Checklist {
    /// Required steps that nobody has done.
    pub fn missing(&self) -> Vec<u16> {
        self.required.iter().copied().filter(|step| !self.ticks.contains_key(step)).collect()
    }

    /// Ticks a step, or takes a tick back.
    pub(super) fn tick(
        &mut self,
        step: u16,
        done: bool,
        note: Option<String>,
        mark: Mark,
    ) -> Result<(), Refused> {
        if step >= self.steps {
            return Err(Refused::NoSuchStep);
        }
        match (done, self.ticks.get(&step)) {
            (true, Some(tick)) => Err(Refused::AlreadyTicked { by: tick.mark.by.clone() }),
            (true, None) => {
                self.ticks.insert(step, Tick { mark, note });
                Ok(())
            }
            (false, Some(_)) => {
                self.ticks.remove(&step);
                Ok(())
            }
            (false, None) => Err(Refused::NotTicked),
        }
    }
}

//! Emergency plans (应急预案): which checklist opens with a case. Pure.
//!
//! A plan's versions never change once they are kept, so a case names the one that it opened with and keeps to it. What
//! people tick is in the case and its log: see [`crate::case::Checklist`].

mod file;

pub use file::{PlanRow, Read, read, shipped};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_alert::codes::BEHAVIORS;

use crate::case::Change;
use crate::case::book::{Book, Record};
use crate::case::guard::Role;
use crate::org::{Atlas, PlaceKind, Region};

/// Most steps of a plan.
pub const STEPS: usize = 50;
/// Longest title or step, in characters.
pub const TEXT_CHARS: usize = 300;
/// Longest time that a step may be given, seconds.
pub const LONGEST_SECS: u32 = 7 * 24 * 3600;

/// A text for people: Chinese, and English where somebody has written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanWords)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

/// One step of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanStep)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do, Chinese.
    pub zh: String,
    /// The same in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// Whether handing in without it is worth a warning.
    #[serde(default)]
    pub required: bool,
    /// How long after the plan opened it should be done, seconds; none is no matter when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_secs: Option<u32>,
    /// Who does it; none is anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What a version of a plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanBody)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Title.
    pub title: Words,
    /// For which behaviors; empty is all.
    pub behaviors: Vec<String>,
    /// At which kinds of place; empty is any.
    #[serde(default)]
    pub places: Vec<PlaceKind>,
    /// For cases of this urgency and above, 1 (most urgent) to 4.
    pub severity: u8,
    /// Where; none is everywhere.
    #[serde(default)]
    pub region: Option<Region>,
    /// Whether it opens with new cases.
    pub enabled: bool,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

/// A version of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Plan {
    /// Identity of all its versions.
    pub id: String,
    /// From 1.
    pub version: u64,
    /// What it says.
    pub body: Body,
}

/// Something wrong with a plan, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

fn fault(zh: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault { zh: zh.into(), en: en.into() }
}

impl Body {
    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let bad = |text: &str| {
            text.trim().is_empty() || text.chars().count() > TEXT_CHARS || text.chars().any(char::is_control)
        };
        let any_bad = |zh: &str, en: Option<&str>| bad(zh) || en.is_some_and(bad);
        if any_bad(&self.title.zh, self.title.en.as_deref()) {
            faults.push(fault(
                format!("请填写名称，不超过 {TEXT_CHARS} 字"),
                format!("give it a title of at most {TEXT_CHARS} characters"),
            ));
        }
        for behavior in self.behaviors.iter().filter(|name| !BEHAVIORS.contains(&name.as_str())) {
            let known = BEHAVIORS.join(", ");
            faults.push(fault(
                format!("不认识行为 {behavior}，可用：{known}"),
                format!("`{behavior}` is no behavior; use {known}"),
            ));
        }
        if !(1..=4).contains(&self.severity) {
            faults.push(fault("级别须为 1 至 4", "the severity is 1, 2, 3 or 4"));
        }
        if self.steps.is_empty() || self.steps.len() > STEPS {
            faults.push(fault(format!("步骤须有 1 至 {STEPS} 条"), format!("a plan has 1 to {STEPS} steps")));
        }
        for (place, step) in self.steps.iter().enumerate() {
            let n = place + 1;
            if any_bad(&step.zh, step.en.as_deref()) {
                faults.push(fault(
                    format!("第 {n} 步：请写明做什么，不超过 {TEXT_CHARS} 字"),
                    format!("step {n}: say what to do, in at most {TEXT_CHARS} characters"),
                ));
            }
            if step.deadline_secs.is_some_and(|secs| secs == 0 || secs > LONGEST_SECS) {
                faults.push(fault(
                    format!("第 {n} 步：时限须为 1 秒至 7 天"),
                    format!("step {n}: the deadline is 1 second to 7 days"),
                ));
            }
        }
        faults
    }

    /// Whether it is for such a case.
    fn fits(&self, behavior: &str, severity: u8, region: &Region, place: Option<PlaceKind>) -> bool {
        self.enabled
            && severity <= self.severity
            && (self.behaviors.is_empty() || self.behaviors.iter().any(|own| own == behavior))
            && (self.places.is_empty() || place.is_some_and(|place| self.places.contains(&place)))
            && self.region.as_ref().is_none_or(|own| own.covers(region))
    }

    /// How closely it fits: the nearer region first, then the kind of place, then fewer behaviors, then the stricter urgency.
    fn closeness(&self) -> (usize, bool, bool, usize, u8) {
        let digits = self.region.as_ref().map_or(0, |region| region.as_str().len());
        let behaviors = usize::MAX - self.behaviors.len();
        (
            digits,
            !self.places.is_empty(),
            !self.behaviors.is_empty(),
            behaviors,
            4_u8.saturating_sub(self.severity),
        )
    }
}

/// The plan that fits such a case best; the first by name of those that fit alike.
pub fn best<'p>(
    plans: &'p [Plan],
    behavior: &str,
    severity: u8,
    region: &Region,
    place: Option<PlaceKind>,
) -> Option<&'p Plan> {
    plans
        .iter()
        .filter(|plan| plan.body.fits(behavior, severity, region, place))
        .max_by(|a, b| a.body.closeness().cmp(&b.body.closeness()).then_with(|| b.id.cmp(&a.id)))
}

/// Opens the plans of cases on the table that are new or have become urgent enough for one.
pub fn open(book: &mut Book, plans: &[Plan], atlas: &Atlas) {
    let wanted = |record: &&Record| record.case.plan.is_none() && record.case.state.takes_alerts();
    let found: Vec<_> = book
        .touched()
        .filter(wanted)
        .filter_map(|record| {
            let facts = &record.facts;
            let place = atlas.of(&facts.edge, &facts.camera).and_then(|place| place.kind);
            let plan = best(plans, &facts.behavior, record.case.severity, &facts.region, place)?;
            Some((record.id, opened(plan)))
        })
        .collect();
    for (id, change) in found {
        book.must(id, change);
    }
}

/// The change by which a plan opens.
fn opened(plan: &Plan) -> Change {
    let numbered = || (0_u16..).zip(&plan.body.steps);
    Change::PlanOpened {
        plan: plan.id.clone(),
        version: plan.version,
        steps: u16::try_from(plan.body.steps.len()).unwrap_or(u16::MAX),
        required: numbered().filter(|(_, step)| step.required).map(|(number, _)| number).collect(),
    }
}

#[cfg(test)]
mod tests;

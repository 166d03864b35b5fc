//! What people ask a case to become. The log's own type reads old entries, so it takes whatever stands in them; a request is
//! held to what it can mean, so that a typing error is told and not dropped.

use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::case::{Assignee, Change, Class, Fix, Reason, Verdict, Work};
use crate::org::Region;

/// Who is to handle it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedAssignee {
    /// Region whose people are meant.
    region: Region,
    /// One person of them; none means whoever takes it.
    user: Option<String>,
}

/// Where somebody is, WGS-84 degrees.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedFix {
    /// Longitude, −180..180.
    lon: f64,
    /// Latitude, −90..90.
    lat: f64,
}

impl From<AskedFix> for Fix {
    fn from(AskedFix { lon, lat }: AskedFix) -> Self {
        Self { lon, lat }
    }
}

/// A change that a person asks for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ChangeAsked)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum AskedChange {
    /// 签收.
    Taken {},
    /// 核实.
    Decided {
        /// What was found.
        verdict: Verdict,
        /// Why it was a false alarm.
        reason: Option<Reason>,
        /// In the person's own words.
        note: Option<String>,
        /// How it is to be handled; none leaves it to its urgency.
        class: Option<Class>,
        /// What it is in the event catalogue (小类).
        category: Option<String>,
    },
    /// 派遣, or 转派 where somebody had it already.
    Dispatched {
        /// To whom.
        to: AskedAssignee,
        /// What to do.
        note: Option<String>,
    },
    /// 接单.
    Accepted {},
    /// 到场.
    Arrived {
        /// Where.
        fix: Option<AskedFix>,
    },
    /// 回退.
    Returned {
        /// Why.
        reason: String,
    },
    /// 上报.
    Escalated {
        /// Why.
        reason: String,
    },
    /// 审定.
    Approved {
        /// What was agreed.
        note: String,
    },
    /// 督办.
    Urged {
        /// What is demanded.
        reason: String,
    },
    /// 申请挂账.
    PauseAsked {
        /// Why it cannot go on.
        cause: String,
        /// When it is looked at again.
        review_utc: Timestamp,
    },
    /// The level above answers.
    PauseAnswered {
        /// Whether it may wait.
        approved: bool,
        /// Why.
        note: Option<String>,
    },
    /// 恢复办理.
    Resumed {},
    /// 处置完成.
    Handled {
        /// In the handler's own words.
        note: String,
        /// Pictures of afterwards (处置后), by their SHA-256.
        #[serde(default)]
        pictures: Vec<String>,
        /// Where the handler is.
        fix: Option<AskedFix>,
        /// Why there is no picture, or why it was not on the spot.
        excuse: Option<String>,
    },
    /// 核查.
    Checked {
        /// Whether it is really done.
        passed: bool,
        /// What was found.
        note: Option<String>,
    },
    /// 重新办理.
    Reopened {
        /// Why.
        reason: String,
    },
    /// 并案.
    Merged {
        /// The case that goes on.
        master: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// 撤销并案.
    Detached {
        /// Why.
        reason: Option<String>,
    },
    /// 申请作废.
    VoidAsked {
        /// Why.
        reason: String,
    },
    /// A second person answers.
    VoidAnswered {
        /// Whether it is void.
        approved: bool,
    },
    /// A remark.
    Noted {
        /// What is said.
        note: String,
    },
    /// A step of the checklist.
    Ticked {
        /// Place of the step, from 0.
        step: u16,
        /// Done, or taken back.
        done: bool,
        /// In the person's own words; why, where a tick is taken back.
        note: Option<String>,
    },
}

impl From<AskedChange> for Change {
    fn from(asked: AskedChange) -> Self {
        use AskedChange as Asked;
        match asked {
            Asked::Taken {} => Self::Taken,
            Asked::Decided { verdict, reason, note, class, category } => {
                Self::Decided { verdict, reason, note, class, category }
            }
            Asked::Dispatched { to: AskedAssignee { region, user }, note } => {
                Self::Dispatched { to: Assignee { region, user }, note }
            }
            Asked::Accepted {} => Self::Accepted,
            Asked::Arrived { fix } => Self::Arrived { fix: fix.map(Fix::from) },
            Asked::Returned { reason } => Self::Returned { reason },
            Asked::Escalated { reason } => Self::Escalated { reason },
            Asked::Approved { note } => Self::Approved { note },
            Asked::Urged { reason } => Self::Urged { reason },
            Asked::PauseAsked { cause, review_utc } => Self::PauseAsked { cause, review_utc },
            Asked::PauseAnswered { approved, note } => Self::PauseAnswered { approved, note },
            Asked::Resumed {} => Self::Resumed,
            Asked::Handled { note, pictures, fix, excuse } => {
                Self::Handled(Work { note, pictures, fix: fix.map(Fix::from), distance_m: None, excuse })
            }
            Asked::Checked { passed, note } => Self::Checked { passed, note },
            Asked::Reopened { reason } => Self::Reopened { reason },
            Asked::Merged { master, reason } => Self::Merged { master, reason },
            Asked::Detached { reason } => Self::Detached { reason },
            Asked::VoidAsked { reason } => Self::VoidAsked { reason },
            Asked::VoidAnswered { approved } => Self::VoidAnswered { approved },
            Asked::Noted { note } => Self::Noted { note },
            Asked::Ticked { step, done, note } => Self::Ticked { step, done, note },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    /// One request of each kind, with everything that it can say.
    fn whole() -> Vec<Value> {
        let fix = json!({"lon": 111.3, "lat": 30.7});
        let review = Timestamp::UNIX_EPOCH;
        vec![
            json!({"change": "taken"}),
            json!({"change": "decided", "verdict": "false_alarm", "reason": "animal", "note": "n", "class": "on_site", "category": "1"}),
            json!({"change": "dispatched", "to": {"region": "420502001001", "user": "li"}, "note": "n"}),
            json!({"change": "accepted"}),
            json!({"change": "arrived", "fix": fix}),
            json!({"change": "returned", "reason": "r"}),
            json!({"change": "escalated", "reason": "r"}),
            json!({"change": "approved", "note": "n"}),
            json!({"change": "urged", "reason": "r"}),
            json!({"change": "pause_asked", "cause": "c", "review_utc": review}),
            json!({"change": "pause_answered", "approved": true, "note": "n"}),
            json!({"change": "resumed"}),
            json!({"change": "handled", "note": "n", "pictures": ["a"], "fix": fix, "excuse": "e"}),
            json!({"change": "checked", "passed": true, "note": "n"}),
            json!({"change": "reopened", "reason": "r"}),
            json!({"change": "merged", "master": Uuid::nil(), "reason": "r"}),
            json!({"change": "detached", "reason": "r"}),
            json!({"change": "void_asked", "reason": "r"}),
            json!({"change": "void_answered", "approved": true}),
            json!({"change": "noted", "note": "n"}),
            json!({"change": "ticked", "step": 1, "done": true, "note": "n"}),
        ]
    }

    #[test]
    fn a_request_is_written_to_the_log_as_it_was_asked() {
        for asked in whole() {
            let change: Change = serde_json::from_value::<AskedChange>(asked.clone()).unwrap().into();
            assert_eq!(serde_json::to_value(&change).unwrap(), asked);
        }
    }

    #[test]
    fn what_a_request_cannot_say_is_refused_and_the_log_still_reads_it() {
        for mut asked in whole() {
            asked["noet"] = json!("x");
            let error = serde_json::from_value::<AskedChange>(asked.clone()).unwrap_err().to_string();
            assert!(error.contains("unknown field `noet`"), "{asked}: {error}");
            assert!(serde_json::from_value::<Change>(asked).is_ok());
        }
        for (outer, inner) in [("dispatched", "to"), ("arrived", "fix"), ("handled", "fix")] {
            let mut asked = whole().into_iter().find(|asked| asked["change"] == outer).unwrap();
            asked[inner]["x"] = json!(1);
            assert!(serde_json::from_value::<AskedChange>(asked.clone()).is_err(), "{asked}");
            assert!(serde_json::from_value::<Change>(asked).is_ok());
        }
    }

    #[test]
    fn what_only_the_centre_writes_is_nobodys_request() {
        let timer = json!({"change": "timer", "stage": "ack", "percent": 100});
        let error = serde_json::from_value::<AskedChange>(timer).unwrap_err().to_string();
        assert!(error.contains("unknown variant `timer`"), "{error}");
    }
}

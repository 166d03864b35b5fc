//! Why somebody was reminded on a day, or was not.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Sql, Tx};
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::judge::{HandOver, Judgement, Undecided, judge, missing};
use xunge_reminder::rule::{Per, Rule};
use xunge_reminder::schedule::{Plan, Scan, is_wanted, plan};

use super::family::{Families, told_to_the_other};
use super::person::{self, Known};
use super::rules::version_of;
use super::{Store, StoreError, day, times};
use crate::workday::Workdays;

/// What a rule that was in use said of somebody on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExplainedRule)]
pub struct Explained {
    /// The rule.
    pub rule: String,
    /// Its version on that day.
    pub version: u32,
    /// What people read.
    pub title: String,
    /// Law or notice that it rests on.
    pub basis: String,
    /// What it came to.
    pub verdict: Verdict,
    /// The reminders of this person and rule that there are.
    pub tasks: Vec<TaskLine>,
}

/// What a rule came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = RuleVerdict)]
pub enum Verdict {
    /// Due, on these occasions.
    Matched {
        /// Each with what became of it.
        occasions: Vec<Occasion>,
        /// What is to be found out before other occasions can be told: names of facts.
        missing: Vec<String>,
    },
    /// It depends on what is not known.
    Pending {
        /// Names of facts.
        missing: Vec<String>,
    },
    /// Not for this person.
    Unmatched {
        /// Why not.
        reasons: Vec<Unmet>,
    },
    /// A person looks at it: the only child has died, or is severely disabled.
    HandedOver {
        /// Which of the two.
        child_died: bool,
    },
}

/// Something that a rule wants and that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unmet {
    /// What the rule wants.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

/// A day on which something is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RuleOccasion)]
pub struct Occasion {
    /// Tier, `begin`, `end`, or empty.
    pub occasion: String,
    /// When it is due.
    pub due: Date,
    /// Since when it can be applied for.
    pub apply: Date,
    /// Days on which it is told.
    pub tell: Vec<Date>,
    /// Given up after.
    pub expires: Date,
    /// Whether a scan of that day would have made a reminder.
    pub why: Why,
}

/// Whether a reminder was to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReminderStanding)]
pub enum Why {
    /// It was.
    Wanted,
    /// Its first day had not come.
    NotYet,
    /// It was over.
    Expired,
    /// It was of a time before the rule, further back than that looks.
    BeforeTheRule,
    /// The husband or wife was told instead.
    SpouseTold,
}

/// A reminder as a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskLine {
    /// Its number.
    pub task: i64,
    /// Rule.
    pub rule: String,
    /// What people read; empty for what is, or was, handed over.
    pub title: String,
    /// Tier, `begin`, `end`, or empty; with `@2027-01` behind it the visit of that month to whoever receives it.
    pub occasion: String,
    /// Version of the rule that made it.
    pub version: i64,
    /// `waiting`, `open`, `done` or `over`.
    pub state: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// How often it was told.
    pub told: i64,
}

/// Columns of a [`TaskLine`], of `t`.
pub(super) const TASK_LINE: &str = "t.task, t.rule, \
     CASE WHEN t.outcome = 'handed_over' THEN '' ELSE \
     COALESCE((SELECT x.title FROM rule_text x WHERE x.rule = t.rule AND x.version = t.version), '') END, t.occasion, t.version, t.state, \
     t.outcome, t.told";

impl Store {
    /// The person with this identity number.
    pub async fn find_number(&self, number: &IdNumber) -> Result<Option<i64>, StoreError> {
        let keys = self.keys()?;
        let found =
            person::by_numbers(&mut *self.db.reader().await?, &keys, &[(keys.index(number), *number)])
                .await?;
        let found = found.into_values().find(|filed| filed.resident.number == *number);
        Ok(found.map(|filed| filed.number))
    }

    /// Why somebody was reminded on a day or was not, by each rule that was in use then. None where nobody has this number.
    pub async fn explain(
        &self,
        person: i64,
        on: Date,
        workdays: &Workdays,
    ) -> Result<Option<Vec<Explained>>, StoreError> {
        let doing = "explain reminders";
        let mut tx = self.db.reading().await?;
        let Some(known) = known_on(&mut tx, person, on).await? else { return Ok(None) };
        let judged = known.judged()?;
        let mut sql = Sql::packed(TASK_LINE);
        sql.push(" FROM (SELECT * FROM task WHERE person = ").bind(person).push(" ORDER BY task) t");
        let tasks: Vec<TaskLine> = sql.unpack(&mut tx, doing).await?;
        let (begins, ends) = (times::begins(on), times::begins(on.tomorrow().unwrap_or(on)));
        let mut sql = Sql::packed("u.rule, u.version, r.began_day");
        sql.push(" FROM (SELECT rule, MAX(version) AS version FROM rule_use WHERE from_us < ").bind(ends);
        sql.push(" AND (until_us IS NULL OR until_us > ").bind(begins);
        sql.push(") GROUP BY rule ORDER BY rule) u JOIN rule r ON r.rule = u.rule");
        let uses: Vec<(String, i64, Option<i64>)> = sql.unpack(&mut tx, doing).await?;
        let families = Families::of(&mut tx, &[person]).await?;
        let mut in_family = judged.clone();
        families.tell(person, &mut in_family);
        let mut explained = Vec::with_capacity(uses.len());
        for (name, version, began) in uses {
            let Some(rule) = version_of(&mut tx, &name, version).await? else { continue };
            let scan = Scan { began: began.map(day).transpose()?.unwrap_or(on), today: on };
            let judged = if rule.only_child { &in_family } else { &judged };
            let mut verdict = Verdict::of(&rule, judge(&rule, judged), scan, workdays);
            let tasks: Vec<TaskLine> = tasks.iter().filter(|task| task.rule == name).cloned().collect();
            if rule.per == Per::Couple && tasks.is_empty() {
                verdict.leave_out(&told_to_the_other(&mut tx, &families, (&name, person)).await?);
            }
            let Rule { id, version, title, basis, .. } = rule;
            explained.push(Explained { rule: id, version, title, basis, verdict, tasks });
        }
        Ok(Some(explained))
    }
}

impl Verdict {
    /// Occasions that somebody else was told of.
    fn leave_out(&mut self, told: &HashSet<String>) {
        if let Self::Matched { occasions, .. } = self {
            for one in
                occasions.iter_mut().filter(|one| one.why == Why::Wanted && told.contains(&one.occasion))
            {
                one.why = Why::SpouseTold;
            }
        }
    }

    fn of(rule: &Rule, judgement: Judgement, scan: Scan, workdays: &Workdays) -> Self {
        match judgement {
            Judgement::Matched { dues, undecided } => {
                let filled = |plan: Plan| (why(rule, &plan, scan), plan.filled_in(rule, scan));
                let occasion = |(why, plan): (Why, Plan)| Occasion {
                    why,
                    occasion: plan.due.occasion,
                    due: plan.due.day,
                    apply: plan.apply,
                    tell: plan.tell,
                    expires: plan.expires,
                };
                let plans = dues.into_iter().map(|due| plan(rule, due, |day| workdays.works(day)));
                Self::Matched {
                    occasions: plans.map(filled).map(occasion).collect(),
                    missing: names(&undecided),
                }
            }
            Judgement::Pending(undecided) => Self::Pending { missing: names(&undecided) },
            Judgement::Unmatched(reasons) => Self::Unmatched {
                reasons: reasons
                    .into_iter()
                    .map(|reason| Unmet { wanted: reason.wanted, found: reason.found })
                    .collect(),
            },
            Judgement::HandOver(why) => Self::HandedOver { child_died: why == HandOver::ChildLost },
        }
    }
}

fn names(undecided: &[Undecided]) -> Vec<String> {
    missing(undecided).into_iter().map(str::to_owned).collect()
}

fn why(rule: &Rule, plan: &Plan, scan: Scan) -> Why {
    if is_wanted(rule, plan, scan) {
        Why::Wanted
    } else if plan.tell.first().is_none_or(|day| *day > scan.today) {
        Why::NotYet
    } else if plan.expires < scan.today && plan.apply >= scan.began {
        Why::Expired
    } else {
        Why::BeforeTheRule
    }
}

/// What was known of somebody at the end of a day.
async fn known_on(tx: &mut Tx, person: i64, on: Date) -> Result<Option<Known>, StoreError> {
    let mut sql = Sql::packed("0, w.person, w.sex, w.born_day, w.grid, w.facts");
    sql.push(" FROM (SELECT * FROM person_was WHERE person = ").bind(person);
    sql.push(" AND until_us >= ").bind(times::begins(on.tomorrow().unwrap_or(on)));
    sql.push(" ORDER BY until_us LIMIT 1) w");
    let then: Vec<Known> = sql.unpack(tx, "read what was known of somebody").await?;
    match then.into_iter().next() {
        Some(known) => Ok(Some(known)),
        None => Ok(person::known(tx, &[person]).await?.into_iter().next()),
    }
}

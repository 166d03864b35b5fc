//! Rules: written, checked, tried, put to use.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_reminder::rule::read::read;
use xunge_reminder::rule::{self, Rule};
use xunge_residents::right::Right;
use xunge_residents::store::{RuleView, What};

use super::{Residents, Someone, text};
use crate::web::guard::Json;
use crate::web::problem::Problem;

/// Longest text of rules.
const RULES_CHARS: usize = 200_000;
/// Longest name of a text.
const NAME_CHARS: usize = 100;

/// All rules.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Rules {
    rules: Vec<RuleView>,
}

/// 规则
///
/// All rules with their versions and which is in use.
#[utoipa::path(get, path = "/rules", tag = "reminders", operation_id = "list_rules", responses((status = 200, body = Rules)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
) -> Result<Answer<Rules>, Problem> {
    someone.need_any(&[Right::TryRules, Right::UseRules])?;
    Ok(Answer(Rules { rules: half.store.rules().await? }))
}

/// Texts of rules.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RuleFiles {
    files: Vec<RuleFile>,
}

/// A text of rules.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RuleFile {
    /// What people call it.
    name: String,
    /// TOML.
    text: String,
}

/// 自带规则
///
/// The rules that come along, to be edited and added.
#[utoipa::path(get, path = "/rules/shipped", tag = "reminders", operation_id = "shipped_rules", responses((status = 200, body = RuleFiles)))]
pub(in crate::web) async fn shipped(someone: Someone) -> Result<Answer<RuleFiles>, Problem> {
    someone.need_any(&[Right::TryRules, Right::UseRules])?;
    let file = |(name, text): (&str, &str)| RuleFile { name: name.to_owned(), text: text.to_owned() };
    Ok(Answer(RuleFiles { files: rule::shipped().map(file).into() }))
}

/// A text of rules.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RuleText {
    /// TOML.
    text: String,
}

/// A mistake in a text of rules.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RuleMistake {
    /// From 1; 0 is the text as a whole.
    line: usize,
    /// From 1.
    column: usize,
    zh: String,
    en: String,
}

/// A rule by its name.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct NamedRule {
    id: String,
    version: u32,
    title: String,
}

impl NamedRule {
    fn of(rule: &Rule) -> Self {
        Self { id: rule.id.clone(), version: rule.version, title: rule.title.clone() }
    }
}

/// What a text of rules comes to.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct CheckedRules {
    rules: Vec<NamedRule>,
    /// Everything that is wrong, in the order of the text; where there is anything, none of its rules is taken.
    problems: Vec<RuleMistake>,
}

fn mistakes(problems: &xunge_config::Problems) -> Vec<RuleMistake> {
    let mistake = |problem: &xunge_config::Problem| RuleMistake {
        line: problem.line,
        column: problem.column,
        zh: problem.said.zh.clone(),
        en: problem.said.en.clone(),
    };
    problems.iter().map(mistake).collect()
}

/// Name of a text that has none, in what is said of it.
const UNNAMED: &str = "rules.toml";

/// 检查规则
///
/// Says what is wrong with a text of rules, by line and column. Nothing is kept.
#[utoipa::path(post, path = "/rules/check", tag = "reminders", operation_id = "check_rules", request_body = RuleText, responses((status = 200, body = CheckedRules)))]
pub(in crate::web) async fn check(
    someone: Someone,
    Json(given): Json<RuleText>,
) -> Result<Answer<CheckedRules>, Problem> {
    someone.need_any(&[Right::TryRules, Right::UseRules])?;
    text("text", &given.text, RULES_CHARS)?;
    let (rules, problems) = read(UNNAMED, &given.text);
    Ok(Answer(CheckedRules {
        rules: rules.iter().map(NamedRule::of).collect(),
        problems: mistakes(&problems),
    }))
}

/// Rules that are tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Attempt {
    /// TOML.
    text: String,
    /// As if it were this day; left out today.
    day: Option<Date>,
}

/// What would come of rules.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct TriedRules {
    day: Date,
    rules: Vec<TriedRule>,
}

/// What would come of a rule.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct TriedRule {
    #[serde(flatten)]
    rule: NamedRule,
    /// People who would be reminded and were not before.
    reminded: u64,
    /// People of whom something is to be found out first.
    pending: u64,
    /// Families that are handed to a person.
    handed_over: u64,
    /// Reminders that are there already.
    there: u64,
    /// Where the new ones would be.
    grids: Vec<GridCount>,
}

/// How many in a grid.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct GridCount {
    /// Code of the grid; empty where nobody knows it.
    grid: String,
    reminded: u64,
}

/// 试算
///
/// Counts whom rules would remind. Nothing is kept or sent. It reads much of a city and may take a minute; one is done at a time.
#[utoipa::path(post, path = "/rules/try", tag = "reminders", operation_id = "try_rules", request_body = Attempt, responses((status = 200, body = TriedRules)))]
pub(in crate::web) async fn attempt(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(given): Json<Attempt>,
) -> Result<Answer<TriedRules>, Problem> {
    someone.need_any(&[Right::TryRules, Right::UseRules])?;
    text("text", &given.text, RULES_CHARS)?;
    let (rules, problems) = read(UNNAMED, &given.text);
    if let Some(first) = problems.iter().next() {
        let (line, column) = (first.line, first.column);
        return Err(Problem::unprocessable(
            "rules",
            format!("规则有误（第 {line} 行第 {column} 列）：{}。", first.said.zh),
            format!("The rules do not read (line {line}, column {column}): {}.", first.said.en),
        ));
    }
    let day = given.day.unwrap_or_else(|| half.today());
    let workdays = half.store.workdays().await?;
    let Ok(_turn) = half.tries.acquire().await else { return Err(Problem::busy()) };
    let mut tried = Vec::with_capacity(rules.len());
    for rule in &rules {
        let counted = half.store.dry_run(rule, (day, half.clock.now()), &workdays).await?;
        tried.push(TriedRule {
            rule: NamedRule::of(rule),
            reminded: counted.reminded,
            pending: counted.pending,
            handed_over: counted.handed_over,
            there: counted.there,
            grids: counted.grids.into_iter().map(|(grid, reminded)| GridCount { grid, reminded }).collect(),
        });
    }
    Ok(Answer(TriedRules { day, rules: tried }))
}

/// Versions that are new.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AddedRules {
    added: Vec<AddedRule>,
}

/// A version.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AddedRule {
    rule: String,
    version: u32,
}

/// 添加规则
///
/// Keeps the rules of a text as new versions; none is in use for that.
#[utoipa::path(post, path = "/rules", tag = "reminders", operation_id = "add_rules", request_body = RuleFile, responses((status = 200, body = AddedRules)))]
pub(in crate::web) async fn add(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(file): Json<RuleFile>,
) -> Result<Answer<AddedRules>, Problem> {
    someone.need(Right::UseRules, "")?;
    text("name", &file.name, NAME_CHARS)?;
    text("text", &file.text, RULES_CHARS)?;
    let deed = someone.deed(What::RuleAdded, "");
    let added = half.store.add_rules((&file.name, &file.text), &deed).await?;
    let added = added.into_iter().map(|(rule, version)| AddedRule { rule, version }).collect();
    Ok(Answer(AddedRules { added }))
}

/// What is to become of a rule.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::web) enum RuleChange {
    /// A version is put to use in place of the one before.
    Use { version: u32 },
    /// It is used no longer; what it has made goes on.
    Retire {},
}

/// Whether a rule is in use now.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct RuleInUse {
    /// False also where a second person has to ask for the same first.
    in_use: bool,
}

/// 启用或停用规则
///
/// Puts a version of a rule to use, or takes the rule out of use. One that reaches back without end needs two people.
#[utoipa::path(post, path = "/rules/{rule}", tag = "reminders", operation_id = "change_rule",
    params(("rule" = String, Path, description = "规则 Rule")), request_body = RuleChange, responses((status = 200, body = RuleInUse)))]
pub(in crate::web) async fn change(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(name): Path<String>,
    Json(change): Json<RuleChange>,
) -> Result<Answer<RuleInUse>, Problem> {
    someone.need(Right::UseRules, "")?;
    let deed = someone.deed(What::RuleUsed, "");
    let in_use = match change {
        RuleChange::Use { version } => half.store.use_rule(&name, version, &deed).await?,
        RuleChange::Retire {} => {
            half.store.retire_rule(&name, &deed).await?;
            false
        }
    };
    Ok(Answer(RuleInUse { in_use }))
}

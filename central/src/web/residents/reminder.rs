//! Reminders as people work at them.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_residents::right::Right;
use xunge_residents::store::{Call, Mark, Outcome, SHEET, TaskDetail, TaskFilter, TaskView, What};

use super::{Residents, Someone, no_reminder, reason, region, text};
use crate::web::guard::{Json, Query};
use crate::web::page;
use crate::web::problem::Problem;

/// Longest note about what came of a reminder.
const NOTE_CHARS: usize = 500;

/// A state of reminders.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReminderState)]
pub(in crate::web) enum TaskState {
    /// Made, and not come out yet.
    Waiting,
    /// A worker is told of it.
    Open,
    /// There is an outcome.
    Done,
    /// It ended by itself.
    Over,
}

impl TaskState {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Done => "done",
            Self::Over => "over",
        }
    }
}

/// Which reminders are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct TasksQuery {
    /// Only in this state.
    #[param(inline)]
    state: Option<TaskState>,
    /// Only of this rule.
    rule: Option<String>,
    /// Only of this region.
    region: Option<String>,
    /// Only those that came out until this day.
    until: Option<Date>,
    /// Only those whose deadline is over.
    late: Option<bool>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Reminders by grid and day.
#[derive(Serialize, ToSchema)]
#[schema(as = Reminders)]
pub(in crate::web) struct Tasks {
    tasks: Vec<TaskView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 提醒任务
///
/// Reminders of your regions by grid, and in it by the day from which one can apply.
#[utoipa::path(get, path = "/tasks", tag = "reminders", operation_id = "list_reminders", params(TasksQuery), responses((status = 200, body = Tasks)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<TasksQuery>,
) -> Result<Answer<Tasks>, Problem> {
    let after: Option<Mark> = page::after(query.after.as_deref())?;
    let filter = TaskFilter {
        state: query.state.map(|state| state.name().to_owned()),
        rule: query.rule,
        regions: someone.regions(Right::Work)?,
        region: region(query.region)?,
        until: query.until,
        late_on: query.late.unwrap_or(false).then(|| half.today()),
        after,
        limit: page::limit(query.limit)?,
    };
    let (tasks, next) = half.store.tasks(&filter).await?;
    Ok(Answer(Tasks { tasks, next: next.map(|next| page::mark(&next)) }))
}

/// Refuses a reminder that this one may not work at: it is as if it were not there.
async fn workable(half: &Residents, someone: &Someone, task: i64) -> Result<(), Problem> {
    let grid = half.store.grid_of_task(task).await?.ok_or_else(no_reminder)?;
    if someone.account.may(Right::Work, &grid) { Ok(()) } else { Err(no_reminder()) }
}

/// 提醒详情
///
/// One reminder with its steps and what it rests on. The telephone is masked.
#[utoipa::path(get, path = "/tasks/{task}", tag = "reminders", operation_id = "show_reminder",
    params(("task" = i64, Path, description = "提醒 Reminder")), responses((status = 200, body = TaskDetail)))]
pub(in crate::web) async fn show(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(task): Path<i64>,
) -> Result<Answer<TaskDetail>, Problem> {
    workable(&half, &someone, task).await?;
    half.store.task(task).await?.map(Answer).ok_or_else(no_reminder)
}

/// Steps that are done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct StepsDone {
    /// Their places from 0, all of them.
    done: Vec<u32>,
}

/// 勾选步骤
///
/// Says which steps of an open reminder are done.
#[utoipa::path(post, path = "/tasks/{task}/steps", tag = "reminders", operation_id = "tick_steps",
    params(("task" = i64, Path, description = "提醒 Reminder")), request_body = StepsDone, responses((status = 204, description = "已保存 Saved")))]
pub(in crate::web) async fn tick(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(task): Path<i64>,
    Json(steps): Json<StepsDone>,
) -> Result<StatusCode, Problem> {
    workable(&half, &someone, task).await?;
    saved(half.store.tick(task, &steps.done).await?)
}

/// What came of a reminder.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Finish {
    outcome: Outcome,
    /// In words, at most 500 characters.
    #[serde(default)]
    note: String,
}

/// 登记结果
///
/// Notes what came of an open reminder. Nobody reached is no end: it is told again.
#[utoipa::path(post, path = "/tasks/{task}/outcome", tag = "reminders", operation_id = "finish_reminder",
    params(("task" = i64, Path, description = "提醒 Reminder")), request_body = Finish, responses((status = 204, description = "已保存 Saved")))]
pub(in crate::web) async fn finish(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path(task): Path<i64>,
    Json(finish): Json<Finish>,
) -> Result<StatusCode, Problem> {
    workable(&half, &someone, task).await?;
    text("note", &finish.note, NOTE_CHARS)?;
    let deed = someone.deed(What::Outcome, "");
    saved(half.store.finish_task(task, (finish.outcome, finish.note.trim()), &deed).await?)
}

fn saved(was_open: bool) -> Result<StatusCode, Problem> {
    if was_open {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "not_open",
        "这条提醒已办结或尚未派出，请刷新页面。",
        "This reminder has ended or has not come out yet: load it again.",
    ))
}

/// Whom a call sheet is for, and why it is printed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct SheetWish {
    /// Only of this region.
    region: Option<String>,
    /// Only of this rule.
    rule: Option<String>,
    /// Only those that came out until this day.
    until: Option<Date>,
    /// 只要超期未办的 Only those whose deadline is over.
    #[serde(default)]
    late: bool,
    /// Why, 2 to 500 characters.
    reason: String,
}

/// A call sheet.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct CallSheet {
    /// Open reminders with telephones in full, by grid and day.
    calls: Vec<Call>,
    /// Whether there are more than fit on one.
    more: bool,
}

/// 电话联系单
///
/// Open reminders with telephones in full, 500 at most. Who printed it, why, and whom it names is logged first.
#[utoipa::path(post, path = "/tasks/sheet", tag = "reminders", operation_id = "call_sheet", request_body = SheetWish, responses((status = 200, body = CallSheet)))]
pub(in crate::web) async fn sheet(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Json(wish): Json<SheetWish>,
) -> Result<Answer<CallSheet>, Problem> {
    // whoever may work somewhere may see telephones there: see `Role::may`
    let regions = someone.regions(Right::Work)?;
    someone.need_any(&[Right::Reveal])?;
    let deed = someone.deed(What::Sheet, reason(&wish.reason)?);
    let filter = TaskFilter {
        state: Some(TaskState::Open.name().to_owned()),
        rule: wish.rule,
        regions,
        region: region(wish.region)?,
        until: wish.until,
        late_on: wish.late.then(|| half.today()),
        limit: SHEET,
        ..TaskFilter::default()
    };
    let (calls, more) = half.store.call_sheet(&filter, &deed).await?;
    Ok(Answer(CallSheet { calls, more }))
}

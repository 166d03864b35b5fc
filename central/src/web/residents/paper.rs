//! What papers contradict each other in.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_residents::resident::Conflict;
use xunge_residents::right::Right;
use xunge_residents::store::{Choice, ConflictFilter, ConflictLine, Settlement, What};

use super::{Residents, Someone, nobody, reason};
use crate::web::guard::{Json, Query};
use crate::web::page;
use crate::web::problem::Problem;

/// Which are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ConflictsQuery {
    /// Those that are settled; left out, those that are not.
    settled: Option<bool>,
    /// 只看此人 Only of this person.
    person: Option<i64>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Contradictions.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Conflicts {
    conflicts: Vec<ConflictLine>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 矛盾信息
///
/// What papers of people of your regions contradict each other in, what workers have heard, and what has to stop.
#[utoipa::path(get, path = "/conflicts", tag = "residents", operation_id = "list_conflicts", params(ConflictsQuery), responses((status = 200, body = Conflicts)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<ConflictsQuery>,
) -> Result<Answer<Conflicts>, Problem> {
    let regions = someone.regions(Right::Keep)?;
    let limit = page::limit(query.limit)?;
    let after: Option<(i64, String)> = page::after(query.after.as_deref())?;
    let filter = ConflictFilter {
        settled: query.settled.unwrap_or(false),
        person: query.person,
        regions,
        after: after.unwrap_or_default(),
        limit: limit + 1,
    };
    let found = half.store.conflicts(&filter).await?;
    let (conflicts, next) = page::cut(found, limit, |one| (one.person, one.kind.clone()));
    Ok(Answer(Conflicts { conflicts, next }))
}

/// How a contradiction was settled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Settled {
    /// In words, 2 to 500 characters.
    settlement: String,
    /// What is so: `id_number` or `household_book` of a day of birth or a sex, `confirmed` or `mistaken` of a death or a departure.
    choice: Option<Choice>,
    /// The day of the death or departure that is confirmed; left out, the day on which the worker was told.
    day: Option<Date>,
}

/// 核实矛盾
///
/// Says what is so, and why. It stays settled until papers say something else.
#[utoipa::path(post, path = "/conflicts/{person}/{kind}", tag = "residents", operation_id = "settle_conflict",
    params(("person" = i64, Path, description = "人员 Person"), ("kind" = Conflict, Path, description = "何种矛盾 Which one")),
    request_body = Settled, responses((status = 204, description = "已核实 Settled")))]
pub(in crate::web) async fn settle(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Path((person, kind)): Path<(i64, Conflict)>,
    Json(said): Json<Settled>,
) -> Result<StatusCode, Problem> {
    let grid = half.store.grid_of(person).await?.ok_or_else(nobody)?;
    if !someone.account.may(Right::Keep, &grid) {
        return Err(nobody());
    }
    let deed = someone.deed(What::Settle, reason(&said.settlement)?);
    let settlement = Settlement { choice: said.choice, day: said.day };
    if half.store.settle(person, kind, settlement, &deed).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "nothing_to_settle",
        "没有此项矛盾，或已核实，请刷新页面。",
        "There is no such contradiction, or it is settled: load the list again.",
    ))
}

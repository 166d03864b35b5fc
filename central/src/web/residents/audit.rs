//! The log of who did what with whose data.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xunge_residents::right::Right;
use xunge_residents::store::{AuditFilter, Checked, Entry, What};

use super::{Residents, Someone};
use crate::web::guard::Query;
use crate::web::page;
use crate::web::problem::Problem;

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct AuditQuery {
    /// Only of this account.
    account: Option<String>,
    /// Only about this person.
    person: Option<i64>,
    /// Only of this kind, such as `reveal`.
    #[param(inline)]
    what: Option<What>,
    /// Only from this day on.
    from: Option<Date>,
    /// Only until this day.
    until: Option<Date>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Entries.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntries)]
pub(in crate::web) struct Entries {
    entries: Vec<Entry>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 审计日志
///
/// Who did what with whose data, and why; the newest first.
#[utoipa::path(get, path = "/audit", tag = "residents_accounts", operation_id = "list_audit", params(AuditQuery), responses((status = 200, body = Entries)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<AuditQuery>,
) -> Result<Answer<Entries>, Problem> {
    someone.need(Right::Audit, "")?;
    let limit = page::limit(query.limit)?;
    let before: Option<i64> = page::after(query.after.as_deref())?;
    let AuditQuery { account, person, what, from, until, .. } = query;
    let filter = AuditFilter { account, person, what, from, until, before, limit: limit + 1 };
    let (entries, next) = page::cut(half.store.audit(&filter).await?, limit, |one| one.ordinal);
    Ok(Answer(Entries { entries, next }))
}

/// 校验审计日志
///
/// Checks the log from its first entry to its last: nothing was changed, taken out or put in between.
#[utoipa::path(get, path = "/audit/check", tag = "residents_accounts", operation_id = "check_audit", responses((status = 200, body = Checked)))]
pub(in crate::web) async fn check(
    State(half): State<Arc<Residents>>,
    someone: Someone,
) -> Result<Answer<Checked>, Problem> {
    someone.need(Right::Audit, "")?;
    Ok(Answer(half.store.check_audit().await?))
}

//! 调用登记: why somebody looks at evidence, and who did.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::guard::{Json, LoggedIn, Looking, Query, need};
use super::page;
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::intake::message::is_sha256;
use crate::law::view::Reason;
use crate::law::{REASON_CHARS, tidy};
use crate::org::Region;
use crate::store::{Grant, ViewFilter, ViewLine, Wanted};

/// Who reads the register.
pub(super) const READERS: [Role; 3] = [Role::Auditor, Role::Supervisor, Role::Admin];

/// Why somebody looks at what: a case or one file.
#[derive(Deserialize, ToSchema)]
#[schema(as = ViewAsked)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    reason: Reason,
    text: Option<String>,
    case: Option<Uuid>,
    sha256: Option<String>,
}

/// The text of a reason, where one was given or has to be.
pub(super) fn text(reason: Reason, text: Option<&str>) -> Result<Option<String>, Problem> {
    let given = text.is_some_and(|text| !text.trim().is_empty());
    let tidied = text.and_then(tidy);
    if (given || reason.needs_text()) && tidied.is_none() {
        return Err(Problem::unprocessable(
            "reason",
            format!("事由为“{}”时请写明具体情况，不超过 {REASON_CHARS} 字。", reason.zh()),
            format!("Say what it is about, in at most {REASON_CHARS} characters: this reason needs words."),
        ));
    }
    Ok(tidied)
}

/// 登记调用
///
/// Says why this person looks at a case or at one file: lets the session look for 15 minutes.
#[utoipa::path(post, path = "/views", tag = "law", operation_id = "say_why", request_body = Asked, responses((status = 201, body = Grant)))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    Looking { session, viewer }: Looking,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, Answer<Grant>), Problem> {
    let actor = session.actor();
    let missing = || Problem::not_found("没有这个案件或文件。", "There is no such case or file.");
    let wanted = match (&asked.case, &asked.sha256) {
        (Some(case), None) => {
            let region = web.store.case_region(*case).await?.ok_or_else(missing)?;
            if !actor.sees(&region) {
                return Err(missing());
            }
            Wanted::Case(*case)
        }
        (None, Some(sha256)) => {
            let places = web.store.evidence_regions(sha256).await?;
            let sees = actor.regions().is_none() || places.iter().any(|place| actor.sees(place));
            if !is_sha256(sha256) || !sees || web.store.stored_evidence(sha256).await?.is_none() {
                return Err(missing());
            }
            Wanted::File(sha256)
        }
        _ => return Err(Problem::bad_request("Name either a `case` or the `sha256` of one file.")),
    };
    let text = text(asked.reason, asked.text.as_deref())?;
    let made = web.store.view(&viewer, wanted, (asked.reason, text), web.clock.now()).await?;
    Ok((StatusCode::CREATED, Answer(made.ok_or_else(missing)?)))
}

/// Whether the player of a case has to ask.
#[derive(Serialize, ToSchema)]
#[schema(as = ViewOfCase)]
pub(super) struct OfCase {
    /// What lets this person look now.
    grant: Option<Grant>,
    /// The person works on the case: looking writes itself down.
    auto: bool,
}

/// 可否查看
///
/// Whether the player of a case has to ask why.
#[utoipa::path(get, path = "/views/case/{id}", tag = "law", operation_id = "view_of_case", params(("id" = Uuid, Path, description = "案件 Case")), responses((status = 200, body = OfCase)))]
pub(super) async fn of_case(
    State(web): State<Arc<Web>>,
    Looking { session, viewer }: Looking,
    Path(id): Path<String>,
) -> Result<Answer<OfCase>, Problem> {
    let missing = || Problem::not_found("没有这个案件。", "There is no such case.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let region = web.store.case_region(id).await?.ok_or_else(missing)?;
    if !session.actor().sees(&region) {
        return Err(missing());
    }
    let (grant, auto) = web.store.view_of_case(&viewer, id, web.clock.now()).await?;
    Ok(Answer(OfCase { grant, auto }))
}

/// What the register shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Code of a region.
    region: Option<String>,
    /// Who looked.
    user: Option<String>,
    /// Why.
    reason: Option<String>,
    /// From when on.
    from: Option<Timestamp>,
    /// Until when.
    until: Option<Timestamp>,
    /// 1 to 200; 50 where none is named.
    limit: Option<u32>,
    /// `next` of the page before.
    before: Option<u64>,
}

/// One page of the register.
#[derive(Serialize, ToSchema)]
#[schema(as = ViewPage)]
pub(super) struct Page {
    views: Vec<ViewLine>,
    next: Option<u64>,
}

/// 调用登记
///
/// Who looked at what, and why, the latest first.
#[utoipa::path(get, path = "/views", tag = "law", operation_id = "list_views", params(ListQuery), responses((status = 200, body = Page)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<ListQuery>,
) -> Result<Answer<Page>, Problem> {
    let actor = session.actor();
    need(&actor, &READERS, None)?;
    let reason = query.reason.as_deref().map(|name| {
        let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        Reason::parse(name)
            .ok_or_else(|| Problem::bad_request(format!("`reason` is none of {}.", names.join(", "))))
    });
    let filter = ViewFilter {
        regions: regions(&actor, &READERS, query.region.as_deref())?,
        user: query.user,
        reason: reason.transpose()?,
        from: query.from,
        until: query.until,
        before: query.before,
        limit: page::limit(query.limit)?,
    };
    let (views, next) = web.store.views(&filter).await?;
    Ok(Answer(Page { views, next }))
}

/// The regions over which one of these roles is held, as far as they are asked for; none means everywhere.
pub(super) fn regions(
    actor: &Actor,
    roles: &[Role],
    asked: Option<&str>,
) -> Result<Option<Vec<Region>>, Problem> {
    let held = actor.posts.iter().filter(|post| roles.contains(&post.role));
    let own: Option<Vec<Region>> = held.map(|post| post.region.clone()).collect();
    let Some(asked) = asked else { return Ok(own) };
    let asked = Region::parse(asked).map_err(|error| Problem::bad_request(error.to_string()))?;
    let Some(own) = own else { return Ok(Some(vec![asked])) };
    if own.iter().any(|region| region.covers(&asked)) {
        return Ok(Some(vec![asked]));
    }
    Ok(Some(own.into_iter().filter(|region| asked.covers(region)).collect()))
}

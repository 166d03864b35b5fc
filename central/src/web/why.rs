//! Why something rang, or did not; and messages that could not be taken.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::guard::{LoggedIn, Query, need};
use super::page::{self, PageQuery};
use super::problem::Problem;
use super::quiet::place;
use crate::case::guard::Role;
use crate::org::Region;
use crate::store::{AlertWhy, CameraWhy, QuarantineView};

/// 告警的来龙去脉
///
/// The way of one alert through the centre.
#[utoipa::path(get, path = "/alerts/{edge}/{id}/why", tag = "why", operation_id = "why_alert",
    params(("edge" = String, Path, description = "网关 Box"), ("id" = Uuid, Path, description = "告警标识 Id of the alert")), responses((status = 200, body = AlertWhy)))]
pub(super) async fn alert(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path((edge, id)): Path<(String, String)>,
) -> Result<Answer<AlertWhy>, Problem> {
    let missing = || Problem::not_found("没有这条告警。", "There is no such alert.");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let why = web.store.alert_why(&edge, id).await?.ok_or_else(missing)?;
    if session.actor().sees(&Region::of_site(&why.region)) { Ok(Answer(why)) } else { Err(missing()) }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Moment {
    /// The moment, RFC 3339.
    at: Timestamp,
}

/// 某时刻的摄像机
///
/// What was going on at a camera at a moment: why nothing rang, if nothing did.
#[utoipa::path(get, path = "/cameras/{edge}/{camera}/why", tag = "why", operation_id = "why_camera",
    params(("edge" = String, Path, description = "网关 Box"), ("camera" = String, Path, description = "摄像机 Camera"), Moment), responses((status = 200, body = CameraWhy)))]
pub(super) async fn camera(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path((edge, camera)): Path<(String, String)>,
    Query(moment): Query<Moment>,
) -> Result<Answer<CameraWhy>, Problem> {
    let missing = || Problem::not_found("没有这路摄像机。", "There is no such camera.");
    let region = place(&web, &edge, Some(&camera)).await?.ok_or_else(missing)?;
    if !session.actor().sees(&region) {
        return Err(missing());
    }
    Ok(Answer(web.store.camera_why(&edge, &camera, moment.at).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Quarantine {
    messages: Vec<QuarantineView>,
    /// Hand it back as `after` for the next page; none: this is the last one.
    next: Option<String>,
}

/// 无法接收的消息
///
/// Messages that could not be taken, the newest first.
#[utoipa::path(get, path = "/quarantine", tag = "why", operation_id = "list_quarantine", params(PageQuery), responses((status = 200, body = Quarantine)))]
pub(super) async fn quarantine(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Quarantine>, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin, Role::Installer, Role::Auditor], None)?;
    let limit = page::limit(query.limit)?;
    let after: Option<(i64, String)> = page::after(query.after.as_deref())?;
    let regions = actor.regions();
    let found = web.store.quarantine(regions.as_deref(), after.as_ref(), limit + 1).await?;
    let (found, next) =
        page::cut(found, limit, |(digest, message)| (message.last_utc.as_microsecond(), digest.clone()));
    let mut messages: Vec<QuarantineView> = found.into_iter().map(|(_, message)| message).collect();
    // `xunge/v1/{site}/…`; what came on no box's topic is for who looks after everything
    messages.retain(|message| {
        match message.topic.split('/').nth(2).and_then(|site| Region::parse(site).ok()) {
            Some(site) => actor.sees(&site),
            None => actor.regions().is_none(),
        }
    });
    Ok(Answer(Quarantine { messages, next }))
}

//! Why something rang, or did not; and messages that could not be taken.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Web;
use super::guard::{LoggedIn, need};
use super::problem::Problem;
use super::quiet::place;
use crate::case::guard::Role;
use crate::org::Region;
use crate::store::{AlertWhy, CameraWhy, QuarantineView};

/// Bad messages of one page.
const QUARANTINE: u32 = 200;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moment {
    /// The moment, RFC 3339.
    at: Timestamp,
}

pub(super) async fn camera(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path((edge, camera)): Path<(String, String)>,
    moment: Result<Query<Moment>, axum::extract::rejection::QueryRejection>,
) -> Result<Answer<CameraWhy>, Problem> {
    let Query(moment) =
        moment.map_err(|_| Problem::bad_request("Say the moment: at=2026-11-27T02:00:00Z"))?;
    let missing = || Problem::not_found("没有这路摄像机。", "There is no such camera.");
    let region = place(&web, &edge, Some(&camera)).await?.ok_or_else(missing)?;
    if !session.actor().sees(&region) {
        return Err(missing());
    }
    Ok(Answer(web.store.camera_why(&edge, &camera, moment.at).await?))
}

#[derive(Serialize)]
pub(super) struct Quarantine {
    messages: Vec<QuarantineView>,
}

pub(super) async fn quarantine(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Quarantine>, Problem> {
    let actor = session.actor();
    need(&actor, &[Role::Admin, Role::Installer, Role::Auditor], None)?;
    let mut messages = web.store.quarantine(QUARANTINE).await?;
    // `xunge/v1/{site}/…`; what came on no box's topic is for who looks after everything
    messages.retain(|message| {
        match message.topic.split('/').nth(2).and_then(|site| Region::parse(site).ok()) {
            Some(site) => actor.sees(&site),
            None => actor.regions().is_none(),
        }
    });
    Ok(Answer(Quarantine { messages }))
}

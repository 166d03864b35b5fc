//! Other systems: a case as CAP, and who is told of cases.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Web;
use super::cases::{case_id, expect_seen};
use super::guard::{Json, LoggedIn, Query};
use super::problem::Problem;
use crate::case::guard::{Actor, Role};
use crate::org::Region;
use crate::outside::hook::{Wish, new_secret};
use crate::store::{HookView, MOST_HOOKS, MessageView};

/// Messages of one page.
const PAGE: u32 = 100;

/// CAP 1.2 导出
///
/// A case of priority 1 or 2 as CAP 1.2: all its messages.
#[utoipa::path(get, path = "/cases/{id}/cap", tag = "cases", operation_id = "case_cap", params(("id" = Uuid, Path, description = "案件 Case")), responses((status = 200, content_type = "application/cap+xml", description = "CAP 1.2"), (status = 409, description = "不是一、二级案件 Not of priority 1 or 2")))]
pub(super) async fn cap(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = case_id(&id)?;
    expect_seen(&web, &session.actor(), id).await?;
    let text = web.store.case_cap(id).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "not_urgent",
            "只有一、二级案件可以导出为 CAP。",
            "Only cases of priority 1 and 2 are exported as CAP.",
        )
    })?;
    let mut answer = text.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/cap+xml; charset=utf-8"));
    let name = format!("attachment; filename=\"case-{id}.cap.xml\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}

/// Whether somebody governs this region; none is everywhere.
fn governs(actor: &Actor, region: Option<&Region>) -> bool {
    match region {
        Some(region) => actor.holds(&[Role::Admin], region),
        None => actor.posts.iter().any(|post| post.role == Role::Admin && post.region.is_none()),
    }
}

fn need_admin(actor: &Actor) -> Result<(), Problem> {
    super::guard::need(actor, &[Role::Admin], None)
}

#[derive(Serialize, ToSchema)]
pub(super) struct Hooks {
    hooks: Vec<HookView>,
    /// Whether plain http may be entered.
    allow_http: bool,
}

/// 推送目标
///
/// Other systems that are told of cases.
#[utoipa::path(get, path = "/hooks", tag = "outside", operation_id = "list_hooks", responses((status = 200, body = Hooks)))]
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
) -> Result<Answer<Hooks>, Problem> {
    let actor = session.actor();
    need_admin(&actor)?;
    let mut hooks = web.store.hooks().await?;
    hooks.retain(|hook| governs(&actor, hook.wish.region.as_ref()));
    Ok(Answer(Hooks { hooks, allow_http: web.store.settings().outside.allow_http }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = HookMade)]
pub(super) struct Made {
    id: Uuid,
    /// What messages are signed with. Told only now.
    secret: String,
}

/// 新增推送目标
///
/// The secret that messages are signed with is told only now.
#[utoipa::path(post, path = "/hooks", tag = "outside", operation_id = "add_hook", request_body = Wish, responses((status = 201, body = Made), (status = 409, description = "目标过多 Too many")))]
pub(super) async fn add(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Json(wish): Json<Wish>,
) -> Result<(StatusCode, Answer<Made>), Problem> {
    let actor = session.actor();
    need_admin(&actor)?;
    check(&web, &actor, &wish)?;
    let secret = new_secret();
    let id = web.store.add_hook(&wish, &secret, &actor.name, web.clock.now()).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "too_many",
            format!("最多 {MOST_HOOKS} 个推送目标，请先删除不用的。"),
            format!("There may be {MOST_HOOKS} receivers. Strike one off first."),
        )
    })?;
    Ok((StatusCode::CREATED, Answer(Made { id, secret })))
}

fn check(web: &Web, actor: &Actor, wish: &Wish) -> Result<(), Problem> {
    if !governs(actor, wish.region.as_ref()) {
        return Err(Problem::forbidden());
    }
    wish.check(web.store.settings().outside.allow_http)
        .map_err(|(code, zh, en)| Problem::unprocessable(code, zh, en))
}

/// A receiver that this person governs; others are as if they were not there.
async fn governed(web: &Web, actor: &Actor, id: &str) -> Result<HookView, Problem> {
    need_admin(actor)?;
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let hooks = web.store.hooks().await?;
    let found = hooks.into_iter().find(|hook| hook.id == id);
    found.filter(|hook| governs(actor, hook.wish.region.as_ref())).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("没有这个推送目标。", "There is no such receiver.")
}

/// 修改推送目标
///
/// Changes where, of what and how somebody is told.
#[utoipa::path(put, path = "/hooks/{id}", tag = "outside", operation_id = "change_hook", params(("id" = Uuid, Path, description = "推送目标 Receiver")), request_body = Wish, responses((status = 204)))]
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<StatusCode, Problem> {
    let actor = session.actor();
    let hook = governed(&web, &actor, &id).await?;
    check(&web, &actor, &wish)?;
    if web.store.change_hook(hook.id, &wish).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

#[derive(Deserialize, ToSchema)]
#[schema(as = HookAct)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// Send a message that only tries the way.
    Test,
    /// Make a new secret; the old one no longer counts.
    Secret,
    /// Strike it off.
    Remove,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = HookActed)]
#[serde(deny_unknown_fields)]
pub(super) struct Acted {
    act: Act,
}

#[derive(Serialize, Default, ToSchema)]
#[schema(as = HookDone)]
pub(super) struct Done {
    /// The test message.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Uuid>,
    /// The new secret. Told only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// 测试、换密钥、删除
///
/// Sends a message that only tries the way, makes a new secret, or strikes the receiver off.
#[utoipa::path(post, path = "/hooks/{id}", tag = "outside", operation_id = "act_on_hook", params(("id" = Uuid, Path, description = "推送目标 Receiver")), request_body = Acted, responses((status = 200, body = Done), (status = 409, description = "已停用 Switched off")))]
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Json(acted): Json<Acted>,
) -> Result<Answer<Done>, Problem> {
    let hook = governed(&web, &session.actor(), &id).await?;
    let mut done = Done::default();
    match acted.act {
        Act::Test if !hook.wish.enabled => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "switched_off",
                "该推送目标已停用，请先启用。",
                "This receiver is switched off. Switch it on first.",
            ));
        }
        Act::Test => {
            let message = web.store.test_hook(hook.id, web.clock.now()).await?;
            done.message = Some(message.ok_or_else(missing)?);
        }
        Act::Secret => {
            let secret = new_secret();
            if !web.store.renew_secret(hook.id, &secret).await? {
                return Err(missing());
            }
            done.secret = Some(secret);
        }
        Act::Remove => {
            if !web.store.remove_hook(hook.id).await? {
                return Err(missing());
            }
        }
    }
    Ok(Answer(done))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// Only messages before this place.
    before: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HookMessages)]
pub(super) struct Messages {
    messages: Vec<MessageView>,
    next: Option<i64>,
}

/// 推送记录
///
/// What was sent, and what became of it, the latest first.
#[utoipa::path(get, path = "/hooks/{id}/messages", tag = "outside", operation_id = "hook_messages", params(("id" = Uuid, Path, description = "推送目标 Receiver"), PageQuery), responses((status = 200, body = Messages)))]
pub(super) async fn messages(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Messages>, Problem> {
    let hook = governed(&web, &session.actor(), &id).await?;
    let (messages, next) = web.store.hook_messages(hook.id, query.before, PAGE).await?;
    Ok(Answer(Messages { messages, next }))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MessageAct {
    /// Send it again.
    Resend,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageActed {
    act: MessageAct,
}

/// 重发
///
/// Sends a message again.
#[utoipa::path(post, path = "/hooks/{id}/messages/{message}", tag = "outside", operation_id = "act_on_message", params(("id" = Uuid, Path, description = "推送目标 Receiver"), ("message" = Uuid, Path, description = "消息 Message")), request_body = MessageActed, responses((status = 204)))]
pub(super) async fn act_on_message(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Path((id, message)): Path<(String, String)>,
    Json(acted): Json<MessageActed>,
) -> Result<StatusCode, Problem> {
    let hook = governed(&web, &session.actor(), &id).await?;
    let gone =
        || Problem::not_found("没有这条消息，或正在发送。", "There is no such message, or it is being sent.");
    let message: Uuid = message.parse().map_err(|_| gone())?;
    let MessageAct::Resend = acted.act;
    if web.store.resend(hook.id, message, web.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(gone())
    }
}

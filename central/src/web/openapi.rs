//! The document of the API (OpenAPI 3.1). It is made of the handlers themselves: what is not in [`calls`] is not
//! served, and what is there is in the document.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, ResponsesBuilder, Schema, SecurityRequirement, Tag,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::caller::Anyone;
use super::{Web, calls, edge_calls, residents};

/// Some handlers with their part of the document.
pub(super) type Call = UtoipaMethodRouter<Arc<Web>>;

/// Where the API is served.
pub(super) const BASE: &str = "/api/v1";

/// Name of the security scheme of people: the session's cookie.
const SESSION: &str = "session";
/// Name of the security scheme of the residents' half: a cookie of its own.
const RESIDENTS: &str = "residents_session";
/// Name of the security scheme of machines.
const TOKEN: &str = "token";
/// Name of the security scheme of boxes.
const EDGE: &str = "edge_token";

const ABOUT: &str = "巡格中心的接口。控制台只用这些接口，机器用令牌也可以用。\n\n\
    The interface of the Xunge centre. The console uses nothing else; machines use it with a token.\n\n\
    - 登录 Logging in: people by `POST /api/v1/session` (cookie), machines by `Authorization: Bearer xunge_…`.\n\
    - 改动 Changes from a browser carry `X-Xunge: 1` and `Content-Type: application/json`; with a token only the latter.\n\
    - 错误 Every refusal is `application/problem+json` and says what to do, in the language of `Accept-Language`.\n\
    - 分页 Lists take `limit` and `after` and give `next`: hand it back as `after`; null is the end.\n\
    - 辖区 What lies in a region that your posts do not cover is as if it were not there.\n\
    - 限流 Who asks too much is answered 429 with `Retry-After`.";

/// The groups of calls, in the order in which a reader needs them.
const TAGS: [(&str, &str); 18] = [
    ("session", "登录与会话 Logging in"),
    ("cases", "案件 Cases"),
    ("live", "实时推送 Changes as they happen"),
    ("evidence", "证据 Pictures and clips"),
    ("overview", "总览 The state of boxes and cameras"),
    ("org", "组织 Regions, cameras' places, calendar, imports"),
    ("users", "用户与令牌 People, their posts, tokens of machines"),
    ("quiet", "搁置与维护 What is held back"),
    ("plans", "应急预案与资源 Emergency plans, resources nearby"),
    ("outside", "对外推送 Other systems that are told"),
    ("law", "依法调用与留存 Who looks and why, keeping, purging, handing over"),
    ("reports", "监督考核 What the supervising office measures"),
    ("why", "为什么响、为什么没响 Why something rang, or did not"),
    ("residents", "人口 Residents: a half of its own, with a login of its own"),
    ("reminders", "到龄提醒 What residents are reminded of"),
    ("residents_accounts", "人口账号与审计 Accounts of the residents' half, who looked at whom"),
    ("edge", "网关 What boxes call"),
    ("about", "关于接口 About the interface itself"),
];

/// What every refusal says (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:xunge:problem:login_needed", "code": "login_needed", "status": 401,
    "title": "请先登录。", "detail": "请先登录。 You are not logged in, or the session has ended. Log in.",
    "zh": "请先登录。", "en": "You are not logged in, or the session has ended. Log in."
}))]
#[allow(dead_code)] // only its shape is used
struct ProblemShape {
    /// `urn:xunge:problem:` and the code.
    r#type: String,
    /// Short name of what is wrong: programs look at this.
    code: String,
    /// HTTP's number.
    status: u16,
    /// What is wrong, in one language: that of `Accept-Language`, else Chinese.
    title: String,
    /// What is wrong and what to do, in that language; in both where none was asked for.
    detail: String,
    /// The Chinese sentence.
    zh: String,
    /// The English sentence.
    en: String,
}

/// The whole document.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("巡格 Xunge")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .build();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        super::guard::COOKIE,
        "会话 Cookie The cookie that `POST /api/v1/session` sets.",
    )));
    let other = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        residents::COOKIE,
        "人口会话 Cookie The cookie that `POST /api/v1/residents/session` sets.",
    )));
    let bearer = |about: &str| {
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build(),
        )
    };
    let mut components = Components::new();
    components.security_schemes.insert(SESSION.to_owned(), cookie.into());
    components.security_schemes.insert(RESIDENTS.to_owned(), other.into());
    components
        .security_schemes
        .insert(TOKEN.to_owned(), bearer("机器令牌 A machine's token, `xunge_…`, made by an admin.").into());
    components
        .security_schemes
        .insert(EDGE.to_owned(), bearer("网关令牌 A box's token, made when it is enrolled.").into());
    components.schemas.insert("Problem".to_owned(), ProblemShape::schema());
    for (status, about) in REFUSALS {
        components.responses.insert(format!("Problem{status}"), RefOr::T(refusal(about)));
    }
    components.responses.insert("Problem".to_owned(), RefOr::T(refusal("拒绝或出错 Refused, or failed")));
    let tags: Vec<Tag> = TAGS
        .iter()
        .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build())
        .collect();
    let document = OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .tags(Some(tags))
        .security(Some([SESSION, TOKEN].map(|name| SecurityRequirement::new(name, Vec::<String>::new()))))
        .build();
    let mut other = collect(residents::calls().into_iter().chain(residents::file_calls()));
    for item in other.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let own = || vec![SecurityRequirement::new(RESIDENTS, Vec::<String>::new())];
            operation.security.get_or_insert_with(own);
        }
    }
    let mut document = document
        .nest(BASE, collect(calls()))
        .nest(residents::base(), other)
        .merge_from(collect(edge_calls()));
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            complete(operation, &method);
        }
    }
    if let Some(components) = &mut document.components {
        open_parts(components);
    }
    document
}

/// A schema that is a part of others (`allOf`) cannot say that there is nothing besides it: the others say more.
fn open_parts(components: &mut Components) {
    let mut parts = BTreeSet::new();
    for schema in components.schemas.values() {
        if let RefOr::T(Schema::AllOf(all)) = schema {
            for item in &all.items {
                if let RefOr::Ref(part) = item {
                    parts.extend(part.ref_location.rsplit('/').next().map(str::to_owned));
                }
            }
        }
    }
    for part in parts {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&part) {
            object.additional_properties = None;
        }
    }
}

/// Paths and schemas of some calls.
fn collect<S>(calls: impl IntoIterator<Item = UtoipaMethodRouter<S>>) -> OpenApi {
    let mut document = OpenApi::default();
    for (schemas, paths, _) in calls {
        for (path, item) in paths.paths {
            match document.paths.paths.get_mut(&path) {
                Some(known) => known.merge_operations(item),
                None => drop(document.paths.paths.insert(path, item)),
            }
        }
        document.components.get_or_insert_default().schemas.extend(schemas);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Delete, &mut item.delete),
        (HttpMethod::Patch, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Refusals that are the same everywhere. The rest is `default`.
const REFUSALS: [(u16, &str); 6] = [
    (400, "请求内容有误 The words of the call are not understood"),
    (401, "未登录或令牌无效 Not logged in, or no valid token"),
    (403, "没有此项权限 Your posts do not include this"),
    (404, "不存在，或不在您的辖区 Not there, or not in your regions"),
    (422, "内容不成立 The words are understood, but cannot be"),
    (429, "请求过多 Too many calls; wait for `Retry-After` seconds"),
];

fn refusal(about: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(about).content("application/problem+json", body).build()
}

/// Adds to an operation what all of its kind may answer.
fn complete(operation: &mut Operation, method: &HttpMethod) {
    let open = operation.security.as_ref().is_some_and(|all| all.contains(&SecurityRequirement::default()));
    let has_body = operation.request_body.is_some();
    let parameters = operation.parameters.as_ref();
    let in_path = parameters.is_some_and(|all| {
        all.iter().any(|one| {
            matches!(one, RefOr::T(one) if one.parameter_in == utoipa::openapi::path::ParameterIn::Path)
        })
    });
    let asked = has_body || parameters.is_some_and(|all| !all.is_empty());
    let mut responses = std::mem::take(&mut operation.responses);
    for (status, _) in REFUSALS {
        let may_be = match status {
            400 => asked,
            401 | 403 => !open,
            404 => in_path,
            422 => has_body && *method != HttpMethod::Get,
            _ => true,
        };
        if may_be {
            let name = format!("Problem{status}");
            responses.responses.entry(status.to_string()).or_insert(Ref::from_response_name(name).into());
        }
    }
    for (status, response) in &mut responses.responses {
        let refused = status.starts_with('4') || status.starts_with('5');
        if let RefOr::T(response) = response
            && refused
            && response.content.is_empty()
        {
            *response = refusal(&response.description);
        }
    }
    let rest = ResponsesBuilder::new().response("default", Ref::from_response_name("Problem")).build();
    responses.responses.extend(rest.responses);
    operation.responses = responses;
}

static TEXT: LazyLock<String> =
    LazyLock::new(|| document().to_json().unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")));

/// 接口文档
///
/// This document: every call with its words and answers.
#[utoipa::path(get, path = "/openapi.json", tag = "about", security(()),
    responses((status = 200, body = Object, description = "OpenAPI 3.1")))]
pub(super) async fn show(_: Anyone) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

#[cfg(test)]
mod tests;

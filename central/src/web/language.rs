//! Refusals in the language of whoever asks, and one shape for all of them, whoever refused.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Problem;

/// Longest text of a refusal that is not ours.
const FOREIGN_BYTES: usize = 2048;

/// A language that sentences exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The one that is preferred, by `Accept-Language` (RFC 9110); none where neither is named.
    pub(super) fn preferred(header: Option<&str>) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for part in header?.split(',') {
            let mut words = part.split(';');
            let tag = words.next().unwrap_or_default().trim().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                _ => continue,
            };
            let said = words.find_map(|word| word.trim().strip_prefix("q=")?.parse::<f32>().ok());
            // thousandths: the standard knows no finer ones
            let weight = (said.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u32;
            if weight > 0 && best.is_none_or(|(least, _)| weight > least) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// The tag of `Content-Language`.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// Gives every refusal the shape of a [`Problem`], and the language that is asked for.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let language = Language::preferred(of(request.headers()));
    let response = next.run(request).await;
    if let Some(problem) = response.extensions().get::<Problem>() {
        return problem.said_in(language, response.headers());
    }
    let failed = response.status().is_client_error() || response.status().is_server_error();
    if failed { foreign(response, language).await } else { response }
}

fn of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

/// A refusal of the libraries below: a path that does not read, a method that is not there.
async fn foreign(response: Response, language: Option<Language>) -> Response {
    let (parts, body) = response.into_parts();
    let plain =
        parts.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !plain {
        return Response::from_parts(parts, body);
    }
    let text = to_bytes(body, FOREIGN_BYTES).await.unwrap_or_default();
    let problem = Problem::foreign(parts.status, String::from_utf8_lossy(&text).trim());
    problem.said_in(language, &parts.headers)
}

impl Problem {
    /// What a library's refusal means.
    fn foreign(status: StatusCode, text: &str) -> Self {
        match status {
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "method",
                "此地址不支持该方法，可用的方法见响应头 Allow。",
                "This address does not know the method; the header `Allow` says which it knows.",
            ),
            StatusCode::RANGE_NOT_SATISFIABLE => Self::new(
                status,
                "range",
                "文件没有这一段，长度见响应头 Content-Range。",
                "The file has no such part; the header `Content-Range` says how long it is.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::not_json(),
            status if status.is_server_error() => Self::new(
                status,
                "failed",
                "中心出错，请稍后重试；运行日志中有原因。",
                "The centre failed. Try again; the log of the centre says why.",
            ),
            status => Self::new(
                status,
                "bad_request",
                "请求内容有误，请对照接口文档 /api/v1/openapi.json。",
                format!("{text}. See /api/v1/openapi.json.").trim_start_matches(". "),
            ),
        }
    }

    /// The response, with the headers that the refusal had besides its own.
    fn said_in(&self, language: Option<Language>, headers: &HeaderMap) -> Response {
        let mut response = Response::new(Body::from(self.body(language).to_string()));
        *response.status_mut() = self.status();
        for (name, value) in headers {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                response.headers_mut().append(name, value.clone());
            }
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(language) = language {
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        }
        headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_preferred() {
        use Language::{Chinese, English};
        for (header, language) in [
            (None, None),
            (Some(""), None),
            (Some("*"), None),
            (Some("de-DE,fr;q=0.5"), None),
            (Some("zh-CN"), Some(Chinese)),
            (Some("ZH-hans-cn;q=0.3, en-US;q=0.8"), Some(English)),
            (Some("de, en;q=0.4, zh;q=0.4"), Some(English)),
            (Some("en;q=0, zh;q=0.1"), Some(Chinese)),
            (Some("en;q=x"), Some(English)),
            (Some("en;q=NaN,zh"), Some(Chinese)),
        ] {
            assert_eq!(Language::preferred(header), language, "{header:?}");
        }
    }
}

//! Every error of the API: `application/problem+json` (RFC 9457), in Chinese and English, saying what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::error;

use crate::case::Refused;
use crate::evidence::EvidenceError;
use crate::store::StoreError;

/// An error for people.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    zh: String,
    en: String,
    retry_after_secs: Option<u64>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { status, code, zh: zh.into(), en: en.into(), retry_after_secs: None }
    }

    pub(super) fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    pub(super) fn login_needed() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "login_needed",
            "请先登录。",
            "You are not logged in, or the session has ended. Log in.",
        )
    }

    pub(super) fn bad_request(en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "请求内容有误。", en)
    }

    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_yours",
            "您没有此项权限。",
            "Your posts do not include this. Ask an admin.",
        )
    }

    pub(super) fn unprocessable(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en)
    }

    pub(super) fn not_found(zh: &str, en: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", zh, en)
    }
}

pub(super) async fn no_such_path() -> Problem {
    Problem::not_found("没有这个接口地址。", "There is nothing at this address of the API.")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:xunge:problem:{}", self.code),
            "code": self.code,
            "status": self.status.as_u16(),
            "title": self.zh,
            "detail": format!("{} {}", self.zh, self.en),
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED && self.code == "edge_token" {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refused) => refused.into(),
            other => {
                error!("{other}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store",
                    "中心数据库出错，请稍后重试；运行日志中有原因。",
                    "The store of the centre failed. Try again; the log of the centre says why.",
                )
            }
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::NotYours { .. } => StatusCode::FORBIDDEN,
            refused if refused.is_about_words() => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, refused.code(), refused.zh(), sentence(&refused.to_string()))
    }
}

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Self {
        let (status, code, zh) = match &error {
            EvidenceError::TooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "文件超过大小上限。")
            }
            EvidenceError::WrongHash { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "wrong_hash",
                "文件内容与地址中的 SHA-256 不符，请重新上传。",
            ),
            EvidenceError::Broken(_) => (StatusCode::BAD_REQUEST, "broken", "文件没有传完，请重新上传。"),
            EvidenceError::Disk { .. } => {
                error!("{error}");
                return Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "disk",
                    "中心无法写入文件，请检查磁盘空间；运行日志中有原因。",
                    "The centre cannot keep the file. Check its disk; its log says why.",
                );
            }
        };
        Self::new(status, code, zh, sentence(&error.to_string()))
    }
}

/// A sentence as it stands alone: capital letter, full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

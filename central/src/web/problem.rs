//! Every error of the API: `application/problem+json` (RFC 9457), in Chinese and English, saying what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::error;

use super::language::Language;
use crate::case::Refused;
use crate::evidence::EvidenceError;
use crate::retention::PurgeError;
use crate::store::StoreError;

/// When a sender tries again while the evidence store is away.
const AWAY_SECS: u64 = 30;

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
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "请求内容有误，请对照接口文档。", en)
    }

    /// A call whose words cannot be, with a name for programs.
    pub(super) fn said(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, zh, en)
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

    /// 双人复核.
    pub(super) fn second_person() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "second_person",
            "此操作须双人复核：请先提交申请，由另一人在 24 小时内同意后再执行。",
            "This needs two people: ask for it (POST /api/v1/approvals), have another person agree within 24 hours, then do it.",
        )
    }

    /// A file that should be there and is not, or is not what it was.
    pub(super) fn lost() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "evidence_lost",
            "该文件已登记入库，但证据存储中已找不到或已损坏，请联系系统管理员从备份恢复。",
            "This file was kept, but the evidence store does not have it any more, or it is damaged. Ask an admin to take it from a backup.",
        )
    }

    pub(super) fn not_found(zh: &str, en: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", zh, en)
    }
}

pub(super) async fn no_such_path() -> Problem {
    Problem::not_found("没有这个接口地址。", "There is nothing at this address of the API.")
}

impl Problem {
    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "系统正忙，请稍后再试。",
            "The centre is busy or stopping. Try again.",
        )
        .retry_after(1)
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "请求内容过大，或没有传完。",
            "The body is too large or did not come to its end.",
        )
    }

    pub(super) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "请求内容须为 JSON，请求头须有 Content-Type: application/json。",
            "The body must be JSON, sent with `Content-Type: application/json`.",
        )
    }

    pub(super) fn not_a_file() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_file",
            "请求内容须为文件，请求头须有 Content-Type: application/octet-stream。",
            "The body must be the file, sent with `Content-Type: application/octet-stream`.",
        )
    }

    pub(super) fn bad_cursor() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_cursor",
            "`after` 不是上一页给出的 `next`，请不带 `after` 从第一页重新读取。",
            "`after` is not the `next` of a page of this list. Begin anew, without `after`.",
        )
    }

    /// What no database takes.
    fn unfit() -> Self {
        Self::unprocessable(
            "data",
            "内容中有无法保存的字符或数值，请改正后再试。",
            "Something in it cannot be kept: a control character, or a number out of range. Correct it.",
        )
    }

    /// What serde could not read, told without repeating any value.
    pub(super) fn unread(error: &str, place: (String, String)) -> Self {
        let (zh, en) = match super::reading::unread(error) {
            Some(unread) => (format!("{}。", unread.zh), format!("{}.", unread.en)),
            None => place,
        };
        Self::new(StatusCode::BAD_REQUEST, "bad_request", zh, en)
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// What stands in the response, in one language or in both.
    pub(super) fn body(&self, language: Option<Language>) -> serde_json::Value {
        let (title, detail) = match language {
            None => (&self.zh, format!("{} {}", self.zh, self.en)),
            Some(Language::Chinese) => (&self.zh, self.zh.clone()),
            Some(Language::English) => (&self.en, self.en.clone()),
        };
        json!({
            "type": format!("urn:xunge:problem:{}", self.code),
            "code": self.code,
            "status": self.status.as_u16(),
            "title": title,
            "detail": detail,
            "zh": self.zh,
            "en": self.en,
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body(None).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED && matches!(self.code, "edge_token" | "token") {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // `language::speak` says it anew in the language that is asked for
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refused) => refused.into(),
            StoreError::Database(error) if error.is_unfit() => Self::unfit(),
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

impl From<xunge_residents::store::StoreError> for Problem {
    fn from(error: xunge_residents::store::StoreError) -> Self {
        use xunge_residents::store::StoreError as Failed;
        match error {
            Failed::Refused { zh, en } => Self::new(
                StatusCode::CONFLICT,
                "refused",
                format!("{}。", zh.trim_end_matches('。')),
                sentence(&en),
            ),
            Failed::Database(error) if error.is_unfit() => Self::unfit(),
            other => {
                error!("{other}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store",
                    "人口数据库出错，请稍后重试；运行日志中有原因。",
                    "The residents' database failed. Try again; the log of the centre says why.",
                )
            }
        }
    }
}

impl From<PurgeError> for Problem {
    fn from(error: PurgeError) -> Self {
        match error {
            PurgeError::Evidence(error) => error.into(),
            PurgeError::Store(error) => error.into(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::NotYours { .. } | Refused::NotHandler => StatusCode::FORBIDDEN,
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
            EvidenceError::Full => {
                (StatusCode::SERVICE_UNAVAILABLE, "full", "中心证据存储已满，网关会保留文件并稍后重传。")
            }
            EvidenceError::Away { .. } => {
                error!("{error}");
                return Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "evidence_away",
                    "证据存储暂时无法访问，告警照常接收；请稍后重试，运行日志中有原因。",
                    "The evidence store cannot be reached at the moment; alerts are taken all the same. Try again later; the log of \
                     the centre says why.",
                )
                .retry_after(AWAY_SECS);
            }
            EvidenceError::Unkept { .. } => {
                error!("{error}");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unkept",
                    "证据存储没有收下该文件，请稍后重试；运行日志中有原因。",
                    "The evidence store did not take the file. Try again later; the log of the centre says why.",
                );
            }
            EvidenceError::Damaged { .. } => {
                error!("{error}");
                return Self::lost();
            }
            EvidenceError::Broken(_) => (StatusCode::BAD_REQUEST, "broken", "文件没有传完，请重新上传。"),
            EvidenceError::Disk { .. } | EvidenceError::InUse { .. } => {
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

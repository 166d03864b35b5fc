//! The console's own files, built into the program. Every path that is no file is the app's own page.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::problem::{Problem, no_such_path};

#[derive(Embed)]
#[folder = "console/dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";
/// The page of the residents' half.
const RESIDENTS: &str = "residents.html";
const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>巡格 Xunge</title>\
    <p>本程序未包含控制台页面：请先在 central/console 中运行 npm ci 和 npm run build，再重新编译。</p>\
    <p>This program was built without its console: run npm ci and npm run build in central/console, then build it \
    again.</p></html>";

pub(super) async fn serve(method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method",
            "此地址只能读取。",
            "This address can only be read.",
        )
        .into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("evidence/") {
        return no_such_path().await.into_response();
    }
    if let Some(file) = Dist::get(path) {
        return answer(path, file);
    }
    // a missing script must not become a page: the browser would not know why it fails
    if path.starts_with("assets/") {
        return Problem::not_found("没有这个文件。", "There is no such file; reload the page.")
            .into_response();
    }
    let page = if path == "residents" || path.starts_with("residents/") { RESIDENTS } else { INDEX };
    match Dist::get(page) {
        Some(file) => answer(page, file),
        None => {
            let html =
                [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::SERVICE_UNAVAILABLE, html, NOT_BUILT).into_response()
        }
    }
}

fn answer(path: &str, file: EmbeddedFile) -> Response {
    // built names carry a hash of their content
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, media_type(path)), (header::CACHE_CONTROL, cache)];
    (headers, file.data.into_owned()).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

//! `[evidence.s3]`: the object store that evidence lies in.

use std::path::Path;

use url::Url;
use xunge_config::{Key, Section, Table};

use super::is_this_machine;
use crate::evidence::S3;

const BUCKET: Key = Key::text("bucket")
    .required()
    .example("\"xunge-evidence\"")
    .doc("Bucket; it must be there already, and keep no old versions", "存储桶；须已建好，且未开启版本控制");
const ENDPOINT: Key = Key::url("endpoint", &["https", "http"]).example("\"https://minio.example:9000\"").doc(
    "Where the object store is, without the bucket; none given: Amazon's. http:// only on this same machine, or with allow_http",
    "对象存储地址，不含存储桶；不写为亚马逊。http:// 仅限本机，或须设 allow_http",
);
const ALLOW_HTTP: Key = Key::bool("allow_http").default("false").doc(
    "Evidence may travel in the clear to another machine: only in a network that nobody else can listen in",
    "允许以明文 http 传到其他机器：仅限他人无法监听的网络",
);
const REGION: Key = Key::text("region").range(1.0, 64.0).example("\"cn-wuhan\"").doc(
    "Region; none given: AWS_REGION of the environment, else us-east-1, which MinIO and Ceph take",
    "区域；不写则取环境变量 AWS_REGION，再无则为 us-east-1（MinIO、Ceph 可用）",
);
const PREFIX: Key = Key::text("prefix").default("\"\"").example("\"xiling\"").doc(
    "In front of all names, where others use the bucket too",
    "所有对象名的前缀，与他人共用存储桶时使用",
);
const PATH_STYLE: Key = Key::bool("path_style").default("true").doc(
    "The bucket stands in the path (MinIO, Ceph); false: in the host name (Aliyun OSS, Tencent COS)",
    "存储桶写在路径中（MinIO、Ceph）；false 为写在域名中（阿里云 OSS、腾讯云 COS）",
);
const CA: Key = Key::path("ca").doc(
    "CA certificate of the object store, PEM, where it is not one that the system knows",
    "对象存储的 CA 证书（PEM）；系统不认识其签发机构时填写",
);
const ACCESS_KEY_FILE: Key = Key::path("access_key_file").doc(
    "File whose first line is the access key; without it AWS_ACCESS_KEY_ID of the environment",
    "首行为访问密钥 ID 的文件；不写则取环境变量 AWS_ACCESS_KEY_ID",
);
const SECRET_KEY_FILE: Key = Key::path("secret_key_file").doc(
    "File whose first line is the secret key, nobody else may read it; without it AWS_SECRET_ACCESS_KEY",
    "首行为访问密钥的文件，不得让他人可读；不写则取环境变量 AWS_SECRET_ACCESS_KEY",
);

/// `[evidence.s3]`.
pub(super) static TABLE: Table = Table::one(
    "s3",
    &[&[BUCKET, ENDPOINT, ALLOW_HTTP, REGION, PREFIX, PATH_STYLE, CA, ACCESS_KEY_FILE, SECRET_KEY_FILE]],
)
.doc(
    "An object store that speaks S3, instead of the folder evidence in data_dir; several centres may share it.",
    "使用兼容 S3 的对象存储代替 data_dir 中的 evidence 目录；多个中心可共用。",
);

/// Reads it.
pub(super) fn s3(section: &Section<'_>, base: &Path) -> S3 {
    let bucket = section.text(&BUCKET);
    if section.given(&BUCKET) && !is_bucket(&bucket) {
        section.problem(
            &BUCKET,
            (
                "`bucket` is no name of a bucket: 3 to 63 lower-case letters, digits, `-` and `.`, without the endpoint",
                "`bucket` 不是存储桶名称：须为 3 至 63 个小写字母、数字、`-` 或 `.`，不含地址",
            ),
        );
    }
    let prefix = section.text(&PREFIX).trim_matches('/').to_owned();
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if !prefix.is_empty() && !prefix.split('/').all(plain) {
        section.problem(
            &PREFIX,
            (
                "`prefix` may hold letters, digits, `-`, `_`, `.` and single slashes only",
                "`prefix` 只能含字母、数字、`-`、`_`、`.` 和单个斜杠",
            ),
        );
    }
    let path_style = section.bool(&PATH_STYLE);
    let allow_http = section.bool(&ALLOW_HTTP);
    let endpoint = section.opt_text(&ENDPOINT).and_then(|text| text.parse::<Url>().ok());
    if let Some(url) = &endpoint {
        check_endpoint(section, url, (allow_http, path_style));
    } else if section.given(&ALLOW_HTTP) && !section.given(&ENDPOINT) {
        section.problem(
            &ALLOW_HTTP,
            (
                "`allow_http` has no meaning without `endpoint`: remove it or say where the object store is",
                "没有 `endpoint` 时 `allow_http` 不起作用：请删除它或写明对象存储地址",
            ),
        );
    }
    if section.given(&ACCESS_KEY_FILE) != section.given(&SECRET_KEY_FILE) {
        let (there, lacks) = if section.given(&ACCESS_KEY_FILE) {
            (&ACCESS_KEY_FILE, &SECRET_KEY_FILE)
        } else {
            (&SECRET_KEY_FILE, &ACCESS_KEY_FILE)
        };
        let said = (
            format!("`{}` needs `{}` beside it", there.name, lacks.name),
            format!("有 `{}` 时还须填写 `{}`", there.name, lacks.name),
        );
        section.problem(there, said);
    }
    let path = |key| section.opt_path(key).map(|path| base.join(path));
    S3 {
        bucket,
        endpoint,
        allow_http,
        region: section.opt_text(&REGION),
        prefix,
        path_style,
        ca: path(&CA),
        access_key_file: path(&ACCESS_KEY_FILE),
        secret_key_file: path(&SECRET_KEY_FILE),
    }
}

fn check_endpoint(section: &Section<'_>, url: &Url, (allow_http, path_style): (bool, bool)) {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if url.scheme() == "http" && !allow_http && !is_this_machine(host) {
        section.problem(
            &ENDPOINT,
            (
                "`endpoint` would carry evidence in the clear: use https://, or say allow_http = true for a network that nobody \
                 else can listen in",
                "`endpoint` 会明文传输证据：请使用 https://；确为他人无法监听的网络时，可写 allow_http = true",
            ),
        );
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        section.problem(
            &ENDPOINT,
            (
                "`endpoint` is host and port only: what stands behind belongs into `bucket` and `prefix`",
                "`endpoint` 只写主机和端口：其后的内容请写入 `bucket` 和 `prefix`",
            ),
        );
    }
    if !path_style && host.parse::<std::net::IpAddr>().is_ok() {
        section.problem(
            &PATH_STYLE,
            (
                "`path_style` = false needs a host name as `endpoint`: nothing can stand in front of an address",
                "`path_style` = false 时 `endpoint` 须为域名：地址前不能再加存储桶名",
            ),
        );
    }
}

fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
        && !name.contains("..")
}

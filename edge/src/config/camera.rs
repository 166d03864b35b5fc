//! `[[camera]]`: where its pictures come from and what is watched in them.

use std::time::Duration;

use xunge_config::{Key, Section, Table, url};
use xunge_scene::CameraScene;

use super::gate;
use crate::credentials::Credentials;
use crate::gate::{Doze, Sleep};
use crate::ingest::{Login, RtspSource, Source, Transport};

const SCHEMES: &[&str] = &["rtsp", "rtsps", "file"];

const ID: Key = Key::name("id").required().example("\"gate-east\"").doc(
    "Name in topics, files and the centre; keep it when the camera is replaced",
    "编号，用于主题、文件和中心；更换摄像机时请保持不变",
);
const NAME: Key = Key::text("name")
    .range(1.0, 64.0)
    .example("\"东门\"")
    .doc("What people read; left out, the id", "显示名称；不写则用编号");
const URL: Key = Key::url("url", SCHEMES).required().example("\"rtsp://user@10.0.0.5/stream2\"").doc(
    "Its stream, without the password; where a recorder wants the password in the path, write {password} there",
    "视频流地址，不含密码；若录像机要求密码写在路径里，在原处写 {password}",
);
const ANALYSIS_FPS: Key = Key::float("analysis_fps")
    .default("5")
    .range(0.5, 25.0)
    .unit("fps")
    .doc("Pictures looked at per second", "每秒分析的画面数");
const ENABLED: Key = Key::bool("enabled").default("true").doc("Whether it is watched", "是否启用");
const TRANSPORT: Key = Key::choice("transport", &["tcp", "udp"]).default("\"tcp\"").doc(
    "How the pictures travel; a camera that refuses TCP is asked for UDP by itself",
    "视频传输方式；摄像机不支持 TCP 时会自动改用 UDP",
);
const TLS_VERIFY: Key = Key::bool("tls_verify").default("true").doc(
    "rtsps: refuse a certificate that no known authority signed; most cameras sign their own",
    "rtsps：拒绝非权威机构签发的证书；多数摄像机使用自签证书，需设为 false",
);

/// What stands inside it.
static TABLES: &[&Table] = &{
    let [zone, line, ground, track, rule] = xunge_scene::TABLES;
    [&gate::TABLE, zone, line, ground, track, rule]
};

/// `[[camera]]`.
pub(super) static TABLE: Table =
    Table::many("camera", &[&[ID, NAME, URL, ANALYSIS_FPS, ENABLED, TRANSPORT, TLS_VERIFY]])
        .tables(TABLES)
        .doc("A camera. Its zones, lines and rules follow it.", "一路摄像机，其区域、线和规则紧随其后。");

/// One camera.
#[derive(Debug, Clone)]
pub struct CameraConfig {
    /// Name in topics and files.
    pub id: String,
    /// What people read.
    pub name: String,
    /// As configured; it holds no password.
    pub url: String,
    /// Pictures looked at per second, 0.5 to 25.
    pub analysis_fps: f64,
    /// Whether it is watched.
    pub enabled: bool,
    /// How the pictures travel.
    pub transport: Transport,
    /// Whether the certificate of an rtsps camera must be signed by a known authority.
    pub tls_verify: bool,
    /// When only keyframes are decoded; none: everything is, always.
    pub doze: Option<Doze>,
    /// Zones, lines and rules.
    pub scene: CameraScene,
}

impl CameraConfig {
    /// Where its video comes from, with the login of the credentials file. A file plays at its own speed, again and
    /// again, as a camera would send it.
    pub fn source(&self, credentials: &Credentials) -> Source {
        if let Some(path) = self.url.strip_prefix("file://") {
            return Source::File { path: path.into(), as_camera: true };
        }
        let login = credentials.camera(&self.id).map(|login| Login {
            user: login.user.clone().or_else(|| self.user()).unwrap_or_default(),
            password: login.password.clone(),
        });
        Source::Rtsp(RtspSource {
            url: self.url.clone(),
            login,
            transport: self.transport,
            tls_verify: self.tls_verify,
        })
    }

    /// Whether, and how long between two pictures, it may sleep.
    pub fn sleep(&self) -> Sleep {
        match (self.doze, self.scene.most_urgent()) {
            (Some(_), Some((_, bears))) => Sleep::Within(bears),
            (Some(_), None) => Sleep::Within(Duration::MAX),
            (None, _) => Sleep::Never,
        }
    }

    /// Whether the URL asks for the password of the credentials file.
    pub(super) fn needs_password(&self) -> bool {
        self.url.contains("{password}")
    }

    /// The user in the URL.
    pub(crate) fn user(&self) -> Option<String> {
        url(&self.url, SCHEMES).ok().and_then(|parts| parts.user.map(str::to_owned))
    }
}

/// Every camera of the file.
pub(super) fn read_all(root: &Section<'_>) -> Vec<CameraConfig> {
    let mut cameras: Vec<CameraConfig> = Vec::new();
    for section in root.tables(&TABLE) {
        let camera = read_one(&section);
        if !camera.id.is_empty() && cameras.iter().any(|other| other.id == camera.id) {
            section.problem(
                &ID,
                (
                    format!("the id `{}` belongs to another camera above", camera.id),
                    format!("编号 `{}` 已被前面的摄像机使用", camera.id),
                ),
            );
        }
        cameras.push(camera);
    }
    if cameras.is_empty() {
        root.problem_here((
            "there is no [[camera]]: nothing would be watched",
            "没有 [[camera]]：没有可监看的摄像机",
        ));
    }
    cameras
}

fn read_one(section: &Section<'_>) -> CameraConfig {
    let id = section.text(&ID);
    let transport = if section.choice(&TRANSPORT) == "udp" { Transport::Udp } else { Transport::Tcp };
    let url = section.text(&URL);
    for key in [&TRANSPORT, &TLS_VERIFY] {
        if url.starts_with("file:") && section.given(key) {
            section.problem(
                key,
                (
                    format!("`{}` has no meaning for a file: remove it", key.name),
                    format!("`{}` 对文件不起作用：请删除", key.name),
                ),
            );
        }
    }
    CameraConfig {
        name: section.opt_text(&NAME).unwrap_or_else(|| id.clone()),
        id,
        url,
        analysis_fps: section.float(&ANALYSIS_FPS),
        enabled: section.bool(&ENABLED),
        transport,
        tls_verify: section.bool(&TLS_VERIFY),
        doze: gate::read(section),
        scene: CameraScene::read(section),
    }
}

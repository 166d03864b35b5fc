//! The box's configuration file: what may stand in it, and what it says.
//!
//! [`Setup::load`] reads edge.toml and the credentials file it names, and returns every mistake of both at once.
//! Nothing here holds a secret: those are in [`crate::credentials`].

mod camera;
mod gate;
mod setup;
mod summary;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;
use xunge_config::{Key, Problems, Section, Table, read, url};

use crate::observe::runtime::Provider;

pub use camera::CameraConfig;
pub use setup::{For, Setup};

const EDGE_ID: Key = Key::name("edge_id")
    .required()
    .example("\"gw-0001\"")
    .doc("Name of this box, the one in its certificate", "本网关的编号，与其证书一致");
const SITE: Key = Key::text("site")
    .required()
    .example("\"420502001001\"")
    .doc("12-digit code of the community that the box belongs to", "所属社区的 12 位代码");
const TIMEZONE: Key = Key::text("timezone").default("\"Asia/Shanghai\"").range(1.0, 64.0).doc(
    "Time zone in which armed hours are meant, whatever the box's own clock shows",
    "布防时段所用时区，与网关系统时区无关",
);
const CREDENTIALS: Key = Key::path("credentials").example("\"credentials.toml\"").doc(
    "The credentials file. Left out, it is credentials.toml of systemd's LoadCredential, if there is one",
    "凭据文件。不写时使用 systemd LoadCredential 提供的 credentials.toml（若有）",
);

const MQTT: Key = Key::url("mqtt", &["mqtts", "mqtt"])
    .required()
    .example("\"mqtts://central.example:8883\"")
    .doc("The centre's broker; mqtt:// only on this same machine", "中心的消息服务；mqtt:// 仅限本机");
const EVIDENCE: Key = Key::url("evidence", &["https", "http"]).example("\"https://central.example\"").doc(
    "Where snapshots and clips go, by https:// unless the way there is private; left out, they stay on the box",
    "截图和录像片段的上传地址，除专网外应使用 https://；不写则只保存在网关上",
);

const MODEL: Key = Key::path("model").doc(
    "The detector's model file; left out, the one that `make setup` fetched",
    "检测模型文件；不写则使用 make setup 下载的模型",
);
const ONNXRUNTIME: Key = Key::path("onnxruntime").doc(
    "libonnxruntime.so; left out, the one that `make setup` fetched",
    "libonnxruntime.so 的路径；不写则使用 make setup 下载的库",
);
const PROVIDER: Key = Key::choice("provider", &Provider::NAMES).default("\"cpu\"").doc(
    "What runs the neural networks. openvino (Intel) and cuda (Nvidia) need an ONNX Runtime library that is built with them, \
     named by `onnxruntime`; where they cannot be had the box says so and the processor does it",
    "用什么运行神经网络。openvino（英特尔）和 cuda（英伟达）需要 `onnxruntime` 指定的库在编译时带有它们；用不了时网关会报告，并改由处理器运行",
);
const WORKERS: Key = Key::int("workers").range(1.0, 64.0).doc(
    "Detectors that look at the same time, shared fairly by all cameras; left out, one for every two processor cores (about 45 MiB each)",
    "同时工作的检测器个数，由所有摄像机公平共用；不写则每两个处理器核一个（每个约 45 MiB 内存）",
);
const THREADS: Key =
    Key::int("threads").default("1").range(1.0, 64.0).doc("Threads of each detector", "每个检测器的线程数");

const DIRECTORY: Key = Key::path("directory").default("\"/var/lib/xunge\"").doc(
    "Folder of unsent alerts and evidence; must survive a restart",
    "未上报告警与证据的目录，重启后必须仍在",
);
const EVIDENCE_MAX_MB: Key = Key::int("evidence_max_mb").default("8000").range(100.0, 1e7).unit("MB").doc(
    "Evidence files together; what the centre has goes first, the oldest before the newer",
    "证据文件总量上限；先删中心已收到的、最旧的",
);
const MIN_FREE_MB: Key = Key::int("min_free_mb")
    .default("500")
    .range(50.0, 1e6)
    .unit("MB")
    .doc("Space on the disk that evidence leaves for alerts", "磁盘上为告警保留的空间");
const OUTBOX_MAX_ALERTS: Key = Key::int("outbox_max_alerts").default("1000000").range(1000.0, 1e8).doc(
    "Alerts that may wait for the centre; at the limit the box reports it, none is dropped",
    "等待上报的告警条数上限；到达上限会报故障，不会丢弃",
);
const OUTBOX_MAX_MB: Key = Key::int("outbox_max_mb")
    .default("2000")
    .range(10.0, 1e6)
    .unit("MB")
    .doc("Size of the waiting alerts", "等待上报的告警总大小上限");

const METRICS_LISTEN: Key = Key::socket("listen").example("\"127.0.0.1:9464\"").doc(
    "Where Prometheus fetches how the box does, at /metrics; plain HTTP without a password, so only on this machine or a \
     management network. Left out, nowhere",
    "Prometheus 抓取网关运行指标的地址（/metrics）；不加密、无密码，只应在本机或管理网内。不写则不提供",
);

static UPLINK: Table = Table::one("uplink", &[&[MQTT, EVIDENCE]])
    .doc("The way to the centre. `replay` does without it.", "与中心的连接。replay 命令不需要。");
static DETECTOR: Table = Table::one("detector", &[&[MODEL, ONNXRUNTIME, PROVIDER, WORKERS, THREADS]])
    .doc("The neural network that finds people and things.", "识别人和物的神经网络。");
static METRICS: Table = Table::one("metrics", &[&[METRICS_LISTEN]])
    .doc("What the box says of itself to Prometheus.", "向 Prometheus 提供的运行指标。");
static STORAGE: Table =
    Table::one("storage", &[&[DIRECTORY, EVIDENCE_MAX_MB, MIN_FREE_MB, OUTBOX_MAX_ALERTS, OUTBOX_MAX_MB]])
        .doc("What is kept on the box.", "网关上的存储。");

/// Everything that may stand in edge.toml.
pub static TABLE: Table = Table::one("", &[&[EDGE_ID, SITE, TIMEZONE, CREDENTIALS]]).tables(&[
    &UPLINK,
    &DETECTOR,
    &STORAGE,
    &METRICS,
    &camera::TABLE,
]);

/// What edge.toml says, with defaults filled in.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// Name of this box.
    pub edge_id: String,
    /// 12-digit code of its community.
    pub site: String,
    /// The time zone in which armed hours are meant.
    pub timezone: TimeZone,
    /// The credentials file, if one is named.
    pub credentials: Option<PathBuf>,
    /// The way to the centre.
    pub uplink: Option<UplinkConfig>,
    /// The neural network.
    pub detector: DetectorConfig,
    /// What is kept on the box.
    pub storage: StorageConfig,
    /// Where metrics are served, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// The cameras, disabled ones too, in the order of the file. Their ids differ.
    pub cameras: Vec<CameraConfig>,
}

/// The way to the centre.
#[derive(Debug, Clone, PartialEq)]
pub struct UplinkConfig {
    /// `mqtts://host[:port]` or `mqtt://host[:port]`, without a user.
    pub mqtt: String,
    /// Base URL for evidence, without a user; none: it stays on the box.
    pub evidence: Option<String>,
}

/// The neural network.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorConfig {
    /// Model file, when not the default one.
    pub model: Option<PathBuf>,
    /// libonnxruntime.so, when not the default one.
    pub onnxruntime: Option<PathBuf>,
    /// What runs it.
    pub provider: Provider,
    /// Detectors at the same time; none: as the processor has cores for.
    pub workers: Option<usize>,
    /// Threads of each, at least 1.
    pub threads: usize,
}

/// What is kept on the box.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageConfig {
    /// State folder.
    pub directory: PathBuf,
    /// Evidence files together.
    pub evidence_max_bytes: u64,
    /// What evidence leaves free on the disk.
    pub min_free_bytes: u64,
    /// Alerts that may wait.
    pub outbox_max_alerts: u64,
    /// Their size.
    pub outbox_max_bytes: u64,
}

impl EdgeConfig {
    /// Reads a text. Relative paths are relative to `base`. With problems the value only shows what would have been.
    pub fn parse(file: &str, text: &str, base: &Path, purpose: For) -> (Self, Problems) {
        read(file, text, &TABLE, |root| {
            let detector = root.table(&DETECTOR);
            let uplink = root.opt_table(&UPLINK).map(|section| uplink(&section));
            if uplink.is_none() && purpose != For::Replay {
                root.problem_here((
                    "[uplink] is missing: without `mqtt` in it no alert reaches the centre",
                    "缺少 [uplink]：没有其中的 `mqtt`，告警无法到达中心",
                ));
            }
            Self {
                edge_id: root.text(&EDGE_ID),
                site: site(root),
                timezone: timezone(root),
                credentials: root.opt_path(&CREDENTIALS).map(|path| base.join(path)),
                uplink,
                detector: DetectorConfig {
                    model: detector.opt_path(&MODEL).map(|path| base.join(path)),
                    onnxruntime: detector.opt_path(&ONNXRUNTIME).map(|path| base.join(path)),
                    provider: Provider::named(detector.choice(&PROVIDER)),
                    workers: detector.opt_int(&WORKERS).and_then(|workers| usize::try_from(workers).ok()),
                    threads: detector.count(&THREADS) as usize,
                },
                storage: storage(&root.table(&STORAGE), base),
                metrics: root.table(&METRICS).opt_socket(&METRICS_LISTEN),
                cameras: camera::read_all(root),
            }
        })
    }

    /// The camera with this id.
    pub fn camera(&self, id: &str) -> Option<&CameraConfig> {
        self.cameras.iter().find(|camera| camera.id == id)
    }
}

fn site(root: &Section<'_>) -> String {
    let site = root.text(&SITE);
    if root.given(&SITE) && xunge_alert::check_site(&site).is_err() {
        root.problem(
            &SITE,
            (
                "`site` must be the 12-digit code of a community, such as \"420502001001\"",
                "`site` 必须是 12 位社区代码，例如 \"420502001001\"",
            ),
        );
    }
    site
}

fn timezone(root: &Section<'_>) -> TimeZone {
    let name = root.text(&TIMEZONE);
    match TimeZone::get(&name) {
        Ok(zone) => zone,
        // A box without time zone data: China has had one time and no summer time since 1991.
        Err(_) if name == "Asia/Shanghai" => TimeZone::fixed(jiff::tz::Offset::constant(8)),
        Err(_) => {
            root.problem(&TIMEZONE, (
                "`timezone` is not known on this machine: use a name such as \"Asia/Shanghai\", or install the package tzdata",
                "本机不认识 `timezone`：请用 \"Asia/Shanghai\" 这样的名称，或安装 tzdata 软件包",
            ));
            TimeZone::UTC
        }
    }
}

fn uplink(section: &Section<'_>) -> UplinkConfig {
    for key in [&MQTT, &EVIDENCE] {
        let text = section.opt_text(key).filter(|_| section.given(key));
        let Some(parts) =
            text.as_deref().and_then(|text| url(text, &["mqtts", "mqtt", "https", "http"]).ok())
        else {
            continue;
        };
        if parts.user.is_some() {
            section.problem(
                key,
                (
                    format!(
                        "`{}` must not name a user: user and password belong in the credentials file",
                        key.name
                    ),
                    format!("`{}` 不能带用户名：用户名和密码请写入凭据文件", key.name),
                ),
            );
        }
        if parts.scheme.starts_with("mqtt") && !matches!(parts.path, "" | "/") {
            section.problem(key, ("nothing may follow the port of `mqtt`", "`mqtt` 的端口之后不能再有内容"));
        }
        if parts.path.contains(['?', '#']) {
            section.problem(
                key,
                (
                    format!("`{}` must not have `?` or `#`", key.name),
                    format!("`{}` 不能含有 `?` 或 `#`", key.name),
                ),
            );
        }
        let here = parts.host == "localhost"
            || parts.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if parts.scheme == "mqtt" && !here {
            section.problem(key, (
                "`mqtt` would carry alerts in the clear: use mqtts:// (mqtt:// only on this same machine)",
                "`mqtt` 会明文传输告警：请使用 mqtts://（mqtt:// 仅限本机）",
            ));
        }
    }
    UplinkConfig {
        mqtt: section.text(&MQTT),
        evidence: section.opt_text(&EVIDENCE).map(|text| text.trim_end_matches('/').to_owned()),
    }
}

fn storage(section: &Section<'_>, base: &Path) -> StorageConfig {
    let megabytes = |key: &Key| u64::from(section.count(key)) * 1_000_000;
    StorageConfig {
        directory: base.join(section.path(&DIRECTORY)),
        evidence_max_bytes: megabytes(&EVIDENCE_MAX_MB),
        min_free_bytes: megabytes(&MIN_FREE_MB),
        outbox_max_alerts: u64::from(section.count(&OUTBOX_MAX_ALERTS)),
        outbox_max_bytes: megabytes(&OUTBOX_MAX_MB),
    }
}

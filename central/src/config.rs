//! The centre's configuration file: what may stand in it, and what it says.

mod cases;
mod residents;
mod s3;

pub use cases::CasesConfig;
pub use residents::ResidentsConfig;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::evidence::S3;
use crate::law::keep::LEAST_DAYS;
use crate::net::IpPrefix;
use crate::outside::Outside;
use crate::web::limits::{Limits, Rate};
use url::Url;
use xunge_config::{Key, Problems, Section, Table, load, read, url as parts_of};

const DATA_DIR: Key = Key::path("data_dir")
    .default("\"/var/lib/xunge-central\"")
    .doc("Folder of the databases, certificates and evidence", "数据库、证书和证据文件所在目录");

const MODE: Key = Key::choice("mode", &["embedded", "external"]).default("\"embedded\"").doc(
    "The broker inside this program, or one that you run (Mosquitto, EMQX)",
    "使用内置消息服务，还是自建的（Mosquitto、EMQX）",
);
const BROKER_LISTEN: Key = Key::socket("listen").default("\"0.0.0.0:8883\"").doc(
    "Embedded: where boxes connect, by TLS with their certificates",
    "内置时：边缘网关接入的监听地址（TLS 双向证书）",
);
const NAMES: Key = Key::texts("names").default("[]").example("[\"central.example\", \"10.1.0.5\"]").doc(
    "Embedded: host names and addresses by which boxes reach it, for its certificate; localhost is always in",
    "内置时：网关访问本机所用的主机名和地址，写入服务证书；localhost 已包含",
);
const URL: Key = Key::url("url", &["mqtts", "mqtt"])
    .example("\"mqtts://broker.example:8883\"")
    .doc("External: the broker; mqtt:// only on this same machine", "自建时：消息服务地址；mqtt:// 仅限本机");
const CA: Key = Key::path("ca").doc("External mqtts: CA certificate, PEM", "自建 mqtts：CA 证书（PEM）");
const CERTIFICATE: Key = Key::path("certificate")
    .doc("External mqtts: the centre's client certificate, PEM", "自建 mqtts：中心的客户端证书（PEM）");
const KEY: Key = Key::path("key")
    .doc("External mqtts: its private key, PKCS#8 PEM", "自建 mqtts：对应的私钥（PKCS#8 PEM）");

const POSTGRES: Key = Key::url("postgres", &["postgres"])
    .example("\"postgres://xunge@db.example:5432/xunge?sslmode=verify-full\"")
    .doc(
        "A PostgreSQL database (15 or newer, UTF8) instead of the file central.db in data_dir; several centres may \
         share one. To another machine only with sslmode=verify-full or verify-ca",
        "使用 PostgreSQL 数据库（15 及以上，UTF8）代替 data_dir 中的 central.db；多个中心可共用一个。\
         连接其他机器时必须写 sslmode=verify-full 或 verify-ca",
    );
const PASSWORD_FILE: Key = Key::path("password_file").doc(
    "File whose first line is the database user's password; nobody else may read it",
    "首行为数据库用户密码的文件，不得让他人可读",
);

const WEB_LISTEN: Key = Key::socket("listen").default("\"127.0.0.1:8080\"").doc(
    "Where the console and the evidence upload answer; put a proxy with https in front of anything but this machine",
    "控制台与证据上传的监听地址；对外服务时请在前面放置 https 反向代理",
);
const SESSION_HOURS: Key = Key::float("session_hours")
    .default("12")
    .range(0.1, 168.0)
    .unit("h")
    .doc("A login ends after so long", "登录有效时长");
const SECURE_COOKIES: Key = Key::bool("secure_cookies")
    .default("false")
    .doc("Set it when people reach the console by https only", "仅通过 https 访问控制台时设为 true");

const TRUSTED_PROXIES: Key = Key::texts("trusted_proxies").default("[]").example("[\"127.0.0.1\", \"10.1.0.0/24\"]").doc(
    "Proxies in front of the console, whose X-Forwarded-For is believed: limits and logs then know who really called. \
     Such a proxy must set that header itself",
    "控制台前的反向代理地址：信任其 X-Forwarded-For，限流和日志据此识别真实来源。该代理必须自己设置此请求头",
);
const CALLS_PER_SEC: Key = Key::float("calls_per_sec").default("20").range(1.0, 10_000.0).unit("/s").doc(
    "Calls a second that a user or a token may go on making; a list counts as 4, an import or export as 20",
    "每个用户或令牌可持续的每秒调用数；列表计 4 次，导入导出计 20 次",
);
const CALLS_BURST: Key = Key::float("calls_burst")
    .default("600")
    .range(20.0, 100_000.0)
    .doc("Calls that a user or a token may make at once", "每个用户或令牌可一次连续发起的调用数");
const UNKNOWN_PER_SEC: Key =
    Key::float("unknown_calls_per_sec").default("2").range(0.1, 10_000.0).unit("/s").doc(
        "The same for an address whose calls show neither session nor token; logging in counts as 4",
        "未登录来源（按地址）可持续的每秒调用数；登录计 4 次",
    );
const UNKNOWN_BURST: Key = Key::float("unknown_calls_burst")
    .default("200")
    .range(20.0, 100_000.0)
    .doc("Calls that such an address may make at once", "未登录来源可一次连续发起的调用数");
const STREAMS: Key = Key::int("streams_per_user").default("20").range(1.0, 1000.0).doc(
    "Event streams (open pages) that a user or a token may have at a time",
    "每个用户或令牌可同时打开的实时推送（页面）数",
);

const MAX_MB: Key = Key::int("max_mb").default("100000").range(100.0, 1e9).unit("MB").doc(
    "Room for all evidence files together; when it is full, boxes keep theirs: nothing goes before its time",
    "证据文件总量上限；写满后网关自行保留文件，未到期的证据不会被删除",
);
const KEEP_DAYS: Key = Key::int("keep_days").default("30").range(1.0, 3650.0).unit("d").doc(
    "Evidence is purged after so many days, unless its case is open or it is held; 30 at least (decree 799, article 17)",
    "证据保存天数，到期清除，未结案或依法保全的除外；不得少于 30 日（799 号令第十七条）",
);
const MAX_FILE_MB: Key = Key::int("max_file_mb")
    .default("64")
    .range(1.0, 4096.0)
    .unit("MB")
    .doc("Largest file that is taken", "单个文件上限");

const CAP_SENDER: Key = Key::text("cap_sender").default("\"xunge-central\"").range(1.0, 100.0).doc(
    "By what name CAP messages are sent: unique among all who send to the same receivers, e.g. a domain name",
    "CAP 消息的发送方标识，在同一接收方处须唯一，例如域名",
);
const ALLOW_HTTP: Key = Key::bool("allow_http").default("false").doc(
    "Whether messages may be pushed over plain http, and to this machine; https otherwise",
    "是否允许以明文 http 推送以及推送到本机；否则只用 https",
);

const TIMEZONE: Key = Key::text("timezone")
    .default("\"Asia/Shanghai\"")
    .range(1.0, 64.0)
    .doc("Time zone of case numbers and working days", "案件编号和工作日所用时区");

static BROKER: Table = Table::one("broker", &[&[MODE, BROKER_LISTEN, NAMES, URL, CA, CERTIFICATE, KEY]])
    .doc("The MQTT broker that boxes speak to.", "边缘网关接入的 MQTT 消息服务。");
static STORE: Table = Table::one("store", &[&[POSTGRES, PASSWORD_FILE]]).doc(
    "Where cases are kept. Without it: a file in data_dir.",
    "案件数据存放位置；不写则为 data_dir 中的文件。",
);
static WEB: Table = Table::one(
    "web",
    &[&[
        WEB_LISTEN,
        SESSION_HOURS,
        SECURE_COOKIES,
        TRUSTED_PROXIES,
        CALLS_PER_SEC,
        CALLS_BURST,
        UNKNOWN_PER_SEC,
        UNKNOWN_BURST,
        STREAMS,
    ]],
)
.doc("The console.", "控制台。");
static EVIDENCE: Table = Table::one("evidence", &[&[MAX_MB, KEEP_DAYS, MAX_FILE_MB]])
    .tables(&[&s3::TABLE])
    .doc("Snapshots and clips from the boxes.", "网关上传的截图与录像片段。");
static OUTSIDE: Table = Table::one("outside", &[&[CAP_SENDER, ALLOW_HTTP]])
    .doc("Other systems that are told of cases.", "对外推送。");
static ORG: Table = Table::one("org", &[&[TIMEZONE]]).doc("The organisation.", "组织。");

/// Everything that may stand in central.toml.
pub static TABLE: Table = Table::one("", &[&[DATA_DIR]]).tables(&[
    &BROKER,
    &STORE,
    &WEB,
    &EVIDENCE,
    &OUTSIDE,
    &ORG,
    &cases::TABLE,
    &residents::TABLE,
]);

/// What central.toml says, with defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct CentralConfig {
    /// Folder of the databases, certificates and evidence. A relative path is relative to the file.
    pub data_dir: PathBuf,
    /// The MQTT broker.
    pub broker: BrokerChoice,
    /// Where cases are kept.
    pub store: StoreChoice,
    /// Residents and reminders; none where that half is off.
    pub residents: Option<ResidentsConfig>,
    /// The console.
    pub web: WebConfig,
    /// Snapshots and clips.
    pub evidence: EvidenceConfig,
    /// IANA name of the time zone of case numbers and working days; it is known on this machine.
    pub timezone: String,
    /// How cases are worked on.
    pub cases: CasesConfig,
    /// Other systems that are told of cases.
    pub outside: Outside,
}

/// Which broker is used.
#[derive(Debug, Clone, PartialEq)]
pub enum BrokerChoice {
    /// The one inside this program.
    Embedded {
        /// Where boxes connect.
        listen: SocketAddr,
        /// Names and addresses for its certificate.
        names: Vec<String>,
    },
    /// One that runs elsewhere.
    External {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
        /// Certificates for mqtts; none for plain mqtt.
        tls: Option<BrokerTls>,
    },
}

/// Where cases are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// `central.db` in the data folder.
    File,
    /// A PostgreSQL database.
    Postgres {
        /// Without a password.
        url: Url,
        /// Its first line is the password.
        password_file: Option<PathBuf>,
    },
}

/// Files for TLS to an external broker, all PEM.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokerTls {
    /// CA certificate.
    pub ca: PathBuf,
    /// Client certificate.
    pub certificate: PathBuf,
    /// Private key, PKCS#8.
    pub key: PathBuf,
}

/// The console.
#[derive(Debug, Clone, PartialEq)]
pub struct WebConfig {
    /// Where it answers.
    pub listen: SocketAddr,
    /// A login ends after so long.
    pub session: Duration,
    /// Cookies are marked `Secure`.
    pub secure_cookies: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpPrefix>,
    /// How much may be asked.
    pub limits: Limits,
}

/// Where evidence lies, and its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceConfig {
    /// All files together.
    pub max_bytes: u64,
    /// Files are purged after so many days, 30 at least.
    pub keep_days: u32,
    /// Largest file that is taken.
    pub max_file_bytes: u64,
    /// The bucket that files lie in; none is a folder in `data_dir`.
    pub s3: Option<S3>,
}

impl CentralConfig {
    /// Reads a file; on any mistake, all of them.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let text = load(path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        let (config, problems) = Self::parse(&path.display().to_string(), &text, base);
        problems.into_result(config)
    }

    /// Reads a text. Relative paths are relative to `base`.
    pub fn parse(file: &str, text: &str, base: &Path) -> (Self, Problems) {
        read(file, text, &TABLE, |root| {
            let web = root.table(&WEB);
            let evidence = root.table(&EVIDENCE);
            let outside = root.table(&OUTSIDE);
            let store = store(&root.table(&STORE), (&POSTGRES, &PASSWORD_FILE), base);
            let residents = root.opt_table(&residents::TABLE);
            Self {
                data_dir: base.join(root.path(&DATA_DIR)),
                broker: broker(&root.table(&BROKER), base),
                residents: residents.map(|section| residents::residents(&section, base, &store)),
                store,
                web: WebConfig {
                    listen: web
                        .opt_socket(&WEB_LISTEN)
                        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
                    session: Duration::from_secs_f64(web.float(&SESSION_HOURS) * 3600.0),
                    secure_cookies: web.bool(&SECURE_COOKIES),
                    trusted_proxies: proxies(&web),
                    limits: Limits {
                        known: Rate { burst: web.float(&CALLS_BURST), per_sec: web.float(&CALLS_PER_SEC) },
                        unknown: Rate {
                            burst: web.float(&UNKNOWN_BURST),
                            per_sec: web.float(&UNKNOWN_PER_SEC),
                        },
                        streams: web.count(&STREAMS),
                    },
                },
                evidence: EvidenceConfig {
                    max_bytes: megabytes(&evidence, &MAX_MB),
                    keep_days: keep_days(&evidence),
                    max_file_bytes: megabytes(&evidence, &MAX_FILE_MB),
                    s3: evidence.opt_table(&s3::TABLE).map(|section| s3::s3(&section, base)),
                },
                timezone: timezone(&root.table(&ORG)),
                cases: cases::cases(&root.table(&cases::TABLE)),
                outside: Outside { sender: outside.text(&CAP_SENDER), allow_http: outside.bool(&ALLOW_HTTP) },
            }
        })
    }
}

fn broker(section: &Section<'_>, base: &Path) -> BrokerChoice {
    let mode = section.choice(&MODE);
    let others: &[&Key] =
        if mode == "embedded" { &[&URL, &CA, &CERTIFICATE, &KEY] } else { &[&BROKER_LISTEN, &NAMES] };
    for key in others.iter().filter(|key| section.given(key)) {
        let said = (
            format!("`{}` has no meaning with mode = \"{mode}\": remove it or change the mode", key.name),
            format!("mode = \"{mode}\" 时 `{}` 不起作用：请删除它或更改 mode", key.name),
        );
        section.problem(key, said);
    }
    if mode == "embedded" {
        let listen =
            section.opt_socket(&BROKER_LISTEN).unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 8883)));
        return BrokerChoice::Embedded { listen, names: names(section) };
    }
    let text = section.opt_text(&URL);
    if text.is_none() && !section.given(&URL) {
        section.problem_here((
            "`url` is missing: mode = \"external\" needs it",
            "缺少 `url`：mode = \"external\" 时必须填写",
        ));
    }
    let parts = text.as_deref().and_then(|text| parts_of(text, &["mqtts", "mqtt"]).ok());
    let plain = parts.as_ref().is_some_and(|parts| parts.scheme == "mqtt");
    let (host, port) = match &parts {
        Some(parts) => (parts.host.to_owned(), parts.port.unwrap_or(if plain { 1883 } else { 8883 })),
        None => (String::new(), 8883),
    };
    if plain && !is_this_machine(&host) {
        section.problem(
            &URL,
            (
                "`url` would carry alerts in the clear: use mqtts:// (mqtt:// only on this same machine)",
                "`url` 会明文传输告警：请使用 mqtts://（mqtt:// 仅限本机）",
            ),
        );
    }
    let files = [&CA, &CERTIFICATE, &KEY].map(|key| section.opt_path(key).map(|path| base.join(path)));
    let tls = match files {
        [Some(ca), Some(certificate), Some(key)] => Some(BrokerTls { ca, certificate, key }),
        [None, None, None] if plain || parts.is_none() => None,
        _ => {
            section.problem_here((
                "mqtts needs all three of `ca`, `certificate` and `key`",
                "mqtts 需要同时填写 `ca`、`certificate` 和 `key`",
            ));
            None
        }
    };
    BrokerChoice::External { host, port, tls }
}

fn store(section: &Section<'_>, (postgres, password): (&Key, &Key), base: &Path) -> StoreChoice {
    let password_file = section.opt_path(password).map(|path| base.join(path));
    let Some(text) = section.opt_text(postgres) else {
        if password_file.is_some() && !section.given(postgres) {
            section.problem(
                password,
                (
                    "`password_file` has no meaning without `postgres`: remove it or name the database",
                    "没有 `postgres` 时 `password_file` 不起作用：请删除它或写明数据库",
                ),
            );
        }
        return StoreChoice::File;
    };
    let Ok(url) = text.parse::<Url>() else {
        section.problem(postgres, ("`postgres` is not a URL that can be used", "`postgres` 不是可用的地址"));
        return StoreChoice::File;
    };
    let verified = url
        .query_pairs()
        .any(|(key, value)| key == "sslmode" && ["verify-full", "verify-ca"].contains(&&*value));
    if !verified && !url.host_str().is_some_and(is_this_machine) {
        section.problem(
            postgres,
            (
                "`postgres` would talk to another machine without knowing that it is the right one: add \
                 ?sslmode=verify-full (and sslrootcert=…)",
                "`postgres` 连接其他机器却不核实对方身份：请加上 ?sslmode=verify-full（及 sslrootcert=…）",
            ),
        );
    }
    StoreChoice::Postgres { url, password_file }
}

fn names(section: &Section<'_>) -> Vec<String> {
    let names = section.texts(&NAMES);
    for name in &names {
        let usable = !name.is_empty()
            && (name.parse::<std::net::IpAddr>().is_ok()
                || name.split('.').all(|label| {
                    (1..=63).contains(&label.len())
                        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                }));
        if !usable {
            section.problem(
                &NAMES,
                (
                    "`names` holds something that is neither a host name nor an address",
                    "`names` 中有既非主机名也非地址的内容",
                ),
            );
        }
    }
    names
}

fn proxies(section: &Section<'_>) -> Vec<IpPrefix> {
    let texts = section.texts(&TRUSTED_PROXIES);
    let read: Vec<IpPrefix> = texts.iter().filter_map(|text| IpPrefix::parse(text)).collect();
    if read.len() != texts.len() {
        section.problem(
            &TRUSTED_PROXIES,
            (
                "`trusted_proxies` holds something that is no address and no range such as \"10.1.0.0/24\"",
                "`trusted_proxies` 中有既非地址也非地址范围（如 \"10.1.0.0/24\"）的内容",
            ),
        );
    }
    read
}

fn timezone(section: &Section<'_>) -> String {
    let name = section.text(&TIMEZONE);
    // Asia/Shanghai is used without the system's time zone data too.
    if name != "Asia/Shanghai" && jiff::tz::TimeZone::get(&name).is_err() {
        section.problem(&TIMEZONE, (
            "`timezone` is not known on this machine: use a name such as \"Asia/Shanghai\", or install the package tzdata",
            "本机不认识 `timezone`：请用 \"Asia/Shanghai\" 这样的名称，或安装 tzdata 软件包",
        ));
    }
    name
}

fn keep_days(section: &Section<'_>) -> u32 {
    let days = section.count(&KEEP_DAYS);
    if days < LEAST_DAYS {
        section.problem(
            &KEEP_DAYS,
            (
                "`keep_days` is below 30: public video must be kept for 30 days at least (decree 799, article 17)",
                "`keep_days` 少于 30：公共安全视频图像信息的保存期限不得少于 30 日（799 号令第十七条）",
            ),
        );
    }
    days.max(LEAST_DAYS)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn megabytes(section: &Section<'_>, key: &Key) -> u64 {
    u64::from(section.count(key)) * 1_000_000
}

#[cfg(test)]
mod tests;

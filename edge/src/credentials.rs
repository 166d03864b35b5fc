//! The credentials file: every secret of a box, and nothing else.
//!
//! It is refused when users other than its owner and group may read it. No message and no `Debug` shows a secret.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use xunge_config::{Key, Problems, Secret, Section, Table, load, read, unknown_name};

use crate::config::CameraConfig;

const CA: Key = Key::path("ca").doc(
    "Certificate of the centre's CA, PEM; left out, the system's authorities",
    "中心 CA 证书（PEM）；不写则用系统信任的机构",
);
const CERTIFICATE: Key = Key::path("certificate").doc("The box's certificate, PEM", "本网关的证书（PEM）");
const KEY: Key = Key::path("key").doc("Its private key, PKCS#8 PEM", "对应的私钥（PKCS#8 PEM）");
const TOKEN: Key =
    Key::text("token").secret().range(8.0, 512.0).doc("With it the box uploads evidence", "上传证据用的令牌");
const BROKER_USER: Key = Key::text("user")
    .range(1.0, 256.0)
    .doc("User at a broker that wants one beside the certificate", "消息服务另外要求的用户名");
const BROKER_PASSWORD: Key =
    Key::text("password").secret().range(1.0, 512.0).doc("Its password", "对应的密码");

const CAMERA_USER: Key = Key::text("user")
    .range(1.0, 256.0)
    .doc("User at the camera; left out, the one in its url", "摄像机用户名；不写则用 url 中的用户名");
const CAMERA_PASSWORD: Key =
    Key::text("password").secret().required().range(1.0, 512.0).doc("Password at the camera", "摄像机密码");

static UPLINK: Table = Table::one("uplink", &[&[CA, CERTIFICATE, KEY, TOKEN, BROKER_USER, BROKER_PASSWORD]])
    .doc("How the box shows itself to the centre.", "网关向中心出示的身份。");
static CAMERA: Table = Table::free_tables("camera", &[&[CAMERA_USER, CAMERA_PASSWORD]])
    .doc("Login at the camera with the id NAME.", "编号为 NAME 的摄像机的登录信息。");

/// Everything that may stand in the credentials file.
pub static TABLE: Table = Table::one("", &[]).tables(&[&UPLINK, &CAMERA]);

/// What the credentials file says; empty when there is none.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Certificate of the centre's CA.
    pub ca: Option<PathBuf>,
    /// The box's certificate.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
    /// Token for evidence.
    pub token: Option<Secret>,
    /// User at the broker.
    pub user: Option<String>,
    /// That user's password.
    pub password: Option<Secret>,
    cameras: BTreeMap<String, CameraLogin>,
}

/// Login at one camera.
#[derive(Debug, Clone)]
pub struct CameraLogin {
    /// User; none: the one in the camera's URL.
    pub user: Option<String>,
    /// Password.
    pub password: Secret,
}

impl Credentials {
    /// Login at the camera with this id.
    pub fn camera(&self, id: &str) -> Option<&CameraLogin> {
        self.cameras.get(id)
    }

    /// Reads a file; `cameras` are those of the configuration, for its logins must be for one of them.
    pub fn load(path: &Path, cameras: &[CameraConfig]) -> (Self, Problems) {
        let file = path.display().to_string();
        let text = match load(path) {
            Ok(text) => text,
            Err(problems) => return (Self::default(), problems),
        };
        let base = path.parent().unwrap_or(Path::new(""));
        let (credentials, mut problems) = Self::parse(&file, &text, base, cameras, |path| path.is_file());
        if std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o007 != 0) {
            problems.extend(Problems::of_file(
                &file,
                (
                    "every user of this machine may read or change it: run chmod o= on it",
                    "本机任何用户都能读取或修改该文件：请对它执行 chmod o=",
                ),
            ));
        }
        (credentials, problems)
    }

    /// Reads a text. Relative paths are relative to `base`; `exists` says whether there is such a file.
    pub fn parse(
        file: &str,
        text: &str,
        base: &Path,
        cameras: &[CameraConfig],
        exists: impl Fn(&Path) -> bool,
    ) -> (Self, Problems) {
        read(file, text, &TABLE, |root| {
            let uplink = root.table(&UPLINK);
            let file_of = |key: &Key| {
                let path = base.join(uplink.opt_path(key)?);
                if !exists(&path) {
                    uplink.problem(
                        key,
                        (
                            format!(
                                "`{}` names a file that is not there or may not be read: {}",
                                key.name,
                                path.display()
                            ),
                            format!("`{}` 指定的文件不存在或无权读取：{}", key.name, path.display()),
                        ),
                    );
                }
                Some(path)
            };
            let (certificate, key) = (file_of(&CERTIFICATE), file_of(&KEY));
            if uplink.given(&CERTIFICATE) != uplink.given(&KEY) {
                uplink.problem_here((
                    "`certificate` and `key` need each other: give both or neither",
                    "`certificate` 与 `key` 必须同时填写或同时不写",
                ));
            }
            if uplink.given(&BROKER_PASSWORD) && !uplink.given(&BROKER_USER) {
                uplink.problem(
                    &BROKER_PASSWORD,
                    (
                        "`password` without `user`: give the user too",
                        "只有 `password` 没有 `user`：请同时填写用户名",
                    ),
                );
            }
            Self {
                ca: file_of(&CA),
                certificate,
                key,
                token: uplink.opt_secret(&TOKEN),
                user: uplink.opt_text(&BROKER_USER),
                password: uplink.opt_secret(&BROKER_PASSWORD),
                cameras: logins(root, cameras),
            }
        })
    }
}

fn logins(root: &Section<'_>, cameras: &[CameraConfig]) -> BTreeMap<String, CameraLogin> {
    let mut logins = BTreeMap::new();
    for named in root.table(&CAMERA).named_tables() {
        let Some(camera) = cameras.iter().find(|camera| camera.id == named.name) else {
            let ids = cameras.iter().map(|camera| camera.id.as_str());
            root.problem_at(named.at, unknown_name(("camera", "摄像机"), named.name, ids));
            continue;
        };
        let section = &named.value;
        let user = section.opt_text(&CAMERA_USER);
        if user.is_none() && !section.given(&CAMERA_USER) && camera.user().is_none() {
            section.problem_here((
                "`user` is missing: the camera's url names none either",
                "缺少 `user`：摄像机的 url 中也没有用户名",
            ));
        }
        let password = section.opt_secret(&CAMERA_PASSWORD).unwrap_or_default();
        logins.insert(named.name.to_owned(), CameraLogin { user, password });
    }
    logins
}

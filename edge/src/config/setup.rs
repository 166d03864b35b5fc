//! edge.toml and its credentials together.

use std::path::Path;

use xunge_config::{Problems, load};

use super::EdgeConfig;
use crate::credentials::Credentials;
use crate::uplink::{Timing, TlsFiles, UplinkOptions};

/// What the configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// `run` and `check`: everything must be there.
    Run,
    /// `replay`: neither uplink nor credentials are looked at.
    Replay,
}

/// What a box needs to know.
#[derive(Debug, Clone)]
pub struct Setup {
    /// edge.toml.
    pub config: EdgeConfig,
    /// The credentials file; empty when there is none.
    pub credentials: Credentials,
}

impl Setup {
    /// Reads edge.toml and the credentials file that it names; on any mistake, all mistakes of both.
    ///
    /// `provided` is the folder of systemd's LoadCredential (`$CREDENTIALS_DIRECTORY`): its credentials.toml is used
    /// when edge.toml names none.
    pub fn load(path: &Path, provided: Option<&Path>, purpose: For) -> Result<Self, Problems> {
        let text = load(path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        let (config, mut problems) = EdgeConfig::parse(&path.display().to_string(), &text, base, purpose);
        let provided = provided.map(|folder| folder.join("credentials.toml")).filter(|path| path.is_file());
        let named = config.credentials.clone().or(provided).filter(|_| purpose == For::Run);
        let credentials = match &named {
            Some(named) => {
                let (credentials, more) = Credentials::load(named, &config.cameras);
                problems.extend(more);
                credentials
            }
            None => Credentials::default(),
        };
        let setup = Self { config, credentials };
        if problems.is_empty() && purpose == For::Run {
            problems.extend(setup.missing_credentials(&path.display().to_string()));
        }
        problems.into_result(setup)
    }

    /// What the configuration needs and the credentials do not have.
    fn missing_credentials(&self, file: &str) -> Problems {
        let mut problems = Problems::none();
        let mut say = |en: String, zh: String| problems.extend(Problems::of_file(file, (en, zh)));
        let secure = self.config.uplink.as_ref().is_some_and(|uplink| uplink.mqtt.starts_with("mqtts"));
        if secure && self.credentials.certificate.is_none() && self.credentials.user.is_none() {
            say(
                "the centre will not know this box: the credentials file has neither `certificate` and `key` nor `user` \
                 in [uplink]"
                    .to_owned(),
                "中心无法识别本网关：凭据文件的 [uplink] 中既没有 `certificate` 和 `key`，也没有 `user`".to_owned(),
            );
        }
        let uploads = self.config.uplink.as_ref().is_some_and(|uplink| uplink.evidence.is_some());
        if uploads && self.credentials.token.is_none() {
            say(
                "`evidence` is set, but the credentials file has no `token` in [uplink]: nothing could be uploaded"
                    .to_owned(),
                "已设置 `evidence`，但凭据文件的 [uplink] 中没有 `token`：无法上传证据".to_owned(),
            );
        }
        for camera in self.config.cameras.iter().filter(|camera| camera.needs_password()) {
            if self.credentials.camera(&camera.id).is_none() {
                say(
                    format!(
                        "the url of camera `{0}` needs a password: add [camera.{0}] to the credentials file",
                        camera.id
                    ),
                    format!("摄像机 `{0}` 的 url 需要密码：请在凭据文件中添加 [camera.{0}]", camera.id),
                );
            }
        }
        problems
    }

    /// What the uplink must know; none without `[uplink]`.
    pub fn uplink_options(&self, software: &str) -> Option<UplinkOptions> {
        let uplink = self.config.uplink.as_ref()?;
        let secrets = &self.credentials;
        Some(UplinkOptions {
            site: self.config.site.clone(),
            edge: self.config.edge_id.clone(),
            software: software.to_owned(),
            mqtt: uplink.mqtt.clone(),
            user: secrets.user.clone(),
            password: secrets.password.as_ref().map(|password| password.expose().to_owned()),
            tls: TlsFiles {
                ca: secrets.ca.clone(),
                certificate: secrets.certificate.clone(),
                key: secrets.key.clone(),
            },
            evidence: uplink.evidence.clone(),
            token: secrets.token.as_ref().map(|token| token.expose().to_owned()),
            timing: Timing::default(),
        })
    }
}

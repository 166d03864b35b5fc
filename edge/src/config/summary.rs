//! What the configuration means, for the person who has just written it.

use std::fmt::Write as _;

use super::{CameraConfig, Setup};

impl Setup {
    /// A few lines for the box, then one for each camera and each of its rules; Chinese and English side by side.
    /// It holds no secret.
    pub fn summary(&self) -> String {
        let config = &self.config;
        let mut out = String::new();
        let zone = config.timezone.iana_name().unwrap_or("UTC+8");
        let _ =
            writeln!(out, "网关 box {} · 社区 site {} · 时区 time zone {zone}", config.edge_id, config.site);
        if let Some(uplink) = &config.uplink {
            let evidence = uplink.evidence.as_deref().unwrap_or("只存本机 stays on the box");
            let _ = writeln!(out, "中心 centre {} · 证据 evidence {evidence}", uplink.mqtt);
        }
        for camera in &config.cameras {
            self.camera_summary(camera, &mut out);
        }
        out
    }

    fn camera_summary(&self, camera: &CameraConfig, out: &mut String) {
        let _ = write!(out, "摄像机 camera {} {}: {}", camera.id, camera.name, camera.url);
        if !camera.enabled {
            let _ = writeln!(out, " · 停用 disabled");
            return;
        }
        let login = match (self.credentials.camera(&camera.id), camera.url.starts_with("file:")) {
            (_, true) => "",
            (Some(_), false) => " · 有密码 with password",
            (None, false) => " · 无密码 no password",
        };
        let _ = writeln!(out, " · {} fps{login}", camera.analysis_fps);
        if camera.scene.rules.is_empty() {
            let _ = writeln!(out, "    没有规则，只监视在线状态 no rules: only its own state is watched");
        }
        for rule in &camera.scene.rules {
            let place = rule.place().unwrap_or("整个画面 whole picture");
            let _ = writeln!(
                out,
                "    {} · {} · {place} · 布防 armed {} · 级别 severity {}",
                rule.name,
                rule.kind().name(),
                rule.armed.text(),
                rule.severity
            );
        }
    }
}

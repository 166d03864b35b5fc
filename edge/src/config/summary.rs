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
        let detector = &config.detector;
        let _ = writeln!(
            out,
            "检测 detector: {} · 检测器 workers {} · 线程 threads {}",
            detector.provider.name(),
            detector.workers.map_or("自动 automatic".to_owned(), |workers| workers.to_string()),
            detector.threads
        );
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
        let _ = writeln!(out, "    {}", decoding(camera));
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

/// What is decoded, and what that asks of the camera.
fn decoding(camera: &CameraConfig) -> String {
    let Some(limit) = camera.sleep().limit() else {
        return "始终完整解码 everything is decoded always".to_owned();
    };
    let secs = limit.as_secs_f64();
    let (zh, en) = match camera.scene.most_urgent() {
        Some((rule, _)) => (format!("（规则 {}）", rule.name), format!(" (rule {})", rule.name)),
        None => Default::default(),
    };
    format!(
        "无动静时只解码关键帧，摄像机的关键帧间隔须不超过 {secs} 秒{zh} · keyframes only while nothing happens, if the \
         camera sends one every {secs} s{en}"
    )
}

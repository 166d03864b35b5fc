//! The systemd units hold what keeps an unattended box alive and its secrets away from others.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::path::Path;

/// The settings of a unit, each `Section.Key=value`; comments left out.
fn settings(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name);
    let mut section = String::new();
    let mut settings = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
        } else if !line.is_empty() && !line.starts_with('#') {
            assert!(line.contains('='), "{name}: `{line}` is no setting");
            settings.push(format!("{section}.{line}"));
        }
    }
    settings
}

#[test]
fn units_restart_for_ever_and_are_confined() {
    for (unit, state) in [("xunge-edge.service", "xunge"), ("xunge-central.service", "xunge-central")] {
        let settings = settings(unit);
        let state = format!("Service.StateDirectory={state}");
        for wanted in [
            "Unit.StartLimitIntervalSec=0",
            "Service.Type=notify",
            "Service.Restart=always",
            "Service.DynamicUser=yes",
            "Service.ProtectSystem=strict",
            "Service.NoNewPrivileges=yes",
            "Service.CapabilityBoundingSet=",
            state.as_str(),
        ] {
            assert!(settings.iter().any(|setting| setting == wanted), "{unit} lacks {wanted}");
        }
        for begins in ["Service.WatchdogSec=", "Service.RestartSec=", "Service.ExecStart=/usr/bin/xunge-"] {
            assert!(settings.iter().any(|setting| setting.starts_with(begins)), "{unit} lacks {begins}");
        }
    }
}

/// The credentials example names its certificates beside itself; systemd puts each file there under the same name.
#[test]
fn the_edge_unit_is_given_every_file_that_the_credentials_name() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/credentials.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let loaded = settings("xunge-edge.service");
    let named = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    };
    for file in ["credentials.toml".to_owned(), named("ca ="), named("certificate ="), named("key =")] {
        let begins = format!("Service.LoadCredential={file}:");
        assert!(loaded.iter().any(|setting| setting.starts_with(&begins)), "the unit does not load {file}");
    }
}

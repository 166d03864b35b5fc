use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use xunge_config::reference::{Language, keep_part, markdown};

use super::*;
use crate::credentials::{self, Credentials};
use crate::ingest::{Source, Transport};

mod pages;

/// The contract of the house: this text is what installers and other programs write.
const CONTRACT: &str = r#"
edge_id = "gw-0001"
site    = "420502001001"            # 12-digit community code

[uplink]
mqtt = "mqtts://central.example:8883"

[[camera]]
id = "gate-east"
name = "东门"
url = "rtsp://user@10.0.0.5/stream2" # rtsp, rtsps, file; passwords come from the credentials file, never from here
analysis_fps = 5
[camera.zone]
lawn = [[0.10, 0.55], [0.48, 0.52], [0.52, 0.95], [0.08, 0.97]]
[camera.line]
gate = [[0.30, 0.62], [0.70, 0.62]]

[[camera.rule.intrusion]]
name = "lawn-night"
zone = "lawn"
armed = "22:00-06:00"

[[camera.rule.loitering]]
name = "gate-loiter"
zone = "lawn"                        # no zone: the whole frame
dwell_secs = 60
"#;

fn parse(text: &str) -> (EdgeConfig, Problems) {
    EdgeConfig::parse("edge.toml", text, Path::new("/etc/xunge"), For::Run)
}

fn config_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")
}

#[test]
fn the_contract_parses_as_it_stands() {
    let (config, problems) = parse(CONTRACT);
    assert_eq!(problems.to_string(), "");
    assert_eq!((config.edge_id.as_str(), config.site.as_str()), ("gw-0001", "420502001001"));
    assert_eq!(config.storage.directory, Path::new("/var/lib/xunge"));
    let camera = config.camera("gate-east").unwrap();
    assert_eq!((camera.name.as_str(), camera.analysis_fps, camera.enabled), ("东门", 5.0, true));
    assert_eq!(camera.transport, Transport::Tcp);
    assert_eq!(camera.scene.rules.len(), 2);
    let evidence = config.uplink.unwrap().evidence;
    assert_eq!(evidence, None);
}

#[test]
fn the_tables_are_sound_and_stand_in_the_reference() {
    let update = std::env::var_os("UPDATE").is_some();
    for (part, table) in [("edge.toml", &TABLE), ("credentials.toml", &credentials::TABLE)] {
        assert_eq!(xunge_config::schema_faults(table), Vec::<String>::new());
        for (file, language) in
            [("REFERENCE.md", Language::English), ("REFERENCE.zh-CN.md", Language::Chinese)]
        {
            keep_part(&config_folder().join(file), part, &markdown(table, language), update).unwrap();
        }
    }
}

#[test]
fn every_example_is_valid() {
    let mut seen = 0;
    for entry in fs::read_dir(config_folder().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // Of the centre, and tested there; the credentials belong to the first example.
        if name.starts_with("central") || name == "credentials.toml" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (config, problems) = EdgeConfig::parse(name, &text, &config_folder(), For::Run);
        assert_eq!(problems.to_string(), "", "{name}");
        assert!(config.cameras.iter().any(|camera| !camera.scene.rules.is_empty()), "{name} watches nothing");
        seen += 1;
    }
    assert!(seen >= 2, "the examples are gone");

    let examples = config_folder().join("examples");
    let text = fs::read_to_string(examples.join("gate-and-stairwell.toml")).unwrap();
    let (config, _) = EdgeConfig::parse("edge.toml", &text, &examples, For::Run);
    let text = fs::read_to_string(examples.join("credentials.toml")).unwrap();
    let (credentials, problems) =
        Credentials::parse("credentials.toml", &text, &examples, &config.cameras, |_| true);
    assert_eq!(problems.to_string(), "");
    let Source::Rtsp(source) = config.cameras[0].source(&credentials) else { panic!("not a network camera") };
    assert_eq!(source.login.unwrap().user, "viewer", "the user of the url");
}

#[test]
fn mistakes_are_named_all_at_once_with_their_lines() {
    for (text, wanted) in [
        (
            "edge_id = \"gw 1\"\nsite = \"42050200100\"\ntimezone = \"Asia/Bejing\"\n[uplink]\nmqtt = \"mqtt://10.0.0.1\"\nevidence = \"ftp://h\"\n\
             [detector]\nworkers = 0\n",
            "edge.toml:1:1: there is no [[camera]]: nothing would be watched\n\
             edge.toml:1:11: `edge_id` must be 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, and must not begin with a dot\n\
             edge.toml:2:8: `site` must be the 12-digit code of a community, such as \"420502001001\"\n\
             edge.toml:3:12: `timezone` is not known on this machine: use a name such as \"Asia/Shanghai\", or install the package tzdata\n\
             edge.toml:5:8: `mqtt` would carry alerts in the clear: use mqtts:// (mqtt:// only on this same machine)\n\
             edge.toml:6:12: `evidence` is not a URL that can be used here: it must begin with https://, http://\n\
             edge.toml:8:11: `workers` is 0, but must be from 1 to 64",
        ),
        (
            "edge_id = \"g\"\nsite = \"420502001001\"\nname = \"x\"\n[[camera]]\nid = \"a\"\nurl = \"file:///v.mp4\"\ntransport = \"udp\"\n\
             [[camera]]\nid = \"a\"\nurl = \"rtsp://u:hunter2@h/s\"\nanalysis_fps = 30\nanalysisfps = 5\n[uplink]\nmqtt = \"mqtts://u@h/x\"\n",
            "edge.toml:3:1: `name` does not belong in the top of the file but in [[camera]] or [[camera.rule.intrusion]] or [[camera.rule.line_crossing]]\n\
             edge.toml:7:13: `transport` has no meaning for a file: remove it\n\
             edge.toml:9:6: the id `a` belongs to another camera above\n\
             edge.toml:10:7: `url` holds a password: put the password into the credentials file (an `@` in the path is written %40)\n\
             edge.toml:11:16: `analysis_fps` is 30, but must be from 0.5 to 25 fps\n\
             edge.toml:12:1: unknown key `analysisfps` in [[camera]]; did you mean `analysis_fps`?\n\
             edge.toml:14:8: `mqtt` must not name a user: user and password belong in the credentials file\n\
             edge.toml:14:8: nothing may follow the port of `mqtt`",
        ),
    ] {
        assert_eq!(parse(text).1.english(), wanted);
    }
}

#[test]
fn only_replay_does_without_the_uplink() {
    let text = CONTRACT.replace("[uplink]\nmqtt = \"mqtts://central.example:8883\"\n", "");
    let problems = parse(&text).1.english();
    assert!(problems.starts_with("edge.toml:1:1: [uplink] is missing"), "{problems}");
    let (_, problems) = EdgeConfig::parse("edge.toml", &text, Path::new(""), For::Replay);
    assert_eq!(problems.to_string(), "");
}

#[test]
fn passwords_reach_the_camera_and_nothing_else() {
    let text = CONTRACT.replace("rtsp://user@10.0.0.5/stream2", "rtsp://10.0.0.5/a={password}");
    let (config, problems) = parse(&text);
    assert_eq!(problems.to_string(), "");
    let secret = "[camera.gate-east]\nuser = \"viewer\"\npassword = \"hunter2\"\n";
    let (credentials, problems) =
        Credentials::parse("credentials.toml", secret, Path::new(""), &config.cameras, |_| true);
    assert_eq!(problems.to_string(), "");
    let source = config.cameras[0].source(&credentials);
    assert!(!format!("{source:?}{credentials:?}{config:?}").contains("hunter2"));
    let Source::Rtsp(source) = source else { panic!("not a network camera") };
    let login = source.login.unwrap();
    assert_eq!((login.user.as_str(), login.password.expose()), ("viewer", "hunter2"));
}

#[test]
fn the_credentials_have_their_own_mistakes() {
    let (config, _) = parse(CONTRACT);
    let text = "[uplink]\nca = \"ca.pem\"\ncertificate = \"edge.pem\"\ntoken = \"hunter2\"\n[camera.gate-est]\npassword = \"hunter2\"\n\
                [camera.gate-east]\nuser = 5\npasword = \"hunter2\"\n[kamera]\n";
    let (_, problems) =
        Credentials::parse("credentials.toml", text, Path::new("/c"), &config.cameras, |path| {
            path.ends_with("ca.pem")
        });
    assert_eq!(
        problems.english(),
        "credentials.toml:1:2: `certificate` and `key` need each other: give both or neither\n\
         credentials.toml:3:15: `certificate` names a file that is not there or may not be read: /c/edge.pem\n\
         credentials.toml:4:9: `token` must be 8 to 512 characters long\n\
         credentials.toml:5:9: there is no camera `gate-est`; did you mean `gate-east`?\n\
         credentials.toml:7:9: `password` is missing in [camera.gate-east]\n\
         credentials.toml:8:8: `user` must be a text, but here is a whole number\n\
         credentials.toml:9:1: unknown key `pasword` in [camera.gate-east]; did you mean `password`?\n\
         credentials.toml:10:2: unknown section `kamera` in the top of the file; did you mean `camera`?"
    );
}

/// A folder with edge.toml and what else is given, all readable by the owner only.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

const UPLINK: &str =
    "[uplink]\nca = \"ca.pem\"\ncertificate = \"edge.pem\"\nkey = \"edge.key\"\ntoken = \"0123456789\"\n";

#[test]
fn a_box_is_read_with_its_credentials() {
    let edge = format!(
        "credentials = \"credentials.toml\"\n{}",
        CONTRACT.replace("\n[[camera]]", "evidence = \"https://c/x/\"\n[[camera]]")
    );
    let pem = [("ca.pem", ""), ("edge.pem", ""), ("edge.key", "")];
    let mut files = vec![("edge.toml", edge.as_str()), ("credentials.toml", UPLINK)];
    files.extend(pem);
    let folder = folder(&files);
    let path = folder.path().join("edge.toml");
    let setup = Setup::load(&path, None, For::Run).unwrap();
    let options = setup.uplink_options("0.1").unwrap();
    assert_eq!(options.tls.key, Some(folder.path().join("edge.key")));
    assert_eq!(
        (options.evidence.as_deref(), options.token.as_deref()),
        (Some("https://c/x"), Some("0123456789"))
    );
    assert!(setup.summary().contains("gate-east"));

    let credentials = folder.path().join("credentials.toml");
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o644)).unwrap();
    let problems = Setup::load(&path, None, For::Run).unwrap_err().english();
    assert_eq!(
        problems,
        format!(
            "{}: every user of this machine may read or change it: run chmod o= on it",
            credentials.display()
        )
    );
    assert!(Setup::load(&path, None, For::Replay).is_ok(), "replay does not look at credentials");
    fs::remove_file(&credentials).unwrap();
    let problems = Setup::load(&path, None, For::Run).unwrap_err().english();
    assert_eq!(problems, format!("{}: there is no such file", credentials.display()));
}

#[test]
fn systemd_hands_the_credentials_over() {
    let provided =
        folder(&[("credentials.toml", UPLINK), ("ca.pem", ""), ("edge.pem", ""), ("edge.key", "")]);
    let own = folder(&[("edge.toml", CONTRACT)]);
    let path = own.path().join("edge.toml");
    let setup = Setup::load(&path, Some(provided.path()), For::Run).unwrap();
    assert_eq!(setup.credentials.ca, Some(provided.path().join("ca.pem")));
    let problems = Setup::load(&path, None, For::Run).unwrap_err().english();
    assert!(problems.contains("the centre will not know this box"), "{problems}");
}

#[test]
fn what_the_configuration_needs_and_the_credentials_lack_is_said() {
    let edge = CONTRACT
        .replace("\n[[camera]]", "evidence = \"https://c\"\n[[camera]]")
        .replace("rtsp://user@10.0.0.5/stream2", "rtsp://10.0.0.5/a={password}");
    let folder = folder(&[("edge.toml", &edge)]);
    let path = folder.path().join("edge.toml");
    let problems = Setup::load(&path, None, For::Run).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems}");
    for part in
        ["will not know this box", "no `token` in [uplink]", "add [camera.gate-east] to the credentials file"]
    {
        assert!(problems.english().contains(part), "{part} not in {problems}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the reader takes for a name can stand in every topic and path.
    #[test]
    fn names_are_those_of_the_contract(text in "[a-zA-Z0-9._/+# 门-]{0,70}") {
        prop_assert_eq!(xunge_config::plain_name(&text), xunge_alert::check_name(&text).is_ok());
    }

    /// The contract's own lines in any order, some cut, is read without panic and without repeating a secret.
    #[test]
    fn shuffled_and_cut_lines_never_panic(order in prop::collection::vec((0..40_usize, 0..60_usize), 0..40)) {
        let text = CONTRACT.replace("user@", "u:hunter2@") + "[camera.gate-east]\npassword = \"hunter2\"\nhunter2\n";
        let lines: Vec<&str> = text.lines().collect();
        let shuffled: String = order
            .iter()
            .map(|(index, cut)| {
                let line = lines[index % lines.len()];
                let kept: String = line.chars().take((*cut).max(1)).collect();
                format!("{kept}\n")
            })
            .collect();
        let (config, problems) = parse(&shuffled);
        prop_assert!(!format!("{problems}{problems:?}").replace("`hunter2`", "").contains("hunter2"), "{problems}");
        let (credentials, problems) =
            Credentials::parse("c.toml", &shuffled, Path::new("/c"), &config.cameras, |_| false);
        prop_assert!(!format!("{problems:?}{credentials:?}").replace("`hunter2`", "").contains("hunter2"), "{problems}");
    }
}

use super::*;

fn problems(text: &str) -> String {
    CentralConfig::parse("central.toml", text, Path::new("/etc/xunge")).1.english()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")
}

#[test]
fn the_table_is_sound_and_stands_in_the_reference() {
    assert_eq!(xunge_config::schema_faults(&TABLE), Vec::<String>::new());
    use xunge_config::reference::{Language, keep_part, markdown};
    let update = std::env::var_os("UPDATE").is_some();
    for (file, language) in [("REFERENCE.md", Language::English), ("REFERENCE.zh-CN.md", Language::Chinese)] {
        keep_part(&folder().join(file), "central.toml", &markdown(&TABLE, language), update).unwrap();
    }
}

#[test]
fn an_empty_file_is_a_working_centre() {
    let (config, problems) = CentralConfig::parse("central.toml", "", Path::new("/etc/xunge"));
    assert_eq!(problems.to_string(), "");
    assert_eq!(config.data_dir, Path::new("/var/lib/xunge-central"));
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.web.session, Duration::from_secs(12 * 3600));
    assert_eq!((config.evidence.max_file_bytes, config.evidence.keep_days), (64_000_000, 30));
    let BrokerChoice::Embedded { listen, names } = config.broker else { panic!("{:?}", config.broker) };
    assert_eq!((listen.to_string().as_str(), names.len()), ("0.0.0.0:8883", 0));
}

#[test]
fn evidence_is_kept_as_long_as_the_law_asks_for() {
    assert!(problems("[evidence]\nkeep_days = 29").contains("30 days at least (decree 799, article 17)"));
    assert_eq!(problems("[evidence]\nkeep_days = 30"), "");
    // the key of before is not read over
    assert!(problems("[evidence]\nretention_days = 30").contains("retention_days"));
}

#[test]
fn the_example_for_real_sites_is_valid() {
    let config = CentralConfig::load(&folder().join("examples/central.toml")).unwrap();
    assert!(matches!(config.broker, BrokerChoice::Embedded { ref names, .. } if !names.is_empty()));
}

#[test]
fn an_external_broker_has_its_files_beside_the_configuration() {
    let text = "[broker]\nmode = \"external\"\nurl = \"mqtts://b.example\"\nca = \"ca.pem\"\ncertificate = \"c.pem\"\nkey = \"/k\"\n";
    let (config, problems) = CentralConfig::parse("central.toml", text, Path::new("/etc/xunge"));
    assert_eq!(problems.to_string(), "");
    let tls = BrokerTls {
        ca: "/etc/xunge/ca.pem".into(),
        certificate: "/etc/xunge/c.pem".into(),
        key: "/k".into(),
    };
    assert_eq!(
        config.broker,
        BrokerChoice::External { host: "b.example".to_owned(), port: 8883, tls: Some(tls) }
    );
    assert_eq!(problems_of_plain("mqtt://127.0.0.1:1884"), "");
    assert_eq!(
        problems_of_plain("mqtt://10.0.0.1"),
        "central.toml:3:7: `url` would carry alerts in the clear: use mqtts:// (mqtt:// only on this same machine)"
    );
}

fn problems_of_plain(url: &str) -> String {
    problems(&format!("[broker]\nmode = \"external\"\nurl = \"{url}\"\n"))
}

#[test]
fn a_database_elsewhere_is_verified_and_its_password_is_in_a_file() {
    let text = "[store]\npostgres = \"postgres://xunge@db.example/xunge?sslmode=verify-full\"\npassword_file = \"pw\"\n";
    let (config, none) = CentralConfig::parse("central.toml", text, Path::new("/etc/xunge"));
    assert_eq!(none.to_string(), "");
    let StoreChoice::Postgres { url, password_file } = config.store else { panic!("{:?}", config.store) };
    assert_eq!((url.host_str(), url.path()), (Some("db.example"), "/xunge"));
    assert_eq!(password_file.as_deref(), Some(Path::new("/etc/xunge/pw")));
    assert_eq!(problems_of_store("postgres://xunge@127.0.0.1:5433/xunge"), "");
    assert!(
        problems_of_store("postgres://xunge@10.0.0.1/xunge?sslmode=require")
            .contains("add ?sslmode=verify-full")
    );
    assert!(problems_of_store("postgres://xunge:hunter2@127.0.0.1/xunge").contains("holds a password"));
    assert!(problems("[store]\npassword_file = \"pw\"\n").contains("no meaning without `postgres`"));
}

fn problems_of_store(url: &str) -> String {
    problems(&format!("[store]\npostgres = \"{url}\"\n"))
}

#[test]
fn mistakes_are_named_all_at_once() {
    for (text, wanted) in [
        (
            "datadir = \"/x\"\n[broker]\nurl = \"mqtts://h\"\nlisten = 8883\nnames = [\"a b\"]\n[web]\nsession_hours = 0\n[org]\ntimezone = \"Asia/Beijing\"\n",
            "central.toml:1:1: unknown key `datadir` in the top of the file; did you mean `data_dir`?\n\
             central.toml:3:7: `url` has no meaning with mode = \"embedded\": remove it or change the mode\n\
             central.toml:4:10: `listen` must be an address and port, such as \"0.0.0.0:8883\", but here is a whole number\n\
             central.toml:5:9: `names` holds something that is neither a host name nor an address\n\
             central.toml:7:17: `session_hours` is 0, but must be from 0.1 to 168 h\n\
             central.toml:9:12: `timezone` is not known on this machine: use a name such as \"Asia/Shanghai\", or install the package tzdata",
        ),
        (
            "[broker]\nmode = \"external\"\nlisten = \"0.0.0.0:1\"\n",
            "central.toml:1:2: `url` is missing: mode = \"external\" needs it\n\
             central.toml:3:10: `listen` has no meaning with mode = \"external\": remove it or change the mode",
        ),
        (
            "[broker]\nmode = \"external\"\nurl = \"mqtts://central:hunter2@h\"\nca = \"x\"\n",
            "central.toml:1:2: mqtts needs all three of `ca`, `certificate` and `key`\n\
             central.toml:3:7: `url` holds a password: put the password into the credentials file (an `@` in the path is written %40)",
        ),
    ] {
        assert_eq!(problems(text), wanted);
    }
}

#[test]
fn what_is_usual_for_cases_is_what_the_house_goes_by() {
    use crate::case::rules::{AUTO_DISPATCH, Rules};
    let (config, _) = CentralConfig::parse("central.toml", "", Path::new(""));
    let usual = Rules::usual(crate::org::Calendar::new(jiff::tz::TimeZone::UTC, []));
    assert_eq!(config.cases.limits, usual.limits);
    assert_eq!((config.cases.auto_dispatch, config.cases.raises.len()), (AUTO_DISPATCH, 0));
}

#[test]
fn limits_and_raises_are_read_and_every_mistake_is_named() {
    let text = "[cases]\nauto_dispatch = 2\n[cases.p3]\nack = \"10min\"\nhandle = \"none\"\n[[cases.raise]]\n\
                behaviors = [\"fall\"]\nplaces = [\"stairwell\"]\nhours = \"22:00-06:00\"\nby = 2\n";
    let (config, found) = CentralConfig::parse("central.toml", text, Path::new(""));
    assert_eq!(found.to_string(), "");
    assert_eq!(config.cases.limits[2].ack, Some(crate::org::Span::Continuous(600.0)));
    assert_eq!(config.cases.limits[2].handle, None);
    let raise = &config.cases.raises[0];
    assert_eq!((raise.behaviors.len(), raise.places.len(), raise.by), (1, 1, 2));
    assert!(raise.hours.is_some());

    let said =
        problems("[cases.p1]\nack = \"soon\"\n[[cases.raise]]\nhours = \"night\"\nplaces = [\"moon\"]\n");
    for part in
        ["central.toml:2:", "30s, 3min", "central.toml:4:", "22:00-06:00", "central.toml:5:", "stairwell"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_object_store_is_reached_safely_or_says_why_not() {
    let text = "[evidence.s3]\nbucket = \"xunge-evidence\"\nendpoint = \"https://minio.example:9000\"\nprefix = \"/a/b/\"\n\
                access_key_file = \"s3.id\"\nsecret_key_file = \"/run/s3.key\"\nca = \"ca.pem\"\n";
    let (config, none) = CentralConfig::parse("central.toml", text, Path::new("/etc/xunge"));
    assert_eq!(none.to_string(), "");
    let s3 = config.evidence.s3.unwrap();
    assert_eq!((s3.bucket.as_str(), s3.prefix.as_str(), s3.path_style), ("xunge-evidence", "a/b", true));
    assert_eq!(s3.access_key_file.as_deref(), Some(Path::new("/etc/xunge/s3.id")));
    assert_eq!(s3.secret_key_file.as_deref(), Some(Path::new("/run/s3.key")));
    assert_eq!(CentralConfig::parse("central.toml", "", Path::new("")).0.evidence.s3, None);

    let s3 = |lines: &str| problems(&format!("[evidence.s3]\n{lines}"));
    for fine in [
        "bucket = \"b-1\"\n",
        "bucket = \"b-1\"\nendpoint = \"http://127.0.0.1:9000\"\n",
        "bucket = \"b-1\"\nendpoint = \"http://[::1]:9000\"\n",
        "bucket = \"b-1\"\nendpoint = \"http://10.0.0.9:9000\"\nallow_http = true\n",
        "bucket = \"b-1\"\nendpoint = \"https://oss.example\"\npath_style = false\n",
    ] {
        assert_eq!(s3(fine), "", "{fine}");
    }
    for (lines, said) in [
        ("", "`bucket` is missing"),
        ("bucket = \"\"\n", "no name of a bucket"),
        ("bucket = \"https://minio/b\"\n", "no name of a bucket"),
        ("bucket = \"b-1\"\nendpoint = \"http://10.0.0.9:9000\"\n", "carry evidence in the clear"),
        ("bucket = \"b-1\"\nendpoint = \"https://minio.example/b-1\"\n", "host and port only"),
        ("bucket = \"b-1\"\nendpoint = \"https://10.0.0.9\"\npath_style = false\n", "needs a host name"),
        ("bucket = \"b-1\"\nallow_http = true\n", "no meaning without `endpoint`"),
        ("bucket = \"b-1\"\nprefix = \"a/../b\"\n", "single slashes"),
        ("bucket = \"b-1\"\naccess_key_file = \"x\"\n", "needs `secret_key_file` beside it"),
        ("bucket = \"b-1\"\nsecret_key = \"hunter2\"\n", "secret_key"),
        ("bucket = \"b-1\"\nendpoint = \"https://me:hunter2@minio.example\"\n", "password"),
    ] {
        let found = s3(lines);
        assert!(found.contains(said), "{lines}: {found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

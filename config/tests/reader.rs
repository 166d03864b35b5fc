//! Bad files and the exact sentences they get, with line and column; and: no text at all makes the reader panic.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use xunge_config::{Key, Kind, Problems, Refusal, Section, Table, read, schema_faults, unknown_name};

const ID: Key = Key::name("id").required().doc("id", "编号").example("\"gate-east\"");
const TITLE: Key = Key::text("title").range(1.0, 10.0).doc("title", "标题");
const SOURCE: Key = Key::url("url", &["rtsp", "file"]).required().doc("source", "来源");
const FPS: Key = Key::float("fps").default("5").range(0.5, 25.0).unit("fps").doc("rate", "帧率");
const ENABLED: Key = Key::bool("enabled").default("true").doc("on or off", "启用");
const TRANSPORT: Key = Key::choice("transport", &["tcp", "udp"]).default("\"tcp\"").doc("transport", "传输");
const CLASSES: Key =
    Key::choices("classes", &["person", "car"]).default("[\"person\"]").doc("classes", "类别");
const DWELL: Key = Key::float("dwell_secs").default("60").range(1.0, 86_400.0).unit("s").doc("dwell", "停留");
const COUNT: Key = Key::int("count").default("5").range(1.0, 100.0).doc("people", "人数");
const ZONE_NAME: Key = Key::name("zone").doc("zone", "区域");
const LISTEN: Key = Key::socket("listen").default("\"127.0.0.1:8080\"").doc("address", "地址");
const NAMES: Key = Key::texts("names").doc("names", "名称");
const TOKEN: Key = Key::text("token").secret().range(8.0, 100.0).doc("token", "令牌");
const PIN: Key = Key::int("pin").secret().range(0.0, 9999.0).doc("pin", "密码");
const PASSWORD: Key = Key::text("password").secret().required().doc("password", "密码");

static LOITERING: Table = Table::many("loitering", &[&[ID, ZONE_NAME, DWELL]]).doc("loitering", "徘徊");
static CROWD: Table = Table::many("crowd", &[&[ID, ZONE_NAME, COUNT, CLASSES]])
    .refuses(&[Refusal::new("fps", "it takes the camera's; remove it", "以摄像机的为准；请删除")])
    .doc("crowd", "群体");
static RULE: Table = Table::one("rule", &[]).tables(&[&LOITERING, &CROWD]).doc("rules", "规则");
static ZONE: Table = Table::free("zone", Key::points("").doc("corners", "顶点")).doc("zones", "区域");
static CAMERA: Table = Table::many("camera", &[&[ID, TITLE, SOURCE, FPS, ENABLED, TRANSPORT]])
    .tables(&[&ZONE, &RULE])
    .doc("cameras", "摄像机");
static WEB: Table = Table::one("web", &[&[LISTEN, NAMES, TOKEN, PIN]]).doc("web", "网页");
static LOGIN: Table = Table::free_tables("login", &[&[PASSWORD]]).doc("logins", "登录");
static ROOT: Table = Table::one("", &[&[ID]]).tables(&[&WEB, &LOGIN, &CAMERA]);

/// Reads everything; what it understood comes back as text, so that defaults can be compared.
fn build(root: &Section<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "id={}", root.text(&ID));
    let web = root.table(&WEB);
    let _ = writeln!(
        out,
        "web={:?} names={:?} token={} pin={:?}",
        web.opt_socket(&LISTEN),
        web.texts(&NAMES),
        web.opt_secret(&TOKEN).is_some(),
        web.opt_int(&PIN)
    );
    for login in root.table(&LOGIN).named_tables() {
        let _ = writeln!(out, "login {} {}", login.name, login.value.opt_secret(&PASSWORD).is_some());
    }
    for camera in root.tables(&CAMERA) {
        let _ = writeln!(
            out,
            "camera={} title={:?} url={:?} fps={} on={} {}",
            camera.text(&ID),
            camera.opt_text(&TITLE),
            camera.opt_text(&SOURCE),
            camera.float(&FPS),
            camera.bool(&ENABLED),
            camera.choice(&TRANSPORT)
        );
        let zones = camera.table(&ZONE).named_points();
        let names: Vec<&str> = zones.iter().map(|zone| zone.name).collect();
        for zone in &zones {
            if zone.value.len() < 3 {
                camera.problem_at(zone.at, ("a zone needs three corners", "区域至少要有三个顶点"));
            }
        }
        let rules = camera.table(&RULE);
        for rule in rules.tables(&LOITERING) {
            let _ = writeln!(out, "loitering={} {:?}", rule.text(&ID), rule.secs(&DWELL));
            check_zone(&rule, &names);
        }
        for rule in rules.tables(&CROWD) {
            let _ = writeln!(
                out,
                "crowd={} {} {:?}",
                rule.text(&ID),
                rule.count(&COUNT),
                rule.choices(&CLASSES).unwrap_or_default()
            );
            check_zone(&rule, &names);
        }
    }
    out
}

fn check_zone(rule: &Section<'_>, names: &[&str]) {
    if let Some(zone) = rule.opt_text(&ZONE_NAME)
        && !names.contains(&zone.as_str())
    {
        rule.problem(&ZONE_NAME, unknown_name(("zone", "区域"), &zone, names.iter().copied()));
    }
}

fn problems_of(text: &str) -> Problems {
    read("edge.toml", text, &ROOT, build).1
}

fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, wanted, "{} differs; look at it and run with UPDATE=1", path.display());
}

#[test]
fn the_tables_are_sound() {
    assert_eq!(schema_faults(&ROOT), Vec::<String>::new());
    static BAD: Table = Table::one(
        "",
        &[&[
            Key::float("a").default("0").range(1.0, 2.0).doc("a", "a"),
            Key::choice("b", &["x"]).default("\"y\""),
            Key::new("a", Kind::Bool).example("1").doc("a", "a"),
        ]],
    );
    let faults = schema_faults(&BAD).join("\n");
    for part in [
        "`a` in the top of the file: its own default is refused",
        "`b` in the top of the file has no doc",
        "`a` in the top of the file stands there twice",
        "its own example is refused",
    ] {
        assert!(faults.contains(part), "{part} not in:\n{faults}");
    }
}

#[test]
fn a_good_file_is_read_with_its_defaults() {
    let text = "id = \"gw-1\"\n[[camera]]\nid = \"a\"\nurl = \"rtsp://u@h/s\"\nfps = 10\n[camera.zone]\nlawn = [[0, 0], [1, 0.5], [0.5, 1]]\n\
                [[camera.rule.loitering]]\nid = \"l\"\nzone = \"lawn\"\ndwell_secs = 1_0.5\n[[camera.rule.crowd]]\nid = \"c\"\n\
                [login.a]\npassword = \"x\"\n";
    let (value, problems) = read("edge.toml", text, &ROOT, build);
    assert_eq!(problems.to_string(), "");
    assert_eq!(
        value,
        "id=gw-1\nweb=Some(127.0.0.1:8080) names=[] token=false pin=None\nlogin a true\n\
         camera=a title=None url=Some(\"rtsp://u@h/s\") fps=10 on=true tcp\nloitering=l 10.5s\ncrowd=c 5 [\"person\"]\n"
    );
}

/// Every file of tests/bad, with the sentences it gets in both languages.
#[test]
fn bad_files_get_exactly_these_sentences() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the examples in {} are gone", folder.display());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let problems = problems_of(&text);
        assert!(!problems.is_empty(), "{name} has no problem");
        for secret in ["hunter2", "4711"] {
            assert!(!format!("{problems:?}").contains(secret), "{name} repeats a secret: {problems}");
        }
        golden(&format!("{name}.txt"), &format!("{problems}\n"));
    }
}

#[test]
fn problems_are_many_but_bounded() {
    let mut text = String::from("id = \"a\"\n");
    for index in 0..1000 {
        let _ = writeln!(text, "x{index} = 1");
    }
    let problems = problems_of(&text);
    assert_eq!(problems.len(), 201);
    assert!(problems.english().ends_with("there are more; correct these first"), "{problems}");
}

#[test]
fn windows_files_are_read_and_deep_nesting_is_refused() {
    let (value, problems) = read("edge.toml", "\u{feff}id = \"gw-1\"\r\n[web]\r\npin = 12\r\n", &ROOT, build);
    assert_eq!(problems.to_string(), "");
    assert!(value.contains("id=gw-1") && value.contains("pin=Some(12)"), "{value}");
    for deep in [
        format!("id = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        "a.".repeat(100_000),
    ] {
        assert!(!problems_of(&deep).is_empty());
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("edge.toml");
    let error = xunge_config::load(&missing).unwrap_err();
    assert_eq!(error.english(), format!("{}: there is no such file", missing.display()));
    std::fs::write(&missing, [0xff, 0xfe]).unwrap();
    let error = xunge_config::load(&missing).unwrap_err();
    assert_eq!(error.english(), format!("{}: is not UTF-8 text", missing.display()));
    std::fs::write(&missing, vec![b' '; 5 * 1024 * 1024]).unwrap();
    let error = xunge_config::load(&missing).unwrap_err();
    assert!(error.english().contains("larger than 4 MiB"));
}

/// Lines that the generator strings together: valid, nearly valid, and broken.
const LINES: &[&str] = &[
    "id = \"a\"",
    "id = 5",
    "id = \"hunter2 hunter2\"",
    "url = \"rtsp://u:hunter2@h/s\"",
    "url = \"rtsp://u:hun/ter@2hunter2@h\"",
    "url = \"hunter2\"",
    "url = [\"hunter2\"]",
    "fps = \"hunter2\"",
    "fps = 1e999",
    "fps = nan",
    "fps = -0",
    "enabled = \"hunter2\"",
    "transport = \"hunter2\"",
    "classes = [\"hunter2\", 3]",
    "dwell_secs = 9223372036854775808",
    "count = 0x7fffffffffffffff",
    "token = \"hunter2\"",
    "token = 7",
    "pin = 4711000",
    "pin = \"4711000\"",
    "password = [\"hunter2\"]",
    "pasword = \"hunter2\"",
    "\"hunter2 is my password\" = 1",
    "zone = [[0.1, 0.2]]",
    "lawn = [[0, 0], [1, \"hunter2\"]]",
    "lawn = { a = [1, {}] }",
    "names = [[[]]]",
    "listen = \"hunter2\"",
    "[web]",
    "[[web]]",
    "[camera]",
    "[[camera]]",
    "[camera.zone]",
    "[[camera.zone]]",
    "[camera.rule]",
    "[[camera.rule.loitering]]",
    "[camera.rule.loitering]",
    "[[camera.rule.crowdd]]",
    "[login]",
    "[login.a]",
    "[[login.a]]",
    "[login.a.b]",
    "web = 5",
    "camera = [1, {id = \"x\"}]",
    "camera.zone = 1",
    "= hunter2",
    "id = \"hunter2",
    "id = hunter2",
    "]",
    "\u{0}",
    "名 = \"门\"",
    "1979-05-27 = 1979-05-27T07:32:00Z",
    "",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_lines_are_read_without_panic_and_without_repeating_a_secret(picked in prop::collection::vec(0..LINES.len(), 0..14)) {
        let text: String = picked.into_iter().map(|line| format!("{}\n", LINES[line])).collect();
        let problems = problems_of(&text);
        let lines = text.lines().count();
        for problem in problems.iter() {
            prop_assert!((1..=lines.max(1) + 1).contains(&problem.line), "{problem} in {lines} lines");
        }
        let said = format!("{problems}{problems:?}");
        prop_assert!(!said.contains("hunter2") && !said.contains("4711"), "{said}\n--- of\n{text}");
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}|[\\[\\]={}\"'a-z0-9.,\\n\\\\ #]{0,200}") {
        let _ = problems_of(&text);
    }
}

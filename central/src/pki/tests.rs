use std::os::unix::fs::PermissionsExt;

use super::*;

const SITE: &str = "420502001001";

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_ca_is_made_once_and_its_key_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let pki = dir.path().join("data/pki");
    let first = Pki::open(&pki, now()).unwrap();
    let second = Pki::open(&pki, now()).unwrap();
    assert_eq!(first.ca_pem(), second.ca_pem());
    assert_eq!(mode(&pki.join("ca.key")), 0o600);
    assert_eq!(mode(&pki), 0o700);
    let left: Vec<_> = std::fs::read_dir(&pki).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no temporary file stays: {left:?}");
}

#[test]
fn a_crash_between_key_and_certificate_heals() {
    let dir = tempfile::tempdir().unwrap();
    Pki::open(dir.path(), now()).unwrap();
    std::fs::remove_file(dir.path().join("ca.pem")).unwrap();
    Pki::open(dir.path(), now()).unwrap();
    assert!(dir.path().join("ca.pem").exists());
}

#[test]
fn a_lost_key_is_never_replaced_silently() {
    let dir = tempfile::tempdir().unwrap();
    Pki::open(dir.path(), now()).unwrap();
    std::fs::remove_file(dir.path().join("ca.key")).unwrap();
    assert!(matches!(Pki::open(dir.path(), now()), Err(PkiError::KeyMissing { .. })));
    std::fs::write(dir.path().join("ca.key"), "not a key").unwrap();
    assert!(matches!(Pki::open(dir.path(), now()), Err(PkiError::KeyUnreadable { .. })));
}

#[test]
fn two_processes_agree_on_one_ca() {
    let dir = tempfile::tempdir().unwrap();
    let opened: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Pki::open(dir.path(), now()).unwrap().ca_pem().to_owned()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let on_disk = std::fs::read_to_string(dir.path().join("ca.pem")).unwrap();
    assert!(opened.iter().all(|pem| *pem == on_disk));
}

#[test]
fn a_box_gets_only_a_name_that_is_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::open(dir.path(), now()).unwrap();
    assert!(matches!(pki.issue_edge("42", "gw-1", 30, now()), Err(PkiError::BadId(_))));
    assert!(matches!(pki.issue_edge(SITE, "a/b", 30, now()), Err(PkiError::BadId(_))));
    assert!(matches!(pki.issue_edge(SITE, "central", 30, now()), Err(PkiError::Reserved(_))));
    assert!(matches!(pki.issue_edge(SITE, "xunge-central-1", 30, now()), Err(PkiError::Reserved(_))));
    assert!(matches!(pki.issue_edge(SITE, "gw-1", 0, now()), Err(PkiError::Days(0))));
    let (one, two) =
        (pki.issue_edge(SITE, "gw-1", 30, now()).unwrap(), pki.issue_edge(SITE, "gw-1", 30, now()).unwrap());
    assert_ne!(one.serial, two.serial);
    assert_eq!(one.serial.len(), 32);
    assert!(!format!("{one:?}").contains("PRIVATE"));
}

#[test]
fn openssl_reads_what_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::open(dir.path(), now()).unwrap();
    let edge = pki.issue_edge(SITE, "gw-1", 30, now()).unwrap();
    native_tls::Identity::from_pkcs8(edge.cert_pem.as_bytes(), edge.key_pem.as_bytes()).unwrap();
    native_tls::Certificate::from_pem(edge.ca_pem.as_bytes()).unwrap();
    pki.issue_server(&["central.example".into(), "10.0.0.5".into(), "localhost".into()], now()).unwrap();
    assert!(pki.issue_server(&["中心".into()], now()).is_err(), "a host name is ASCII");
}

#[test]
fn a_bundle_is_private_and_never_overwrites_another() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::open(&dir.path().join("pki"), now()).unwrap();
    let edge = pki.issue_edge(SITE, "gw-1", 30, now()).unwrap();
    let out = dir.path().join("out");
    assert!(matches!(write_bundle(&out, &edge, "a\"b"), Err(PkiError::BadToken)));
    write_bundle(&out, &edge, "abc-123").unwrap();
    assert_eq!(mode(&out.join("edge.key")), 0o600);
    assert_eq!(mode(&out.join("credentials.toml")), 0o600);
    let text = std::fs::read_to_string(out.join("credentials.toml")).unwrap();
    let parsed: toml::Table = text.parse().unwrap();
    assert_eq!(parsed["uplink"]["token"].as_str(), Some("abc-123"));
    assert_eq!(parsed["uplink"]["key"].as_str(), Some("edge.key"));
    let again = write_bundle(&out, &pki.issue_edge(SITE, "gw-2", 30, now()).unwrap(), "abc");
    assert!(matches!(again, Err(PkiError::BundleExists(_))));
    assert_eq!(std::fs::read_to_string(out.join("edge.key")).unwrap(), edge.key_pem);
}

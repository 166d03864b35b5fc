//! The importer of the centre takes every file of the demo's organisation.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::civil::date;
use xunge_demo::town::camera::Standing;
use xunge_demo::town::{File, files};

const CONFIG: &str = "data_dir = \"central\"\n[broker]\nmode = \"embedded\"\nlisten = \"127.0.0.1:1\"\n[web]\nlisten = \"127.0.0.1:2\"\n";

/// The centre's program beside our own; none, and a loud word, where it was not built.
fn central() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_xunge-demo")).with_file_name("xunge-central");
    if program.is_file() {
        return Some(program);
    }
    eprintln!("SKIPPED: {} is missing; `make test` builds it", program.display());
    None
}

fn import(program: &Path, folder: &Path, file: &File, more: &[&str]) -> String {
    let answer: Output = Command::new(program)
        .args(["import", "--kind", file.kind, "--demo", "--config"])
        .arg(folder.join("central.toml"))
        .arg("--from")
        .arg(folder.join(file.name))
        .args(more)
        .output()
        .unwrap();
    let (said, error) = (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    assert!(answer.status.success(), "{}: {said}{error}", file.name);
    said.into_owned()
}

#[test]
fn every_file_is_taken_whole_and_a_second_time_changes_nothing() {
    let Some(program) = central() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("central.toml"), CONFIG).unwrap();
    let cameras =
        [Standing { camera: "lawn", kind: "perimeter" }, Standing { camera: "square", kind: "square" }];
    let files = files("420502001001", "demo-gw-1", &cameras, date(2026, 11, 1)).unwrap();
    for file in &files {
        fs::write(folder.join(file.name), &file.text).unwrap();
        let tried = import(&program, folder, file, &["--dry-run"]);
        let sum = format!("{} new, 0 changed, 0 as before", file.rows);
        assert!(tried.contains(&sum) && tried.contains("dry run"), "{}: {tried}", file.name);
        assert!(import(&program, folder, file, &[]).contains(&sum), "{}", file.name);
    }
    for file in &files {
        let again = import(&program, folder, file, &[]);
        let sum = format!("0 new, 0 changed, {} as before", file.rows);
        assert!(again.contains(&sum), "{}: {again}", file.name);
    }
}

//! The contract is frozen: schemas are golden files, samples of every released version still parse.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf};

use schemars::schema_for;
use serde_json::{Value, json};
use xunge_alert::{Alert, BlindCause, CameraState, Confirm, Notice, Status};

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn schemas() -> [(&'static str, Value); 5] {
    [
        ("alert-v1", schema_for!(Alert).to_value()),
        ("confirm-v1", schema_for!(Confirm).to_value()),
        ("status-v1", schema_for!(Status).to_value()),
        ("camera-state-v1", schema_for!(CameraState).to_value()),
        ("notice-v1", schema_for!(Notice).to_value()),
    ]
}

/// `UPDATE=1 cargo test -p xunge-alert` writes the files anew; a changed golden file is a changed contract.
#[test]
fn schemas_are_the_golden_files() {
    for (name, schema) in schemas() {
        let path = here(&format!("schema/{name}.json"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, golden, "{} differs; if that is meant, run with UPDATE=1", path.display());
    }
}

fn samples() -> Vec<(String, Value)> {
    let mut found: Vec<_> = fs::read_dir(here("samples/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 4, "samples are missing");
    found
}

/// Reads `value` as the type that the sample's name begins with and writes it back.
fn round_trip(name: &str, value: &Value) -> Result<Value, serde_json::Error> {
    let value = value.clone();
    match name {
        n if n.starts_with("alert") => serde_json::to_value(serde_json::from_value::<Alert>(value)?),
        n if n.starts_with("confirm") => serde_json::to_value(serde_json::from_value::<Confirm>(value)?),
        n if n.starts_with("notice") => serde_json::to_value(serde_json::from_value::<Notice>(value)?),
        n if n.starts_with("status") => serde_json::to_value(serde_json::from_value::<Status>(value)?),
        n if n.starts_with("camera-state") => {
            serde_json::to_value(serde_json::from_value::<CameraState>(value)?)
        }
        other => panic!("no type for sample {other}"),
    }
}

#[test]
fn samples_are_valid_and_come_back_unchanged() {
    let schemas = schemas();
    for (name, sample) in samples() {
        let (_, schema) = schemas.iter().find(|(s, _)| name.starts_with(s.trim_end_matches("-v1"))).unwrap();
        let validator = jsonschema::validator_for(schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&sample).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(round_trip(&name, &sample).unwrap(), sample, "{name}");
    }
}

#[test]
fn unknown_fields_are_tolerated_and_not_written() {
    for (name, sample) in samples() {
        let mut newer = sample.clone();
        newer["from_the_future"] = json!({"x": 1});
        assert_eq!(round_trip(&name, &newer).unwrap(), sample, "{name}");
    }
}

#[test]
fn wrong_values_are_refused() {
    let (_, alert) = samples().into_iter().find(|(n, _)| n.starts_with("alert")).unwrap();
    let spoilt: [(&str, Value); 6] = [
        ("severity", json!(0)),
        ("severity", json!(5)),
        ("seq", json!(-1)),
        ("utc", json!("yesterday")),
        ("phase", json!("paused")),
        ("alert_id", json!("1")),
    ];
    for (field, value) in spoilt {
        let mut bad = alert.clone();
        bad[field] = value.clone();
        assert!(serde_json::from_value::<Alert>(bad).is_err(), "{field} = {value}");
    }
}

#[test]
fn causes_are_called_as_in_messages() {
    use BlindCause::{
        Ended, Garbage, Internal, NotFound, Overloaded, Stalled, Unauthorised, Unreachable, WrongCodec,
    };
    for cause in
        [Unreachable, Unauthorised, NotFound, WrongCodec, Ended, Stalled, Garbage, Overloaded, Internal]
    {
        assert_eq!(json!(cause), cause.name());
    }
}

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;

fn here(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// `UPDATE=1 cargo test -p xunge-central --lib openapi` writes the file anew; a changed file is a changed contract.
#[test]
fn the_document_is_the_golden_file() {
    let text = document().to_pretty_json().unwrap() + "\n";
    let path = here("openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{} differs; if that is meant, run with UPDATE=1", path.display());
}

/// Two types of one name would take each other's place without a word: give one another with `#[schema(as = …)]`.
#[test]
fn no_two_shapes_have_the_same_name() {
    let mut known = BTreeMap::new();
    let schemas = calls().into_iter().chain(edge_calls()).map(|(schemas, ..)| schemas);
    let others = residents::calls().into_iter().chain(residents::file_calls()).map(|(schemas, ..)| schemas);
    for schemas in schemas.chain(others) {
        for (name, shape) in schemas {
            let text = serde_json::to_string(&shape).unwrap();
            let before = known.entry(name.clone()).or_insert_with(|| text.clone());
            assert_eq!(*before, text, "two types are called {name} in the document");
        }
    }
}

#[test]
fn every_call_says_what_it_is_and_what_it_answers() {
    let mut document = document();
    let tags: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        for (_, operation) in operations(item) {
            let what = format!("{:?} {path}", operation.operation_id);
            let summary = operation.summary.as_deref().unwrap_or_default();
            assert!(summary.chars().any(|letter| letter > '\u{2e80}'), "{what}: no Chinese summary");
            assert!(
                operation.description.as_ref().is_some_and(|text| !text.is_empty()),
                "{what}: no description"
            );
            assert!(operation.tags.iter().flatten().all(|tag| tags.contains(&**tag)), "{what}: unknown tag");
            assert!(operation.tags.as_ref().is_some_and(|tags| tags.len() == 1), "{what}: one tag");
            assert!(ids.insert(operation.operation_id.clone()), "{what}: its operation id is another's");
            let answers = &operation.responses.responses;
            assert!(answers.keys().any(|status| status.starts_with('2')), "{what}: no answer");
            assert!(answers.contains_key("default"), "{what}: no refusal");
            let named = path.matches('{').count();
            let said = operation.parameters.iter().flatten().filter(|one| {
                matches!(one, RefOr::T(one) if one.parameter_in == utoipa::openapi::path::ParameterIn::Path)
            });
            assert_eq!(said.count(), named, "{what}: its address has other parameters");
        }
    }
}

/// Every `$ref` leads somewhere.
#[test]
fn nothing_is_named_that_is_not_there() {
    fn refs<'a>(value: &'a serde_json::Value, found: &mut BTreeSet<&'a str>) {
        match value {
            serde_json::Value::Object(fields) => {
                if let Some(serde_json::Value::String(to)) = fields.get("$ref") {
                    found.insert(to);
                }
                fields.values().for_each(|value| refs(value, found));
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| refs(value, found)),
            _ => {}
        }
    }
    let value = serde_json::to_value(document()).unwrap();
    let mut found = BTreeSet::new();
    refs(&value, &mut found);
    assert!(found.len() > 30);
    for to in found {
        assert!(value.pointer(to.trim_start_matches('#')).is_some(), "{to} is not there");
    }
}

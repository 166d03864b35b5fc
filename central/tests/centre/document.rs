//! The API's document, to hold answers against.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::Value;
use xunge_central::web::openapi;

/// The document, to hold answers against.
pub struct Document {
    pub value: Value,
    /// Method and address with its names in braces.
    pub operations: BTreeSet<(Method, String)>,
}

impl Document {
    pub fn read() -> Self {
        let value = serde_json::to_value(openapi::document()).unwrap();
        let mut operations = BTreeSet::new();
        for (path, item) in value["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method: Method = method.to_uppercase().parse().unwrap();
                operations.insert((method, path.clone()));
            }
        }
        Self { value, operations }
    }

    /// Which operation a request calls.
    pub fn operation(&self, method: &Method, path: &str) -> (Method, String) {
        let parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
        let fits = |template: &str| {
            let names: Vec<&str> = template.split('/').collect();
            names.len() == parts.len()
                && names.iter().zip(&parts).all(|(name, part)| name.starts_with('{') || name == part)
        };
        let found = self.operations.iter().filter(|(known, template)| known == method && fits(template));
        let mut found: Vec<_> = found.collect();
        // a name in full goes before one in braces
        found.sort_by_key(|(_, template)| template.matches('{').count());
        (*found.first().unwrap_or_else(|| panic!("{method} {path} is not in the document"))).clone()
    }

    /// Fails where an answer is not what the document says.
    pub fn check(&self, method: &Method, path: &str, status: StatusCode, answer: &Value) {
        let (method, template) = self.operation(method, path);
        let what = format!("{method} {template} {status}");
        let operation = &self.value["paths"][&template][method.as_str().to_lowercase()];
        let said = &operation["responses"][status.as_str()];
        let said = if said.is_null() { &operation["responses"]["default"] } else { said };
        let said = match said["$ref"].as_str() {
            Some(name) => self.value.pointer(name.trim_start_matches('#')).unwrap(),
            None => said,
        };
        assert!(
            status.is_client_error() || !operation["responses"][status.as_str()].is_null(),
            "{what} is not told of"
        );
        let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
        let schema = &said["content"][kind]["schema"];
        if answer.is_null() && schema.is_null() {
            return;
        }
        let mut schema = schema.clone();
        assert!(schema.is_object(), "{what}: the document shows no answer");
        schema["components"] = self.value["components"].clone();
        let known = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = known
            .iter_errors(answer)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{what} is otherwise than the document says: {wrong:?}");
    }
}

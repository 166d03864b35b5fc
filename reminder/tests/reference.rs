//! What rules may say stands in the guide. `UPDATE=1` writes it anew.

// helpers of tests are tests too
#![allow(clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use xunge_config::reference::{Language, keep_part, markdown};
use xunge_reminder::condition::FACTS;
use xunge_reminder::rule::read::RULES;

#[test]
fn rules_and_facts_stand_in_the_guide() {
    assert_eq!(xunge_config::schema_faults(&RULES), Vec::<String>::new());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let update = std::env::var_os("UPDATE").is_some();
    for (file, language) in [("residents.md", Language::English), ("residents.zh-CN.md", Language::Chinese)] {
        let path = docs.join(file);
        keep_part(&path, "rules", &markdown(&RULES, language), update).unwrap();
        let (head, of) = match language {
            Language::English => ("| fact | compared with | |\n", 0),
            Language::Chinese => ("| 字段 | 取值 | |\n", 1),
        };
        let rows: String = FACTS
            .iter()
            .map(|fact| {
                let kind = [fact.kind.en(), fact.kind.zh()][of];
                format!("| `{}` | {kind} | {} |\n", fact.name, [fact.en, fact.zh][of])
            })
            .collect();
        keep_part(&path, "facts", &format!("{head}| --- | --- | --- |\n{rows}"), update).unwrap();
    }
}

//! What is wrong with words that could not be read: which field, and which was meant. Values are never repeated, since
//! one may be a password. Pure.

use xunge_config::nearest;

/// A sentence in both languages, without the full stop.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// In Chinese.
    pub(super) zh: String,
    /// In English.
    pub(super) en: String,
}

/// Reads the message of serde; none where it speaks of values.
pub(super) fn unread(message: &str) -> Option<Unread> {
    if let Some(rest) = after(message, "unknown field `") {
        let (field, rest) = rest.split_once('`')?;
        let known: Vec<&str> = named(rest);
        let field: String = field.chars().take(60).filter(|letter| !letter.is_control()).collect();
        let list = listed(&known);
        return Some(match nearest(&field, known.iter().copied()) {
            Some(meant) => Unread {
                zh: format!("没有名为 `{field}` 的项，是否应为 `{meant}`？可用：{list}"),
                en: format!(
                    "There is nothing called `{field}` here; did you mean `{meant}`? It knows {list}"
                ),
            },
            None if known.is_empty() => Unread {
                zh: format!("没有名为 `{field}` 的项，此处不接受任何项"),
                en: format!("There is nothing called `{field}` here; nothing is taken here"),
            },
            None => Unread {
                zh: format!("没有名为 `{field}` 的项，可用：{list}"),
                en: format!("There is nothing called `{field}` here; it knows {list}"),
            },
        });
    }
    if let Some(rest) = after(message, "missing field `") {
        let (field, _) = rest.split_once('`')?;
        return Some(Unread { zh: format!("缺少 `{field}`"), en: format!("`{field}` is missing") });
    }
    if let Some(rest) = after(message, "unknown variant `") {
        let (_, rest) = rest.split_once("`, expected")?;
        let list = listed(&named(rest));
        return Some(Unread {
            zh: format!("此处只能是 {list} 之一"),
            en: format!("One of {list} must stand here"),
        });
    }
    None
}

fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.split_once(start).map(|(_, rest)| rest)
}

/// The names in backticks.
fn named(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).take(60).collect()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Login {
        user: String,
        password: String,
        role: Option<Role>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Role {
        Admin,
        Auditor,
    }

    fn said(json: &str) -> Option<String> {
        let error = serde_json::from_str::<Login>(json).unwrap_err();
        unread(&error.to_string()).map(|unread| unread.en)
    }

    #[test]
    fn the_field_that_was_meant_is_named() {
        let typo = said(r#"{"user": "w", "pasword": "s3cret"}"#).unwrap();
        assert_eq!(
            typo,
            "There is nothing called `pasword` here; did you mean `password`? It knows `user`, `password`, `role`"
        );
        let far = said(r#"{"user": "w", "zzzzzzz": "s3cret"}"#).unwrap();
        assert_eq!(far, "There is nothing called `zzzzzzz` here; it knows `user`, `password`, `role`");
        assert_eq!(said(r#"{"user": "w"}"#).unwrap(), "`password` is missing");
    }

    #[test]
    fn values_are_never_repeated() {
        let role = said(r#"{"user": "w", "password": "x", "role": "s3cret"}"#).unwrap();
        assert_eq!(role, "One of `admin`, `auditor` must stand here");
        assert_eq!(said(r#"{"user": "w", "password": ["s3cret"]}"#), None);
        assert_eq!(said(r#"{"user": "w", "#), None);
    }
}

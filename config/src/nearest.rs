//! What the user probably meant.

use crate::problem::Said;

/// The candidate that `word` is probably a slip of, if any is near enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Long words are not typed by hand, and comparing them costs the product of both lengths.
    if word.chars().count() > 64 {
        return None;
    }
    let folded = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| {
            let shorter = folded.chars().count().min(candidate.chars().count());
            *distance <= (shorter / 3).max(1) && *distance < shorter
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and `-`/`_` are the commonest slips and count for nothing.
fn fold(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// The sentence for a name that nothing bears, such as a rule's zone: `unknown_name(("zone", "区域"), "lawnn", names)`.
pub fn unknown_name<'c>(what: (&str, &str), word: &str, names: impl IntoIterator<Item = &'c str>) -> Said {
    let names: Vec<&str> = names.into_iter().collect();
    let word_shown = shown(word);
    let (en, zh) = what;
    if names.is_empty() {
        return Said::from((
            format!("there is no {en} {word_shown}: none is defined here"),
            format!("没有名为 {word_shown} 的{zh}：这里没有定义任何{zh}"),
        ));
    }
    match nearest(word, names.iter().copied()) {
        Some(near) => Said::from((
            format!("there is no {en} {word_shown}; did you mean `{near}`?"),
            format!("没有名为 {word_shown} 的{zh}，是否想写 `{near}`？"),
        )),
        None => Said::from((
            format!("there is no {en} {word_shown}; there is {}", list(&names)),
            format!("没有名为 {word_shown} 的{zh}；已有 {}", list(&names)),
        )),
    }
}

/// Names in backticks, the first dozen of them.
pub(crate) fn list(names: &[&str]) -> String {
    let mut text = names.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        text.push_str(", …");
    }
    text
}

/// A word of the user in backticks. What is long or not a plain word is not repeated: it may be a pasted secret.
pub(crate) fn shown(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if plain && !word.is_empty() && word.chars().count() <= 40 {
        format!("`{word}`")
    } else {
        "`…`".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let keys = ["dwell_secs", "grace_secs", "name", "zone"];
        for (word, expected) in [
            ("dwel_secs", Some("dwell_secs")),
            ("dwell-secs", Some("dwell_secs")),
            ("Zone", Some("zone")),
            ("zoen", Some("zone")),
            ("nmae", Some("name")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
    }
}

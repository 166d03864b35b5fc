//! One value: is it what its key wants?

use toml::de::DeValue;

use crate::nearest::{list, nearest};
use crate::problem::Said;
use crate::schema::{Key, Kind};
use crate::url::url;

/// Longest text that is read: what people type is far shorter.
const MAX_TEXT_CHARS: usize = 4096;

/// Whether a text is a plain name: 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, not beginning with a dot.
pub fn plain_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A number in the range of its key.
pub(crate) fn float(key: &Key, value: &DeValue<'_>) -> Result<f64, Said> {
    let number = match value {
        DeValue::Float(float) => float.as_str().replace('_', "").parse::<f64>().ok(),
        #[expect(clippy::cast_precision_loss, reason = "a setting beyond 2^53 fails its range anyway")]
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|whole| whole as f64)
        }
        other => return Err(wrong_type(key, other)),
    };
    let Some(number) = number.filter(|number| number.is_finite()) else {
        return Err(must(key, "must be an ordinary number", "必须是普通数字"));
    };
    in_range(key, number, &plain(number))?;
    Ok(number)
}

/// A whole number in the range of its key.
pub(crate) fn int(key: &Key, value: &DeValue<'_>) -> Result<i64, Said> {
    let DeValue::Integer(integer) = value else {
        return Err(wrong_type(key, value));
    };
    let Ok(number) = i64::from_str_radix(integer.as_str(), integer.radix()) else {
        return Err(must(key, "is too large", "数值过大"));
    };
    #[expect(clippy::cast_precision_loss, reason = "ranges are far below 2^53")]
    in_range(key, number as f64, &number.to_string())?;
    Ok(number)
}

/// `true` or `false`.
pub(crate) fn boolean(key: &Key, value: &DeValue<'_>) -> Result<bool, Said> {
    value.as_bool().ok_or_else(|| wrong_type(key, value))
}

/// A text of a textual kind: `Text`, `Name`, `Path`, `Url`, `Socket`.
pub(crate) fn text<'v>(key: &Key, value: &'v DeValue<'_>) -> Result<&'v str, Said> {
    let text = value.as_str().ok_or_else(|| wrong_type(key, value))?;
    let length = text.chars().count();
    if length > MAX_TEXT_CHARS {
        return Err(must(key, "is too long", "内容过长"));
    }
    match key.kind {
        Kind::Name if !plain_name(text) => {
            return Err(must(
                key,
                "must be 1 to 64 of a–z, A–Z, 0–9, `-`, `_` and `.`, and must not begin with a dot",
                "只能用 1 到 64 个字母 a–z、A–Z、数字、`-`、`_` 和 `.`，且不能以点开头",
            ));
        }
        Kind::Url(schemes) => {
            url(text, schemes).map_err(|said| {
                Said::from((format!("`{}` {}", key.name, said.en), format!("`{}` {}", key.name, said.zh)))
            })?;
        }
        Kind::Socket if text.parse::<std::net::SocketAddr>().is_err() => {
            return Err(must(
                key,
                "must be an address and a port, such as \"0.0.0.0:8080\"",
                "必须是“地址:端口”，例如 \"0.0.0.0:8080\"",
            ));
        }
        Kind::Path if text.trim().is_empty() || text.contains('\0') => {
            return Err(must(key, "must be a path", "必须是路径"));
        }
        _ => {}
    }
    if let Some((low, high)) = key.range {
        #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
        let length_f64 = length as f64;
        if length_f64 < low || length_f64 > high {
            // The length of a secret says something about it.
            let (has_en, has_zh) = if key.secret {
                (String::new(), String::new())
            } else {
                (format!("; it has {length}"), format!("，现为 {length} 个"))
            };
            return Err(must(
                key,
                &format!("must be {} to {} characters long{has_en}", plain(low), plain(high)),
                &format!("长度必须是 {} 到 {} 个字符{has_zh}", plain(low), plain(high)),
            ));
        }
    }
    Ok(text)
}

/// One of the words of a `Choice` or `Choices` key.
pub(crate) fn word(key: &Key, value: &DeValue<'_>) -> Result<&'static str, Said> {
    let (Kind::Choice(words) | Kind::Choices(words)) = key.kind else {
        return Err(wrong_type(key, value));
    };
    let text = value.as_str().ok_or_else(|| wrong_type(key, value))?;
    if let Some(word) = words.iter().find(|word| **word == text) {
        return Ok(word);
    }
    // The word itself is quoted only where it is a slip of a valid one: anything else may be a pasted secret.
    Err(match nearest(text, words.iter().copied()) {
        Some(near) => must(
            key,
            &format!("must be one of {}; did you mean `{near}`?", list(words)),
            &format!("只能是 {} 之一，是否想写 `{near}`？", list(words)),
        ),
        None => {
            must(key, &format!("must be one of {}", list(words)), &format!("只能是 {} 之一", list(words)))
        }
    })
}

/// The elements of a list.
pub(crate) fn elements<'v, 'i>(
    key: &Key,
    value: &'v DeValue<'i>,
) -> Result<&'v [toml::Spanned<DeValue<'i>>], Said> {
    match value {
        DeValue::Array(array) => Ok(array),
        other => Err(wrong_type(key, other)),
    }
}

/// One `[x, y]`.
pub(crate) fn point(key: &Key, value: &DeValue<'_>) -> Result<[f64; 2], Said> {
    let bad = || {
        must(
            key,
            "must be a list of points, as in [[0.1, 0.5], [0.9, 0.5]]",
            "必须是点的列表，例如 [[0.1, 0.5], [0.9, 0.5]]",
        )
    };
    let DeValue::Array(pair) = value else {
        return Err(bad());
    };
    let [x, y] = &pair[..] else {
        return Err(bad());
    };
    if !is_number(x.get_ref()) || !is_number(y.get_ref()) {
        return Err(bad());
    }
    Ok([float(key, x.get_ref())?, float(key, y.get_ref())?])
}

fn is_number(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::Float(_) | DeValue::Integer(_))
}

/// Checks a default or example against its own key.
pub(crate) fn check_literal(key: &Key, literal: &str) -> Result<(), Said> {
    let parsed = DeValue::parse(literal).map_err(|error| Said::from(error.message()))?;
    let value = parsed.get_ref();
    match key.kind {
        Kind::Float => float(key, value).map(drop),
        Kind::Int => int(key, value).map(drop),
        Kind::Bool => boolean(key, value).map(drop),
        Kind::Choice(_) => word(key, value).map(drop),
        Kind::Choices(_) => {
            elements(key, value)?.iter().try_for_each(|item| word(key, item.get_ref()).map(drop))
        }
        Kind::Ints => elements(key, value)?.iter().try_for_each(|item| int(key, item.get_ref()).map(drop)),
        Kind::Texts => elements(key, value)?.iter().try_for_each(|item| text(key, item.get_ref()).map(drop)),
        Kind::Points => {
            elements(key, value)?.iter().try_for_each(|item| point(key, item.get_ref()).map(drop))
        }
        Kind::Text | Kind::Name | Kind::Path | Kind::Url(_) | Kind::Socket => text(key, value).map(drop),
    }
}

fn in_range(key: &Key, number: f64, shown: &str) -> Result<(), Said> {
    let Some((low, high)) = key.range else {
        return Ok(());
    };
    if (low..=high).contains(&number) {
        return Ok(());
    }
    let unit = if key.unit.is_empty() { String::new() } else { format!(" {}", key.unit) };
    let (low, high) = (plain(low), plain(high));
    Err(if key.secret {
        must(
            key,
            &format!("must be from {low} to {high}{unit}"),
            &format!("必须在 {low} 到 {high}{unit} 之间"),
        )
    } else {
        must(
            key,
            &format!("is {shown}, but must be from {low} to {high}{unit}"),
            &format!("为 {shown}，必须在 {low} 到 {high}{unit} 之间"),
        )
    })
}

fn must(key: &Key, en: &str, zh: &str) -> Said {
    Said::from((format!("`{}` {en}", key.name), format!("`{}` {zh}", key.name)))
}

pub(crate) fn wrong_type(key: &Key, value: &DeValue<'_>) -> Said {
    let (want_en, want_zh) = kind_words(key.kind);
    let (have_en, have_zh) = value_words(value);
    let number_in_quotes = matches!(key.kind, Kind::Float | Kind::Int | Kind::Bool) && value.is_str();
    let (hint_en, hint_zh) = match (number_in_quotes, sample(key)) {
        (true, _) => (" (without quotes)".to_owned(), "（不要加引号）".to_owned()),
        (false, Some(sample)) => (format!(", such as {sample}"), format!("，例如 {sample}")),
        (false, None) => (String::new(), String::new()),
    };
    must(
        key,
        &format!("must be {want_en}{hint_en}, but here is {have_en}"),
        &format!("必须是{want_zh}{hint_zh}，这里却是{have_zh}"),
    )
}

fn sample(key: &Key) -> Option<&'static str> {
    use crate::schema::Presence;
    match (key.example, key.presence) {
        ("", Presence::Default(literal)) => Some(literal),
        ("", _) => None,
        (example, _) => Some(example),
    }
}

/// What a kind is called.
pub(crate) fn kind_words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Float => ("a number", "数字"),
        Kind::Int => ("a whole number", "整数"),
        Kind::Bool => ("true or false", " true 或 false"),
        Kind::Text => ("a text", "文字"),
        Kind::Name => ("a name", "名称"),
        Kind::Choice(_) => ("a word", "选项"),
        Kind::Choices(_) => ("a list of words", "选项列表"),
        Kind::Texts => ("a list of texts", "文字列表"),
        Kind::Ints => ("a list of whole numbers", "整数列表"),
        Kind::Points => ("a list of points", "点的列表"),
        Kind::Url(_) => ("a URL", "地址（URL）"),
        Kind::Path => ("a path", "路径"),
        Kind::Socket => ("an address and port", "监听地址"),
    }
}

fn value_words(value: &DeValue<'_>) -> (&'static str, &'static str) {
    match value {
        DeValue::String(_) => ("a text", "文字"),
        DeValue::Integer(_) => ("a whole number", "整数"),
        DeValue::Float(_) => ("a number with a fraction", "小数"),
        DeValue::Boolean(_) => ("true or false", "布尔值"),
        DeValue::Datetime(_) => ("a date or time", "日期或时间"),
        DeValue::Array(_) => ("a list", "列表"),
        DeValue::Table(_) => ("a section", "段"),
    }
}

/// A number without a needless fraction.
pub(crate) fn plain(number: f64) -> String {
    format!("{number}")
}

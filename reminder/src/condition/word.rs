//! Words of a condition, with their places.

use jiff::civil::Date;

use super::BadCondition;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Name(String),
    Text(String),
    Count(i64),
    Day(Date),
    /// `&&`, `||`, `!`, `(`, `)`, `[`, `]`, `,`, `==`, `!=`, `<`, `<=`, `>`, `>=`
    Sign(&'static str),
}

/// Longer ones first: `<=` is no `<`.
const SIGNS: [&str; 14] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ","];

pub(super) fn bad(place: usize, en: impl Into<String>, zh: impl Into<String>) -> BadCondition {
    BadCondition { place: place + 1, en: en.into(), zh: zh.into() }
}

/// Words and where they begin and end, in characters from 0.
pub(super) fn words(letters: &[char]) -> Result<Vec<(Word, usize, usize)>, BadCondition> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let begin = at;
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let word = if letter == '\'' {
            let length = letters[at + 1..].iter().position(|letter| *letter == '\'');
            let length =
                length.ok_or_else(|| bad(begin, "this text has no closing quote", "此处文字缺少右单引号"))?;
            at += length + 2;
            Word::Text(letters[begin + 1..at - 1].iter().collect())
        } else if letter.is_ascii_digit() {
            at += run(&letters[at..], |letter| letter.is_ascii_digit() || *letter == '-');
            number(&letters[begin..at].iter().collect::<String>(), begin)?
        } else if letter.is_alphabetic() || letter == '_' {
            at += run(&letters[at..], |letter| letter.is_alphanumeric() || *letter == '_');
            Word::Name(letters[begin..at].iter().collect())
        } else {
            let rest = &letters[at..];
            let sign = SIGNS.iter().find(|sign| sign.chars().eq(rest.iter().copied().take(sign.len())));
            let sign = sign.ok_or_else(|| {
                bad(begin, format!("`{letter}` means nothing here"), format!("此处不能有“{letter}”"))
            })?;
            at += sign.len();
            Word::Sign(sign)
        };
        words.push((word, begin, at));
    }
    Ok(words)
}

fn run(letters: &[char], of: impl Fn(&char) -> bool) -> usize {
    letters.iter().take_while(|letter| of(letter)).count()
}

fn number(text: &str, place: usize) -> Result<Word, BadCondition> {
    let read = if text.contains('-') {
        text.parse().ok().map(Word::Day)
    } else {
        text.parse().ok().map(Word::Count)
    };
    read.ok_or_else(|| {
        bad(place, format!("{text} is neither a number nor a day"), format!("{text} 不是数字或日期"))
    })
}

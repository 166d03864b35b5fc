//! What is wrong with a file, in words for people.

use std::fmt;

/// One sentence in two languages. Made from one text (used for both) or a pair (English, Chinese).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self { en: text.to_owned(), zh: text.to_owned() }
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { zh: text.clone(), en: text }
    }
}

impl<E: Into<String>, Z: Into<String>> From<(E, Z)> for Said {
    fn from((en, zh): (E, Z)) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// What is wrong and what to do.
    pub said: Said,
}

impl Problem {
    fn place(&self) -> String {
        if self.line == 0 {
            self.file.clone()
        } else {
            format!("{}:{}:{}", self.file, self.line, self.column)
        }
    }

    /// `file:line:column: sentence`, in English.
    pub fn english(&self) -> String {
        format!("{}: {}", self.place(), self.said.en)
    }

    /// `file:line:column: sentence`, in Chinese.
    pub fn chinese(&self) -> String {
        format!("{}: {}", self.place(), self.said.zh)
    }
}

/// Chinese first, then English, indented; one line when both are the same.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chinese())?;
        if self.said.zh != self.said.en {
            write!(f, "\n    {}", self.said.en)?;
        }
        Ok(())
    }
}

/// Every mistake that was found, ordered by file, line and column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Nothing wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// One mistake that concerns a file as a whole.
    pub fn of_file(file: &str, said: impl Into<Said>) -> Self {
        Self { list: vec![Problem { file: file.to_owned(), line: 0, column: 0, said: said.into() }] }
    }

    pub(crate) fn new(mut list: Vec<Problem>) -> Self {
        list.sort();
        list.dedup();
        Self { list }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// Takes in what another file has.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.list.sort();
        self.list.dedup();
    }

    /// One line per mistake, in English.
    pub fn english(&self) -> String {
        self.list.iter().map(Problem::english).collect::<Vec<_>>().join("\n")
    }

    /// The value if nothing is wrong.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

//! Values of statements, and arrays of them as PostgreSQL reads them.

use sqlx::Arguments;
use sqlx::any::AnyArguments;

/// Sort of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number of 64 bits.
    Real,
    /// Bytes.
    Blob,
}

impl Sort {
    /// What PostgreSQL calls an array of them.
    pub(super) fn array(self) -> &'static str {
        match self {
            Self::Text => "TEXT[]",
            Self::Integer => "BIGINT[]",
            Self::Real => "DOUBLE PRECISION[]",
            Self::Blob => "BYTEA[]",
        }
    }
}

/// A value that waits until the statement is run.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing, of a sort.
    Null(Sort),
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn add(self, to: &mut AnyArguments) -> Result<(), sqlx::error::BoxDynError> {
        match self {
            Self::Null(Sort::Text) => to.add(None::<String>),
            Self::Null(Sort::Integer) => to.add(None::<i64>),
            Self::Null(Sort::Real) => to.add(None::<f64>),
            Self::Null(Sort::Blob) => to.add(None::<Vec<u8>>),
            Self::Text(text) => to.add(text),
            Self::Integer(number) => to.add(number),
            Self::Real(number) => to.add(number),
            Self::Blob(bytes) => to.add(bytes),
        }
    }
}

/// What can be a value of a statement.
pub trait Cell {
    /// Which sort of column it goes into.
    const SORT: Sort;

    /// The value.
    fn value(&self) -> Value;
}

impl Cell for str {
    const SORT: Sort = Sort::Text;

    fn value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Cell for String {
    const SORT: Sort = Sort::Text;

    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Cell for i64 {
    const SORT: Sort = Sort::Integer;

    fn value(&self) -> Value {
        Value::Integer(*self)
    }
}

impl Cell for f64 {
    const SORT: Sort = Sort::Real;

    fn value(&self) -> Value {
        Value::Real(*self)
    }
}

impl Cell for [u8] {
    const SORT: Sort = Sort::Blob;

    fn value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}

impl Cell for Vec<u8> {
    const SORT: Sort = Sort::Blob;

    fn value(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl<T: Cell + ?Sized> Cell for &T {
    const SORT: Sort = T::SORT;

    fn value(&self) -> Value {
        (**self).value()
    }
}

impl<T: Cell> Cell for Option<T> {
    const SORT: Sort = T::SORT;

    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::SORT), Cell::value)
    }
}

/// An array, as PostgreSQL reads it: <https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO>.
pub(super) fn array<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::from("{");
    for (place, value) in values.enumerate() {
        if place > 0 {
            text.push(',');
        }
        match value {
            Value::Null(_) => text.push_str("NULL"),
            Value::Integer(number) => text.push_str(&number.to_string()),
            Value::Real(number) => text.push_str(&number.to_string()),
            Value::Blob(bytes) => {
                // a backslash for bytea, and one before it for the array
                text.push_str("\"\\\\x");
                text.push_str(&hex::encode(bytes));
                text.push('"');
            }
            Value::Text(value) => {
                text.push('"');
                for part in value.split_inclusive(['"', '\\']) {
                    match part.strip_suffix(['"', '\\']) {
                        Some(plain) => {
                            text.push_str(plain);
                            text.push('\\');
                            text.push_str(&part[plain.len()..]);
                        }
                        None => text.push_str(part),
                    }
                }
                text.push('"');
            }
        }
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[Value]) -> String {
        array(values.iter())
    }

    #[test]
    fn arrays_are_written_as_postgresql_reads_them() {
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(written(&[text("a"), Value::Null(Sort::Text), text("NULL")]), r#"{"a",NULL,"NULL"}"#);
        assert_eq!(written(&[text(r#"a"b\c"#), text(""), text("{,}")]), r#"{"a\"b\\c","","{,}"}"#);
        assert_eq!(written(&[text("\\\"")]), r#"{"\\\""}"#);
        assert_eq!(written(&[Value::Integer(i64::MIN), Value::Integer(7)]), "{-9223372036854775808,7}");
        assert_eq!(written(&[Value::Real(0.1), Value::Real(f64::NAN)]), "{0.1,NaN}");
        assert_eq!(written(&[Value::Blob(vec![0, 255])]), r#"{"\\x00ff"}"#);
    }
}

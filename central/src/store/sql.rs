//! Statements that are put together. They number their values `$1`, `$2` …, which both databases understand.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type};

use super::{Doing, StoreError};

/// A statement that grows. Text is always ours; whatever comes from outside is bound.
pub(super) struct Sql {
    text: String,
    values: AnyArguments,
    failed: Option<sqlx::Error>,
}

impl Sql {
    pub(super) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: AnyArguments::default(), failed: None }
    }

    pub(super) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn bind<'v, T: Encode<'v, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        use std::fmt::Write as _;
        if let Err(error) = self.values.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(error));
        }
        // writing to a string cannot fail
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// `($1, $2, …)`. An empty list is one that nothing is in.
    pub(super) fn list<'v, T: Encode<'v, Any> + Type<Any>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.push("(");
        let mut none = true;
        for value in values {
            if !none {
                self.push(", ");
            }
            none = false;
            self.bind(value);
        }
        self.push(if none { "NULL)" } else { ")" })
    }

    /// The statement, ready to run; `doing` says what for, where a value cannot be bound.
    pub(super) fn query(self, doing: &'static str) -> Result<Query<'static, Any, AnyArguments>, StoreError> {
        match self.failed {
            Some(error) => Err(error).doing(doing),
            None => Ok(sqlx::query_with(AssertSqlSafe(self.text), self.values)),
        }
    }
}

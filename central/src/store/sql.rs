//! Statements that are put together. They number their values `$1`, `$2` …, which both databases understand.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Arguments, AssertSqlSafe, Encode, Type};

use super::{Doing, StoreError, Tx};

/// Values that one statement may carry: SQLite takes 32766, PostgreSQL 65535.
const MOST_VALUES: usize = 30_000;

/// One row of a statement.
pub(super) struct Values<'s> {
    sql: &'s mut Sql,
    first: bool,
}

impl Values<'_> {
    pub(super) fn bind<'v, T: Encode<'v, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        if !self.first {
            self.sql.push(", ");
        }
        self.first = false;
        self.sql.bind(value);
        self
    }
}

/// Writes many rows with few statements: `head` is `INSERT INTO t (…) VALUES `, `tail` what follows the rows, `columns`
/// how many values a row has.
pub(super) async fn insert<R>(
    tx: &mut Tx,
    doing: &'static str,
    (head, tail): (&'static str, &'static str),
    columns: usize,
    rows: &[R],
    bind: impl Fn(&mut Values<'_>, &R),
) -> Result<(), StoreError> {
    for part in rows.chunks((MOST_VALUES / columns).max(1)) {
        let mut sql = Sql::new(head);
        sql.rows(part, &bind).push(tail);
        // each number of rows is another statement: none of them is worth keeping
        sql.query(doing)?.persistent(false).execute(&mut **tx).await.doing(doing)?;
    }
    Ok(())
}

/// Parts of a list of keys of so many columns that fit into one statement.
pub(super) fn parts<R>(keys: &[R], columns: usize) -> impl Iterator<Item = &[R]> {
    keys.chunks((MOST_VALUES / columns).max(1))
}

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

    /// `(VALUES ($1, $2), …)`: a table whose columns are `column1`, `column2` … on both databases. `rows` must not be empty.
    pub(super) fn values<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        bind: impl Fn(&mut Values<'_>, R),
    ) -> &mut Self {
        self.push("(VALUES ").rows(rows, bind).push(")")
    }

    pub(super) fn rows<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        bind: impl Fn(&mut Values<'_>, R),
    ) -> &mut Self {
        for (place, row) in rows.into_iter().enumerate() {
            self.push(if place == 0 { "(" } else { ", (" });
            bind(&mut Values { sql: self, first: true }, row);
            self.push(")");
        }
        self
    }

    /// The statement, ready to run; `doing` says what for, where a value cannot be bound.
    pub(super) fn query(self, doing: &'static str) -> Result<Query<'static, Any, AnyArguments>, StoreError> {
        match self.failed {
            Some(error) => Err(error).doing(doing),
            None => Ok(sqlx::query_with(AssertSqlSafe(self.text), self.values)),
        }
    }
}

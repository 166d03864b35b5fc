//! Statements that are put together. Values are counted, not named: PostgreSQL wants `$1`, `$2` …, which SQLite takes for names
//! and looks for one by one (ten thousand of them cost seconds), so it is given `?`.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, Arguments, AssertSqlSafe, Encode, Type};

use super::{Doing, StoreError, Tx};

/// Stands for a value until the statement is run; nothing of ours holds it.
const VALUE: char = '\u{1}';

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
        sql.run(tx, doing).await?;
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
        if let Err(error) = self.values.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(error));
        }
        self.text.push(VALUE);
        self
    }

    /// The name of a table or column, from the database's own list of them.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        let safe = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !safe {
            self.failed.get_or_insert(sqlx::Error::Protocol(format!("the name {name:?}")));
        }
        self.text.extend(['"'].into_iter().chain(name.chars().filter(|_| safe)).chain(['"']));
        self
    }

    /// A list in brackets. An empty list is one that nothing is in.
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

    /// `(VALUES (…), (…))`: a table whose columns are `column1`, `column2` … on both databases. `rows` must not be empty.
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

    /// Runs it and gives its rows.
    pub(super) async fn all(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<Vec<AnyRow>, StoreError> {
        self.ready(connection, doing)?.fetch_all(connection).await.doing(doing)
    }

    /// Runs it and gives its first row.
    pub(super) async fn first(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<Option<AnyRow>, StoreError> {
        self.ready(connection, doing)?.fetch_optional(connection).await.doing(doing)
    }

    /// Runs it and says how many rows it touched.
    pub(super) async fn run(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<u64, StoreError> {
        Ok(self.ready(connection, doing)?.execute(connection).await.doing(doing)?.rows_affected())
    }

    fn ready(
        self,
        connection: &AnyConnection,
        doing: &'static str,
    ) -> Result<Query<'static, Any, AnyArguments>, StoreError> {
        use std::fmt::Write as _;
        if let Some(error) = self.failed {
            return Err(error).doing(doing);
        }
        let postgres = connection.backend_name() == "PostgreSQL";
        let mut text = String::with_capacity(self.text.len() + self.values.len() * 4);
        let mut number = 0;
        for (place, part) in self.text.split(VALUE).enumerate() {
            if place > 0 {
                number += 1;
                if postgres {
                    // writing to a string cannot fail
                    let _ = write!(text, "${number}");
                } else {
                    text.push('?');
                }
            }
            text.push_str(part);
        }
        // each number of rows is another statement: none of them is worth keeping
        Ok(sqlx::query_with(AssertSqlSafe(text), self.values).persistent(false))
    }
}

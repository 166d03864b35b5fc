//! Statements that are put together, for both databases.
//!
//! Many rows are one part of a statement. SQLite is given `VALUES (?, ?), (?, ?)`: it takes names like `$1` for words and
//! looks for them one by one. PostgreSQL is given `SELECT * FROM unnest($1, $2)` with an array for each column: reading
//! and planning ten thousand values costs it a third of its work. Each array stands in a `SELECT` of its own: PostgreSQL
//! would read it twice, once to guess how many rows it has. So it takes them for few, and looks for each by an index.
//!
//! Many rows are read as one text, too ([`Sql::packed`]): each value of each row that comes by itself is copied and looked up by
//! its name several times on its way, and on SQLite each row wakes a thread.

mod cell;

use serde::de::DeserializeOwned;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row};

use self::cell::array;
pub use self::cell::{Cell, Sort, Value};
use super::{Doing, Error, Tx};

/// Values that one statement may carry: SQLite takes 32766.
const MOST_VALUES: usize = 30_000;
/// A list of at most so many is written out for PostgreSQL too: it plans better when it knows what they are.
const SHORT_LIST: usize = 16;

/// One row of a statement.
pub struct Values<'s> {
    table: &'s mut Table,
    column: usize,
}

impl Values<'_> {
    /// The value of the next column.
    pub fn bind<T: Cell>(&mut self, value: T) -> &mut Self {
        if self.column == self.table.sorts.len() {
            self.table.sorts.push(T::SORT);
        }
        self.column += 1;
        self.table.cells.push(value.value());
        self
    }
}

/// Writes many rows with few statements: `head` is `INSERT INTO t (…)`, `tail` what follows the rows, `columns` how many
/// values a row has.
pub async fn insert<R>(
    tx: &mut Tx,
    doing: &'static str,
    (head, tail): (&'static str, &'static str),
    columns: usize,
    rows: &[R],
    bind: impl Fn(&mut Values<'_>, &R),
) -> Result<(), Error> {
    for part in parts(rows, columns) {
        let mut sql = Sql::new(head);
        sql.rows(part, &bind).push(tail);
        // how rows are written is the same however large the table is
        sql.kept = true;
        sql.run(tx, doing).await?;
    }
    Ok(())
}

/// Parts of a list of keys of so many columns that fit into one statement.
pub fn parts<R>(keys: &[R], columns: usize) -> impl Iterator<Item = &[R]> {
    keys.chunks((MOST_VALUES / columns).max(1))
}

/// What a statement is put together from.
enum Piece {
    Text(String),
    Value(Value),
    /// All rows as one JSON array of arrays
    Packed(&'static str),
    /// `VALUES (…), (…)`
    Table(Table),
    /// `(…, …)` behind `IN`
    List(Table),
}

/// Rows of values, one after the other.
#[derive(Default)]
struct Table {
    sorts: Vec<Sort>,
    cells: Vec<Value>,
}

impl Table {
    fn rows(&self) -> impl Iterator<Item = &[Value]> {
        self.cells.chunks(self.sorts.len().max(1))
    }

    /// An array for each column, as PostgreSQL reads it.
    fn columns(&self) -> impl Iterator<Item = (Sort, String)> {
        let column = |place: usize| self.rows().filter_map(move |row| row.get(place));
        self.sorts.iter().enumerate().map(move |(place, sort)| (*sort, array(column(place))))
    }
}

/// A statement that grows. Text is always ours; whatever comes from outside is bound.
pub struct Sql {
    pieces: Vec<Piece>,
    failed: Option<sqlx::Error>,
    /// Whether PostgreSQL is to keep its plan.
    kept: bool,
}

impl Sql {
    /// Begins with this text.
    pub fn new(text: &'static str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())], failed: None, kept: false }
    }

    /// Begins to read these columns of many rows as one text, for [`Self::unpack`]. What follows begins with ` FROM`.
    pub fn packed(columns: &'static str) -> Self {
        let mut sql = Self::new("");
        sql.pieces = vec![Piece::Packed(columns)];
        sql
    }

    /// Adds text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text(text)
    }

    fn text(&mut self, text: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
        self
    }

    /// Adds a value.
    pub fn bind<T: Cell>(&mut self, value: T) -> &mut Self {
        self.pieces.push(Piece::Value(value.value()));
        self
    }

    /// The name of a table or column, from the database's own list of them.
    pub fn name(&mut self, name: &str) -> &mut Self {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.failed.get_or_insert(sqlx::Error::Protocol(format!("the name {name:?}")));
            return self;
        }
        self.text("\"").text(name).text("\"")
    }

    /// A list in brackets. An empty list is one that nothing is in.
    pub fn list<T: Cell>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        let cells: Vec<Value> = values.into_iter().map(|value| value.value()).collect();
        if cells.is_empty() {
            return self.push("(NULL)");
        }
        self.pieces.push(Piece::List(Table { sorts: vec![T::SORT], cells }));
        self
    }

    /// A table in brackets, whose columns are `column1`, `column2` … on both databases. `rows` must not be empty.
    pub fn values<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        bind: impl Fn(&mut Values<'_>, R),
    ) -> &mut Self {
        self.push("(").rows(rows, bind).push(")")
    }

    /// Rows, behind `INSERT INTO t (…)`. They must not be none.
    pub fn rows<R>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        bind: impl Fn(&mut Values<'_>, R),
    ) -> &mut Self {
        let mut table = Table::default();
        for row in rows {
            bind(&mut Values { table: &mut table, column: 0 }, row);
        }
        self.push(" ");
        self.pieces.push(Piece::Table(table));
        self
    }

    /// Runs it and gives its rows.
    pub async fn all(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<Vec<AnyRow>, Error> {
        self.ready(connection, doing)?.fetch_all(connection).await.doing(doing)
    }

    /// Runs what [`Self::packed`] began, and reads each row as a `T`: a tuple, or a struct with the columns in their order.
    /// A real number is to be read as `f32`: SQLite writes no more digits than that needs.
    pub async fn unpack<T: DeserializeOwned>(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<Vec<T>, Error> {
        let row = self.ready(connection, doing)?.fetch_one(connection).await.doing(doing)?;
        match row.try_get::<Option<&str>, _>(0).doing(doing)? {
            Some(rows) => serde_json::from_str(rows)
                .map_err(|error| Error::Corrupt(format!("rows that do not read: {error}"))),
            None => Ok(Vec::new()),
        }
    }

    /// Runs it and gives its first row.
    pub async fn first(
        self,
        connection: &mut AnyConnection,
        doing: &'static str,
    ) -> Result<Option<AnyRow>, Error> {
        self.ready(connection, doing)?.fetch_optional(connection).await.doing(doing)
    }

    /// Runs it and says how many rows it touched.
    pub async fn run(self, connection: &mut AnyConnection, doing: &'static str) -> Result<u64, Error> {
        Ok(self.ready(connection, doing)?.execute(connection).await.doing(doing)?.rows_affected())
    }

    fn ready(
        self,
        connection: &AnyConnection,
        doing: &'static str,
    ) -> Result<Query<'static, Any, AnyArguments>, Error> {
        if let Some(error) = self.failed {
            return Err(error).doing(doing);
        }
        let postgres = connection.backend_name() == "PostgreSQL";
        let mut written =
            Written { postgres, text: String::new(), values: AnyArguments::default(), count: 0 };
        for piece in self.pieces {
            written.piece(piece).map_err(sqlx::Error::Encode).doing(doing)?;
        }
        // others are not kept: on SQLite each number of rows is another statement, and a plan that PostgreSQL made while a
        // table was small reads it from end to end when it is large
        let kept = self.kept && postgres;
        Ok(sqlx::query_with(AssertSqlSafe(written.text), written.values).persistent(kept))
    }
}

/// A statement as one database wants it.
struct Written {
    postgres: bool,
    text: String,
    values: AnyArguments,
    count: usize,
}

type Encoded = Result<(), sqlx::error::BoxDynError>;

impl Written {
    fn piece(&mut self, piece: Piece) -> Encoded {
        match piece {
            Piece::Text(text) => self.text.push_str(&text),
            Piece::Value(value) => self.value(value)?,
            Piece::Packed(columns) => {
                let (head, tail) = if self.postgres {
                    ("SELECT CAST(json_agg(json_build_array(", ")) AS TEXT)")
                } else {
                    ("SELECT json_group_array(json_array(", "))")
                };
                self.text.push_str(head);
                self.text.push_str(columns);
                self.text.push_str(tail);
            }
            Piece::Table(table) if self.postgres => {
                self.text.push_str("SELECT * FROM ");
                self.unnest(&table)?;
                self.text.push_str(" AS v(");
                for column in 1..=table.sorts.len() {
                    self.text.push_str(if column == 1 { "column" } else { ", column" });
                    self.text.push_str(&column.to_string());
                }
                self.text.push(')');
            }
            Piece::Table(table) => {
                self.text.push_str("VALUES ");
                self.rows(table.cells, table.sorts.len())?;
            }
            Piece::List(table) if self.postgres && table.cells.len() > SHORT_LIST => {
                self.text.push_str("(SELECT ");
                self.unnest(&table)?;
                self.text.push(')');
            }
            Piece::List(table) => {
                let count = table.cells.len();
                self.rows(table.cells, count)?;
            }
        }
        Ok(())
    }

    /// `(…, …), (…, …)`
    fn rows(&mut self, cells: Vec<Value>, columns: usize) -> Encoded {
        for (place, value) in cells.into_iter().enumerate() {
            self.text.push_str(match place {
                0 => "(",
                _ if place % columns.max(1) == 0 => "), (",
                _ => ", ",
            });
            self.value(value)?;
        }
        self.text.push(')');
        Ok(())
    }

    fn unnest(&mut self, table: &Table) -> Encoded {
        self.text.push_str("unnest(");
        for (place, (sort, array)) in table.columns().enumerate() {
            self.text.push_str(if place == 0 { "(SELECT CAST(" } else { ", (SELECT CAST(" });
            self.value(Value::Text(array))?;
            self.text.push_str(" AS ");
            self.text.push_str(sort.array());
            self.text.push_str("))");
        }
        self.text.push(')');
        Ok(())
    }

    fn value(&mut self, value: Value) -> Encoded {
        self.count += 1;
        if self.postgres {
            self.text.push('$');
            self.text.push_str(&self.count.to_string());
        } else {
            self.text.push('?');
        }
        value.add(&mut self.values)
    }
}

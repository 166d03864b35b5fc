//! A whole database as lines of JSON, of one moment, the same from SQLite and PostgreSQL, so that either can be made of it.
//!
//! ```text
//! {"xunge_store":1,"version":7}
//! {"table":"case_","columns":[["id","text"],["ordinal","integer"],…]}
//! ["0193…",1,…]
//! {"end":true,"rows":4711}
//! ```
//! Bytes are base64 and fractions decimal text, so that they come back exactly. Tables come after those that they refer to.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::{Doing, Error, Place, Setup, Sql, Tx, Values, parts};

const DOING: &str = "copy the database";
const FORMAT: u32 = 1;
/// Rows of one statement.
const ROWS: usize = 500;

/// What a copy has to know of a database.
#[derive(Debug)]
pub struct Layout {
    /// Tables of the moment, such as who is logged in: nobody is after a restore.
    pub not_kept: &'static [&'static str],
    /// Tables that refer to others without the database's knowing.
    pub refers: &'static [(&'static str, &'static str)],
    /// Tables whose rows are in the order of a column.
    pub ordered: &'static [(&'static str, &'static str)],
}

/// A row that was copied.
#[derive(Debug)]
pub struct Copied<'r> {
    /// Its table.
    pub table: &'r str,
    columns: &'r [(String, Sort)],
    row: &'r [Value],
}

impl Copied<'_> {
    fn value(&self, column: &str) -> Option<&Value> {
        let place = self.columns.iter().position(|(name, _)| name == column)?;
        self.row.get(place)
    }

    /// The text of a column; empty where there is none.
    pub fn text(&self, column: &str) -> String {
        self.value(column).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The number of a column; 0 where there is none.
    pub fn number(&self, column: &str) -> u64 {
        self.value(column).and_then(Value::as_u64).unwrap_or(0)
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    xunge_store: u32,
    version: i64,
}

#[derive(Serialize, Deserialize)]
struct Table {
    table: String,
    columns: Vec<(String, Sort)>,
}

#[derive(Serialize, Deserialize)]
struct End {
    end: bool,
    rows: u64,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Text,
    Integer,
    Real,
    Bytes,
}

impl Sort {
    fn of(declared: &str) -> Result<Self, Error> {
        match declared.to_ascii_lowercase().as_str() {
            "text" | "character varying" => Ok(Self::Text),
            "bigint" | "integer" | "smallint" => Ok(Self::Integer),
            "double precision" | "real" => Ok(Self::Real),
            "blob" | "bytea" => Ok(Self::Bytes),
            other => Err(Error::Corrupt(format!("a column of the type {other}"))),
        }
    }

    fn read(self, row: &AnyRow, at: usize) -> Result<Value, Error> {
        Ok(match self {
            Self::Text => row.try_get::<Option<String>, _>(at).doing(DOING)?.into(),
            Self::Integer => row.try_get::<Option<i64>, _>(at).doing(DOING)?.into(),
            // the shortest text that reads as the same number
            Self::Real => row.try_get::<Option<f64>, _>(at).doing(DOING)?.map(|n| format!("{n:?}")).into(),
            Self::Bytes => {
                row.try_get::<Option<Vec<u8>>, _>(at).doing(DOING)?.map(|bytes| STANDARD.encode(bytes)).into()
            }
        })
    }

    fn bind(self, values: &mut Values<'_>, value: &Value) -> Option<()> {
        let text = match value {
            Value::Null => None,
            value if self == Self::Integer => {
                values.bind(value.as_i64()?);
                return Some(());
            }
            value => Some(value.as_str()?),
        };
        match self {
            Self::Text => values.bind(text.map(str::to_owned)),
            Self::Integer => values.bind(None::<i64>),
            Self::Real => values.bind(text.map(str::parse::<f64>).transpose().ok()?),
            Self::Bytes => values.bind(text.map(|text| STANDARD.decode(text)).transpose().ok()?),
        };
        Some(())
    }
}

fn broken(why: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("a backup that does not read ({why})"))
}

fn line<T: Serialize>(out: &mut dyn Write, value: &T) -> Result<(), Error> {
    let text = serde_json::to_string(value).map_err(broken)?;
    writeln!(out, "{text}").map_err(Error::Copy)
}

/// Writes everything of one moment, while others go on. `tx` is of [`super::Database::reading`]; `see` is shown each row.
pub async fn dump(
    tx: &mut Tx,
    layout: &Layout,
    out: &mut (dyn Write + Send),
    see: &mut (dyn FnMut(Copied<'_>) + Send),
) -> Result<BTreeMap<String, u64>, Error> {
    let version: i64 =
        sqlx::query_scalar("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations")
            .fetch_one(&mut **tx)
            .await
            .doing(DOING)?;
    line(out, &Head { xunge_store: FORMAT, version })?;
    let mut counts = BTreeMap::new();
    for table in tables(tx, layout).await? {
        if layout.not_kept.contains(&table.table.as_str()) {
            continue;
        }
        line(out, &table)?;
        let rows = rows(tx, &table, layout, out, see).await?;
        counts.insert(table.table, rows);
    }
    line(out, &End { end: true, rows: counts.values().sum() })?;
    Ok(counts)
}

/// Makes a database of what was copied, in a place where there is none, as far as it was when it was copied: whoever opens it next
/// brings it up to date.
pub async fn load(
    place: &Place,
    setup: &Setup,
    layout: &Layout,
    input: &mut (dyn BufRead + Send),
) -> Result<(), Error> {
    let mut lines = input.lines();
    let mut next = || lines.next().transpose().map_err(Error::Copy);
    let head: Head = read(next()?.as_deref())?;
    if head.xunge_store > FORMAT {
        return Err(broken("it was made by a newer version"));
    }
    let writer = place.prepare(setup, head.version).await?;
    let mut tx = writer.begin().await.doing(DOING)?;
    let known = tables(&mut tx, layout).await?;
    // what new tables come with is in the copy
    for table in known.iter().rev() {
        let mut sql = Sql::new("DELETE FROM ");
        sql.name(&table.table);
        sql.run(&mut tx, DOING).await?;
    }
    let mut table: Option<Table> = None;
    let mut waiting: Vec<Vec<Value>> = Vec::new();
    let mut rows = 0_u64;
    loop {
        let text = next()?.ok_or_else(|| broken("its end is missing"))?;
        if text.starts_with('[') {
            waiting.push(read(Some(&text))?);
            rows += 1;
            if waiting.len() < ROWS {
                continue;
            }
        }
        if let Some(table) = &table {
            write(&mut tx, table, &waiting).await?;
        } else if !waiting.is_empty() {
            return Err(broken("rows of no table"));
        }
        waiting.clear();
        if text.starts_with('[') {
            continue;
        }
        if let Ok(end) = serde_json::from_str::<End>(&text) {
            if !end.end || end.rows != rows {
                return Err(broken(format!("{rows} rows where there were {}", end.rows)));
            }
            break;
        }
        let begun: Table = read(Some(&text))?;
        let columns = known.iter().find(|known| known.table == begun.table).map(|known| &known.columns);
        if !columns.is_some_and(|known| begun.columns.iter().all(|column| known.contains(column))) {
            return Err(broken(format!("the table {} is not one of version {}", begun.table, head.version)));
        }
        table = Some(begun);
    }
    tx.commit().await.doing(DOING)?;
    writer.close().await;
    Ok(())
}

fn read<'t, T: Deserialize<'t>>(text: Option<&'t str>) -> Result<T, Error> {
    serde_json::from_str(text.ok_or_else(|| broken("it is empty"))?).map_err(broken)
}

/// Copies the rows of a table.
async fn rows(
    tx: &mut Tx,
    table: &Table,
    layout: &Layout,
    out: &mut (dyn Write + Send),
    see: &mut (dyn FnMut(Copied<'_>) + Send),
) -> Result<u64, Error> {
    let mut sql = String::from("SELECT ");
    for (at, (column, _)) in table.columns.iter().enumerate() {
        sql.push_str(if at == 0 { "\"" } else { ", \"" });
        sql.push_str(column);
        sql.push('"');
    }
    sql.push_str(" FROM \"");
    sql.push_str(&table.table);
    sql.push('"');
    if let Some((_, column)) = layout.ordered.iter().find(|(name, _)| *name == table.table) {
        sql.push_str(" ORDER BY ");
        sql.push_str(column);
    }
    let mut count = 0;
    // names of our own tables, from the database's own list
    let mut found = sqlx::query(AssertSqlSafe(sql)).fetch(&mut **tx);
    while let Some(row) = found.try_next().await.doing(DOING)? {
        let sorts = table.columns.iter().enumerate();
        let row = sorts.map(|(at, (_, sort))| sort.read(&row, at)).collect::<Result<Vec<_>, _>>()?;
        see(Copied { table: &table.table, columns: &table.columns, row: &row });
        line(out, &row)?;
        count += 1;
    }
    Ok(count)
}

async fn write(tx: &mut Tx, table: &Table, rows: &[Vec<Value>]) -> Result<(), Error> {
    for part in parts(rows, table.columns.len().max(1)) {
        if part.is_empty() {
            continue;
        }
        let mut sql = Sql::new("INSERT INTO ");
        sql.name(&table.table).push(" (");
        for (at, (column, _)) in table.columns.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).name(column);
        }
        sql.push(")");
        let mut wrong = false;
        for row in part {
            wrong |= row.len() != table.columns.len();
        }
        let misfits = std::cell::Cell::new(wrong);
        sql.rows(part, |values, row| {
            for ((_, sort), value) in table.columns.iter().zip(row) {
                if sort.bind(values, value).is_none() {
                    misfits.set(true);
                }
            }
        });
        if misfits.get() {
            return Err(broken(format!("a row of {} does not fit its columns", table.table)));
        }
        sql.run(tx, DOING).await?;
    }
    Ok(())
}

/// All tables, each behind those that it refers to.
async fn tables(connection: &mut AnyConnection, layout: &Layout) -> Result<Vec<Table>, Error> {
    let postgres = connection.backend_name() == "PostgreSQL";
    let columns = if postgres {
        "SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c, CAST(data_type AS TEXT) AS d
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'
         ORDER BY table_name, ordinal_position"
    } else {
        "SELECT CAST(m.name AS TEXT) AS t, CAST(i.name AS TEXT) AS c, CAST(i.type AS TEXT) AS d
         FROM sqlite_master m JOIN pragma_table_info(m.name) i
         WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' AND SUBSTR(m.name, 1, 7) <> 'sqlite_' ORDER BY m.name, i.cid"
    };
    let mut found: Vec<Table> = Vec::new();
    for row in &sqlx::query(columns).fetch_all(&mut *connection).await.doing(DOING)? {
        let name: String = row.try_get("t").doing(DOING)?;
        let column = (row.try_get("c").doing(DOING)?, Sort::of(row.try_get("d").doing(DOING)?)?);
        match found.last_mut() {
            Some(last) if last.table == name => last.columns.push(column),
            _ => found.push(Table { table: name, columns: vec![column] }),
        }
    }
    let references = if postgres {
        "SELECT CAST(a.relname AS TEXT) AS t, CAST(b.relname AS TEXT) AS parent FROM pg_constraint c
         JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
         WHERE c.contype = 'f' AND a.relnamespace = CAST(current_schema() AS regnamespace)"
    } else {
        "SELECT CAST(m.name AS TEXT) AS t, CAST(f.\"table\" AS TEXT) AS parent
         FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
    };
    let mut parents: Vec<(String, String)> =
        layout.refers.iter().map(|(child, parent)| ((*child).to_owned(), (*parent).to_owned())).collect();
    for row in &sqlx::query(references).fetch_all(&mut *connection).await.doing(DOING)? {
        parents.push((row.try_get("t").doing(DOING)?, row.try_get("parent").doing(DOING)?));
    }
    let mut sorted: Vec<Table> = Vec::with_capacity(found.len());
    while !found.is_empty() {
        let placed = |name: &String| sorted.iter().any(|table| table.table == *name);
        let free = found.iter().position(|table| {
            parents.iter().all(|(child, parent)| *child != table.table || parent == child || placed(parent))
        });
        // tables that refer to each other would be a fault of ours: their order does not matter then
        sorted.push(found.remove(free.unwrap_or(0)));
    }
    Ok(sorted)
}

//! What the tests share.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use tempfile::TempDir;
use xunge_database::Place;
use xunge_parts::Postgres;
pub use xunge_parts::{Kind, on_both};
use xunge_reminder::id_number::IdNumber;
use xunge_residents::import::Mapping;
use xunge_residents::store::{ConflictFilter, Deed, Done, Order, Store, What};
use xunge_residents::table::Table;

pub const TODAY: Date = date(2026, 11, 27);

/// A store of its own, and a folder that goes with it.
pub struct House {
    pub store: Store,
    pub folder: TempDir,
    pub place: Place,
    pub key_file: PathBuf,
}

impl House {
    pub async fn of(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = match kind {
            Kind::Sqlite => Place::File(folder.path().join("residents.db")),
            Kind::Postgres => {
                let url = tokio::task::spawn_blocking(Postgres::shared_database).await.unwrap().unwrap();
                Place::Postgres { url: url.parse().unwrap(), password: None }
            }
        };
        Self::at(place, folder).await
    }

    /// In a PostgreSQL database that sorts as Chinese does, not by the numbers of characters.
    pub async fn sorted_as_chinese() -> Self {
        let other = Self::of(Kind::Postgres).await;
        let Place::Postgres { url, .. } = &other.place else { panic!("it is PostgreSQL") };
        let name = format!("{}_icu", url.path().trim_start_matches('/'));
        let create = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'zh-Hans-CN-u-co-pinyin'"
        );
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&other.raw().await).await.unwrap();
        let mut url = url.clone();
        url.set_path(&name);
        Self::at(Place::Postgres { url, password: None }, tempfile::tempdir().unwrap()).await
    }

    async fn at(place: Place, folder: TempDir) -> Self {
        let key_file = folder.path().join("residents.key");
        let store = Store::open(&place, &key_file).await.unwrap();
        Self { store, folder, place, key_file }
    }

    /// A connection past the store, to look or to tamper.
    pub async fn raw(&self) -> sqlx::AnyPool {
        let url = match &self.place {
            Place::File(path) => format!("sqlite://{}", path.display()),
            Place::Postgres { url, .. } => url.to_string(),
        };
        sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap()
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        let raw = self.raw().await;
        let number = sqlx::query_scalar(sql).fetch_one(&raw).await.unwrap();
        raw.close().await;
        number
    }

    /// All texts of a column, in order.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let raw = self.raw().await;
        let texts = sqlx::query_scalar(sql).fetch_all(&raw).await.unwrap();
        raw.close().await;
        texts
    }

    /// Imports a table as CSV; `change` says how.
    pub async fn import(&self, csv: &str, change: impl FnOnce(&mut Order)) -> Done {
        let path = self.folder.path().join("table.csv");
        std::fs::write(&path, csv).unwrap();
        let table = Table::open(&path).unwrap();
        let mapping = Mapping::find(table.headings(), &std::collections::BTreeMap::new()).unwrap();
        let mut order = Order {
            mapping,
            dry_run: false,
            complete: None,
            many_departures: false,
            regions: None,
            deed: deed(What::Import),
            file: "table.csv".into(),
            sha256: "0".repeat(64),
            today: TODAY,
        };
        change(&mut order);
        self.store.import(table, &order, |_| {}).await.unwrap()
    }
}

/// What a clerk does, long ago.
pub fn deed(what: What) -> Deed {
    Deed {
        account: "clerk".into(),
        place: "192.0.2.1".into(),
        what,
        reason: String::new(),
        at: Timestamp::UNIX_EPOCH,
    }
}

/// A number that nobody has.
pub fn number(birth: &str, sequence: u16) -> String {
    IdNumber::complete(&format!("999999{birth}{sequence:03}")).unwrap().reveal().to_owned()
}

/// What is to be settled: the first few.
pub fn open_ones() -> ConflictFilter {
    ConflictFilter { limit: 10, ..ConflictFilter::default() }
}

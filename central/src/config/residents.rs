//! `[residents]`: the residents' half, which shares no database with the cases.

use std::path::{Path, PathBuf};

use jiff::civil::Time;
use xunge_config::{Key, Section, Table};

use super::{StoreChoice, store};

const POSTGRES: Key = Key::url("postgres", &["postgres"])
    .example("\"postgres://xunge_residents@db.example:5432/xunge_residents?sslmode=verify-full\"")
    .doc(
        "A PostgreSQL database of its own (never the one of `[store]`) instead of the file residents.db in data_dir",
        "使用另一个 PostgreSQL 数据库（不得与 `[store]` 相同）代替 data_dir 中的 residents.db",
    );
const PASSWORD_FILE: Key = Key::path("password_file").doc(
    "File whose first line is the database user's password; nobody else may read it",
    "首行为数据库用户密码的文件，不得让他人可读",
);
const KEY_FILE: Key = Key::path("key_file").example("\"/etc/xunge/residents.key\"").doc(
    "File of the keys that identity and telephone numbers are sealed with; left out, residents.key in data_dir. Made where a store is \
     new; keep a copy apart from the backups of the database",
    "身份证号和电话的加密密钥文件；不写则为 data_dir 中的 residents.key。新建数据库时自动生成，请与数据库备份分开保存副本",
);
const PER_GRID: Key = Key::int("per_grid").default("10").range(1.0, 1000.0).doc(
    "Reminders that come out in one grid on one day, at most: the first scan of a city floods nobody",
    "每网格每日最多派出的提醒数，首次扫描不致积压",
);
const SCAN_AT: Key = Key::text("scan_at").default("\"02:30\"").doc(
    "When the nightly scan begins, Beijing time (UTC+8); a missed night is caught up",
    "每夜扫描时间（北京时间）；漏扫会自动补上",
);

/// `[residents]`.
pub(super) static TABLE: Table =
    Table::one("residents", &[&[POSTGRES, PASSWORD_FILE, KEY_FILE, PER_GRID, SCAN_AT]]).doc(
        "Residents and reminders (到龄提醒). Without this table that half is off.",
        "人口与到龄提醒。不写此节则不启用。",
    );

/// What the residents' half is told.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidentsConfig {
    /// Where residents are kept; `File` is residents.db in the data folder.
    pub store: StoreChoice,
    /// File of the keys; none is residents.key in the data folder.
    pub key_file: Option<PathBuf>,
    /// Reminders that come out in one grid on one day.
    pub per_grid: u32,
    /// When the nightly scan begins.
    pub scan_at: Time,
}

/// Reads it. `cases` is where the cases are: never the same database.
pub(super) fn residents(section: &Section<'_>, base: &Path, cases: &StoreChoice) -> ResidentsConfig {
    let store = store(section, (&POSTGRES, &PASSWORD_FILE), base);
    if let (StoreChoice::Postgres { url, .. }, StoreChoice::Postgres { url: other, .. }) = (&store, cases)
        && same(url, other)
    {
        section.problem(
            &POSTGRES,
            (
                "`postgres` is the database of `[store]`: residents and cases are never kept in one; make another",
                "`postgres` 与 `[store]` 是同一个数据库：人口与案件不得同库，请另建",
            ),
        );
    }
    let text = section.text(&SCAN_AT);
    let scan_at = Time::strptime("%H:%M", &text);
    if scan_at.is_err() && section.given(&SCAN_AT) {
        section.problem(&SCAN_AT, ("`scan_at` is no time such as 02:30", "`scan_at` 不是时间，应如 02:30"));
    }
    ResidentsConfig {
        store,
        key_file: section.opt_path(&KEY_FILE).map(|path| base.join(path)),
        per_grid: section.count(&PER_GRID),
        scan_at: scan_at.unwrap_or(Time::constant(2, 30, 0, 0)),
    }
}

/// Whether two URLs mean one database, whoever connects to it.
fn same(one: &url::Url, other: &url::Url) -> bool {
    let place = |url: &url::Url| {
        (url.host_str().map(str::to_owned), url.port().unwrap_or(5432), url.path().to_owned())
    };
    place(one) == place(other)
}

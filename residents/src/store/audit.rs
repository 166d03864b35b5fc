//! The log of who did what with whose data, and why: each entry holds the hash of the one before it, so none can be changed,
//! taken out or put in between without that showing. Whoever could write the whole log anew is caught by a hash that was
//! written down elsewhere.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use xunge_database::{Sql, Tx};

use super::{Store, StoreError, times, us};

/// Before the first entry.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Entries that are read at a time.
const STEP: i64 = 5_000;

/// Something that somebody does and that is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub account: String,
    /// Address that it was done from; `cli` on the machine itself.
    pub place: String,
    /// What.
    pub what: What,
    /// Why, where that is asked for; else empty.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditDeed)]
pub enum What {
    /// Logged in.
    Login,
    /// Made, changed or closed an account.
    Account,
    /// Looked for people.
    Find,
    /// Looked at a person.
    See,
    /// Saw a number or telephone in full.
    Reveal,
    /// Brought a file.
    Import,
    /// Settled what did not fit together.
    Settle,
    /// Printed a call sheet.
    Sheet,
    /// Noted what came of a reminder.
    Outcome,
    /// Added a rule.
    RuleAdded,
    /// Put a rule to use, or out of it.
    RuleUsed,
    /// Said which days are worked.
    Workdays,
    /// Named regions.
    Regions,
    /// Sealed everything with a new key.
    Rotate,
}

impl What {
    /// As the database has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Account => "account",
            Self::Find => "find",
            Self::See => "see",
            Self::Reveal => "reveal",
            Self::Import => "import",
            Self::Settle => "settle",
            Self::Sheet => "sheet",
            Self::Outcome => "outcome",
            Self::RuleAdded => "rule_added",
            Self::RuleUsed => "rule_used",
            Self::Workdays => "workdays",
            Self::Regions => "regions",
            Self::Rotate => "rotate",
        }
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Its place, from 1.
    pub ordinal: i64,
    /// When.
    #[serde(deserialize_with = "times::read")]
    pub utc: Timestamp,
    /// Who.
    pub account: String,
    /// From where.
    pub place: String,
    /// What.
    #[schema(value_type = What)]
    pub what: String,
    /// Whose data, by our number; none where it is nobody's in particular.
    pub person: Option<i64>,
    /// Why.
    pub reason: String,
    /// More, as JSON; never a number or telephone.
    pub detail: String,
    /// SHA-256 over the entry and the hash of the one before it.
    pub hash: String,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only of this account.
    pub account: Option<String>,
    /// Only about this person.
    pub person: Option<i64>,
    /// Only of this kind.
    pub what: Option<What>,
    /// Only from this day of the place on.
    pub from: Option<Date>,
    /// Only until this day.
    pub until: Option<Date>,
    /// Only what happened before this entry.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// What a check of the log found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditChecked)]
pub struct Checked {
    /// Entries.
    pub entries: u64,
    /// The last hash: written down elsewhere it shows later whether all of this is still there.
    pub head: String,
    /// The first entry that does not fit, if any.
    pub broken_at: Option<i64>,
}

fn hash(before: &str, entry: &Entry) -> String {
    let mut digest = Sha256::new();
    let numbers = [entry.ordinal.to_string(), us(entry.utc).to_string()];
    let person = entry.person.map(|person| person.to_string()).unwrap_or_default();
    let parts = [
        before,
        &numbers[0],
        &numbers[1],
        &entry.account,
        &entry.place,
        &entry.what,
        &person,
        &entry.reason,
        &entry.detail,
    ];
    for part in parts {
        // with its length, so that no two entries come to the same bytes
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Writes an entry behind the last, in the transaction that makes it true.
pub(super) async fn write(
    tx: &mut Tx,
    deed: &Deed,
    person: Option<i64>,
    detail: &(impl Serialize + Sync),
) -> Result<(), StoreError> {
    let doing = "write the log";
    let mut sql = Sql::packed("ordinal, hash");
    sql.push(" FROM (SELECT ordinal, hash FROM audit ORDER BY ordinal DESC LIMIT 1) a");
    let last: Vec<(i64, String)> = sql.unpack(tx, doing).await?;
    let (ordinal, before) = last.into_iter().next().unwrap_or_else(|| (0, GENESIS.to_owned()));
    let detail = serde_json::to_string(detail)
        .map_err(|error| StoreError::Corrupt(format!("a detail of the log: {error}")))?;
    let mut entry = Entry {
        ordinal: ordinal + 1,
        utc: deed.at,
        account: deed.account.clone(),
        place: deed.place.clone(),
        what: deed.what.as_str().to_owned(),
        person,
        reason: deed.reason.clone(),
        detail: if detail == "null" { String::new() } else { detail },
        hash: String::new(),
    };
    entry.hash = hash(&before, &entry);
    let mut sql = Sql::new(
        "INSERT INTO audit (ordinal, at_us, account, place, what, person, reason, detail, hash) VALUES (",
    );
    sql.bind(entry.ordinal).push(", ").bind(us(entry.utc)).push(", ").bind(&entry.account).push(", ");
    sql.bind(&entry.place).push(", ").bind(&entry.what).push(", ").bind(entry.person).push(", ");
    sql.bind(&entry.reason).push(", ").bind(&entry.detail).push(", ").bind(&entry.hash).push(")");
    sql.run(tx, doing).await?;
    Ok(())
}

const COLUMNS: &str = "a.ordinal, a.at_us, a.account, a.place, a.what, a.person, a.reason, a.detail, a.hash";

impl Store {
    /// Writes down something that changes nothing else: that somebody looked.
    pub async fn log(
        &self,
        deed: &Deed,
        person: Option<i64>,
        detail: &(impl Serialize + Sync),
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        write(&mut tx, deed, person, detail).await?;
        xunge_database::Doing::doing(tx.commit().await, "write the log")?;
        Ok(())
    }

    /// Entries of the log, the newest first.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<Entry>, StoreError> {
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM (SELECT * FROM audit WHERE 1 = 1");
        if let Some(account) = &filter.account {
            sql.push(" AND account = ").bind(account);
        }
        if let Some(person) = filter.person {
            sql.push(" AND person = ").bind(person);
        }
        if let Some(what) = filter.what {
            sql.push(" AND what = ").bind(what.as_str());
        }
        if let Some(from) = filter.from {
            sql.push(" AND at_us >= ").bind(times::begins(from));
        }
        if let Some(until) = filter.until.and_then(|day| day.tomorrow().ok()) {
            sql.push(" AND at_us < ").bind(times::begins(until));
        }
        if let Some(before) = filter.before {
            sql.push(" AND ordinal < ").bind(before);
        }
        sql.push(" ORDER BY ordinal DESC LIMIT ").bind(i64::from(filter.limit)).push(") a");
        let mut entries: Vec<Entry> = sql.unpack(&mut *self.db.reader().await?, "read the log").await?;
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.ordinal));
        Ok(entries)
    }

    /// Checks the log from its first entry to its last.
    pub async fn check_audit(&self) -> Result<Checked, StoreError> {
        let mut tx = self.db.reading().await?;
        let mut checked = Checked { head: GENESIS.to_owned(), ..Checked::default() };
        let mut last = 0;
        loop {
            let mut sql = Sql::packed(COLUMNS);
            sql.push(" FROM (SELECT * FROM audit WHERE ordinal > ").bind(last);
            sql.push(" ORDER BY ordinal LIMIT ").bind(STEP).push(") a");
            let mut entries: Vec<Entry> = sql.unpack(&mut tx, "check the log").await?;
            entries.sort_by_key(|entry| entry.ordinal);
            if entries.is_empty() {
                return Ok(checked);
            }
            for entry in entries {
                let fits = entry.ordinal == last + 1 && entry.hash == hash(&checked.head, &entry);
                if !fits && checked.broken_at.is_none() {
                    checked.broken_at = Some(last + 1);
                }
                last = entry.ordinal;
                checked.entries += 1;
                checked.head = entry.hash;
            }
        }
    }
}

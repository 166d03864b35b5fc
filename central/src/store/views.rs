//! 调用登记: who may look at which file, because of what was written down.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::Sql;

use super::ledger::{Line, append, fact, within};
use super::names::json;
use super::users::digest;
use super::{Doing, Store, StoreError, Tx, count, time, us, uuid};
use crate::case::Case;
use crate::case::book::id_at;
use crate::law::ledger::Fact;
use crate::law::view::{Content, LOOK, Reason, Terminal, View, hour_end, works_on};
use crate::org::Region;

/// Files of one case as a condition: `f` is alert_evidence, `a` alert.
const OF_FILE: &str =
    " FROM alert_evidence f JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id WHERE f.sha256 = ";

/// The same of pictures that people brought: `p` is case_picture.
const OF_PICTURE: &str = " FROM case_picture p WHERE p.sha256 = ";

/// Who looks, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// User.
    pub user: String,
    /// The session's secret.
    pub session: String,
    /// From where.
    pub terminal: Terminal,
}

/// That somebody may look, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Grant {
    /// Identity; lines of the ledger share it.
    pub id: Uuid,
    /// Until.
    pub expires_utc: Timestamp,
    /// Written by itself, since the person works on the case.
    pub auto: bool,
}

/// Which lines of the register a list shows.
#[derive(Debug, Clone, Default)]
pub struct ViewFilter {
    /// Only of these regions; none means everywhere.
    pub regions: Option<Vec<Region>>,
    /// Only of this person.
    pub user: Option<String>,
    /// Only with this reason.
    pub reason: Option<Reason>,
    /// Only from then on.
    pub from: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
    /// Only lines before this one.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// A line of the register.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ViewLine {
    /// Place in the ledger.
    pub seq: u64,
    /// When.
    pub utc: Timestamp,
    /// Login name.
    pub user: String,
    /// Where.
    pub region: String,
    /// 事由, 内容, 人, 单位, terminal.
    #[serde(flatten)]
    pub view: View,
    /// Files that were shown by it.
    pub shown: Vec<ShownFile>,
    /// Hash in the chain.
    pub hash: String,
}

/// A file that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownFile {
    /// SHA-256.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// When for the first time.
    pub utc: Timestamp,
}

impl Store {
    /// Writes down why somebody looks; what it is about must be seen by that person. None where there is no such case.
    pub async fn view(
        &self,
        viewer: &Viewer,
        wanted: Wanted<'_>,
        (reason, text): (Reason, Option<String>),
        now: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(subject) = subject(&mut tx, wanted).await? else { return Ok(None) };
        let expires = now.checked_add(LOOK).unwrap_or(now);
        let grant = Grant { id: id_at(now), expires_utc: expires, auto: false };
        write(&mut tx, viewer, subject, (reason, text), &grant, now).await?;
        tx.commit().await.doing("commit a view")?;
        Ok(Some(grant))
    }

    /// By what this person may look at a case's files now, and whether he works on it, so that looking writes itself down.
    pub async fn view_of_case(
        &self,
        viewer: &Viewer,
        case: Uuid,
        now: Timestamp,
    ) -> Result<(Option<Grant>, bool), StoreError> {
        let mut connection = self.reader().await?;
        let mut query = Sql::new("SELECT id, body FROM case_ WHERE id = ");
        query.bind(case.to_string());
        let work = worked(&mut connection, query, &viewer.user).await?.is_some();
        let mut query = live(viewer, work.then_some(case), now);
        query.push(" AND g.case_id = ").bind(case.to_string()).push(" ORDER BY g.expires_us DESC LIMIT 1");
        let row = query.first(&mut connection, "read who may look").await?;
        Ok((row.as_ref().map(grant).transpose()?, work))
    }

    /// Whether this person may look at this file now. The first time by a grant is written down, and so is, once an hour, that
    /// somebody looks at a file of the case that he works on.
    pub async fn look(
        &self,
        viewer: &Viewer,
        sha256: &str,
        media_type: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "read who may look";
        // nearly always the answer is there, and needs no turn among the writers
        let mut connection = self.reader().await?;
        let mut query = Sql::new("SELECT id, body FROM case_ WHERE id IN (SELECT a.case_id");
        query.push(OF_FILE).bind(sha256).push(") OR id IN (SELECT p.case_id");
        query.push(OF_PICTURE).bind(sha256).push(") ORDER BY id");
        let work = worked(&mut connection, query, &viewer.user).await?;
        let found = by_file(viewer, work, sha256, now).first(&mut connection, doing).await?;
        if let Some(row) = &found
            && row.try_get::<i64, _>("shown").doing(doing)? > 0
        {
            return Ok(true);
        }
        drop(connection);
        if found.is_none() && work.is_none() {
            return Ok(false);
        }

        let mut tx = self.begin().await?;
        let found = by_file(viewer, work, sha256, now).first(&mut tx, doing).await?;
        let grant = match (found.as_ref().map(grant).transpose()?, work) {
            (Some(grant), _) => grant,
            (None, Some(case)) => {
                let Some(subject) = subject(&mut tx, Wanted::Case(case)).await? else { return Ok(false) };
                let expires = hour_end(now, self.zone());
                let grant = Grant { id: id_at(now), expires_utc: expires, auto: true };
                write(&mut tx, viewer, subject, (Reason::Handling, None), &grant, now).await?;
                grant
            }
            (None, None) => return Ok(false),
        };
        let first = sqlx::query(
            "INSERT INTO view_shown (grant_id, sha256) VALUES ($1, $2) ON CONFLICT (grant_id, sha256) DO NOTHING",
        )
        .bind(grant.id.to_string())
        .bind(sha256)
        .execute(&mut *tx)
        .await
        .doing("note that a file is shown")?;
        if first.rows_affected() > 0 {
            let region = match self.evidence_regions(sha256).await?.first() {
                Some(region) => region.as_str().to_owned(),
                None => String::new(),
            };
            let fact = Fact::Shown { sha256: sha256.to_owned(), media_type: media_type.to_owned() };
            let line = Line { region: &region, about: grant.id, fact: &fact };
            append(&mut tx, &[line], &viewer.user, now).await?;
        }
        tx.commit().await.doing("commit a view")?;
        Ok(true)
    }

    /// Whether the small picture of this file may be shown unasked: it belongs to an alarm that nobody has decided yet.
    pub async fn is_undecided(&self, sha256: &str) -> Result<bool, StoreError> {
        let mut query = Sql::new("SELECT 1 AS one");
        query.push(OF_FILE).bind(sha256).push(
            " AND f.kind = 'snapshot' AND EXISTS (SELECT 1 FROM case_ c WHERE c.id = a.case_id AND c.state IN
             ('registered', 'verifying')) LIMIT 1",
        );
        Ok(query.first(&mut *self.reader().await?, "read an alarm").await?.is_some())
    }

    /// The register, newest first, and the line to go on from when there are more.
    pub async fn views(&self, filter: &ViewFilter) -> Result<(Vec<ViewLine>, Option<u64>), StoreError> {
        let doing = "read the register of views";
        let mut query = Sql::new("SELECT * FROM ledger l WHERE l.kind = 'viewed'");
        if let Some(regions) = &filter.regions {
            within(&mut query, "l.region", regions);
        }
        if let Some(user) = &filter.user {
            query.push(" AND l.actor = ").bind(user);
        }
        if let Some(reason) = filter.reason {
            query.push(" AND l.code = ").bind(reason.as_str());
        }
        if let Some(from) = filter.from {
            query.push(" AND l.utc_us >= ").bind(us(from));
        }
        if let Some(until) = filter.until {
            query.push(" AND l.utc_us < ").bind(us(until));
        }
        if let Some(before) = filter.before {
            query.push(" AND l.seq < ").bind(i64::try_from(before).unwrap_or(i64::MAX));
        }
        query.push(" ORDER BY l.seq DESC LIMIT ").bind(i64::from(filter.limit) + 1);
        let mut connection = self.reader().await?;
        let rows = query.all(&mut connection, doing).await?;
        let mut lines = Vec::with_capacity(rows.len());
        let mut grants = Vec::with_capacity(rows.len());
        for row in &rows {
            let Fact::Viewed(view) = fact(row)? else {
                return Err(StoreError::Corrupt("a line of the register that is none".into()));
            };
            grants.push(row.try_get::<String, _>("about").doing(doing)?);
            lines.push(ViewLine {
                seq: count(row.try_get("seq").doing(doing)?),
                utc: time(row.try_get("utc_us").doing(doing)?)?,
                user: row.try_get("actor").doing(doing)?,
                region: row.try_get("region").doing(doing)?,
                view,
                shown: Vec::new(),
                hash: row.try_get("hash").doing(doing)?,
            });
        }
        let more = lines.len() > filter.limit as usize;
        lines.truncate(filter.limit as usize);
        let next = if more { lines.last().map(|line| line.seq) } else { None };
        let mut query = Sql::new("SELECT about, utc_us, body FROM ledger WHERE kind = 'shown' AND about IN ");
        query.list(grants.iter()).push(" ORDER BY seq");
        for row in &query.all(&mut connection, doing).await? {
            let about: String = row.try_get("about").doing(doing)?;
            let line = grants.iter().position(|grant| *grant == about).and_then(|at| lines.get_mut(at));
            if let (Some(line), Fact::Shown { sha256, media_type }) = (line, fact(row)?) {
                let utc = time(row.try_get("utc_us").doing(doing)?)?;
                line.shown.push(ShownFile { sha256, media_type, utc });
            }
        }
        Ok((lines, next))
    }
}

/// What somebody wants to look at.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// All files of a case.
    Case(Uuid),
    /// One file.
    File(&'a str),
}

/// The same, with where it is.
struct Subject {
    content: Content,
    region: String,
}

async fn subject(tx: &mut Tx, wanted: Wanted<'_>) -> Result<Option<Subject>, StoreError> {
    let doing = "read what is to be looked at";
    Ok(match wanted {
        Wanted::Case(case) => {
            let row = sqlx::query("SELECT number, region FROM case_ WHERE id = $1")
                .bind(case.to_string())
                .fetch_optional(&mut **tx)
                .await
                .doing(doing)?;
            let Some(row) = row else { return Ok(None) };
            let content = Content::Case { case, number: row.try_get("number").doing(doing)? };
            Some(Subject { content, region: row.try_get("region").doing(doing)? })
        }
        Wanted::File(sha256) => {
            let mut query = Sql::new("SELECT MIN(x.region) AS region FROM (SELECT a.region");
            query
                .push(OF_FILE)
                .bind(sha256)
                .push(" UNION SELECT (SELECT c.region FROM case_ c WHERE c.id = p.case_id)");
            query.push(OF_PICTURE).bind(sha256).push(") x");
            let row = query.first(tx, doing).await?;
            let region =
                row.map(|row| row.try_get::<Option<String>, _>("region").doing(doing)).transpose()?.flatten();
            let content = Content::File { sha256: sha256.to_owned() };
            Some(Subject { content, region: region.unwrap_or_default() })
        }
    })
}

/// Writes the line and the grant, and forgets grants that nobody can use any more.
async fn write(
    tx: &mut Tx,
    viewer: &Viewer,
    subject: Subject,
    (reason, text): (Reason, Option<String>),
    grant: &Grant,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "write down a view";
    for old in [
        "DELETE FROM view_shown WHERE grant_id IN (SELECT id FROM view_grant WHERE expires_us <= $1)",
        "DELETE FROM view_grant WHERE expires_us <= $1",
    ] {
        sqlx::query(old).bind(us(now)).execute(&mut **tx).await.doing(doing)?;
    }
    let person = sqlx::query("SELECT full_name, unit FROM user_ WHERE name = $1")
        .bind(&viewer.user)
        .fetch_optional(&mut **tx)
        .await
        .doing(doing)?;
    let (full_name, unit) = match &person {
        Some(row) => (row.try_get("full_name").doing(doing)?, row.try_get("unit").doing(doing)?),
        None => (String::new(), String::new()),
    };
    let (case_id, sha256) = match &subject.content {
        Content::Case { case, .. } => (Some(case.to_string()), None),
        Content::File { sha256 } => (None, Some(sha256.clone())),
    };
    sqlx::query(
        "INSERT INTO view_grant (id, user_, session_hash, case_id, sha256, expires_us) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(grant.id.to_string())
    .bind(&viewer.user)
    .bind(if grant.auto { String::new() } else { digest(&viewer.session) })
    .bind(case_id)
    .bind(sha256)
    .bind(us(grant.expires_utc))
    .execute(&mut **tx)
    .await
    .doing(doing)?;
    let fact = Fact::Viewed(View {
        full_name,
        unit,
        reason,
        text,
        content: subject.content,
        terminal: viewer.terminal.clone(),
        auto: grant.auto,
    });
    append(tx, &[Line { region: &subject.region, about: grant.id, fact: &fact }], &viewer.user, now).await
}

/// The first of these cases that this person works on.
async fn worked(connection: &mut AnyConnection, query: Sql, user: &str) -> Result<Option<Uuid>, StoreError> {
    let doing = "read who works on a case";
    for row in &query.all(connection, doing).await? {
        let body: Option<&str> = row.try_get("body").doing(doing)?;
        let case = body.map(json::<Case>).transpose()?;
        if case.is_some_and(|case| works_on(&case, user)) {
            return uuid(row.try_get("id").doing(doing)?).map(Some);
        }
    }
    Ok(None)
}

/// Grants that this person can use now. One that wrote itself lasts only as long as the work does.
fn live(viewer: &Viewer, work: Option<Uuid>, now: Timestamp) -> Sql {
    let mut query = Sql::new("SELECT g.id, g.expires_us, g.session_hash");
    conditions(&mut query, viewer, work, now);
    query
}

fn conditions(query: &mut Sql, viewer: &Viewer, work: Option<Uuid>, now: Timestamp) {
    query.push(" FROM view_grant g WHERE g.user_ = ").bind(&viewer.user);
    query
        .push(" AND g.expires_us > ")
        .bind(us(now))
        .push(" AND (g.session_hash = ")
        .bind(digest(&viewer.session));
    if let Some(case) = work {
        query.push(" OR (g.session_hash = '' AND g.case_id = ").bind(case.to_string()).push(")");
    }
    query.push(")");
}

/// The grant that covers a file, one that has shown it already first.
fn by_file(viewer: &Viewer, work: Option<Uuid>, sha256: &str, now: Timestamp) -> Sql {
    let mut query = Sql::new(
        "SELECT g.id, g.expires_us, g.session_hash, (SELECT COUNT(*) FROM view_shown s WHERE s.grant_id = g.id AND s.sha256 = ",
    );
    query.bind(sha256).push(") AS shown");
    conditions(&mut query, viewer, work, now);
    query.push(" AND (g.sha256 = ").bind(sha256).push(" OR g.case_id IN (SELECT a.case_id");
    query.push(OF_FILE).bind(sha256).push(" AND a.case_id IS NOT NULL) OR g.case_id IN (SELECT p.case_id");
    query.push(OF_PICTURE).bind(sha256).push(")) ORDER BY shown DESC, g.expires_us DESC LIMIT 1");
    query
}

fn grant(row: &AnyRow) -> Result<Grant, StoreError> {
    let doing = "read who may look";
    Ok(Grant {
        id: uuid(row.try_get("id").doing(doing)?)?,
        expires_utc: time(row.try_get("expires_us").doing(doing)?)?,
        auto: row.try_get::<&str, _>("session_hash").doing(doing)?.is_empty(),
    })
}

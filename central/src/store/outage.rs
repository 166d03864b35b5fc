//! Boxes that are gone and cameras that see nothing: what lasts becomes a case, since nobody hears an alarm that is not sent.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;
use xunge_alert::Phase;
use xunge_database::Sql;

use super::{Doing, News, Store, StoreError, book, time, us, uuid};
use crate::case::book::{Book, Facts};
use crate::case::{Change, number};
use crate::org::Region;

/// What a case of a box that is gone is called.
pub const BOX_OFFLINE: &str = "box_offline";
/// What a case of a camera that sees nothing is called.
pub const CAMERA_BLIND: &str = "camera_blind";
/// How urgent that is: somebody has to go there, not to run.
const SEVERITY: u8 = 3;
/// New cases in one transaction: a power cut takes away a whole street.
const MOST: i64 = 500;

/// After how long it becomes a case; none: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A box that is gone.
    pub of_box: Option<Duration>,
    /// A camera that sees nothing while its box is there.
    pub of_camera: Option<Duration>,
}

impl Default for Patience {
    /// A restart of a box takes a minute, one of a camera or a switch some more.
    fn default() -> Self {
        Self { of_box: Some(Duration::from_secs(300)), of_camera: Some(Duration::from_secs(900)) }
    }
}

/// One that has lasted.
struct Lasting {
    edge: String,
    camera: String,
    name: String,
    site: String,
    since: Timestamp,
}

const DOING: &str = "look for boxes and cameras that are gone";

impl Store {
    /// Makes cases of what has lasted, and notes what is over. Gives the cases that are new or changed.
    pub async fn watch_outages(
        &self,
        patience: Patience,
        now: Timestamp,
    ) -> Result<BTreeSet<Uuid>, StoreError> {
        // a look without the write lock: mostly there is nothing
        let mut reader = self.reader().await?;
        let nothing =
            lasting(&mut reader, patience, now).await?.is_empty() && over(&mut reader).await?.is_empty();
        drop(reader);
        if nothing {
            return Ok(BTreeSet::new());
        }
        let mut tx = self.begin().await?;
        let policy = self.current_policy(&mut tx).await?;
        let lasting = lasting(&mut tx, patience, now).await?;
        let districts: BTreeSet<String> =
            lasting.iter().map(|gone| number::district(&gone.site).to_owned()).collect();
        let mut book = book::open(&mut tx, self, &districts.into_iter().collect::<Vec<_>>(), now).await?;
        let mut began = Vec::with_capacity(lasting.len());
        for gone in &lasting {
            let place = policy.atlas.of(&gone.edge, &gone.camera);
            let region = place.map_or_else(|| Region::of_site(&gone.site), |place| place.region.clone());
            began.push((gone, register(&mut book, gone, region, self)));
        }
        let back = over(&mut tx).await?;
        let ids: Vec<Uuid> = back.iter().map(|(.., case_id)| *case_id).collect();
        book::lay(&mut tx, self, &mut book, &ids).await?;
        for id in &ids {
            if let Some(facts) = book.facts(*id) {
                facts.last = now;
                facts.ended = Some(now);
                facts.phase = Phase::Ended;
            }
        }
        let closed = book.close();
        book::save(&mut tx, self, &closed, now).await?;
        for (gone, case_id) in &began {
            sqlx::query("INSERT INTO outage (edge, camera, began_us, case_id) VALUES ($1, $2, $3, $4)")
                .bind(&gone.edge)
                .bind(&gone.camera)
                .bind(us(gone.since))
                .bind(case_id.to_string())
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
        }
        for (edge, camera, _) in &back {
            sqlx::query(
                "UPDATE outage SET ended_us = $3 WHERE edge = $1 AND camera = $2 AND ended_us IS NULL",
            )
            .bind(edge)
            .bind(camera)
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        let changed: BTreeSet<Uuid> = closed.changed.iter().map(|record| record.id).collect();
        self.announce(&mut tx, &News::of_cases(changed.iter().copied())).await?;
        tx.commit().await.doing(DOING)?;
        Ok(changed)
    }
}

fn register(book: &mut Book, gone: &Lasting, region: Region, store: &Store) -> Uuid {
    let behavior = if gone.camera.is_empty() { BOX_OFFLINE } else { CAMERA_BLIND };
    let facts = Facts {
        behavior: behavior.to_owned(),
        edge: gone.edge.clone(),
        site: gone.site.clone(),
        region,
        camera: gone.camera.clone(),
        camera_name: gone.name.clone(),
        rule: String::new(),
        zone: String::new(),
        test: false,
        since: gone.since,
        last: gone.since,
        ended: None,
        phase: Phase::Began,
        alerts: 0,
        open_alerts: 0,
        score: 1.0,
        bounds: [0.0, 0.0, 1.0, 1.0],
        late: false,
    };
    let day = number::day(book.now(), store.zone());
    // no box has sent it: the happening is the centre's own
    let first = Change::Registered {
        edge: gone.edge.clone(),
        alert_id: crate::case::book::id_at(book.now()),
        severity: Some(SEVERITY),
        from: None,
        reason: None,
    };
    let id = book.register(facts, SEVERITY, &day, first);
    book.must(id, Change::Verifying);
    id
}

/// What is gone for so long and has no case yet. What somebody works on is none, nor a camera of a box that is gone itself.
async fn lasting(
    connection: &mut AnyConnection,
    patience: Patience,
    now: Timestamp,
) -> Result<Vec<Lasting>, StoreError> {
    let before = |patience: Duration| us(now.checked_sub(patience).unwrap_or(Timestamp::MIN));
    let mut found = Vec::new();
    if let Some(patience) = patience.of_box {
        let mut sql = Sql::new(
            "SELECT e.edge, '' AS camera, '' AS name, e.site, e.state_received_us AS since_us FROM edge e
             WHERE e.state IN ('offline', 'stopped') AND e.revoked_us IS NULL AND e.state_received_us <= ",
        );
        sql.bind(before(patience));
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM outage o WHERE o.edge = e.edge AND o.camera = '' AND o.ended_us IS NULL)
              AND NOT EXISTS (SELECT 1 FROM maintenance m WHERE m.edge = e.edge AND m.camera = '' AND m.from_us <= ",
        );
        sql.bind(us(now)).push(" AND COALESCE(m.ended_us, m.until_us) > ").bind(us(now));
        sql.push(") ORDER BY e.edge LIMIT ").bind(MOST);
        found.extend(sql.all(connection, DOING).await?);
    }
    if let Some(patience) = patience.of_camera {
        let mut sql = Sql::new(
            "SELECT c.edge, c.camera, c.name, e.site, c.blind_received_us AS since_us FROM camera c
             JOIN edge e ON e.edge = c.edge
             WHERE c.watch = 'blind' AND e.state = 'online' AND e.revoked_us IS NULL AND c.blind_received_us <= ",
        );
        sql.bind(before(patience));
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM outage o
                WHERE o.edge = c.edge AND o.camera = c.camera AND o.ended_us IS NULL)
              AND NOT EXISTS (SELECT 1 FROM maintenance m
                WHERE m.edge = c.edge AND m.camera IN ('', c.camera) AND m.from_us <= ",
        );
        sql.bind(us(now)).push(" AND COALESCE(m.ended_us, m.until_us) > ").bind(us(now));
        sql.push(") ORDER BY c.edge, c.camera LIMIT ").bind(MOST);
        found.extend(sql.all(connection, DOING).await?);
    }
    found.iter().map(gone).collect()
}

fn gone(row: &AnyRow) -> Result<Lasting, StoreError> {
    Ok(Lasting {
        edge: row.try_get("edge").doing(DOING)?,
        camera: row.try_get("camera").doing(DOING)?,
        name: row.try_get("name").doing(DOING)?,
        site: row.try_get("site").doing(DOING)?,
        since: time(row.try_get("since_us").doing(DOING)?)?,
    })
}

/// What is there again: (box, camera, case). A box that was voided is never back: its case is for people to close.
async fn over(connection: &mut AnyConnection) -> Result<Vec<(String, String, Uuid)>, StoreError> {
    let sql = Sql::new(
        "SELECT o.edge, o.camera, o.case_id FROM outage o JOIN edge e ON e.edge = o.edge
         LEFT JOIN camera c ON c.edge = o.edge AND c.camera = o.camera
         WHERE o.ended_us IS NULL AND e.state = 'online' AND (o.camera = '' OR c.watch = 'watching')",
    );
    let rows = sql.all(connection, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("edge").doing(DOING)?,
                row.try_get("camera").doing(DOING)?,
                uuid(row.try_get("case_id").doing(DOING)?)?,
            ))
        })
        .collect()
}

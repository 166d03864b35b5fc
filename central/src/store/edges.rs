//! Boxes and cameras: enrolment, last known state, blind intervals.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;
use xunge_alert::{CameraState, Status, Watch};
use xunge_database::insert;

use super::names::name_of;
use super::take::Batch;
use super::{Doing, Store, StoreError, Tx, count, opt_time, time, us};
use crate::view::{CameraView, EdgeView, GapView};

/// Most missing numbers that are listed one by one.
const MISSING_LISTED: usize = 100;

/// Makes the rows of boxes that were never heard of: (box, site).
pub(super) async fn ensure(tx: &mut Tx, boxes: &[(&str, &str)], now: Timestamp) -> Result<(), StoreError> {
    let head = "INSERT INTO edge (edge, site, first_seen_us)";
    let tail = " ON CONFLICT (edge) DO NOTHING";
    insert(tx, "note a box", (head, tail), 3, boxes, |values, (edge, site)| {
        values.bind(*edge).bind(*site).bind(us(now));
    })
    .await?;
    Ok(())
}

pub(super) async fn take_status(work: &mut Batch, site: &str, status: &Status) -> Result<(), StoreError> {
    ensure(&mut work.tx, &[(&status.edge, site)], work.now).await?;
    sqlx::query(
        "UPDATE edge SET state = $2, state_since_us = $3, software = $4, outbox_depth = $5, state_received_us = $6
         WHERE edge = $1",
    )
    .bind(&status.edge)
    .bind(name_of(&status.state)?)
    .bind(us(status.since_utc))
    .bind(&status.software)
    .bind(i64::try_from(status.outbox_depth).unwrap_or(i64::MAX))
    .bind(us(work.now))
    .execute(&mut *work.tx)
    .await
    .doing("note the state of a box")?;
    work.taken.news.edges.insert(status.edge.clone());
    Ok(())
}

pub(super) async fn take_camera(work: &mut Batch, site: &str, state: &CameraState) -> Result<(), StoreError> {
    ensure(&mut work.tx, &[(&state.edge, site)], work.now).await?;
    let doing = "note the state of a camera";
    let (watch, since) = (name_of(&state.watch)?, us(state.since_utc));
    let cause = state.cause.as_ref().map(name_of).transpose()?;
    let view = state.view.as_ref().map(name_of).transpose()?;
    sqlx::query(
        "INSERT INTO camera
           (edge, camera, name, watch, cause, detail, since_us, received_us, view, view_since_us, suspended_rules,
            strained_since_us, blind_received_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $4 = 'blind' THEN $8 END)
         ON CONFLICT (edge, camera) DO UPDATE SET
           name = $3, watch = $4, cause = $5, detail = $6, since_us = $7, received_us = $8,
           view = $9, view_since_us = $10, suspended_rules = $11, strained_since_us = $12,
           blind_received_us = CASE WHEN $4 = 'watching' THEN NULL
                                    ELSE COALESCE(camera.blind_received_us, excluded.blind_received_us) END",
    )
    .bind(&state.edge)
    .bind(&state.camera)
    .bind(&state.name)
    .bind(watch)
    .bind(&cause)
    .bind(&state.detail)
    .bind(since)
    .bind(us(work.now))
    .bind(view)
    .bind(state.view_since_utc.map(us))
    .bind(serde_json::to_string(&state.suspended_rules).map_err(|error| StoreError::Corrupt(error.to_string()))?)
    .bind(state.strained_since_utc.map(us))
    .execute(&mut *work.tx)
    .await
    .doing(doing)?;
    // `starting` sees nothing yet: an interval stays open until the camera is watched again
    let blind_cause = (state.watch == Watch::Blind).then(|| cause.unwrap_or_else(|| "unknown".into()));
    if blind_cause.is_some() || state.watch == Watch::Watching {
        sqlx::query(
            "UPDATE blind_interval SET ended_us = CASE WHEN began_us > $3 THEN began_us ELSE $3 END
             WHERE edge = $1 AND camera = $2 AND ended_us IS NULL AND (cause <> $4 OR began_us <> $3)",
        )
        .bind(&state.edge)
        .bind(&state.camera)
        .bind(since)
        .bind(blind_cause.as_deref().unwrap_or(""))
        .execute(&mut *work.tx)
        .await
        .doing(doing)?;
    }
    if let Some(cause) = blind_cause {
        sqlx::query(
            "INSERT INTO blind_interval (edge, camera, began_us, cause, detail) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (edge, camera, began_us, cause) DO NOTHING",
        )
        .bind(&state.edge)
        .bind(&state.camera)
        .bind(since)
        .bind(cause)
        .bind(&state.detail)
        .execute(&mut *work.tx)
        .await
        .doing(doing)?;
    }
    work.taken.news.cameras.insert((state.edge.clone(), state.camera.clone()));
    Ok(())
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

impl Store {
    /// Enrols a box, or enrols it again: certificate and token for evidence replace the old ones. The token is shown
    /// only here.
    pub async fn enroll(
        &self,
        site: &str,
        edge: &str,
        serial: &str,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let mut tx = self.begin().await?;
        ensure(&mut tx, &[(edge, site)], now).await?;
        sqlx::query(
            "UPDATE edge SET site = $2, token_hash = $3, certificate = $4, enrolled_us = $5, revoked_us = NULL
             WHERE edge = $1",
        )
        .bind(edge)
        .bind(site)
        .bind(digest(&token))
        .bind(serial)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing("enrol the box")?;
        tx.commit().await.doing("enrol the box")?;
        Ok(token)
    }

    /// The boxes that may connect, with the serial numbers of their certificates.
    pub async fn enrolled(&self) -> Result<HashMap<String, String>, StoreError> {
        let doing = "read the enrolled boxes";
        let rows = sqlx::query(
            "SELECT edge, certificate FROM edge WHERE certificate IS NOT NULL AND revoked_us IS NULL",
        )
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter()
            .map(|row| Ok((row.try_get("edge").doing(doing)?, row.try_get("certificate").doing(doing)?)))
            .collect()
    }

    /// Whether this is the token of this enrolled box.
    pub async fn edge_token_is(&self, edge: &str, token: &str) -> Result<bool, StoreError> {
        let known: Option<String> = sqlx::query_scalar(
            "SELECT token_hash FROM edge WHERE edge = $1 AND token_hash IS NOT NULL AND revoked_us IS NULL",
        )
        .bind(edge)
        .fetch_optional(self.db.readers())
        .await
        .doing("read the box's token")?;
        // equal digests of a random secret: how long the comparison takes tells nothing about the secret
        Ok(known.is_some_and(|known| known == digest(token)))
    }

    /// All boxes with their cameras, or one of them.
    pub async fn edges(&self, only: Option<&str>) -> Result<Vec<EdgeView>, StoreError> {
        let doing = "read the boxes";
        let rows = sqlx::query("SELECT * FROM edge WHERE $1 IS NULL OR edge = $1 ORDER BY site, edge")
            .bind(only)
            .fetch_all(self.db.readers())
            .await
            .doing(doing)?;
        let mut edges: BTreeMap<String, EdgeView> = BTreeMap::new();
        let mut order = Vec::new();
        for row in &rows {
            let view = EdgeView {
                edge: row.try_get("edge").doing(doing)?,
                site: row.try_get("site").doing(doing)?,
                state: row
                    .try_get::<Option<String>, _>("state")
                    .doing(doing)?
                    .unwrap_or_else(|| "unknown".into()),
                since_utc: opt_time(row.try_get("state_since_us").doing(doing)?)?,
                software: row.try_get("software").doing(doing)?,
                outbox_depth: row.try_get::<Option<i64>, _>("outbox_depth").doing(doing)?.map(count),
                enrolled: row.try_get::<Option<i64>, _>("enrolled_us").doing(doing)?.is_some(),
                last_seq: None,
                missing: Vec::new(),
                missing_count: 0,
                gaps: Vec::new(),
                cameras: Vec::new(),
            };
            order.push(view.edge.clone());
            edges.insert(view.edge.clone(), view);
        }
        self.add_series(&mut edges, only).await?;
        for camera in self.cameras(only, None).await? {
            if let Some(edge) = edges.get_mut(&camera.edge) {
                edge.cameras.push(camera);
            }
        }
        Ok(order.iter().filter_map(|edge| edges.remove(edge)).collect())
    }

    async fn add_series(
        &self,
        edges: &mut BTreeMap<String, EdgeView>,
        only: Option<&str>,
    ) -> Result<(), StoreError> {
        let doing = "read the sequence numbers";
        let rows = sqlx::query(
            "SELECT edge, highest FROM series WHERE $1 IS NULL OR edge = $1 ORDER BY edge, last_seen_us",
        )
        .bind(only)
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        for row in &rows {
            if let Some(edge) = edges.get_mut(row.try_get::<&str, _>("edge").doing(doing)?) {
                edge.last_seq = Some(count(row.try_get("highest").doing(doing)?));
            }
        }
        let rows = sqlx::query(
            "SELECT * FROM gap WHERE $1 IS NULL OR edge = $1 ORDER BY edge, noticed_us, first_seq LIMIT 10000",
        )
        .bind(only)
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        for row in &rows {
            let Some(edge) = edges.get_mut(row.try_get::<&str, _>("edge").doing(doing)?) else { continue };
            let gap = GapView {
                outbox: row.try_get("outbox").doing(doing)?,
                first: count(row.try_get("first_seq").doing(doing)?),
                last: count(row.try_get("last_seq").doing(doing)?),
                since_utc: time(row.try_get("noticed_us").doing(doing)?)?,
            };
            edge.missing_count += gap.last - gap.first + 1;
            let room = MISSING_LISTED.saturating_sub(edge.missing.len());
            edge.missing.extend((gap.first..=gap.last).take(room));
            if edge.gaps.len() < MISSING_LISTED {
                edge.gaps.push(gap);
            }
        }
        Ok(())
    }

    /// The community of a box; none where it was never heard of.
    pub async fn site_of(&self, edge: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT site FROM edge WHERE edge = $1")
            .bind(edge)
            .fetch_optional(self.db.readers())
            .await
            .doing("read the community of a box")
    }

    /// Cameras of all boxes, of one box, or one camera.
    pub async fn cameras(
        &self,
        edge: Option<&str>,
        camera: Option<&str>,
    ) -> Result<Vec<CameraView>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM camera WHERE ($1 IS NULL OR edge = $1) AND ($2 IS NULL OR camera = $2)
             ORDER BY edge, camera",
        )
        .bind(edge)
        .bind(camera)
        .fetch_all(self.db.readers())
        .await
        .doing("read the cameras")?;
        rows.iter().map(camera_view).collect()
    }

    /// When a camera was blind: (began, ended, cause), oldest first.
    pub async fn blind_intervals(
        &self,
        edge: &str,
        camera: &str,
    ) -> Result<Vec<(Timestamp, Option<Timestamp>, String)>, StoreError> {
        let doing = "read when a camera was blind";
        let rows = sqlx::query(
            "SELECT began_us, ended_us, cause FROM blind_interval WHERE edge = $1 AND camera = $2 ORDER BY began_us",
        )
        .bind(edge)
        .bind(camera)
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter()
            .map(|row| {
                let began = time(row.try_get("began_us").doing(doing)?)?;
                let ended = opt_time(row.try_get("ended_us").doing(doing)?)?;
                Ok((began, ended, row.try_get("cause").doing(doing)?))
            })
            .collect()
    }
}

fn camera_view(row: &AnyRow) -> Result<CameraView, StoreError> {
    let doing = "read a camera";
    Ok(CameraView {
        edge: row.try_get("edge").doing(doing)?,
        camera: row.try_get("camera").doing(doing)?,
        name: row.try_get("name").doing(doing)?,
        watch: row.try_get("watch").doing(doing)?,
        cause: row.try_get("cause").doing(doing)?,
        detail: row.try_get("detail").doing(doing)?,
        since_utc: time(row.try_get("since_us").doing(doing)?)?,
        view: row.try_get("view").doing(doing)?,
        view_since_utc: opt_time(row.try_get("view_since_us").doing(doing)?)?,
        suspended_rules: serde_json::from_str(row.try_get("suspended_rules").doing(doing)?)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?,
        strained_since_utc: opt_time(row.try_get("strained_since_us").doing(doing)?)?,
    })
}

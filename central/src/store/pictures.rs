//! Pictures that people bring to a case: which case a file belongs to, and what became of it.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;

use super::{Doing, News, Store, StoreError, Tx, book, count, time, us};
use crate::case::guard::{Actor, may_picture};
use crate::case::{Case, Change, Picture};
use crate::view::PictureView;

const DOING: &str = "keep a picture";

impl Store {
    /// Writes into the log of a case that its handler brought a picture, whose bytes are stored. None where there is no such
    /// case. The same picture again changes nothing.
    pub async fn add_picture(
        &self,
        id: Uuid,
        picture: Picture,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<()>, StoreError> {
        let mut tx = self.begin().await?;
        self.current_policy(&mut tx).await?;
        let mut book = book::open(&mut tx, self, &[], now).await?;
        book::lay(&mut tx, self, &mut book, &[id]).await?;
        let Some(record) = book.get(id) else { return Ok(None) };
        may_picture(actor, &record.case, &record.facts.region)?;
        if record.case.pictures.iter().any(|known| known.picture.sha256 == picture.sha256) {
            return Ok(Some(()));
        }
        let sha256 = picture.sha256.clone();
        match book.change(id, Change::Pictured(picture), &actor.name) {
            Some(Ok(_)) => {}
            Some(Err(refused)) => return Err(refused.into()),
            None => return Ok(None),
        }
        sqlx::query(
            "INSERT INTO case_picture (case_id, sha256, added_us) VALUES ($1, $2, $3)
             ON CONFLICT (case_id, sha256) DO NOTHING",
        )
        .bind(id.to_string())
        .bind(sha256)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        let closed = book.close();
        book::save(&mut tx, self, &closed, now).await?;
        self.announce(&mut tx, &News::of_cases([id])).await?;
        tx.commit().await.doing(DOING)?;
        Ok(Some(()))
    }
}

/// The pictures of a case, as they were brought, and whether they are still here.
pub(super) async fn of_case(tx: &mut Tx, id: Uuid, case: &Case) -> Result<Vec<PictureView>, StoreError> {
    if case.pictures.is_empty() {
        return Ok(Vec::new());
    }
    let doing = "read the pictures of a case";
    let rows = sqlx::query(
        "SELECT p.sha256, (SELECT COUNT(*) FROM evidence e WHERE e.sha256 = p.sha256) AS stored,
         (SELECT MAX(g.purged_us) FROM purged g WHERE g.sha256 = p.sha256) AS purged_us
         FROM case_picture p WHERE p.case_id = $1",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(doing)?;
    let mut known = HashMap::new();
    for row in &rows {
        let sha256: String = row.try_get("sha256").doing(doing)?;
        let stored = count(row.try_get("stored").doing(doing)?) > 0;
        let purged: Option<i64> = row.try_get("purged_us").doing(doing)?;
        known.insert(sha256, (stored, purged.map(time).transpose()?));
    }
    let view = |shot: &crate::case::Shot| {
        let (stored, purged) = known.get(&shot.picture.sha256).copied().unwrap_or((false, None));
        PictureView {
            sha256: shot.picture.sha256.clone(),
            bytes: shot.picture.bytes,
            moment: shot.picture.moment,
            fix: shot.picture.fix,
            by: shot.mark.by.clone(),
            utc: shot.mark.utc,
            stored,
            purged_utc: purged.filter(|_| !stored),
        }
    };
    Ok(case.pictures.iter().map(view).collect())
}

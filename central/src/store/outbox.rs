//! The outbox for other systems. A message is written in the transaction of the change that it tells of, and goes when its
//! receiver has taken it: nothing is lost, something may come twice, and of one case everything comes in order.

mod write;

pub(super) use write::write;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::Sql;

use super::{Doing, Store, StoreError, count, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::outside::hook::{Format, TRIED_FOR, pause, rest};
use crate::outside::notice;

/// A centre has this long to send what it claimed: well beyond the time limit of a try. Then another one may.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);
/// Messages on their way to one receiver at the same time.
const AT_ONCE: i64 = 4;
/// Messages that wait for one receiver; the oldest ones beyond are given up, and counted.
pub const MOST_WAITING: i64 = 50_000;
/// Messages of one receiver that are kept after they were sent or given up.
const MOST_KEPT: i64 = 10_000;
/// How long they are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Longest error that is kept, in characters.
const ERROR_CHARS: usize = 300;

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `webhook-id`: the same at every try.
    pub id: Uuid,
    /// Receiver.
    pub hook: Uuid,
    /// Where to.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// Media type.
    pub content_type: String,
    /// What is sent.
    pub body: String,
    /// Names this claim.
    pub claim: Uuid,
}

/// Why a try failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// In words.
    pub error: String,
    /// Whether the receiver as a whole does not work, and not this message.
    pub receiver: bool,
}

/// A message in the log of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageView {
    /// `webhook-id`.
    pub id: Uuid,
    /// Place among all messages.
    pub ordinal: i64,
    /// Of which case; none for a test.
    pub case_id: Option<Uuid>,
    /// Number of that case.
    pub case_number: Option<String>,
    /// `opened`, `changed`, `escalated`, `closed`, `test`.
    pub news: String,
    /// `waiting`, `sent`, `given_up`.
    pub state: String,
    /// When it was written.
    pub made_utc: Timestamp,
    /// When it is tried next.
    pub due_utc: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was last tried.
    pub last_utc: Option<Timestamp>,
    /// HTTP status of the last answer.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub error: String,
}

/// What of a receiver may be sent now: of each case the oldest that waits.
async fn due(
    connection: &mut AnyConnection,
    hook: &str,
    most: i64,
    now: Timestamp,
) -> Result<Vec<AnyRow>, StoreError> {
    sqlx::query(
        "SELECT m.id, m.content_type, m.body FROM hook_message m
         WHERE m.hook = $1 AND m.state = 'waiting' AND m.due_us <= $2
           AND NOT EXISTS (SELECT 1 FROM hook_message e WHERE e.hook = m.hook AND e.case_id = m.case_id
                             AND e.state = 'waiting' AND e.ordinal < m.ordinal)
         ORDER BY m.ordinal LIMIT $3",
    )
    .bind(hook)
    .bind(us(now))
    .bind(most)
    .fetch_all(connection)
    .await
    .doing("look for messages to send")
}

/// Receivers that may be tried now, and how many messages at once: one only where the last try failed.
async fn ready(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let doing = "look for receivers";
    let rows = sqlx::query(
        "SELECT h.id, h.failures, (SELECT COUNT(*) FROM hook_message m
             WHERE m.hook = h.id AND m.state = 'waiting' AND m.claim <> '' AND m.due_us > $1) AS going
         FROM hook h WHERE h.enabled = 1 AND h.rests_us <= $1 ORDER BY h.id",
    )
    .bind(us(now))
    .fetch_all(connection)
    .await
    .doing(doing)?;
    let mut ready = Vec::with_capacity(rows.len());
    for row in &rows {
        let failures: i64 = row.try_get("failures").doing(doing)?;
        let going: i64 = row.try_get("going").doing(doing)?;
        let room = if failures == 0 { AT_ONCE } else { 1 } - going;
        if room > 0 {
            ready.push((row.try_get("id").doing(doing)?, room));
        }
    }
    Ok(ready)
}

impl Store {
    /// Claims messages to send, so that no other centre sends them too. `most` of all receivers together.
    pub async fn claim_messages(&self, most: usize, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
        let doing = "claim messages to send";
        // a look without the write lock: mostly there is nothing
        let mut reader = self.reader().await?;
        let mut waiting = false;
        for (hook, _) in ready(&mut reader, now).await? {
            waiting = waiting || !due(&mut reader, &hook, 1, now).await?.is_empty();
        }
        drop(reader);
        if !waiting || most == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let claim = Uuid::new_v4();
        let until = now.checked_add(CLAIM).unwrap_or(now);
        let mut claimed = Vec::new();
        for (hook, room) in ready(&mut tx, now).await? {
            let room = room.min(i64::try_from(most - claimed.len()).unwrap_or(0));
            let rows = due(&mut tx, &hook, room, now).await?;
            if rows.is_empty() {
                continue;
            }
            let target = sqlx::query("SELECT url, secret FROM hook WHERE id = $1")
                .bind(&hook)
                .fetch_one(&mut *tx)
                .await
                .doing(doing)?;
            for row in &rows {
                claimed.push(Outgoing {
                    id: uuid(row.try_get("id").doing(doing)?)?,
                    hook: uuid(&hook)?,
                    url: target.try_get("url").doing(doing)?,
                    secret: target.try_get("secret").doing(doing)?,
                    content_type: row.try_get("content_type").doing(doing)?,
                    body: row.try_get("body").doing(doing)?,
                    claim,
                });
            }
        }
        if claimed.is_empty() {
            return Ok(claimed);
        }
        let mut sql = Sql::new("UPDATE hook_message SET claim = ");
        sql.bind(claim.to_string()).push(", due_us = ").bind(us(until)).push(" WHERE id IN ");
        sql.list(claimed.iter().map(|message| message.id.to_string()));
        sql.run(&mut tx, doing).await?;
        tx.commit().await.doing(doing)?;
        Ok(claimed)
    }

    /// The receiver has taken a message.
    pub async fn message_sent(
        &self,
        message: &Outgoing,
        status: u16,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "note that a message was sent";
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE hook_message SET state = 'sent', claim = '', attempts = attempts + 1, status = $3, error = '', last_us = $4
             WHERE id = $1 AND claim = $2 AND state = 'waiting'",
        )
        .bind(message.id.to_string())
        .bind(message.claim.to_string())
        .bind(i64::from(status))
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        let works = sqlx::query("UPDATE hook SET failures = 0, rests_us = 0 WHERE id = $1 AND failures > 0")
            .bind(message.hook.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        if works.rows_affected() > 0 {
            // it works again: what waits need not wait any longer
            sqlx::query(
                "UPDATE hook_message SET due_us = $2 WHERE hook = $1 AND state = 'waiting' AND claim = '' AND due_us > $2",
            )
            .bind(message.hook.to_string())
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        }
        if done.rows_affected() > 0 || works.rows_affected() > 0 {
            tx.commit().await.doing(doing)?;
        }
        Ok(())
    }

    /// A try has failed: the message waits, or is given up after [`TRIED_FOR`].
    pub async fn message_failed(
        &self,
        message: &Outgoing,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "note that a message was not sent";
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "SELECT m.attempts, m.since_us, h.failures FROM hook_message m JOIN hook h ON h.id = m.hook
             WHERE m.id = $1 AND m.claim = $2 AND m.state = 'waiting'",
        )
        .bind(message.id.to_string())
        .bind(message.claim.to_string())
        .fetch_optional(&mut *tx)
        .await
        .doing(doing)?;
        // it took longer than the claim lasts, or the receiver was struck off meanwhile
        let Some(row) = row else { return Ok(()) };
        let attempts = count(row.try_get("attempts").doing(doing)?) + 1;
        let since = time(row.try_get("since_us").doing(doing)?)?;
        let failures = count(row.try_get("failures").doing(doing)?) + 1;
        let over = now.duration_since(since) >= TRIED_FOR;
        let due = now.checked_add(pause(attempts, message.id)).unwrap_or(now);
        let error: String = failure.error.chars().filter(|c| !c.is_control()).take(ERROR_CHARS).collect();
        sqlx::query(
            "UPDATE hook_message SET state = $2, claim = '', due_us = $3, attempts = $4, status = $5, error = $6, last_us = $7
             WHERE id = $1",
        )
        .bind(message.id.to_string())
        .bind(if over { "given_up" } else { "waiting" })
        .bind(us(due))
        .bind(i64::try_from(attempts).unwrap_or(i64::MAX))
        .bind(failure.status.map(i64::from))
        .bind(error)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        if failure.receiver {
            let rests = now.checked_add(rest(failures, message.hook)).unwrap_or(now);
            sqlx::query("UPDATE hook SET failures = $2, rests_us = $3 WHERE id = $1")
                .bind(message.hook.to_string())
                .bind(i64::try_from(failures).unwrap_or(i64::MAX))
                .bind(us(rests))
                .execute(&mut *tx)
                .await
                .doing(doing)?;
        }
        if over {
            sqlx::query("UPDATE hook SET given_up = given_up + 1 WHERE id = $1")
                .bind(message.hook.to_string())
                .execute(&mut *tx)
                .await
                .doing(doing)?;
        }
        tx.commit().await.doing(doing)
    }

    /// Writes a message that only tries the way; none where there is no such receiver.
    pub async fn test_hook(&self, hook: Uuid, now: Timestamp) -> Result<Option<Uuid>, StoreError> {
        let doing = "write a test message";
        let mut tx = self.begin().await?;
        let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM hook WHERE id = $1")
            .bind(hook.to_string())
            .fetch_one(&mut *tx)
            .await
            .doing(doing)?;
        if known == 0 {
            return Ok(None);
        }
        let message = write::Message {
            id: id_at(now),
            hook,
            case_id: None,
            news: "test",
            content_type: Format::Json.media_type(),
            body: super::names::json_text(&notice::test(now))?,
        };
        let id = message.id;
        write::keep(&mut tx, vec![message], now).await?;
        // somebody looks: it is tried at once
        sqlx::query("UPDATE hook SET rests_us = 0 WHERE id = $1")
            .bind(hook.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(Some(id))
    }

    /// Messages of a receiver, the newest first, and the place to go on from when there are more.
    pub async fn hook_messages(
        &self,
        hook: Uuid,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<MessageView>, Option<i64>), StoreError> {
        let doing = "read the messages of a receiver";
        let mut sql = Sql::new(
            "SELECT m.id, m.ordinal, m.case_id, c.number, m.news, m.state, m.made_us, m.due_us, m.attempts, m.last_us, m.status,
                m.error FROM hook_message m LEFT JOIN case_ c ON c.id = m.case_id WHERE m.hook = ",
        );
        sql.bind(hook.to_string());
        if let Some(before) = before {
            sql.push(" AND m.ordinal < ").bind(before);
        }
        sql.push(" ORDER BY m.ordinal DESC LIMIT ").bind(i64::from(limit) + 1);
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let mut messages = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        let more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        let next = if more { messages.last().map(|message| message.ordinal) } else { None };
        Ok((messages, next))
    }

    /// Sends a message again that was sent or given up, or tries at once what waits. False where there is none.
    pub async fn resend(&self, hook: Uuid, message: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "send a message again";
        let mut tx = self.begin().await?;
        let found = sqlx::query(
            "UPDATE hook_message SET state = 'waiting', due_us = $3, since_us = $3
             WHERE id = $1 AND hook = $2 AND (state <> 'waiting' OR claim = '')",
        )
        .bind(message.to_string())
        .bind(hook.to_string())
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        sqlx::query("UPDATE hook SET rests_us = 0 WHERE id = $1")
            .bind(hook.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(found.rows_affected() == 1)
    }

    /// Keeps the outbox within bounds: gives up what nobody takes (receivers that are switched off too), and forgets what is
    /// long done. Says how many were given up.
    pub async fn sweep_outbox(&self, most_waiting: i64, now: Timestamp) -> Result<u64, StoreError> {
        let doing = "tidy the outbox";
        let mut tx = self.begin().await?;
        let hooks: Vec<String> =
            sqlx::query_scalar("SELECT id FROM hook ORDER BY id").fetch_all(&mut *tx).await.doing(doing)?;
        let before = |by: SignedDuration| us(now.checked_sub(by).unwrap_or(Timestamp::MIN));
        let mut given_up = 0;
        for hook in &hooks {
            let over = sqlx::query(
                "UPDATE hook_message SET state = 'given_up', claim = '', last_us = $4,
                    error = CASE WHEN error = '' THEN 'too many messages wait, or for too long' ELSE error END
                 WHERE hook = $1 AND state = 'waiting' AND (claim = '' OR due_us <= $4)
                   AND (since_us < $2 OR ordinal <= COALESCE((SELECT m.ordinal FROM hook_message m
                     WHERE m.hook = $1 AND m.state = 'waiting' ORDER BY m.ordinal DESC LIMIT 1 OFFSET $3), -1))",
            )
            .bind(hook)
            .bind(before(TRIED_FOR))
            .bind(most_waiting)
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?
            .rows_affected();
            if over > 0 {
                sqlx::query("UPDATE hook SET given_up = given_up + $2 WHERE id = $1")
                    .bind(hook)
                    .bind(i64::try_from(over).unwrap_or(i64::MAX))
                    .execute(&mut *tx)
                    .await
                    .doing(doing)?;
            }
            given_up += over;
            sqlx::query(
                "DELETE FROM hook_message WHERE hook = $1 AND state <> 'waiting' AND (last_us < $2
                   OR ordinal <= COALESCE((SELECT m.ordinal FROM hook_message m
                     WHERE m.hook = $1 AND m.state <> 'waiting' ORDER BY m.ordinal DESC LIMIT 1 OFFSET $3), -1))",
            )
            .bind(hook)
            .bind(before(KEPT))
            .bind(MOST_KEPT)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        }
        tx.commit().await.doing(doing)?;
        Ok(given_up)
    }
}

fn view(row: &AnyRow) -> Result<MessageView, StoreError> {
    let doing = "read the messages of a receiver";
    let case_id: &str = row.try_get("case_id").doing(doing)?;
    let state: String = row.try_get("state").doing(doing)?;
    let due = time(row.try_get("due_us").doing(doing)?)?;
    Ok(MessageView {
        id: uuid(row.try_get("id").doing(doing)?)?,
        ordinal: row.try_get("ordinal").doing(doing)?,
        case_id: (!case_id.is_empty()).then(|| uuid(case_id)).transpose()?,
        case_number: row.try_get("number").doing(doing)?,
        news: row.try_get("news").doing(doing)?,
        due_utc: (state == "waiting").then_some(due),
        state,
        made_utc: time(row.try_get("made_us").doing(doing)?)?,
        attempts: count(row.try_get("attempts").doing(doing)?),
        last_utc: opt_time(row.try_get("last_us").doing(doing)?)?,
        status: row.try_get("status").doing(doing)?,
        error: row.try_get("error").doing(doing)?,
    })
}

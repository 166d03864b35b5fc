//! Writing messages, in the transaction of the change that they tell of.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;
use xunge_database::insert;

use crate::case::book::{Closed, Record, id_at};
use crate::org::{Atlas, Position, Region};
use crate::outside::cap::{self, Area, Line, Source};
use crate::outside::hook::Format;
use crate::outside::notice::notice;
use crate::outside::turn::Turn;
use crate::store::names::{json, json_text};
use crate::store::{Doing, Store, StoreError, Tx, time, us};

/// A message that is to be kept.
pub(super) struct Message {
    pub(super) id: Uuid,
    pub(super) hook: Uuid,
    pub(super) case_id: Option<Uuid>,
    pub(super) news: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Writes what others want to know of these changes. Their log is written already.
pub(in crate::store) async fn write(
    tx: &mut Tx,
    store: &Store,
    closed: &Closed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let policy = store.policy();
    if policy.hooks.is_empty() || closed.entries.is_empty() {
        return Ok(());
    }
    let mut changes: HashMap<Uuid, Vec<&crate::case::Change>> = HashMap::new();
    for entry in &closed.entries {
        changes.entry(entry.case_id).or_default().push(&entry.change);
    }
    let mut messages = Vec::new();
    for record in &closed.changed {
        let of_case = changes.get(&record.id).into_iter().flatten().copied();
        let Some(turn) = Turn::of_all(of_case) else { continue };
        let wanted = |format| {
            policy.hooks.iter().filter(move |hook| {
                hook.wish.format == format
                    && hook.wish.wants(turn, record.case.severity, &record.facts.region)
            })
        };
        let mut bodies: BTreeMap<&'static str, (Format, String)> = BTreeMap::new();
        for format in [Format::Json, Format::Cap] {
            if wanted(format).next().is_none() {
                continue;
            }
            let body = match format {
                Format::Json => Some(json_text(&notice(record, turn, position(&policy.atlas, record), now))?),
                Format::Cap => document(tx, store, record).await?,
            };
            if let Some(body) = body {
                bodies.insert(format.as_str(), (format, body));
            }
        }
        for (format, body) in bodies.values() {
            messages.extend(wanted(*format).map(|hook| Message {
                id: id_at(now),
                hook: hook.id,
                case_id: Some(record.id),
                news: turn.as_str(),
                content_type: format.media_type(),
                body: body.clone(),
            }));
        }
    }
    keep(tx, messages, now).await
}

/// Puts messages behind all others.
pub(super) async fn keep(tx: &mut Tx, messages: Vec<Message>, now: Timestamp) -> Result<(), StoreError> {
    let doing = "write to the outbox";
    if messages.is_empty() {
        return Ok(());
    }
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(ordinal), 0) FROM hook_message")
        .fetch_one(&mut **tx)
        .await
        .doing(doing)?;
    let rows: Vec<(i64, Message)> = (last + 1..).zip(messages).collect();
    let head = "INSERT INTO hook_message (id, ordinal, hook, case_id, news, content_type, body, made_us, state, due_us,
        since_us)";
    insert(tx, doing, (head, ""), 11, &rows, |values, (ordinal, message)| {
        values
            .bind(message.id.to_string())
            .bind(*ordinal)
            .bind(message.hook.to_string())
            .bind(message.case_id.map(|id| id.to_string()).unwrap_or_default())
            .bind(message.news)
            .bind(message.content_type)
            .bind(&message.body)
            .bind(us(now))
            .bind("waiting")
            .bind(us(now))
            .bind(us(now));
    })
    .await?;
    Ok(())
}

fn position(atlas: &Atlas, record: &Record) -> Option<Position> {
    atlas.of(&record.facts.edge, &record.facts.camera).and_then(|place| place.position)
}

/// A case as CAP; none where it never was urgent enough.
async fn document(tx: &mut Tx, store: &Store, record: &Record) -> Result<Option<String>, StoreError> {
    let log = log(tx, record.id).await?;
    let area = area(tx, store, record).await?;
    let settings = &store.settings;
    let (sender, zone) = (settings.outside.sender.as_str(), &settings.zone);
    Ok(cap::document(Source { record, log: &log, area: &area, sender, zone }))
}

async fn log(tx: &mut Tx, id: Uuid) -> Result<Vec<Line>, StoreError> {
    let doing = "read the log of a case";
    let rows =
        sqlx::query("SELECT place, utc_us, actor, change FROM case_log WHERE case_id = $1 ORDER BY place")
            .bind(id.to_string())
            .fetch_all(&mut **tx)
            .await
            .doing(doing)?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                place: row.try_get("place").doing(doing)?,
                utc: time(row.try_get("utc_us").doing(doing)?)?,
                actor: row.try_get("actor").doing(doing)?,
                change: json(row.try_get("change").doing(doing)?)?,
            })
        })
        .collect()
}

async fn area(tx: &mut Tx, store: &Store, record: &Record) -> Result<Area, StoreError> {
    let doing = "read where a case is";
    let mut area = Area { position: position(&store.policy().atlas, record), ..Area::default() };
    let own = &record.facts.region;
    let mut ladder: Vec<Region> = std::iter::successors(Some(own.clone()), Region::parent).collect();
    ladder.reverse();
    for region in ladder {
        let row = sqlx::query("SELECT name, outline, demo FROM region WHERE code = $1")
            .bind(region.as_str())
            .fetch_optional(&mut **tx)
            .await
            .doing(doing)?;
        let Some(row) = row else { continue };
        area.names.push(row.try_get("name").doing(doing)?);
        if region == *own {
            area.demo = row.try_get::<i64, _>("demo").doing(doing)? != 0;
            let outline: Option<&str> = row.try_get("outline").doing(doing)?;
            area.outline = outline.map(json).transpose()?;
        }
    }
    Ok(area)
}

impl Store {
    /// A case as CAP 1.2: none where there is no such case, or where it never was urgent enough.
    pub async fn case_cap(&self, id: Uuid) -> Result<Option<String>, StoreError> {
        let mut tx = self.reading().await?;
        let Some(record) = crate::store::book::record(&mut tx, id).await? else { return Ok(None) };
        document(&mut tx, self, &record).await
    }
}

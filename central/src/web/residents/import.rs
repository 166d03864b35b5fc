//! Import of a table. The file comes as it is and is kept only while it is read; how far it is, and what came of it, goes back
//! line by line.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Json as Answer;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::error;
use utoipa::{IntoParams, ToSchema};
use xunge_residents::import::{COLUMNS, Column, Mapping};
use xunge_residents::right::Right;
use xunge_residents::store::{Done, ImportView, Order, Progress, What};
use xunge_residents::table::Table;

use super::turn::{Running, Taken};
use super::{Residents, Someone, region, text};
use crate::web::guard::Query;
use crate::web::problem::Problem;

/// Largest file: a city of four million has 600 MB.
const FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Imports that are listed.
const LISTED: u32 = 50;
/// Longest name of a file.
const NAME_CHARS: usize = 200;
/// How long nothing may come of a file.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines that wait for whoever listens.
const LINES: usize = 16;

/// Imports.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Imports {
    /// The one that runs, if one does.
    running: Option<Running>,
    imports: Vec<ImportView>,
}

/// 导入记录
///
/// The last imports, the latest first, and how far the one is that runs. Who looks after some regions sees the own ones: names of
/// files may tell of people.
#[utoipa::path(get, path = "/imports", tag = "residents", operation_id = "list_imports", responses((status = 200, body = Imports)))]
pub(in crate::web) async fn list(
    State(half): State<Arc<Residents>>,
    someone: Someone,
) -> Result<Answer<Imports>, Problem> {
    let everywhere = someone.regions(Right::Keep)?.is_none();
    let me = &someone.account.account;
    let running = half.imports.running().map(|mut one| {
        one.file = one.file.filter(|_| everywhere || one.by == *me);
        one
    });
    let by = (!everywhere).then_some(me.as_str());
    Ok(Answer(Imports { running, imports: half.store.imports(by, LISTED).await? }))
}

/// Columns.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportColumns)]
pub(in crate::web) struct Columns {
    columns: &'static [Column],
}

/// 导入列说明
///
/// What a table may say of residents.
#[utoipa::path(get, path = "/import/columns", tag = "residents", operation_id = "import_columns", responses((status = 200, body = Columns)))]
pub(in crate::web) async fn columns(someone: Someone) -> Result<Answer<Columns>, Problem> {
    someone.need_any(&[Right::Keep])?;
    Ok(Answer(Columns { columns: COLUMNS }))
}

/// How a file is imported.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ImportQuery {
    /// Name of the file.
    file: String,
    /// Say what would happen, and change nothing; left out, it is done.
    dry_run: Option<bool>,
    /// The file lists everybody who lives in this region: others are entered as having left.
    complete: Option<String>,
    /// More than one of ten may have left.
    many_departures: Option<bool>,
    /// What other headings mean: JSON, heading to column.
    columns: Option<String>,
}

/// 导入人员
///
/// Imports a table: CSV (UTF-8 or GB18030) or XLSX, 2 GiB at most. The answer is lines of JSON: `{"rows": n}` as it goes on, in the end
/// `{"done": …}` or `{"problem": …}`. What was taken before a failure stays taken, and the same file again changes nothing of it.
#[utoipa::path(post, path = "/import", tag = "residents", operation_id = "import_residents", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, content_type = "application/x-ndjson", body = String, description = "进度与结果 How far it is, and what came of it"),
        (status = 409, description = "正在导入 Another import is under way"), (status = 413, description = "文件过大 The file is too large")))]
pub(in crate::web) async fn bring(
    State(half): State<Arc<Residents>>,
    someone: Someone,
    Query(query): Query<ImportQuery>,
    body: Body,
) -> Result<Response, Problem> {
    let regions = someone.regions(Right::Keep)?;
    let complete = region(query.complete)?;
    if let Some(complete) = &complete {
        someone.need(Right::Keep, complete)?;
    }
    text("file", &query.file, NAME_CHARS)?;
    let own: BTreeMap<String, String> = match &query.columns {
        Some(columns) => serde_json::from_str(columns).map_err(|_| {
            Problem::said(
                "columns",
                "`columns` 须为 JSON 对象：表头到列名。",
                "`columns` is a JSON object: heading to column.",
            )
        })?,
        None => BTreeMap::new(),
    };
    let dry_run = query.dry_run.unwrap_or(false);
    let Some(turn) = half.imports.take(&someone.account.account, &query.file, dry_run) else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "import_running",
            "另一导入正在进行，请稍后再试。",
            "Another import is under way: try again when it has ended.",
        ));
    };
    let (kept, sha256) = keep(&half.folder, body).await?;
    let order = Order {
        mapping: Mapping::default(),
        dry_run,
        complete,
        many_departures: query.many_departures.unwrap_or(false),
        regions,
        file: query.file,
        sha256,
        today: half.today(),
        deed: someone.deed(What::Import, ""),
    };
    let (lines, written) = mpsc::channel::<String>(LINES);
    // it goes on when nobody listens any more: half an import is no use to anybody
    tokio::spawn(async move {
        let line = match run(&half, kept, order, &own, (&lines, &turn)).await {
            Ok(done) => json!({ "done": done }),
            Err(problem) => json!({ "problem": problem.body(None) }),
        };
        // who is told that it has ended may begin the next one
        drop(turn);
        // where nobody listens, the list of imports tells it
        let _ = lines.send(format!("{line}\n")).await;
    });
    let written = stream::unfold(written, async |mut written| {
        let line = written.recv().await?;
        Some((Ok::<_, Infallible>(line), written))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(written)).into_response())
}

/// Keeps what is sent in a file without a name, which is gone when it is closed, however the centre ends. Gives its SHA-256 too.
async fn keep(folder: &Path, body: Body) -> Result<(File, String), Problem> {
    let file = tempfile::tempfile_in(folder).map_err(unkept)?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
    let mut parts = body.into_data_stream();
    loop {
        let part = timeout(PATIENCE, parts.next()).await.map_err(|_| broken_off())?;
        let Some(part) = part else { break };
        let part = part.map_err(|_| broken_off())?;
        bytes += part.len() as u64;
        if bytes > FILE_BYTES {
            return Err(Problem::too_large());
        }
        hash.update(&part);
        file.write_all(&part).await.map_err(unkept)?;
    }
    file.rewind().await.map_err(unkept)?;
    Ok((file.into_std().await, hex::encode(hash.finalize())))
}

fn broken_off() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "broken_off",
        "文件没有传完，未导入任何内容，请重新导入。",
        "The file did not arrive whole, and nothing of it was taken: import it again.",
    )
}

fn unkept(error: std::io::Error) -> Problem {
    error!("a file for import cannot be kept: {error}");
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "disk",
        "中心无法写入文件，请检查磁盘空间；运行日志中有原因。",
        "The centre cannot keep the file. Check its disk; its log says why.",
    )
}

/// Imports a file that is kept.
async fn run(
    half: &Residents,
    file: File,
    mut order: Order,
    own: &BTreeMap<String, String>,
    (lines, turn): (&mpsc::Sender<String>, &Taken),
) -> Result<Done, Problem> {
    let opened = tokio::task::spawn_blocking(move || Table::read(file)).await;
    let table = opened
        .map_err(|_| Problem::busy())?
        .map_err(|bad| Problem::unprocessable("table", format!("{}。", bad.zh()), format!("{bad}.")))?;
    order.mapping = match Mapping::find(table.headings(), own) {
        Ok(mapping) => mapping,
        Err(problems) => return Ok(Done { problems, ..Done::default() }),
    };
    let told = |progress: Progress| {
        turn.read(progress.rows);
        let line = format!("{}\n", json!({ "rows": progress.rows }));
        // who reads slowly hears of a later step
        let _ = lines.try_send(line);
    };
    Ok(half.store.import(table, &order, told).await?)
}

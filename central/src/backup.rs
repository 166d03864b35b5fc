//! Backups: the store, the certificates, the configuration and the evidence, in one folder, taken while the centre runs.
//!
//! ```text
//! {folder}/evidence/ab/<sha256>      shared by all backups in the folder: only what is new is copied
//! {folder}/20261127T190000Z/         one backup: manifest.json, store.jsonl.gz, evidence.txt, central.toml, pki/…
//! ```
//! The manifest names every file with its SHA-256 and is written last: a folder without one is no backup. What the centre has purged
//! goes from `evidence/` with the next backup: copies may not outlive the time of keeping either.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::evidence::{EvidenceError, EvidenceStore, path_in};
use crate::intake::message::is_sha256;
use crate::store::{Place, Settings, Store, StoreError};

const MANIFEST: &str = "manifest.json";
const STORE: &str = "store.jsonl.gz";
const EVIDENCE: &str = "evidence.txt";
/// In the folder of all backups.
const FILES: &str = "evidence";
const PURGED: &str = "purged.txt";
const FORMAT: u32 = 1;

/// A backup cannot be made, read or restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file or folder could not be used.
    #[error("cannot {doing} {}: {source}; check the disk and who may write there", .path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// It is not what its manifest says.
    #[error("the backup {} is damaged: {what}; use another one", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No backup is there.
    #[error("{} holds no backup: name the folder that was given to `backup --to`, or one backup in it", .0.display())]
    None(PathBuf),
    /// Something is there already.
    #[error("{} is there already: restore only into an empty data folder", .0.display())]
    NotEmpty(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where evidence lies.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { doing, path, source }
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this layout.
    pub format: u32,
    /// Version of the program.
    pub software: String,
    /// When it was taken.
    pub taken_utc: Timestamp,
    /// Files of the backup itself.
    pub files: Vec<Sum>,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// Files of evidence.
    pub evidence_files: u64,
    /// Their bytes.
    pub evidence_bytes: u64,
    /// Evidence that the store names and that was not where evidence lies.
    pub missing: BTreeSet<String>,
    /// Hash of the last entry of the cases' log.
    pub log_head: String,
    /// Hash of the last entry of the ledger.
    pub ledger_head: String,
}

/// A file and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Name within the backup.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// What a centre consists of.
#[derive(Debug, Clone, Copy)]
pub struct Centre<'a> {
    /// Folder with certificates.
    pub data_dir: &'a Path,
    /// Where evidence lies.
    pub evidence: &'a EvidenceStore,
    /// Its configuration.
    pub config: &'a Path,
}

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The backup.
    pub folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
    /// Files of evidence that had to be copied.
    pub copied: u64,
    /// Files of evidence that went, since the centre has purged them.
    pub dropped: u64,
}

/// Takes a backup into a folder of backups.
pub async fn backup(
    store: &Store,
    centre: Centre<'_>,
    to: &Path,
    now: Timestamp,
) -> Result<Made, BackupError> {
    private_dir(to)?;
    let name = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let folder = to.join(&name);
    if folder.exists() {
        return Err(BackupError::NotEmpty(folder));
    }
    let part = to.join(format!(".{name}.part"));
    if part.exists() {
        fs::remove_dir_all(&part).map_err(failed("remove", &part))?;
    }
    private_dir(&part)?;

    let file = part.join(STORE);
    let mut out = BufWriter::new(GzEncoder::new(create(&file)?, Compression::default()));
    let dumped = store.dump(&mut out).await?;
    let zipped = out.into_inner().map_err(|error| failed("write", &file)(error.into_error()))?;
    zipped.finish().and_then(|file| file.sync_all()).map_err(failed("write", &file))?;

    let (mut copied, mut bytes, mut missing) = (0, 0, BTreeSet::new());
    let kept = to.join(FILES);
    let mut list = String::new();
    for (sha256, size) in dumped.evidence.iter().filter(|(sha256, _)| is_sha256(sha256)) {
        let target = path_in(&kept, sha256);
        let there = fs::metadata(&target).is_ok_and(|found| found.len() == *size);
        if !there {
            if !fetch(centre.evidence, sha256, &target).await? {
                // purged since, or lost before: the centre says which
                missing.insert(sha256.clone());
                continue;
            }
            copied += 1;
        }
        bytes += size;
        list.push_str(&format!("{sha256} {size}\n"));
    }
    write(&part.join(EVIDENCE), list.as_bytes())?;
    let mut files = vec![sum(&part, STORE)?, sum(&part, EVIDENCE)?];
    let config = part.join("central.toml");
    copy(centre.config, &config, None, 0o600)?;
    files.push(sum(&part, "central.toml")?);
    for file in names(&centre.data_dir.join("pki"))? {
        let name = format!("pki/{file}");
        copy(&centre.data_dir.join(&name), &part.join(&name), None, 0o600)?;
        files.push(sum(&part, &name)?);
    }
    let manifest = Manifest {
        format: FORMAT,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        taken_utc: now,
        files,
        rows: dumped.rows,
        evidence_files: list.lines().count() as u64,
        evidence_bytes: bytes,
        missing,
        log_head: dumped.log_head,
        ledger_head: dumped.ledger_head,
    };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| failed("write", &part.join(MANIFEST))(io::Error::other(error)))?;
    write(&part.join(MANIFEST), &text)?;
    fs::rename(&part, &folder).map_err(failed("make", &folder))?;
    sync(to)?;
    let dropped = drop_purged(to, &dumped.purged)?;
    Ok(Made { folder, manifest, copied, dropped })
}

/// Copies a piece of evidence into the backup: under its name it is whole, or it is not there. False where the centre has none.
async fn fetch(evidence: &EvidenceStore, sha256: &str, to: &Path) -> Result<bool, BackupError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    private_dir(folder)?;
    let part = folder.join(".part");
    match evidence.fetch(sha256, &part, 0o600).await {
        Ok(None) => return Ok(false),
        Ok(Some(_)) => {}
        Err(error) => {
            // nobody takes it for a file, and the next one is written over it
            if let Err(error) = fs::remove_file(&part)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(failed("remove", &part)(error));
            }
            return Err(match error {
                EvidenceError::Damaged { place, what, .. } => {
                    BackupError::Damaged { path: PathBuf::from(place).join(sha256), what }
                }
                error => error.into(),
            });
        }
    }
    fs::rename(&part, to).map_err(failed("write", to))?;
    sync(folder)?;
    Ok(true)
}

/// Removes what the centre has purged, and remembers that, so that older backups are not taken for damaged.
fn drop_purged(to: &Path, purged: &[String]) -> Result<u64, BackupError> {
    let purged: BTreeSet<&String> = purged.iter().collect();
    let (mut dropped, mut known) = (0, purged_before(to)?);
    for folder in names(&to.join(FILES))? {
        for sha256 in names(&to.join(FILES).join(folder))?.into_iter().filter(|name| purged.contains(name)) {
            let file = path_in(&to.join(FILES), &sha256);
            fs::remove_file(&file).map_err(failed("remove", &file))?;
            dropped += 1;
            known.insert(sha256);
        }
    }
    let text: String = known.iter().map(|sha256| format!("{sha256}\n")).collect();
    let part = to.join(".purged.part");
    write(&part, text.as_bytes())?;
    fs::rename(&part, to.join(PURGED)).map_err(failed("write", &to.join(PURGED)))?;
    Ok(dropped)
}

fn purged_before(to: &Path) -> Result<BTreeSet<String>, BackupError> {
    match fs::read_to_string(to.join(PURGED)) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(failed("read", &to.join(PURGED))(error)),
    }
}

/// The newest backup in a folder, or the folder itself where it is one.
pub fn newest(folder: &Path) -> Result<PathBuf, BackupError> {
    if folder.join(MANIFEST).is_file() {
        return Ok(folder.to_owned());
    }
    let names = names(folder)?;
    let found = names.iter().rev().map(|name| folder.join(name)).find(|path| path.join(MANIFEST).is_file());
    found.ok_or_else(|| BackupError::None(folder.to_owned()))
}

/// Reads a whole backup and compares it with its manifest. Gives the manifest, and files of evidence that were purged since.
pub fn check(folder: &Path) -> Result<(Manifest, BTreeSet<String>), BackupError> {
    let damaged = |what: String| BackupError::Damaged { path: folder.to_owned(), what };
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    if manifest.format > FORMAT {
        return Err(damaged("it was made by a newer version".into()));
    }
    for file in &manifest.files {
        let inside =
            Path::new(&file.name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let found = if inside { sum(folder, &file.name).ok() } else { None };
        if found.as_ref() != Some(file) {
            return Err(damaged(format!("{} was changed or is missing", file.name)));
        }
    }
    let all = folder.parent().unwrap_or(Path::new(".")).to_owned();
    let purged = purged_before(&all)?;
    let mut gone = BTreeSet::new();
    for (sha256, bytes) in evidence(folder)? {
        let path = path_in(&all.join(FILES), &sha256);
        if !path.exists() && purged.contains(&sha256) {
            gone.insert(sha256);
        } else if hash(&path).ok() != Some((sha256.clone(), bytes)) {
            return Err(damaged(format!("the evidence {sha256} was changed or is missing")));
        }
    }
    Ok((manifest, gone))
}

/// The list of evidence of a backup.
fn evidence(folder: &Path) -> Result<Vec<(String, u64)>, BackupError> {
    let path = folder.join(EVIDENCE);
    let file = File::open(&path).map_err(failed("read", &path))?;
    let mut all = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(failed("read", &path))?;
        let parts = line.split_once(' ').and_then(|(sha256, bytes)| Some((sha256, bytes.parse().ok()?)));
        let Some((sha256, bytes)) = parts.filter(|(sha256, _)| is_sha256(sha256)) else {
            let what = format!("{EVIDENCE} holds the line `{line}`");
            return Err(BackupError::Damaged { path: folder.to_owned(), what });
        };
        all.push((sha256.to_owned(), bytes));
    }
    Ok(all)
}

/// Restores a backup into an empty place, and checks that everything is there and unbroken.
pub async fn restore(
    folder: &Path,
    (data_dir, kept): (&Path, &EvidenceStore),
    place: &Place,
    settings: Settings,
) -> Result<(Manifest, Store), BackupError> {
    let (manifest, gone) = check(folder)?;
    for name in ["central.db", "pki", FILES] {
        let path = data_dir.join(name);
        if path.exists() {
            return Err(BackupError::NotEmpty(path));
        }
    }
    private_dir(data_dir)?;
    let path = folder.join(STORE);
    let file = File::open(&path).map_err(failed("read", &path))?;
    let store = Store::load(place, settings, &mut BufReader::new(GzDecoder::new(file))).await?;
    let all = folder.parent().unwrap_or(Path::new(".")).join(FILES);
    for (sha256, bytes) in &evidence(folder)? {
        if gone.contains(sha256) {
            continue;
        }
        let bytes = *bytes;
        let from = path_in(&all, sha256);
        match kept {
            EvidenceStore::Folder(folder) => {
                copy(&from, &path_in(folder.path(), sha256), Some(sha256), 0o640)?;
            }
            // what the bucket still has need not travel again
            EvidenceStore::Objects(_) if kept.size(sha256).await? == Some(bytes) => {}
            EvidenceStore::Objects(_) => kept.adopt(&from, sha256, bytes).await?,
        }
    }
    for file in manifest.files.iter().filter(|file| file.name.starts_with("pki/")) {
        let mode = if file.name.ends_with(".key") { 0o600 } else { 0o644 };
        copy(&folder.join(&file.name), &data_dir.join(&file.name), Some(&file.sha256), mode)?;
    }
    let report = store.verify_chain().await?;
    let damaged = |what: String| BackupError::Damaged { path: folder.to_owned(), what };
    if let Some(problem) = report.problems.first() {
        return Err(damaged(problem.clone()));
    }
    let same =
        |told: &str, found: &str| told == found || (told.is_empty() && found.bytes().all(|b| b == b'0'));
    if !same(&manifest.log_head, &report.head) || !same(&manifest.ledger_head, &report.ledger_head) {
        return Err(damaged("its log ends elsewhere than it says".into()));
    }
    Ok((manifest, store))
}

fn private_dir(path: &Path) -> Result<(), BackupError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("make", path))
}

fn create(path: &Path) -> Result<File, BackupError> {
    if let Some(folder) = path.parent() {
        private_dir(folder)?;
    }
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map_err(failed("write", path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", path))
}

fn sync(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", folder))
}

/// Names of what is in a folder, sorted; none where there is no folder. Hidden ones are somebody's half written files.
fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("read", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed("read", folder))?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// SHA-256 and size of a file.
fn hash(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut sum = Sha256::new();
    let bytes = io::copy(&mut file, &mut sum)?;
    Ok((hex::encode(sum.finalize()), bytes))
}

fn sum(folder: &Path, name: &str) -> Result<Sum, BackupError> {
    let path = folder.join(name);
    let (sha256, bytes) = hash(&path).map_err(failed("read", &path))?;
    Ok(Sum { name: name.to_owned(), bytes, sha256 })
}

/// Copies a file: under its name it is whole, on the disk, and has this hash, or it is not there.
fn copy(from: &Path, to: &Path, sha256: Option<&str>, mode: u32) -> Result<u64, BackupError> {
    let mut source = File::open(from).map_err(failed("read", from))?;
    let folder = to.parent().unwrap_or(Path::new("."));
    private_dir(folder)?;
    let part = folder.join(".part");
    let target = File::options().write(true).create(true).truncate(true).mode(mode).open(&part);
    let mut target = target.map_err(failed("write", &part))?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        let read = source.read(&mut buffer).map_err(failed("read", from))?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        sum.update(chunk);
        target.write_all(chunk).map_err(failed("write", &part))?;
        bytes += read as u64;
    }
    target.sync_all().map_err(failed("write", &part))?;
    let found = hex::encode(sum.finalize());
    if sha256.is_some_and(|sha256| sha256 != found) {
        fs::remove_file(&part).map_err(failed("remove", &part))?;
        let what = format!("its SHA-256 is {found}");
        return Err(BackupError::Damaged { path: from.to_owned(), what });
    }
    fs::rename(&part, to).map_err(failed("write", to))?;
    sync(folder)?;
    Ok(bytes)
}

//! Files that must be whole, durable and, for keys, readable by nobody else from their first byte on.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::PkiError;

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PkiError {
    let path = path.to_owned();
    move |source| PkiError::File { what, path, source }
}

/// Makes a folder that only this user can enter. One that exists stays as it is: it may be somebody's `/tmp`.
pub(super) fn create_private_dir(path: &Path) -> Result<(), PkiError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("make the folder", path))
}

/// The text of a file, none if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<String>, PkiError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed("read", path)(e)),
    }
}

/// Writes a file that must not exist yet and returns its text; if another process was faster, returns that one's.
pub(super) fn create_or_read(path: &Path, text: &str, mode: u32) -> Result<String, PkiError> {
    match create(path, text, mode) {
        Ok(()) => Ok(text.to_owned()),
        Err(PkiError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            fs::read_to_string(path).map_err(failed("read", path))
        }
        Err(e) => Err(e),
    }
}

/// Writes a file that must not exist yet: whole or not at all.
pub(super) fn create(path: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    let temporary = write_beside(path, text, mode)?;
    // A hard link, unlike a rename, fails if the name is taken.
    let linked = fs::hard_link(&temporary, path).map_err(failed("write", path));
    fs::remove_file(&temporary).map_err(failed("remove", &temporary))?;
    linked?;
    sync_dir_of(path)
}

/// Writes a file in place of whatever is there: whole or not at all.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    let temporary = write_beside(path, text, mode)?;
    if let Err(e) = fs::rename(&temporary, path) {
        // The rename's error is the one to report; a leftover is harmless.
        let _ = fs::remove_file(&temporary);
        return Err(failed("write", path)(e));
    }
    sync_dir_of(path)
}

fn write_beside(path: &Path, text: &str, mode: u32) -> Result<PathBuf, PkiError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", Uuid::new_v4().simple()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })();
    if let Err(e) = written {
        let _ = fs::remove_file(&temporary);
        return Err(failed("write", path)(e));
    }
    Ok(temporary)
}

/// A new name is durable only when its folder is.
fn sync_dir_of(path: &Path) -> Result<(), PkiError> {
    let Some(directory) = path.parent() else { return Ok(()) };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    File::open(directory).and_then(|d| d.sync_all()).map_err(failed("make durable the folder", directory))
}

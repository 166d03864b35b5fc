//! What must outlive the daemon about where cameras look: `{state_dir}/views/`.
//!
//! - `{camera}.moved`: since when the camera looks elsewhere than it did (RFC 3339). While the file is there, rules with
//!   a zone or a line wait, over any restart.
//! - `{camera}.usual.png`: what it usually showed, so that its return is recognised.
//! - `{camera}.approve`: somebody says that what the camera sees is its view. `xunge-edge approve-view` writes it, the
//!   daemon takes it away. That it is there is all it says: it may belong to a user whose files the daemon cannot read.
//!
//! A file is whole or absent: written beside its place, fsynced, renamed, and the folder is fsynced.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::spool::{SpoolError, failed, sync_dir};

/// The files of one camera.
#[derive(Debug, Clone)]
pub struct ViewFiles {
    folder: PathBuf,
    camera: String,
}

/// A camera that looks elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Since when.
    pub since: Timestamp,
    /// What it usually showed, as PNG; none when that is not known.
    pub usual: Option<Vec<u8>>,
}

/// The folder of these files.
pub fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("views")
}

impl ViewFiles {
    /// Of the camera with this id; makes the folder, when missing. For the daemon, to which the folder must belong.
    pub fn open(state_dir: &Path, camera: &str) -> Result<Self, SpoolError> {
        let files = Self::of(state_dir, camera);
        fs::create_dir_all(&files.folder).map_err(failed("make the folder", &files.folder))?;
        sync_dir(state_dir)?;
        Ok(files)
    }

    /// Of the camera with this id, in a folder that the daemon has made.
    pub fn of(state_dir: &Path, camera: &str) -> Self {
        Self { folder: folder(state_dir), camera: camera.to_owned() }
    }

    fn place(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{}.{what}", self.camera))
    }

    /// Whether the camera looks elsewhere. A mark that cannot be read is a mark all the same, since `now`.
    pub fn moved(&self, now: Timestamp) -> Result<Option<Moved>, SpoolError> {
        let Some(mark) = read(&self.place("moved"))? else { return Ok(None) };
        let since = String::from_utf8_lossy(&mark).trim().parse().unwrap_or(now);
        Ok(Some(Moved { since, usual: read(&self.place("usual.png"))? }))
    }

    /// The camera looks elsewhere; durable on return.
    pub fn keep_moved(&self, moved: &Moved) -> Result<(), SpoolError> {
        match &moved.usual {
            Some(usual) => self.write("usual.png", usual)?,
            None => remove(&self.place("usual.png"))?,
        }
        self.write("moved", format!("{}\n", moved.since).as_bytes())
    }

    /// The camera looks where it should.
    pub fn forget_moved(&self) -> Result<(), SpoolError> {
        // the mark first: a picture without one means nothing
        remove(&self.place("moved"))?;
        remove(&self.place("usual.png"))?;
        sync_dir(&self.folder)
    }

    /// Asks the daemon to approve what the camera sees; durable on return.
    pub fn ask(&self, now: Timestamp) -> Result<(), SpoolError> {
        self.write("approve", format!("{now}\n").as_bytes())
    }

    /// Whether somebody has asked for that.
    pub fn is_asked(&self) -> bool {
        self.place("approve").exists()
    }

    /// It has been asked and is about to be done: the mark of a moved camera goes, then the request. Either may be
    /// repeated after a crash in between, and is the same then.
    pub fn take_asked(&self) -> Result<(), SpoolError> {
        self.forget_moved()?;
        remove(&self.place("approve"))?;
        sync_dir(&self.folder)
    }

    fn write(&self, what: &str, bytes: &[u8]) -> Result<(), SpoolError> {
        let (place, half) = (self.place(what), self.place(&format!("{what}.part")));
        File::create(&half)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&half, &place))
            .map_err(failed("write", &place))?;
        sync_dir(&self.folder)
    }
}

/// None when there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, SpoolError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// A file that is not here is no error.
fn remove(path: &Path) -> Result<(), SpoolError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T03:20:10Z".parse().unwrap()
    }

    #[test]
    fn a_moved_camera_stays_one_until_that_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let files = ViewFiles::open(dir.path(), "gate").unwrap();
        let other = ViewFiles::open(dir.path(), "gate.moved").unwrap();
        assert_eq!(files.moved(now()).unwrap(), None);
        let since = "2026-11-22T03:20:10Z".parse().unwrap();
        let moved = Moved { since, usual: Some(b"picture".to_vec()) };
        files.keep_moved(&moved).unwrap();
        assert_eq!(ViewFiles::of(dir.path(), "gate").moved(now()).unwrap(), Some(moved));
        assert_eq!(other.moved(now()).unwrap(), None, "another camera is another camera");
        // a later loss of a view that was not known yet has no picture of the former one
        files.keep_moved(&Moved { since, usual: None }).unwrap();
        assert_eq!(files.moved(now()).unwrap(), Some(Moved { since, usual: None }));
        files.forget_moved().unwrap();
        assert_eq!(files.moved(now()).unwrap(), None);
        files.forget_moved().unwrap();
        assert_eq!(fs::read_dir(folder(dir.path())).unwrap().count(), 0, "nothing is left lying");
    }

    #[test]
    fn a_mark_that_cannot_be_understood_is_a_mark() {
        let dir = tempfile::tempdir().unwrap();
        let files = ViewFiles::open(dir.path(), "gate").unwrap();
        fs::write(files.place("moved"), [0xff, 0x00]).unwrap();
        assert_eq!(files.moved(now()).unwrap(), Some(Moved { since: now(), usual: None }));
    }

    #[test]
    fn a_request_is_taken_once_and_takes_the_mark_along() {
        let dir = tempfile::tempdir().unwrap();
        let files = ViewFiles::open(dir.path(), "gate").unwrap();
        files.keep_moved(&Moved { since: now(), usual: None }).unwrap();
        assert!(!files.is_asked());
        ViewFiles::of(dir.path(), "gate").ask(now()).unwrap();
        assert!(files.is_asked());
        files.take_asked().unwrap();
        assert!(!files.is_asked());
        assert_eq!(files.moved(now()).unwrap(), None);
    }

    #[test]
    fn nobody_is_asked_in_a_folder_that_no_daemon_has_made() {
        let dir = tempfile::tempdir().unwrap();
        assert!(ViewFiles::of(dir.path(), "gate").ask(now()).is_err());
        assert!(!folder(dir.path()).exists(), "it would belong to the wrong user");
    }
}

//! The folder of a demo.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Says that a folder is ours and may be emptied.
const MARK: &str = ".xunge-demo";

/// Who can log in, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Configuration, data and logs of one demo, which nobody else uses at the same time.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// Held while the demo runs.
    _lock: File,
}

impl Place {
    /// Makes the folder; empties it unless `keep`.
    pub(crate) fn prepare(folder: &Path, keep: bool) -> Result<Self> {
        let folder = std::path::absolute(folder).context("the demo's folder has no path")?;
        let parent = folder.parent().context("the root folder cannot be the demo's")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        let lock = lock(&folder.with_extension("lock"))?;
        let entries = fs::read_dir(&folder).map(|entries| entries.count()).unwrap_or(0);
        if entries > 0 && !folder.join(MARK).is_file() {
            bail!(
                "{} holds something that is not of a demo: choose another folder with --directory\n{} 中有其他文件：请用 --directory 另选目录",
                folder.display(),
                folder.display()
            );
        }
        if entries > 0 && !keep {
            fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder.join("log"))
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        File::create(folder.join(MARK)).with_context(|| format!("{} cannot be written", folder.display()))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where a program's log goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join("log").join(format!("{name}.log"))
    }

    /// A password is said by the centre only once, and --keep wants to show it again. For the demo's own users, in a
    /// folder that only its owner reads.
    pub(crate) fn remember(&self, name: &str, logins: &[Login]) -> Result<()> {
        let path = self.folder.join(name);
        let text: String =
            logins.iter().map(|login| format!("{} {}\n", login.user, login.password)).collect();
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Users and passwords of the last time; none where there was no such time.
    pub(crate) fn remembered(&self, name: &str) -> Option<Vec<Login>> {
        let text = fs::read_to_string(self.folder.join(name)).ok()?;
        let words = text.lines().filter_map(|line| line.split_once(' '));
        let logins: Vec<Login> = words
            .map(|(user, password)| Login { user: user.to_owned(), password: password.to_owned() })
            .collect();
        (!logins.is_empty()).then_some(logins)
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => bail!(
            "another demo is running in this folder: stop it first, or choose another one with --directory\n演示已在运行：请先停止，或用 --directory 另选目录"
        ),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

/// Where setup keeps what it downloads; the same rule as in scripts/xunge_setup/cache.py.
pub(crate) fn cache() -> Result<PathBuf> {
    let of = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    of("XUNGE_CACHE")
        .or_else(|| of("XDG_CACHE_HOME").map(|folder| folder.join("xunge")))
        .or_else(|| of("HOME").map(|folder| folder.join(".cache/xunge")))
        .context("HOME is not set: set XUNGE_CACHE to the folder of what setup fetched")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_folder_is_emptied_and_a_foreign_one_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("demo");
        let place = Place::prepare(&folder, false).unwrap();
        assert_eq!(place.remembered("logins"), None);
        let login = |user: &str| Login { user: user.into(), password: "secret".into() };
        let logins = [login("admin"), login("operator1")];
        place.remember("logins", &logins).unwrap();
        drop(place);

        let kept = Place::prepare(&folder, true).unwrap();
        assert_eq!(kept.remembered("logins").as_deref(), Some(&logins[..]));
        drop(kept);

        let emptied = Place::prepare(&folder, false).unwrap();
        assert_eq!(emptied.remembered("logins"), None);
        drop(emptied);

        let foreign = temp.path().join("photos");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("a.jpg"), "a").unwrap();
        let error = Place::prepare(&foreign, false).unwrap_err().to_string();
        assert!(error.contains("--directory"), "{error}");
        assert!(foreign.join("a.jpg").is_file());
    }

    #[test]
    fn two_demos_do_not_share_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("demo");
        let _first = Place::prepare(&folder, false).unwrap();
        let error = Place::prepare(&folder, false).unwrap_err().to_string();
        assert!(error.contains("another demo is running"), "{error}");
    }
}

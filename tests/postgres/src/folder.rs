//! Temporary folders that do not outlive their owner for long, even when it was killed: each is locked while its owner
//! lives, and the next owner sweeps away those that are not.

use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

const PREFIX: &str = "stagedoor-postgres-";
/// A folder younger than this may not be locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder that is removed at the end of its life.
pub(crate) struct Folder {
    directory: TempDir,
    _lock: File,
}

impl Folder {
    pub(crate) fn create_in(parent: &Path) -> Result<Self> {
        sweep(parent);
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let lock = File::open(directory.path())?;
        lock.try_lock().context("cannot lock a folder just made")?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes what killed owners left behind. Whatever cannot be removed is left to the next sweep.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        let old = |file: &File| {
            let changed = file.metadata().and_then(|metadata| metadata.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG))
        };
        if ours
            && let Ok(folder) = File::open(&path)
            && old(&folder)
            && folder.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::FileTimes, time::SystemTime};

    use super::*;

    #[test]
    fn sweeping_removes_what_nobody_holds_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str, age: u64| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            let folder = File::open(&path).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            folder.set_times(FileTimes::new().set_modified(time)).unwrap();
            folder
        };
        let held = make("stagedoor-postgres-held", 3600);
        held.try_lock().unwrap();
        for (name, age) in [
            ("stagedoor-postgres-left", 3600),
            ("stagedoor-postgres-young", 0),
            ("other", 3600),
        ] {
            make(name, age);
        }
        sweep(parent.path());
        let mut left: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["other", "stagedoor-postgres-held", "stagedoor-postgres-young"]
        );
    }
}

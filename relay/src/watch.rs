//! Notices that files have changed, by looking: whichever way they are replaced (rename, Kubernetes' exchange of a link to
//! their folder, an editor), a look finds it.

use std::{
    collections::HashMap,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{auth::sha256, files};

/// The largest file of interest, in bytes. A larger one is refused by whoever reads it.
const MAX_BYTES: u64 = 1024 * 1024;

/// What was seen of groups of files that belong together.
#[derive(Debug, Default, Clone)]
pub(crate) struct Watch(HashMap<Vec<PathBuf>, Seen>);

#[derive(Debug, PartialEq, Eq, Clone)]
struct Seen {
    last: Vec<Option<Fingerprint>>,
    acted_on: Option<Vec<Option<Fingerprint>>>,
}

/// What tells one state of a file from another.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Fingerprint {
    device: u64,
    inode: u64,
    mode: u32,
    modified: (i64, i64),
    content: [u8; 32],
}

impl Watch {
    /// Looks at the groups, and says which of them are to be read: those that are not as they were when this was last said,
    /// but are as they were at the last look. So a pair of which only one half was replaced has until the next look.
    pub(crate) fn look(&mut self, groups: &[Vec<PathBuf>]) -> Vec<bool> {
        self.0.retain(|group, _| groups.contains(group));
        groups.iter().map(|group| self.look_at(group)).collect()
    }

    /// Says so again after the next look, although nothing changes.
    pub(crate) fn forget(&mut self, group: &[PathBuf]) {
        if let Some(seen) = self.0.get_mut(group) {
            seen.acted_on = None;
        }
    }

    fn look_at(&mut self, group: &Vec<PathBuf>) -> bool {
        let now = group.iter().map(|path| Fingerprint::of(path)).collect::<Vec<_>>();
        let Some(seen) = self.0.get_mut(group) else {
            let first = Seen {
                last: now,
                acted_on: None,
            };
            self.0.insert(group.clone(), first);
            return false;
        };
        let rests = seen.last == now;
        let is_new = seen.acted_on.as_ref() != Some(&now);
        if rests && is_new {
            seen.acted_on = Some(now.clone());
        }
        seen.last = now;
        rests && is_new
    }
}

impl Fingerprint {
    /// `None` for a file that cannot be read, which is a state like others.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let content = files::read(path, MAX_BYTES).ok()?;
        let metadata = content.metadata;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            content: sha256(&content.bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_change_is_told_once_when_it_has_come_to_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let group = [vec![path("certificate"), path("key")]];
        fs::write(path("certificate"), "1").unwrap();
        let mut watch = Watch::default();
        let mut looks = |count: usize| (0..count).map(|_| watch.look(&group)[0]).collect::<Vec<_>>();
        assert_eq!(
            looks(4),
            [false, true, false, false],
            "what was before the first look"
        );

        fs::write(path("certificate"), "2").unwrap();
        assert_eq!(looks(1), [false]);
        fs::write(path("key"), "2").unwrap();
        assert_eq!(looks(3), [false, true, false], "both together");

        fs::write(path("new"), "2").unwrap();
        fs::rename(path("new"), path("key")).unwrap();
        assert_eq!(looks(3), [false, true, false], "a rename, of the same content");
        fs::remove_file(path("key")).unwrap();
        assert_eq!(looks(3), [false, true, false], "a file that is gone");
    }

    /// `..data` is a link to a folder; the files are links through it.
    #[test]
    fn an_exchanged_link_to_the_folder_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, content) in [("..1", "old"), ("..2", "new")] {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join("key"), content).unwrap();
        }
        symlink("..1", path("..data")).unwrap();
        symlink("..data/key", path("key")).unwrap();
        let group = [vec![path("key")]];
        let mut watch = Watch::default();
        assert_eq!([watch.look(&group)[0], watch.look(&group)[0]], [false, true]);
        symlink("..2", path("..data_tmp")).unwrap();
        fs::rename(path("..data_tmp"), path("..data")).unwrap();
        assert_eq!([watch.look(&group)[0], watch.look(&group)[0]], [false, true]);
        watch.forget(&group[0]);
        assert!(watch.look(&group)[0], "asked for again");
    }
}

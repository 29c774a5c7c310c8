//! A write-ahead log that was left by another file in the place of this one. SQLite would lay it over the file, and what comes
//! out belongs to no time. It cannot tell, so a relay notes in its lock file which two files belong together. Inodes without
//! their devices: those have other numbers after a restart of the machine, and a copy of both files has other inodes, too.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, MetadataExt},
};

use super::file::DatabaseFile;
use crate::store::StoreError;

/// The end of the lock file's name.
pub(super) const LOCK: &str = "-relay";
const LOG: &str = "-wal";

/// Notes which log belongs to the file that was opened first.
pub(super) fn note(file: &DatabaseFile, lock: &File) -> Result<(), StoreError> {
    let (Some(database), Ok(log)) = (file.inode(), fs::metadata(file.beside(LOG))) else {
        return Ok(());
    };
    let noted = format!("{database} {}\n", log.ino());
    let write = || -> io::Result<()> {
        let mut found = vec![0; noted.len()];
        let same = lock.metadata()?.len() == noted.len() as u64
            && lock.read_exact_at(&mut found, 0).is_ok()
            && found == noted.as_bytes();
        if !same {
            lock.set_len(0)?;
            lock.write_all_at(noted.as_bytes(), 0)?;
            lock.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|error| file.io(&error))
}

/// Refuses a file beside which the log of another one lies. Without a note there is nothing to compare.
pub(super) fn check(file: &DatabaseFile) -> Result<(), StoreError> {
    let Some((database, log)) = noted(file) else {
        return Ok(());
    };
    let left = fs::metadata(file.beside(LOG)).is_ok_and(|found| found.len() > 0 && found.ino() == log);
    if !left || file.inode() == Some(database) {
        return Ok(());
    }
    Err(file.unavailable(
        "it took the place of another file, whose write-ahead log still lies beside it and would spoil it",
        "stop the relay if it runs, remove the files of the same name with -wal and -shm, look at what a restored backup does \
         not know (docs/deploy.md, Backup), and start the relay",
    ))
}

fn noted(file: &DatabaseFile) -> Option<(u64, u64)> {
    let text = fs::read_to_string(file.beside(LOCK)).ok()?;
    let (database, log) = text.trim_end().split_once(' ')?;
    Some((database.parse().ok()?, log.parse().ok()?))
}

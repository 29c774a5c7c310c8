//! Opening the file for whoever only reads it: an auditor may have a copy, on a medium that cannot be written.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::file::DatabaseFile;
use crate::store::StoreError;

/// What SQLite needs beside a file of its own kind that others may be writing.
const CURE: &str = "SQLite keeps what its readers share in the file's folder, which this user cannot write: run this as a user who can, \
     or copy the file, and the file of the same name with -wal if there is one, into a folder of your own and name the copy \
     in store.url";

/// Opens it, and reads from it once: SQLite looks at the write-ahead log only then.
pub(super) fn connect(file: &DatabaseFile) -> Result<Connection, StoreError> {
    let medium = statvfs(file.path()).map_err(|error| file.io(&error.into()))?;
    let read_only = medium.f_flag.contains(StatVfsMountFlags::RDONLY);
    connect_on(file, read_only)
}

/// The same, on a medium of that kind.
fn connect_on(file: &DatabaseFile, read_only_medium: bool) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !read_only_medium {
        let connection =
            Connection::open_with_flags(file.path(), flags).map_err(|error| file.sqlite(&error))?;
        return match touch(&connection) {
            Ok(()) => Ok(connection),
            Err(error) if is_refused(&error) => Err(file.unavailable(&error.to_string(), CURE)),
            Err(error) => Err(file.sqlite(&error)),
        };
    }
    // Nobody changes the file there, so nothing has to be shared. But SQLite would not look into the log either.
    if fs::metadata(file.beside("-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(file.unavailable(
            "it lies on a medium that cannot be written, beside a write-ahead log, whose records cannot be read there",
            "copy both files into a folder that you can write, and name the copy in store.url",
        ));
    }
    let connection = Connection::open_with_flags(immutable(file.path()), flags | OpenFlags::SQLITE_OPEN_URI)
        .map_err(|error| file.sqlite(&error))?;
    touch(&connection).map_err(|error| file.sqlite(&error))?;
    Ok(connection)
}

fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Whether what lies beside the file could not be opened or made.
fn is_refused(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | PermissionDenied | ReadOnly)
    )
}

/// The file's address for SQLite, which then takes no locks and looks for no other files.
fn immutable(path: &Path) -> PathBuf {
    let mut address = b"file:".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'%' | b'?' | b'#') {
            address.extend(format!("%{byte:02X}").into_bytes());
        } else {
            address.push(byte);
        }
    }
    address.extend(b"?immutable=1");
    PathBuf::from(OsString::from_vec(address))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is in a folder, by name.
    fn names(folder: &Path) -> BTreeSet<OsString> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn on_a_medium_that_cannot_be_written_nothing_is_made_and_no_log_is_overlooked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("50% of what? #1.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer
            .execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (7)")
            .unwrap();
        let file = DatabaseFile::to_read(&path);
        let error = connect_on(&file, true).unwrap_err().to_string();
        assert!(
            error.contains("beside a write-ahead log") && error.contains("copy both files"),
            "{error}"
        );
        // While it runs, it is read like any other.
        let read = |connection: &Connection| -> i64 {
            connection
                .query_one("SELECT n FROM t", [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(read(&connect_on(&file, false).unwrap()), 7);

        drop(writer);
        let before = names(folder.path());
        assert_eq!(before.len(), 1, "{before:?}");
        let reader = connect_on(&file, true).unwrap();
        assert_eq!((read(&reader), names(folder.path())), (7, before));
        let refused = reader.execute("INSERT INTO t VALUES (8)", []).unwrap_err();
        assert!(refused.to_string().contains("readonly"), "{refused}");
    }
}

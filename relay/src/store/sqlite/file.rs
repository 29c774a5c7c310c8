//! The database file: made private, opened with durable settings, and refused once somebody has replaced it.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::{foreign_log, owner, reading};
use crate::{files::beside, store::StoreError};

/// How long a statement waits for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Every statement of this store fits, so none is compiled twice.
const STATEMENTS: usize = 128;
/// Pages in the WAL (4 KiB each) from which on a commit moves them into the file. Every login changes the same few pages, so
/// the more logins lie between, the less is written twice; four times SQLite's own default is 16 MiB of disk.
const CHECKPOINT_PAGES: u32 = 4000;

/// The file of a store.
#[derive(Debug, Clone)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    access: Access,
    /// Which one this process works with: the one that was opened first.
    first: Arc<OnceLock<Identity>>,
}

/// What it is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

/// An open connection.
pub(super) struct Opened {
    pub(super) connection: Connection,
}

/// Device and inode: what a path meant at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

/// Why a piece of work on the database failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// The store says so.
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl DatabaseFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            access: Access::Write,
            first: Arc::default(),
        }
    }

    /// The same, for whoever only reads it.
    pub(super) fn to_read(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            access: Access::Read,
            first: Arc::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the same name with this at its end.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }

    /// The inode of the file that was opened first.
    pub(super) fn inode(&self) -> Option<u64> {
        self.first.get().map(|Identity(_, inode)| *inode)
    }

    /// Makes the file before SQLite does, which would leave its mode to the umask; the WAL file inherits the mode.
    pub(super) fn create_private(&self) -> Result<(), StoreError> {
        let created = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path);
        match created {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(self.io(&error)),
            _ => Ok(()),
        }
    }

    /// Opens the file that must be there: a database that vanished is a fault, not a reason to begin a new record.
    pub(super) fn open(&self) -> Result<Opened, StoreError> {
        self.check_still()?;
        // SQLite would say of a folder that it cannot be opened, and of a pipe that the disk is faulty.
        if !fs::metadata(&self.path).is_ok_and(|metadata| metadata.is_file()) {
            return Err(self.unavailable(
                "it is a folder, a pipe or a device, and no file",
                "name the database's file in store.url",
            ));
        }
        foreign_log::check(self)?;
        let connection = match self.access {
            Access::Write => self.connect().map_err(|error| self.sqlite(&error))?,
            Access::Read => reading::connect(self)?,
        };
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection
            .busy_timeout(BUSY_TIMEOUT)
            .map_err(|error| self.sqlite(&error))?;
        Ok(Opened { connection })
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is erased is overwritten, not only unlinked.
        connection.pragma_update(None, "secure_delete", true)?;
        Ok(connection)
    }

    /// Whether the path still leads to the file that was opened first. SQLite would go on writing into a file that was
    /// removed, and nobody would ever find those records. Another one in its place is most likely a backup, in which whoever
    /// was disabled or revoked since is not; so it is for a person to say, by a restart, that it is to be used.
    pub(super) fn check_still(&self) -> Result<(), StoreError> {
        let identity = self.identity().map_err(|error| self.io(&error))?;
        if *self.first.get_or_init(|| identity) == identity {
            return Ok(());
        }
        Err(self.unavailable(
            "its file was replaced by another one",
            "stop the relay, remove the files of the same name with -wal and -shm, which belong to the former file, look at \
             what a restored backup does not know (docs/deploy.md, Backup), and start it again",
        ))
    }

    /// Whether the connection can write. SQLite opens a file that may not be written for reading only, even begins an
    /// immediate transaction on it, and goes on so when the file may be written again.
    pub(super) fn check_writable(&self, opened: &Opened) -> Result<(), StoreError> {
        match opened.connection.is_readonly(MAIN_DB) {
            Ok(false) => Ok(()),
            Ok(true) => Err(self.foreign().unwrap_or_else(|| {
                self.unavailable(
                    "its file could only be read when it was opened",
                    "the file and its folder must be there, and writable for the relay's user",
                )
            })),
            Err(error) => Err(self.sqlite(&error)),
        }
    }

    fn identity(&self) -> io::Result<Identity> {
        let metadata = fs::metadata(&self.path)?;
        Ok(Identity(metadata.dev(), metadata.ino()))
    }

    pub(super) fn failure(&self, failure: Failure) -> StoreError {
        match failure {
            Failure::Sqlite(error) => self.sqlite(&error),
            Failure::Store(error) => error,
        }
    }

    pub(super) fn sqlite(&self, error: &rusqlite::Error) -> StoreError {
        if let Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) =
            error.sqlite_error_code()
            && let Some(foreign) = self.foreign()
        {
            return foreign;
        }
        let cure = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "make room on its disk",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program holds it locked; wait for it, or end it"
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                "the file and its folder must be there, and writable for the relay's user"
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "put it aside and restore it from a backup"
            }
            Some(ErrorCode::SystemIoFailure) => "look at the disk, and at the operating system's log",
            _ => "look at the relay's log, and at the operating system's",
        };
        self.unavailable(&error.to_string(), cure)
    }

    pub(super) fn io(&self, error: &io::Error) -> StoreError {
        if error.kind() == io::ErrorKind::PermissionDenied
            && let Some(foreign) = self.foreign()
        {
            return foreign;
        }
        self.unavailable(
            &error.to_string(),
            "the file and its folder must be there, and writable for the relay's user",
        )
    }

    /// That its files belong to somebody else, if they do.
    fn foreign(&self) -> Option<StoreError> {
        let needed = match self.access {
            Access::Write => rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK,
            Access::Read => rustix::fs::Access::READ_OK,
        };
        let foreign = owner::look(&self.path, needed)?;
        Some(StoreError::Unavailable {
            place: self.place(),
            cause: foreign.cause,
            cure: foreign.cure.into(),
        })
    }

    pub(super) fn unavailable(&self, cause: &str, cure: &'static str) -> StoreError {
        StoreError::Unavailable {
            place: self.place(),
            cause: cause.to_owned(),
            cure: cure.into(),
        }
    }

    pub(super) fn place(&self) -> String {
        self.path.display().to_string()
    }
}

/// SQLite's form of a time.
pub(super) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

pub(super) fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Inconsistent("a time is not one"))
}

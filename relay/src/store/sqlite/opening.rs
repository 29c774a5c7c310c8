//! Opens a SQLite file: to be written, or for reading only; and lets one relay serve from it.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::{
    SqliteStore,
    file::{DatabaseFile, Opened},
    foreign_log,
    readers::Readers,
    schema,
    writer::Writer,
};
use crate::store::{SchemaVersions, StoreError, outbox::Listeners};

/// This process as the one relay of the file.
pub(super) struct Registration {
    /// Locked until the process ends, however it ends.
    pub(super) lock: File,
    /// Open intents below this are another process's.
    pub(super) size: u64,
}

impl Drop for Registration {
    /// Closing it is not enough: a program that is being started has a copy of the open file for a moment.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl SqliteStore {
    /// Opens the file, makes it readable by its owner only if it is new, and brings the schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::opened(DatabaseFile::new(path), |file| {
            file.create_private()?;
            let mut opened = file.open()?;
            schema::migrate(file, &mut opened.connection)?;
            Ok(opened)
        })
        .await
    }

    /// Opens the file for reading only: nothing is made or changed, and writing is an error. Its schema must be up to date.
    pub async fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Self::opened(DatabaseFile::to_read(path), |file| {
            let opened = file.open()?;
            schema::versions(file, &opened.connection)?.check(file.place())?;
            Ok(opened)
        })
        .await
    }

    async fn opened(
        file: DatabaseFile,
        open: fn(&DatabaseFile) -> Result<Opened, StoreError>,
    ) -> Result<Self, StoreError> {
        let opening = {
            let file = file.clone();
            tokio::task::spawn_blocking(move || open(&file))
        };
        let panicked = StoreError::Inconsistent("opening the store ended in a panic, which is in the log");
        let opened = opening.await.unwrap_or(Err(panicked))?;
        Ok(Self {
            writer: Writer::start(file.clone(), opened)?,
            readers: Readers::new(file.clone()),
            file,
            relay: Mutex::default(),
            listeners: Listeners::default(),
        })
    }

    /// Which schema the file has, without changing it.
    pub fn versions(path: &Path) -> Result<SchemaVersions, StoreError> {
        let file = DatabaseFile::to_read(path);
        let opened = file.open()?;
        schema::versions(&file, &opened.connection)
    }

    /// Makes this process the file's one relay until the lock is dropped.
    pub(super) fn lock(&self) -> Result<File, StoreError> {
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.file.beside(foreign_log::LOCK))
            .map_err(|error| self.file.io(&error))?;
        match lock.try_lock() {
            Ok(()) => {
                foreign_log::note(&self.file, &lock)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                place: self.file.place(),
            }),
            Err(TryLockError::Error(error)) => Err(self.file.io(&error)),
        }
    }

    /// Whether that lock still keeps others out: without its file they would make a new one.
    pub(super) fn check_lock(&self) -> Result<(), StoreError> {
        let relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(registration) = relay.as_ref() else {
            return Ok(());
        };
        let path = self.file.beside(foreign_log::LOCK);
        let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
        let held = registration.lock.metadata().map(identity);
        let found = fs::metadata(&path).map(identity);
        match (held, found) {
            // SQLite has begun another log, if all its connections were closed since.
            (Ok(held), Ok(found)) if held == found => foreign_log::note(&self.file, &registration.lock),
            _ => Err(StoreError::Unavailable {
                place: path.display().to_string(),
                cause: "the file by which a relay keeps other relays from its store is gone, or another one"
                    .to_owned(),
                cure: "end all relays of this store and start one; leave the file where it is".into(),
            }),
        }
    }
}

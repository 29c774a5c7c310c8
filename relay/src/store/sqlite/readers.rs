//! Connections for reading, which in WAL mode neither wait for the writer nor hold it up.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::file::{DatabaseFile, Failure, Opened};
use crate::store::StoreError;

/// More connections than cores bring little; long reads of the command line must not hold up logins.
const CONNECTIONS: usize = 4;

/// A pool of connections.
#[derive(Clone)]
pub(super) struct Readers {
    file: DatabaseFile,
    idle: Arc<Mutex<Vec<Opened>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: DatabaseFile) -> Self {
        Self {
            file,
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    /// Reads, on a thread that may wait for the disk.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let ended = StoreError::Inconsistent("a read ended in a panic, which is in the log");
        let turn = self
            .turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| ended.clone())?;
        let readers = self.clone();
        let reading = spawn_blocking(move || {
            let _turn = turn;
            readers.read_here(work)
        });
        reading.await.unwrap_or(Err(ended))
    }

    fn read_here<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let opened = match idle {
            // One that was opened on another file is dropped.
            Some(opened) if self.file.check_still().is_ok() => opened,
            _ => self.file.open()?,
        };
        let result = work(&opened.connection).map_err(|failure| self.file.failure(failure));
        // After a fault the connection may be in any state.
        if result.is_ok() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(opened);
        }
        result
    }
}

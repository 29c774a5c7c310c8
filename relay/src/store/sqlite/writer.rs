//! The one writer: a thread with a connection of its own, which performs all writes that are waiting in one transaction,
//! so that many logins share one flush of the disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    append::Head,
    file::{DatabaseFile, Failure, Opened},
};
use crate::store::StoreError;

/// Writes that may wait; more are refused, so that a stuck disk does not gather memory.
const QUEUE: usize = 4096;
/// Writes of one transaction; a bound on how long the first one waits for the last.
const BATCH: usize = 256;

/// What a write works with: the transaction, and the ledger's end.
pub(super) struct Writing<'a> {
    pub(super) connection: &'a Connection,
    pub(super) head: &'a mut Head,
}

/// A handle to the thread, which ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    place: String,
}

impl Writer {
    pub(super) fn start(file: DatabaseFile, opened: Opened) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let place = file.place();
        let scribe = Scribe {
            head: None,
            reached: None,
            opened: Some(opened),
            file: file.clone(),
        };
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || scribe.run(queue))
            .map_err(|error| file.io(&error))?;
        Ok(Self { jobs, place })
    }

    /// Performs a write; it is durable when this returns its value. An error undoes what the write did.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let call = Call {
            work: Some(work),
            done: None,
            answer,
        };
        self.jobs.try_send(Box::new(call)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded {
                place: self.place.clone(),
            },
            mpsc::error::TrySendError::Closed(_) => GONE,
        })?;
        answered.await.unwrap_or(Err(GONE))
    }
}

/// The thread never ends before its handles; should it, nothing is written.
const GONE: StoreError = StoreError::Inconsistent("the store's writer has ended; restart the relay");

/// A write of any result.
trait Job: Send {
    /// Does the work inside the transaction; false if it must be undone.
    fn perform(&mut self, file: &DatabaseFile, writing: &mut Writing<'_>) -> bool;
    /// Tells the caller, after the transaction ended.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Call<T, F> {
    work: Option<F>,
    done: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnOnce(&mut Writing<'_>) -> Result<T, Failure> + Send,
{
    fn perform(&mut self, file: &DatabaseFile, writing: &mut Writing<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let done = catch_unwind(AssertUnwindSafe(|| work(writing)))
            .unwrap_or(Err(Failure::Store(StoreError::Inconsistent(
                "a write ended in a panic, which is in the log",
            ))))
            .map_err(|failure| file.failure(failure));
        self.done.insert(done).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let done = match (self.done, committed) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(GONE),
        };
        // Nobody waits any more: the write stands all the same.
        let _ = self.answer.send(done);
    }
}

/// What the thread owns.
struct Scribe {
    file: DatabaseFile,
    /// None after a fault; the next batch opens the file anew.
    opened: Option<Opened>,
    head: Option<Head>,
    /// The ledger's end after the last batch that was committed: whatever happens to the file, the ledger begins so.
    reached: Option<Head>,
}

impl Scribe {
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let committed = self.commit(&mut batch);
            if committed.is_err() {
                // The connection may be in any state, and the file another one by now.
                self.opened = None;
                self.head = None;
            }
            for job in batch.drain(..) {
                job.answer(committed.clone());
            }
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let opened = match &self.opened {
            Some(opened) => opened,
            None => self.opened.insert(self.file.open()?),
        };
        self.file.check_still()?;
        self.file.check_writable(opened)?;
        let reached = self.reached.as_ref();
        perform(&self.file, &opened.connection, &mut self.head, reached, batch)
            .map_err(|failure| self.file.failure(failure))?;
        if self.head.as_ref().is_some_and(|head| !head.is_severed()) {
            self.reached.clone_from(&self.head);
        }
        Ok(())
    }
}

/// One transaction for the whole batch. Work that fails is undone by itself.
fn perform(
    file: &DatabaseFile,
    connection: &Connection,
    head: &mut Option<Head>,
    reached: Option<&Head>,
    batch: &mut [Box<dyn Job>],
) -> Result<(), Failure> {
    let transaction = Transaction::begin(connection)?;
    let head = match head.take() {
        // Another process may have appended meanwhile: an erasure from the command line.
        Some(known) if known.is_current(connection)? => head.insert(known),
        _ => head.insert(Head::load(connection, reached)?),
    };
    if let [job] = batch {
        // Alone, its work is undone with the transaction.
        if job.perform(file, &mut Writing { connection, head }) {
            transaction.commit()?;
        } else {
            drop(transaction);
            *head = Head::load(connection, reached)?;
        }
        return Ok(());
    }
    for job in batch {
        let before = head.clone();
        connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        let mut writing = Writing { connection, head };
        if !job.perform(file, &mut writing) {
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
            *head = before;
        }
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Rolls back when dropped. It takes the write lock at once: taken later, a conflict could not be waited out.
struct Transaction<'a>(Option<&'a Connection>);

impl<'a> Transaction<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self(Some(connection)))
    }

    fn commit(mut self) -> rusqlite::Result<()> {
        if let Some(connection) = self.0 {
            connection.prepare_cached("COMMIT")?.execute([])?;
            self.0 = None;
        }
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // After some faults SQLite has rolled back by itself already.
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}

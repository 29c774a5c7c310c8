//! The one writer of a relay: a task with a connection of its own, which performs all ledger writes that are waiting in one
//! transaction, so that many logins share a turn among the relays and one flush of the server's disk.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{sync::mpsc, time::timeout};

use super::{
    connection::{Connector, Session},
    fault::Failure,
    gather::gather,
    plan::Plan,
    reached::Reached,
    statements::Statements,
    work::{Call, Job, Needs, Work},
    write::commit,
};
use crate::store::{StoreError, outbox::Listeners};

/// Writes that may wait; more are refused, so that a lost server does not gather memory.
const QUEUE: usize = 4096;
/// Writes of one transaction; a bound on how long the first one waits for the last.
const BATCH: usize = 256;
/// How long a batch may take, connecting included. The server ends what it works on itself before.
const PATIENCE: Duration = Duration::from_secs(8);
/// The task never ends before its handles; should it, nothing is written.
const GONE: StoreError = StoreError::Inconsistent("the store's writer has ended; restart the relay");

/// A handle to the task, which ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    place: String,
}

impl Writer {
    pub(super) fn start(
        connector: Connector,
        relay: Arc<AtomicI64>,
        reached: Reached,
        listeners: Listeners,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let place = connector.place().name();
        let scribe = Scribe {
            connector,
            relay,
            reached,
            listeners,
            desk: None,
        };
        tokio::spawn(scribe.run(queue));
        Self { jobs, place }
    }

    /// Performs a write; it is durable when this returns its answer.
    pub(super) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, StoreError> {
        let (call, answer) = Call::new(work);
        self.jobs.try_send(Box::new(call)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded {
                place: self.place.clone(),
            },
            mpsc::error::TrySendError::Closed(_) => GONE,
        })?;
        answer.await.unwrap_or(Err(GONE))
    }
}

/// What the task owns.
struct Scribe {
    connector: Connector,
    relay: Arc<AtomicI64>,
    reached: Reached,
    listeners: Listeners,
    /// None after a fault; the next batch connects anew.
    desk: Option<Desk>,
}

/// A connection to write with.
struct Desk {
    session: Session,
    statements: Statements,
}

/// What a batch goes by beside the database.
#[derive(Clone, Copy)]
struct Known<'a> {
    relay: i64,
    reached: &'a Reached,
    listeners: &'a Listeners,
}

/// How far a batch came before it failed.
enum Fault {
    /// There was no connection to begin with.
    Unconnected(Failure),
    /// Nothing of it stands.
    Undone(Failure),
    /// It may stand: the answer to the commit was lost.
    Uncertain(Failure),
}

impl Scribe {
    async fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.recv_many(&mut batch, BATCH).await > 0 {
            let committed = self.perform(&mut batch).await;
            match committed {
                // One may have spoilt it for all: each by itself, so that only that one fails.
                Err(Fault::Undone(failure)) if failure.is_about_content() && batch.len() > 1 => {
                    for mut job in batch.drain(..) {
                        let alone = self.perform(std::slice::from_mut(&mut job)).await;
                        job.answer(self.told(alone));
                    }
                }
                other => {
                    let told = self.told(other);
                    for job in batch.drain(..) {
                        job.answer(told.clone());
                    }
                }
            }
        }
    }

    fn told(&self, committed: Result<(), Fault>) -> Result<(), StoreError> {
        committed.map_err(|fault| match fault {
            Fault::Unconnected(failure) | Fault::Undone(failure) | Fault::Uncertain(failure) => {
                self.connector.place().failure(failure)
            }
        })
    }

    /// One transaction for the whole batch. A connection that was lost before anything was written is made again once.
    async fn perform(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let had_connection = self.desk.is_some();
        match self.survive(batch).await {
            Err(Fault::Undone(failure)) if had_connection && failure.is_lost() => self.survive(batch).await,
            other => other,
        }
    }

    /// A panic ends the batch and its connection, but not the writer.
    async fn survive(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let panicked = StoreError::Inconsistent("a write ended in a panic, which is in the log");
        AssertUnwindSafe(self.attempt(batch))
            .catch_unwind()
            .await
            .unwrap_or_else(|payload| {
                // Its message may hold data.
                std::mem::forget(payload);
                Err(Fault::Uncertain(panicked.into()))
            })
    }

    async fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        // Taken out while it is in use: whatever ends this early ends the connection, too.
        let desk = self.desk.take();
        let known = Known {
            relay: self.relay.load(Ordering::SeqCst),
            reached: &self.reached,
            listeners: &self.listeners,
        };
        let writing = write(&self.connector, known, desk, batch);
        let Ok((desk, written)) = timeout(PATIENCE, writing).await else {
            return Err(Fault::Uncertain(self.connector.place().silent().into()));
        };
        self.desk = desk;
        written
    }
}

/// Performs a batch and gives the connection back, unless it is of no use any more.
async fn write(
    connector: &Connector,
    known: Known<'_>,
    desk: Option<Desk>,
    batch: &mut [Box<dyn Job>],
) -> (Option<Desk>, Result<(), Fault>) {
    let desk = match desk {
        Some(desk) if !desk.session.is_closed() => Ok(desk),
        _ => Desk::open(connector).await,
    };
    let desk = match desk {
        Ok(desk) => desk,
        Err(failure) => return (None, Err(Fault::Unconnected(failure))),
    };
    let written = desk.write(known, batch).await;
    let kept = match &written {
        Ok(()) => Some(desk),
        Err(Fault::Undone(failure)) if failure.is_refused() => desk.undo().await,
        Err(_) => None,
    };
    (kept, written)
}

impl Desk {
    async fn open(connector: &Connector) -> Result<Self, Failure> {
        let session = connector.session().await?;
        Ok(Self {
            statements: Statements::prepare(&session).await?,
            session,
        })
    }

    async fn write(&self, known: Known<'_>, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let Known { relay, reached, .. } = known;
        let mut needs = Needs::default();
        for job in &*batch {
            job.needs(&mut needs);
        }
        let (head, facts) = gather(&self.session, &self.statements, relay, reached.head(), needs)
            .await
            .map_err(Fault::Undone)?;
        // Others may have written some of it. The server shows nothing that it could still lose by its own fault.
        reached.set(head.clone());
        let mut plan = Plan::new(relay, facts, head, known.listeners.get());
        for job in batch {
            job.decide(&mut plan);
        }
        commit(&self.session, &self.statements, &plan)
            .await
            .map_err(|failure| match failure.is_refused() {
                true => Fault::Undone(failure),
                false => Fault::Uncertain(failure),
            })?;
        reached.set(plan.into_head());
        Ok(())
    }

    /// Ends a transaction that the server has refused to go on with.
    async fn undo(self) -> Option<Self> {
        self.session.batch_execute("ROLLBACK").await.ok()?;
        Some(self)
    }
}

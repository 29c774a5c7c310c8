//! A relay among others: while it lives, it holds the advisory lock of its own number. Whoever can take that lock knows that
//! the relay is gone, however it ended, because the server frees the locks of a session that is no more.

use std::time::Duration;

use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::connection::{Connector, Session};
use crate::store::StoreError;

/// The first and the longest pause between attempts to come back after the connection was lost.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The lock, held until [`Self::end`] or until this is dropped.
pub(super) struct Presence {
    ending: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Presence {
    /// Takes the lock, and keeps taking it again whenever its connection was lost.
    pub(super) async fn begin(connector: Connector, relay: i64) -> Result<Self, StoreError> {
        let session = lock(&connector, relay).await?;
        let ending = CancellationToken::new();
        let keeper = tokio::spawn(keep(connector, relay, session, ending.clone()));
        Ok(Self { ending, keeper })
    }

    /// Gives the lock up; it is free when this returns.
    pub(super) async fn end(mut self) {
        self.ending.cancel();
        // A keeper that panicked has lost its connection, and with it the lock.
        let _ = (&mut self.keeper).await;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(connector: Connector, relay: i64, mut session: Session, ending: CancellationToken) {
    loop {
        let ended = tokio::select! {
            () = ending.cancelled() => true,
            () = session.closed() => false,
        };
        if ended {
            // Should it fail, the connection ends here, and the server frees the lock.
            let _ = session.execute("SELECT pg_advisory_unlock($1)", &[&relay]).await;
            return;
        }
        warn!("the connection that shows this relay's presence was lost; it is made again");
        let back = tokio::select! {
            () = ending.cancelled() => return,
            back = come_back(&connector, relay) => back,
        };
        session = back;
    }
}

async fn come_back(connector: &Connector, relay: i64) -> Session {
    let (mut pause, longest) = PAUSES;
    loop {
        sleep(pause).await;
        match lock(connector, relay).await {
            Ok(session) => return session,
            Err(error) => warn!(%error, "this relay's presence cannot be shown yet"),
        }
        pause = longest.min(pause * 2);
    }
}

async fn lock(connector: &Connector, relay: i64) -> Result<Session, StoreError> {
    let session = connector.session().await?;
    // Right after a lost connection the server may hold the lock for the old one until it notices.
    let locked = session.execute("SELECT pg_advisory_lock($1)", &[&relay]).await;
    locked.map_err(|error| connector.place().error(&error))?;
    Ok(session)
}

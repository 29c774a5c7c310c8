//! Connections for reading, and for writes outside the ledger. All work on them is bounded in time.

use std::time::Duration;

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::time::timeout;

use super::{
    connection::Connector,
    fault::{Failure, Place},
};
use crate::store::StoreError;

/// Reads of one relay at the same time; more wait.
const CONNECTIONS: usize = 8;
/// How long a read waits for its turn.
const WAIT: Duration = Duration::from_secs(3);
/// How long work may take. The server ends a statement of its own accord before.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// Does work on one of the connections, in bounded time: `run!(connections, client => work(client))`. A macro, because no
/// function can say that the work may borrow both the connection and what its caller has.
macro_rules! run {
    ($connections:expr, $client:ident => $work:expr) => {
        run!($connections, crate::store::postgres::pool::PATIENCE, $client => $work)
    };
    ($connections:expr, $patience:expr, $client:ident => $work:expr) => {{
        let mut taken = $connections.take().await?;
        let $client = &mut taken;
        let done = Connections::within($patience, $work).await;
        $connections.give_back(taken, done)
    }};
}
pub(super) use run;

/// A pool of connections that are made again by themselves.
pub(super) struct Connections {
    pool: Pool,
    place: Place,
    /// Whose turn it is to count a look: one of this relay at a time, so that looks never hold more than one connection.
    pub(super) counting: tokio::sync::Mutex<()>,
}

impl Connections {
    pub(super) fn new(connector: &Connector) -> Result<Self, StoreError> {
        let place = connector.place().clone();
        let recycling = ManagerConfig {
            // Whether it has been closed is known without asking the server.
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_connect(tokio_postgres::Config::new(), connector.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| place.unusable(error.to_string(), "report the message"))?;
        Ok(Self {
            pool,
            place,
            counting: tokio::sync::Mutex::default(),
        })
    }

    pub(super) async fn take(&self) -> Result<Client, StoreError> {
        let taken = self.pool.get().await;
        taken.map_err(|error| self.place.failure(self.refused(error)))
    }

    /// Does work that [`Self::take`]n connection is for, in bounded time.
    pub(super) async fn within<T>(
        patience: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Option<Result<T, Failure>> {
        timeout(patience, work).await.ok()
    }

    /// Gives a connection back, unless its work has failed: then it may be in the middle of a transaction, or of an answer.
    pub(super) fn give_back<T>(
        &self,
        client: Client,
        done: Option<Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let failure = match done {
            Some(Ok(value)) => return Ok(value),
            Some(Err(failure)) => failure,
            None => self.place.silent().into(),
        };
        drop(Object::take(client));
        Err(self.place.failure(failure))
    }

    fn refused(&self, error: PoolError) -> Failure {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => Failure::Store(StoreError::Overloaded {
                place: self.place.name(),
            }),
            PoolError::Timeout(_) => self.place.silent().into(),
            other => Failure::Store(self.place.unusable(other.to_string(), "report the message")),
        }
    }
}

//! What this process has seen of the ledger: whatever happens to the database, the ledger begins so. An older backup that is
//! restored under a relay, or a standby that lacks the last records and takes over, would otherwise be gone on with, and what
//! is missing would be lost without a word.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stagedoor_ledger::{Frontier, Hash};
use tokio_postgres::{Client, Statement};

use super::{
    fault::Failure,
    gather::{Head, node_hashes},
};
use crate::store::StoreError;

/// The ledger's end when this process last saw it, for all who work with the database.
#[derive(Clone, Default)]
pub(super) struct Reached(Arc<Mutex<Option<Head>>>);

impl Reached {
    pub(super) fn head(&self) -> Option<Head> {
        self.lock().clone()
    }

    /// Takes note of a later end. Only the writer does, which sees one end after the other.
    pub(super) fn set(&self, head: Head) {
        *self.lock() = Some(head);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether these hashes of the ledger's nodes are those of what was seen of it.
pub(super) fn compare(seen: &Frontier, found: Vec<Hash>) -> Result<(), StoreError> {
    match Frontier::from_hashes(seen.size(), found) {
        Ok(found) if found.root() == seen.root() => Ok(()),
        _ => Err(StoreError::Severed),
    }
}

/// Whether the database still has what was seen of it, by [`Statements::select_nodes`](super::statements::Statements).
pub(super) async fn check(client: &Client, select: &Statement, seen: &Frontier) -> Result<(), Failure> {
    let nodes = Frontier::nodes_needed(seen.size());
    match node_hashes(client, select, &nodes).await {
        Ok(hashes) => Ok(compare(seen, hashes)?),
        // One of the hashes is not there.
        Err(Failure::Store(_)) => Err(StoreError::Severed.into()),
        Err(failure) => Err(failure),
    }
}

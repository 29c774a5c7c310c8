//! The ledger as the store keeps it: pages of rows, tree nodes, checkpoints, and the erasure of personal data.

use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;

/// A signed tree head that the store keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// How many records the tree had.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// Personal data to be erased. The erasure is recorded, with who ordered it and why.
#[derive(Clone)]
pub struct ErasureOrder {
    /// Whose, or how old.
    pub scope: ErasureScope,
    /// Who orders it, in the operator's own words.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What an erasure covers.
#[derive(Clone)]
pub enum ErasureScope {
    /// The customer's part of each record about this address.
    Customer(CustomerEmail),
    /// All personal parts of records older than this.
    Before(Timestamp),
}

/// What one step of an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Records that lost personal data in this step.
    pub records: u64,
    /// Whether another step is needed.
    pub more: bool,
}

/// How thoroughly erased bytes are gone from the store's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scrubbed {
    /// Nothing of them is left in the store's own files.
    Gone,
    /// Something still needs doing, and what.
    Later(&'static str),
}

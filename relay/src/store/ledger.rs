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

/// What an erasure covers. A login without outcome is left as it is: its claim keeps others from its customer, and what goes
/// of it goes as a whole, once it has ended.
#[derive(Clone)]
pub enum ErasureScope {
    /// The customer's part of each record about this address, and requests for approval of them.
    Customer(CustomerEmail),
    /// All personal parts of records older than this.
    Before {
        /// The time.
        time: Timestamp,
        /// Only records of lower sequences are looked at. Clocks go wrong, so old records may stand behind younger ones: whoever
        /// orders reads all of them to find the last, without holding up those who write.
        end: u64,
    },
}

/// What one step of an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Records that lost personal data in this step.
    pub records: u64,
    /// Requests for approval of the customer that were deleted, whatever had become of them.
    pub requests: u64,
    /// Logins that have no outcome yet, and were left as they are.
    pub left: u64,
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

/// What the look-up tables say of a login, as it stands there: whoever can write the store can have changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The login's id.
    pub request_id: String,
    /// Sequence of its intent.
    pub intent: u64,
    /// Number of the staff member; none after an erasure.
    pub staff_id: Option<i64>,
    /// The address that the table of staff has for that number, in lower case.
    pub staff_folded: Option<String>,
    /// The platform.
    pub platform: String,
    /// The customer's address in lower case; none after an erasure.
    pub customer_folded: Option<String>,
    /// When it was asked for, in milliseconds since 1970; any number, as it stands there.
    pub requested_at: i64,
    /// Sequence of its outcome.
    pub outcome_seq: Option<u64>,
    /// The outcome's name.
    pub outcome: Option<String>,
    /// The outcome's cause.
    pub cause: Option<String>,
}

/// What the look-up tables say of a report, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Of which login.
    pub request_id: String,
    /// What was reported.
    pub outcome: String,
    /// Sequence of its record.
    pub sequence: u64,
}

/// Rows of the look-up tables for records that the ledger does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayRows {
    /// The first ones.
    pub first: Vec<StrayRow>,
    /// How many there are.
    pub count: u64,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayRow {
    /// The login's id.
    pub request_id: String,
    /// The record that it names; any number, as it stands there.
    pub sequence: i64,
}

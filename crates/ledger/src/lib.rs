//! The audit ledger as a data structure: canonical records, openings that can be erased, the Merkle tree over the
//! records, signed checkpoints, proofs, and verification. Nothing here does I/O, reads a clock, or makes randomness:
//! rows, times, salts and seeds come in as arguments.
//!
//! A record is one RFC 8785 JSON object whose bytes are a leaf of an RFC 6962 Merkle tree. Personal data is not in it:
//! the record commits to a salted hash, and the salt with the value, the *opening*, is stored beside it. To erase is
//! to forget the opening; record, tree and signatures stay as they are.

mod base64;
pub mod checkpoint;
mod entry;
mod hash;
mod jcs;
mod key;
pub mod line;
mod opening;
mod part;
pub mod proof;
pub mod proof_file;
mod record;
mod row;
mod sequences;
mod time;
mod tree;
pub mod verify;
mod wire;

pub use entry::{
    Approval, Entry, Erasure, ErasureScope, Intent, Method, MintOutcome, Outcome, Parts, Report,
    ReportOutcome,
};
pub use hash::Hash;
pub use opening::{Commitment, Opening, OpeningError};
pub use part::{ApproverPart, CustomerPart, Named, OperatorPart, Part, PartError, ReportPart, StaffPart};
pub use record::{MAX_RECORD_BYTES, Record, RecordError};
pub use row::Row;
pub use sequences::{MAX_SEQUENCES_CHARS, SequenceSet};
pub use tree::{Frontier, FrontierError, Node};

/// The place of a record in the ledger; the first is 0.
pub type Sequence = u64;

/// A time in UTC. The ledger keeps whole milliseconds and the years 0 to 9999.
pub type Timestamp = jiff::Timestamp;

/// The largest integer that JSON carries exactly everywhere (RFC 8785 section 3.2.2.3, RFC 7493 section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

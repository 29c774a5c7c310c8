//! A record with what is stored beside it.

use std::fmt;

use crate::Sequence;

/// A row as a store gives it, not yet believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The place that the store gives it.
    pub sequence: Sequence,
    /// The record's bytes.
    pub record: Vec<u8>,
    /// The leaf hash and the roots of the complete subtrees that end here. Empty when not known, as in an export.
    pub hashes: Vec<u8>,
    /// The opening of the customer's part; absent when there never was one, or when it was erased.
    pub customer: Option<Vec<u8>>,
    /// The opening of the staff member's part; absent likewise.
    pub staff: Option<Vec<u8>>,
}

/// Shows no content: the openings are personal.
impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Row")
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

//! What verification says at the end.

use crate::Hash;

use super::finding::{ClockStep, Finding};

/// The result of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The first faults, in the order of the records.
    pub findings: Vec<Finding>,
    /// How many faults there are.
    pub found: u64,
    /// The first records whose time is before that of an earlier one by more than clocks differ. They are no faults.
    pub clock_steps: Vec<ClockStep>,
    /// How many of those there are.
    pub stepped: u64,
    /// How many records were read.
    pub records: u64,
    /// How many records the ledger has, counting those before the part that was read.
    pub size: u64,
    /// The hash over all of them; absent when records are missing or out of place.
    pub root: Option<Hash>,
    /// How many checkpoints agreed with the records.
    pub confirmed: u64,
    /// The size of the largest of them: records after it are held by no signature.
    pub confirmed_size: Option<u64>,
    /// How many checkpoints could not be compared: they are of sizes before the part that was read, or records are
    /// missing.
    pub uncompared: u64,
    /// How many intents have no outcome: logins under way, or a relay that was killed and has not started again.
    pub open_intents: u64,
    /// How many records refer to records before the part that was read.
    pub outside: u64,
    /// How many openings are missing without an erasure record so far. Zero after
    /// [`Verifier::finish`](super::Verifier::finish), which makes findings of them.
    pub unsettled: u64,
}

impl Summary {
    /// Whether nothing was found. What is not covered by [`Self::confirmed_size`] is still held by no signature.
    pub fn is_sound(&self) -> bool {
        self.found == 0
    }
}

//! What can be said of one row alone: form, commitments, leaf. No state, so many threads can do it.

use crate::opening::Commitment;
use crate::part;
use crate::{Entry, Hash, Opening, Parts, Record, Row, Sequence, SequenceSet, Timestamp};

use super::finding::{Fault, PartName};

/// A row that was examined, for [`Verifier::accept`](super::Verifier::accept).
#[derive(Debug)]
pub struct Examined {
    pub(super) sequence: Sequence,
    pub(super) leaf: Hash,
    /// Whether the row has hashes.
    pub(super) hashed: bool,
    /// What the row stores of the tree above its leaf; absent when the row has no hashes, or wrong ones.
    pub(super) upper: Option<Box<[u8]>>,
    pub(super) faults: Vec<Fault>,
    /// Absent when the record cannot be read.
    pub(super) facts: Option<Facts>,
}

/// What of a record matters to others.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) time: Timestamp,
    pub(super) customer: Held,
    pub(super) staff: Held,
    pub(super) says: Says,
}

/// Whether an opening is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// The record commits to none.
    None,
    /// It is there.
    There,
    /// It is missing.
    Missing,
}

/// What a record says of others.
#[derive(Debug)]
pub(super) enum Says {
    /// An intent.
    Intent {
        /// The request id.
        login: Box<str>,
        /// The intent that it overrides.
        overrides: Option<Sequence>,
    },
    /// An outcome.
    Outcome {
        /// Of this intent.
        intent: Sequence,
        /// The request id.
        login: Box<str>,
    },
    /// A report.
    Report {
        /// Of this intent.
        intent: Sequence,
        /// The request id.
        login: Box<str>,
    },
    /// An erasure.
    Erasure {
        /// Of these records.
        sequences: SequenceSet,
        /// Whether of the staff part too.
        staff_too: bool,
    },
}

/// Looks at one row.
pub fn examine(row: &Row) -> Examined {
    examine_and(row, |_| {})
}

/// Looks at one row, and shows its record, if it can be read, to somebody who needs it too: decoding it twice costs time.
pub fn examine_and(row: &Row, see: impl FnOnce(&Record)) -> Examined {
    let leaf = Hash::of_leaf(&row.record);
    let mut faults = Vec::new();
    let upper = stored(row, leaf, &mut faults);
    let facts = match Record::decode(&row.record) {
        Ok(record) => {
            see(&record);
            Some(facts(row, record, &mut faults))
        }
        Err(error) => {
            faults.push(Fault::Record(error));
            None
        }
    };
    Examined {
        sequence: row.sequence,
        leaf,
        hashed: !row.hashes.is_empty(),
        upper,
        faults,
        facts,
    }
}

/// Compares the leaf that the row stores; what is above it only the tree can compare.
fn stored(row: &Row, leaf: Hash, faults: &mut Vec<Fault>) -> Option<Box<[u8]>> {
    if row.hashes.is_empty() {
        return None;
    }
    let levels = row.sequence.trailing_ones() as usize;
    match row.hashes.split_first_chunk::<32>() {
        Some((stored, upper)) if *stored == leaf.0 && upper.len() == 32 * levels => Some(upper.into()),
        _ => {
            faults.push(Fault::Hashes);
            None
        }
    }
}

fn facts(row: &Row, record: Record, faults: &mut Vec<Fault>) -> Facts {
    if record.sequence != row.sequence {
        faults.push(Fault::Renumbered {
            says: record.sequence,
        });
    }
    let customer = held(PartName::Customer, row.customer.as_deref(), &record.entry, faults);
    let staff = held(PartName::Staff, row.staff.as_deref(), &record.entry, faults);
    let says = match record.entry {
        Entry::Intent(intent) => Says::Intent {
            login: intent.login.into(),
            overrides: intent.overrides,
        },
        Entry::Outcome(outcome) => Says::Outcome {
            intent: outcome.intent,
            login: outcome.login.into(),
        },
        Entry::Report(report) => Says::Report {
            intent: report.intent,
            login: report.login.into(),
        },
        Entry::Erasure(erasure) => Says::Erasure {
            sequences: erasure.sequences,
            staff_too: erasure.parts == Parts::CustomerAndStaff,
        },
    };
    Facts {
        time: record.time,
        customer,
        staff,
        says,
    }
}

fn held(name: PartName, opening: Option<&[u8]>, entry: &Entry, faults: &mut Vec<Fault>) -> Held {
    let commitment = match name {
        PartName::Customer => entry.customer(),
        PartName::Staff => entry.staff(),
    };
    match (commitment, opening) {
        (None, None) => Held::None,
        (None, Some(_)) => {
            faults.push(Fault::Unasked(name));
            Held::None
        }
        (Some(_), None) => Held::Missing,
        (Some(commitment), Some(bytes)) => {
            if let Err(fault) = opens(name, commitment, bytes, entry) {
                faults.push(fault);
            }
            Held::There
        }
    }
}

fn opens(name: PartName, commitment: Commitment, bytes: &[u8], entry: &Entry) -> Result<(), Fault> {
    if Commitment::of(bytes) != commitment {
        return Err(Fault::Unfit(name));
    }
    let value = Opening::value_of(bytes).map_err(|error| Fault::Opening(name, error))?;
    match name {
        PartName::Customer => part::check_customer(entry, value),
        PartName::Staff => part::check_staff(entry, value),
    }
    .map_err(|error| Fault::Part(name, error))
}

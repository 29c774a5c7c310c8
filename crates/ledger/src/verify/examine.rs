//! What can be said of one row alone: form, commitments, leaf. No state, so many threads can do it.

use crate::opening::Commitment;
use crate::part::{self, Named, PartError};
use crate::{Entry, Hash, MintOutcome, Opening, Parts, Record, Row, Sequence, SequenceSet, Timestamp};

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
        /// The id of the approval that it used.
        approval: Option<Box<str>>,
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
        /// Whether somebody got a token.
        token: bool,
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
    examine_and(row, |_, _| {})
}

/// Looks at one row, and shows its record, if it can be read, to somebody who needs it too, with whom its parts name:
/// decoding it twice costs time.
pub fn examine_and(row: &Row, see: impl FnOnce(&Record, Named<'_>)) -> Examined {
    let leaf = Hash::of_leaf(&row.record);
    let mut faults = Vec::new();
    let upper = stored(row, leaf, &mut faults);
    let facts = match Record::decode(&row.record) {
        Ok(record) => {
            let (customer, staff, named) = parts(row, &record.entry, &mut faults);
            see(&record, named);
            Some(facts(row, record, customer, staff, &mut faults))
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

fn facts(row: &Row, record: Record, customer: Held, staff: Held, faults: &mut Vec<Fault>) -> Facts {
    if record.sequence != row.sequence {
        faults.push(Fault::Renumbered {
            says: record.sequence,
        });
    }
    let says = match record.entry {
        Entry::Intent(intent) => Says::Intent {
            approval: intent.approval.map(|approval| approval.id.into()),
            login: intent.login.into(),
            overrides: intent.overrides,
        },
        Entry::Outcome(outcome) => Says::Outcome {
            token: outcome.outcome == MintOutcome::Minted && outcome.cause.is_none(),
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

fn parts<'a>(row: &'a Row, entry: &Entry, faults: &mut Vec<Fault>) -> (Held, Held, Named<'a>) {
    let opening = (entry.customer(), row.customer.as_deref());
    let check = |value| part::check_customer(entry, value);
    let (customer_held, customer) = held(PartName::Customer, opening, faults, check);
    let opening = (entry.staff(), row.staff.as_deref());
    let check = |value| part::check_staff(entry, value);
    let (staff_held, staff) = held(PartName::Staff, opening, faults, check);
    (customer_held, staff_held, Named { customer, staff })
}

fn held<'a, T>(
    name: PartName,
    opening: (Option<Commitment>, Option<&'a [u8]>),
    faults: &mut Vec<Fault>,
    check: impl FnOnce(&'a [u8]) -> Result<Option<T>, PartError>,
) -> (Held, Option<T>) {
    match opening {
        (None, None) => (Held::None, None),
        (None, Some(_)) => {
            faults.push(Fault::Unasked(name));
            (Held::None, None)
        }
        (Some(_), None) => (Held::Missing, None),
        (Some(commitment), Some(bytes)) => {
            let named = opens(name, commitment, bytes, check);
            (
                Held::There,
                named.unwrap_or_else(|fault| {
                    faults.push(fault);
                    None
                }),
            )
        }
    }
}

fn opens<'a, T>(
    name: PartName,
    commitment: Commitment,
    bytes: &'a [u8],
    check: impl FnOnce(&'a [u8]) -> Result<Option<T>, PartError>,
) -> Result<Option<T>, Fault> {
    if Commitment::of(bytes) != commitment {
        return Err(Fault::Unfit(name));
    }
    let value = Opening::value_of(bytes).map_err(|error| Fault::Opening(name, error))?;
    check(value).map_err(|error| Fault::Part(name, error))
}

//! Verification of a ledger, row by row: that the records are what they were when the checkpoints were signed, that
//! they make sense together, and that personal data is there or rightly gone.
//!
//! The work is in two halves. [`examine`] looks at one row alone and can run on many threads; [`Verifier::accept`]
//! takes what it found in the ledger's order. [`Verifier::check`] does both for one row, and [`Verifier::check_all`]
//! for many. All faults are collected, not only the first.
//!
//! Memory: six bits a record, 24 bytes a login, the intents that are still open, and a fixed window of recent intents with their login
//! ids. So a report that comes more than 65,536 records after its intent is checked to refer to an intent, but not
//! that its login is the same; everything that comes earlier is checked fully.
//!
//! # A part of a ledger
//!
//! [`Verifier::new`] may begin anywhere: with the [`Frontier`] of the records before. Then all that is said of the
//! records from there on is proved if a checkpoint at or after them agrees, and that the records before are those of
//! the frontier if a checkpoint of exactly its size agrees. Nothing is proved of the records before themselves: not
//! their form, their openings, nor that intents exist which later records refer to; such references are counted in
//! [`Summary::outside`]. A frontier that no checkpoint agrees with proves nothing.

mod bits;
mod check;
mod examine;
mod finding;
mod intents;
mod logins;
mod openings;
mod summary;

use std::collections::BTreeMap;

use crate::checkpoint::{Checkpoint, SignedCheckpoint, VerifyingKey};
use crate::line::LineError;
use crate::{Frontier, Hash, Sequence, Timestamp};

pub use examine::{Examined, examine, examine_and};
use examine::{Facts, Says};
pub use finding::{ClockStep, Fault, Finding, PartName};
use intents::{Intents, Known};
use logins::Logins;
use openings::Openings;
pub use summary::Summary;

/// How many findings are kept, and how many notes; more are counted.
pub const MAX_FINDINGS: usize = 100;
/// How far a record's time may be before an earlier one's, in milliseconds, until that is told: clocks of several hosts differ.
pub const CLOCK_STEP_MILLISECONDS: i64 = 5 * 60 * 1000;
/// How many records can be missing, all gaps together, before a number counts as damaged: bits are kept for them.
const MAX_SKIPPED: u64 = 1 << 24;

/// Verifies rows in order.
#[derive(Debug, Clone)]
pub struct Verifier {
    from: Sequence,
    /// The sequence that must come next.
    next: Sequence,
    /// How many records are missing in gaps so far.
    skipped: u64,
    /// Absent once a record is missing or out of place: then no root can be computed any more.
    tree: Option<Frontier>,
    /// Whether rows have hashes; the first tells.
    hashed: Option<bool>,
    /// The highest time so far.
    latest: Option<Timestamp>,
    intents: Intents,
    logins: Logins,
    /// Of approvals the same holds as of logins: one intent has each.
    approvals: Logins,
    customer: Openings,
    staff: Openings,
    /// What checkpoints say of sizes that are still to come, and how many say it.
    roots: BTreeMap<u64, Vec<(Hash, Timestamp, u64)>>,
    summary: Summary,
}

impl Verifier {
    /// Begins after the records of this frontier: [`Frontier::empty`] for a whole ledger.
    pub fn new(frontier: Frontier) -> Self {
        let from = frontier.size();
        Self {
            from,
            next: from,
            skipped: 0,
            tree: Some(frontier),
            hashed: None,
            latest: None,
            intents: Intents::new(from),
            logins: Logins::default(),
            approvals: Logins::default(),
            customer: Openings::default(),
            staff: Openings::default(),
            roots: BTreeMap::new(),
            summary: Summary::default(),
        }
    }

    /// Holds the ledger to a checkpoint that was verified. All are to be named before the records that they cover.
    pub fn expect(&mut self, checkpoint: &Checkpoint) {
        if checkpoint.size < self.next {
            self.summary.uncompared += 1;
            return;
        }
        let roots = self.roots.entry(checkpoint.size).or_default();
        // A quiet ledger signs the same root again and again.
        match roots.iter_mut().find(|(root, _, _)| *root == checkpoint.root) {
            Some((_, _, times)) => *times += 1,
            None => roots.push((checkpoint.root, checkpoint.time, 1)),
        }
        self.compare_roots();
    }

    /// Verifies a checkpoint's signature, and holds the ledger to it. One that cannot be believed is a fault.
    pub fn expect_signed(&mut self, text: &str, keys: &[VerifyingKey]) {
        match SignedCheckpoint::parse(text).and_then(|signed| signed.verify_any(keys)) {
            Ok(checkpoint) => self.expect(&checkpoint),
            Err(error) => self.find(None, Fault::Checkpoint(error)),
        }
    }

    /// Takes an examined row, which must be the next.
    pub fn accept(&mut self, examined: Examined) {
        let Examined {
            sequence,
            leaf,
            hashed,
            upper,
            faults,
            facts,
        } = examined;
        self.summary.records += 1;
        for fault in faults {
            self.find(Some(sequence), fault);
        }
        // All rows have hashes or none has: an emptied column is not one that nobody knew.
        if *self.hashed.get_or_insert(hashed) != hashed {
            self.find(Some(sequence), Fault::Hashes);
        }
        let placed = self.place(sequence);
        self.grow(sequence, leaf, upper.as_deref());
        if let Some(facts) = facts.filter(|_| placed) {
            self.relate(sequence, facts);
        }
        self.compare_roots();
    }

    /// Takes note of a line of an export that is not a row, by its number in the file. Without its record, no root
    /// can be computed any more.
    pub fn unreadable_line(&mut self, number: u64, error: LineError) {
        self.find(None, Fault::Line { number, error });
        self.tree = None;
    }

    /// How many records the tree has by now.
    pub fn size(&self) -> u64 {
        self.next
    }

    /// Ends the verification of a ledger whose last records were read.
    pub fn finish(mut self) -> Summary {
        let missing = [
            (PartName::Customer, &self.customer),
            (PartName::Staff, &self.staff),
        ]
        .map(|(part, openings)| {
            (
                part,
                openings.missing.count(),
                openings.missing.first(MAX_FINDINGS),
            )
        });
        for (part, count, first) in missing {
            self.summary.found += count - first.len() as u64;
            for place in first {
                self.find(Some(self.from + place), Fault::Missing(part));
            }
        }
        self.customer.missing = bits::Bits::default();
        self.staff.missing = bits::Bits::default();
        self.finish_part()
    }

    /// Ends the verification of a part of a ledger after which more records come. Openings that are missing may be
    /// accounted for by an erasure record among those, and are only counted.
    pub fn finish_part(mut self) -> Summary {
        for (size, roots) in std::mem::take(&mut self.roots) {
            for (_, time, times) in roots {
                // A checkpoint of a size that was passed is one that no root could be computed for.
                if size <= self.next {
                    self.summary.uncompared += times;
                } else {
                    let records = self.next;
                    self.find(None, Fault::Truncated { size, time, records });
                }
            }
        }
        for (sequence, intent) in std::mem::take(&mut self.logins).repeated() {
            self.find(Some(sequence), Fault::RepeatedLogin { intent });
        }
        for (sequence, intent) in std::mem::take(&mut self.approvals).repeated() {
            self.find(Some(sequence), Fault::RepeatedApproval { intent });
        }
        let mut summary = self.summary;
        summary.size = self.next;
        summary.root = self.tree.map(|tree| tree.root());
        summary.open_intents = self.intents.open();
        summary.unsettled = self.customer.missing.count() + self.staff.missing.count();
        summary
            .findings
            .sort_by_key(|finding| finding.sequence.unwrap_or(Sequence::MAX));
        summary
    }

    /// Whether the row is where it should be, or at least where the ones after it can be compared.
    fn place(&mut self, sequence: Sequence) -> bool {
        let expected = self.next;
        if sequence == expected {
            self.next += 1;
            return true;
        }
        self.tree = None;
        if sequence < expected {
            self.find(Some(sequence), Fault::OutOfOrder { expected });
            return false;
        }
        self.find(Some(sequence), Fault::Gap { expected });
        let skipped = self.skipped.saturating_add(sequence - expected);
        if skipped > MAX_SKIPPED {
            // More likely this one number is damaged than so many records are gone.
            self.next += 1;
            return false;
        }
        self.skipped = skipped;
        self.next = sequence + 1;
        true
    }

    /// Appends to the tree, and compares what the row stores of it.
    fn grow(&mut self, sequence: Sequence, leaf: Hash, upper: Option<&[u8]>) {
        let Some(tree) = &mut self.tree else { return };
        let mut same = true;
        let mut stored = upper.map(|upper| upper.chunks_exact(32));
        tree.append_with(leaf, |hash| {
            if let Some(stored) = &mut stored {
                same &= stored.next() == Some(&hash.0[..]);
            }
        });
        if !same {
            self.find(Some(sequence), Fault::Hashes);
        }
    }

    /// Compares the root with what checkpoints say of the size that is reached.
    fn compare_roots(&mut self) {
        // Cheap for every record: most sizes have no checkpoint.
        if self
            .roots
            .first_key_value()
            .is_none_or(|(&size, _)| size > self.next)
        {
            return;
        }
        let Some(tree) = &self.tree else { return };
        let root = tree.root();
        for (expected, time, times) in self.roots.remove(&self.next).unwrap_or_default() {
            if expected == root {
                self.summary.confirmed += times;
                self.summary.confirmed_size = Some(self.next);
            } else {
                let size = self.next;
                self.find(None, Fault::Root { size, time });
            }
        }
    }

    /// What the record says against what earlier ones said.
    fn relate(&mut self, sequence: Sequence, facts: Facts) {
        self.tell_time(sequence, facts.time);
        let place = sequence - self.from;
        self.customer.note(place, facts.customer);
        self.staff.note(place, facts.staff);
        // Among records that are missing there may be the outcome.
        let whole = self.tree.is_some();
        match facts.says {
            Says::Intent {
                approval,
                login,
                overrides,
            } => {
                if let Some(intent) = overrides
                    && let Known::Open(_) = self.refer(sequence, intent, None)
                    && whole
                {
                    self.find(Some(sequence), Fault::OverridesOpen { intent });
                }
                self.logins.add(&login, sequence);
                if let Some(approval) = approval {
                    self.approvals.add(&approval, sequence);
                }
                self.intents.begin(sequence, login);
            }
            Says::Outcome { intent, login, token } => match self.intents.end(intent, &login, token) {
                Known::Closed(_) => self.find(Some(sequence), Fault::SecondOutcome { intent }),
                known => self.judge(sequence, intent, known),
            },
            Says::Report { intent, login } => {
                if self.refer(sequence, intent, Some(&login)).is_same()
                    && whole
                    && !self.intents.is_delivered(intent)
                {
                    self.find(Some(sequence), Fault::NoToken { intent });
                }
            }
            Says::Erasure { sequences, staff_too } => {
                if sequences.last() >= sequence {
                    let last = sequences.last();
                    self.find(Some(sequence), Fault::ErasesLater { last });
                }
                for range in sequences.ranges() {
                    self.erase(sequence, *range.start(), *range.end(), staff_too);
                }
            }
        }
    }

    fn tell_time(&mut self, sequence: Sequence, time: Timestamp) {
        let latest = self.latest.unwrap_or(time);
        let behind = latest.as_millisecond().saturating_sub(time.as_millisecond());
        if behind > CLOCK_STEP_MILLISECONDS {
            self.summary.stepped += 1;
            if self.summary.clock_steps.len() < MAX_FINDINGS {
                self.summary.clock_steps.push(ClockStep {
                    sequence,
                    milliseconds: behind,
                });
            }
            // From here on anew: one clock that was wrong once is one step.
            self.latest = Some(time);
        } else {
            self.latest = Some(latest.max(time));
        }
    }

    fn refer(&mut self, sequence: Sequence, intent: Sequence, login: Option<&str>) -> Known {
        let known = self.intents.look_up(intent, login);
        self.judge(sequence, intent, known);
        known
    }

    fn judge(&mut self, sequence: Sequence, intent: Sequence, known: Known) {
        match known {
            Known::Outside => self.summary.outside += 1,
            Known::Absent => self.find(Some(sequence), Fault::NoIntent { intent }),
            known if known.is_same() => {}
            _ => self.find(Some(sequence), Fault::OtherLogin { intent }),
        }
    }

    /// Settles the openings that an erasure names: they must be gone.
    fn erase(&mut self, sequence: Sequence, first: Sequence, last: Sequence, staff_too: bool) {
        let end = last.min(self.next.saturating_sub(1));
        if first < self.from {
            self.summary.outside += 1;
        }
        let (start, end) = (first.max(self.from), end);
        if start > end {
            return;
        }
        let places = start - self.from..=end - self.from;
        let parts = [
            (PartName::Customer, &mut self.customer),
            (PartName::Staff, &mut self.staff),
        ];
        let mut kept = Vec::new();
        for (part, openings) in parts.into_iter().take(if staff_too { 2 } else { 1 }) {
            openings.missing.clear(places.clone());
            let there = openings.there.clear(places.clone());
            if there > 0 {
                kept.push((part, there));
            }
        }
        for (part, count) in kept {
            self.find(Some(sequence), Fault::Kept { part, count });
        }
    }

    fn find(&mut self, sequence: Option<Sequence>, fault: Fault) {
        self.summary.found += 1;
        if self.summary.findings.len() < MAX_FINDINGS {
            self.summary.findings.push(Finding { sequence, fault });
        }
    }
}

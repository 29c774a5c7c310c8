//! How it stands with checkpoints, for health pages and metrics. A change for the worse and the way back are logged, what
//! lasts is not.

use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use stagedoor_ledger::checkpoint::Checkpoint;
use tracing::{error, info, warn};

/// What can fail by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Signing, and keeping what was signed in the store.
    Signing,
    /// Writing to `ledger.checkpoint_directory`.
    Directory,
    /// Posting to `ledger.checkpoint_url`.
    Receiver,
}

/// How it stands.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Since when the ledger is known not to contain what was signed.
    pub rewritten_since: Option<Timestamp>,
    /// How many checkpoints this process has signed.
    pub signed: u64,
    /// Size and time of the newest checkpoint, whichever relay signed it.
    pub newest: Option<(u64, Timestamp)>,
    /// Since when each part fails; empty when all is well.
    pub failing: Vec<(Part, Timestamp)>,
}

impl Facts {
    /// Since when anything keeps checkpoints from being signed, kept or shipped.
    pub fn failing_since(&self) -> Option<Timestamp> {
        let failing = self.failing.iter().map(|(_, since)| *since);
        failing.chain(self.rewritten_since).min()
    }

    /// What that is, in a few words.
    pub fn failing_parts(&self) -> String {
        let rewritten = self.rewritten_since.map(|_| "the ledger was rewritten");
        let parts = self.failing.iter().map(|(part, _)| match part {
            Part::Signing => "signing",
            Part::Directory => "writing to ledger.checkpoint_directory",
            Part::Receiver => "posting to ledger.checkpoint_url",
        });
        rewritten.into_iter().chain(parts).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Default)]
pub(super) struct Status(Mutex<Facts>);

impl Status {
    pub(super) fn facts(&self) -> Facts {
        self.lock().clone()
    }

    /// Whether nothing is known that keeps the next checkpoint from being signed.
    pub(super) fn lets_sign(&self) -> bool {
        let facts = self.lock();
        facts.rewritten_since.is_none() && !facts.failing.iter().any(|(part, _)| *part == Part::Signing)
    }

    /// A part did what it should.
    pub(super) fn well(&self, part: Part) {
        let mut facts = self.lock();
        let before = facts.failing.len();
        facts.failing.retain(|(failing, _)| *failing != part);
        if facts.failing.len() < before {
            info!(?part, "checkpoints: it works again");
        }
    }

    /// A part did not. The problem is logged unless it failed before.
    pub(super) fn failing(&self, part: Part, now: Timestamp, problem: &dyn Display) {
        let mut facts = self.lock();
        if !facts.failing.iter().any(|(failing, _)| *failing == part) {
            facts.failing.push((part, now));
            warn!(?part, %problem, "checkpoints: this fails, and is tried again");
        }
    }

    /// The ledger does not contain what was signed.
    pub(super) fn rewritten(&self, now: Timestamp, evidence: &dyn Display) {
        let mut facts = self.lock();
        if facts.rewritten_since.is_none() {
            facts.rewritten_since = Some(now);
            error!(
                %evidence,
                "the ledger was rewritten, or lost records: logins are refused and nothing is signed. Keep a copy of the \
                 store for the investigation; run `stagedoor ledger verify` with checkpoints from outside the store; then \
                 restore the newest backup that contains them, and restart the relay. If there is none, or the ledger is \
                 a new one, keep the old checkpoints elsewhere, empty the checkpoint directory, and go on with a new key: \
                 `stagedoor ledger keygen`, and the old verifying key in ledger.verifying_keys"
            );
        }
    }

    /// The ledger contains what was signed.
    pub(super) fn intact(&self) {
        if self.lock().rewritten_since.take().is_some() {
            warn!("the ledger contains again what was signed; logins are taken");
        }
    }

    pub(super) fn signed(&self) {
        self.lock().signed += 1;
    }

    pub(super) fn newest(&self, checkpoint: &Checkpoint) {
        self.lock().newest = Some((checkpoint.size, checkpoint.time));
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

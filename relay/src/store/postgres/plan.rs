//! What a batch is going to write: decided in memory, written as a few statements over arrays.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use stagedoor_ledger::{Entry, Frontier, Record};
use stagedoor_protocol::{ApprovalId, RequestId};

use super::{
    gather::Head,
    millis,
    outbox::MessageRows,
    work::{ClaimKey, Facts, Held, LimitKey, Login, NonceKey},
};
use crate::spelling::Spelling as _;
use crate::store::{
    Completion, Intent, StoreError, Subscribers, approvals::Stage, entries, entries::Openings,
    limits::LimitRow,
};

/// The plan of one transaction.
pub(super) struct Plan {
    /// This process.
    pub(super) relay: i64,
    pub(super) facts: Facts,
    frontier: Frontier,
    last_hashes: Vec<u8>,
    pub(super) records: Records,
    pub(super) openings: OpeningRows,
    pub(super) logins: LoginRows,
    pub(super) outcomes: OutcomeRows,
    pub(super) reports: ReportRows,
    /// Claims that are no longer as the store has them.
    changed_claims: HashSet<ClaimKey>,
    /// Nonces that were given back; one that is used in the same batch after all is no fresh one any more.
    given_back: HashSet<NonceKey>,
    /// Approvals that logins have used up.
    pub(super) used_approvals: Vec<String>,
    pub(super) erasure: Option<ErasedParts>,
    /// Limits that are no longer as the store has them.
    changed_limits: HashSet<LimitKey>,
    pub(super) messages: MessageRows,
    pub(super) subscribers: Arc<Subscribers>,
}

#[derive(Default)]
pub(super) struct Records {
    pub(super) sequences: Vec<i64>,
    pub(super) bodies: Vec<Vec<u8>>,
    pub(super) hashes: Vec<Vec<u8>>,
}

#[derive(Default)]
pub(super) struct OpeningRows {
    pub(super) sequences: Vec<i64>,
    pub(super) customers: Vec<Option<Vec<u8>>>,
    pub(super) staff: Vec<Option<Vec<u8>>>,
}

#[derive(Default)]
pub(super) struct LoginRows {
    pub(super) ids: Vec<String>,
    pub(super) intents: Vec<i64>,
    pub(super) staff: Vec<i64>,
    pub(super) platforms: Vec<String>,
    pub(super) customers: Vec<String>,
    pub(super) times: Vec<i64>,
}

#[derive(Default)]
pub(super) struct OutcomeRows {
    pub(super) ids: Vec<String>,
    pub(super) sequences: Vec<i64>,
    pub(super) outcomes: Vec<String>,
    pub(super) causes: Vec<Option<String>>,
}

#[derive(Default)]
pub(super) struct ReportRows {
    pub(super) ids: Vec<String>,
    pub(super) outcomes: Vec<String>,
    pub(super) sequences: Vec<i64>,
}

#[derive(Default)]
pub(super) struct ClaimRows {
    pub(super) customers: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) ids: Vec<String>,
    pub(super) staff: Vec<i64>,
    pub(super) since: Vec<i64>,
    pub(super) until: Vec<i64>,
}

#[derive(Default)]
pub(super) struct LimitRows {
    pub(super) scopes: Vec<&'static str>,
    pub(super) keys: Vec<String>,
    pub(super) since: Vec<i64>,
    pub(super) used: Vec<i64>,
    pub(super) told: Vec<Option<i64>>,
    pub(super) ends: Vec<i64>,
}

/// Openings that lose parts.
pub(super) struct ErasedParts {
    pub(super) sequences: Vec<i64>,
    pub(super) staff_too: bool,
}

impl Plan {
    pub(super) fn new(relay: i64, facts: Facts, head: Head, subscribers: Arc<Subscribers>) -> Self {
        Self {
            relay,
            facts,
            frontier: head.frontier,
            last_hashes: head.last_hashes,
            records: Records::default(),
            openings: OpeningRows::default(),
            logins: LoginRows::default(),
            outcomes: OutcomeRows::default(),
            reports: ReportRows::default(),
            changed_claims: HashSet::new(),
            given_back: HashSet::new(),
            used_approvals: Vec::new(),
            erasure: None,
            changed_limits: HashSet::new(),
            messages: MessageRows::default(),
            subscribers,
        }
    }

    /// Appends a record and gives its sequence.
    pub(super) fn append(&mut self, time: Timestamp, entry: Entry, openings: &Openings) -> u64 {
        let sequence = self.frontier.size();
        let body = Record {
            sequence,
            time,
            entry,
        }
        .encode();
        let hashes = self.frontier.append(Record::leaf_hash(&body));
        self.records.sequences.push(sequence.cast_signed());
        self.records.bodies.push(body);
        self.records
            .hashes
            .push(hashes.iter().flat_map(|hash| hash.0).collect());
        if !openings.is_empty() {
            self.openings.sequences.push(sequence.cast_signed());
            self.openings
                .customers
                .push(openings.customer.as_ref().map(|opening| opening.to_bytes()));
            self.openings
                .staff
                .push(openings.staff.as_ref().map(|opening| opening.to_bytes()));
        }
        sequence
    }

    /// Adds a login's row; its intent has been appended.
    pub(super) fn add_login(&mut self, intent: &Intent, sequence: u64) {
        let rows = &mut self.logins;
        rows.ids.push(intent.request_id.as_str().to_owned());
        rows.intents.push(sequence.cast_signed());
        rows.staff.push(intent.staff.id.0);
        rows.platforms.push(intent.platform.as_str().to_owned());
        rows.customers.push(intent.customer_email.spelling());
        rows.times.push(millis(intent.requested_at));
        let login = Login {
            intent: sequence,
            staff: Some(intent.staff.id.0),
            outcome: None,
            cause: None,
        };
        self.facts
            .logins
            .insert(intent.request_id.as_str().to_owned(), login);
    }

    /// Ends a login that is open.
    pub(super) fn end_login(
        &mut self,
        id: &RequestId,
        intent: u64,
        completion: &Completion,
    ) -> Result<(), StoreError> {
        let (outcome, cause) = (
            completion.outcome.as_str().to_owned(),
            completion.outcome.cause().map(str::to_owned),
        );
        let login = self
            .facts
            .logins
            .get_mut(id.as_str())
            .ok_or(StoreError::Inconsistent(
                "a login to complete is not among those looked up",
            ))?;
        login.outcome = Some(outcome.clone());
        login.cause.clone_from(&cause);
        let entry = entries::outcome(id, intent, completion);
        let sequence = self.append(completion.at, entry, &Openings::default());
        let rows = &mut self.outcomes;
        rows.ids.push(id.as_str().to_owned());
        rows.sequences.push(sequence.cast_signed());
        rows.outcomes.push(outcome);
        rows.causes.push(cause);
        Ok(())
    }

    /// Makes a login the holder of its customer.
    pub(super) fn claim(&mut self, key: ClaimKey, held: Held) {
        self.changed_claims.insert(key.clone());
        self.facts.set_claim(key, held);
    }

    /// Uses an approval up; whoever comes with it next in the same batch sees that.
    pub(super) fn use_approval(&mut self, id: &ApprovalId) {
        if let Some(approval) = self.facts.approvals.get_mut(id.as_str()) {
            approval.stage = Stage::Used;
        }
        self.used_approvals.push(id.as_str().to_owned());
    }

    /// Leaves a nonce to whoever comes with it next.
    pub(super) fn give_back(&mut self, nonce: NonceKey) {
        self.facts.fresh_nonces.insert(nonce.clone());
        self.given_back.insert(nonce);
    }

    /// Nonces that were claimed for nothing: their profiles and themselves.
    pub(super) fn unused_nonces(&self) -> (Vec<&str>, Vec<&str>) {
        let fresh = &self.facts.fresh_nonces;
        let unused = self.given_back.iter().filter(|nonce| fresh.contains(nonce));
        unused.map(|(key, nonce)| (key.as_str(), nonce.as_str())).unzip()
    }

    /// A token was made, or may have been: its login holds the customer until then.
    pub(super) fn hold(&mut self, id: &RequestId, until: Timestamp) {
        if let Some((key, held)) = self.facts.claim_of(id) {
            held.claim.until = until;
            held.open = false;
            self.changed_claims.insert(key);
        }
    }

    /// There is no token of this login any more.
    pub(super) fn release(&mut self, id: &RequestId) {
        if let Some((key, _)) = self.facts.claim_of(id) {
            self.facts.remove_claim(&key);
            self.changed_claims.insert(key);
        }
    }

    /// Claims to write, and claims to remove.
    pub(super) fn claim_changes(&self) -> (ClaimRows, ClaimRows) {
        let (mut kept, mut gone) = (ClaimRows::default(), ClaimRows::default());
        // In one order everywhere, so that two relays cannot wait for each other.
        let mut keys: Vec<_> = self.changed_claims.iter().collect();
        keys.sort();
        for key in keys {
            let held = self.facts.claim(key);
            let rows = if held.is_some() { &mut kept } else { &mut gone };
            rows.customers.push(key.0.clone());
            rows.scopes.push(key.1.clone());
            if let Some(Held { claim, .. }) = held {
                rows.ids.push(claim.request_id.as_str().to_owned());
                rows.staff.push(claim.staff.0);
                rows.since.push(millis(claim.since));
                rows.until.push(millis(claim.until));
            }
        }
        (kept, gone)
    }

    /// Keeps what a limit comes to.
    pub(super) fn set_limit(&mut self, key: LimitKey, row: LimitRow) {
        self.changed_limits.insert(key.clone());
        self.facts.limits.insert(key, row);
    }

    /// Limits to write.
    pub(super) fn limit_changes(&self) -> LimitRows {
        let mut rows = LimitRows::default();
        let mut keys: Vec<_> = self.changed_limits.iter().collect();
        keys.sort();
        for key in keys {
            if let Some(row) = self.facts.limits.get(key) {
                rows.scopes.push(key.0.as_str());
                rows.keys.push(key.1.clone());
                rows.since.push(row.since);
                rows.used.push(row.used);
                rows.told.push(row.told);
                rows.ends.push(row.ends);
            }
        }
        rows
    }

    /// The ledger's end once this has been committed.
    pub(super) fn into_head(mut self) -> Head {
        Head {
            frontier: self.frontier,
            last_hashes: self.records.hashes.pop().unwrap_or(self.last_hashes),
        }
    }
}

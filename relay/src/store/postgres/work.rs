//! What is written to the ledger, as work of a batch: first it says which facts it needs, then it decides on them what to
//! write. It must not look anything up by itself, so that a batch costs as few round trips as one login.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use stagedoor_protocol::RequestId;
use tokio::sync::oneshot;

use super::{erase::Erasable, plan::Plan};
use crate::store::{Claim, ErasureScope, Limit, Profile, StoreError, StoredApproval, limits::LimitRow};

/// A customer at a broker.
pub(super) type ClaimKey = (String, String);
/// A limit, and whose.
pub(super) type LimitKey = (Limit, String);
/// A profile and its nonce.
pub(super) type NonceKey = (String, String);

/// A write of some answer.
pub(super) trait Work: Send + 'static {
    type Answer: Send + 'static;

    /// Names the facts.
    fn needs(&self, needs: &mut Needs);
    /// Decides. After an error nothing of this work may be in the plan, so it checks before it adds.
    fn decide(&self, plan: &mut Plan) -> Result<Self::Answer, StoreError>;
}

/// Writes nothing, and does all else that a write does: it gets its turn, and finds the end of the tree.
pub(super) struct Turn;

impl Work for Turn {
    type Answer = ();

    fn needs(&self, _: &mut Needs) {}

    fn decide(&self, _: &mut Plan) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Facts that a batch needs.
#[derive(Default)]
pub(super) struct Needs {
    /// Nonces to claim, with the time when they may be forgotten.
    pub(super) nonces: HashMap<NonceKey, i64>,
    /// Profiles, by the ids of their keys.
    pub(super) profiles: HashSet<String>,
    /// Which of these are addresses of staff.
    pub(super) addresses: HashSet<String>,
    /// Logins by their id, with their reports and claims.
    pub(super) logins: HashSet<String>,
    /// Requests for approval, to be held.
    pub(super) approvals: HashSet<String>,
    /// Claims on customers.
    pub(super) claims: HashSet<ClaimKey>,
    /// What logins were counted in.
    pub(super) limits: HashSet<LimitKey>,
    /// Open intents whose relay is gone.
    pub(super) abandoned: bool,
    /// Parts to erase.
    pub(super) erasable: Option<ErasureScope>,
}

/// What the store knows, and what the batch has decided so far.
#[derive(Default)]
pub(super) struct Facts {
    /// Nonces that nobody has used; taken out by the first who does.
    pub(super) fresh_nonces: HashSet<NonceKey>,
    /// By the ids of their keys.
    pub(super) profiles: HashMap<String, Profile>,
    /// Addresses of staff among those that were asked for.
    pub(super) staff: HashSet<String>,
    pub(super) logins: HashMap<String, Login>,
    /// Requests for approval, by their ids.
    pub(super) approvals: HashMap<String, StoredApproval>,
    /// Login and kind of report.
    pub(super) reports: HashSet<(String, &'static str)>,
    claims: HashMap<ClaimKey, Held>,
    /// The customer of each login that has, or had, a claim: a login has one at most.
    claimed_by: HashMap<String, ClaimKey>,
    pub(super) limits: HashMap<LimitKey, LimitRow>,
    pub(super) abandoned: Vec<String>,
    pub(super) erasable: Erasable,
}

/// A login as far as a batch needs it.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) intent: u64,
    pub(super) staff: Option<i64>,
    pub(super) outcome: Option<String>,
    pub(super) cause: Option<String>,
}

/// A claim, with the sequence of its intent.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) claim: Claim,
    pub(super) intent: u64,
    /// Whether that has no outcome yet.
    pub(super) open: bool,
}

impl Facts {
    pub(super) fn login(&self, id: &RequestId) -> Option<&Login> {
        self.logins.get(id.as_str())
    }

    /// Makes a login the holder of a customer.
    pub(super) fn set_claim(&mut self, key: ClaimKey, held: Held) {
        self.claimed_by
            .insert(held.claim.request_id.as_str().to_owned(), key.clone());
        self.claims.insert(key, held);
    }

    pub(super) fn claim(&self, key: &ClaimKey) -> Option<&Held> {
        self.claims.get(key)
    }

    /// The customer that a login holds; nobody's, if another has taken its place.
    pub(super) fn claim_of(&mut self, id: &RequestId) -> Option<(ClaimKey, &mut Held)> {
        let key = self.claimed_by.get(id.as_str())?;
        let held = self.claims.get_mut(key)?;
        (held.claim.request_id == *id).then(|| (key.clone(), held))
    }

    pub(super) fn remove_claim(&mut self, key: &ClaimKey) {
        self.claims.remove(key);
    }

    /// Whoever holds the customer at that time. A login that has no outcome yet does at any time: clocks differ, and its
    /// request may still be on the way to the broker.
    pub(super) fn holder(&self, key: &ClaimKey, at: Timestamp) -> Option<&Held> {
        self.claims
            .get(key)
            .filter(|held| held.open || held.claim.until > at)
    }
}

/// Work that somebody waits for.
pub(super) trait Job: Send {
    fn needs(&self, needs: &mut Needs);
    /// Decides; the answer is kept.
    fn decide(&mut self, plan: &mut Plan);
    /// Hands out the answer, once it is known whether the batch stands.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The only implementation.
pub(super) struct Call<W: Work> {
    work: W,
    decided: Option<Result<W::Answer, StoreError>>,
    waiting: oneshot::Sender<Result<W::Answer, StoreError>>,
}

impl<W: Work> Call<W> {
    pub(super) fn new(work: W) -> (Self, oneshot::Receiver<Result<W::Answer, StoreError>>) {
        let (waiting, answer) = oneshot::channel();
        let call = Self {
            work,
            decided: None,
            waiting,
        };
        (call, answer)
    }
}

impl<W: Work> Job for Call<W> {
    fn needs(&self, needs: &mut Needs) {
        self.work.needs(needs);
    }

    fn decide(&mut self, plan: &mut Plan) {
        self.decided = Some(self.work.decide(plan));
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let undecided = StoreError::Inconsistent("a write was not looked at");
        let answer = match committed {
            Ok(()) => self.decided.unwrap_or(Err(undecided)),
            Err(error) => Err(error),
        };
        // Nobody waits any more: the write stands all the same.
        let _ = self.waiting.send(answer);
    }
}

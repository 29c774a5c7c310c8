//! Intents, outcomes and reports as work of a batch. The rules are those of every engine.

use jiff::Timestamp;
use stagedoor_protocol::{ErrorCode, OutcomeReport, RequestId};

use super::{
    millis,
    plan::Plan,
    work::{ClaimKey, Held, Needs, NonceKey, Work},
};
use crate::spelling::{Spelling as _, as_staff};
use crate::{
    events::{Decision, Event, end_of},
    store::{
        Claim, Completion, Intent, IntentAnswer, MintOutcome, Profile, StaffId, StoreError, entries,
        limits::{Judged, LimitRow, judge},
    },
};

impl Work for Intent {
    type Answer = IntentAnswer;

    fn needs(&self, needs: &mut Needs) {
        needs.nonces.insert(nonce(self), millis(self.nonce_expires_at));
        needs.profiles.insert(self.key_id.as_str().to_owned());
        needs.addresses.extend(as_staff(&self.customer_email));
        needs.logins.insert(self.request_id.as_str().to_owned());
        needs.claims.insert(customer(self));
        let limits = self.limits.uses.iter();
        needs
            .limits
            .extend(limits.map(|wanted| (wanted.limit, wanted.key.clone())));
        needs
            .approvals
            .extend(self.approval.iter().map(|named| named.id.as_str().to_owned()));
    }

    fn decide(&self, plan: &mut Plan) -> Result<IntentAnswer, StoreError> {
        if !plan.facts.fresh_nonces.remove(&nonce(self)) {
            return Ok(IntentAnswer::Replayed);
        }
        let profile = plan.facts.profiles.get(self.key_id.as_str());
        let profile = profile.filter(|profile| self.is_by(profile));
        let Some(method) = profile.map(Profile::method) else {
            plan.give_back(nonce(self));
            return Ok(IntentAnswer::ProfileChanged);
        };
        if plan.facts.login(&self.request_id).is_some() {
            return Ok(IntentAnswer::Repeated);
        }
        let mut addresses = as_staff(&self.customer_email).into_iter();
        if addresses.any(|address| plan.facts.staff.contains(&address)) {
            return Ok(IntentAnswer::CustomerIsStaff);
        }
        let named = self.approval.as_ref();
        let found = named.and_then(|named| plan.facts.approvals.get(named.id.as_str()));
        let approved = match self.approved(found) {
            Ok(approved) => approved,
            Err(fault) => return Ok(IntentAnswer::NotApproved(fault)),
        };
        let key = customer(self);
        let overridden = match plan.facts.holder(&key, self.requested_at) {
            Some(held) if !self.may_take_over(&held.claim) => {
                return Ok(IntentAnswer::Claimed(held.claim.clone()));
            }
            Some(held) if held.open => {
                let claim = held.claim.clone();
                plan.give_back(nonce(self));
                return Ok(IntentAnswer::UnderWay(claim));
            }
            Some(held) => (held.claim.staff != self.staff.id).then_some(held.intent),
            None => None,
        };
        let canary = self
            .canary
            .then(|| Event::canary(&self.asked(), Decision::Allowed, self.requested_at))
            .transpose()?;
        let (entry, openings) = entries::intent(self, method, overridden, approved.as_ref())?;
        // Last of all that can fail or refuse: what is counted has happened.
        if let Some(answer) = count_in_limits(self, plan)? {
            return Ok(answer);
        }
        let sequence = plan.append(self.requested_at, entry, &openings);
        plan.add_login(self, sequence);
        let claim = Claim {
            request_id: self.request_id.clone(),
            staff: self.staff.id,
            staff_name: self.staff.name.clone(),
            since: self.requested_at,
            until: self.claimed_until,
        };
        let held = Held {
            claim,
            intent: sequence,
            open: true,
        };
        plan.claim(key, held);
        if let Some(event) = canary {
            plan.messages.add(&plan.subscribers, &event);
        }
        if let Some(approved) = approved {
            plan.use_approval(&approved.id);
        }
        Ok(IntentAnswer::Recorded)
    }
}

/// Counts a login in all of its limits; or in none, and says what becomes of it.
fn count_in_limits(intent: &Intent, plan: &mut Plan) -> Result<Option<IntentAnswer>, StoreError> {
    let limits = &plan.facts.limits;
    let known = |limit, key: &str| limits.get(&(limit, key.to_owned())).copied();
    let judged = judge(&intent.limits, millis(intent.requested_at), |wanted| {
        known(wanted.limit, &wanted.key)
    });
    let keep = |plan: &mut Plan, row: Option<(usize, LimitRow)>| {
        if let Some((place, row)) = row
            && let Some(wanted) = intent.limits.uses.get(place)
        {
            plan.set_limit((wanted.limit, wanted.key.clone()), row);
        }
    };
    match judged {
        Judged::Admitted(rows) => {
            let rows = rows.into_iter().enumerate();
            rows.for_each(|row| keep(plan, Some(row)));
            Ok(None)
        }
        Judged::Busy(wait, corrected) => {
            plan.give_back(nonce(intent));
            keep(plan, corrected);
            Ok(Some(IntentAnswer::Busy(wait)))
        }
        Judged::Reached(reached, told) => {
            if reached.first {
                let event = Event::limit(&intent.asked(), &reached, intent.requested_at)?;
                plan.messages.add(&plan.subscribers, &event);
            }
            keep(plan, told);
            Ok(Some(IntentAnswer::Limited(reached)))
        }
    }
}

fn nonce(intent: &Intent) -> NonceKey {
    (
        intent.key_id.as_str().to_owned(),
        intent.nonce.as_str().to_owned(),
    )
}

fn customer(intent: &Intent) -> ClaimKey {
    (intent.customer_email.spelling(), intent.token_scope.clone())
}

/// The end of a mint.
pub(super) struct Ending {
    pub(super) id: RequestId,
    pub(super) completion: Completion,
}

impl Work for Ending {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.logins.insert(self.id.as_str().to_owned());
    }

    fn decide(&self, plan: &mut Plan) -> Result<(), StoreError> {
        let outcome = self.completion.outcome;
        let login = plan
            .facts
            .login(&self.id)
            .ok_or(StoreError::Inconsistent("a login to complete is not there"))?;
        match &login.outcome {
            // The answer to an earlier attempt was lost.
            Some(name) if name == outcome.as_str() && login.cause.as_deref() == outcome.cause() => Ok(()),
            Some(_) => Err(StoreError::Inconsistent(
                "a login to complete has ended otherwise already",
            )),
            None => {
                let (intent, staff) = (login.intent, login.staff);
                end(plan, &self.id, (intent, staff), &self.completion)
            }
        }
    }
}

fn end(
    plan: &mut Plan,
    id: &RequestId,
    (intent, staff): (u64, Option<i64>),
    completion: &Completion,
) -> Result<(), StoreError> {
    let outcome = completion.outcome;
    let wanted = plan.subscribers.want(end_of(outcome));
    let event = wanted.then(|| Event::ended(id, staff, outcome, completion.at));
    let event = event.transpose()?;
    plan.end_login(id, intent, completion)?;
    if let Some(event) = event {
        plan.messages.add(&plan.subscribers, &event);
    }
    match completion.outcome {
        MintOutcome::Minted(None) | MintOutcome::Unknown(_) => plan.hold(id, completion.claimed_until),
        // There is no token, or nobody has it.
        MintOutcome::Failed(_) | MintOutcome::Minted(Some(_)) => plan.release(id),
    }
    Ok(())
}

/// Closing what relays that are gone left open.
pub(super) struct Closing {
    pub(super) now: Timestamp,
}

impl Work for Closing {
    /// How many were closed; zero when none is left.
    type Answer = u64;

    fn needs(&self, needs: &mut Needs) {
        needs.abandoned = true;
    }

    fn decide(&self, plan: &mut Plan) -> Result<u64, StoreError> {
        let completion = Completion {
            outcome: MintOutcome::Unknown(ErrorCode::OutcomeUnknown),
            duration_ms: None,
            at: self.now,
            // Whatever was minted then has ended, or will before anybody could be told of it.
            claimed_until: self.now,
        };
        let ids = plan.facts.abandoned.iter().map(|id| parse_id(id));
        let abandoned = ids.collect::<Result<Vec<_>, _>>()?;
        let mut closed = 0;
        for id in abandoned {
            // Its relay may have ended it in this same batch, just before it went.
            if let Some(login) = plan.facts.login(&id)
                && login.outcome.is_none()
            {
                let login = (login.intent, login.staff);
                end(plan, &id, login, &completion)?;
                closed += 1;
            }
        }
        Ok(closed)
    }
}

/// What the extension says became of a token.
pub(super) struct Reported {
    pub(super) staff: StaffId,
    pub(super) id: RequestId,
    pub(super) report: OutcomeReport,
    pub(super) now: Timestamp,
}

impl Work for Reported {
    /// Whether that person got a token under that id.
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.logins.insert(self.id.as_str().to_owned());
    }

    fn decide(&self, plan: &mut Plan) -> Result<bool, StoreError> {
        let login = plan.facts.login(&self.id).filter(|login| {
            login.staff == Some(self.staff.0)
                && login.outcome.as_deref() == Some("minted")
                && login.cause.is_none()
        });
        let Some(login) = login else { return Ok(false) };
        let intent = login.intent;
        let kind = (
            self.id.as_str().to_owned(),
            entries::report_name(self.report.outcome),
        );
        // A report that is sent again changes nothing: the first one stands.
        if plan.facts.reports.contains(&kind) {
            return Ok(true);
        }
        let (entry, openings) = entries::report(&self.id, intent, &self.report)?;
        let sequence = plan.append(self.now, entry, &openings);
        plan.reports.ids.push(kind.0.clone());
        plan.reports.outcomes.push(kind.1.to_owned());
        plan.reports.sequences.push(sequence.cast_signed());
        plan.facts.reports.insert(kind);
        if entries::ends_the_claim(self.report.outcome) {
            plan.release(&self.id);
        }
        Ok(true)
    }
}

pub(super) fn parse_id(text: &str) -> Result<RequestId, StoreError> {
    RequestId::parse(text).map_err(|_| StoreError::Inconsistent("a login's id is not one"))
}

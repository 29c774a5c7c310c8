//! What the relay knows, as the ledger's entries and the openings that belong to them. Both engines append these.

use std::collections::BTreeSet;

use jiff::Timestamp;
use stagedoor_ledger::{
    Approval, ApproverPart, CustomerPart, Entry, Erasure, ErasureScope as Scope, Intent as IntentEntry,
    Method, MintOutcome as OutcomeWord, Opening, OperatorPart, Outcome as OutcomeEntry, Part, Parts, Record,
    Report as ReportEntry, ReportOutcome, ReportPart, SequenceSet, StaffPart,
};
use stagedoor_protocol::{Outcome, OutcomeReport, RequestId};

use super::{
    Completion, ErasureOrder, ErasureScope, Intent, MintOutcome, Role, StoreError, approvals::Approved,
};
use crate::{middleware::ClientAddress, random};

/// How many records lose personal parts in one transaction; more would hold up logins.
pub(super) const ERASED_AT_ONCE: u32 = 1000;

/// The personal parts that an entry commits to.
#[derive(Default)]
pub(super) struct Openings {
    pub(super) customer: Option<Opening>,
    pub(super) staff: Option<Opening>,
}

impl Openings {
    pub(super) fn is_empty(&self) -> bool {
        self.customer.is_none() && self.staff.is_none()
    }
}

/// A login about to be asked for, authenticated in this way; `overrides` is the sequence of the intent that it takes the
/// customer from.
pub(super) fn intent(
    intent: &Intent,
    method: Method,
    overrides: Option<u64>,
    approved: Option<&Approved>,
) -> Result<(Entry, Openings), StoreError> {
    let customer = open(&CustomerPart {
        email: intent.customer_email.as_str().to_owned(),
        reason: intent.reason.clone(),
        record_id: intent.page.as_ref().and_then(|page| page.record_id.clone()),
        ticket: intent.ticket.clone(),
    })?;
    let staff = open(&StaffPart {
        address: ClientAddress(intent.client_address).to_string(),
        email: intent.staff.email.as_str().to_owned(),
        id: intent.staff.id.0,
        key: intent.key_id.as_str().to_owned(),
        name: intent.staff.name.clone(),
        roles: role_names(&intent.roles),
        approver: approved.map(|approved| ApproverPart {
            email: approved.by.email.as_str().to_owned(),
            id: approved.by.id.0,
            key: approved.key_id.as_str().to_owned(),
            name: approved.by.name.clone(),
        }),
    })?;
    let entry = Entry::Intent(IntentEntry {
        approval: approved.map(|approved| Approval {
            id: approved.id.as_str().to_owned(),
            time: approved.at,
        }),
        customer: customer.commitment(),
        extension: intent.extension_version.clone(),
        grants: Some(intent.grants.clone()),
        login: intent.request_id.as_str().to_owned(),
        method,
        origin: intent.page.as_ref().map(|page| page.origin.clone()),
        overrides,
        platform: intent.platform.as_str().to_owned(),
        policy: intent.policy_version.clone(),
        staff: staff.commitment(),
        validity: intent.validity_seconds.into(),
    });
    let openings = Openings {
        customer: Some(customer),
        staff: Some(staff),
    };
    Ok((entry, openings))
}

/// With commas between them.
fn role_names(roles: &BTreeSet<Role>) -> Option<String> {
    let names: Vec<_> = roles.iter().map(Role::as_str).collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// The end of a mint.
pub(super) fn outcome(id: &RequestId, intent: u64, completion: &Completion) -> Entry {
    Entry::Outcome(OutcomeEntry {
        cause: completion.outcome.cause().map(str::to_owned),
        duration: completion.duration_ms,
        intent,
        login: id.as_str().to_owned(),
        outcome: match completion.outcome {
            MintOutcome::Minted(_) => OutcomeWord::Minted,
            MintOutcome::Failed(_) => OutcomeWord::Failed,
            MintOutcome::Unknown(_) => OutcomeWord::Unknown,
        },
    })
}

/// What the extension says became of a token.
pub(super) fn report(
    id: &RequestId,
    intent: u64,
    report: &OutcomeReport,
) -> Result<(Entry, Openings), StoreError> {
    let cause = report.cause.clone();
    let customer = cause.map(|cause| open(&ReportPart { cause })).transpose()?;
    let entry = Entry::Report(ReportEntry {
        customer: customer.as_ref().map(Opening::commitment),
        // A client's number: the ledger's integers end at 2^53.
        duration: report
            .duration_milliseconds
            .map(|duration| duration.min(stagedoor_ledger::MAX_INTEGER)),
        intent,
        login: id.as_str().to_owned(),
        outcome: report_word(report.outcome),
    });
    let openings = Openings {
        customer,
        staff: None,
    };
    Ok((entry, openings))
}

/// The stored name of a report.
pub(super) fn report_name(outcome: Outcome) -> &'static str {
    report_word(outcome).as_str()
}

fn report_word(outcome: Outcome) -> ReportOutcome {
    match outcome {
        Outcome::Opened => ReportOutcome::Opened,
        Outcome::Closed => ReportOutcome::Closed,
        Outcome::Failed => ReportOutcome::Failed,
    }
}

/// Whether a report means that a colleague has nothing to lose by a new token.
pub(super) fn ends_the_claim(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Closed | Outcome::Failed)
}

/// The records of an erasure of these sequences; several when one cannot name them all.
pub(super) fn erasures(
    order: &ErasureOrder,
    sequences: &[u64],
) -> Result<Vec<(Entry, Openings)>, StoreError> {
    let (parts, scope) = match order.scope {
        ErasureScope::Customer(_) => (Parts::Customer, Scope::Customer),
        ErasureScope::Before { time, .. } => (Parts::CustomerAndStaff, Scope::Age { before: time }),
    };
    let sets = SequenceSet::split(sequences.iter().map(|sequence| *sequence..=*sequence));
    let entry = |sequences| {
        let staff = open(&OperatorPart {
            operator: order.operator.clone(),
            reason: order.reason.clone(),
        })?;
        let entry = Entry::Erasure(Erasure {
            parts,
            scope,
            sequences,
            staff: staff.commitment(),
        });
        let openings = Openings {
            customer: None,
            staff: Some(staff),
        };
        Ok((entry, openings))
    };
    sets.into_iter().map(entry).collect()
}

fn open(part: &impl Part) -> Result<Opening, StoreError> {
    let salt = random::bytes().map_err(|_| {
        StoreError::Inconsistent("the operating system gave no random bytes to hide personal data with")
    })?;
    Ok(Opening::new(salt, part))
}

/// Whether a record is older than a time. A clock may have been wrong once, so each is asked for its own.
pub(crate) fn is_before(body: &[u8], time: Timestamp) -> Result<bool, StoreError> {
    let record = Record::decode(body).map_err(|_| {
        StoreError::Inconsistent("a record cannot be read; `stagedoor ledger verify` says more")
    })?;
    Ok(record.time < time)
}

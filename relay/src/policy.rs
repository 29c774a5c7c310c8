//! Who may be opened, where, and with what reason. Everything that is not allowed here is refused, at the time of the
//! mint.

mod approving;
mod decision;
mod offer;
mod preview;
mod refusal;
mod summary;
mod unheld;

use std::net::IpAddr;

use jiff::Timestamp;
use stagedoor_protocol::{ApprovalRequest, LoginRequest, Session};

pub(crate) use approving::allow_deciding;
pub(crate) use decision::{Decision, Finding, Question, State, Terms, Verdict, decide};
pub(crate) use offer::offer;
pub(crate) use preview::allow_preview;
pub(crate) use refusal::{APPROVAL, Refusal, disabled_staff, enrolled_staff, no_open_profile};
pub(crate) use summary::{doubts, summary};
pub(crate) use unheld::unheld;

use crate::{
    app::App,
    config::PlatformConfig,
    error::ApiError,
    store::{Intent, Profile},
};

/// As the ledger names what allows a login where the policy has no grants.
const EVERYBODY: &str = "*";

/// A login that is allowed.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    /// Where to.
    pub(crate) platform: &'a PlatformConfig,
    /// How long the token shall be good for.
    pub(crate) validity_seconds: u32,
    /// Whether a second person must approve.
    pub(crate) approval: bool,
    /// Which grants allow it, with commas between them, as the ledger names them.
    pub(crate) grants: String,
}

/// Allows a login, or says why not.
///
/// Whether the customer's address is a staff member's is decided by the store, together with the record of the login.
pub(crate) fn allow<'a>(
    app: &'a App,
    caller: &Profile,
    from: IpAddr,
    request: &LoginRequest,
) -> Result<Permit<'a>, ApiError> {
    let question = Question {
        staff: &caller.staff.email,
        roles: &caller.roles(&app.config.sign_in_terms()),
        platform: &request.platform,
        customer: &request.customer_email,
        reason: request.reason.as_deref(),
        ticket: request.ticket.as_deref(),
        from: Some(from),
        at: app.clock.now(),
    };
    answer(app, &question)?.approved(app, request.approval.is_some())
}

/// The same of a login that a second person is to approve.
pub(crate) fn allow_asking<'a>(
    app: &'a App,
    caller: &Profile,
    from: IpAddr,
    request: &ApprovalRequest,
) -> Result<Permit<'a>, ApiError> {
    let question = Question {
        staff: &caller.staff.email,
        roles: &caller.roles(&app.config.sign_in_terms()),
        platform: &request.platform,
        customer: &request.customer_email,
        reason: request.reason.as_deref(),
        ticket: request.ticket.as_deref(),
        from: Some(from),
        at: app.clock.now(),
    };
    answer(app, &question)
}

/// Decides anew on a login whose owner turned out to be described differently by now.
pub(crate) fn allow_again<'a>(app: &'a App, intent: &Intent) -> Result<Permit<'a>, ApiError> {
    let question = Question {
        staff: &intent.staff.email,
        roles: &intent.roles,
        platform: &intent.platform,
        customer: &intent.customer_email,
        reason: intent.reason.as_deref(),
        ticket: intent.ticket.as_deref(),
        from: Some(intent.client_address),
        at: app.clock.now(),
    };
    answer(app, &question)?.approved(app, intent.approval.is_some())
}

impl<'a> Permit<'a> {
    /// Refuses what a second person must approve, unless it names an approval. Whether that is one is decided by the store,
    /// together with the record of the login.
    fn approved(self, app: &'a App, named: bool) -> Result<Self, ApiError> {
        if self.approval && !named {
            return Err(refusal::approval_required(app.config.policy.approval.as_ref()));
        }
        Ok(self)
    }
}

fn answer<'a>(app: &'a App, question: &Question<'_>) -> Result<Permit<'a>, ApiError> {
    let decision = decide(&app.config, question);
    match decision.verdict {
        Verdict::Allowed(terms) => Ok(Permit {
            platform: decision.platform.ok_or(refusal::platform_unknown())?,
            validity_seconds: terms.validity_seconds,
            approval: terms.approval,
            grants: match app.config.policy.is_open_to_everybody() {
                true => EVERYBODY.to_owned(),
                false => decision.grants.join(","),
            },
        }),
        Verdict::Refused(refusal) => Err(refusal.into()),
        // Only the command line leaves things open. Whatever is open here is not allowed.
        Verdict::Undecided(refusal) => Err(refusal.into()),
    }
}

/// What a profile's owner is told: who they are, what they may open, and under which rules.
pub(crate) fn session(app: &App, profile: &Profile, from: IpAddr) -> Session {
    let staff = &profile.staff;
    let roles = profile.roles(&app.config.sign_in_terms());
    let (platforms, policy) = offer(&app.config, &roles, from, app.clock.now());
    Session {
        staff: staff.to_wire(),
        key_id: profile.key_id.clone(),
        platforms,
        policy,
        may_approve: may_approve(app, profile),
        relay_version: env!("CARGO_PKG_VERSION").to_owned(),
        signed_in_until: profile.signed_in.as_ref().map(|session| seconds(session.ends_at)),
    }
}

/// Whether the owner of a profile may approve logins of others with it.
pub(crate) fn may_approve(app: &App, profile: &Profile) -> bool {
    let approval = app.config.policy.approval.as_ref();
    let roles = profile.roles(&app.config.sign_in_terms());
    approval.is_some_and(|approval| approval.is_for(&roles))
}

/// Whole seconds since 1970.
pub(crate) fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! What a refusal says: the code, the rule, and what the person can do. Never whom the lists name.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::ZonedDateTime;
use stagedoor_protocol::ErrorCode;

use crate::{
    config::{Approval, Hours},
    error::ApiError,
    store::Role,
};

/// Why a login is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The code on the wire.
    pub(crate) code: ErrorCode,
    /// The rule's path in the configuration.
    pub(crate) rule: String,
    /// Cause and cure.
    pub(crate) detail: String,
}

impl Refusal {
    fn new(code: ErrorCode, rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code,
            rule: rule.into(),
            detail: detail.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = format!("{} (Rule: {})", refusal.detail, refusal.rule);
        Self::new(refusal.code).detail(detail).rule(refusal.rule)
    }
}

pub(super) fn platform_unknown() -> Refusal {
    Refusal::new(
        ErrorCode::PlatformUnknown,
        "platform",
        "The relay's configuration has no platform of this id. Open the extension again, which loads the list anew; if that \
         does not help, compare [[platform]] in the relay's configuration.",
    )
}

pub(super) fn own_address() -> Refusal {
    Refusal::new(
        ErrorCode::CustomerNotAllowed,
        "staff.own_address",
        "The address is your own, and nobody opens themselves as a customer. Pick the customer's address.",
    )
}

pub(super) fn no_domain() -> Refusal {
    Refusal::new(
        ErrorCode::CustomerEmailInvalid,
        "customer.domain",
        "What stands after the @ is no domain: it cannot be written in the form that the internet uses. Correct the address, \
         or take another one from the page.",
    )
}

pub(super) fn staff_domain() -> Refusal {
    Refusal::new(
        ErrorCode::CustomerNotAllowed,
        "staff.domains",
        "The address is under one of the firm's own domains, so it is never opened as a customer. Pick the customer's \
         address. If a customer really uses this domain, the administrator changes staff.domains.",
    )
}

/// For the store, which knows who is enrolled.
pub(crate) fn enrolled_staff() -> Refusal {
    Refusal::new(
        ErrorCode::CustomerNotAllowed,
        "staff.enrolled",
        "The address is a staff member's, so it is never opened as a customer. Pick the customer's address.",
    )
}

/// For the command line: a real login of theirs does not come as far as the policy.
pub(crate) fn disabled_staff() -> Refusal {
    Refusal::new(
        ErrorCode::StaffDisabled,
        "staff.disabled",
        "The administrator has disabled this staff member.",
    )
}

/// For the command line: a real login of theirs does not come as far as the policy.
pub(crate) fn no_open_profile() -> Refusal {
    Refusal::new(
        ErrorCode::ProfileUnknown,
        "staff.profile",
        "The staff member has no browser profile that could open anybody at that time. They must sign in, or be enrolled.",
    )
}

/// The rule that is named wherever approvals are the matter.
pub(crate) const APPROVAL: &str = "policy.approval";

pub(super) fn approval_required(approval: Option<&Approval>) -> ApiError {
    let names = approval.map(Approval::role_names).unwrap_or_default();
    let who = match names.as_slice() {
        [all] if all == "*" => "a colleague".to_owned(),
        [role] => format!("a colleague with the role {role}"),
        roles => format!("a colleague with one of the roles {}", roles.join(", ")),
    };
    let refusal = Refusal::new(
        ErrorCode::ApprovalRequired,
        APPROVAL,
        format!(
            "Nobody opens this customer alone: {who} must approve first. Ask for approval in the extension."
        ),
    );
    ApiError::from(refusal).approver_roles(names)
}

pub(super) fn no_grant(roles: &BTreeSet<Role>) -> Refusal {
    let names = roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ");
    let who = match roles.len() {
        0 => "You have no role, and only certain roles open customers here.".to_owned(),
        1 => format!("Your role ({names}) opens no customers here."),
        _ => format!("None of your roles ({names}) opens customers here."),
    };
    let cure = "Ask a colleague who may; or ask the administrator, who gives you a role that may (stagedoor staff roles).";
    Refusal::new(ErrorCode::NotPermitted, "policy.grant", format!("{who} {cure}"))
}

pub(super) fn denied() -> Refusal {
    Refusal::new(
        ErrorCode::CustomerNotAllowed,
        "policy.deny",
        "The policy lets nobody open this customer. If that is a mistake, ask the administrator.",
    )
}

pub(super) fn vip() -> Refusal {
    Refusal::new(
        ErrorCode::NotPermitted,
        "policy.vip",
        "This customer may be opened by few roles only, and yours are not among them. Hand over to a colleague who may, or \
         ask the administrator who that is.",
    )
}

pub(super) fn networks(grant: &str, from: Option<IpAddr>) -> Refusal {
    let only = "Your roles open customers here from certain networks only";
    let detail = match from.filter(|from| !from.is_unspecified()) {
        Some(from) => format!(
            "{only}, and this request comes from {from}. Connect to the firm's network, then try again."
        ),
        None => format!(
            "{only}, and the relay does not know where this request comes from. Ask the administrator, who finds in the \
             relay's log why its proxy does not say so."
        ),
    };
    Refusal::new(ErrorCode::NotPermitted, format!("{grant}.networks"), detail)
}

pub(super) fn hours(grant: &str, hours: &Hours, next: Option<&ZonedDateTime>) -> Refusal {
    let next = next_on(next);
    Refusal::new(
        ErrorCode::NotPermitted,
        format!("{grant}.hours"),
        format!(
            "Your roles open customers here on {hours}{next}. Try again then, or hand over to a colleague who may now."
        ),
    )
}

/// For somebody who approves, and is held to the same as whoever opens.
pub(super) fn approving_networks(grant: &str, from: IpAddr) -> Refusal {
    let from = match from.is_unspecified() {
        false => format!("this request comes from {from}. Connect to the firm's network, then decide"),
        true => "the relay does not know where this request comes from. Ask the administrator, who finds in the relay's log \
                 why its proxy does not say so"
            .to_owned(),
    };
    Refusal::new(
        ErrorCode::NotPermitted,
        format!("{grant}.networks"),
        format!(
            "Logins to this platform are approved from certain networks only, as they are opened, and {from}."
        ),
    )
}

/// The same of the time.
pub(super) fn approving_hours(grant: &str, hours: &Hours, next: Option<&ZonedDateTime>) -> Refusal {
    Refusal::new(
        ErrorCode::NotPermitted,
        format!("{grant}.hours"),
        format!(
            "Logins to this platform are approved on {hours}{}, as they are opened. Decide then, or leave it to a colleague \
             who may now.",
            next_on(next)
        ),
    )
}

fn next_on(next: Option<&ZonedDateTime>) -> String {
    next.map_or(String::new(), |next| {
        next.strftime(", next on %Y-%m-%d at %H:%M").to_string()
    })
}

pub(super) fn reason(rule: String, least: u32) -> Refusal {
    let plural = if least == 1 { "" } else { "s" };
    Refusal::new(
        ErrorCode::ReasonRequired,
        rule,
        format!(
            "The relay's policy wants a reason of at least {least} character{plural}. Say why the customer's platform must \
             be opened."
        ),
    )
}

pub(super) fn ticket_missing(grant: &str) -> Refusal {
    Refusal::new(
        ErrorCode::TicketRequired,
        format!("{grant}.ticket"),
        "The relay's policy wants a ticket. Write its number into the field for it.",
    )
}

pub(super) fn ticket_form(grant: &str) -> Refusal {
    Refusal::new(
        ErrorCode::TicketRequired,
        format!("{grant}.ticket_pattern"),
        "The ticket does not have the form that the relay's policy wants. Copy its number from the ticket system, alone.",
    )
}

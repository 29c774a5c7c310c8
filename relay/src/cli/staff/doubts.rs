//! What is no fault in making a person known, and yet hardly meant.

use crate::{
    config::{Config, Named},
    store::StaffMember,
};

/// Warnings about somebody who is known from now on. Nothing is told of a configuration with faults.
pub(super) fn doubts(config: Option<&Config>, person: &StaffMember, by_code: bool) -> Vec<String> {
    let Some(config) = config else {
        return Vec::new();
    };
    let outside = is_outside(config, person).then(|| {
        format!(
            "{0} is under none of staff.domains. They may use the relay all the same, and from now on nobody opens them as a \
             customer; if it was a slip: stagedoor staff disable {0}",
            person.email.as_str()
        )
    });
    let idle = is_idle(config, person, by_code).then(|| {
        format!(
            "they have no role that a [[policy.grant]] is for, so they can open nobody; give them one of {}: stagedoor staff \
             roles {} --add ROLE",
            roles_of_grants(config),
            person.email.as_str()
        )
    });
    outside.into_iter().chain(idle).collect()
}

fn is_outside(config: &Config, person: &StaffMember) -> bool {
    !config.staff.domains.is_empty() && !config.staff.owns(&person.email.domain())
}

/// Whether they can neither open nor approve. Signing in may bring further roles, but not to a profile that a code enrols.
fn is_idle(config: &Config, person: &StaffMember, by_code: bool) -> bool {
    if !by_code && !config.sign_in_terms().mapping.is_empty() {
        return false;
    }
    let grants = config.policy.grants.iter().map(|grant| &grant.roles);
    let approval = config.policy.approval.iter().map(|approval| &approval.roles);
    !grants.chain(approval).any(|roles| roles.has_any(&person.roles))
}

fn roles_of_grants(config: &Config) -> String {
    let named = config
        .policy
        .grants
        .iter()
        .filter_map(|grant| match &grant.roles {
            Named::These(roles) => Some(roles),
            Named::All => None,
        });
    super::joined(&named.flatten().cloned().collect(), ", ")
}

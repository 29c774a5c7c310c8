//! Roles that the policy names and nobody has, as after a slip of the pen: what is written for them is for nobody.

use std::collections::BTreeSet;

use crate::{
    config::{Config, Named},
    store::{Role, StaffRow},
};

/// Grants that nobody has, and approvers that are nobody. A role that signing in gives counts, whoever has signed in: the next
/// person may bring it. As long as nobody at all may log in, nothing is told.
pub(crate) fn unheld(config: &Config, people: &[StaffRow]) -> Vec<String> {
    let enabled: Vec<_> = people.iter().filter(|person| !person.member.disabled).collect();
    if enabled.is_empty() {
        return Vec::new();
    }
    let terms = config.sign_in_terms();
    let given = enabled.iter().flat_map(|person| &person.member.roles);
    let held: BTreeSet<_> = given
        .chain(terms.mapping.iter().map(|mapped| &mapped.role))
        .collect();
    let missing = |named: &Named<Role>| match named {
        Named::These(roles) if !roles.iter().any(|role| held.contains(role)) => {
            let names = roles.iter().map(ToString::to_string);
            Some(names.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    };
    let grants = config.policy.grants.iter().filter_map(|grant| {
        let roles = missing(&grant.roles)?;
        Some((format!("{}.roles", grant.name), roles, "opens a customer by it"))
    });
    let approval = config.policy.approval.iter().filter_map(|approval| {
        let roles = missing(&approval.roles)?;
        Some(("policy.approval.roles".to_owned(), roles, "can approve"))
    });
    let warnings = grants.chain(approval).map(|(key, roles, what)| {
        format!(
            "{key}: nobody who is enabled has {roles}, so nobody {what}; correct the name, or give somebody the role with \
             `stagedoor staff roles ADDRESS --add ROLE`"
        )
    });
    warnings.collect()
}

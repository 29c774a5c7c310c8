//! `[policy.approval]`: which customers a second person must approve of before they are opened, and who that may be.

use std::{collections::BTreeSet, time::Duration};

use super::{CustomerList, Grant, Named, grant::read_named};
use crate::{
    config::{Keys, section::Section},
    store::Role,
};

/// Longest wait for a decision, and longest life of an approval, in minutes.
const MOST_MINUTES: u32 = 60;

/// Who approves what.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Who may approve: whoever has one of these, and is not the person who asks.
    pub roles: Named<Role>,
    /// Whether customers under `[policy.vip]` need it.
    pub vip: bool,
    /// Further customers who need it.
    pub customers: CustomerList,
    /// How long a request waits.
    pub wait: Duration,
    /// How long an approval lasts.
    pub valid: Duration,
}

impl Approval {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let roles = if section.has("roles") {
            read_named(section, "roles", |text| {
                text.parse::<Role>().map_err(|error| error.to_string())
            })
        } else {
            section.fault("roles", NOBODY);
            // Taken, so that it counts as a key that is known.
            section.list("roles", |_| Ok(()));
            None
        };
        let vip = section.flag("vip");
        let customers = CustomerList::read(section, keys);
        let wait = section.number_or("wait_minutes", 10, 1, MOST_MINUTES);
        let valid = section.number_or("valid_minutes", 5, 1, MOST_MINUTES);
        Some(Self {
            roles: roles?,
            vip: vip?,
            customers: customers?,
            wait: minutes(wait?),
            valid: minutes(valid?),
        })
    }

    /// What does not fit the rest of the policy: key and problem.
    pub(super) fn faults(
        &self,
        grants: &[Grant],
        vip: &CustomerList,
    ) -> Option<(&'static str, &'static str)> {
        if self.vip && vip.names_nothing() {
            return Some((
                "vip",
                "there is no [policy.vip], so it means nobody; add the list, or take this away",
            ));
        }
        let needed = self.vip || !self.customers.names_nothing() || grants.iter().any(|grant| grant.approval);
        (!needed).then_some((
            "roles",
            "nothing needs their approval; say for whom with vip = true, addresses, domains or files, or with \
             approval = \"required\" in a [[policy.grant]], or take the section away",
        ))
    }

    /// Their names for people: `*` for everybody.
    pub fn role_names(&self) -> Vec<String> {
        match &self.roles {
            Named::All => vec!["*".to_owned()],
            Named::These(roles) => roles.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether somebody with these roles may approve.
    pub fn is_for(&self, roles: &BTreeSet<Role>) -> bool {
        self.roles.has_any(roles)
    }
}

/// For a policy that wants approvals which nobody could give.
pub(super) const NOBODY: &str =
    "names none, so nobody could ever approve; write the roles of those who may, e.g. [\"team-lead\"]";

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

//! `[policy]`: which roles may open customers on which platforms, under which rules of their own, and which customers are
//! opened by nobody or by few.

mod approval;
mod customers;
mod grant;
mod hours;
mod ticket;

pub use approval::Approval;
pub use customers::CustomerList;
pub use grant::{Grant, Named};
pub use hours::Hours;
pub use ticket::TicketRule;

use super::{Keys, Login, platform, section::Section};

/// More than a group of brokers has; a bound on the time that one decision takes.
const MOST_GRANTS: usize = 256;

/// Who may open whom.
#[derive(Debug, Clone)]
pub struct PolicyRules {
    /// Never empty: without a `[[policy.grant]]` there is [`Grant::everybody`]'s.
    pub grants: Vec<Grant>,
    /// Customers whom nobody opens.
    pub deny: CustomerList,
    /// Customers whom only those open whose grant says so.
    pub vip: CustomerList,
    /// Customers whom nobody has a reason to open: whoever does is told of.
    pub canary: CustomerList,
    /// Whom a second person must approve of.
    pub approval: Option<Approval>,
}

impl Default for PolicyRules {
    fn default() -> Self {
        Self {
            grants: vec![Grant::everybody()],
            deny: CustomerList::default(),
            vip: CustomerList::default(),
            canary: CustomerList::default(),
            approval: None,
        }
    }
}

impl PolicyRules {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let named = section.has("grant");
        let before = section.fault_count();
        let mut grants = section.sections_if_any("grant", Grant::read);
        // One with faults is left out, and what it would have said is not missing.
        let all_read = section.fault_count() == before;
        if grants.len() > MOST_GRANTS {
            let problem =
                format!("there are more than {MOST_GRANTS}; put roles that may do the same into one");
            section.fault("grant", problem);
        }
        let deny = section.section("deny", |section| CustomerList::read(section, keys));
        let vip = section.section("vip", |section| CustomerList::read(section, keys));
        let canary = section.section("canary", |section| CustomerList::read(section, keys));
        let approval = section.section_if_there("approval", |section| Approval::read(section, keys));
        // Only now that all have been read: a section that nobody has asked for would count as unknown.
        let (deny, vip, canary, approval) = (deny?, vip?, canary?, approval?);
        match &approval {
            Some(approval) if all_read => {
                if let Some((key, problem)) = approval.faults(&grants, &vip) {
                    section.fault(&format!("approval.{key}"), problem);
                }
            }
            None if grants.iter().any(|grant| grant.approval) => {
                section.fault("approval.roles", approval::NOBODY);
            }
            _ => {}
        }
        if all_read && !vip.is_empty() && !grants.iter().any(|grant| grant.vip) {
            section.fault(
                "vip",
                "no [[policy.grant]] says vip = true, so nobody could open these customers; write it into the grant of \
                 those who may, or move the customers to [policy.deny]",
            );
        }
        if !named {
            grants.push(Grant::everybody());
        }
        Some(Self {
            grants,
            deny,
            vip,
            canary,
            approval,
        })
    }

    /// Whether there is no `[[policy.grant]]`, so that every enrolled person may open customers on every platform.
    pub fn is_open_to_everybody(&self) -> bool {
        self.grants.iter().all(|grant| grant.implied)
    }

    /// SHA-256 of each file that was read, in the order of the configuration.
    pub(super) fn digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        let lists = [&self.deny, &self.vip, &self.canary];
        let approval = self.approval.iter().map(|approval| &approval.customers);
        lists.into_iter().chain(approval).flat_map(CustomerList::digests)
    }

    /// Finds grants that name what is not there, or that would loosen what `[login]` says.
    pub(super) fn check(
        &self,
        login: Option<&Login>,
        platforms: &platform::PlatformIds,
        root: &mut Section<'_>,
    ) {
        for grant in &self.grants {
            for (key, problem) in grant.faults(login, platforms) {
                root.fault(&format!("{}.{key}", grant.name), problem);
            }
        }
    }
}

#[cfg(test)]
mod tests;

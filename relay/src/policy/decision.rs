//! One decision: every rule is looked at, and what each said is kept, so that the answer can be explained.
//!
//! A login is allowed if one grant allows it, so the order of grants says nothing. What several of them allow is allowed
//! under the strictest of their terms.

mod judge;

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;
use stagedoor_protocol::{Confirm, CustomerEmail, Isolation, PlatformId};

use super::refusal::{self, Refusal};
use crate::spelling::likeness;
use crate::{
    config::{Config, Grant, PlatformConfig, StaffRules},
    store::Role,
};
use judge::{Obstacle, Step, judge};

/// Everything that a decision goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The person's own address.
    pub(crate) staff: &'a CustomerEmail,
    /// Their roles.
    pub(crate) roles: &'a BTreeSet<Role>,
    /// Where to.
    pub(crate) platform: &'a PlatformId,
    /// Whom.
    pub(crate) customer: &'a CustomerEmail,
    /// Why.
    pub(crate) reason: Option<&'a str>,
    /// Ticket or case number.
    pub(crate) ticket: Option<&'a str>,
    /// From where; on the command line it may be left open.
    pub(crate) from: Option<IpAddr>,
    /// When.
    pub(crate) at: Timestamp,
}

/// The answer, and what every rule said.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    /// The answer.
    pub(crate) verdict: Verdict,
    /// The platform, if there is one of that id.
    pub(crate) platform: Option<&'a PlatformConfig>,
    /// The grants by which it is allowed, if it is: each would do alone, and the terms are the strictest of theirs.
    pub(crate) grants: Vec<&'a str>,
    /// What each rule said, in the order of the configuration.
    pub(crate) findings: Vec<Finding>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Under these terms.
    Allowed(Terms),
    /// No.
    Refused(Refusal),
    /// It depends on what the question leaves open: the rule that would refuse.
    Undecided(Refusal),
}

/// Under what a login is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How long the token is good for.
    pub(crate) validity_seconds: u32,
    /// Whether the window must be isolated.
    pub(crate) isolation: Isolation,
    /// When the extension asks first.
    pub(crate) confirm: Confirm,
    /// Whether a second person must approve.
    pub(crate) approval: bool,
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Its path in the configuration.
    pub(crate) rule: String,
    /// Whether it is met.
    pub(crate) state: State,
    /// Why.
    pub(crate) says: String,
}

/// Whether a rule is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Met,
    NotMet,
    /// The question leaves open what it goes by.
    Open,
}

/// Decides. It looks at each rule once, in bounded time, and answers whatever it is asked.
pub(crate) fn decide<'a>(config: &'a Config, question: &Question<'_>) -> Decision<'a> {
    let Question { customer, .. } = question;
    let platform = config
        .platforms
        .iter()
        .find(|known| known.id == *question.platform);
    let own = likeness(customer) == likeness(question.staff);
    let firms = config.staff.owns(&customer.domain());
    let denied = config.policy.deny.covers(customer);
    let is_vip = config.policy.vip.covers(customer);
    let mut findings = vec![
        finding(
            "platform",
            platform.is_some(),
            "it is configured",
            "none of that id is configured",
        ),
        finding(
            "staff.own_address",
            !own,
            "the customer is somebody else",
            "the person's own address",
        ),
        finding(
            "staff.domains",
            !firms,
            "the customer is under none of them",
            "the customer is under one of them",
        ),
        finding(
            "policy.deny",
            !denied,
            "the customer is not on the list",
            "the customer is on the list",
        ),
    ];
    let listed = approval(config, customer, is_vip, &mut findings);
    let mut judged = Vec::new();
    for grant in &config.policy.grants {
        let obstacles = judge(&config.login, grant, question, is_vip, &mut findings);
        judged.push((grant, obstacles));
    }
    let allowing = judged.iter().filter(|(_, obstacles)| obstacles.is_empty());
    let grants = allowing.map(|(grant, _)| grant.name.as_str()).collect();
    let reaches = judged
        .iter()
        .any(|(_, obstacles)| obstacles.iter().all(|obstacle| obstacle.step > Step::Platforms));
    let verdict = if platform.is_none() {
        Verdict::Refused(refusal::platform_unknown())
    } else if own {
        Verdict::Refused(refusal::own_address())
    } else if !StaffRules::is_domain(&customer.domain()) {
        Verdict::Refused(refusal::no_domain())
    } else if firms {
        Verdict::Refused(refusal::staff_domain())
    } else if !reaches {
        // Before the lists are spoken of: whoever may open nobody here learns nothing about whom they name.
        Verdict::Refused(refusal::no_grant(question.roles))
    } else if denied {
        Verdict::Refused(refusal::denied())
    } else {
        conclude(config, judged, listed)
    };
    Decision {
        verdict,
        platform,
        grants,
        findings,
    }
}

/// Whether the customer is one of whom a second person must approve, whatever the grant.
fn approval(config: &Config, customer: &CustomerEmail, is_vip: bool, findings: &mut Vec<Finding>) -> bool {
    let Some(approval) = &config.policy.approval else {
        return false;
    };
    let listed = (approval.vip && is_vip) || approval.customers.covers(customer);
    let roles = approval.role_names().join(", ");
    findings.push(match listed {
        true => Finding {
            rule: "policy.approval".to_owned(),
            state: State::Open,
            says: format!("the customer needs approval by one of the roles {roles}"),
        },
        false => finding("policy.approval", true, "the customer is not on its lists", ""),
    });
    listed
}

/// What the grants come to together; `listed`: a second person must approve, whatever they say.
fn conclude(config: &Config, judged: Vec<(&Grant, Vec<Obstacle>)>, listed: bool) -> Verdict {
    let login = &config.login;
    let allowing = judged
        .iter()
        .filter(|(_, obstacles)| obstacles.is_empty())
        .map(|(grant, _)| Terms {
            validity_seconds: grant.validity_of(login),
            isolation: grant.isolation_of(login),
            confirm: grant.confirm,
            approval: listed || grant.approval,
        });
    if let Some(terms) = allowing.reduce(Terms::stricter) {
        return Verdict::Allowed(terms);
    }
    // A grant is as far as its first rule that is not met; one that only has open rules is further than all of those.
    let obstacles = judged.into_iter().filter_map(|(_, obstacles)| {
        let certain = obstacles.iter().position(|obstacle| !obstacle.is_open);
        obstacles.into_iter().nth(certain.unwrap_or_default())
    });
    let furthest = obstacles.min_by(|one, other| one.rank().cmp(&other.rank()));
    match furthest {
        Some(obstacle) if obstacle.is_open => Verdict::Undecided(obstacle.refusal),
        Some(obstacle) => Verdict::Refused(obstacle.refusal),
        // There is always a grant, and one without obstacles allows; but what is not allowed is refused.
        None => Verdict::Refused(refusal::no_grant(&BTreeSet::new())),
    }
}

impl Terms {
    fn stricter(self, other: Self) -> Self {
        Self {
            validity_seconds: self.validity_seconds.min(other.validity_seconds),
            isolation: self.isolation.max(other.isolation),
            confirm: self.confirm.max(other.confirm),
            approval: self.approval || other.approval,
        }
    }
}

impl From<bool> for State {
    fn from(met: bool) -> Self {
        if met { Self::Met } else { Self::NotMet }
    }
}

fn finding(rule: &str, met: bool, if_met: &str, if_not: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        state: met.into(),
        says: if met { if_met } else { if_not }.to_owned(),
    }
}

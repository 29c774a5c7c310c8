//! What a person is told before they ask: the platforms that their roles open, and what is wanted there.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;
use stagedoor_protocol::{Platform, Policy, ReasonMode, Rules};

use crate::{
    config::{Config, Grant, Login},
    store::Role,
};

/// The platforms that some roles open, and the rules; those of a platform where they differ.
///
/// Where several grants may serve, the person is asked for no more than one of them wants, because one is enough, and opens
/// under the strictest of their terms. What is not asked for is still checked when they open.
pub(crate) fn offer(
    config: &Config,
    roles: &BTreeSet<Role>,
    from: IpAddr,
    at: Timestamp,
) -> (Vec<Platform>, Policy) {
    let mut offered = Vec::new();
    for platform in &config.platforms {
        let grants = config.policy.grants.iter();
        let granted = grants
            .filter(|grant| grant.platforms.has(&platform.id) && grant.is_for(roles))
            .collect::<Vec<_>>();
        if let Some(rules) = rules(&config.login, &granted, from, at) {
            offered.push((platform, rules));
        }
    }
    let everywhere = offered.iter().map(|(_, rules)| *rules).reduce(together);
    let common = everywhere.unwrap_or_else(|| of(&config.login, &Grant::everybody()));
    let platforms = offered.into_iter().map(|(platform, rules)| Platform {
        id: platform.id.clone(),
        name: platform.name.clone(),
        url: platform.platform_url.clone(),
        environment: platform.environment,
        rules: Some(rules).filter(|rules| *rules != common),
        preview: platform.preview,
    });
    let policy = Policy {
        reason: common.reason,
        reason_min_length: common.reason_min_length,
        isolation: common.isolation,
        staff_domains: config.staff.domains.clone(),
        validity_seconds: common.validity_seconds,
        ticket_required: common.ticket_required,
        confirm: common.confirm,
    };
    (platforms.collect(), policy)
}

/// The rules of several grants at once. What can be asked goes by those that hold here and now, if any does.
fn rules(login: &Login, granted: &[&Grant], from: IpAddr, at: Timestamp) -> Option<Rules> {
    let of_all = granted.iter().map(|grant| of(login, grant)).reduce(together)?;
    let holding = granted.iter().filter(|grant| grant.holds(from, at));
    let now = holding
        .map(|grant| of(login, grant))
        .reduce(together)
        .unwrap_or(of_all);
    Some(Rules {
        reason: now.reason,
        reason_min_length: now.reason_min_length,
        ticket_required: now.ticket_required,
        ..of_all
    })
}

fn of(login: &Login, grant: &Grant) -> Rules {
    Rules {
        reason: grant.reason_of(login),
        reason_min_length: grant.reason_min_length_of(login),
        isolation: grant.isolation_of(login),
        validity_seconds: grant.validity_of(login),
        ticket_required: grant.ticket.required,
        confirm: grant.confirm,
    }
}

/// The least that is asked for, and the strictest terms. A field that one of them has is shown.
fn together(one: Rules, other: Rules) -> Rules {
    Rules {
        reason: if one.reason == other.reason {
            one.reason
        } else {
            ReasonMode::Optional
        },
        reason_min_length: one.reason_min_length.min(other.reason_min_length),
        isolation: one.isolation.max(other.isolation),
        validity_seconds: one.validity_seconds.min(other.validity_seconds),
        ticket_required: one.ticket_required && other.ticket_required,
        confirm: one.confirm.max(other.confirm),
    }
}

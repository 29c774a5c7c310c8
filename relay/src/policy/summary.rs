//! What applies, in a few lines, for the operator who checks the configuration.

use ipnet::IpNet;
use stagedoor_protocol::ReasonMode;

use crate::config::{Config, Grant, Named};

/// A line for what applies to all, and one for each grant.
pub(crate) fn summary(config: &Config) -> Vec<String> {
    let policy = &config.policy;
    let mut lines = Vec::new();
    if policy.is_open_to_everybody() {
        lines.push(
            "policy: there is no [[policy.grant]], so every enrolled person may open customers on every platform, under \
             [login]'s rules; with the first grant, whoever has none is refused (docs/policy.md)"
                .to_owned(),
        );
    } else {
        lines.push("policy: whoever has no grant is refused".to_owned());
        lines.extend(policy.grants.iter().map(describe));
    }
    if !policy.deny.is_empty() {
        lines.push(format!("policy.deny: {}, opened by nobody", policy.deny));
    }
    if !policy.vip.is_empty() {
        lines.push(format!(
            "policy.vip: {}, opened by grants with vip = true",
            policy.vip
        ));
    }
    if !policy.canary.is_empty() {
        lines.push(format!(
            "policy.canary: {}, told of when they are asked for",
            policy.canary
        ));
    }
    if let Some(approval) = &policy.approval {
        let vip = if approval.vip { "VIP customers, " } else { "" };
        lines.push(format!(
            "policy.approval: {vip}{}; approved by the roles {}",
            approval.customers,
            approval.role_names().join(", ")
        ));
    }
    lines.push(format!("policy version: {}", config.version));
    lines
}

/// What is not wrong, but hardly meant.
pub(crate) fn doubts(config: &Config) -> Vec<String> {
    let mut doubts = Vec::new();
    for grant in &config.policy.grants {
        let meets = |proxy: &&IpNet| {
            let mut networks = grant.networks.iter();
            networks.any(|network| network.contains(&proxy.network()) || proxy.contains(&network.network()))
        };
        let proxies = config.listen.trusted_proxies.iter().filter(meets);
        doubts.extend(proxies.map(|proxy| {
            format!(
                "{}.networks: covers {proxy} of listen.trusted_proxies; name the networks of your staff, unless these work on \
                 the proxy itself",
                grant.name
            )
        }));
    }
    doubts
}

fn describe(grant: &Grant) -> String {
    let roles = names(&grant.roles, "every enrolled person");
    let platforms = names(&grant.platforms, "every platform");
    let mut narrowed = [
        (
            grant.reason == Some(ReasonMode::Required) || grant.reason_min_length.is_some(),
            "reason",
        ),
        (grant.ticket.required, "ticket"),
        (grant.ticket.pattern.is_some(), "ticket_pattern"),
        (!grant.networks.is_empty(), "networks"),
        (grant.validity_seconds.is_some(), "validity_seconds"),
        (grant.isolation.is_some(), "isolation"),
        (grant.approval, "approval"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, name)| name.to_owned())
    .collect::<Vec<_>>();
    narrowed.extend(grant.hours.as_ref().map(|hours| format!("hours {hours}")));
    let vip = if grant.vip { ", VIP customers too" } else { "" };
    let narrowed = match narrowed.as_slice() {
        [] => String::new(),
        rules => format!("; narrowed by {}", rules.join(", ")),
    };
    format!("{}: {roles} on {platforms}{vip}{narrowed}", grant.name)
}

fn names<T: ToString>(named: &Named<T>, all: &str) -> String {
    match named {
        Named::All => all.to_owned(),
        Named::These(these) => these
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

//! From where and when somebody may approve: under the networks and hours of the policy, as whoever opens customers.

use std::net::IpAddr;

use jiff::Timestamp;
use stagedoor_protocol::PlatformId;

use super::refusal::{self, Refusal};
use crate::{
    app::App,
    config::{Config, Grant},
    store::Profile,
};

/// Lets a person decide on a login to a platform, or says why not here or not now. Whether they may approve at all is not
/// asked.
pub(crate) fn allow_deciding(
    app: &App,
    approver: &Profile,
    from: IpAddr,
    platform: &PlatformId,
) -> Result<(), Refusal> {
    let roles = approver.roles(&app.config.sign_in_terms());
    let grants = grants(&app.config, platform, |grant| grant.is_for(&roles));
    holds(&grants, from, app.clock.now())
}

/// The grants by which somebody is judged: those that they have on the platform. Whoever opens nobody there, and approves only,
/// is held to what holds for anybody there: otherwise whoever may do less could approve from everywhere at any time.
fn grants<'c>(config: &'c Config, platform: &PlatformId, is_own: impl Fn(&Grant) -> bool) -> Vec<&'c Grant> {
    let there = config.policy.grants.iter();
    let there: Vec<_> = there.filter(|grant| grant.platforms.has(platform)).collect();
    let own: Vec<_> = there.iter().copied().filter(|grant| is_own(grant)).collect();
    if own.is_empty() { there } else { own }
}

/// One grant is enough, as it is for a login. What is told is what comes nearest to it. Where no grant is for the platform,
/// nobody opens anybody, whatever is approved.
fn holds(grants: &[&Grant], from: IpAddr, at: Timestamp) -> Result<(), Refusal> {
    if grants.is_empty() || grants.iter().any(|grant| grant.holds(from, at)) {
        return Ok(());
    }
    let inside = grants
        .iter()
        .filter(|grant| grant.networks.is_empty() || grant.covers(from));
    let soonest = inside
        .filter_map(|grant| grant.hours.as_ref().map(|hours| (grant, hours)))
        .map(|(grant, hours)| (hours.next_after(at), grant, hours))
        .min_by_key(|(next, ..)| {
            let second = next.as_ref().map(|next| next.timestamp().as_second());
            second.unwrap_or(i64::MAX)
        });
    Err(match soonest {
        Some((next, grant, hours)) => refusal::approving_hours(&grant.name, hours, next.as_ref()),
        None => {
            let name = grants.first().map_or("policy.grant", |grant| &grant.name);
            refusal::approving_networks(name, from.to_canonical())
        }
    })
}

//! `[[policy.grant]]`: what some roles may do on some platforms. Its rules narrow those of `[login]`; none can widen them.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;
use jiff::Timestamp;
use stagedoor_protocol::{Confirm, Isolation, PlatformId, ReasonMode, limits::MAX_REASON_CHARS};

use super::{Hours, TicketRule};
use crate::{
    config::{
        Login,
        listen::parse_network,
        login::{MAX_LONG_VALIDITY, parse_isolation, parse_reason},
        platform,
        section::Section,
    },
    store::Role,
};

/// A bound on the time that one decision takes.
const MOST_NETWORKS: usize = 256;

/// Some of a kind, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<T> {
    /// `"*"`.
    All,
    /// A list.
    These(BTreeSet<T>),
}

impl<T: Ord> Named<T> {
    /// None of them.
    pub fn nobody() -> Self {
        Self::These(BTreeSet::new())
    }

    /// Whether any of these is one of them.
    pub fn has_any(&self, these: &BTreeSet<T>) -> bool {
        match self {
            Self::All => true,
            Self::These(named) => !named.is_disjoint(these),
        }
    }

    /// Whether it is one of them.
    pub fn has(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(one),
        }
    }
}

/// What some roles may do.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its path in the file, as refusals name it: `policy.grant[0]`.
    pub name: String,
    /// Whether it stands for a policy without grants.
    pub implied: bool,
    /// Whose it is.
    pub roles: Named<Role>,
    /// Where it holds.
    pub platforms: Named<PlatformId>,
    /// Whether customers under `[policy.vip]` may be opened by it, too.
    pub vip: bool,
    /// Whether a reason is asked for, if it says more than `[login]`.
    pub reason: Option<ReasonMode>,
    /// The shortest reason in characters, if it says more than `[login]`.
    pub reason_min_length: Option<u32>,
    /// Whether a ticket is needed, and in which form.
    pub ticket: TicketRule,
    /// When it holds; always, without.
    pub hours: Option<Hours>,
    /// From where it may be used; from everywhere, if empty.
    pub networks: Vec<IpNet>,
    /// How long a token is good for, in seconds, if shorter than `[login]` says.
    pub validity_seconds: Option<u32>,
    /// Whether the window must be isolated, if it says more than `[login]`.
    pub isolation: Option<Isolation>,
    /// When the extension asks before it opens.
    pub confirm: Confirm,
    /// Whether a second person must approve each login.
    pub approval: bool,
}

impl Grant {
    /// Every enrolled person, on every platform, under the rules of `[login]`.
    pub fn everybody() -> Self {
        Self {
            name: "policy.grant".to_owned(),
            implied: true,
            roles: Named::All,
            platforms: Named::All,
            vip: false,
            reason: None,
            reason_min_length: None,
            ticket: TicketRule::default(),
            hours: None,
            networks: Vec::new(),
            validity_seconds: None,
            isolation: None,
            confirm: Confirm::default(),
            approval: false,
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let roles = read_named(section, "roles", |text| {
            text.parse::<Role>().map_err(|error| error.to_string())
        });
        let platforms = read_named(section, "platforms", |text| {
            PlatformId::parse(text).map_err(|error| error.to_string())
        });
        let vip = section.flag("vip");
        let reason = section.parsed_or("reason", None, |text| parse_reason(text).map(Some));
        let most = u32::try_from(MAX_REASON_CHARS).unwrap_or(u32::MAX);
        let reason_min_length = section.number("reason_min_length", 1, most);
        let ticket = TicketRule::read(section);
        let hours = section.section_if_there("hours", Hours::read);
        let networks = section.list("networks", parse_network);
        if networks.as_ref().is_some_and(|list| list.len() > MOST_NETWORKS) {
            section.fault(
                "networks",
                format!("there are more than {MOST_NETWORKS}; name wider networks"),
            );
        }
        let validity_seconds = section.number("validity_seconds", 1, MAX_LONG_VALIDITY);
        let isolation = section.parsed_or("isolation", None, |text| parse_isolation(text).map(Some));
        let confirm = section.parsed_or("confirm", Confirm::default(), parse_confirm);
        let approval = section.parsed_or("approval", false, parse_approval);
        Some(Self {
            name: section.path().to_owned(),
            implied: false,
            roles: roles?,
            platforms: platforms?,
            vip: vip?,
            reason: reason?,
            reason_min_length: reason_min_length?,
            ticket: ticket?,
            hours: hours?,
            networks: networks?,
            validity_seconds: validity_seconds?,
            isolation: isolation?,
            confirm: confirm?,
            approval: approval?,
        })
    }

    /// What does not fit the rest of the file: key and problem.
    pub(super) fn faults(
        &self,
        login: Option<&Login>,
        platforms: &platform::PlatformIds,
    ) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if let Named::These(named) = &self.platforms {
            faults.extend(named.iter().filter(|id| platforms.lack(id)).map(|id| {
                let problem = format!("no [[platform]] has the id \"{id}\"; correct it, or add the platform");
                ("platforms", problem)
            }));
        }
        let Some(login) = login else {
            return faults;
        };
        if self.reason.is_some_and(|mode| mode < login.reason) {
            faults.push(("reason", narrows("login.reason asks for more")));
        }
        if self.reason_of(login) == ReasonMode::Off && self.reason_min_length.is_some() {
            let problem = "has no use while no reason is asked for; write reason = \"required\" beside it";
            faults.push(("reason_min_length", problem.to_owned()));
        }
        if self
            .reason_min_length
            .is_some_and(|min| min < login.reason_min_length)
        {
            faults.push(("reason_min_length", narrows("login.reason_min_length is larger")));
        }
        if self
            .validity_seconds
            .is_some_and(|seconds| seconds > login.validity_seconds)
        {
            faults.push(("validity_seconds", narrows("login.validity_seconds is shorter")));
        }
        if self
            .isolation
            .is_some_and(|isolation| isolation < login.isolation)
        {
            faults.push(("isolation", narrows("login.isolation asks for more")));
        }
        faults
    }

    /// Whether somebody with these roles has it.
    pub fn is_for(&self, roles: &BTreeSet<Role>) -> bool {
        self.roles.has_any(roles)
    }

    /// Whether it holds there and then.
    pub fn holds(&self, from: IpAddr, at: Timestamp) -> bool {
        let inside = self.networks.is_empty() || self.covers(from);
        inside && self.hours.as_ref().is_none_or(|hours| hours.hold_at(at))
    }

    /// Whether an address is in one of its networks. One that is not known is in none.
    pub fn covers(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        !from.is_unspecified() && self.networks.iter().any(|network| network.contains(&from))
    }

    /// Whether a reason is asked for.
    pub fn reason_of(&self, login: &Login) -> ReasonMode {
        self.reason.map_or(login.reason, |mode| mode.max(login.reason))
    }

    /// The shortest reason where one is given or required.
    pub fn reason_min_length_of(&self, login: &Login) -> u32 {
        let least = u32::from(self.reason_of(login) == ReasonMode::Required);
        let own = self.reason_min_length.unwrap_or_default();
        own.max(login.reason_min_length).max(least)
    }

    /// How long a token is good for, in seconds.
    pub fn validity_of(&self, login: &Login) -> u32 {
        let own = self.validity_seconds.unwrap_or(u32::MAX);
        own.min(login.validity_seconds)
    }

    /// Whether the window must be isolated.
    pub fn isolation_of(&self, login: &Login) -> Isolation {
        self.isolation
            .map_or(login.isolation, |isolation| isolation.max(login.isolation))
    }
}

fn narrows(why: &str) -> String {
    format!(
        "{why}, and a grant can only narrow what [login] says; change it there, and narrow the other grants"
    )
}

/// A list that names at least one, or `"*"`.
pub(super) fn read_named<T: Ord>(
    section: &mut Section<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<Named<T>> {
    if section.is(key, "*") {
        return Some(Named::All);
    }
    let these = section.list(key, parse)?.into_iter().collect::<BTreeSet<_>>();
    if these.is_empty() {
        section.fault(
            key,
            format!("names none; write [\"...\"], or {key} = \"*\" for all"),
        );
        return None;
    }
    Some(Named::These(these))
}

fn parse_confirm(text: &str) -> Result<Confirm, String> {
    match text {
        "always" => Ok(Confirm::Always),
        "when_ambiguous" => Ok(Confirm::WhenAmbiguous),
        _ => Err("must be \"always\" or \"when_ambiguous\"".to_owned()),
    }
}

fn parse_approval(text: &str) -> Result<bool, String> {
    match text {
        "required" => Ok(true),
        _ => Err("must be \"required\", or absent where nobody need approve".to_owned()),
    }
}

//! `stagedoor policy test`: would this login be allowed, and what does each rule say of it?

use std::{collections::BTreeSet, net::IpAddr, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagedoor_protocol::{CustomerEmail, ErrorCode, PlatformId};

use super::{ledger::undone, say, text::count};
use crate::spelling::Spelling as _;
use crate::{
    clock::{Clock, SystemClock},
    config::{Approval, Config, Keys, PlatformConfig},
    policy::{self, Decision, Finding, Question, State, Terms, Verdict},
    store::{self, Role, SignInTerms, SignedIn, StaffRow, Store},
};

/// The login would be refused.
const REFUSED: u8 = 1;
/// It depends on what is not said, or could not be looked up.
const UNDECIDED: u8 = 2;
/// Whether somebody could log in at all.
const PROFILE: &str = "staff.profile";

/// Exits with 0 if the login would be allowed, 1 if it would be refused, and 2 if that cannot be decided.
#[derive(Debug, Args)]
pub(super) struct PolicyTest {
    /// The staff member's own address.
    #[arg(long, value_name = "ADDRESS")]
    staff: CustomerEmail,
    /// The customer's address.
    #[arg(long, value_name = "ADDRESS")]
    customer: CustomerEmail,
    /// The platform's id; may be left out if there is one platform.
    #[arg(long, value_name = "ID")]
    platform: Option<PlatformId>,
    /// When, e.g. 2026-11-30T08:15:00+01:00. Default: now.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// From which address, as the relay sees it. Without it, what depends on it stays open.
    #[arg(long, value_name = "IP")]
    from: Option<IpAddr>,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The ticket.
    #[arg(long, value_name = "TEXT")]
    ticket: Option<String>,
    /// Take the staff member to have these roles, and ask no store: may be given several times.
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<Role>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What is known of the two, by the store if it is asked.
#[derive(Debug)]
struct Known {
    /// The roles that one or another profile of the staff member's has; each login is by one of them.
    roles: BTreeSet<BTreeSet<Role>>,
    /// How many sessions there are that are not open at that time; without the store that is not known.
    ended: Option<usize>,
    findings: Vec<Finding>,
}

pub(super) async fn run(path: &Path, test: PolicyTest) -> anyhow::Result<ExitCode> {
    match explain(path, &test).await {
        Ok(code) => Ok(code.into()),
        Err(error) => undone(error, UNDECIDED),
    }
}

async fn explain(path: &Path, test: &PolicyTest) -> anyhow::Result<u8> {
    let config = Config::load(path, Keys::Lists)?;
    let platform = match (&test.platform, config.platforms.as_slice()) {
        (Some(platform), _) => platform,
        (None, [only]) => &only.id,
        (None, _) => {
            bail!(
                "there are several platforms, and each may have other rules; name one with --platform: {}",
                ids_of(&config.platforms)
            )
        }
    };
    let at = test.at.unwrap_or_else(|| SystemClock::new().now());
    let known = if test.roles.is_empty() {
        look_up(&*store::open_to_read(&config.store).await?, &config, test, at).await?
    } else {
        Known {
            roles: [test.roles.iter().cloned().collect()].into(),
            ended: None,
            findings: Vec::new(),
        }
    };
    let decide = |roles| {
        let question = Question {
            staff: &test.staff,
            roles,
            platform,
            customer: &test.customer,
            reason: test.reason.as_deref(),
            ticket: test.ticket.as_deref(),
            from: test.from,
            at,
        };
        let mut decision = policy::decide(&config, &question);
        // What the store knows comes first, as it does for a real login, but for the customer's being staff: that comes last.
        if let Some(refusal) = known.refusal(&decision) {
            decision.verdict = Verdict::Refused(refusal);
        } else if known.has_no_profile() && matches!(decision.verdict, Verdict::Allowed(_)) {
            decision.verdict = Verdict::Undecided(policy::no_open_profile());
        }
        // The words for a person at the extension are none for an operator.
        if let Verdict::Refused(refusal) = &mut decision.verdict
            && refusal.code == ErrorCode::PlatformUnknown
        {
            refusal.detail = format!(
                "No [[platform]] has the id {platform}. There are: {}.",
                ids_of(&config.platforms)
            );
        }
        decision.findings.splice(0..0, known.findings.iter().cloned());
        decision
    };
    let decisions: Vec<_> = known.roles.iter().map(|roles| (roles, decide(roles))).collect();
    let mut answers = decisions.iter().map(|(_, decision)| answer(decision));
    let (first, terms) = answers.next().unwrap_or((UNDECIDED, None));
    let agreed = answers.all(|other| other == (first, terms));
    if test.json {
        let mut said = match decisions.as_slice() {
            [(_, only)] => as_json(&config, only),
            several => by_profile(&config, several, agreed),
        };
        said["sessionsNotOpen"] = known.ended.into();
        say(said)?;
        return Ok(if agreed { first } else { UNDECIDED });
    }
    for (roles, decision) in &decisions {
        if decisions.len() > 1 {
            say(format!("Profiles of theirs that have {}:", names(roles)))?;
        }
        for line in in_words(&config, decision) {
            say(line)?;
        }
    }
    if !agreed {
        say(
            "UNDECIDED: it depends on the browser profile, because roles of a sign-in are those of its profile alone, while its \
             session lasts",
        )?;
    }
    if let Some(ended @ 1..) = known.ended {
        say(format!(
            "Not counted: what sign-ins brought to {} not open at that time.",
            count(ended as u64, "session that is", "sessions that are")
        ))?;
    }
    if !test.roles.is_empty() {
        say(
            "Not looked at: whether the staff member is enrolled and enabled, and whether the customer is enrolled as staff.",
        )?;
    }
    Ok(if agreed { first } else { UNDECIDED })
}

fn ids_of(platforms: &[PlatformConfig]) -> String {
    let ids: Vec<_> = platforms.iter().map(|platform| platform.id.as_str()).collect();
    ids.join(", ")
}

/// The exit code, and under what a login is allowed: two profiles that open it under other terms do not agree.
fn answer<'a>(decision: &'a Decision<'_>) -> (u8, Option<&'a Terms>) {
    match &decision.verdict {
        Verdict::Allowed(terms) => (0, Some(terms)),
        Verdict::Refused(_) => (REFUSED, None),
        Verdict::Undecided(_) => (UNDECIDED, None),
    }
}

async fn look_up(
    store: &dyn Store,
    config: &Config,
    test: &PolicyTest,
    at: Timestamp,
) -> anyhow::Result<Known> {
    let everybody = store.list_staff().await?;
    let find = |email: &CustomerEmail| {
        let mut rows = everybody.iter();
        rows.find(|row| row.member.email.spelling() == email.spelling())
    };
    let row = find(&test.staff).context(
        "nobody is enrolled under the address of --staff; correct it (stagedoor staff list), or say with --role what roles to \
         take",
    )?;
    let staff = &row.member;
    let (roles, ended, profile) = roles_of_profiles(row, &config.sign_in_terms(), at);
    let finding = |rule: &str, met: bool, says: &str| Finding {
        rule: rule.to_owned(),
        state: met.into(),
        says: says.to_owned(),
    };
    let enabled = match staff.disabled {
        true => finding("staff.disabled", false, "the staff member is disabled"),
        false => finding("staff.disabled", true, "the staff member is not disabled"),
    };
    let customer = match find(&test.customer) {
        Some(_) => finding(
            "staff.enrolled",
            false,
            "the customer's address is a staff member's",
        ),
        None => finding(
            "staff.enrolled",
            true,
            "the customer's address is no staff member's",
        ),
    };
    Ok(Known {
        roles,
        ended: Some(ended),
        findings: vec![enabled, profile, customer],
    })
}

/// The roles of each profile that a login could be by at that time, how many sessions are not open then, and whether there is
/// such a profile. Of somebody who has none, the roles that the administrator gave them.
fn roles_of_profiles(
    row: &StaffRow,
    terms: &SignInTerms,
    at: Timestamp,
) -> (BTreeSet<BTreeSet<Role>>, usize, Finding) {
    let given = &row.member.roles;
    let open: Vec<_> = row
        .sessions
        .iter()
        .filter(|session| session.is_open(terms, at))
        .collect();
    let with = |session: &&SignedIn| given.iter().chain(session.roles_under(terms)).cloned().collect();
    let mut roles: BTreeSet<BTreeSet<Role>> = open.iter().map(with).collect();
    let by_code = usize::try_from(row.profiles).unwrap_or_default() > row.sessions.len();
    let (state, says) = match by_code || !open.is_empty() {
        true => (
            State::Met,
            "the staff member has a browser profile that is open at that time",
        ),
        false => (
            State::Open,
            "the staff member has no browser profile that is open at that time",
        ),
    };
    let profile = Finding {
        rule: PROFILE.to_owned(),
        state,
        says: says.to_owned(),
    };
    if by_code || roles.is_empty() {
        roles.insert(given.clone());
    }
    (roles, row.sessions.len() - open.len(), profile)
}

fn names(roles: &BTreeSet<Role>) -> String {
    match roles.is_empty() {
        true => "no role".to_owned(),
        false => roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", "),
    }
}

impl Known {
    fn has_no_profile(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.rule == PROFILE && finding.state == State::Open)
    }

    fn refusal(&self, decision: &Decision<'_>) -> Option<policy::Refusal> {
        let fails = |rule: &str| {
            let mut findings = self.findings.iter();
            findings.any(|finding| finding.rule == rule && finding.state != State::Met)
        };
        if fails("staff.disabled") {
            return Some(policy::disabled_staff());
        }
        let refused = matches!(decision.verdict, Verdict::Refused(_));
        (fails("staff.enrolled") && !refused).then(policy::enrolled_staff)
    }
}

fn in_words(config: &Config, decision: &Decision<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let rules = decision.findings.iter().map(|finding| finding.rule.len());
    let width = rules.max().unwrap_or_default();
    for finding in &decision.findings {
        let state = state(finding.state);
        lines.push(format!("{state:8}  {:width$}  {}", finding.rule, finding.says));
    }
    match &decision.verdict {
        Verdict::Allowed(terms) => {
            let (isolation, confirm) = (word(&terms.isolation), word(&terms.confirm));
            let seconds = terms.validity_seconds;
            lines.push(format!(
                "ALLOWED: a token of {seconds} s, isolation {isolation}, confirmation {confirm}"
            ));
            if terms.approval {
                let roles = approver_roles(config).join(", ");
                lines.push(format!(
                    "It needs approval by one of the roles {roles}, from somebody else than the person who asks"
                ));
            }
        }
        Verdict::Refused(refusal) => {
            lines.push(format!("REFUSED by {} ({})", refusal.rule, refusal.code));
            lines.push(refusal.detail.clone());
        }
        Verdict::Undecided(refusal) if refusal.rule == PROFILE => {
            lines.push(format!("UNDECIDED by {} ({})", refusal.rule, refusal.code));
            lines.push(refusal.detail.clone());
        }
        Verdict::Undecided(refusal) => {
            lines.push(format!(
                "UNDECIDED: it depends on {}, for which --from is needed",
                refusal.rule
            ));
        }
    }
    lines
}

fn as_json(config: &Config, decision: &Decision<'_>) -> Value {
    let rules = decision.findings.iter().map(|finding| {
        json!({"rule": finding.rule, "state": state(finding.state).replace(' ', "_"), "says": finding.says})
    });
    let mut answer = match &decision.verdict {
        Verdict::Allowed(terms) => json!({
            "decision": "allowed",
            "validitySeconds": terms.validity_seconds,
            "isolation": terms.isolation,
            "confirm": terms.confirm,
            "approverRoles": if terms.approval { approver_roles(config) } else { Vec::new() },
        }),
        Verdict::Refused(refusal) => json!({
            "decision": "refused",
            "code": refusal.code.as_str(),
            "rule": refusal.rule,
            "detail": refusal.detail,
        }),
        Verdict::Undecided(refusal) => json!({"decision": "undecided", "rule": refusal.rule}),
    };
    answer["rules"] = rules.collect();
    answer["policyVersion"] = config.version.as_str().into();
    answer
}

/// Several answers, each for the profiles that have these roles.
fn by_profile(config: &Config, decisions: &[(&BTreeSet<Role>, Decision<'_>)], agreed: bool) -> Value {
    let profiles: Vec<_> = decisions
        .iter()
        .map(|(roles, decision)| {
            let mut answer = as_json(config, decision);
            answer["roles"] = roles.iter().map(Role::as_str).collect();
            answer
        })
        .collect();
    let same = profiles.first().filter(|_| agreed);
    json!({
        "decision": same.map_or_else(|| "undecided".into(), |answer| answer["decision"].clone()),
        "profiles": profiles,
        "policyVersion": config.version.as_str(),
    })
}

fn approver_roles(config: &Config) -> Vec<String> {
    let approval = config.policy.approval.as_ref();
    approval.map(Approval::role_names).unwrap_or_default()
}

fn state(state: State) -> &'static str {
    match state {
        State::Met => "met",
        State::NotMet => "not met",
        State::Open => "open",
    }
}

/// The word on the wire.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

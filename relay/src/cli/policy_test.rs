//! `stagedoor policy test`: would this login be allowed, and what does each rule say of it?

use std::{collections::BTreeSet, net::IpAddr, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagedoor_protocol::{CustomerEmail, PlatformId};

use super::{ledger::undone, say};
use crate::spelling::Spelling as _;
use crate::{
    clock::{Clock, SystemClock},
    config::{Approval, Config, Keys},
    policy::{self, Decision, Finding, Question, State, Verdict},
    store::{self, Role, Store},
};

/// The login would be refused.
const REFUSED: u8 = 1;
/// It depends on what is not said, or could not be looked up.
const UNDECIDED: u8 = 2;

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

/// What the store says of the two, if it is asked.
#[derive(Debug, Default)]
struct Known {
    roles: BTreeSet<Role>,
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
            bail!("there are several platforms, and each may have other rules; name one with --platform")
        }
    };
    let known = if test.roles.is_empty() {
        look_up(&*store::open_to_read(&config.store).await?, &config, test).await?
    } else {
        Known {
            roles: test.roles.iter().cloned().collect(),
            findings: Vec::new(),
        }
    };
    let question = Question {
        staff: &test.staff,
        roles: &known.roles,
        platform,
        customer: &test.customer,
        reason: test.reason.as_deref(),
        ticket: test.ticket.as_deref(),
        from: test.from,
        at: test.at.unwrap_or_else(|| SystemClock::new().now()),
    };
    let mut decision = policy::decide(&config, &question);
    // What the store knows comes first, as it does for a real login, but for the customer's being staff: that comes last.
    if let Some(refusal) = known.refusal(&decision) {
        decision.verdict = Verdict::Refused(refusal);
    }
    decision.findings.splice(0..0, known.findings);
    if test.json {
        say(as_json(&config, &decision))?;
    } else {
        for line in in_words(&config, &decision) {
            say(line)?;
        }
        if !test.roles.is_empty() {
            say(
                "Not looked at: whether the staff member is enrolled and enabled, and whether the customer is enrolled as staff.",
            )?;
        }
    }
    Ok(match decision.verdict {
        Verdict::Allowed(_) => 0,
        Verdict::Refused(_) => REFUSED,
        Verdict::Undecided(_) => UNDECIDED,
    })
}

async fn look_up(store: &dyn Store, config: &Config, test: &PolicyTest) -> anyhow::Result<Known> {
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
    let brought = row.sign_in_roles(&config.sign_in_terms(), SystemClock::new().now());
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
        roles: &staff.roles | &brought,
        findings: vec![enabled, customer],
    })
}

impl Known {
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

//! Decisions: single ones, and what holds of all of them.

mod approval;
mod properties;
mod told;

use std::collections::BTreeSet;

use stagedoor_protocol::{Confirm, CustomerEmail, Isolation, PlatformId};

use super::{decision::Terms, *};
use crate::{
    config::{Config, EXAMPLE, Keys},
    store::Role,
};

const LIVE: &str = r#"
[[platform]]
id = "demo"
name = "Demo"
environment = "demo"
api = "v1"
base_url = "https://broker-api.broker.example"
platform_url = "https://demo.broker.example"
api_key_file = "/etc/stagedoor/api-key"
"#;

/// The example, a second platform, and a policy.
pub(super) fn config(policy: &str) -> Config {
    Config::parse(&format!("{EXAMPLE}\n{LIVE}\n{policy}"), Keys::Lists).unwrap()
}

pub(super) fn roles(names: &[&str]) -> BTreeSet<Role> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// What is asked, as texts.
#[derive(Clone, Copy)]
struct Ask<'a> {
    roles: &'a [&'a str],
    platform: &'a str,
    customer: &'a str,
    reason: Option<&'a str>,
    ticket: Option<&'a str>,
    from: Option<&'a str>,
    at: &'a str,
}

const ASK: Ask<'_> = Ask {
    roles: &["support"],
    platform: "main",
    customer: "jane.roe@customers.example",
    reason: Some("Cannot find the withdrawal form"),
    ticket: Some("SUP-1042"),
    from: Some("198.51.100.7"),
    // A Friday, at eleven in Warsaw.
    at: "2026-11-27T10:00:00Z",
};

fn verdict(config: &Config, ask: Ask<'_>) -> Verdict {
    decision(config, ask).verdict
}

fn allowed_by<'c>(config: &'c Config, ask: Ask<'_>) -> Vec<&'c str> {
    decision(config, ask).grants
}

fn decision<'c>(config: &'c Config, ask: Ask<'_>) -> Decision<'c> {
    let (staff, customer) = ("desk@freemail.example", ask.customer);
    let question = Question {
        staff: &CustomerEmail::parse(staff).unwrap(),
        roles: &roles(ask.roles),
        platform: &PlatformId::parse(ask.platform).unwrap(),
        customer: &CustomerEmail::parse(customer).unwrap(),
        reason: ask.reason,
        ticket: ask.ticket,
        from: ask.from.map(|from| from.parse().unwrap()),
        at: ask.at.parse().unwrap(),
    };
    decide(config, &question)
}

/// `allowed`, or the rule that refuses; with a question mark the one that it depends on.
fn answer(config: &Config, ask: Ask<'_>) -> String {
    match verdict(config, ask) {
        Verdict::Allowed(_) => "allowed".to_owned(),
        Verdict::Refused(refusal) => refusal.rule,
        Verdict::Undecided(refusal) => format!("{}?", refusal.rule),
    }
}

#[test]
fn without_grants_everybody_may_open_everywhere_but_for_those_whom_nobody_opens() {
    let config = config("[policy.deny]\naddresses = [\"left@customers.example\"]");
    for (ask, expected) in [
        (ASK, "allowed"),
        (Ask { roles: &[], ..ASK }, "allowed"),
        (
            Ask {
                platform: "demo",
                ..ASK
            },
            "allowed",
        ),
        (Ask { from: None, ..ASK }, "allowed"),
        (Ask { reason: None, ..ASK }, "allowed"),
        (
            Ask {
                platform: "other",
                ..ASK
            },
            "platform",
        ),
        (
            Ask {
                customer: "LEFT@customers.example",
                ..ASK
            },
            "policy.deny",
        ),
        (
            Ask {
                customer: "Desk@Freemail.example",
                ..ASK
            },
            "staff.own_address",
        ),
        (
            Ask {
                customer: "ops@mail.broker.example",
                ..ASK
            },
            "staff.domains",
        ),
        (
            Ask {
                customer: "jane@xn--zzzzzz.closed.example",
                ..ASK
            },
            "customer.domain",
        ),
    ] {
        assert_eq!(answer(&config, ask), expected);
    }
}

const DESK: &str = r#"
[[policy.grant]]
roles = ["support"]
platforms = ["main"]
reason = "required"
reason_min_length = 10
ticket = "required"
ticket_pattern = "SUP-[0-9]{1,8}"
networks = ["198.51.100.0/24", "2001:db8::/32"]
hours = { days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00", zone = "Europe/Warsaw" }
validity_seconds = 20
confirm = "when_ambiguous"

[[policy.grant]]
roles = ["lead", "support"]
platforms = ["demo"]

[[policy.grant]]
roles = ["lead"]
platforms = "*"
vip = true
confirm = "always"

[policy.deny]
domains = ["blocked.example"]

[policy.vip]
addresses = ["vip@customers.example"]
"#;

#[test]
fn each_rule_refuses_by_its_name() {
    let config = config(DESK);
    let vip = "vip@customers.example";
    for (ask, expected) in [
        (ASK, "allowed"),
        (Ask { roles: &[], ..ASK }, "policy.grant"),
        (
            Ask {
                roles: &["sales"],
                ..ASK
            },
            "policy.grant",
        ),
        (
            Ask {
                roles: &["sales", "lead"],
                ..ASK
            },
            "allowed",
        ),
        (Ask { reason: None, ..ASK }, "policy.grant[0].reason"),
        (
            Ask {
                reason: Some(
                    "\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}\u{200C}",
                ),
                ..ASK
            },
            "policy.grant[0].reason",
        ),
        (
            Ask {
                reason: Some("  short  "),
                ..ASK
            },
            "policy.grant[0].reason",
        ),
        (Ask { ticket: None, ..ASK }, "policy.grant[0].ticket"),
        (
            Ask {
                ticket: Some("  "),
                ..ASK
            },
            "policy.grant[0].ticket",
        ),
        (
            Ask {
                ticket: Some(" SUP-1 "),
                ..ASK
            },
            "allowed",
        ),
        (
            Ask {
                ticket: Some("SUP-1 SUP-2"),
                ..ASK
            },
            "policy.grant[0].ticket_pattern",
        ),
        (
            Ask {
                from: Some("203.0.113.7"),
                ..ASK
            },
            "policy.grant[0].networks",
        ),
        (
            Ask {
                from: Some("2001:db8::7"),
                ..ASK
            },
            "allowed",
        ),
        (
            Ask {
                from: Some("::ffff:198.51.100.9"),
                ..ASK
            },
            "allowed",
        ),
        (Ask { from: None, ..ASK }, "policy.grant[0].networks?"),
        (
            Ask {
                from: None,
                ticket: None,
                ..ASK
            },
            "policy.grant[0].ticket",
        ),
        (
            Ask {
                at: "2026-11-28T10:00:00Z",
                ..ASK
            },
            "policy.grant[0].hours",
        ),
        // What cannot be put right at once is said first.
        (
            Ask {
                at: "2026-11-28T10:00:00Z",
                reason: None,
                ..ASK
            },
            "policy.grant[0].hours",
        ),
        (
            Ask {
                platform: "demo",
                reason: None,
                ticket: None,
                ..ASK
            },
            "allowed",
        ),
        (
            Ask {
                customer: "x@blocked.example",
                ..ASK
            },
            "policy.deny",
        ),
        (
            Ask {
                customer: "x@blocked.example",
                roles: &["lead"],
                ..ASK
            },
            "policy.deny",
        ),
        // Whoever may open nobody learns nothing about the lists.
        (
            Ask {
                customer: "x@blocked.example",
                roles: &["sales"],
                ..ASK
            },
            "policy.grant",
        ),
        (
            Ask {
                customer: vip,
                roles: &["sales"],
                ..ASK
            },
            "policy.grant",
        ),
        (Ask { customer: vip, ..ASK }, "policy.vip"),
        (
            Ask {
                customer: vip,
                roles: &["lead"],
                ..ASK
            },
            "allowed",
        ),
        (
            Ask {
                customer: vip,
                roles: &["lead"],
                reason: None,
                ..ASK
            },
            "allowed",
        ),
    ] {
        assert_eq!(
            answer(&config, ask),
            expected,
            "{:?} {} {}",
            ask.roles,
            ask.customer,
            ask.at
        );
    }
}

#[test]
fn what_several_grants_allow_is_allowed_under_the_strictest_of_their_terms() {
    let config = config(DESK);
    let terms = |roles| match verdict(&config, Ask { roles, ..ASK }) {
        Verdict::Allowed(terms) => terms,
        other => panic!("{other:?}"),
    };
    let strict = Terms {
        validity_seconds: 20,
        isolation: Isolation::Required,
        confirm: Confirm::WhenAmbiguous,
        approval: false,
    };
    assert_eq!(terms(&["support"]), strict);
    let lead = Terms {
        validity_seconds: 30,
        confirm: Confirm::Always,
        ..strict
    };
    assert_eq!(terms(&["lead"]), lead);
    let both = Terms {
        confirm: Confirm::Always,
        ..strict
    };
    assert_eq!(terms(&["lead", "support"]), both);
    for (roles, grants) in [
        (&["support"][..], &["policy.grant[0]"][..]),
        (&["lead"][..], &["policy.grant[2]"][..]),
        (
            &["lead", "support"][..],
            &["policy.grant[0]", "policy.grant[2]"][..],
        ),
        (&["sales"][..], &[][..]),
    ] {
        assert_eq!(allowed_by(&config, Ask { roles, ..ASK }), grants);
    }
}

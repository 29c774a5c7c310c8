//! What holds of every decision.

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select};
use stagedoor_protocol::{CustomerEmail, PlatformId};

use super::{config, roles};
use crate::{
    config::Config,
    policy::{Question, Verdict, decide},
};

/// A question, as what it is made from.
#[derive(Debug, Clone)]
struct Asked {
    roles: Vec<&'static str>,
    platform: &'static str,
    customer: String,
    reason: Option<String>,
    ticket: Option<String>,
    from: Option<std::net::IpAddr>,
    at: i64,
}

impl Asked {
    fn verdict(&self, config: &Config) -> Verdict {
        let question = Question {
            staff: &CustomerEmail::parse("desk@a.example").unwrap(),
            roles: &roles(&self.roles),
            platform: &PlatformId::parse(self.platform).unwrap(),
            customer: &CustomerEmail::parse(&self.customer).unwrap(),
            reason: self.reason.as_deref(),
            ticket: self.ticket.as_deref(),
            from: self.from,
            at: Timestamp::from_second(self.at).unwrap(),
        };
        decide(config, &question).verdict
    }

    fn is_allowed(&self, config: &Config) -> bool {
        matches!(self.verdict(config), Verdict::Allowed(_))
    }
}

fn role() -> impl Strategy<Value = &'static str> {
    select(vec!["support", "lead", "sales"])
}

fn asked() -> impl Strategy<Value = Asked> {
    let from = prop_oneof![
        1 => Just(None),
        4 => select(vec!["10.0.0.1", "::ffff:10.0.0.1", "192.0.2.1", "2001:db8::1"])
            .prop_map(|from| Some(from.parse().unwrap())),
        1 => any::<std::net::IpAddr>().prop_map(Some),
    ];
    let customer = prop_oneof![
        select(vec!["desk", "jane", "JANE", "józef", "x+y"]).prop_flat_map(|local| {
            select(vec![
                "a.example",
                "A.Example",
                "b.a.example",
                "ü.example",
                "xn--tda.example",
                "broker.example",
            ])
            .prop_map(move |domain| format!("{local}@{domain}"))
        }),
        "\\PC{1,8}@\\PC{1,8}\\.\\PC{1,8}"
            .prop_filter("an address", |text| CustomerEmail::parse(text).is_ok()),
    ];
    let at = prop_oneof![
        1_700_000_000..1_800_000_000_i64,
        Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
    ];
    (
        vec(role(), 0..3),
        select(vec!["main", "demo", "none"]),
        customer,
        prop::option::of("\\PC{0,12}"),
        prop::option::of("T-[0-9]|\\PC{0,8}"),
        from,
        at,
    )
        .prop_map(|(roles, platform, customer, reason, ticket, from, at)| Asked {
            roles,
            platform,
            customer,
            reason,
            ticket,
            from,
            at,
        })
}

/// A line of a grant, or none.
fn line(lines: Vec<&'static str>) -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), select(lines)]
}

fn grant() -> impl Strategy<Value = String> {
    let rules = [
        line(vec!["reason = \"required\"", "reason_min_length = 4"]),
        line(vec!["ticket = \"required\""]),
        line(vec!["ticket_pattern = \"T-[0-9]+\"", "ticket_pattern = \".*\""]),
        line(vec![
            "networks = [\"10.0.0.0/8\"]",
            "networks = [\"2001:db8::/32\", \"192.0.2.1\"]",
        ]),
        line(vec![
            "hours = { days = [\"mon\", \"wed\"], from = \"08:00\", to = \"18:00\", zone = \"Europe/Warsaw\" }",
            "hours = { days = [\"sat\", \"sun\"], from = \"22:00\", to = \"06:00\", zone = \"America/New_York\" }",
        ]),
        line(vec!["validity_seconds = 10"]),
        line(vec!["confirm = \"when_ambiguous\""]),
    ];
    let who = select(vec![
        "roles = \"*\"",
        "roles = [\"support\"]",
        "roles = [\"support\", \"lead\"]",
        "roles = [\"sales\"]",
    ]);
    let place = select(vec![
        "platforms = \"*\"",
        "platforms = [\"main\"]",
        "platforms = [\"demo\"]",
    ]);
    (who, place, any::<bool>(), rules).prop_map(|(who, place, vip, rules)| {
        format!(
            "[[policy.grant]]\n{who}\n{place}\nvip = {vip}\n{}\n",
            rules.join("\n")
        )
    })
}

fn entries() -> impl Strategy<Value = Vec<&'static str>> {
    vec(
        select(vec![
            "jane@a.example",
            "JÓZEF@Ü.example",
            "x+y@b.a.example",
            "other@c.example",
        ]),
        0..3,
    )
}

fn domains() -> impl Strategy<Value = Vec<&'static str>> {
    vec(
        select(vec!["a.example", "b.a.example", "ü.example", "c.example"]),
        0..2,
    )
}

/// A policy's grants and the rest of it.
fn policy(grants: &[String], vip: &[&str], deny: (&[&str], &[&str])) -> Config {
    let has_vip = grants.iter().any(|grant| grant.contains("vip = true"));
    let vip = if has_vip {
        format!("[policy.vip]\naddresses = {vip:?}\n")
    } else {
        String::new()
    };
    let (addresses, domains) = deny;
    config(&format!(
        "{}{vip}[policy.deny]\naddresses = {addresses:?}\ndomains = {domains:?}\n",
        grants.concat()
    ))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_more_denied_customer_never_allows_more(
        grants in vec(grant(), 0..4), vip in entries(), deny in entries(), denied in domains(),
        more in entries(), more_domains in domains(), asked in asked(),
    ) {
        let before = policy(&grants, &vip, (&deny, &denied));
        let after = policy(
            &grants,
            &vip,
            (&[deny.clone(), more].concat(), &[denied.clone(), more_domains].concat()),
        );
        prop_assert!(asked.is_allowed(&before) || !asked.is_allowed(&after));
    }

    #[test]
    fn the_order_of_grants_says_nothing(
        (grants, shuffled) in vec(grant(), 1..5).prop_flat_map(|grants| (Just(grants.clone()), Just(grants).prop_shuffle())),
        vip in entries(), deny in entries(), asked in asked(),
    ) {
        let say = |grants: &[String]| match asked.verdict(&policy(grants, &vip, (&deny, &[]))) {
            Verdict::Allowed(terms) => format!("{terms:?}"),
            // The number in a rule's name is the only thing that may differ.
            Verdict::Refused(refusal) => format!("{} {}", refusal.code, refusal.detail),
            Verdict::Undecided(refusal) => format!("open {}", refusal.detail),
        };
        prop_assert_eq!(say(&grants), say(&shuffled));
    }

    #[test]
    fn a_grant_only_ever_adds_and_its_rules_only_ever_narrow(
        grants in vec(grant(), 2..5), vip in entries(), asked in asked(),
    ) {
        let all = policy(&grants, &vip, (&[], &[]));
        let mut fewer = all.clone();
        fewer.policy.grants.pop();
        prop_assert!(asked.is_allowed(&all) || !asked.is_allowed(&fewer));
        let mut wider = all.clone();
        for grant in &mut wider.policy.grants {
            grant.hours = None;
            grant.networks.clear();
            grant.ticket = Default::default();
            grant.reason = None;
            grant.reason_min_length = None;
        }
        prop_assert!(asked.is_allowed(&wider) || !asked.is_allowed(&all));
    }

    #[test]
    fn whoever_is_allowed_is_allowed_by_rules_that_are_all_met(
        grants in vec(grant(), 0..4), vip in entries(), deny in entries(), asked in asked(),
    ) {
        let config = policy(&grants, &vip, (&deny, &[]));
        let customer = CustomerEmail::parse(&asked.customer).unwrap();
        if asked.is_allowed(&config) {
            prop_assert!(!config.policy.deny.covers(&customer));
            prop_assert!(!config.staff.owns(&customer.domain()));
            prop_assert!(config.platforms.iter().any(|platform| platform.id.as_str() == asked.platform));
            // Without a role only a grant for everybody can have allowed it.
            if !grants.is_empty() && asked.roles.is_empty() {
                prop_assert!(grants.iter().any(|grant| grant.contains("roles = \"*\"")));
            }
        }
    }
}

//! What a person is told: by a refusal, and beforehand.

use super::*;

#[test]
fn a_refusal_says_what_to_do_and_nobodys_address() {
    let config = config(DESK);
    for (ask, code, says) in [
        (Ask { roles: &[], ..ASK }, "not_permitted", "You have no role"),
        (
            Ask {
                roles: &["sales"],
                ..ASK
            },
            "not_permitted",
            "stagedoor staff roles",
        ),
        (
            Ask {
                at: "2026-11-27T18:00:00Z",
                ..ASK
            },
            "not_permitted",
            "next on 2026-11-30 at 08:00. Try again then",
        ),
        (
            Ask {
                from: Some("203.0.113.7"),
                ..ASK
            },
            "not_permitted",
            "comes from 203.0.113.7. Connect to the firm's network",
        ),
        (
            Ask {
                customer: "vip@customers.example",
                ..ASK
            },
            "not_permitted",
            "Hand over",
        ),
        (
            Ask {
                customer: "x@blocked.example",
                ..ASK
            },
            "customer_not_allowed",
            "ask the administrator",
        ),
        (
            Ask { reason: None, ..ASK },
            "reason_required",
            "at least 10 characters",
        ),
        (Ask { ticket: None, ..ASK }, "ticket_required", "Write its number"),
        (
            Ask {
                ticket: Some("1"),
                ..ASK
            },
            "ticket_required",
            "Copy its number",
        ),
    ] {
        let Verdict::Refused(refusal) = verdict(&config, ask) else {
            panic!("{says}")
        };
        assert_eq!(refusal.code.as_str(), code, "{says}");
        assert!(refusal.detail.contains(says), "{}", refusal.detail);
        for secret in ["customers.example", "blocked", "SUP-", "198.51.100"] {
            assert!(!refusal.detail.contains(secret), "{}", refusal.detail);
        }
    }
}

#[test]
fn a_person_is_offered_what_their_roles_open_and_asked_for_no_more_than_one_grant_wants() {
    let config = config(DESK);
    let offered = |names: &[&str], from: &str, at: &str| {
        let (platforms, policy) = offer(&config, &roles(names), from.parse().unwrap(), at.parse().unwrap());
        let rules = platforms.iter().map(|platform| {
            let rules = platform.rules.unwrap_or_else(|| policy.rules());
            let reason = serde_json::to_value(rules.reason).unwrap();
            format!(
                "{} {} {} {} {}",
                platform.id,
                reason.as_str().unwrap(),
                rules.reason_min_length,
                rules.ticket_required,
                rules.validity_seconds
            )
        });
        rules.collect::<Vec<_>>()
    };
    let (inside, outside, friday) = ("198.51.100.7", "203.0.113.7", "2026-11-27T10:00:00Z");
    assert!(offered(&[], inside, friday).is_empty());
    assert!(offered(&["sales"], inside, friday).is_empty());
    assert_eq!(
        offered(&["support"], inside, friday),
        ["main required 10 true 20", "demo optional 0 false 30"]
    );
    assert_eq!(
        offered(&["lead"], inside, friday),
        ["main optional 0 false 30", "demo optional 0 false 30"]
    );
    assert_eq!(
        offered(&["lead", "support"], inside, friday),
        ["main optional 0 false 20", "demo optional 0 false 30"]
    );
    assert_eq!(
        offered(&["support"], outside, friday),
        ["main required 10 true 20", "demo optional 0 false 30"],
        "who is told of it after all, by the refusal"
    );
}

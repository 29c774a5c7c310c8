//! Whom a second person must approve of.

use super::*;

const APPROVED: &str = r#"
[[policy.grant]]
roles = ["support"]
platforms = "*"
vip = true

[[policy.grant]]
roles = ["junior"]
platforms = "*"
approval = "required"

[policy.vip]
domains = ["vip.example"]

[policy.approval]
roles = ["lead", "compliance"]
vip = true
addresses = ["listed@customers.example"]
"#;

#[test]
fn a_second_person_must_approve_by_the_lists_or_by_any_grant_that_serves() {
    let config = config(APPROVED);
    let vip = "jane@shop.vip.example";
    for (roles, customer, expected) in [
        (&["support"][..], ASK.customer, false),
        (&["support"], "Listed@Customers.example", true),
        (&["support"], vip, true),
        (&["junior"], ASK.customer, true),
        // The stricter of two that serve.
        (&["junior", "support"], ASK.customer, true),
        // Only one of the two opens a VIP customer at all.
        (&["junior", "support"], vip, true),
    ] {
        match verdict(
            &config,
            Ask {
                roles,
                customer,
                ..ASK
            },
        ) {
            Verdict::Allowed(terms) => assert_eq!(terms.approval, expected, "{roles:?} {customer}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        answer(
            &config,
            Ask {
                roles: &["junior"],
                customer: vip,
                ..ASK
            }
        ),
        "policy.vip"
    );
}

//! Fields that hold several addresses, or more than one.

use super::*;

#[test]
fn a_field_with_several_addresses_is_left_to_the_person() {
    let both = ["anna@example.com", "bert@example.com"];
    check(vec![fact(Kind::Input, &both.join("; "))], &both, false);
    check(
        vec![fact(Kind::Input, "anna@example.com (old)")],
        &both[..1],
        false,
    );
    // One of them may be the firm's own; whose the other one is remains a question.
    let own = format!("anna@example.com, {}", session().staff.email);
    check(vec![fact(Kind::Input, &own)], &["anna@example.com"], false);
}

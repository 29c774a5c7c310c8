//! The firm's own people, and whoever asks.

use super::*;

#[test]
fn staff_are_nobodys_customer() {
    check(
        vec![
            fact(Kind::Text, "DESK@Broker.Example"),
            fact(Kind::Mailto, "mailto:someone.else@broker.example"),
            fact(Kind::Mailto, "mailto:x@mail.BROKER.example"),
            fact(Kind::Labelled, "anna@notbroker.example"),
        ],
        &["anna@notbroker.example"],
        true,
    );
}

#[test]
fn the_own_address_is_left_out_whatever_its_domain() {
    let mut session = session();
    session.staff.email = "Me@freelance.example".into();
    session.policy.staff_domains = vec![String::new()];
    let frames = [page(vec![
        fact(Kind::Text, "me@FREELANCE.example"),
        fact(Kind::Text, "anna@freelance.example"),
    ])];
    let ranking = rank(&frames, &session);
    assert_eq!(ranking.candidates.len(), 1);
    assert_eq!(ranking.candidates[0].email.as_str(), "anna@freelance.example");
}

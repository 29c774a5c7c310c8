//! What is remarked on an address beside it.

use super::{
    titles::{NAMED, OWN, field, is_clear},
    *,
};

fn remarked(value: &str, remark: &str) -> Fact {
    Fact {
        remark: Some(remark.into()),
        ..field(value)
    }
}

#[test]
fn an_address_is_proposed_with_a_remark_on_its_state_alone() {
    for (remark, clear) in [
        ("", true),
        ("verified", true),
        ("not verified", true),
        ("not yet confirmed", true),
        ("primary · confirmed 12 march 2024 · bounced 2x", true),
        ("since jan 2021", true),
        ("anna kowalska", true),
        ("nicht verifiziert", true),
        ("niezweryfikowany", true),
        ("spouse", false),
        ("wife", false),
        ("not the client", false),
        ("not hers", false),
        ("client’s mother", false),
        ("verified by his brother", false),
        ("old", false),
        ("nicht kunde", false),
        ("żona", false),
    ] {
        for value in [OWN, NAMED] {
            let found = is_clear("Anna Kowalska", remarked(value, remark));
            assert_eq!(found, clear, "{value} {remark}");
        }
    }
}

#[test]
fn one_place_with_such_a_remark_is_enough() {
    let facts = vec![field(OWN), remarked(OWN, "his mother’s")];
    assert!(!rank(&super::names::headed("Anna Kowalska", facts), &session()).clear);
}

#[test]
fn in_the_place_of_a_recipe_only_a_word_for_somebody_else_counts() {
    for (remark, clear) in [("edit in line", true), ("spouse", false)] {
        let facts = vec![fact(Kind::Recipe, OWN), remarked(OWN, remark)];
        let frame = super::recipes::recipe_page(facts);
        assert_eq!(rank(&[frame], &session()).clear, clear, "{remark}");
    }
}

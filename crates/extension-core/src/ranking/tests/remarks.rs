//! What is remarked on an address beside it.

use super::{
    names::headed,
    recipes::recipe_page,
    titles::{NAMED, OWN, field, is_clear},
    *,
};

fn remarked(kind: Kind, value: &str, remark: &str) -> Fact {
    Fact {
        remark: Some(remark.into()),
        ..fact(kind, value)
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
        ("verified by email 3 days ago", true),
        ("copy send edit", true),
        ("anna kowalska", true),
        ("anna", true),
        ("nicht verifiziert", true),
        ("sin verificar", true),
        ("niezweryfikowany", true),
        ("non validé", true),
        ("غير مؤكد", true),
        ("已验证", true),
        // Whose it is.
        ("spouse", false),
        ("wife", false),
        ("not the client", false),
        ("not hers", false),
        ("not", false),
        ("client’s mother", false),
        ("verified by his brother", false),
        ("old", false),
        ("nicht kunde", false),
        ("żona", false),
        ("妻", false),
        ("母", false),
        ("w/o anna kowalska", false),
        ("c/o anna", false),
        ("kowalska", false),
        ("not anna kowalska", false),
        ("jan", false),
        ("contact", false),
        ("account contact", false),
        ("not verified user of this account", false),
        ("new user", false),
        ("copy only", false),
        ("home of anna kowalska", false),
        ("common", false),
        ("unread", false),
        ("not used by anna kowalska", false),
        ("not the anna kowalska", false),
        ("mrs anna kowalska", true),
        ("minh", false),
        ("đã xác minh", true),
        ("used by jan since 2021", false),
        ("julio 600 123 456", false),
        ("verified 3 mar 2024", true),
        ("home of anna kowalska since 2019", false),
        ("your e-mail address", true),
    ] {
        for value in [OWN, NAMED] {
            let found = is_clear("Anna Kowalska", remarked(Kind::Labelled, value, remark));
            assert_eq!(found, clear, "{value} {remark}");
        }
    }
}

#[test]
fn one_place_with_such_a_remark_is_enough() {
    let facts = vec![field(OWN), remarked(Kind::Labelled, OWN, "his mother’s")];
    assert!(!rank(&headed("Anna Kowalska", facts), &session()).clear);
}

#[test]
fn in_a_sentence_only_a_word_for_somebody_else_counts() {
    for (remark, clear) in [
        ("+48 22 555 01 42 · warsaw, poland", true),
        ("her mother, of the same name", false),
        ("not the client", false),
        ("frau anna kowalska", true),
    ] {
        let facts = vec![field(NAMED), remarked(Kind::Text, NAMED, remark)];
        let found = rank(&headed("Anna Kowalska", facts), &session()).clear;
        assert_eq!(found, clear, "{remark}");
    }
}

#[test]
fn in_the_place_of_a_recipe_only_a_word_for_somebody_else_counts() {
    for (remark, clear) in [
        ("edit in line", true),
        ("assigned to ben ito", true),
        ("spouse", false),
        ("father’s", false),
    ] {
        for kind in [Kind::Recipe, Kind::Labelled] {
            let facts = vec![fact(Kind::Recipe, OWN), remarked(kind, OWN, remark)];
            let found = rank(&[recipe_page(facts)], &session()).clear;
            assert_eq!(found, clear, "{remark}");
        }
    }
}

//! What a recipe says, against everything else on a page; headings of sections; disguised domains.

use super::*;
use crate::recipe::Recipe;

/// A page that a recipe fits.
pub(super) fn recipe_page(facts: Vec<Fact>) -> Frame {
    let recipe = Recipe {
        name: "HubSpot".into(),
        record: "501".into(),
        only: true,
    };
    Frame {
        recipe: Some(recipe),
        ..page(facts)
    }
}

fn others() -> Vec<Fact> {
    vec![
        fact(Kind::Labelled, "bert@example.com"),
        fact(Kind::Input, "bert@example.com"),
        fact(Kind::Mailto, "mailto:bert@example.com"),
        fact(Kind::Selection, "bert@example.com"),
        fact(Kind::Text, "bert@example.com"),
    ]
}

#[test]
fn the_place_that_a_recipe_names_wins_over_all_others_together() {
    let mut facts = others();
    facts.push(fact(Kind::Recipe, "anna@example.com"));
    check_frames(
        &[recipe_page(facts.clone())],
        &["anna@example.com", "bert@example.com"],
        true,
    );
    let ranking = rank(&[recipe_page(facts)], &session());
    assert_eq!(
        ranking.candidates[0].evidence,
        [Text::with("evidence_recipe", "HubSpot".into())]
    );
}

#[test]
fn without_its_recipe_that_place_is_nothing() {
    let mut facts = others();
    facts.push(fact(Kind::Recipe, "anna@example.com"));
    check(facts, &["bert@example.com"], true);
}

#[test]
fn two_such_places_are_left_to_the_person() {
    let facts = vec![
        fact(Kind::Recipe, "anna@example.com"),
        fact(Kind::Labelled, "anna@example.com"),
        fact(Kind::Recipe, "anna@home.example"),
    ];
    check_frames(
        &[recipe_page(facts)],
        &["anna@example.com", "anna@home.example"],
        false,
    );
}

#[test]
fn a_recipe_that_knows_all_places_proposes_nobody_without_them() {
    check_frames(&[recipe_page(others())], &["bert@example.com"], false);
    let mut open = recipe_page(others());
    open.recipe.as_mut().unwrap().only = false;
    check_frames(&[open], &["bert@example.com"], true);
}

#[test]
fn parts_that_a_recipe_ignores_are_not_offered() {
    let ignored = Fact {
        region: Some(Region::Ignored),
        ..fact(Kind::Labelled, "bert@example.com")
    };
    let facts = vec![ignored, fact(Kind::Recipe, "anna@example.com")];
    check_frames(&[recipe_page(facts)], &["anna@example.com"], true);
}

#[test]
fn a_role_in_that_place_is_the_customers() {
    let facts = vec![fact(Kind::Recipe, "info@example.com")];
    check_frames(&[recipe_page(facts)], &["info@example.com"], true);
}

#[test]
fn headings_say_whose_fields_they_are() {
    for heading in [
        "Account manager",
        "Introducing broker",
        "Partner",
        "Activity",
        "Notes (3)",
    ] {
        let other = Fact {
            under: Some(heading.into()),
            ..fact(Kind::Labelled, "max@partner.example")
        };
        check(vec![other.clone()], &["max@partner.example"], false);
        check(
            vec![other, fact(Kind::Labelled, "anna@example.com")],
            &["anna@example.com", "max@partner.example"],
            true,
        );
    }
    let own = Fact {
        under: Some("contact".into()),
        ..fact(Kind::Labelled, "anna@example.com")
    };
    check(vec![own], &["anna@example.com"], true);
}

#[test]
fn letters_that_may_look_like_others_are_never_proposed() {
    for disguised in [
        "anna@\u{441}ustomers.example",
        "\u{430}nna@customers.example",
        "anna@customers.ex\u{3B1}mple",
        // Of one alphabet, in full width, joined, and without its dot.
        "\u{441}\u{43E}\u{440}\u{430}@example.com",
        "anna@\u{FF43}ustomers.example",
        "anna@of\u{FB01}ce.example",
        "anna@m\u{131}ra.example",
    ] {
        check(vec![fact(Kind::Labelled, disguised)], &[disguised], false);
        check_frames(
            &[recipe_page(vec![fact(Kind::Recipe, disguised)])],
            &[disguised],
            false,
        );
        check(
            vec![
                fact(Kind::Labelled, disguised),
                fact(Kind::Mailto, disguised),
                fact(Kind::Labelled, "bert@example.com"),
            ],
            &["bert@example.com", disguised],
            false,
        );
    }
    for plain in ["j\u{FC}rgen@example.com", "micha\u{142}@\u{17E}ivot.example"] {
        check(vec![fact(Kind::Labelled, plain)], &[plain], true);
    }
}

#[test]
fn a_place_without_an_address_makes_that_of_another_a_choice() {
    let mut frame = recipe_page(vec![fact(Kind::Recipe, "anna@example.com")]);
    check_frames(&[frame.clone()], &["anna@example.com"], true);
    frame.vacant = true;
    check_frames(&[frame], &["anna@example.com"], false);
}

#[test]
fn a_place_is_called_no_more_than_an_address() {
    for (label, clear) in [
        ("Email", true),
        ("E-Mail-Adresse", true),
        ("Anna Kowalska", true),
        ("Guarantor Email", false),
    ] {
        let link = Fact {
            label: Some(label.into()),
            ..fact(Kind::Mailto, "mailto:anna@example.com")
        };
        let frame = recipe_page(vec![fact(Kind::Recipe, "anna@example.com"), link]);
        check_frames(&[frame], &["anna@example.com"], clear);
    }
    let quick = Fact {
        under: Some("new contact".into()),
        ..fact(Kind::Recipe, "anna@example.com")
    };
    check_frames(&[recipe_page(vec![quick])], &["anna@example.com"], false);
}

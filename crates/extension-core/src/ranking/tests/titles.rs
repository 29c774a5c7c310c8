//! What the sections are called that an address stands in, and whom the page names first.

use super::{names::headed, *};

/// Shows the name in another form than the whole of it.
pub(super) const OWN: &str = "akowalska99@example.com";
pub(super) const NAMED: &str = "anna.kowalska@example.com";

pub(super) fn field(value: &str) -> Fact {
    fact(Kind::Labelled, value)
}

/// Whether the one address of a page with this first heading is proposed.
pub(super) fn is_clear(heading: &str, fact: Fact) -> bool {
    rank(&headed(heading, vec![fact]), &session()).clear
}

#[test]
fn a_section_is_the_customers_own_only_by_words_that_are_known_for_that() {
    for (title, clear) in [
        ("contact details", true),
        ("account holder", true),
        ("anna kowalska", true),
        ("about anna (20418)", true),
        ("stammdaten", true),
        ("datos del cliente", true),
        ("dane osobowe", true),
        ("coordonnées", true),
        ("بيانات العميل", true),
        ("личные данные", true),
        ("联系信息", true),
        ("third-party payer", false),
        ("payer details", false),
        ("contact person", false),
        ("accountant", false),
        ("einzahler", false),
        ("联系人信托", false),
    ] {
        let under = Fact {
            under: Some(title.into()),
            ..field(OWN)
        };
        let within = Fact {
            within: Some(format!("profile / {title}")),
            ..field(OWN)
        };
        for fact in [under, within] {
            assert_eq!(is_clear("Anna Kowalska", fact), clear, "{title}");
        }
    }
}

#[test]
fn one_place_under_a_known_title_will_do() {
    let payer = || Fact {
        under: Some("payer".into()),
        ..fact(Kind::Mailto, OWN)
    };
    let both = || vec![field(OWN), payer()];
    assert!(rank(&headed("Anna Kowalska", both()), &session()).clear);
    assert!(!rank(&headed("Anna Kowalska", vec![payer(), payer()]), &session()).clear);
}

#[test]
fn the_customers_name_is_the_whole_first_heading() {
    // Somebody else's address is beside it, so that only the name tells.
    let other = || fact(Kind::Text, "ben.ito@example.com");
    for (heading, clear) in [
        ("Anna Kowalska", true),
        ("Kowalska, ANNA (20418) verified", true),
        ("Client: Anna Kowalska", true),
        // A customer may have written this for a name.
        ("anna.kowalska@example.com", false),
        ("Anna Maria Kowalska", false),
        ("Anna Kowalska Trading Ltd", false),
        ("c/o Anna Kowalska, Maria Nowak", false),
        ("Customers", false),
    ] {
        let frames = headed(heading, vec![field(NAMED), other()]);
        assert_eq!(rank(&frames, &session()).clear, clear, "{heading}");
    }
    // Words between the parts of a name are none.
    let frames = headed(
        "Maria de la Cruz",
        vec![field("ana.de.la.torre@example.com"), other()],
    );
    assert!(!rank(&frames, &session()).clear);
}

#[test]
fn without_such_a_heading_a_part_of_the_title_will_do() {
    for (title, clear) in [
        ("Anna Kowalska | CRM", true),
        ("CRM – Customer: Anna Kowalska", true),
        ("Anna Kowalska and others", false),
    ] {
        let facts = vec![field(NAMED), fact(Kind::Text, "ben.ito@example.com")];
        let frames = [Frame {
            headings: title.into(),
            ..page(facts)
        }];
        assert_eq!(rank(&frames, &session()).clear, clear, "{title}");
    }
}

#[test]
fn a_field_behind_somebody_elses_is_left_to_the_person() {
    let behind = |value: &str| Fact {
        after: Some("account manager".into()),
        ..field(value)
    };
    assert!(!is_clear("Anna Kowalska", behind(OWN)));
    assert!(is_clear("Anna Kowalska", behind(NAMED)));
}

#[test]
fn a_panel_beside_the_page_is_the_customers_where_it_has_their_name() {
    let beside = |value: &str| Fact {
        region: Some(Region::Beside),
        ..field(value)
    };
    assert!(is_clear("Anna Kowalska", beside(NAMED)));
    assert!(!is_clear("Anna Kowalska", beside(OWN)));
    assert!(!is_clear("Ticket 4711", beside(NAMED)));
}

#[test]
fn a_link_agrees_with_the_name_if_it_shows_its_address() {
    for (read, clear) in [(true, true), (false, false)] {
        let link = Fact {
            read,
            ..fact(Kind::Mailto, "mailto:anna.kowalska@example.com")
        };
        assert_eq!(is_clear("Anna Kowalska", link), clear);
    }
}

#[test]
fn a_part_of_an_address_stands_in_the_way() {
    for text in ["a***a@example.com", "anna@exa…", "kasia@@99", "@dana", "5 @ 3"] {
        let facts = vec![field(OWN), fact(Kind::Text, text)];
        let part = text.starts_with("an") || text.starts_with("a*");
        assert_eq!(
            rank(&headed("Anna Kowalska", facts), &session()).clear,
            !part,
            "{text}"
        );
    }
}

#[test]
fn words_for_others_are_found_in_letters_of_any_alphabet() {
    let manager = Fact {
        label: Some("МЕНЕДЖЕР e-mail".into()),
        folded: Some("менеджер e-mail".into()),
        ..field(OWN)
    };
    assert!(!is_clear("Anna Kowalska", manager));
}

#[test]
fn where_the_first_heading_is_nobodys_name_the_title_has_it() {
    let page = |name: &str, title: &str| {
        let text = Fact {
            under: Some("anna kowalska, retail".into()),
            ..fact(Kind::Text, NAMED)
        };
        let headings = format!("{name}\n{title}");
        [Frame {
            headings,
            proper: Some(name.to_lowercase()),
            name: Some(name.into()),
            ..page(vec![text])
        }]
    };
    for (name, title, clear) in [
        ("Clients", "Clients - Anna Kowalska", true),
        ("Northfield", "Anna Kowalska | People", true),
        ("Clients", "Clients", false),
        // The title may lag behind.
        ("Ben Ito", "Anna Kowalska", false),
    ] {
        assert_eq!(
            rank(&page(name, title), &session()).clear,
            clear,
            "{name}, {title}"
        );
    }
}

#[test]
fn a_field_with_another_name_beside_it_is_another_persons() {
    let beside = |name: &str| Fact {
        named: Some(name.into()),
        ..field("knowak@example.com")
    };
    for (heading, name, clear) in [
        ("Katarzyna Nowak", "katarzyna nowak", true),
        ("Katarzyna Nowak", "ms k. nowak", true),
        ("Katarzyna Nowak", "nowak", true),
        ("Katarzyna Nowak", "nowak, katarzyna maria", true),
        ("Katarzyna Nowak", "maria nowak", false),
        ("Katarzyna Nowak", "ben ito", false),
        ("Katarzyna Nowak", "nowak (son)", false),
    ] {
        assert_eq!(is_clear(heading, beside(name)), clear, "{heading}, {name}");
    }
    let named = Fact {
        named: Some("maria nowak".into()),
        ..field(NAMED)
    };
    assert!(
        is_clear("Anna Kowalska", named),
        "the address has the page's name"
    );
}

#[test]
fn a_name_does_not_lift_above_a_login_or_what_is_open_over_the_page() {
    let login = Fact {
        label: Some("Platform login".into()),
        ..fact(Kind::Text, OWN)
    };
    let drawer = |value: &str| Fact {
        region: Some(Region::Beside),
        over: true,
        ..field(value)
    };
    for (other, clear) in [
        (fact(Kind::Text, OWN), true),
        (login, false),
        (drawer(OWN), false),
        // A banner of the program's maker.
        (drawer("support@vendor.example"), true),
    ] {
        let frames = headed("Anna Kowalska", vec![field(NAMED), other.clone()]);
        assert_eq!(rank(&frames, &session()).clear, clear, "{other:?}");
    }
}

#[test]
fn a_field_behind_whoever_did_something_is_not_the_customers() {
    for (after, clear) in [("phone", true), ("introducer", false), ("reported by", false)] {
        let fact = Fact {
            after: Some(after.into()),
            ..field(OWN)
        };
        assert_eq!(is_clear("Anna Kowalska", fact), clear, "{after}");
    }
}

#[test]
fn the_first_heading_is_understood_with_marks_on_its_letters() {
    // A page about somebody else than a customer.
    for heading in [
        "Manager: Marie Dupont",
        "Épouse : Marie Dupont",
        "Cónyuge",
        "Współmałżonek",
        "Chargé de clientèle",
        "Müdür",
        "Партнёр",
        "مسؤول الحساب",
    ] {
        assert!(!is_clear(heading, field(OWN)), "{heading}");
    }
}

#[test]
fn salutations_are_no_names() {
    let under = |title: &str| Fact {
        under: Some(title.into()),
        ..field(NAMED)
    };
    assert!(is_clear("Anna Kowalska", under("mrs anna kowalska")));
    assert!(is_clear("Wei Pan", field("wei.pan@example.com")));
    assert!(!is_clear("Wei Pan", field("mei.zhou@example.com")), "a surname");
    assert!(!is_clear(
        "Noor Haddad",
        Fact {
            under: Some("pan".into()),
            ..field(OWN)
        }
    ));
}

#[test]
fn a_section_is_not_the_customers_own_because_the_pages_title_names_it() {
    let page = |title: &str, under: &str| {
        let field = Fact {
            under: Some(under.into()),
            ..field(OWN)
        };
        let headings = format!("Anna Kowalska\n{title}");
        [Frame {
            headings,
            name: Some("anna kowalska".into()),
            proper: Some("anna kowalska".into()),
            ..page(vec![field])
        }]
    };
    for (title, under, clear) in [
        ("Emergency contact | Client 4711", "emergency contact", false),
        ("4711: Savings", "4711: savings", false),
        ("Guarantor", "guarantor", false),
    ] {
        assert_eq!(rank(&page(title, under), &session()).clear, clear, "{title}");
    }
}

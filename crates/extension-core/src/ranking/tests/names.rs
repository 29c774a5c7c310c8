//! Two addresses that may both be the customer's, and whose name the page's headings show.

use super::*;

/// A page with a heading.
pub(super) fn headed(heading: &str, facts: Vec<Fact>) -> [Frame; 1] {
    [Frame {
        headings: format!("{heading}\n"),
        name: heading.lines().next().map(crate::testing::letters),
        called: heading.lines().next().map(str::to_lowercase),
        proper: heading.lines().next().map(proper_words),
        ..page(facts)
    }]
}

/// The words that do not begin with a small letter, in small letters.
fn proper_words(line: &str) -> String {
    let words = line
        .split_whitespace()
        .filter(|word| !word.starts_with(char::is_lowercase));
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

const OWN: &str = "anna.kowalska@example.com";
const OTHER: &str = "ben.ito@example.com";

fn labelled(value: &str, under: &str) -> Fact {
    Fact {
        under: Some(under.into()),
        ..fact(Kind::Labelled, value)
    }
}

#[test]
fn a_label_does_not_tell_the_customers_address_from_anothers() {
    let facts = || vec![fact(Kind::Text, OWN), labelled(OTHER, "Emergency contact")];
    check(facts(), &[OTHER, OWN], false);
    check_frames(&headed("Anna Kowalska", facts()), &[OTHER, OWN], false);
    check_frames(&headed("Customer 4711", facts()), &[OTHER, OWN], false);
}

#[test]
fn a_heading_with_the_name_tells_it() {
    let facts = || vec![fact(Kind::Labelled, OWN), fact(Kind::Text, OTHER)];
    check(facts(), &[OWN, OTHER], false);
    for (heading, clear) in [
        ("Anna Kowalska", true),
        ("KOWALSKA, Anna (4711)", true),
        ("Anna", false),
        ("Ben Ito", false),
        // Then either of them may be meant.
        ("Anna Kowalska and Ben Ito", false),
        ("Anna Kowalska, formerly Ito", false),
    ] {
        check_frames(&headed(heading, facts()), &[OWN, OTHER], clear);
    }
}

#[test]
fn a_heading_with_somebody_elses_name_stops_a_proposal() {
    // Words that also say whose address it is not, and parts of the page, may be misread.
    let own = || Fact {
        region: Some(Region::Margin),
        ..fact(Kind::Labelled, OWN)
    };
    for (heading, clear) in [
        ("Noor Haddad", true),
        ("Maria Kowalska", false),
        ("Anna Kowalska", false),
    ] {
        let facts = vec![own(), fact(Kind::Labelled, "nhaddad@example.com")];
        check_frames(&headed(heading, facts), &["nhaddad@example.com", OWN], clear);
    }
}

#[test]
fn an_owner_may_be_one_of_the_staff_or_the_customer() {
    let owner = || labelled(OTHER, "Account owner");
    check(vec![owner()], &[OTHER], false);
    let facts = || vec![fact(Kind::Labelled, OWN), owner()];
    check(facts(), &[OWN, OTHER], false);
    check_frames(&headed("Anna Kowalska", facts()), &[OWN, OTHER], true);
}

#[test]
fn a_field_whose_address_cannot_be_read_may_be_the_customers() {
    for value in [
        "a***a@example.com",
        "anna.kow…@example.com",
        "anna@\u{200B}example.com",
    ] {
        let facts = vec![fact(Kind::Labelled, value), labelled(OTHER, "contact")];
        check_frames(&headed("Anna Kowalska", facts.clone()), &[OTHER], false);
        check_frames(&headed("Ben Ito", facts), &[OTHER], true);
    }
}

#[test]
fn of_two_addresses_in_a_field_one_that_cannot_be_read_counts_too() {
    for (value, clear) in [
        ("☑akowalska99@example.com", true),
        ("☐ben@example.com ☑akowalska99@example.com", false),
        ("✉akowalska99@example.com b***@example.com", false),
    ] {
        let frames = headed("Anna Kowalska", vec![fact(Kind::Labelled, value)]);
        check_frames(&frames, &["akowalska99@example.com"], clear);
    }
}

#[test]
fn a_field_that_may_be_anothers_needs_the_name() {
    for heading in ["Anna Kowalska", "Customer 4711"] {
        let mut frames = headed(heading, vec![fact(Kind::Labelled, OWN)]);
        frames[0].unsure = true;
        check_frames(&frames, &[OWN], heading != "Customer 4711");
    }
    // Headings further down are of cards about others.
    let mut frames = headed(
        "Customer 4711\nAccount\nAnna Kowalska\nCRM",
        vec![fact(Kind::Labelled, OWN)],
    );
    frames[0].unsure = true;
    check_frames(&frames, &[OWN], false);
}

#[test]
fn a_field_with_one_of_the_firms_addresses_may_be_the_customers() {
    let staff = session().staff.email;
    let colleague = format!("max.mueller@{}", staff.split('@').nth(1).unwrap());
    let facts = || vec![fact(Kind::Labelled, &colleague), labelled(OTHER, "contact")];
    check_frames(&headed("Max Mueller", facts()), &[OTHER], false);
    // It may stand in for the address of a customer who has none, or the browser has filled it in.
    check_frames(&headed("Customer 4711", facts()), &[OTHER], false);
    check_frames(&headed("Ben Ito", facts()), &[OTHER], true);
}

#[test]
fn a_relative_shares_the_surname_and_perhaps_an_initial() {
    for own in ["kasia99@example.com", "a***a@example.com"] {
        let facts = vec![
            fact(Kind::Labelled, own),
            labelled("maria.kowalska@example.com", "Mother"),
        ];
        let frames = headed("Anna M. Kowalska", facts);
        assert!(!rank(&frames, &session()).clear, "{own}");
    }
}

#[test]
fn the_heading_of_a_card_names_nobody_whose_address_stands_there() {
    let facts = || {
        vec![
            fact(Kind::Text, "kasia99@example.com"),
            labelled(OTHER, "Ben Ito"),
        ]
    };
    let frames = headed("Anna Kowalska\nBen Ito\nCRM", facts());
    assert!(!rank(&frames, &session()).clear);
    // Nor does any second heading: it may be that of a card.
    let facts = vec![labelled(OWN, "Contact"), fact(Kind::Text, OTHER)];
    assert!(!rank(&headed("Customers\nAnna Kowalska\nCRM", facts), &session()).clear);
}

#[test]
fn a_remark_leaves_the_customers_own_field_in_the_way_of_others() {
    let own = "kasia99@example.com";
    for (label, under) in [
        ("E-mail (modified 3 days ago)", ""),
        ("E-mail (confirmed by phone)", ""),
        ("E-mail", "How to reach the customer"),
        ("E-mail", "Account owner"),
        ("E-mail", "Log in details"),
    ] {
        let field = Fact {
            label: Some(label.into()),
            ..labelled(own, under)
        };
        let ranking = rank(&[page(vec![field, labelled(OTHER, "Next of kin")])], &session());
        assert!(!ranking.clear, "{label} {under}");
    }
}

#[test]
fn who_made_a_record_is_no_reason_against_their_own_field() {
    for label in ["Created by", "From", "Account owner"] {
        let text = Fact {
            label: Some(label.into()),
            ..fact(Kind::Text, OWN)
        };
        check(vec![fact(Kind::Labelled, OWN), text], &[OWN], true);
    }
}

#[test]
fn who_is_not_shown_stands_in_the_way_all_the_same() {
    let aside = |index: usize, kind| Fact {
        region: Some(Region::Margin),
        ..fact(kind, &format!("person{index}@example.com"))
    };
    let mut facts: Vec<Fact> = (0..30)
        .flat_map(|index| [aside(index, Kind::Labelled), aside(index, Kind::Mailto)])
        .collect();
    facts.push(fact(Kind::Labelled, OTHER));
    facts.push(fact(Kind::Mailto, OTHER));
    let is_clear = |facts: &Vec<Fact>| {
        let people = vec![in_field("ben ito")];
        let page = Frame {
            people,
            ..page(facts.clone())
        };
        rank(&[page], &session()).clear
    };
    assert!(is_clear(&facts));
    facts.push(fact(Kind::Text, OWN));
    assert!(!is_clear(&facts));
}

#[test]
fn an_address_that_only_looks_like_the_customers_stands_in_nobodys_way() {
    let disguised = "anna.kowalska@ex\u{430}mple.com";
    let facts = || vec![fact(Kind::Labelled, OWN), fact(Kind::Labelled, disguised)];
    check_frames(&headed("Anna Kowalska", facts()), &[OWN, disguised], true);
    // While it may be the customer's own, it does.
    let facts = vec![fact(Kind::Labelled, OTHER), fact(Kind::Labelled, disguised)];
    check_frames(&headed("Anna Kowalska", facts), &[OTHER, disguised], false);
}

#[test]
fn an_address_of_which_a_label_says_that_it_is_anothers_is_never_proposed() {
    let others = Fact {
        label: Some("Introducing Broker Email".into()),
        ..fact(Kind::Mailto, OTHER)
    };
    check(vec![fact(Kind::Labelled, OTHER), others.clone()], &[OTHER], false);
    check_frames(
        &[recipes::recipe_page(vec![fact(Kind::Recipe, OTHER), others])],
        &[OTHER],
        false,
    );
    for (label, clear) in [
        ("E-mail", true),
        ("E-mail to", false),
        ("E-mail verified by", false),
        ("Former e-mail", false),
        ("To", true),
    ] {
        let fact = Fact {
            label: Some(label.into()),
            ..fact(Kind::Labelled, OWN)
        };
        check(vec![fact], &[OWN], clear);
    }
}

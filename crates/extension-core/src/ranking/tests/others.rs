//! Labels and headings of other people.

use super::*;

#[test]
fn headings_of_others_are_known_in_the_languages_of_the_extension() {
    for heading in [
        "Notizen",
        "Notas",
        "Notatki",
        "Activités",
        "ملاحظات", // notes and activities
        "Ehepartner",
        "Cónyuge",
        "Współmałżonek",
        "Conjoint",
        "الزوج", // a spouse
        "Kundenberater",
        "Asesor",
        "Doradca klienta",
        "Chargé de clientèle",
        "مدير الحساب",
        "Similar customers",
        "Ähnliche Kunden",
        "Weitere ähnliche Kunden",
        "Clientes relacionados",
        "Ostatnio oglądane",
        "Doublons possibles",
        "عملاء مشابهون",
        "E-mails",
    ] {
        let other = Fact {
            under: Some(heading.into()),
            ..fact(Kind::Labelled, "other@example.com")
        };
        check(vec![other], &["other@example.com"], false);
    }
}

#[test]
fn labels_of_other_people_weigh_little() {
    for label in ["Account manager", "Created by", "CC", "Introducing broker"] {
        let other = Fact {
            label: Some(label.into()),
            ..fact(Kind::Labelled, "max@partner.example")
        };
        check(vec![other.clone()], &["max@partner.example"], false);
        check(
            vec![other, fact(Kind::Labelled, "anna@example.com")],
            &["anna@example.com", "max@partner.example"],
            true,
        );
    }
    for label in ["Account e-mail", "Accessed", "Fromm"] {
        let own = Fact {
            label: Some(label.into()),
            ..fact(Kind::Labelled, "anna@example.com")
        };
        check(vec![own], &["anna@example.com"], true);
    }
}

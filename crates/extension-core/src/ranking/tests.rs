//! What is proposed, what is left to the person, and that neither order nor debris matters.

mod names;
mod others;
mod people;
mod properties;
mod recipes;
mod remarks;
mod several;
mod staff;
mod titles;

use super::*;
use crate::{
    facts::Region,
    testing::{in_field, session, shown_by},
};

fn fact(kind: Kind, value: &str) -> Fact {
    Fact {
        kind,
        value: value.into(),
        label: None,
        folded: None,
        under: None,
        within: None,
        after: None,
        named: None,
        remark: None,
        below: None,
        region: None,
        visible: true,
        read: false,
        over: false,
    }
}

fn page(facts: Vec<Fact>) -> Frame {
    Frame {
        top: true,
        url: "https://crm.example/1".into(),
        recipe: None,
        unusable: None,
        truncated: false,
        unsure: false,
        facts,
        headings: "\n".into(),
        name: None,
        called: None,
        proper: None,
        people: vec![],
        vacant: false,
    }
}

/// Ranks facts of one page and expects these addresses, best first, and a clear winner or not.
fn check(facts: Vec<Fact>, expected: &[&str], clear: bool) {
    check_frames(&[page(facts)], expected, clear);
}

/// A page that says nothing else is about whom its best address shows.
fn check_frames(frames: &[Frame], expected: &[&str], clear: bool) {
    let mut frames = frames.to_vec();
    for frame in &mut frames {
        if frame.proper.is_none() && frame.top {
            frame.people = expected
                .first()
                .map(|email| in_field(&shown_by(email)))
                .into_iter()
                .collect();
        }
    }
    let ranking = rank(&frames, &session());
    let found: Vec<&str> = ranking
        .candidates
        .iter()
        .map(|candidate| candidate.email.as_str())
        .collect();
    assert_eq!((found.as_slice(), ranking.clear), (expected, clear));
    assert_eq!(ranking.total, expected.len());
}

#[test]
fn nothing_is_nothing() {
    check(vec![], &[], false);
    check(vec![fact(Kind::Text, "no address")], &[], false);
}

#[test]
fn a_lone_field_is_proposed() {
    for kind in [Kind::Input, Kind::Labelled] {
        check(vec![fact(kind, "anna@example.com")], &["anna@example.com"], true);
    }
}

#[test]
fn where_nothing_agrees_a_lone_address_is_left_to_the_person() {
    let kinds = [Kind::Text, Kind::Mailto, Kind::Microdata, Kind::Selection];
    for kind in kinds {
        check(vec![fact(kind, "anna@example.com")], &["anna@example.com"], false);
        for other in kinds.into_iter().filter(|other| *other != kind) {
            let both = vec![fact(kind, "anna@example.com"), fact(other, "anna@example.com")];
            check(both, &["anna@example.com"], true);
        }
    }
}

#[test]
fn what_nobody_can_see_never_counts() {
    for kind in [
        Kind::Labelled,
        Kind::Input,
        Kind::Mailto,
        Kind::Microdata,
        Kind::Jsonld,
        Kind::Text,
    ] {
        let hidden = Fact {
            visible: false,
            ..fact(kind, "other@example.com")
        };
        check(vec![hidden.clone()], &[], false);
        check(
            vec![hidden, fact(Kind::Labelled, "anna@example.com")],
            &["anna@example.com"],
            true,
        );
    }
}

#[test]
fn structured_data_alone_proposes_nothing_but_supports() {
    check(
        vec![fact(Kind::Jsonld, "anna@example.com")],
        &["anna@example.com"],
        false,
    );
    check(
        vec![
            fact(Kind::Jsonld, "anna@example.com"),
            fact(Kind::Text, "anna@example.com"),
        ],
        &["anna@example.com"],
        true,
    );
}

#[test]
fn several_sources_beat_one() {
    check(
        vec![
            fact(Kind::Text, "bert@example.com"),
            fact(Kind::Mailto, "mailto:anna@example.com"),
            fact(Kind::Labelled, "anna@example.com"),
        ],
        &["anna@example.com", "bert@example.com"],
        false,
    );
}

#[test]
fn equals_are_left_to_the_person() {
    check(
        vec![
            fact(Kind::Mailto, "mailto:anna@example.com"),
            fact(Kind::Mailto, "mailto:bert@example.com"),
        ],
        &["anna@example.com", "bert@example.com"],
        false,
    );
    // A note with a linked address beside the customer's own: exactly twice as much is not yet clear.
    check(
        vec![
            fact(Kind::Labelled, "anna@example.com"),
            fact(Kind::Mailto, "mailto:anna@example.com"),
            fact(Kind::Text, "anna@example.com"),
            fact(Kind::Mailto, "mailto:mallory@example.net"),
            fact(Kind::Text, "mallory@example.net"),
        ],
        &["anna@example.com", "mallory@example.net"],
        false,
    );
}

#[test]
fn repeating_an_address_does_not_make_it_likelier() {
    let mut facts = vec![fact(Kind::Mailto, "mailto:anna@example.com")];
    facts.extend(vec![fact(Kind::Mailto, "mailto:mallory@example.net"); 100]);
    check(facts, &["anna@example.com", "mallory@example.net"], false);
}

#[test]
fn the_margins_of_a_page_weigh_little() {
    for region in [
        Region::Margin,
        Region::Signature,
        Region::Conversation,
        Region::Ignored,
    ] {
        let aside = Fact {
            region: Some(region),
            ..fact(Kind::Mailto, "mailto:manager@partner.example")
        };
        check(
            vec![aside.clone(), fact(Kind::Labelled, "anna@example.com")],
            &["anna@example.com", "manager@partner.example"],
            true,
        );
        check(vec![aside], &["manager@partner.example"], false);
    }
}

#[test]
fn what_a_person_may_not_see_as_it_was_read_keeps_its_weight_and_is_never_proposed() {
    let doubtful = |kind, value| Fact {
        region: Some(Region::Doubtful),
        ..fact(kind, value)
    };
    let covered = vec![
        doubtful(Kind::Labelled, "anna@example.com"),
        doubtful(Kind::Mailto, "mailto:anna@example.com"),
    ];
    check(covered.clone(), &["anna@example.com"], false);
    // Nor does it make room for another one.
    let other = fact(Kind::Labelled, "spouse@example.com");
    check(
        [covered, vec![other]].concat(),
        &["anna@example.com", "spouse@example.com"],
        false,
    );
}

#[test]
fn roles_are_offered_and_never_proposed() {
    for role in [
        "noreply",
        "no-reply",
        "do.not.reply",
        "no_reply+17",
        "crm-donotreply",
        "Support",
        "info",
        "mailer-daemon",
        "git",
    ] {
        let address = format!("{role}@vendor.example");
        check(vec![fact(Kind::Labelled, &address)], &[&address], false);
        check(
            vec![
                fact(Kind::Mailto, &address),
                fact(Kind::Labelled, "anna@example.com"),
            ],
            &["anna@example.com", &address],
            true,
        );
        // In a field of its own it may be a firm's that is the customer.
        let field = vec![
            fact(Kind::Labelled, &address),
            fact(Kind::Labelled, "anna@example.com"),
        ];
        check(field, &["anna@example.com", &address], false);
    }
    check(
        vec![fact(Kind::Labelled, "infobert@example.com")],
        &["infobert@example.com"],
        true,
    );
}

#[test]
fn inner_frames_weigh_half() {
    let inner = Frame {
        top: false,
        ..page(vec![fact(Kind::Labelled, "bert@example.com")])
    };
    let top = page(vec![
        fact(Kind::Labelled, "anna@example.com"),
        fact(Kind::Text, "anna@example.com"),
    ]);
    let both = ["anna@example.com", "bert@example.com"];
    check_frames(&[inner.clone(), top], &both, false);
    // Nothing says whom it is about.
    check_frames(&[inner], &["bert@example.com"], false);
}

#[test]
fn where_not_all_was_seen_two_sources_must_agree() {
    let cut = |facts| Frame {
        truncated: true,
        ..page(facts)
    };
    let one = vec![fact(Kind::Labelled, "anna@example.com")];
    let two = [one.clone(), vec![fact(Kind::Text, "anna@example.com")]].concat();
    check_frames(&[cut(one)], &["anna@example.com"], false);
    check_frames(&[cut(two)], &["anna@example.com"], true);
}

#[test]
fn case_makes_no_second_candidate_and_the_best_source_spells() {
    check(
        vec![
            fact(Kind::Text, "ANNA@EXAMPLE.COM"),
            fact(Kind::Labelled, "Anna@Example.com"),
            fact(Kind::Mailto, "mailto:anna@example.com"),
        ],
        &["Anna@Example.com"],
        true,
    );
}

#[test]
fn evidence_names_every_kind_once() {
    let labelled = Fact {
        label: Some("E-mail\u{202E} address".into()),
        ..fact(Kind::Labelled, "anna@example.com")
    };
    let facts = vec![
        fact(Kind::Text, "anna@example.com"),
        fact(Kind::Text, "anna@example.com"),
        fact(Kind::Mailto, "mailto:anna@example.com"),
        labelled,
    ];
    let ranking = rank(&[page(facts)], &session());
    assert_eq!(
        ranking.candidates[0].evidence,
        [
            Text::with("evidence_labelled", "E-mail address".into()),
            Text::new("evidence_mailto"),
            Text::new("evidence_text"),
        ]
    );
}

#[test]
fn a_list_page_is_cut_but_counted() {
    let facts = (0..300)
        .map(|n| fact(Kind::Mailto, &format!("mailto:c{n:03}@example.com")))
        .collect();
    let ranking = rank(&[page(facts)], &session());
    assert_eq!(
        (ranking.candidates.len(), ranking.total, ranking.clear),
        (25, 300, false)
    );
    assert_eq!(ranking.candidates[24].email.as_str(), "c024@example.com");
}

//! What holds for any page: order and debris do not matter, and a winner is a visible customer.

use proptest::prelude::*;

use super::{recipes::recipe_page, *};

fn any_kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Recipe,
        Kind::Labelled,
        Kind::Input,
        Kind::Mailto,
        Kind::Microdata,
        Kind::Jsonld,
        Kind::Selection,
        Kind::Text,
    ])
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let kinds = any_kind();
    let values = prop_oneof![
        "(anna|Anna|bert|carla|info|noreply)@(example|Example|crm)\\.(com|org)",
        "mailto:(anna|bert)@example\\.com\\?subject=x",
        "desk@broker\\.example",
        "[a-z ]{0,10}",
    ];
    let labels = prop::option::of(prop::sample::select(vec!["E-mail", "Owner", ""]));
    let regions = prop::option::of(prop::sample::select(vec![
        Region::Margin,
        Region::Signature,
        Region::Conversation,
        Region::Doubtful,
    ]));
    (kinds, values, labels, regions, prop::bool::weighted(0.8)).prop_map(
        |(kind, value, label, region, visible)| Fact {
            kind,
            value,
            label: label.map(String::from),
            folded: None,
            under: None,
            within: None,
            after: None,
            named: None,
            remark: None,
            below: None,
            region,
            visible,
            read: false,
            over: false,
        },
    )
}

/// Pieces of pages that are not addresses, though some have an `@`.
fn any_debris() -> impl Strategy<Value = Fact> {
    let kinds = prop::sample::select(vec![
        Kind::Text,
        Kind::Labelled,
        Kind::Mailto,
        Kind::Jsonld,
        Kind::Input,
    ]);
    let values = prop_oneof![
        "[A-Za-z0-9 .,:/<>\"'=-]{0,40}",
        "[a-z]{1,8}@[1-9]x\\.(png|webp|jpg)",
        "[a-z]{1,8}@[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,2}",
        "@[a-z]{1,8}(/[a-z]{1,8})?",
        "[a-z]{1,8}@[a-z]{1,8}/[a-z.]{1,8}",
    ];
    // A field for an address that has one which cannot be read is no debris, nor is any text that looks like a part of one.
    let field = |fact: &Fact| matches!(fact.kind, Kind::Labelled | Kind::Input) && fact.value.contains('@');
    (kinds, values)
        .prop_map(|(kind, value)| fact(kind, &value))
        .prop_filter("a part of an address", move |fact| {
            !field(fact) && addresses_in(&fact.value) == 0
        })
}

proptest! {
    #[test]
    fn order_does_not_matter(
        (facts, shuffled) in prop::collection::vec(any_fact(), 0..12)
            .prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
    ) {
        prop_assert_eq!(rank(&[page(facts)], &session()), rank(&[page(shuffled)], &session()));
    }

    #[test]
    fn order_of_frames_does_not_matter(
        facts in prop::collection::vec((any_fact(), 0..3_usize), 0..12),
    ) {
        let mut frames: Vec<Frame> = (0..3).map(|index| Frame { top: index == 0, ..page(vec![]) }).collect();
        for (fact, frame) in facts {
            frames[frame].facts.push(fact);
        }
        let ranking = rank(&frames, &session());
        frames.reverse();
        prop_assert_eq!(ranking, rank(&frames, &session()));
    }

    #[test]
    fn what_is_no_address_changes_nothing(
        facts in prop::collection::vec(any_fact(), 0..8),
        debris in prop::collection::vec((any_debris(), 0..9_usize), 0..8),
    ) {
        let before = rank(&[page(facts.clone())], &session());
        let mut more = facts;
        for (fact, place) in debris {
            more.insert(place.min(more.len()), fact);
        }
        prop_assert_eq!(before, rank(&[page(more)], &session()));
    }

    #[test]
    fn what_is_hidden_changes_nothing(
        facts in prop::collection::vec(any_fact(), 0..8),
        hidden in prop::collection::vec((any_fact(), 0..9_usize), 0..8),
    ) {
        let before = rank(&[page(facts.clone())], &session());
        let mut more = facts;
        for (fact, place) in hidden {
            more.insert(place.min(more.len()), Fact { visible: false, ..fact });
        }
        prop_assert_eq!(before, rank(&[page(more)], &session()));
    }

    #[test]
    fn what_people_wrote_never_makes_another_winner(
        facts in prop::collection::vec(any_fact(), 0..8),
        written in prop::collection::vec(any_fact(), 0..8),
    ) {
        let before = rank(&[page(facts.clone())], &session());
        let wrote = written.into_iter().map(|fact| Fact { region: Some(Region::Conversation), ..fact });
        let after = rank(&[page(facts.into_iter().chain(wrote).collect())], &session());
        if after.clear {
            let winner = |ranking: &Ranking| ranking.candidates[0].folded.clone();
            prop_assert!(before.clear || before.candidates.iter().any(|other| other.folded == winner(&after)));
            prop_assert!(!before.clear || winner(&before) == winner(&after));
        }
    }

    #[test]
    fn nothing_else_on_a_page_changes_what_a_recipe_says(facts in prop::collection::vec(any_fact(), 0..12)) {
        let mut more: Vec<Fact> = facts.into_iter().filter(|fact| fact.kind != Kind::Recipe).collect();
        more.push(fact(Kind::Recipe, "customer@example.net"));
        let ranking = rank(&[recipe_page(more)], &session());
        prop_assert_eq!((ranking.candidates[0].email.as_str(), ranking.clear), ("customer@example.net", true));
    }

    #[test]
    fn staff_never_win(facts in prop::collection::vec(any_fact(), 0..8), kind in any_kind()) {
        let mut more = facts;
        more.push(fact(kind, "desk@broker.example"));
        let ranking = rank(&[recipe_page(more)], &session());
        prop_assert!(ranking.candidates.iter().all(|other| !other.folded.ends_with("@broker.example")));
    }

    #[test]
    fn a_clear_winner_is_visible_outweighs_the_next_and_is_not_staff(facts in prop::collection::vec(any_fact(), 0..12)) {
        let ranking = rank(&[page(facts.clone())], &session());
        if ranking.clear {
            let winner = &ranking.candidates[0];
            let folded = winner.email.as_str().to_lowercase();
            let seen = facts.iter().any(|fact| fact.visible && fact.value.to_lowercase().contains(&folded));
            prop_assert!(seen);
            prop_assert!(folded != "desk@broker.example");
            prop_assert!(ranking.candidates.get(1).is_none_or(|next| winner.score > 2 * next.score));
        }
    }
}

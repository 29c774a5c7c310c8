//! Recipes that a relay gives: which pages they are for, that they go before those that are shipped, and that nothing comes
//! of any but another choice among what stands on the page.

use super::*;
use crate::{
    facts::{Fact, Kind},
    ranking::rank,
    testing::{fixture, session},
};

fn given(text: &str) -> Value {
    Value::parse(text).unwrap()
}

/// The recipe of the golden session.
fn golden() -> Value {
    let answer: serde_json::Value = fixture("session-recipes");
    given(&answer["recipes"].to_string())
}

fn found_by(recipes: &Value, url: &str) -> Option<(String, String)> {
    let mut frames = [frame(true, url)];
    assign(&mut frames, recipes, parse_url);
    let [frame] = frames;
    frame.recipe.map(|recipe| (recipe.name, recipe.record))
}

#[test]
fn pages_of_a_home_made_crm_are_known() {
    for (url, name, record) in [
        (
            "https://crm.broker.example:8443/customers/4711",
            "Back office",
            "4711",
        ),
        (
            "https://a.b.crm.broker.example/customers/C_4711/notes/7",
            "Back office",
            "C_4711",
        ),
        (
            "http://127.0.0.1:8000/index.php?module=Leads&view=Detail&record=18",
            "Old back office",
            "18",
        ),
    ] {
        assert_eq!(
            found_by(&golden(), url),
            Some((name.into(), record.into())),
            "{url}"
        );
    }
    for url in [
        "https://crm.broker.example/customers/4711",
        "https://crm.broker.example:8444/customers/4711",
        "http://crm.broker.example:8443/customers/4711",
        "https://x@crm.broker.example:8443/customers/4711",
        "https://crm.broker.example:8443/customers",
        "https://crm.broker.example:8443/customers/list",
        "https://crm.broker.example:8443/customer/4711",
        "https://127.0.0.1:8000/index.php?module=Leads&record=18",
        "http://127.0.0.1:8000/index.php?module=Invoices&record=18",
        "http://127.0.0.1:8000/index.php?record=18",
        "http://127.0.0.1:8000/index.php?module=Leads&record=18&record=19",
        "http://127.0.0.1:8000/other.php?module=Leads&record=18",
        "http://localhost:8000/index.php?module=Leads&record=18",
    ] {
        assert_eq!(found_by(&golden(), url), None, "{url}");
    }
}

#[test]
fn the_id_may_stand_in_the_fragment() {
    let recipes = given(r##"[{"name":"N","hosts":["crm.example"],"paths":["/app#/customers/{}/**"]}]"##);
    for (url, record) in [
        ("https://crm.example/app#/customers/42", Some("42")),
        ("https://crm.example/app/#/customers/42/orders?page=7", Some("42")),
        ("https://crm.example/app#customers/42", Some("42")),
        ("https://crm.example/app#/leads/42", None),
        ("https://crm.example/app?x=/customers/42", None),
        ("https://crm.example/#/customers/42", None),
    ] {
        assert_eq!(
            found_by(&recipes, url).map(|found| found.1),
            record.map(String::from),
            "{url}"
        );
    }
}

#[test]
fn a_given_recipe_goes_before_a_shipped_one_whatever_page_it_is_about() {
    let url = "https://app.hubspot.com/contacts/20418/record/0-1/501";
    let own = r#"{"name":"Ours","hosts":["app.hubspot.com"],"paths":["/contacts/*/record/*/{}"]}"#;
    assert_eq!(found_by(&given(&format!("[{own}]")), url).unwrap().0, "Ours");
    let other_pages = own.replace("/contacts/", "/deals/");
    assert_eq!(found_by(&given(&format!("[{other_pages}]")), url), None);
    let other_host = own.replace("app.", "app-eu1.");
    assert_eq!(
        found_by(&given(&format!("[{other_host}]")), url).unwrap().0,
        "HubSpot"
    );
    let newer = own.replacen('{', r#"{"version":2,"#, 1);
    assert_eq!(found_by(&given(&format!("[{newer}]")), url).unwrap().0, "HubSpot");
}

#[test]
fn lists_are_alike_where_they_read_the_page_alike() {
    let frames = [frame(true, "https://crm.example/customers/7")];
    let one = |host: &str, at: &str| {
        given(&format!(
            r##"[{{"name":"N","hosts":["{host}"],"paths":["/customers/{{}}"],"at":["{at}"]}}]"##
        ))
    };
    let alike = |one: &Value, other: &Value| super::alike(one, other, &frames, parse_url);
    assert!(alike(&one("crm.example", "#a"), &one("crm.example", "#a")));
    assert!(alike(&one("other.example", "#a"), &one("other.example", "#b")));
    assert!(alike(&one("other.example", "#a"), &Value::Null));
    assert!(!alike(&one("crm.example", "#a"), &one("crm.example", "#b")));
    assert!(!alike(&one("crm.example", "#a"), &Value::Null));
}

#[test]
fn a_recipe_that_the_browser_cannot_use_is_named_where_it_fits() {
    let mut frames = [frame(true, "https://crm.broker.example:8443/customers/4711")];
    assign(&mut frames, &golden(), parse_url);
    assert_eq!(unusable(&frames), None);
    frames[0].unusable = Some("[".into());
    assert_eq!(unusable(&frames).as_deref(), Some("Back office"));
    frames[0].recipe = None;
    assert_eq!(unusable(&frames), None);
}

/// Any JSON, with the names that recipes have.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        (0u32..3).prop_map(|number| number.to_string()),
        "\"[a-z{}*./#:-]{0,12}\"",
        Just("\"crm.example\"".to_owned()),
        Just("\"*.example\"".to_owned()),
        Just("\"/customers/{}\"".to_owned()),
        Just("\"{}\"".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![
            Just("hosts"),
            Just("paths"),
            Just("query"),
            Just("at"),
            Just("only"),
            Just("name"),
            Just("version"),
            Just("id")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name, inner), 0..6).prop_map(|members| {
                let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// A recipe of the right form for the page below, with something else in the place of one member.
fn nearly() -> impl Strategy<Value = String> {
    ("hosts|paths|query|at|only|name|version", json()).prop_map(|(name, value)| {
        format!(
            r#"[{{"{name}":{value},"name":"N","hosts":["crm.example"],"paths":["/customers/{{}}"],"at":["p"],"only":true}}]"#
        )
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    let kind = prop_oneof![
        Just(Kind::Recipe),
        Just(Kind::Labelled),
        Just(Kind::Mailto),
        Just(Kind::Text)
    ];
    (
        kind,
        "(anna|ben|desk)@(example\\.com|broker\\.example)",
        any::<bool>(),
    )
        .prop_map(|(kind, value, visible)| Fact {
            kind,
            value,
            label: None,
            folded: None,
            under: None,
            within: None,
            after: None,
            named: None,
            remark: None,
            below: None,
            region: None,
            visible,
            read: false,
            over: false,
        })
}

proptest! {
    /// The worst that a relay's recipes can do: offer or propose another address that stands on the page for all to see, and
    /// record a piece of the page's address that looks like an id.
    #[test]
    fn whatever_is_given_only_what_a_person_sees_is_offered(
        recipes in prop_oneof![json(), nearly()],
        facts in prop::collection::vec(fact(), 0..6),
        query in "(\\?id=[a-z0-9_-]{0,8})?",
    ) {
        let url = format!("https://crm.example/customers/7{query}");
        let mut frames = [Frame { facts: facts.clone(), ..frame(true, &url) }];
        assign(&mut frames, &given(&recipes), parse_url);
        let ranking = rank(&frames, &session());
        for candidate in &ranking.candidates {
            let email = candidate.email.as_str();
            prop_assert!(facts.iter().any(|fact| fact.visible && fact.value == email), "{email}");
            prop_assert!(!email.ends_with("@broker.example"));
        }
        if let Some(record) = record(&frames) {
            prop_assert!(url.contains(&record) && as_record(&record).is_some());
        }
    }
}

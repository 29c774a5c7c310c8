//! From elements and addresses to recipes, and what is said of those.

use serde_json::json;

use super::*;
use crate::testing::{parse_url, session};

mod selectors;

fn value(value: &serde_json::Value) -> Value {
    Value::parse(&value.to_string()).unwrap()
}

/// The patterns for a page's address, as `id path query`.
fn shapes_of(url: &str) -> Vec<String> {
    let shapes = shapes(&parse_url(url).unwrap());
    let lines = shapes.iter().map(|shape| {
        let query = match &shape.query {
            Value::Null => String::new(),
            query => [" ", &query.to_json()].concat(),
        };
        format!("{} {}{query}", shape.id, shape.path)
    });
    lines.collect()
}

#[test]
fn the_id_is_found_in_the_path_the_fragment_or_a_parameter() {
    for (url, expected) in [
        (
            "https://crm.example/customers/4711",
            vec!["4711 /customers/{}/**"],
        ),
        (
            "https://crm.example/customers/C_4711/notes?tab=all",
            vec!["C_4711 /customers/{}/**"],
        ),
        (
            "https://crm.example/contacts/20418/record/0-1/501",
            vec![
                "501 /contacts/*/record/*/{}/**",
                "0-1 /contacts/*/record/{}/**",
                "20418 /contacts/{}/**",
            ],
        ),
        (
            "https://crm.example/app/#/customers/42/orders?x=1",
            vec!["42 /app#/customers/{}/**"],
        ),
        (
            "https://crm.example/#!/customers/42",
            vec!["42 /#/!/customers/{}/**"],
        ),
        (
            "https://crm.example/index.php?module=Contacts&view=Detail&record=18&name=Anna+K",
            vec![r#"18 /index.php {"module":["Contacts"],"view":["Detail"],"record":["{}"]}"#],
        ),
        ("https://crm.example/customers?id=", vec![]),
        ("https://crm.example/", vec![]),
        ("https://crm.example/customers/anna", vec![]),
    ] {
        assert_eq!(shapes_of(url), expected, "{url}");
    }
}

#[test]
fn hosts_are_written_as_recipes_have_them() {
    for (url, expected) in [
        ("https://crm.example/1", Some("crm.example")),
        ("https://crm.example:8443/1", Some("crm.example:8443")),
        ("http://127.0.0.1:8000/1", Some("http://127.0.0.1:8000")),
        ("http://crm.example/1", None),
        ("file:///1", None),
    ] {
        assert_eq!(host(&parse_url(url).unwrap()).as_deref(), expected, "{url}");
    }
}

fn draft() -> serde_json::Value {
    json!({
        "version": 1, "name": "A \"good\" CRM\\", "hosts": ["crm.example"], "paths": ["/customers/{}/**"],
        "query": {"view": ["detail"], "a b": ["x"]}, "at": ["[data-field='email']", "x >>> y"], "only": true,
    })
}

#[test]
fn the_lines_are_toml_that_says_the_same() {
    let read = |draft: &serde_json::Value| {
        let text = toml(&value(draft));
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}:\n{text}"));
        serde_json::to_value(&table["recipe"][0]).unwrap()
    };
    let mut expected = draft();
    let object = expected.as_object_mut().unwrap();
    object.remove("version");
    assert_eq!(read(&draft()), expected);

    let small = r##"{"name":"N","hosts":["h"],"paths":["/{}"],"query":{},"at":["#a"],"only":false}"##;
    assert_eq!(
        toml(&Value::parse(small).unwrap()),
        "[[recipe]]\nname = \"N\"\nhosts = [\"h\"]\npaths = [\"/{}\"]\nat = [\"#a\"]\n"
    );
}

/// Judges the draft by a page of these facts, as pairs of kind and address.
fn tried(url: &str, facts: &[(&str, &str)], unusable: bool) -> Trial {
    let facts: Vec<_> = facts
        .iter()
        .map(|(kind, email)| json!({"kind": kind, "value": email, "visible": true}))
        .collect();
    let mut result = json!({"url": url, "facts": facts});
    if unusable {
        result["unusable"] = json!("[");
    }
    let frames = json!([{"frameId": 0, "result": result}]);
    let mut draft = draft();
    draft.as_object_mut().unwrap().remove("query");
    let draft = value(&draft);
    let mut frames = crate::facts::read_frames(&value(&frames));
    recipe::assign(&mut frames, &Value::List(vec![draft.clone()]), parse_url);
    judge(&draft, frames, &session())
}

#[test]
fn a_recipe_is_good_if_it_finds_one_address_and_otherwise_the_reason_is_said() {
    let page = "https://crm.example/customers/7";
    let (anna, ben, desk) = ("anna@example.com", "ben@example.com", "desk@broker.example");
    let one = [("recipe", anna), ("labelled", ben), ("recipe", desk)];
    let trial = tried(page, &one, false);
    assert_eq!(
        (trial.ok, trial.text),
        (true, Text::with("teach_one", anna.into()))
    );
    assert!(trial.toml.starts_with("[[recipe]]\n") && trial.toml.contains("\npaths = ["));
    for (url, facts, unusable, why) in [
        (
            page,
            vec![("recipe", anna), ("recipe", ben)],
            false,
            "teach_several",
        ),
        (page, vec![("labelled", anna)], false, "teach_nothing"),
        (page, vec![("recipe", desk)], false, "teach_nothing"),
        (page, vec![("recipe", "Anna Kowalska")], false, "teach_nothing"),
        (page, vec![], true, "teach_unusable"),
        (
            "https://crm.example/leads/7",
            vec![("recipe", anna)],
            false,
            "teach_no_page",
        ),
        (
            "http://crm.example/customers/7",
            vec![("recipe", anna)],
            false,
            "teach_no_page",
        ),
        (
            "https://other.example/customers/7",
            vec![("recipe", anna)],
            false,
            "teach_no_page",
        ),
    ] {
        let trial = tried(url, &facts, unusable);
        assert_eq!((trial.ok, trial.text), (false, Text::new(why)), "{url} {facts:?}");
    }
}

//! Which selectors come of which elements, and that none holds what belongs to one customer.

use proptest::prelude::*;

use super::*;

/// An element of a chain: tag, attributes, place among its siblings.
fn node(tag: &str, attributes: serde_json::Value, nth: u32) -> serde_json::Value {
    json!({"tag": tag, "attributes": attributes, "nth": nth, "same": false, "top": false})
}

fn with(mut node: serde_json::Value, flag: &str) -> serde_json::Value {
    node[flag] = json!(true);
    node
}

fn selectors_of(chain: &[serde_json::Value]) -> Vec<String> {
    selectors(&value(&json!(chain)), "E-mail: anna.kowalska@customers.example")
}

fn first(chain: &[serde_json::Value]) -> String {
    selectors_of(chain).swap_remove(0)
}

#[test]
fn names_that_developers_gave_go_before_all_others() {
    let body = || node("body", json!({}), 2);
    for (attributes, expected) in [
        (
            json!({"class": "css-1x2y3z", "data-field": "email"}),
            "[data-field='email']",
        ),
        (
            json!({"id": "email", "name": "contact_email"}),
            "[name='contact_email']",
        ),
        (
            json!({"data-role": "value", "itemprop": "email"}),
            "[itemprop='email']",
        ),
        (
            json!({"data-id": "50123", "data-testid": "primary"}),
            "[data-testid='primary']",
        ),
        (
            json!({"data-v-7ba5bd90": "", "data-cid": "EMAIL"}),
            "[data-cid='EMAIL']",
        ),
        (
            json!({"aria-label": "E-mail of Anna", "id": "kowalska-mail", "data-slot": "second"}),
            "[data-slot='second']",
        ),
        (
            json!({"data-id": "emailaddress1.fieldControl-mail"}),
            "[data-id='emailaddress1.fieldControl-mail']",
        ),
    ] {
        assert_eq!(
            first(&[with(node("dd", attributes, 1), "same"), body()]),
            expected
        );
    }
}

#[test]
fn an_element_without_a_name_is_found_by_what_is_around_it() {
    let value = || with(node("span", json!({"class": "sc-bZkfAO k3"}), 1), "same");
    let field = node("dd", json!({"data-field": "email"}), 4);
    assert_eq!(
        first(&[value(), with(field.clone(), "same")]),
        "[data-field='email']"
    );
    assert_eq!(first(&[value(), field]), "[data-field='email'] span");
    let card = node("customer-card", json!({}), 1);
    assert_eq!(
        first(&[value(), node("p", json!({}), 2), card]),
        "customer-card span"
    );
}

#[test]
fn the_place_among_siblings_is_the_last_resort() {
    let chain = [
        with(node("b", json!({}), 1), "same"),
        node("p", json!({"class": "x1"}), 3),
        node("section", json!({"class": "customer-data"}), 2),
        node("main", json!({}), 1),
    ];
    assert_eq!(
        selectors_of(&chain),
        ["section.customer-data > p:nth-child(3) > b:nth-child(1)"]
    );
    let bare = [with(node("b", json!({}), 1), "same"), node("body", json!({}), 2)];
    assert_eq!(selectors_of(&bare), ["body:nth-child(2) > b:nth-child(1)"]);
    assert_eq!(selectors_of(&[]), Vec::<String>::new());
}

#[test]
fn shadow_roots_are_left_by_their_hosts() {
    let inner = with(
        with(node("a", json!({"href": "mailto:anna@example.com"}), 1), "same"),
        "top",
    );
    let field = with(node("email-field", json!({"field-name": "Email"}), 1), "top");
    let record = node("record-page", json!({}), 1);
    let found = selectors_of(&[inner, field, record]);
    assert_eq!(found[0], "[field-name='Email'] >>> a[href^='mailto:']");
    assert_eq!(found[1], "record-page >>> a[href^='mailto:']");
    assert!(found.contains(&"a[href^='mailto:']".to_owned()), "{found:?}");

    let named = with(
        with(node("span", json!({"data-field": "email"}), 1), "same"),
        "top",
    );
    let found = selectors_of(&[named, node("contact-card", json!({}), 1)]);
    assert_eq!(found[0], "contact-card >>> [data-field='email']");

    let bare = with(with(node("i", json!({}), 2), "same"), "top");
    let found = selectors_of(&[bare, node("div", json!({}), 3), node("body", json!({}), 1)]);
    assert_eq!(found, ["body:nth-child(1) > div:nth-child(3) >>> i:nth-child(2)"]);
}

/// Attributes as pages have them, with the customer in some.
fn attributes() -> impl Strategy<Value = serde_json::Value> {
    let name = "data-[a-z]{1,6}|name|id|class|href|value|title|aria-label|type|style";
    let value = "anna@example\\.com|mailto:anna@example\\.com|4711|c-4711-x|email|[a-z]{2,8}|[A-Za-z0-9_' \"\\]\\\\-]{0,12}";
    prop::collection::btree_map(name, value, 0..5).prop_map(|map| json!(map))
}

fn chains() -> impl Strategy<Value = Vec<serde_json::Value>> {
    let tag = "span|a|div|dd|x-field|input|[^a-z]";
    let one = (tag, attributes(), 1u32..9, any::<bool>(), any::<bool>()).prop_map(|(tag, attributes, nth, same, top)| {
        json!({"tag": tag, "attributes": attributes, "nth": nth, "same": same, "top": top})
    });
    prop::collection::vec(one, 0..20)
}

proptest! {
    /// Neither the customer's address nor the record's number is in a selector, quotes are closed, and there are few.
    #[test]
    fn no_selector_holds_what_is_the_customers(chain in chains()) {
        let found = selectors_of(&chain);
        prop_assert!(found.len() <= 12 && found.is_empty() == chain.is_empty());
        for selector in &found {
            prop_assert!(selector.len() <= 256 && !selector.is_empty());
            prop_assert!(!selector.contains('@') && !selector.contains("4711"), "{selector}");
            prop_assert_eq!(selector.matches('\'').count() % 2, 0);
            let odd = ['"', '\\', '{', '}'];
            prop_assert!(!selector.contains(odd), "{selector}");
            prop_assert!(selector.split(" >>> ").all(|step| !step.is_empty() && !step.contains(">>>")));
        }
        prop_assert_eq!(&found, &selectors_of(&chain));
        let mut distinct = found.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), found.len());
    }

    #[test]
    fn every_shape_fits_the_address_that_it_comes_of(path in "(/[a-z0-9_-]{1,6}){0,4}", query in "(\\?[a-z]{1,3}=[a-z0-9]{0,4}(&[a-z]{1,3}=[a-z0-9]{0,4}){0,3})?", hash in "(#(/[a-z0-9]{1,4}){0,3})?") {
        let url = format!("https://crm.example{path}{query}{hash}");
        for shape in shapes(&parse_url(&url).unwrap()) {
            let mut recipe = json!({"name": "N", "hosts": ["crm.example"], "paths": [shape.path]});
            if shape.query != Value::Null {
                recipe["query"] = serde_json::from_str(&shape.query.to_json()).unwrap();
            }
            let twice = recipe["query"].as_object().is_some_and(|_| {
                let names: Vec<&str> = query.trim_start_matches('?').split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
                names.iter().any(|name| names.iter().filter(|other| *other == name).count() > 1)
            });
            let mut frames = [crate::facts::Frame { top: true, url: url.clone(), ..crate::facts::Frame::default() }];
            recipe::assign(&mut frames, &value(&json!([recipe])), parse_url);
            let record = frames[0].recipe.as_ref().map(|recipe| recipe.record.clone());
            prop_assert!(twice || record == Some(shape.id.clone()), "{url} {recipe} {record:?}");
        }
    }
}

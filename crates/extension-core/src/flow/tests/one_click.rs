//! Where the press of the toolbar button is enough, and everywhere that it is not.

use super::{fake::page_with, *};

fn lenient() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    let mut rules = fake.rules.borrow_mut();
    rules["platforms"].as_array_mut().unwrap().truncate(1);
    rules["policy"]["confirm"] = json!("when_ambiguous");
    rules["policy"]["reason"] = json!("optional");
    drop(rules);
    *fake.page.borrow_mut() = Ok(named_page());
    (fake, worker)
}

const CUSTOMER: &str = "anna.kowalska@example.com";

/// A page called after its customer.
fn named_page() -> String {
    let mut page: Value = serde_json::from_str(&page_with(&[CUSTOMER])).unwrap();
    for name in ["name", "called", "proper"] {
        page[0]["result"][name] = json!("anna kowalska");
    }
    page.to_string()
}

fn by_itself(worker: &Worker, kind: &str) -> bool {
    let view = ask(worker, json!({"type": kind, "tabId": 5, "email": CUSTOMER}));
    assert_eq!(view["screen"], "confirm", "{view}");
    view["byItself"] == json!(true)
}

#[test]
fn the_press_is_enough_where_the_policy_wants_no_more_and_the_page_is_clear() {
    let (fake, worker) = lenient();
    assert!(by_itself(&worker, "popup/open"));
    assert_eq!(
        fake.logins_asked(),
        0,
        "the core opens nothing before the popup has shown whom"
    );
    fake.rules.borrow_mut()["policy"]["reason"] = json!("off");
    assert!(by_itself(&worker, "popup/open"));
}

#[test]
fn a_page_that_is_called_after_nobody_is_confirmed() {
    let (fake, worker) = lenient();
    *fake.page.borrow_mut() = Ok(page_with(&[CUSTOMER]));
    assert!(!by_itself(&worker, "popup/open"));
}

#[test]
fn only_the_press_is() {
    let (_, worker) = lenient();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    for kind in ["popup/rescan", "popup/select", "popup/status", "popup/dismiss"] {
        assert!(!by_itself(&worker, kind), "{kind}");
    }
}

#[test]
fn whatever_the_policy_asks_for_is_asked_for() {
    for (name, value) in [
        ("confirm", json!("always")),
        ("confirm", Value::Null),
        ("reason", json!("required")),
        ("ticketRequired", json!(true)),
    ] {
        let (fake, worker) = lenient();
        fake.rules.borrow_mut()["policy"][name] = value.clone();
        assert!(!by_itself(&worker, "popup/open"), "{name}: {value}");
        // By the rules of the platform, too.
        let (fake, worker) = lenient();
        let mut rules = fake.rules.borrow()["policy"].clone();
        rules[name] = value.clone();
        fake.rules.borrow_mut()["platforms"][0]["rules"] = rules;
        assert!(!by_itself(&worker, "popup/open"), "platform, {name}: {value}");
    }
}

#[test]
fn a_platform_that_could_be_another_is_picked_by_the_person() {
    let (fake, worker) = lenient();
    let mut other = fake.rules.borrow()["platforms"][0].clone();
    other["id"] = json!("another");
    fake.rules.borrow_mut()["platforms"]
        .as_array_mut()
        .unwrap()
        .push(other);
    assert!(!by_itself(&worker, "popup/open"));
    fake.rules.borrow_mut()["platforms"] = json!([]);
    assert!(!by_itself(&worker, "popup/open"));
}

#[test]
fn a_page_that_is_not_clear_or_not_read_to_its_end_is_confirmed() {
    let (fake, worker) = lenient();
    *fake.page.borrow_mut() = Ok(page_with(&["anna@example.com", "bert@example.com"]));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["screen"], "choose");

    let mut page: Value = serde_json::from_str(&named_page()).unwrap();
    page[0]["result"]["truncated"] = json!(true);
    let mail =
        json!({"kind": "mailto", "value": format!("mailto:{CUSTOMER}"), "region": "main", "visible": true});
    page[0]["result"]["facts"].as_array_mut().unwrap().push(mail);
    *fake.page.borrow_mut() = Ok(page.to_string());
    assert!(!by_itself(&worker, "popup/open"));

    *fake.page.borrow_mut() = Ok(named_page());
    finish(worker.selected(5, CUSTOMER));
    assert!(!by_itself(&worker, "popup/open"));
    assert!(by_itself(&worker, "popup/open"));
}

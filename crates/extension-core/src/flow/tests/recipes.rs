//! The relay's recipes: the click does not wait for them, and what is shown comes of those that hold now.

use super::*;
use crate::environment::Broken;
use crate::testing::{introduced_json, shown_by};
use fake::page_with;

/// The page of the fake browser, with an address in the place that the relay's recipe names.
pub(super) fn page() -> String {
    let fact =
        |kind: &str, email: &str| json!({"kind": kind, "value": email, "label": "E-mail", "visible": true});
    let facts = json!([
        fact("labelled", "bert@example.com"),
        fact("recipe", "anna@example.com")
    ]);
    json!([{"frameId": 0, "result": {"url": "https://crm.example/contacts/7?q=secret", "title": "", "people": [introduced_json(&format!("name: {}", shown_by("bert@example.com")))], "facts": facts}}])
        .to_string()
}

pub(super) fn recipe(host: &str, at: &str) -> Value {
    json!([{"version": 1, "name": "Ours", "hosts": [host], "paths": ["/contacts/{}"], "at": [at], "only": true}])
}

fn open(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/open", "tabId": 5}))
}

fn at_home() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(page());
    (fake, worker)
}

fn give(fake: &Fake, recipes: &Value) {
    fake.rules.borrow_mut()["recipes"] = recipes.clone();
}

#[test]
fn new_ones_for_this_page_read_it_again_and_are_kept() {
    let (fake, worker) = at_home();
    let ours = recipe("crm.example", "#email");
    give(&fake, &ours);
    let view = open(&worker);
    assert_eq!(view["customer"]["email"], "anna@example.com");
    assert_eq!(
        view["customer"]["evidence"][0],
        json!({"key": "evidence_recipe", "args": ["Ours"]})
    );
    assert_eq!(fake.read_with.take(), ["[]".to_owned(), json_text(&ours)]);

    let view = ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "anna@example.com");
    assert_eq!(
        fake.read_with.take(),
        [json_text(&ours)],
        "once is enough when nothing has changed"
    );
    assert_eq!(
        fake.requests.borrow().len(),
        2,
        "the relay is asked once a reading"
    );

    give(&fake, &json!([]));
    assert_eq!(open(&worker)["customer"]["email"], "bert@example.com");
    assert_eq!(fake.read_with.take(), [json_text(&ours), "[]".to_owned()]);
}

#[test]
fn new_ones_for_other_pages_are_kept_and_nothing_is_read_again() {
    let (fake, worker) = at_home();
    let others = recipe("other.example", "#email");
    give(&fake, &others);
    assert_eq!(open(&worker)["customer"]["email"], "bert@example.com");
    assert_eq!(fake.read_with.take(), ["[]"]);
    open(&worker);
    assert_eq!(fake.read_with.take(), [json_text(&others)]);
}

#[test]
fn the_page_is_read_before_the_relay_has_answered() {
    let (fake, worker) = at_home();
    give(&fake, &recipe("crm.example", "#email"));
    open(&worker);
    fake.read_with.take();
    fake.held.set(Some("/v1/session"));
    let message = read(&json!({"type": "popup/rescan", "tabId": 5}));
    let mut asked = Box::pin(worker.handle(&message));
    assert!(
        asked
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert_eq!(fake.read_with.borrow().len(), 1);
}

#[test]
fn the_record_goes_on_record_and_the_page_is_looked_at_with_the_same_recipes() {
    let (fake, worker) = at_home();
    let ours = recipe("crm.example", "#email");
    give(&fake, &ours);
    open(&worker);
    fake.read_with.take();
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
    assert_eq!(fake.read_with.take(), [json_text(&ours)]);
    let requests = fake.requests.borrow();
    let (_, login) = requests
        .iter()
        .find(|(line, _)| line == "POST /v1/logins")
        .unwrap();
    assert_eq!(
        login["page"],
        json!({"origin": "https://crm.example", "recordId": "7"})
    );
}

#[test]
fn one_that_the_browser_cannot_use_is_said_and_proposes_nobody() {
    let (fake, worker) = at_home();
    give(&fake, &recipe("crm.example", "["));
    let page = page()
        .replace(r#""facts""#, r#""unusable":"[","facts""#)
        .replace(r#""kind":"recipe""#, r#""kind":"text""#);
    *fake.page.borrow_mut() = Ok(page);
    let view = open(&worker);
    assert_eq!(
        (&view["screen"], &view["unusable"]),
        (&json!("choose"), &json!("Ours"))
    );
    *fake.page.borrow_mut() = Ok(page_with(&[]).replace(r#""facts""#, r#""unusable":"[","facts""#));
    let view = open(&worker);
    assert_eq!(
        (&view["screen"], &view["unusable"]),
        (&json!("none"), &json!("Ours"))
    );
}

#[test]
fn what_is_no_list_is_none_and_what_cannot_be_kept_does_no_harm() {
    let (fake, worker) = at_home();
    for odd in [
        json!("x"),
        json!({"hosts": ["crm.example"]}),
        json!(null),
        json!(7),
    ] {
        give(&fake, &odd);
        assert_eq!(open(&worker)["customer"]["email"], "bert@example.com");
        assert_eq!(fake.read_with.take(), ["[]"]);
    }
    give(&fake, &recipe("crm.example", "#email"));
    fake.writable.set(false);
    // The popup's own note fails first, so the page is looked at without it.
    assert_eq!(open(&worker)["code"], "key_store_failed");
    fake.writable.set(true);
    assert_eq!(open(&worker)["customer"]["email"], "anna@example.com");
}

#[test]
fn a_page_that_cannot_be_read_again_is_said_to_be_unreadable() {
    let (fake, worker) = at_home();
    *fake.page.borrow_mut() = Err(Broken);
    give(&fake, &recipe("crm.example", "#email"));
    assert_eq!(open(&worker)["code"], "page_not_readable");
}

/// The text as the core writes it, which keeps the order of members.
fn json_text(value: &Value) -> String {
    json::Value::parse(&value.to_string()).unwrap().to_json()
}

fn picked(url: &str) -> Value {
    let node =
        |tag: &str, attributes: Value| json!({"tag": tag, "attributes": attributes, "nth": 1, "same": true});
    json!({"type": "teach/derive", "url": url, "chain": [node("span", json!({})), node("dd", json!({"data-field": "email"}))]})
}

fn tried(at: &str) -> Value {
    let frames: Value = serde_json::from_str(&page()).unwrap();
    let recipe = json!({"name": "Ours", "hosts": ["crm.example"], "paths": ["/contacts/{}/**"], "at": [at], "only": true});
    json!({"type": "teach/try", "tabId": 5, "recipe": recipe, "frames": frames})
}

#[test]
fn what_a_person_picked_becomes_a_recipe_without_asking_anybody() {
    let (fake, worker) = at_home();
    let view = ask(&worker, picked("https://crm.example/contacts/7?q=secret"));
    assert_eq!(
        view,
        json!({
            "screen": "derived", "host": "crm.example",
            "selectors": ["[data-field='email']", "[data-field='email'] span", "[data-field='email'] > span:nth-child(1)"],
            "shapes": [{"id": "7", "path": "/contacts/{}/**", "query": null}],
        })
    );
    assert_eq!(ask(&worker, picked("nowhere"))["code"], "page_not_readable");
    let plain = ask(&worker, picked("http://crm.example/contacts/7"));
    assert_eq!(
        (&plain["screen"], &plain["host"]),
        (&json!("derived"), &json!(null))
    );
    assert!(
        fake.requests.borrow().is_empty() && fake.traces().len() < 600,
        "{}",
        fake.traces()
    );
}

#[test]
fn a_recipe_is_tried_under_the_rules_that_the_popup_showed() {
    let (fake, worker) = at_home();
    open(&worker);
    fake.take_requests();
    let view = ask(&worker, tried("#email"));
    assert_eq!((&view["screen"], &view["ok"]), (&json!("trial"), &json!(true)));
    assert_eq!(
        view["text"],
        json!({"key": "teach_one", "args": ["anna@example.com"]})
    );
    assert!(view["toml"].as_str().unwrap().contains("\nat = [\"#email\"]\n"));
    assert_eq!(fake.take_requests(), Vec::<String>::new());

    // Without a reading of the page the relay is asked, and without an enrolment nobody.
    fake.session.borrow_mut().clear();
    assert_eq!(ask(&worker, tried("#email"))["ok"], json!(true));
    assert_eq!(fake.take_requests(), ["GET /v1/session"]);
    let stranger = Core::new(Fake::fresh());
    assert_eq!(ask(&stranger, tried("#email"))["code"], "not_enrolled");
}

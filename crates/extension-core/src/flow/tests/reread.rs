//! The page is looked at again when the person opens; and what a recipe knows of it goes on record.

use super::*;
use crate::environment::Broken;
use fake::{HUNG, page_with};

const HUBSPOT: &str = "https://app.hubspot.com/contacts/20418/record/0-1/";

/// A page that a recipe fits, with an address where it says.
fn record_page(record: &str, email: &str) -> String {
    let fact = json!({"kind": "recipe", "value": email, "visible": true});
    let note = json!({"kind": "labelled", "value": "vip@example.com", "label": "E-mail", "visible": true});
    json!([{"frameId": 0, "result": {"url": format!("{HUBSPOT}{record}"), "facts": [fact, note]}}])
        .to_string()
}

fn open(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/open", "tabId": 5}))
}

/// Expects that the login stopped before anything was asked for.
fn stopped(fake: &Fake, view: &Value) {
    assert_eq!(
        (&view["screen"], &view["code"]),
        (&json!("error"), &json!("page_changed"))
    );
    assert_eq!(view["retry"], "rescan");
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (0, 0));
}

#[test]
fn a_page_that_went_on_to_another_customer_stops_the_login() {
    let (fake, worker) = enrolled();
    open(&worker);
    for page in [
        Ok(page_with(&["bert@example.com"])),
        Ok(page_with(&[])),
        Err(Broken),
    ] {
        *fake.page.borrow_mut() = page;
        stopped(&fake, &ask(&worker, login_message(5)));
    }
    *fake.page.borrow_mut() = Ok(page_with(&["bert@example.com"]));
    let view = ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");
    *fake.page.borrow_mut() = Ok(page_with(&["anna@example.com"]));
    stopped(
        &fake,
        &ask(&worker, {
            let mut message = login_message(5);
            message["email"] = json!("bert@example.com");
            message
        }),
    );
}

#[test]
fn only_a_popup_that_was_just_opened_takes_what_was_read_before_it_asked() {
    let begun = Some(page_with(&["bert@example.com"]));
    let (fake, worker) = enrolled();
    *fake.begun.borrow_mut() = begun.clone();
    assert_eq!(open(&worker)["customer"]["email"], "bert@example.com");
    *fake.begun.borrow_mut() = begun.clone();
    let view = ask(&worker, json!({"type": "popup/rescan", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "anna@example.com");
    *fake.begun.borrow_mut() = begun;
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
}

#[test]
fn a_page_that_shows_the_same_customer_does_not() {
    let (fake, worker) = enrolled();
    open(&worker);
    *fake.page.borrow_mut() = Ok(page_with(&["ANNA@example.com", "bert@example.com"]));
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
    assert_eq!(fake.logins_asked(), 1);
}

#[test]
fn an_approval_spares_only_the_login_that_it_is_for() {
    for (member, value) in [
        ("platform", json!("practice")),
        ("reason", json!("something else than what was approved")),
        ("ticket", json!("T-17")),
    ] {
        let (fake, worker) = approval::approved();
        *fake.page.borrow_mut() = Ok(page_with(&["bert@example.com"]));
        let mut message = login_message(5);
        message[member] = value;
        assert_eq!(ask(&worker, message)["code"], "page_changed", "{member}");
        // The one that was refused for want of it.
        assert_eq!(fake.logins_asked(), 1, "{member}");
        assert_eq!(ask(&worker, login_message(5))["screen"], "opened", "{member}");
    }
}

#[test]
fn the_record_that_a_recipe_knows_goes_on_record() {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(record_page("501", "anna@example.com"));
    let view = open(&worker);
    assert_eq!(
        view["customer"]["evidence"][0],
        json!({"key": "evidence_recipe", "args": ["HubSpot"]})
    );
    // Another worker knows it too.
    let worker = Core::new(Rc::clone(&fake));
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
    let requests = fake.requests.borrow();
    let login = requests
        .iter()
        .find(|(line, _)| line == "POST /v1/logins")
        .unwrap();
    assert_eq!(
        login.1["page"],
        json!({"origin": "https://app.hubspot.com", "recordId": "501"})
    );
}

#[test]
fn another_record_stops_the_login_though_the_address_is_still_there() {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(record_page("501", "anna@example.com"));
    open(&worker);
    *fake.page.borrow_mut() = Ok(record_page("502", "anna@example.com"));
    stopped(&fake, &ask(&worker, login_message(5)));
}

#[test]
fn what_was_approved_is_opened_wherever_the_page_went_on_to() {
    let (fake, worker) = super::approval::approved();
    *fake.page.borrow_mut() = Ok(page_with(&["bert@example.com"]));
    let mut other = login_message(5);
    other["email"] = json!("bert@example.com");
    assert_eq!(
        ask(&worker, other)["code"],
        "page_changed",
        "that one was not approved"
    );
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
}

/// A list that is longer than what is kept of it may show others of it. A page that has become such a list is another one.
#[test]
fn who_stood_on_a_short_page_is_missed_on_a_long_list() {
    let (fake, worker) = enrolled();
    open(&worker);
    let others: Vec<String> = (0..60)
        .map(|number| format!("customer{number}@example.com"))
        .collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    *fake.page.borrow_mut() = Ok(page_with(&others));
    assert_eq!(ask(&worker, login_message(5))["code"], "page_changed");
}

#[test]
fn a_page_that_stops_answering_is_said_and_holds_up_nobody() {
    let (fake, worker) = enrolled();
    open(&worker);
    fake.held.set(Some(HUNG));
    let before = fake.now.get();
    let mut replaced = login_message(5);
    replaced["replaces"] = json!([40]);
    for message in [
        login_message(5),
        replaced,
        json!({"type": "popup/rescan", "tabId": 5}),
    ] {
        let view = ask(&worker, message);
        assert_eq!(
            (&view["code"], &view["retry"]),
            (&json!("page_silent"), &json!("rescan")),
            "{view}"
        );
    }
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (0, 0));
    assert_eq!(fake.now.get() - before, 15_000, "five seconds each");
    // The other tabs' logins do not wait for it, and neither does this one's once the page answers.
    fake.held.set(None);
    assert_eq!(ask(&worker, login_message(6))["screen"], "opened");
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
}

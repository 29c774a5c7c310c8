//! A look at the account, beside the confirmation.

use stagedoor_protocol::ErrorCode;

use super::*;
use crate::environment::{Broken, HttpFailure};
use fake::{HUNG, http, page_with};

/// The page of one customer, under these headings.
fn page_about(title: &str, headings: &[&str]) -> String {
    let mut page: Value = serde_json::from_str(&page_with(&["anna@example.com"])).unwrap();
    let page_is_about = page[0]["result"]["people"][0]["name"].clone();
    for heading in ["name", "called", "proper"] {
        page[0]["result"][heading] = page_is_about.clone();
    }
    page[0]["result"]["title"] = json!(title);
    page[0]["result"]["headings"] = json!(headings);
    page.to_string()
}

fn look(worker: &Worker, email: &str) -> Value {
    ask(
        worker,
        json!({"type": "popup/preview", "tabId": 5, "email": email, "platform": "main"}),
    )
}

fn knows(fake: &Fake, preview: Value) {
    fake.answer(
        "/v1/previews",
        Ok(http(200, "application/json", &preview.to_string())),
    );
}

/// An enrolled browser whose popup is open on a page with these headings.
fn opened(title: &str, headings: &[&str]) -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    *fake.page.borrow_mut() = Ok(page_about(title, headings));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["screen"], "confirm");
    fake.take_requests();
    (fake, worker)
}

#[test]
fn the_form_knows_where_accounts_are_shown() {
    let (fake, worker) = enrolled();
    fake.rules.borrow_mut()["platforms"][0]["preview"] = json!(true);
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["platforms"][0]["preview"], true);
    assert_eq!(view["platforms"][1]["preview"], json!(null));
    assert_eq!(
        fake.take_requests(),
        ["GET /v1/session"],
        "nothing is asked before the form is there"
    );
}

#[test]
fn name_and_status_are_shown_with_what_was_asked() {
    let (fake, worker) = opened("Anna Kowalska – Ledgerline", &[]);
    knows(&fake, json!({"name": "Anna Kowalska", "status": "verified"}));
    assert_eq!(
        look(&worker, "anna@example.com"),
        json!({
            "screen": "preview", "state": "known", "name": "Anna Kowalska", "status": "verified",
            "loginDisabled": false, "notOnPage": false,
        })
    );
    let requests = fake.requests.borrow();
    let asked = json!({"platform": "main", "customerEmail": "anna@example.com"});
    assert_eq!(requests.as_slice(), [("POST /v1/previews".to_owned(), asked)]);
}

#[test]
fn a_name_that_the_page_does_not_show_is_told() {
    let shown = |headings: &[&str], preview: Value| {
        let (fake, worker) = opened("Customer", headings);
        knows(&fake, preview);
        look(&worker, "anna@example.com")["notOnPage"].clone()
    };
    let anna = || json!({"name": "Anna Kowalska", "status": "verified"});
    assert_eq!(shown(&["Orders", "KOWALSKA, Ánna"], anna()), json!(false));
    assert_eq!(shown(&["Orders", "Bert Kowalski"], anna()), true);
    assert_eq!(shown(&[], anna()), true, "the title is no name");
    assert_eq!(
        shown(&["Bert"], json!({"status": "pending"})),
        json!(false),
        "there is nothing to compare"
    );
    let blank = json!({"name": "\u{200b} ", "status": "pending"});
    let (fake, worker) = opened("Customer", &[]);
    knows(&fake, blank);
    let view = look(&worker, "anna@example.com");
    assert_eq!((&view["name"], &view["notOnPage"]), (&json!(null), &json!(false)));
}

#[test]
fn another_worker_reads_the_page_again_for_it() {
    let (fake, _) = opened("Anna Kowalska", &[]);
    let other = Core::new(Rc::clone(&fake));
    knows(&fake, json!({"name": "Bert Kowalski", "status": "verified"}));
    assert_eq!(look(&other, "anna@example.com")["notOnPage"], true);
    *fake.page.borrow_mut() = Err(Broken);
    let third = Core::new(Rc::clone(&fake));
    knows(&fake, json!({"name": "Bert Kowalski", "status": "verified"}));
    assert_eq!(look(&third, "anna@example.com")["notOnPage"], json!(false));
}

#[test]
fn a_page_that_does_not_answer_is_not_asked_for_it() {
    let (fake, worker) = opened("Bert Kowalski", &["Bert Kowalski"]);
    fake.held.set(Some(HUNG));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view, json!({"screen": "none", "cut": true}));
    let before = fake.now.get();
    for _ in 0..2 {
        knows(&fake, json!({"name": "Anna Kowalska", "status": "verified"}));
        let view = look(&worker, "anna@example.com");
        assert_eq!(
            (&view["state"], &view["notOnPage"], fake.now.get()),
            (&json!("known"), &json!(false), before)
        );
    }
}

#[test]
fn who_cannot_be_logged_in_or_is_unknown_is_told() {
    let (fake, worker) = opened("Anna Kowalska", &[]);
    knows(
        &fake,
        json!({"name": "Anna Kowalska", "status": "blocked", "loginDisabled": true}),
    );
    let view = look(&worker, "anna@example.com");
    assert_eq!(
        (&view["status"], &view["loginDisabled"]),
        (&json!("blocked"), &json!(true))
    );
    knows(&fake, json!({"status": "a word of a newer relay"}));
    assert_eq!(look(&worker, "anna@example.com")["status"], "unknown");
    fake.refuse("/v1/previews", ErrorCode::CustomerUnknown, "Words.");
    assert_eq!(
        look(&worker, "anna@example.com"),
        json!({
            "screen": "preview", "state": "unknown", "status": "unknown", "loginDisabled": false, "notOnPage": false,
        })
    );
}

#[test]
fn whatever_else_goes_wrong_is_no_answer_and_no_fault() {
    let (fake, worker) = opened("Anna Kowalska", &[]);
    for code in [
        ErrorCode::BrokerAccessDenied,
        ErrorCode::TooManyRequests,
        ErrorCode::NotPermitted,
        ErrorCode::BrokerAnswerUnusable,
    ] {
        fake.refuse("/v1/previews", code, "Words.");
        assert_eq!(
            look(&worker, "anna@example.com")["state"],
            "unavailable",
            "{code}"
        );
    }
    fake.answer("/v1/previews", Err(HttpFailure::Unreachable));
    assert_eq!(look(&worker, "anna@example.com")["state"], "unavailable");
    for garbage in [json!({"name": "Anna"}), json!({"status": 7}), json!("verified")] {
        knows(&fake, garbage);
        assert_eq!(look(&worker, "anna@example.com")["state"], "unavailable");
    }
    assert_eq!(
        look(&Core::new(Fake::fresh()), "anna@example.com")["state"],
        "unavailable"
    );
}

#[test]
fn nothing_of_it_is_kept() {
    let (fake, worker) = opened("Sentinel Heading", &["Sentinel Heading"]);
    knows(&fake, json!({"name": "Sentinel Heading", "status": "verified"}));
    look(&worker, "anna@example.com");
    assert!(!fake.traces().contains("Sentinel"), "{}", fake.traces());
}

#[test]
fn a_login_does_not_wait_for_it() {
    let (fake, worker) = opened("Anna Kowalska", &[]);
    fake.held.set(Some("/v1/previews"));
    let message =
        json!({"type": "popup/preview", "tabId": 5, "email": "anna@example.com", "platform": "main"});
    let message = read(&message);
    let mut looking = pin!(worker.handle(&message));
    let pending = looking.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(pending.is_pending());
    assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
    fake.held.set(None);
    knows(&fake, json!({"name": "Anna Kowalska", "status": "verified"}));
    let view: Value = serde_json::from_str(&finish(looking).to_json()).unwrap();
    assert_eq!(view["state"], "known");
    // What it answers belongs to the form, and the login's own end is still there.
    let status = ask(&worker, json!({"type": "popup/status", "tabId": 5}));
    assert_eq!(status["screen"], "opened");
}

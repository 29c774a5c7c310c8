//! What a popup shows by itself: what the background script would have it shown, and nothing where that shows something else.

use super::{
    fake::{RELAY, page_with},
    *,
};
use crate::environment::HttpFailure;
use stagedoor_protocol::ErrorCode;

/// What a popup makes of what is kept in memory and of its page, without waiting for anything.
fn glimpse(fake: &Rc<Fake>) -> Value {
    let page = fake.page.borrow().clone().unwrap_or("null".into());
    let memory = serde_json::to_string(&*fake.session.borrow()).unwrap();
    fake.pushed.take();
    let before = (fake.traces(), fake.requests.borrow().len());
    let core = Core::new(Rc::clone(fake));
    let view = core.glimpse(5, &json::Value::parse(&memory).unwrap(), page);
    assert_eq!((fake.traces(), fake.requests.borrow().len()), before);
    view.map_or(Value::Null, |view| serde_json::from_str(&view.to_json()).unwrap())
}

fn open(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/open", "tabId": 5}))
}

/// What the background script has a popup shown before the relay has answered.
fn pushed(fake: &Fake, worker: &Worker) -> Value {
    fake.pushed.take();
    open(worker);
    let pushed = fake.pushed.take();
    assert_eq!(pushed[0]["provisional"], json!(true), "{pushed:?}");
    pushed[0]["view"].clone()
}

/// The relay has answered once, which makes this a popup that shows something.
fn known() -> (Rc<Fake>, Worker) {
    let (fake, worker) = enrolled();
    open(&worker);
    assert_eq!(glimpse(&fake)["customer"]["email"], "anna@example.com");
    (fake, worker)
}

fn keeps(fake: &Fake, name: &str) -> bool {
    fake.session.borrow().contains_key(name)
}

#[test]
fn it_is_what_the_background_script_shows() {
    let (fake, worker) = known();
    for page in [
        page_with(&["bert@example.com"]),
        page_with(&["anna@example.com", "bert@example.com"]),
        page_with(&[]),
    ] {
        *fake.page.borrow_mut() = Ok(page);
        let shown = glimpse(&fake);
        assert!(shown["screen"].is_string());
        assert_eq!(shown, pushed(&fake, &worker));
    }
}

#[test]
fn a_page_is_looked_at_by_the_recipes_of_the_same_answer() {
    let (fake, worker) = known();
    *fake.page.borrow_mut() = Ok(super::recipes::page());
    for name in ["Ours", "Theirs"] {
        let mut recipe = super::recipes::recipe("crm.example", "#email");
        recipe[0]["name"] = json!(name);
        // The rest of the answer stays as it was.
        fake.rules.borrow_mut()["recipes"] = recipe;
        open(&worker);
        let shown = glimpse(&fake);
        let evidence = json!({"key": "evidence_recipe", "args": [name]});
        assert_eq!(shown["customer"]["evidence"][0], evidence, "{shown}");
        assert_eq!(shown, pushed(&fake, &worker));
    }
}

#[test]
fn without_an_answer_of_the_relays_there_is_nothing() {
    let (fake, worker) = enrolled();
    assert_eq!(glimpse(&fake), Value::Null);
    fake.rules.borrow_mut()["platforms"] = json!([]);
    open(&worker);
    assert_eq!(glimpse(&fake), Value::Null);
}

#[test]
fn a_page_that_cannot_be_read_is_left_to_the_background_script() {
    let (fake, _) = known();
    for page in [
        "null",
        "[]",
        "{",
        r#"[{"frameId":7,"result":{"url":"https://crm.example/"}}]"#,
    ] {
        *fake.page.borrow_mut() = Ok(page.into());
        assert_eq!(glimpse(&fake), Value::Null, "{page}");
    }
}

#[test]
fn a_login_that_is_under_way_or_ended_unseen_comes_first() {
    let (fake, worker) = known();
    fake.held.set(Some("/v1/logins"));
    let message = read(&login_message(5));
    let mut login = pin!(worker.handle(&message));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        assert!(login.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(glimpse(&fake), Value::Null);
    // The popup was closed meanwhile.
    fake.listening.set(false);
    fake.answer("/v1/logins", Err(HttpFailure::Timeout));
    fake.held.set(None);
    finish(login);
    assert_eq!(glimpse(&fake), Value::Null);
    // Once that was seen the page comes next.
    assert_eq!(open(&worker)["code"], "relay_timeout");
    let shown = glimpse(&fake);
    assert_eq!(shown["customer"]["email"], "anna@example.com");
    assert_eq!(shown, pushed(&fake, &worker));
}

#[test]
fn an_approval_or_a_selected_text_comes_first() {
    let (fake, worker) = super::approval::approved();
    assert_eq!(glimpse(&fake), Value::Null);
    ask(&worker, json!({"type": "popup/dismiss", "tabId": 5}));
    assert_eq!(glimpse(&fake)["screen"], "confirm");
    for text in ["ask carla@example.com", "nobody"] {
        finish(worker.selected(5, text));
        assert_eq!(glimpse(&fake), Value::Null, "{text}");
    }
    // Another tab's notes say nothing of this one.
    open(&worker);
    finish(worker.selected(69, "ask carla@example.com"));
    assert_eq!(glimpse(&fake)["customer"]["email"], "anna@example.com");
}

#[test]
fn whoever_is_let_in_no_more_leaves_nothing_to_show() {
    for code in [ErrorCode::ProfileUnknown, ErrorCode::StaffDisabled] {
        let (fake, worker) = known();
        fake.refuse("/v1/session", code, "No more.");
        ask(&worker, json!({"type": "options/test"}));
        assert!(!keeps(&fake, "session"));
        assert_eq!(glimpse(&fake), Value::Null);
        // Until the relay says otherwise.
        assert_eq!(open(&worker)["screen"], "confirm");
        assert_eq!(glimpse(&fake)["screen"], "confirm");
    }
    let (fake, worker) = known();
    fake.refuse("/v1/session", ErrorCode::StoreUnavailable, "Not now.");
    open(&worker);
    assert_eq!(glimpse(&fake)["screen"], "confirm", "it is still signed in");
    ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(glimpse(&fake), Value::Null);
}

#[test]
fn at_another_relay_than_the_administrators_there_is_nothing() {
    let (fake, worker) = known();
    *fake.managed.borrow_mut() = Some(json!({"relay": RELAY}));
    open(&worker);
    assert_eq!(glimpse(&fake)["screen"], "confirm");
    *fake.managed.borrow_mut() = Some(json!({"relay": "https://new.example"}));
    assert_eq!(open(&worker)["code"], "managed_relay_differs");
    assert!(!keeps(&fake, "session"));
}

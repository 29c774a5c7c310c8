//! Workers that are stopped, popups that are closed, storage that fails, and clicks in any order.

use proptest::prelude::*;

use super::{fake::claimed_by, *};
use crate::environment::HttpFailure;

/// Starts a login and stops the worker while the relay is asked.
fn interrupted(fake: &Rc<Fake>) {
    let worker = Core::new(Rc::clone(fake));
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.held.set(Some(""));
    let message = read(&login_message(5));
    let mut running = Box::pin(worker.handle(&message));
    assert!(
        running
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(running);
    fake.held.set(None);
}

#[test]
fn a_login_cut_off_with_its_worker_is_said_once() {
    let fake = Fake::enrolled();
    interrupted(&fake);
    let id = fake.requests.borrow().last().unwrap().1["requestId"].clone();
    let worker = Core::new(Rc::clone(&fake));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        view,
        json!({
            "screen": "error", "code": "interrupted", "retry": "login", "requestId": id,
            "title": {"key": "error_interrupted_title", "args": []},
            "cure": {"key": "error_interrupted_cure", "args": []},
            "email": "anna@example.com", "platform": "main", "platformName": "Main",
            "reason": "customer asked on the phone",
        })
    );
    assert_eq!(fake.logins_asked(), 1, "nothing is repeated by itself");
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["screen"], "confirm");
}

#[test]
fn after_an_interruption_a_new_click_makes_a_new_request() {
    let fake = Fake::enrolled();
    interrupted(&fake);
    let worker = Core::new(Rc::clone(&fake));
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["code"],
        "interrupted"
    );
    let view = ask(&worker, login_message(5));
    assert_eq!(view["screen"], "opened");
    let requests = fake.requests.borrow();
    let ids: Vec<&Value> = requests
        .iter()
        .filter(|(line, _)| line == "POST /v1/logins")
        .map(|(_, body)| &body["requestId"])
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_login_that_hangs_counts_as_interrupted_after_fifteen_seconds() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.held.set(Some(""));
    let message = read(&login_message(5));
    let mut running = pin!(worker.handle(&message));
    assert!(
        running
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    fake.now.set(fake.now.get() + 15_000);
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["screen"],
        "working"
    );
    fake.now.set(fake.now.get() + 1);
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["code"],
        "interrupted"
    );
    assert_eq!(fake.logins_asked(), 1);
}

#[test]
fn a_failure_that_nobody_saw_is_shown_when_the_popup_opens_again() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    for (listening, first) in [(false, "error"), (true, "confirm")] {
        fake.listening.set(listening);
        fake.answer("/v1/logins", Err(HttpFailure::Timeout));
        assert_eq!(ask(&worker, login_message(5))["code"], "relay_timeout");
        assert_eq!(
            ask(&worker, json!({"type": "popup/open", "tabId": 5}))["screen"],
            first
        );
        assert_eq!(
            ask(&worker, json!({"type": "popup/open", "tabId": 5}))["screen"],
            "confirm"
        );
    }
}

/// Whoever selects a text wants that, and the notes are of a login that nobody works on.
#[test]
fn a_login_that_was_cut_off_does_not_hide_a_selected_text() {
    let fake = Fake::enrolled();
    interrupted(&fake);
    let worker = Core::new(Rc::clone(&fake));
    finish(worker.selected(5, "bert@example.com"));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["customer"]["email"], "bert@example.com");
}

#[test]
fn reading_again_forgets_a_failure() {
    let (fake, worker) = enrolled();
    fake.listening.set(false);
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.answer("/v1/logins", Err(HttpFailure::Timeout));
    ask(&worker, login_message(5));
    assert_eq!(
        ask(&worker, json!({"type": "popup/rescan", "tabId": 5}))["screen"],
        "confirm"
    );
    assert_eq!(
        ask(&worker, json!({"type": "popup/open", "tabId": 5}))["screen"],
        "confirm"
    );
}

#[test]
fn reading_the_page_does_not_wipe_out_a_login_that_begins_meanwhile() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    let mut context = Context::from_waker(Waker::noop());
    let (rescan, click) = (
        read(&json!({"type": "popup/rescan", "tabId": 5})),
        read(&login_message(5)),
    );
    fake.held.set(Some(""));
    let mut reading = pin!(worker.handle(&rescan));
    assert!(reading.as_mut().poll(&mut context).is_pending());
    let mut login = Box::pin(worker.handle(&click));
    assert!(login.as_mut().poll(&mut context).is_pending());
    fake.held.set(Some("/v1/logins"));
    finish(reading);
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["screen"],
        "working"
    );
    drop(login);
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["code"],
        "interrupted"
    );
}

#[test]
fn what_cannot_be_noted_is_not_asked_for() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.writable.set(false);
    let view = ask(&worker, login_message(5));
    assert_eq!(view["code"], "key_store_failed");
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (0, 0));
}

#[test]
fn notes_of_another_version_are_nothing() {
    let (fake, worker) = enrolled();
    fake.session.borrow_mut().insert(
        "tab:5".into(),
        json!({"tab": 5, "login": {"step": "dreaming"}, "scan": 7}),
    );
    assert_eq!(
        ask(&worker, json!({"type": "popup/open", "tabId": 5}))["screen"],
        "confirm"
    );
}

#[test]
fn an_enrolment_without_its_key_is_none() {
    let (fake, worker) = enrolled();
    fake.keys.borrow_mut().clear();
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["code"], &view["retry"]),
        (&json!("key_gone"), &json!("options"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the pages ask in whatever order, with workers stopped in between and windows closed or not: a token is
    /// asked for only by a click, never twice under one id, no claim is overridden that was not shown, and no window
    /// opens while a private one is open.
    #[test]
    fn clicks_in_any_order(actions in prop::collection::vec((0..10_u8, 5..7_i32), 1..20)) {
        let fake = Fake::enrolled();
        let mut worker = Core::new(Rc::clone(&fake));
        let mut clicks = 0;
        let mut claims = 0;
        for (action, tab) in actions {
            match action {
                0 => { ask(&worker, json!({"type": "popup/open", "tabId": tab})); }
                1 => { ask(&worker, json!({"type": "popup/rescan", "tabId": tab})); }
                2 => { ask(&worker, json!({"type": "popup/status", "tabId": tab})); }
                3 => { ask(&worker, json!({"type": "popup/select", "tabId": tab, "email": "bert@example.com"})); }
                4 => fake.windows.borrow_mut().retain(|window| !window.incognito),
                5 => worker = Core::new(Rc::clone(&fake)),
                6 => fake.answer("/v1/logins", Err(HttpFailure::Timeout)),
                7 => {
                    claims += 1;
                    fake.claim(1, 0, 30);
                }
                _ => {
                    clicks += 1;
                    let private = fake.windows.borrow().iter().any(|window| window.incognito);
                    let before = fake.opened.borrow().len();
                    let mut message = login_message(tab);
                    if action == 9 {
                        message["overrides"] = json!(claimed_by(1).as_str());
                    }
                    ask(&worker, message);
                    prop_assert!(!private || fake.opened.borrow().len() == before);
                }
            }
        }
        let requests = fake.requests.borrow();
        let mut ids: Vec<String> = requests
            .iter()
            .filter(|(line, _)| line == "POST /v1/logins")
            .map(|(_, body)| body["requestId"].to_string())
            .collect();
        prop_assert!(ids.len() <= clicks);
        let overrides = requests.iter().filter(|(_, body)| body.get("overrides").is_some());
        prop_assert!(overrides.count() <= claims);
        prop_assert!(fake.opened.borrow().len() <= ids.len());
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), fake.logins_asked());
        prop_assert!(!fake.traces().contains(TOKEN));
    }
}

//! What the relay is told of the windows that logins opened, whoever is stopped in between, and what the button shows.

use stagedoor_protocol::ErrorCode;

use super::*;
use crate::environment::{HttpFailure, OpenedWindow};

/// The next worker in a browser, as its script starts it.
fn next_worker(fake: &Rc<Fake>) -> Worker {
    let worker = Core::new(Rc::clone(fake));
    let kept = serde_json::to_string(&*fake.session.borrow()).unwrap();
    finish(worker.wake(&crate::json::Value::parse(&kept).unwrap()));
    finish(worker.settle());
    worker
}

/// Starts a login and stops the worker when it has come to a request that begins so.
fn stopped_at(fake: &Rc<Fake>, request: &'static str) {
    let worker = Core::new(Rc::clone(fake));
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.held.set(Some(request));
    let message = read(&login_message(5));
    let mut running = Box::pin(worker.handle(&message));
    for _ in 0..100 {
        assert!(
            running
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    drop(running);
    fake.held.set(None);
}

/// The outcomes that were reported and the relay has answered.
fn told(fake: &Fake) -> Vec<String> {
    fake.outcomes().into_iter().map(|(outcome, _)| outcome).collect()
}

fn private(fake: &Fake) -> usize {
    let windows = fake.windows.borrow();
    windows.iter().filter(|window| window.incognito).count()
}

fn kept(fake: &Fake) -> usize {
    let local = fake.local.borrow();
    local.keys().filter(|name| name.starts_with("window:")).count()
}

#[test]
fn a_login_that_was_cut_off_is_noticed_by_the_next_worker_and_told_to_the_relay() {
    let fake = Fake::enrolled();
    stopped_at(&fake, "/v1/logins");
    assert!(fake.watching_login.get(), "nobody would wake the next worker");
    let worker = next_worker(&fake);
    assert_eq!(
        fake.outcomes(),
        [("failed".to_owned(), Some("interrupted".to_owned()))]
    );
    assert_eq!((fake.shown().as_str(), kept(&fake)), ("!", 0));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["code"], fake.shown().as_str()),
        (&json!("interrupted"), "")
    );
    assert_eq!((fake.logins_asked(), private(&fake)), (1, 0));
    // Nothing is told twice.
    next_worker(&fake);
    assert_eq!(told(&fake), ["failed"]);
}

#[test]
fn a_window_whose_report_was_cut_off_is_reported_by_the_next_worker() {
    let fake = Fake::enrolled();
    fake.listening.set(false);
    stopped_at(&fake, "/v1/logins/");
    fake.requests.borrow_mut().clear();
    let worker = next_worker(&fake);
    assert_eq!((told(&fake), private(&fake)), (vec!["opened".to_owned()], 1));
    assert_eq!(fake.shown(), "✓");
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!((&view["screen"], fake.shown().as_str()), (&json!("opened"), ""));
    // That it is open was seen now.
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(view["screen"], "confirm");
    assert_eq!(fake.logins_asked(), 0);
}

/// The window was noted, and the worker stopped before it could note that on the login.
#[test]
fn a_login_whose_window_was_noted_is_open() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.session.borrow_mut().get_mut("tab:5").unwrap()["login"]["step"] = json!("opening");
    fake.requests.borrow_mut().clear();
    let worker = next_worker(&fake);
    assert_eq!(
        ask(&worker, json!({"type": "popup/status", "tabId": 5}))["screen"],
        "opened"
    );
    assert!(told(&fake).is_empty(), "the relay knew");
}

/// It may be open, and it may have been closed again.
#[test]
fn whether_a_window_opened_is_not_guessed() {
    for closed in [false, true] {
        let (fake, worker) = enrolled();
        ask(&worker, login_message(5));
        if closed {
            fake.windows.borrow_mut().retain(|window| !window.incognito);
        }
        fake.session.borrow_mut().get_mut("tab:5").unwrap()["login"]["step"] = json!("opening");
        fake.local
            .borrow_mut()
            .retain(|name, _| !name.starts_with("window:"));
        fake.requests.borrow_mut().clear();
        let worker = next_worker(&fake);
        assert_eq!(
            ask(&worker, json!({"type": "popup/status", "tabId": 5}))["code"],
            "interrupted"
        );
        assert!(told(&fake).is_empty(), "{closed}");
        assert_eq!(fake.shown(), "!");
    }
}

#[test]
fn a_window_that_was_closed_while_no_worker_lived_is_noticed() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    fake.now.set(fake.now.get() + 60_000);
    next_worker(&fake);
    assert_eq!(
        (told(&fake), kept(&fake)),
        (vec!["opened".into(), "closed".into()], 0)
    );
    let requests = fake.requests.borrow();
    assert_eq!(requests.last().unwrap().1["durationMilliseconds"], 60_000);
}

/// A browser that is started may give its id to somebody's own window.
#[test]
fn after_a_start_of_the_browser_no_window_is_a_logins() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    let worker = next_worker(&fake);
    assert_eq!(ask(&worker, json!({"type": "session/open"}))["open"], 1);
    finish(worker.started());
    assert_eq!(
        (told(&fake), kept(&fake)),
        (vec!["opened".into(), "closed".into()], 0)
    );
    let view = ask(&worker, json!({"type": "session/end"}));
    assert_eq!(
        (&view["open"], &view["others"], private(&fake)),
        (&json!(0), &json!(1), 1)
    );
}

/// Its id may be given again: to a window that is not a private one.
#[test]
fn another_window_with_its_id_is_not_it() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    for window in fake.windows.borrow_mut().iter_mut() {
        window.incognito = false;
    }
    next_worker(&fake);
    assert_eq!(told(&fake), ["opened", "closed"]);
}

#[test]
fn a_report_that_does_not_arrive_is_made_again_later() {
    let (fake, worker) = enrolled();
    for failure in [HttpFailure::Unreachable, HttpFailure::Timeout] {
        fake.next_outcome(Err(failure));
        assert_eq!(ask(&worker, login_message(5))["screen"], "opened");
        assert_eq!(kept(&fake), 1);
        // When it was closed counts, not when that could be told.
        fake.now.set(fake.now.get() + 5_000);
        fake.next_outcome(Err(failure));
        fake.windows.borrow_mut().retain(|window| !window.incognito);
        finish(worker.window_removed(40));
        fake.now.set(fake.now.get() + 90_000);
        fake.requests.borrow_mut().clear();
        next_worker(&fake);
        assert_eq!(
            (told(&fake), kept(&fake)),
            (vec!["opened".into(), "closed".into()], 0)
        );
        let requests = fake.requests.take();
        assert_eq!(requests.last().unwrap().1["durationMilliseconds"], 5_000);
    }
}

/// The relay may not be done with it when the connection is lost, and takes no report then.
#[test]
fn a_lost_answer_is_told_once_the_relay_is_done_with_the_login() {
    for arrived in [true, false] {
        let (fake, worker) = enrolled();
        fake.answer("/v1/logins", Err(HttpFailure::Unreachable));
        fake.next_outcome(Ok(ErrorCode::LoginUnknown));
        ask(&worker, login_message(5));
        assert_eq!((told(&fake).len(), kept(&fake)), (1, 1));
        assert!(fake.watching_login.get(), "nobody would tell it later");
        fake.now.set(fake.now.get() + 30_000);
        if !arrived {
            fake.next_outcome(Ok(ErrorCode::LoginUnknown));
        }
        next_worker(&fake);
        let lost = ("failed".to_owned(), Some("answer_lost".to_owned()));
        assert_eq!((fake.outcomes(), kept(&fake)), (vec![lost.clone(), lost], 0));
    }
}

#[test]
fn what_the_relay_does_not_want_to_know_is_not_told_again() {
    let (fake, worker) = enrolled();
    fake.next_outcome(Ok(ErrorCode::LoginUnknown));
    ask(&worker, login_message(5));
    fake.next_outcome(Ok(ErrorCode::MalformedRequest));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    finish(worker.window_removed(40));
    assert_eq!(
        (told(&fake), kept(&fake)),
        (vec!["opened".into(), "closed".into()], 0)
    );
}

/// A person who was disabled is enabled again, perhaps.
#[test]
fn who_is_not_connected_any_more_reports_once_they_are_again() {
    for code in [ErrorCode::StaffDisabled, ErrorCode::ProfileUnknown] {
        let (fake, worker) = enrolled();
        ask(&worker, login_message(5));
        fake.windows.borrow_mut().retain(|window| !window.incognito);
        fake.next_outcome(Ok(code));
        finish(worker.window_removed(40));
        fake.requests.borrow_mut().clear();
        let worker = next_worker(&fake);
        assert_eq!((told(&fake), kept(&fake)), (vec![], 1), "{code}");
        // The connection test finds out.
        ask(&worker, json!({"type": "options/test"}));
        finish(worker.settle());
        assert_eq!((told(&fake), kept(&fake)), (vec!["closed".into()], 0), "{code}");
    }
}

#[test]
fn a_report_is_given_up_in_the_end() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    fake.next_outcome(Ok(ErrorCode::StoreUnavailable));
    finish(worker.window_removed(40));
    assert_eq!(kept(&fake), 1);
    fake.now.set(fake.now.get() + 8 * 24 * 3_600_000);
    fake.next_outcome(Ok(ErrorCode::StoreUnavailable));
    next_worker(&fake);
    assert_eq!(kept(&fake), 0);
}

#[test]
fn a_session_is_ended_by_its_button() {
    let (fake, worker) = enrolled();
    assert_eq!(
        ask(&worker, json!({"type": "session/open"})),
        json!({"screen": "sessions", "open": 0, "others": 0, "privateWindows": []})
    );
    ask(&worker, login_message(5));
    // Also asked from another page, and after the one it was opened from went on to somebody else.
    let view = ask(&worker, json!({"type": "session/open"}));
    let open = (&view["open"], &view["window"], &view["customer"]);
    assert_eq!(open, (&json!(1), &json!(40), &json!("anna@example.com")));
    let view = ask(&worker, json!({"type": "session/end"}));
    assert_eq!(
        view,
        json!({"screen": "sessions", "open": 0, "others": 0, "privateWindows": []})
    );
    assert_eq!(private(&fake), 0);
    finish(worker.window_removed(40));
    // Whose it was is forgotten.
    assert!(!fake.session.borrow().keys().any(|name| name.starts_with("last")));
    assert_eq!(
        (told(&fake), kept(&fake)),
        (vec!["opened".into(), "closed".into()], 0)
    );
}

#[test]
fn what_is_left_of_a_session_is_said() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.closable.set(false);
    let view = ask(&worker, json!({"type": "session/end"}));
    assert_eq!(
        view,
        json!({"screen": "sessions", "open": 1, "others": 0, "privateWindows": [40]})
    );
    fake.closable.set(true);
    fake.windows.borrow_mut().push(OpenedWindow {
        id: 77,
        incognito: true,
    });
    // Told before anything is closed, too.
    let view = ask(&worker, json!({"type": "session/open"}));
    assert_eq!((&view["open"], &view["others"]), (&json!(1), &json!(1)));
    assert_eq!(view["privateWindows"], json!([40, 77]));
    let view = ask(&worker, json!({"type": "session/end"}));
    assert_eq!(
        view,
        json!({"screen": "sessions", "open": 0, "others": 1, "privateWindows": [77]})
    );
    assert_eq!(private(&fake), 1, "a window of the person's own is theirs");
    // Windows that cannot be counted are not said to be none.
    fake.failing.set("windows");
    for message in ["session/open", "session/end"] {
        let view = ask(&worker, json!({"type": message}));
        assert_eq!(
            (&view["code"], view.get("others")),
            (&json!("internal"), None),
            "{message}"
        );
    }
}

#[test]
fn how_a_login_ended_unseen_stands_beside_how_many_wait() {
    let (fake, worker) = enrolled();
    fake.listening.set(false);
    *fake.badge.borrow_mut() = "2".into();
    fake.rules.borrow_mut()["mayApprove"] = json!(true);
    ask(&worker, login_message(5));
    assert_eq!(fake.shown(), "✓2");
    fake.answer(
        "/v1/approvals",
        Ok(fake::http(200, "application/json", r#"{"requests":[]}"#)),
    );
    finish(worker.minute());
    assert_eq!(fake.shown(), "✓");
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    finish(worker.window_removed(40));
    assert_eq!(fake.shown(), "", "what was opened is closed");

    fake.answer("/v1/logins", Err(HttpFailure::Timeout));
    *fake.badge.borrow_mut() = "3".into();
    ask(&worker, login_message(5));
    assert_eq!(fake.shown(), "!3");
    finish(worker.window_removed(1));
    assert_eq!(fake.shown(), "!3");
    ask(&worker, json!({"type": "popup/open", "tabId": 6}));
    assert_eq!(fake.shown(), "3", "somebody looked");

    fake.listening.set(true);
    ask(&worker, login_message(5));
    assert_eq!(fake.shown(), "3", "it was seen as it ended");
}

/// Nobody else could tell it.
#[test]
fn what_waits_is_told_before_signing_out() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    fake.next_outcome(Err(HttpFailure::Unreachable));
    finish(worker.window_removed(40));
    fake.take_requests();
    ask(&worker, json!({"type": "options/signOut"}));
    let requests = fake.requests.borrow();
    assert_eq!(requests[0].1["outcome"], "closed");
    assert_eq!((requests[1].0.as_str(), kept(&fake)), ("POST /v1/sign-out", 0));
}

/// A relay that does not answer keeps nobody signed in.
#[test]
fn telling_what_waits_does_not_hold_up_signing_out() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    fake.held.set(Some("/v1/logins/"));
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!((&view["enrolled"], kept(&fake)), (&json!(false), 0));
}

#[test]
fn nothing_is_told_or_kept_after_signing_out() {
    let fake = Fake::enrolled();
    let worker = Core::new(Rc::clone(&fake));
    ask(&worker, login_message(5));
    assert_eq!(kept(&fake), 1);
    ask(&worker, json!({"type": "options/signOut"}));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    finish(worker.window_removed(40));
    assert_eq!((told(&fake), kept(&fake)), (vec!["opened".to_owned()], 0));
}

//! Signing out, and what is left of it.

use super::*;
use crate::environment::HttpFailure;
use fake::{EXPIRES_AT, REDIRECT_URI, RELAY, http, key_id};
use p256::ecdsa::SigningKey;
use stagedoor_protocol::ErrorCode;

/// Goes on with what is held until nothing more happens.
fn until_held(asked: &mut std::pin::Pin<&mut impl Future<Output = crate::view::View>>) {
    for _ in 0..100 {
        let polled = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
}

fn nothing_is_kept(fake: &Fake) -> bool {
    fake.keys.borrow().is_empty() && fake.local.borrow().is_empty() && fake.session.borrow().is_empty()
}

#[test]
fn signing_out_leaves_nothing() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    ask(&worker, json!({"type": "options/signIn"}));
    assert_eq!(
        fake.session.borrow().keys().collect::<Vec<_>>(),
        ["recipes", "session", "signIn", "tab:5", "tabs"]
    );
    let pending = fake.keys.borrow()["enrolled"].clone();
    fake.keys.borrow_mut().insert("pending".into(), pending);
    fake.answer("/v1/sign-out", Ok(http(204, "", "")));
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!((&view["enrolled"], &view["error"]), (&json!(false), &Value::Null));
    assert_eq!(fake.requests.borrow().last().unwrap().0, "POST /v1/sign-out");
    assert!(
        fake.keys.borrow().is_empty() && fake.local.borrow().is_empty() && fake.session.borrow().is_empty()
    );
    assert!(!fake.noisy.get(), "an alarm or a badge is left");
    assert_eq!(
        ask(&worker, json!({"type": "popup/open", "tabId": 5})),
        json!({"screen": "setup"})
    );
}

/// What is known of a tab is read before it is changed, and somebody may sign out in between.
#[test]
fn what_was_about_to_be_noted_at_signing_out_is_not() {
    let (fake, worker) = enrolled();
    fake.held.set(Some("loaded"));
    let mut noting = pin!(worker.selected(5, "anna@example.com"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(noting.as_mut().poll(&mut context).is_pending());
    fake.held.set(None);
    ask(&worker, json!({"type": "options/signOut"}));
    finish(noting);
    assert!(nothing_is_kept(&fake));
}

#[test]
fn a_store_that_fails_at_signing_out_is_said() {
    let (fake, worker) = enrolled();
    fake.writable.set(false);
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(
        (&view["enrolled"], &view["error"]["code"]),
        (&json!(true), &json!("key_store_failed"))
    );
}

/// What is under way when somebody signs out notes nothing afterwards.
#[test]
fn what_ends_after_signing_out_leaves_nothing_either() {
    for (message, held) in [
        (json!({"type": "popup/open", "tabId": 5}), "/v1/session"),
        (login_message(5), "/v1/logins"),
    ] {
        let (fake, worker) = enrolled();
        fake.listening.set(false);
        fake.held.set(Some(held));
        let message = read(&message);
        let mut late = pin!(worker.handle(&message));
        until_held(&mut late);
        ask(&worker, json!({"type": "options/signOut"}));
        fake.held.set(None);
        let view: Value = serde_json::from_str(&finish(late).to_json()).unwrap();
        assert_eq!(view, json!({"screen": "setup"}));
        assert!(nothing_is_kept(&fake));
        assert_eq!(fake.shown(), "", "a mark at the toolbar button");
    }
}

/// A browser that is closed while the relay is waited for starts again signed out.
#[test]
fn the_key_is_gone_while_the_relay_is_asked() {
    let (fake, worker) = enrolled();
    ask(&worker, login_message(5));
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    fake.take_requests();
    let pending = fake.keys.borrow()["enrolled"].clone();
    fake.keys.borrow_mut().insert("pending".into(), pending);
    fake.held.set(Some(""));
    let message = read(&json!({"type": "options/signOut"}));
    let mut leaving = Box::pin(worker.handle(&message));
    until_held(&mut leaving.as_mut());
    let requests = fake.take_requests();
    assert!(requests[0].ends_with("/outcome") && requests[1] == "POST /v1/sign-out");
    assert!(nothing_is_kept(&fake));
    drop(leaving);
    fake.held.set(None);
    let next = Core::new(Rc::clone(&fake));
    assert_eq!(ask(&next, json!({"type": "options/open"}))["enrolled"], false);
}

/// Neither a new key nor the one that was just deleted comes back, wherever signing out finds what would keep it.
#[test]
fn nobody_is_connected_by_what_was_begun_before_signing_out() {
    let enrol = json!({"type": "options/enrol", "relay": RELAY, "code": "01234-56789-abcde-fghjz"});
    let begin = json!({"type": "options/signIn", "relay": RELAY});
    for renews in [false, true] {
        for (asked, held) in [
            (&enrol, "generated"),
            (&enrol, "/v1/enrolments"),
            (&enrol, "saved"),
            (&begin, "/v1/sign-in"),
            (&Value::Null, "/v1/sign-ins"),
            (&Value::Null, "saved"),
        ] {
            let fake = if renews { Fake::enrolled() } else { Fake::fresh() };
            let worker = Core::new(Rc::clone(&fake));
            let mut asked = asked.clone();
            if asked.is_null() {
                let begun = ask(&worker, begin.clone());
                let address = url::Url::parse(begun["authorization"].as_str().unwrap()).unwrap();
                let state = address.query_pairs().find(|(name, _)| name == "state").unwrap().1;
                let redirect = [REDIRECT_URI, "?code=the-code&state=", &state].concat();
                asked = json!({"type": "options/signedIn", "redirect": redirect});
            }
            let key = if asked["type"] == "options/enrol" || !renews {
                [9; 32]
            } else {
                [7; 32]
            };
            let key = SigningKey::from_slice(&key).unwrap();
            let answer = json!({
                "keyId": key_id(key.verifying_key()).as_str(), "expiresAt": EXPIRES_AT,
                "staff": {"email": "desk@broker.example", "name": "Support desk"},
            });
            for path in ["/v1/enrolments", "/v1/sign-ins"] {
                fake.answer(path, Ok(http(201, "application/json", &answer.to_string())));
            }
            fake.held.set(Some(held));
            let message = read(&asked);
            let mut late = pin!(worker.handle(&message));
            until_held(&mut late);
            // What holds the others up would hold up this as well.
            ask(&worker, json!({"type": "options/signOut"}));
            assert!(nothing_is_kept(&fake), "{held} {renews}");
            fake.held.set(None);
            let view: Value = serde_json::from_str(&finish(late).to_json()).unwrap();
            assert_eq!(
                (&view["enrolled"], &view["error"]["code"]),
                (&json!(false), &json!("not_enrolled")),
                "{held} {renews}"
            );
            assert!(nothing_is_kept(&fake), "{held} {renews}");
        }
    }
}

/// The relay may still count the profile: somebody there can be asked to remove it.
#[test]
fn nobody_stays_signed_in_because_the_relay_is_away_and_that_is_said() {
    let busy = || Ok(http(503, "text/html", ""));
    for (answer, untold) in [
        (Err(HttpFailure::Timeout), json!(true)),
        (Err(HttpFailure::Unreachable), json!(true)),
        (busy(), json!(true)),
        (Ok(http(204, "", "")), Value::Null),
    ] {
        let (fake, worker) = enrolled();
        fake.answer("/v1/sign-out", answer);
        let view = ask(&worker, json!({"type": "options/signOut"}));
        assert_eq!((&view["enrolled"], &view["error"]), (&json!(false), &Value::Null));
        assert_eq!(view["untold"], untold);
        assert!(nothing_is_kept(&fake));
        assert_eq!(
            ask(&worker, json!({"type": "options/open"}))["untold"],
            Value::Null
        );
    }
    let (fake, worker) = enrolled();
    fake.refuse("/v1/sign-out", ErrorCode::ProfileUnknown, "Revoked.");
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(view["untold"], Value::Null, "there is nothing to remove");
    let (fake, worker) = enrolled();
    let lapsed = json!([fake.local.borrow()["keyId"], "profile_unknown"]);
    fake.local.borrow_mut().insert("lapsed".into(), lapsed);
    fake.answer("/v1/sign-out", busy());
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(view["untold"], Value::Null, "the relay said so itself");
    let (fake, worker) = enrolled();
    fake.keys.borrow_mut().clear();
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!(view["untold"], true, "nobody can tell it any more");
    assert!(nothing_is_kept(&fake) && fake.requests.borrow().is_empty());
}

#[test]
fn what_is_begun_while_the_relay_is_told_of_a_sign_out_finds_nobody() {
    let (fake, worker) = enrolled();
    fake.held.set(Some("/v1/sign-out"));
    let message = read(&json!({"type": "options/signOut"}));
    let mut leaving = pin!(worker.handle(&message));
    until_held(&mut leaving);
    let opened = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(opened["screen"], "setup");
    fake.held.set(None);
    finish(leaving);
    assert!(nothing_is_kept(&fake));
}

/// An administrator may have set another relay since: the one that has the key is told all the same.
#[test]
fn the_relay_that_has_the_key_is_told_whatever_is_set() {
    for set in [json!({"relay": "https://other.example"}), json!({"relay": 5})] {
        let (fake, worker) = enrolled();
        *fake.managed.borrow_mut() = Some(set);
        fake.answer("/v1/sign-out", Ok(http(204, "", "")));
        let view = ask(&worker, json!({"type": "options/signOut"}));
        let requests = fake.requests.borrow();
        let told = requests.iter().map(|(request, _)| request.as_str());
        assert_eq!(told.collect::<Vec<_>>(), ["POST /v1/sign-out"]);
        assert_eq!(view["untold"], Value::Null);
        assert!(nothing_is_kept(&fake));
    }
    // Without a profile that can be read there is no relay to tell, and that is said while there is a key.
    let (fake, worker) = enrolled();
    fake.local.borrow_mut().remove("relay");
    let view = ask(&worker, json!({"type": "options/signOut"}));
    assert_eq!((fake.requests.borrow().len(), &view["untold"]), (0, &json!(true)));
}

/// Somebody else connects this browser.
fn connect_another(fake: &Fake, worker: &Worker) {
    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let answer = json!({
        "keyId": key_id(key.verifying_key()).as_str(), "expiresAt": EXPIRES_AT,
        "staff": {"email": "other@broker.example", "name": "Another person"},
    });
    fake.answer(
        "/v1/enrolments",
        Ok(http(201, "application/json", &answer.to_string())),
    );
    let enrol = json!({"type": "options/enrol", "relay": RELAY, "code": "01234-56789-abcde-fghjz"});
    assert_eq!(ask(worker, enrol)["enrolled"], true);
    // What they have begun by then.
    fake.noisy.set(true);
    fake.watching.set(true);
    *fake.badge.borrow_mut() = "✓2".into();
    let mine = json!({"login": null});
    fake.session.borrow_mut().insert("tab:5".into(), mine);
}

/// What somebody asked for before signing out ends without doing anything to whoever has connected the browser since.
#[test]
fn what_ends_after_somebody_else_has_connected_leaves_what_is_theirs() {
    let asks = json!({
        "type": "popup/askApproval", "tabId": 5, "email": "anna@example.com", "platform": "main",
        "reason": "customer asked on the phone",
    });
    let typed = json!({"type": "popup/select", "tabId": 5, "email": "anna@example.com"});
    for (message, held) in [
        (json!({"type": "popup/open", "tabId": 5}), fake::PAGE),
        (json!({"type": "popup/open", "tabId": 5}), "/v1/session"),
        (json!({"type": "popup/rescan", "tabId": 5}), fake::PAGE),
        (typed, fake::PAGE),
        (asks, fake::PAGE),
        (login_message(5), fake::PAGE),
        (login_message(5), "/v1/logins"),
        (login_message(5), "/v1/session"),
    ] {
        let (fake, worker) = enrolled();
        fake.listening.set(false);
        fake.held.set(Some(held));
        let message = read(&message);
        let mut late = pin!(worker.handle(&message));
        until_held(&mut late);
        ask(&worker, json!({"type": "options/signOut"}));
        connect_another(&fake, &worker);
        let theirs = |fake: &Fake| {
            let (local, session) = (fake.local.borrow().clone(), fake.session.borrow().clone());
            let marks = (fake.noisy.get(), fake.watching.get(), fake.badge.borrow().clone());
            (local, session, marks)
        };
        let before = theirs(&fake);
        fake.pushed.borrow_mut().clear();
        fake.held.set(None);
        let view: Value = serde_json::from_str(&finish(late).to_json()).unwrap();
        assert_eq!(view, json!({"screen": "setup"}));
        assert_eq!(theirs(&fake), before, "{} {held}", message.kind);
        let pushed = fake.pushed.borrow();
        assert!(pushed.is_empty(), "{} {held} {pushed:?}", message.kind);
    }
}

/// Two settings pages, and a press in each: the relay is told, and neither says that it was not.
#[test]
fn signing_out_twice_at_once_tells_the_relay() {
    for held in ["cleared", "/v1/sign-out"] {
        let (fake, worker) = enrolled();
        fake.held.set(Some(held));
        fake.answer("/v1/sign-out", Ok(http(204, "", "")));
        let message = read(&json!({"type": "options/signOut"}));
        let (mut one, mut other) = (pin!(worker.handle(&message)), pin!(worker.handle(&message)));
        until_held(&mut one);
        let mut views = Vec::new();
        match other.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(view) => views.push(view),
            Poll::Pending => until_held(&mut other),
        }
        fake.held.set(None);
        views.push(finish(one));
        if views.len() < 2 {
            views.push(finish(other));
        }
        for view in views {
            let view: Value = serde_json::from_str(&view.to_json()).unwrap();
            assert_eq!(
                (&view["enrolled"], &view["untold"]),
                (&json!(false), &Value::Null),
                "{held}"
            );
        }
        assert_eq!(fake.take_requests(), ["POST /v1/sign-out"]);
        assert!(nothing_is_kept(&fake));
        // Whoever signs out later is told the truth again.
        connect_another(&fake, &worker);
        fake.keys.borrow_mut().clear();
        assert_eq!(ask(&worker, json!({"type": "options/signOut"}))["untold"], true);
    }
}

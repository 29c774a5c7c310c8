//! A colleague's claim: it is shown, it counts down, and only the one that was shown is overridden.

use super::*;
use fake::claimed_by;
use stagedoor_protocol::ErrorCode;

/// A click on "Open anyway" below the claim of a colleague's login.
fn overriding(login: u64) -> Value {
    let mut message = login_message(5);
    message["overrides"] = json!(claimed_by(login).as_str());
    message
}

/// A worker whose first click met the claim of login 1, 12 seconds old and with 18 to go.
fn claimed() -> (Rc<Fake>, Worker, Value) {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.claim(1, 12, 18);
    let mut message = login_message(5);
    message["ticket"] = json!("T-17");
    let view = ask(&worker, message);
    (fake, worker, view)
}

/// What the relay was asked last.
fn last_login(fake: &Fake) -> Value {
    let requests = fake.requests.borrow();
    let mut logins = requests.iter().rev();
    logins
        .find(|(line, _)| line == "POST /v1/logins")
        .unwrap()
        .1
        .clone()
}

fn status(worker: &Worker) -> Value {
    ask(worker, json!({"type": "popup/status", "tabId": 5}))
}

#[test]
fn a_claim_is_shown_with_all_that_was_typed_and_nothing_is_sent_again() {
    let (fake, _, view) = claimed();
    assert_eq!(
        view,
        json!({
            "screen": "error", "code": "customer_claimed", "retry": "override",
            "requestId": last_login(&fake)["requestId"],
            "title": {"key": "error_customer_claimed_title", "args": []},
            "cure": {"key": "error_customer_claimed_cure", "args": []},
            "email": "anna@example.com", "platform": "main", "platformName": "Main",
            "reason": "customer asked on the phone",
            "ticket": "T-17",
            "claim": {
                "requestId": claimed_by(1).as_str(), "staffName": "Maria Silva",
                "heldSeconds": 12, "remainingSeconds": 18,
            },
        })
    );
    assert_eq!(last_login(&fake).get("overrides"), None);
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (1, 0));
    assert!(fake.outcomes().is_empty());
}

#[test]
fn a_login_under_way_is_said_to_be_so_with_the_time_to_come_again() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.claim_under_way(1, 2, 38, 7);
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (
            &view["title"]["key"],
            &view["cure"]["key"],
            &view["retryAfterSeconds"]
        ),
        (
            &json!("claim_under_way_title"),
            &json!("claim_under_way_cure"),
            &json!(7)
        )
    );
    assert_eq!(
        (&view["retry"], &view["claim"]["underWay"], view.get("detail")),
        (&json!("override"), &json!(true), None)
    );
    assert_eq!(ask(&worker, overriding(1))["screen"], "opened");
    assert_eq!(last_login(&fake)["overrides"], claimed_by(1).as_str());

    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.claim_under_way(1, 2, 38, 7);
    ask(&worker, login_message(5));
    fake.now.set(fake.now.get() + 38_000);
    let view = status(&worker);
    assert_eq!(
        (
            &view["title"]["key"],
            view.get("retryAfterSeconds"),
            view.get("claim")
        ),
        (&json!("claim_free_title"), None, None)
    );
}

#[test]
fn opening_anyway_is_a_new_login_that_names_the_claim() {
    let (fake, worker, _) = claimed();
    let first = last_login(&fake);
    let view = ask(&worker, overriding(1));
    assert_eq!(view["screen"], "opened");
    let second = last_login(&fake);
    assert_eq!(second["overrides"], claimed_by(1).as_str());
    assert_ne!(first["requestId"], second["requestId"]);
    assert_eq!(
        (&second["customerEmail"], &second["reason"]),
        (&json!("anna@example.com"), &json!("customer asked on the phone"))
    );
    assert_eq!(fake.logins_asked(), 2);

    // It is over: the next login starts from nothing.
    fake.windows.borrow_mut().retain(|window| !window.incognito);
    ask(&worker, overriding(1));
    assert_eq!(last_login(&fake).get("overrides"), None);
}

#[test]
fn another_claim_that_stands_by_then_is_shown_in_its_turn() {
    let (fake, worker, _) = claimed();
    fake.claim(2, 1, 29);
    let view = ask(&worker, overriding(1));
    assert_eq!(
        (&view["retry"], &view["claim"]["requestId"]),
        (&json!("override"), &json!(claimed_by(2).as_str()))
    );
    assert_eq!((fake.logins_asked(), fake.opened.borrow().len()), (2, 0));
    assert_eq!(ask(&worker, overriding(2))["screen"], "opened");
    assert_eq!(last_login(&fake)["overrides"], claimed_by(2).as_str());
}

#[test]
fn only_the_claim_that_was_shown_is_overridden() {
    let (fake, worker, _) = claimed();
    let check = |change: &dyn Fn(&mut Value)| {
        // The first is shown again each time, so that each change stands alone.
        fake.claim(1, 12, 18);
        let mut message = overriding(1);
        change(&mut message);
        ask(&worker, message);
        last_login(&fake).get("overrides").cloned()
    };
    assert_eq!(
        check(&|_| ()),
        Some(json!(claimed_by(1).as_str())),
        "the very one"
    );
    for other in [
        json!(claimed_by(2).as_str()),
        json!(""),
        json!(true),
        json!("../x"),
    ] {
        assert_eq!(
            check(&|message| message["overrides"] = other.clone()),
            None,
            "{other}"
        );
    }
    assert_eq!(
        check(&|message| message["email"] = json!("bert@example.com")),
        None,
        "of this customer"
    );
    check(&|_| ());
    assert_eq!(
        check(&|message| message["platform"] = json!("practice")),
        None,
        "on this platform"
    );
    check(&|_| ());
    let elsewhere = check(&|message| message["tabId"] = json!(6));
    assert_eq!(elsewhere, None, "in this tab");
    assert!(fake.opened.borrow().is_empty());
}

#[test]
fn a_plain_click_never_overrides() {
    let (fake, worker, _) = claimed();
    fake.claim(1, 14, 16);
    let view = ask(&worker, login_message(5));
    assert_eq!(view["claim"]["heldSeconds"], 14);
    assert_eq!(last_login(&fake).get("overrides"), None);
}

#[test]
fn the_claim_counts_down_and_then_stands_in_nobodys_way() {
    let (fake, worker, _) = claimed();
    let failed_at = fake.now.get();
    for (milliseconds, held, remaining) in [(999, 12, 18), (1_000, 13, 17), (17_999, 29, 1)] {
        fake.now.set(failed_at + milliseconds);
        let claim = &status(&worker)["claim"];
        assert_eq!(
            (&claim["heldSeconds"], &claim["remainingSeconds"]),
            (&json!(held), &json!(remaining)),
            "{milliseconds} ms"
        );
    }
    for later in [18_000, 90_000_000_000_000] {
        fake.now.set(failed_at + later);
        let view = status(&worker);
        assert_eq!(
            (&view["retry"], &view["title"]["key"], view.get("claim")),
            (&json!("login"), &json!("claim_free_title"), None)
        );
        assert_eq!(
            (view.get("detail"), &view["cure"]["key"], &view["ticket"]),
            (None, &json!("claim_free_cure"), &json!("T-17"))
        );
    }
    fake.now.set(failed_at - 60_000);
    assert_eq!(
        status(&worker)["claim"]["remainingSeconds"],
        18,
        "the clock was set back"
    );
}

#[test]
fn a_claim_outlives_the_popup_and_the_worker() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.claim(1, 12, 18);
    fake.listening.set(false);
    let mut message = login_message(5);
    message["ticket"] = json!(" T-17 ");
    ask(&worker, message);
    drop(worker);

    fake.now.set(fake.now.get() + 5_000);
    fake.listening.set(true);
    let worker = Core::new(Rc::clone(&fake));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["reason"], &view["ticket"], &view["claim"]["heldSeconds"]),
        (&json!("customer asked on the phone"), &json!("T-17"), &json!(17))
    );
    drop(worker);

    let worker = Core::new(Rc::clone(&fake));
    assert_eq!(ask(&worker, overriding(1))["screen"], "opened");
    assert_eq!(last_login(&fake)["overrides"], claimed_by(1).as_str());
}

#[test]
fn an_override_that_is_cut_off_is_not_made_again() {
    let (fake, worker, _) = claimed();
    fake.held.set(Some("/v1/logins"));
    let message = read(&overriding(1));
    let mut running = Box::pin(worker.handle(&message));
    let mut context = Context::from_waker(Waker::noop());
    assert!(running.as_mut().poll(&mut context).is_pending());
    drop(running);
    fake.held.set(None);

    let worker = Core::new(Rc::clone(&fake));
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["code"], &view["retry"], view.get("claim")),
        (&json!("interrupted"), &json!("login"), None)
    );
    assert_eq!(fake.logins_asked(), 2);
    ask(&worker, overriding(1));
    assert_eq!(
        last_login(&fake).get("overrides"),
        None,
        "its claim is not shown any more"
    );
}

#[test]
fn what_stops_the_override_before_it_is_sent_leaves_the_claim_to_be_shown_again() {
    let (fake, worker, _) = claimed();
    fake.allowed.set(false);
    assert_eq!(ask(&worker, overriding(1))["code"], "isolation_not_allowed");
    assert_eq!(fake.logins_asked(), 1);
    fake.allowed.set(true);
    assert_eq!(status(&worker)["claim"]["requestId"], claimed_by(1).as_str());
}

#[test]
fn without_a_readable_claim_there_is_nothing_to_override() {
    let (fake, worker) = enrolled();
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.refuse(
        "/v1/logins",
        ErrorCode::CustomerClaimed,
        "Somebody else holds a token.",
    );
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (&view["retry"], &view["detail"], view.get("claim")),
        (&json!("login"), &json!("Somebody else holds a token."), None)
    );
}

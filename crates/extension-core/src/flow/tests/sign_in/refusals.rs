//! Sign-ins that come to nothing: each says why, and leaves no trace.

use super::*;
use crate::environment::HttpFailure;

#[test]
fn a_window_that_was_closed_leaves_nothing() {
    let (fake, worker) = fresh();
    begin(&worker);
    let view = ask(
        &worker,
        json!({"type": "options/signInStopped", "words": "The user did not\u{202E} approve access."}),
    );
    assert_eq!(view["error"]["code"], "sign_in_stopped");
    assert_eq!(view["error"]["detail"], "The user did not approve access.");
    assert_eq!(view["enrolled"], false);
    assert_forgotten(&fake);

    // One that is renewed keeps its key.
    let (fake, worker) = enrolled();
    begin(&worker);
    let view = ask(&worker, json!({"type": "options/signInStopped"}));
    assert_eq!(
        (&view["error"]["code"], &view["enrolled"]),
        (&json!("sign_in_stopped"), &json!(true))
    );
    assert_eq!(fake.keys.borrow().keys().collect::<Vec<_>>(), ["enrolled"]);
}

#[test]
fn each_refusal_has_its_own_words() {
    for (query, expected) in [
        ("error=access_denied", "sign_in_declined"),
        ("error=temporarily_unavailable", "sign_in_provider_refused"),
        ("code=x&iss=https://evil.example", "sign_in_answer_foreign"),
    ] {
        let (fake, worker) = fresh();
        let asked = begin(&worker);
        let view = come_back(&worker, &[query, "&state=", &asked["state"]].concat());
        assert_eq!(view["error"]["code"], expected);
        assert_eq!(view["error"]["title"]["key"], format!("error_{expected}_title"));
        assert_forgotten(&fake);
    }
    for code in [
        ErrorCode::SignInRefused,
        ErrorCode::SignInFailed,
        ErrorCode::TooManyRequests,
    ] {
        let (fake, worker) = fresh();
        let asked = begin(&worker);
        fake.refuse("/v1/sign-ins", code, "The relay's words.");
        let view = come_back_with_code(&worker, &asked);
        assert_eq!(
            (&view["error"]["code"], &view["error"]["detail"]),
            (&json!(code.as_str()), &json!("The relay's words."))
        );
        assert_eq!(view["enrolled"], false);
        let other = (code == ErrorCode::SignInRefused).then_some(true);
        assert_eq!(view["anotherAccount"].as_bool(), other, "{code:?}");
        assert_forgotten(&fake);
    }
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    fake.answer("/v1/sign-ins", Err(HttpFailure::Timeout));
    assert_eq!(
        come_back_with_code(&worker, &asked)["error"]["code"],
        "relay_timeout"
    );
    assert_forgotten(&fake);
}

#[test]
fn another_account_is_asked_for_anew() {
    let (_, worker) = fresh();
    let view = ask(
        &worker,
        json!({"type": "options/signIn", "relay": RELAY, "anotherAccount": true}),
    );
    let address = url::Url::parse(view["authorization"].as_str().unwrap()).unwrap();
    let prompts: Vec<_> = address
        .query_pairs()
        .filter(|(name, _)| name == "prompt")
        .collect();
    assert_eq!(prompts, [("prompt".into(), "login".into())]);
}

/// As where the person has lost the groups that let them in.
#[test]
fn a_refused_renewal_shows_whether_it_ended_the_session() {
    let (fake, worker) = enrolled();
    let asked = begin(&worker);
    fake.refuse("/v1/sign-ins", ErrorCode::SignInRefused, "No groups.");
    fake.refuse("/v1/session", ErrorCode::SessionExpired, "It has ended.");
    let view = come_back_with_code(&worker, &asked);
    assert_eq!(
        (&view["error"]["code"], &view["sessionOver"]),
        (&json!("sign_in_refused"), &json!(true))
    );
}

#[test]
fn a_refused_renewal_leaves_the_profile_as_it_was() {
    let (fake, worker) = enrolled();
    let before = fake.local.borrow().clone();
    let asked = begin(&worker);
    assert!(!asked.contains_key("prompt"), "the provider may know who it is");
    fake.refuse("/v1/sign-ins", ErrorCode::SignInRefused, "Another account.");
    let view = come_back_with_code(&worker, &asked);
    assert_eq!(view["error"]["code"], "sign_in_refused");
    assert_eq!(*fake.local.borrow(), before);
    assert_eq!(fake.keys.borrow().keys().collect::<Vec<_>>(), ["enrolled"]);
}

#[test]
fn a_relay_that_answers_for_another_key_is_not_believed() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    let answer =
        json!({"keyId": "k".repeat(43), "staff": {"email": "a@b.example", "name": "A"}, "expiresAt": 1});
    fake.answer(
        "/v1/sign-ins",
        Ok(http(201, "application/json", &answer.to_string())),
    );
    let view = come_back_with_code(&worker, &asked);
    assert_eq!(view["error"]["code"], "relay_answer_unusable");
    assert!(fake.local.borrow().is_empty());
}

#[test]
fn nothing_is_begun_where_it_could_not_end() {
    let begin = |fake: &Rc<Fake>| {
        let worker = Core::new(Rc::clone(fake));
        let view = ask(&worker, json!({"type": "options/signIn", "relay": RELAY}));
        assert_eq!(view["authorization"], Value::Null);
        assert!(!fake.session.borrow().contains_key("signIn"));
        view["error"]["code"].as_str().unwrap().to_owned()
    };
    let fake = Fake::fresh();
    fake.refuse("/v1/sign-in", ErrorCode::SignInNotOffered, "Not set up.");
    assert_eq!(begin(&fake), "sign_in_not_offered");

    let fake = Fake::fresh();
    fake.writable.set(false);
    assert_eq!(begin(&fake), "key_store_failed");
    assert!(fake.requests.borrow().is_empty());

    let fake = Fake::fresh();
    let offer = json!({"issuer": "https://i.example", "authorizationEndpoint": "http://i.example/a",
        "clientId": "c", "scopes": ["openid"]});
    fake.answer(
        "/v1/sign-in",
        Ok(http(200, "application/json", &offer.to_string())),
    );
    assert_eq!(begin(&fake), "sign_in_offer_unusable");

    let worker = Core::new(Fake::fresh());
    let view = ask(
        &worker,
        json!({"type": "options/signIn", "relay": "http://relay.example"}),
    );
    assert_eq!(view["error"]["code"], "relay_address_invalid");
}

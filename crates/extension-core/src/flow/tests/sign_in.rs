//! Signing in: what is asked for, what is kept in between, and every way in which it can end.

mod refusals;

use std::collections::BTreeMap;

use super::*;
use crate::environment::HttpFailure;
use fake::{EXPIRES_AT, REDIRECT_URI, RELAY, http};
use sha2::{Digest, Sha256};
use stagedoor_protocol::{ErrorCode, KeyId, sign_in_nonce_input};

/// Asks for a sign-in and gives the parameters of the address to go to.
fn begin(worker: &Worker) -> BTreeMap<String, String> {
    let view = ask(worker, json!({"type": "options/signIn", "relay": RELAY}));
    assert_eq!(view["error"], Value::Null);
    let address = url::Url::parse(view["authorization"].as_str().unwrap()).unwrap();
    address.query_pairs().into_owned().collect()
}

/// Comes back with a query.
fn come_back(worker: &Worker, query: &str) -> Value {
    let redirect = [REDIRECT_URI, "?", query].concat();
    ask(worker, json!({"type": "options/signedIn", "redirect": redirect}))
}

/// Comes back as a provider sends one.
fn come_back_with_code(worker: &Worker, asked: &BTreeMap<String, String>) -> Value {
    come_back(worker, &["code=the-code&state=", &asked["state"]].concat())
}

fn base64url(text: &str) -> String {
    crate::authorization::base64url(&Sha256::digest(text))
}

fn fresh() -> (Rc<Fake>, Worker) {
    let fake = Fake::fresh();
    let worker = Core::new(Rc::clone(&fake));
    (fake, worker)
}

/// Nothing is left of a sign-in: neither what was begun nor what came back.
fn assert_forgotten(fake: &Fake) {
    assert!(!fake.session.borrow().contains_key("signIn"));
    assert!(!fake.keys.borrow().contains_key("pending"));
    assert!(!fake.traces().contains("the-code"), "the code is kept");
}

#[test]
fn signing_in_makes_a_key_this_profiles() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    assert_eq!(fake.take_requests(), ["GET /v1/sign-in"]);
    assert_eq!(
        (&*asked["redirect_uri"], &*asked["code_challenge_method"]),
        (REDIRECT_URI, "S256")
    );
    assert_eq!(asked["prompt"], "login");

    let view = come_back_with_code(&worker, &asked);
    assert_eq!(view["error"], Value::Null);
    assert_eq!(
        (&view["enrolled"], &view["relay"], &view["staff"]["name"]),
        (&json!(true), &json!(RELAY), &json!("Maria Silva"))
    );
    assert_eq!(view["signedInUntil"], EXPIRES_AT);
    assert_eq!(view["sessionOver"], Value::Null);
    {
        let requests = fake.requests.borrow();
        let (line, body) = &requests[0];
        assert_eq!((requests.len(), line.as_str()), (1, "POST /v1/sign-ins"));
        assert_eq!(
            (&body["code"], &body["redirectUri"]),
            (&json!("the-code"), &json!(REDIRECT_URI))
        );
        let verifier = body["codeVerifier"].as_str().unwrap();
        assert_eq!(
            (verifier.len(), base64url(verifier)),
            (43, asked["code_challenge"].clone())
        );
        let key_id = KeyId::parse(view["keyId"].as_str().unwrap()).unwrap();
        let salt = body["nonceSalt"].as_str().unwrap();
        assert_eq!(base64url(&sign_in_nonce_input(&key_id, salt)), asked["nonce"]);
    }
    assert_forgotten(&fake);
    assert_eq!(fake.keys.borrow().keys().collect::<Vec<_>>(), ["enrolled"]);
    assert_eq!(fake.local.borrow()["signedInUntil"], EXPIRES_AT);
}

#[test]
fn the_worker_that_ends_it_need_not_be_the_one_that_began_it() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    drop(worker);
    let worker = Core::new(Rc::clone(&fake));
    assert_eq!(come_back_with_code(&worker, &asked)["enrolled"], true);
    assert_forgotten(&fake);
}

#[test]
fn a_session_that_is_over_is_renewed_with_the_same_key() {
    let (fake, worker) = fresh();
    let first = come_back_with_code(&worker, &begin(&worker));
    let later = (EXPIRES_AT + 1) * 1000;
    fake.now.set(later);
    fake.local.borrow_mut().insert("mayApprove".into(), json!(true));
    let view = ask(&worker, json!({"type": "options/open"}));
    assert_eq!(
        (&view["enrolled"], &view["sessionOver"]),
        (&json!(true), &json!(true))
    );

    fake.answer(
        "/v1/sign-ins",
        Ok(http(
            201,
            "application/json",
            &json!({"keyId": first["keyId"], "staff": first["staff"], "expiresAt": EXPIRES_AT + 36_000})
                .to_string(),
        )),
    );
    let asked = ask(
        &worker,
        json!({"type": "options/signIn", "relay": "https://other.example"}),
    );
    let address = url::Url::parse(asked["authorization"].as_str().unwrap()).unwrap();
    let asked: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    let view = come_back_with_code(&worker, &asked);
    assert_eq!((&view["error"], &view["keyId"]), (&Value::Null, &first["keyId"]));
    assert_eq!(
        (&view["signedInUntil"], &view["mayApprove"]),
        (&json!(EXPIRES_AT + 36_000), &json!(true))
    );
    assert_eq!(
        (&view["sessionOver"], &view["relay"]),
        (&Value::Null, &json!(RELAY))
    );
    assert_forgotten(&fake);
}

#[test]
fn a_profile_that_was_enrolled_by_a_code_can_sign_in() {
    let (fake, worker) = enrolled();
    let before = fake.local.borrow()["keyId"].clone();
    let view = come_back_with_code(&worker, &begin(&worker));
    assert_eq!((&view["error"], &view["keyId"]), (&Value::Null, &before));
    assert_eq!(view["signedInUntil"], EXPIRES_AT);
}

#[test]
fn an_answer_is_used_once_and_only_in_its_time() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    assert_eq!(come_back_with_code(&worker, &asked)["error"], Value::Null);
    let again = come_back_with_code(&worker, &asked);
    assert_eq!(again["error"]["code"], "sign_in_forgotten");
    assert_eq!(again["enrolled"], true, "the first one stands");

    let (fake_2, worker) = fresh();
    let asked = begin(&worker);
    let begun = fake_2.now.get();
    fake_2.now.set(begun + 600_001);
    assert_eq!(
        come_back_with_code(&worker, &asked)["error"]["code"],
        "sign_in_forgotten"
    );
    assert_forgotten(&fake_2);
    let asked = begin(&worker);
    fake_2.now.set(begun);
    assert_eq!(
        come_back_with_code(&worker, &asked)["error"]["code"],
        "sign_in_forgotten",
        "begun in the future"
    );
    let posts = |fake: &Fake| {
        fake.take_requests()
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count()
    };
    assert_eq!((posts(&fake), posts(&fake_2)), (1, 0));
}

#[test]
fn a_forged_answer_ends_it_and_nothing_is_sent() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    for query in [
        "code=forged&state=guess",
        "code=forged",
        "error=access_denied&error_description=Pay",
    ] {
        let view = come_back(&worker, query);
        let code = &view["error"]["code"];
        assert!(
            *code == "sign_in_answer_foreign" || *code == "sign_in_forgotten",
            "{code}"
        );
        assert_eq!(
            (&view["enrolled"], &view["error"]["detail"]),
            (&json!(false), &Value::Null)
        );
        assert_forgotten(&fake);
    }
    // The true answer comes too late then: what was begun is over.
    assert_eq!(
        come_back_with_code(&worker, &asked)["error"]["code"],
        "sign_in_forgotten"
    );
    assert_eq!(fake.take_requests(), ["GET /v1/sign-in"]);
}

#[test]
fn a_newer_sign_in_takes_the_place_of_an_older_one() {
    let (fake, worker) = fresh();
    let older = begin(&worker);
    let newer = begin(&worker);
    assert_ne!(older["state"], newer["state"]);
    assert_ne!(older["code_challenge"], newer["code_challenge"]);
    assert_eq!(
        come_back_with_code(&worker, &older)["error"]["code"],
        "sign_in_answer_foreign"
    );
    assert_forgotten(&fake);
}

#[test]
fn a_relay_is_asked_whether_it_offers_one() {
    let (fake, worker) = fresh();
    let look = |relay: &str| ask(&worker, json!({"type": "options/look", "relay": relay}));
    let view = look(RELAY);
    assert_eq!((&view["signIn"], &view["error"]), (&json!(true), &Value::Null));
    fake.refuse("/v1/sign-in", ErrorCode::SignInNotOffered, "Not set up.");
    let view = look(RELAY);
    assert_eq!((&view["signIn"], &view["error"]), (&json!(false), &Value::Null));
    let view = look("relay");
    assert_eq!((&view["signIn"], &view["error"]), (&json!(false), &Value::Null));
    fake.answer("/v1/sign-in", Err(HttpFailure::Unreachable));
    let view = look(RELAY);
    assert_eq!(
        (&view["signIn"], &view["error"]["code"], &view["relay"]),
        (&json!(false), &json!("relay_unreachable"), &json!(RELAY))
    );
    assert_eq!(fake.take_requests(), ["GET /v1/sign-in"; 3]);
    assert!(fake.session.borrow().is_empty() && fake.keys.borrow().is_empty());
}

/// Why this browser is connected no more is said elsewhere.
#[test]
fn what_is_said_of_a_relay_is_about_the_relay_alone() {
    let (fake, worker) = enrolled();
    let lapsed = json!([fake.local.borrow()["keyId"], "profile_unknown"]);
    fake.local.borrow_mut().insert("lapsed".into(), lapsed);
    let view = ask(&worker, json!({"type": "options/look", "relay": RELAY}));
    assert_eq!(
        (&view["signIn"], &view["lapsed"], &view["error"]),
        (&json!(true), &json!(true), &Value::Null)
    );
}

#[test]
fn the_popup_leads_to_the_options_page_when_the_session_is_over() {
    let (fake, worker) = enrolled();
    fake.refuse("/v1/session", ErrorCode::SessionExpired, "Sign in again.");
    let view = ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    assert_eq!(
        (&view["code"], &view["retry"]),
        (&json!("session_expired"), &json!("signIn"))
    );
    let view = ask(&worker, json!({"type": "options/open"}));
    assert_eq!(
        (&view["enrolled"], &view["sessionOver"]),
        (&json!(true), &json!(true))
    );
    ask(&worker, json!({"type": "popup/open", "tabId": 5}));
    fake.refuse("/v1/logins", ErrorCode::SessionExpired, "Sign in again.");
    let view = ask(&worker, login_message(5));
    assert_eq!(
        (&view["code"], &view["retry"], &view["reason"]),
        (
            &json!("session_expired"),
            &json!("signIn"),
            &json!("customer asked on the phone")
        )
    );
    assert_eq!(fake.logins_asked(), 1);
}

#[test]
fn an_old_one_is_forgotten_when_the_page_is_opened_again() {
    let (fake, worker) = fresh();
    begin(&worker);
    ask(&worker, json!({"type": "options/open"}));
    assert!(
        fake.session.borrow().contains_key("signIn"),
        "it may still be waited for"
    );
    fake.now.set(fake.now.get() + 600_001);
    ask(&worker, json!({"type": "options/open"}));
    assert!(!fake.session.borrow().contains_key("signIn"));
}

#[test]
fn enrolling_by_a_code_ends_a_sign_in() {
    let (fake, worker) = fresh();
    let asked = begin(&worker);
    let enrol = json!({"type": "options/enrol", "relay": RELAY, "code": "01234-56789-abcde-fghjz"});
    assert_eq!(ask(&worker, enrol)["enrolled"], true);
    assert_eq!(
        come_back_with_code(&worker, &asked)["error"]["code"],
        "sign_in_forgotten"
    );
    assert_eq!(fake.local.borrow()["signedInUntil"], Value::Null);
}

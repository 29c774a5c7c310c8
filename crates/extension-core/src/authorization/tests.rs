//! What is sent to a provider, and what is taken from whoever answers.

use proptest::prelude::*;

use super::*;
use crate::testing::{fixture, parse_url};

const HOME: &str = "https://abc.chromiumapp.org/sign-in";
const ISSUER: &str = "https://login.broker.example";

fn sign_in() -> SignIn {
    SignIn {
        relay: "https://relay.example".into(),
        renews: false,
        issuer: ISSUER.into(),
        redirect_uri: HOME.into(),
        state: "the-state".into(),
        verifier: "the-verifier".into(),
        salt: "the-salt".into(),
        begun: 0,
    }
}

fn sent_to(endpoint: &str, change: impl FnOnce(&mut SignInOffer)) -> Result<String, &'static str> {
    let mut offer: SignInOffer = fixture("sign-in-offer");
    change(&mut offer);
    address(
        &offer,
        &parse_url(endpoint).unwrap(),
        &sign_in(),
        &[1; 32],
        &[2; 32],
    )
    .map_err(|fault| fault.code.as_str())
}

/// The code, or what went wrong and in whose words.
fn answer(came_back: &str) -> Result<String, (&'static str, Option<String>)> {
    code(&parse_url(came_back).unwrap(), &sign_in()).map_err(|fault| (fault.code.as_str(), fault.detail))
}

#[test]
fn the_address_says_everything_once() {
    let address = sent_to("https://login.broker.example/authorize", |_| ()).unwrap();
    let url = url::Url::parse(&address).unwrap();
    assert_eq!(url.origin().ascii_serialization(), ISSUER);
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", "stagedoor"),
        ("redirect_uri", HOME),
        ("scope", "openid email profile"),
        ("state", "the-state"),
        ("nonce", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"),
        ("code_challenge", "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(
        pairs,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn an_endpoint_may_have_a_query_of_its_own() {
    let address = sent_to("https://login.broker.example/authorize?p=b2c", |_| ()).unwrap();
    assert!(address.starts_with("https://login.broker.example/authorize?p=b2c&response_type=code&"));
    let address = sent_to("http://127.0.0.1:8080/auth", |_| ()).unwrap();
    assert!(address.starts_with("http://127.0.0.1:8080/auth?response_type=code&"));
}

#[test]
fn a_place_that_is_not_safe_is_not_signed_in_at() {
    for endpoint in [
        "http://login.broker.example/authorize",
        "https://user@login.broker.example/authorize",
        "https://login.broker.example/authorize#fragment",
        "javascript:alert(1)",
        "data:text/html,x",
        "chrome-extension://abc/options.html",
        "http://127.0.0.1.evil.example/",
    ] {
        assert_eq!(
            sent_to(endpoint, |_| ()),
            Err("sign_in_offer_unusable"),
            "{endpoint}"
        );
    }
    let good = "https://login.broker.example/authorize";
    assert_eq!(
        sent_to(good, |offer| offer.client_id.clear()),
        Err("sign_in_offer_unusable")
    );
    assert_eq!(
        sent_to(good, |offer| offer.scopes.retain(|scope| scope != "openid")),
        Err("sign_in_offer_unusable")
    );
}

#[test]
fn the_code_is_taken_as_it_was_sent() {
    let own = |rest: &str| answer(&[HOME, "?state=the-state&", rest].concat());
    assert_eq!(own("code=abc"), Ok("abc".into()));
    assert_eq!(own("code=a%2Bb+c%3D&session_state=x.y"), Ok("a+b c=".into()));
    assert_eq!(
        own("code=abc&iss=https%3A%2F%2Flogin.broker.example"),
        Ok("abc".into())
    );
    assert_eq!(own(&["code=", &"x".repeat(8192)].concat()), Ok("x".repeat(8192)));
}

#[test]
fn what_does_not_belong_to_this_sign_in_is_not_listened_to() {
    for came_back in [
        // Another state, or none, whatever else it says.
        "https://abc.chromiumapp.org/sign-in?code=abc",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=THE-STATE",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state%00",
        "https://abc.chromiumapp.org/sign-in?error=access_denied&state=other",
        "https://abc.chromiumapp.org/sign-in?error=x&error_description=Call+0900",
        // Another provider's (RFC 9207).
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&iss=https%3A%2F%2Fevil.example",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&iss=",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&iss=https%3A%2F%2Flogin.broker.example%2F",
        // Said twice.
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&state=the-state",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&code=abc",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state&c%6Fde=abc",
        // Somewhere else.
        "https://abc.chromiumapp.org/?code=abc&state=the-state",
        "https://abc.chromiumapp.org/sign-in/?code=abc&state=the-state",
        "https://abc.chromiumapp.org/sign-in/x?code=abc&state=the-state",
        "https://abc.chromiumapp.org:444/sign-in?code=abc&state=the-state",
        "http://abc.chromiumapp.org/sign-in?code=abc&state=the-state",
        "https://abd.chromiumapp.org/sign-in?code=abc&state=the-state",
        "https://abc.chromiumapp.org@evil.example/sign-in?code=abc&state=the-state",
        "https://u@abc.chromiumapp.org/sign-in?code=abc&state=the-state",
        "https://abc.chromiumapp.org/sign-in#code=abc&state=the-state",
        "https://abc.chromiumapp.org/sign-in?code=abc&state=the-state#x",
        // No code.
        "https://abc.chromiumapp.org/sign-in?state=the-state",
        "https://abc.chromiumapp.org/sign-in?state=the-state&code=",
        // Not UTF-8, not an escape.
        "https://abc.chromiumapp.org/sign-in?state=the-state&code=%FF",
        "https://abc.chromiumapp.org/sign-in?state=the-state&code=%4",
        "https://abc.chromiumapp.org/sign-in?state=the-state&code=%zz",
    ] {
        assert_eq!(
            answer(came_back),
            Err(("sign_in_answer_foreign", None)),
            "{came_back}"
        );
    }
    let long = [HOME, "?state=the-state&code=", &"x".repeat(8193)].concat();
    assert_eq!(answer(&long), Err(("sign_in_answer_foreign", None)));
}

#[test]
fn a_refusal_says_whose_and_why() {
    let own = |rest: &str| answer(&[HOME, "?state=the-state&", rest].concat());
    assert_eq!(own("error=access_denied"), Err(("sign_in_declined", None)));
    assert_eq!(
        own("error=server_error&error_description=Come%20back%0Alater%e2%80%ae+please"),
        Err((
            "sign_in_provider_refused",
            Some("server_error: Come back later please".into())
        ))
    );
    // A refusal that also brings a code is a refusal.
    assert_eq!(
        own("error=access_denied&code=abc"),
        Err(("sign_in_declined", None))
    );
    let (_, words) = own(&["error=", &"x".repeat(2_000)].concat()).unwrap_err();
    assert_eq!(words.unwrap().chars().count(), MAX_WORDS + 1);
}

proptest! {
    #[test]
    fn any_code_arrives_as_it_is(sent in "\\PC{1,200}") {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &sent).append_pair("state", "the-state");
        prop_assert_eq!(answer(&[HOME, "?", &query.finish()].concat()), Ok(sent));
    }

    #[test]
    fn nothing_makes_it_stumble(query in "[%&=+a-z0-9?#]{0,200}") {
        let _ = Parameters::read(&query);
    }
}

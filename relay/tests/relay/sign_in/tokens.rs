//! ID tokens that are not right in one respect, each refused for its own reason.

use serde_json::{Value, json};
use stagedoor_relay::{clock::Clock, store::Store};

use super::{Lab, body, logged, nonce, salt};
use crate::support::{database::on_postgres, http::problem, provider::Key};

#[tokio::test]
async fn a_token_that_says_one_thing_wrong_is_refused() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let other = lab.app.profile();
    type Change = Box<dyn Fn(&mut Value, i64)>;
    let set = |name: &'static str, value: Value| -> Change {
        Box::new(move |claims, _| claims[name] = value.clone())
    };
    let at = |name: &'static str, seconds: i64| -> Change {
        Box::new(move |claims, now| claims[name] = json!(now + seconds))
    };
    let without = |name: &'static str| -> Change {
        Box::new(move |claims, _| {
            claims.as_object_mut().unwrap().remove(name);
        })
    };
    let others = nonce(&other, "0123456789abcdef012345");
    let cases: Vec<(Change, &str)> = vec![
        (set("iss", json!("https://evil.example")), "of another issuer"),
        (set("iss", json!([lab.provider.issuer])), "of another issuer"),
        (
            set("iss", json!(format!("{}/", lab.provider.issuer))),
            "of another issuer",
        ),
        (without("iss"), "of another issuer"),
        (set("aud", json!("another")), "for another audience"),
        (set("aud", json!(["another"])), "for another audience"),
        (set("aud", json!([])), "for another audience"),
        (without("aud"), "for another audience"),
        (set("aud", json!(["relay", "another"])), "several audiences"),
        (set("azp", json!("another")), "given to another client"),
        (without("exp"), "does not say when it ends"),
        (without("iat"), "does not say when it was made"),
        (at("exp", -60), "has run out"),
        (set("exp", json!("1900000000")), "exp is no time"),
        (set("exp", json!(-1e300)), "has run out"),
        (at("iat", 61), "made in the future"),
        (at("iat", -661), "more than 600 seconds ago"),
        (at("nbf", 61), "not good yet"),
        (set("nbf", json!([])), "nbf is no time"),
        (without("nonce"), "has no nonce"),
        (set("nonce", json!(7)), "has no nonce"),
        (set("nonce", json!("")), "not that of this browser profile"),
        (set("nonce", json!(others)), "not that of this browser profile"),
        (without("sub"), "names no subject"),
        (set("sub", json!("")), "names no subject"),
        (set("sub", json!("x".repeat(256))), "names no subject"),
        (set("sub", json!("u-1\u{202e}")), "names no subject"),
    ];
    for (change, cause) in cases {
        let now = lab.app.clock.seconds();
        let (answer, log) = logged(lab.sign_in(&profile, |claims| change(claims, now))).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"), "{cause}");
        assert!(answer.body.contains("not about your account"), "{}", answer.body);
        assert!(log.contains(cause), "{cause} is not in {log}");
        lab.wait_a_minute();
    }
    assert_eq!(lab.app.records.count("profiles").await, 0);
    assert_eq!(lab.app.records.count("identities").await, 0);
}

#[tokio::test]
async fn what_only_looks_odd_is_accepted() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let now = || lab.app.clock.seconds();
    type Change<'a> = Box<dyn Fn(&mut Value) + 'a>;
    let cases: Vec<Change<'_>> = vec![
        Box::new(|claims| claims["aud"] = json!(["relay"])),
        Box::new(|claims| {
            claims["aud"] = json!(["another", "relay"]);
            claims["azp"] = json!("relay");
        }),
        Box::new(|claims| claims["exp"] = json!(now() - 59)),
        Box::new(|claims| claims["iat"] = json!(now() + 60)),
        Box::new(|claims| claims["iat"] = json!(now() - 660)),
        Box::new(|claims| claims["nbf"] = json!(now() + 60)),
        Box::new(|claims| claims["exp"] = json!(now() as f64 + 300.25)),
        Box::new(|claims| claims["email_verified"] = json!("true")),
    ];
    for (index, change) in cases.iter().enumerate() {
        let answer = lab.sign_in(&profile, |claims| change(claims)).await;
        assert_eq!(answer.status, 201, "{index}: {}", answer.body);
    }
}

#[tokio::test]
async fn only_pinned_algorithms_with_the_providers_own_key_count() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let (key, foreign) = (lab.provider.key(), Key::new());
    let unpinned = "not signed with one of sign_in.algorithms";
    let bad = "signature is not good";
    let unknown = "key that the provider does not publish";
    let cases = [
        (json!({"alg": "none", "kid": key.id}), &key, unpinned),
        (json!({"alg": "HS256", "kid": key.id}), &key, unpinned),
        (json!({"alg": "ES384", "kid": key.id}), &key, unpinned),
        (json!({"kid": key.id}), &key, unpinned),
        // A key of the provider's, but of another kind than the algorithm wants.
        (json!({"alg": "RS256", "kid": key.id}), &key, unknown),
        (json!({"alg": "ES256", "kid": key.id}), &foreign, bad),
        (
            json!({"alg": "ES256", "kid": key.id, "jwk": foreign.jwk()}),
            &foreign,
            bad,
        ),
        (
            json!({"alg": "ES256", "kid": foreign.id, "jwk": foreign.jwk()}),
            &foreign,
            unknown,
        ),
        (
            json!({"alg": "ES256", "kid": key.id, "crit": ["x"], "x": 1}),
            &key,
            bad,
        ),
        (
            json!({"alg": "ES256", "kid": key.id, "crit": ["b64"], "b64": false}),
            &key,
            bad,
        ),
    ];
    for (header, signer, cause) in cases {
        let salt = salt();
        let token = signer.sign(&header, &lab.claims(&profile, &salt));
        let (answer, log) = logged(lab.sign_in_with(&profile, &salt, token)).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"), "{header}");
        assert!(log.contains(cause), "{header}: {cause} is not in {log}");
        lab.wait_a_minute();
    }
    for token in ["", "x", "a.b", "a.b.c", "....", "e30.e30.e30"] {
        let answer = lab.sign_in_with(&profile, &salt(), token.to_owned()).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"), "{token}");
        lab.wait_a_minute();
    }
    assert_eq!(lab.app.records.count("profiles").await, 0);
}

#[tokio::test]
async fn a_token_that_was_changed_after_it_was_signed_is_refused() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let (key, salt) = (lab.provider.key(), salt());
    let header = json!({"alg": "ES256", "kid": key.id});
    let mut claims = lab.claims(&profile, &salt);
    let honest = key.sign(&header, &claims);
    claims["email"] = json!("boss@broker.example");
    let forged = key.sign(&header, &claims);
    let signature = honest.rsplit('.').next().unwrap();
    let payload = forged.rsplit_once('.').unwrap().0;
    let answer = lab
        .sign_in_with(&profile, &salt, format!("{payload}.{signature}"))
        .await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert_eq!(lab.sign_in_with(&profile, &salt, honest).await.status, 201);
}

#[tokio::test]
async fn a_token_is_good_once_at_all_relays_of_a_store() {
    let mut lab = Lab::start().await;
    let profile = lab.app.profile();
    let (key, salt) = (lab.provider.key(), salt());
    let token = key.sign(
        &json!({"alg": "ES256", "kid": key.id}),
        &lab.claims(&profile, &salt),
    );
    assert_eq!(lab.sign_in_with(&profile, &salt, token.clone()).await.status, 201);
    // The provider gives the same token for another code.
    let (answer, log) = logged(lab.sign_in_with(&profile, &salt, token.clone())).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(log.contains("the ID token was used before"), "{log}");

    // At another relay beside this one; or, on SQLite, after it.
    if !on_postgres() {
        lab.app.stop().await;
    }
    let other = lab.app.start_again().await;
    for seconds in [0, 300] {
        other.clock.advance(seconds);
        let draft = profile.at(&other).post("/v1/sign-ins", &body(&profile, &salt));
        let (answer, log) = logged(other.send(&draft)).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
        assert!(log.contains("the ID token was used before"), "{log}");
    }
    // Nor is it remembered for ever.
    let before = other.records.count("nonces").await;
    other.clock.advance(3600);
    other.store.forget_stale(other.clock.now()).await.unwrap();
    assert!(before > 0);
    assert_eq!(other.records.count("nonces").await, 0);
}

#[tokio::test]
async fn one_token_at_the_same_time_signs_in_once() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let (key, salt) = (lab.provider.key(), salt());
    let token = key.sign(
        &json!({"alg": "ES256", "kid": key.id}),
        &lab.claims(&profile, &salt),
    );
    lab.provider
        .answer_code(crate::support::provider::Reply::Token(token));
    let drafts: Vec<_> = (0..5).map(|_| lab.request(&profile, &salt)).collect();
    let answers = futures_util::future::join_all(drafts.iter().map(|draft| lab.app.send(draft))).await;
    let mut outcomes: Vec<_> = answers.iter().map(|answer| answer.outcome()).collect();
    outcomes.sort();
    assert_eq!(outcomes[0], problem(201, ""));
    assert_eq!(outcomes[1..], vec![problem(403, "sign_in_refused"); 4]);
}

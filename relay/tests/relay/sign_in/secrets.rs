//! Nothing of what a sign-in hands around is left behind.

use serde_json::json;

use super::{CLIENT_SECRET, CODE, Lab, VERIFIER, logged, salt};
use crate::support::{STAFF, http::problem, log, provider::Reply};

#[tokio::test]
async fn neither_secrets_nor_codes_nor_tokens_nor_claims_are_left_behind() {
    let mut lab = Lab::start_hasty().await;
    let profile = lab.app.profile();
    let mut answers = String::new();
    let mut tokens = Vec::new();
    // What goes well, what is refused for what the token says, and what the provider refuses.
    for change in [
        None,
        Some(("aud", "SENTINEL-AUDIENCE")),
        Some(("email", "SENTINEL@broker.example")),
    ] {
        let (key, salt) = (lab.provider.key(), salt());
        let mut claims = lab.claims(&profile, &salt);
        claims["sub"] = json!("SENTINEL-SUBJECT");
        if let Some((claim, value)) = change {
            claims[claim] = json!(value);
        }
        let token = key.sign(&json!({"alg": "ES256", "kid": key.id}), &claims);
        let answer = lab.sign_in_with(&profile, &salt, token.clone()).await;
        assert_eq!(answer.status, if change.is_none() { 201 } else { 403 });
        answers += &answer.body;
        tokens.push(token);
    }
    for reply in [
        Reply::Raw(
            401,
            json!({"error": "invalid_client", "error_description": "SENTINEL-ERROR"}).to_string(),
        ),
        Reply::Hang,
        Reply::Raw(200, "SENTINEL-ERROR".to_owned()),
    ] {
        lab.provider.answer_code(reply);
        let (answer, _) = logged(lab.app.send(&lab.request(&profile, &salt()))).await;
        assert_eq!(answer.outcome(), problem(502, "sign_in_failed"));
        answers += &answer.body;
    }
    lab.app.stop().await;
    let log = log::text();
    let stored = lab.app.stored_bytes().await;
    let stored = String::from_utf8_lossy(&stored);
    assert!(
        log::mine().contains("signed in") && stored.contains("SENTINEL-SUBJECT"),
        "this is what was searched"
    );
    for secret in [
        CLIENT_SECRET,
        CODE,
        VERIFIER,
        "SENTINEL-ACCESS",
        "SENTINEL-ERROR",
        "SENTINEL-AUDIENCE",
    ]
    .into_iter()
    .chain(tokens.iter().map(|token| token.rsplit('.').next().unwrap()))
    {
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!stored.contains(secret), "{secret} in the store");
        assert!(!answers.contains(secret), "{secret} in an answer");
    }
    for claim in [
        "SENTINEL-SUBJECT",
        "SENTINEL@broker.example",
        STAFF,
        "Maria Silva",
    ] {
        assert!(!log.contains(claim), "{claim} in the log");
    }
}

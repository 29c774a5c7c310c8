//! A provider that is down, slow, too talkative, or changes its keys.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{CLIENT_SECRET, Lab, body, logged, salt, secret_file, sign_in_config};
use crate::support::{
    TestApp, eventually,
    http::problem,
    provider::{Key, Provider, Reply},
};

#[tokio::test]
async fn what_a_provider_can_do_wrong_is_told_and_signs_nobody_in() {
    let raw = |status, body: &str| Reply::Raw(status, body.to_owned());
    let (patient, hasty) = (Lab::start().await, Lab::start_hasty().await);
    let cases = [
        (raw(500, "SENTINEL-BODY"), 502, "answered 500 to the code"),
        (raw(200, "<html>SENTINEL-BODY"), 502, "is not JSON"),
        (raw(200, "{}"), 502, "holds no ID token"),
        (
            raw(200, "{\"id_token\": 7}"),
            502,
            "is not JSON, or not of the documented form",
        ),
        (
            raw(400, "{\"error\": \"invalid_grant\"}"),
            403,
            "does not take the code",
        ),
        (
            raw(401, "{\"error\": \"invalid_client\"}"),
            502,
            "compare sign_in.client_id and the client's secret",
        ),
        (
            raw(400, "{\"error\": \"invalid_scope\"}"),
            502,
            "refused the code with invalid_scope",
        ),
        (
            raw(400, "{\"error\": \"SENTINEL-BODY\"}"),
            502,
            "answered 400 to the code",
        ),
        (
            Reply::Redirect("http://127.0.0.1:9/SENTINEL-BODY".to_owned()),
            502,
            "answered 302 to the code",
        ),
        (Reply::Endless, 502, "is larger than"),
        (Reply::Hang, 502, "no answer in time"),
    ];
    for (reply, status, cause) in cases {
        let lab = match reply {
            Reply::Hang => &hasty,
            _ => &patient,
        };
        let profile = lab.app.profile();
        lab.provider.answer_code(reply);
        let (answer, log) = logged(lab.app.send(&lab.request(&profile, &salt()))).await;
        let code = if status == 502 {
            "sign_in_failed"
        } else {
            "sign_in_refused"
        };
        assert_eq!(answer.outcome(), problem(status, code), "{cause}");
        assert!(log.contains(cause), "{cause} is not in {log}");
        assert!(
            !log.contains("SENTINEL-BODY") && !answer.body.contains("SENTINEL-BODY"),
            "{cause}"
        );
        lab.wait_a_minute();
    }
    for lab in [patient, hasty] {
        assert_eq!(lab.app.records.count("profiles").await, 0);
    }
}

#[tokio::test]
async fn a_description_that_cannot_be_had_is_asked_for_again_in_a_while() {
    let (lab, hasty) = (Lab::start().await, Lab::start_hasty().await);
    let ask_at = |lab: &Lab| {
        let draft = lab.app.profile().get("/v1/sign-in");
        draft
            .without("signature")
            .without("signature-input")
            .without("content-digest")
    };
    let ask = || ask_at(&lab);
    let elsewhere = |name: &str, value: &str| {
        let mut description = lab.provider.description();
        description[name] = json!(value);
        Reply::Raw(200, description.to_string())
    };
    for (reply, cause) in [
        (Reply::Hang, "no answer in time"),
        (Reply::Raw(404, String::new()), "the provider answered 404"),
        (
            Reply::Redirect(lab.provider.issuer.clone()),
            "a redirect, which is not followed",
        ),
        (Reply::Endless, "is larger than"),
        (
            Reply::Raw(200, "{}".to_owned()),
            "is not the JSON that OpenID providers send",
        ),
        (
            elsewhere("issuer", "https://evil.example"),
            "calls itself \\\"https://evil.example\\\"",
        ),
        (
            elsewhere("token_endpoint", "http://evil.example/token"),
            "token_endpoint is no https address",
        ),
        (
            elsewhere("jwks_uri", "file:///etc/passwd"),
            "jwks_uri is no https address",
        ),
        (
            elsewhere("authorization_endpoint", "javascript:alert(1)"),
            "authorization_endpoint is no https address",
        ),
    ] {
        let lab = match reply {
            Reply::Hang => &hasty,
            _ => &lab,
        };
        lab.provider.answer_discovery(reply);
        let asked = lab.provider.asked("openid-configuration").len();
        for _ in 0..3 {
            let (answer, log) = logged(lab.app.send(&ask_at(lab))).await;
            assert_eq!(answer.outcome(), problem(502, "sign_in_failed"), "{cause}");
            assert!(log.contains(cause), "{cause} is not in {log}");
        }
        assert_eq!(
            lab.provider.asked("openid-configuration").len(),
            asked + 1,
            "{cause}"
        );
        lab.app.clock.advance(5);
    }
    lab.provider.answer_discovery(Reply::Usual);
    assert_eq!(lab.app.send(&ask()).await.status, 200);
    // Once known, it is used while the provider is down; for a day.
    lab.provider.answer_discovery(Reply::Raw(503, String::new()));
    lab.app.clock.advance(24 * 3600 - 1);
    assert_eq!(lab.app.send(&ask()).await.status, 200);
    lab.app.clock.advance(5);
    assert_eq!(
        lab.app.send(&ask()).await.outcome(),
        problem(502, "sign_in_failed")
    );
}

#[tokio::test]
async fn new_keys_are_fetched_and_a_flood_of_unknown_ones_is_not_passed_on() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.provider.asked("/keys").len(), 1);

    lab.wait_a_minute();
    let (old, new) = (lab.provider.key(), Key::new());
    lab.provider.rotate(new.clone(), vec![old.jwk(), new.jwk()]);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.provider.asked("/keys").len(), 2);

    lab.wait_a_minute();
    for _ in 0..8 {
        let (salt, foreign) = (salt(), Key::new());
        let token = foreign.sign(
            &json!({"alg": "ES256", "kid": foreign.id}),
            &lab.claims(&profile, &salt),
        );
        let answer = lab.sign_in_with(&profile, &salt, token).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    }
    assert_eq!(lab.provider.asked("/keys").len(), 3);
    assert_eq!(
        lab.sign_in(&profile, |_| ()).await.status,
        201,
        "known keys go on meanwhile"
    );

    // A key that the provider has withdrawn is forgotten within the hour.
    lab.provider.rotate(old, vec![new.jwk()]);
    lab.app.clock.advance(3600);
    assert_eq!(
        lab.sign_in(&profile, |_| ()).await.outcome(),
        problem(403, "sign_in_refused")
    );
}

#[tokio::test]
async fn a_key_that_is_replaced_under_its_name_is_noticed_and_bad_signatures_ask_no_more_than_that() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let old = lab.provider.key();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.provider.asked("/keys").len(), 1);
    let new = Key::named(&old.id);
    lab.provider.rotate(new.clone(), vec![new.jwk()]);
    // Within half a minute of the last look the provider is not asked.
    let (answer, log) = logged(lab.sign_in(&profile, |_| ())).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        log.contains("the next attempt after half a minute succeeds"),
        "{log}"
    );
    assert_eq!(lab.provider.asked("/keys").len(), 1);
    lab.app.clock.advance(30);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.provider.asked("/keys").len(), 2);
    // The old one is not taken any more, and whoever sends signatures of it makes the relay ask once in half a minute.
    lab.wait_a_minute();
    for _ in 0..8 {
        let salt = salt();
        let claims = lab.claims(&profile, &salt);
        let token = old.sign(&json!({"alg": "ES256", "kid": old.id}), &claims);
        let answer = lab.sign_in_with(&profile, &salt, token).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    }
    assert_eq!(lab.provider.asked("/keys").len(), 3);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    // While the set cannot be had, the kept one stands.
    lab.wait_a_minute();
    lab.provider.answer_key_set(Reply::Raw(500, String::new()));
    let newest = Key::named(&old.id);
    lab.provider.rotate(newest.clone(), vec![newest.jwk()]);
    let refused = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(refused.outcome(), problem(403, "sign_in_refused"));
    lab.provider.rotate(new.clone(), vec![new.jwk()]);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
}

#[tokio::test]
async fn without_keys_nobody_is_signed_in_and_with_old_ones_people_are() {
    let lab = Lab::start_hasty().await;
    let profile = lab.app.profile();
    lab.provider.answer_key_set(Reply::Raw(500, String::new()));
    let (answer, log) = logged(lab.sign_in(&profile, |_| ())).await;
    assert_eq!(answer.outcome(), problem(502, "sign_in_failed"));
    assert!(log.contains("the provider's key set cannot be had"), "{log}");
    lab.provider.answer_key_set(Reply::Usual);
    assert_eq!(
        lab.sign_in(&profile, |_| ()).await.outcome(),
        problem(502, "sign_in_failed")
    );
    lab.app.clock.advance(30);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    lab.provider.answer_key_set(Reply::Hang);
    lab.app.clock.advance(2 * 3600);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
}

#[tokio::test]
async fn keys_of_other_kinds_and_odd_ones_are_passed_over() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let key = lab.provider.key();
    let mut encryption = Key::new().jwk();
    encryption["use"] = json!("enc");
    let odd = vec![
        json!({"kty": "new"}),
        json!({"kty": "oct", "k": "AAAA", "kid": key.id}),
        json!(7),
        json!({}),
        encryption,
        key.jwk(),
    ];
    lab.provider.rotate(key.clone(), odd);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    // A token need not name its key while there is one that it can be; with two, it must.
    for (published, status) in [(vec![key.jwk()], 201), (vec![key.jwk(), Key::new().jwk()], 403)] {
        lab.provider.rotate(key.clone(), published);
        lab.app.clock.advance(3600);
        let salt = salt();
        let token = key.sign(&json!({"alg": "ES256"}), &lab.claims(&profile, &salt));
        assert_eq!(lab.sign_in_with(&profile, &salt, token).await.status, status);
    }
}

#[tokio::test]
async fn a_provider_that_hangs_holds_up_nobody_who_logs_in() {
    let lab = Lab::start().await;
    let desk = lab.app.enrolled(super::STAFF).await;
    lab.provider.answer_code(Reply::Hang);
    let (waiting, draft) = (lab.app.profile(), desk.login().0);
    let sign_in = lab.request(&waiting, &salt());
    let quick = async {
        eventually("the provider has the code", async || {
            !lab.provider.asked("/token").is_empty()
        })
        .await;
        lab.app.send(&draft).await
    };
    tokio::select! {
        slow = lab.app.send(&sign_in) => panic!("the provider answers: {}", slow.status),
        quick = quick => assert_eq!(quick.status, 201),
    }
}

#[tokio::test]
async fn more_at_once_than_the_provider_is_asked_for_are_told_to_wait() {
    let provider = Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let sign_in = sign_in_config(&provider.issuer, &secret_file(&folder, CLIENT_SECRET), "");
    let app = TestApp::start_with(move |config, limits| {
        config.sign_in = Some(sign_in.clone());
        config.listen.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        // Nobody is answered while this test lasts.
        limits.provider = Duration::from_secs(60);
        limits.answer = Duration::from_secs(60);
    })
    .await;
    provider.answer_code(Reply::Hang);
    // Each from another address, so that none of them counts as guessing.
    let from = |n: usize| {
        let profile = app.profile();
        let draft = profile.post("/v1/sign-ins", &body(&profile, &salt()));
        draft.header("x-forwarded-for", &format!("192.0.2.{n}"))
    };
    let drafts: Vec<_> = (0..16).map(from).collect();
    let waiting = join_all(drafts.iter().map(|draft| app.send(draft)));
    let one_more = async {
        eventually("16 codes are being redeemed", async || {
            provider.asked("/token").len() == 16
        })
        .await;
        app.send(&from(16)).await
    };
    let answer = tokio::select! {
        _ = waiting => panic!("somebody was answered"),
        answer = one_more => answer,
    };
    assert_eq!(answer.outcome(), problem(503, "overloaded"));
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(provider.asked("/token").len(), 16);
}

//! Enrolment: one code, one key, once.

mod guessing;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    STAFF, Signer, TestApp,
    faulty_store::{At, How},
    http::problem,
};

#[tokio::test]
async fn a_code_enrols_one_key_which_can_log_in_at_once() {
    let app = TestApp::start().await;
    for signer in [Signer::p256(), Signer::ed25519()] {
        let profile = app.profile_with(signer);
        assert_eq!(
            app.send(&profile.get("/v1/session")).await.outcome(),
            problem(401, "profile_unknown")
        );
        let code = app.invite(STAFF).await;
        let answer = app.send(&profile.enrol(&code)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let staff = json!({"email": STAFF, "name": "Support desk"});
        assert_eq!(
            answer.json(),
            json!({"keyId": profile.key_id().as_str(), "staff": staff})
        );
        assert_eq!(app.send(&profile.login().0).await.status, 201);
    }
}

#[tokio::test]
async fn a_code_survives_being_typed_by_hand() {
    let app = TestApp::start().await;
    let code = app.invite(STAFF).await.to_lowercase().replace('-', " ");
    assert_eq!(app.send(&app.profile().enrol(&code)).await.status, 201);
}

#[tokio::test]
async fn used_expired_and_unknown_codes_look_alike() {
    let app = TestApp::start().await;
    let used = app.invite(STAFF).await;
    assert_eq!(app.send(&app.profile().enrol(&used)).await.status, 201);
    let expired = app.invite(STAFF).await;
    app.clock.advance(900);
    let mut answers = Vec::new();
    for code in [used.as_str(), &expired, "00000-00000-00000-00000"] {
        let answer = app.send(&app.profile().enrol(code)).await;
        assert_eq!(answer.outcome(), problem(403, "enrolment_code_refused"), "{code}");
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|body| *body == answers[0]), "{answers:?}");
    assert_eq!(app.records.count("profiles").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_spent_once_even_by_two_at_once() {
    let app = TestApp::start().await;
    let code = app.invite(STAFF).await;
    let drafts = (0..6).map(|_| app.profile().enrol(&code)).collect::<Vec<_>>();
    let answers = join_all(drafts.iter().map(|draft| app.send(draft))).await;
    let mut outcomes = answers.iter().map(|answer| answer.outcome()).collect::<Vec<_>>();
    outcomes.sort();
    assert_eq!(outcomes[0], problem(201, ""));
    assert_eq!(outcomes[1..], vec![problem(403, "enrolment_code_refused"); 5]);
    assert_eq!(app.records.count("profiles").await, 1);
}

#[tokio::test]
async fn an_enrolled_key_is_told_so_and_the_code_is_kept() {
    let app = TestApp::start().await;
    let profile = app.enrolled(STAFF).await;
    let code = app.invite("ops@broker.example").await;
    let answer = app.send(&profile.enrol(&code)).await;
    assert_eq!(answer.outcome(), problem(409, "profile_already_enrolled"));
    let session = app.send(&profile.get("/v1/session")).await;
    assert_eq!(
        session.json()["staff"]["email"],
        STAFF,
        "the key has not changed hands"
    );
    assert_eq!(
        app.send(&app.profile().enrol(&code)).await.status,
        201,
        "the code is still good"
    );
}

#[tokio::test]
async fn only_the_holder_of_a_key_can_enrol_it() {
    let app = TestApp::start().await;
    let (victim, thief) = (app.profile(), app.profile());
    let code = app.invite(STAFF).await;
    let body = json!({"code": code, "publicKey": victim.signer.jwk(), "extensionVersion": "0.1.0"});
    // Signed by the thief's key under its own id, then under the victim's id.
    let own_id = thief.post("/v1/enrolments", &body);
    let mut input = thief.signer.input(app.clock.seconds());
    input.key_id = victim.key_id();
    let false_id = thief.post("/v1/enrolments", &body).signed_with(&input);
    // The thief's own key, under the victim's id.
    let body = json!({"code": code, "publicKey": thief.signer.jwk(), "extensionVersion": "0.1.0"});
    let borrowed_id = thief.post("/v1/enrolments", &body).signed_with(&input);
    for draft in [own_id, false_id, borrowed_id] {
        assert_eq!(
            app.send(&draft).await.outcome(),
            problem(401, "signature_invalid")
        );
    }
    assert_eq!(app.records.count("profiles").await, 0);
    assert_eq!(
        app.send(&victim.enrol(&code)).await.status,
        201,
        "the code was not spent"
    );
}

#[tokio::test]
async fn points_off_the_curve_are_no_keys() {
    let app = TestApp::start().await;
    let profile = app.profile();
    let code = app.invite(STAFF).await;
    let zero = "A".repeat(43);
    for key in [
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "_".repeat(42) + "8"}),
    ] {
        let jwk: stagedoor_protocol::PublicJwk = serde_json::from_value(key.clone()).unwrap();
        let mut input = profile.signer.input(app.clock.seconds());
        let thumbprint = crate::support::signer::sha256(jwk.thumbprint_input().as_bytes());
        input.key_id = stagedoor_protocol::KeyId::from_thumbprint(&thumbprint);
        let body = json!({"code": code, "publicKey": key, "extensionVersion": "0.1.0"});
        let draft = profile.post("/v1/enrolments", &body).signed_with(&input);
        assert_eq!(
            app.send(&draft).await.outcome(),
            problem(401, "signature_invalid")
        );
    }
}

#[tokio::test]
async fn an_office_behind_one_address_can_enrol_everybody() {
    let app = TestApp::start().await;
    for n in 0..12 {
        app.enrolled(&format!("p{n}@broker.example")).await;
    }
    assert_eq!(app.records.count("profiles").await, 12);
}

#[tokio::test]
async fn a_failing_store_enrols_nobody_and_keeps_the_code() {
    let app = TestApp::start().await;
    let code = app.invite(STAFF).await;
    app.store.fail(Some((At::Enrol, How::Fail)));
    assert_eq!(
        app.send(&app.profile().enrol(&code)).await.outcome(),
        problem(503, "store_unavailable")
    );
    app.store.fail(None);
    assert_eq!(app.send(&app.profile().enrol(&code)).await.status, 201);
}

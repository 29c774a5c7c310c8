//! Signatures: which are accepted, and everything about a request that they bind.

use std::{fs, path::Path};

use serde_json::Value;
use stagedoor_protocol::{Algorithm, KeyId, Nonce, PublicJwk, PublicKeyBytes};
use stagedoor_relay::{
    clock::Clock,
    store::{Enrolment, Store, VerifyingKey},
};

use crate::support::{
    Draft, STAFF, Signer, TestApp,
    database::on_postgres,
    faulty_store::{At, How},
    http::problem,
    log,
    signer::{random, sha256},
};

/// The request that the extension's tests sign, byte for byte; its time is the test clock's start.
#[tokio::test]
async fn the_golden_request_is_accepted() {
    let app = TestApp::start().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/wire/signed-request.json");
    let golden: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let text = |name: &str| golden[name].as_str().unwrap();
    let jwk: PublicJwk = serde_json::from_value(golden["publicKey"].clone()).unwrap();
    let key_id = KeyId::from_thumbprint(&sha256(jwk.thumbprint_input().as_bytes()));
    let Ok(PublicKeyBytes::Ed25519(key)) = jwk.to_bytes() else {
        panic!("the fixture's key is of another kind")
    };
    let code = app.invite(STAFF).await;
    let enrolment = Enrolment {
        code_sha256: sha256(code.replace('-', "").as_bytes()),
        key_id,
        key: VerifyingKey(PublicKeyBytes::Ed25519(key)),
        extension_version: "0.1.0".into(),
    };
    app.store
        .enrol(&enrolment, app.clock.now())
        .await
        .unwrap()
        .unwrap();

    let draft = Draft {
        authority: text("authority").into(),
        path: text("path").into(),
        ..app.profile().post("/", &Value::Null)
    };
    let draft = draft
        .body(text("body"))
        .header("content-digest", text("contentDigest"))
        .header("signature-input", text("signatureInput"))
        .header("signature", text("signature"));
    // The login that it speaks of does not exist here; to be told so, the signature must have been accepted.
    assert_eq!(app.send(&draft).await.outcome(), problem(404, "login_unknown"));
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(401, "signature_replayed")
    );
    let moved = draft.header(
        "signature",
        &text("signature").replace("7Ul", "7UI").replace(":B7z", ":B7a"),
    );
    assert_eq!(
        app.send(&moved).await.outcome(),
        problem(401, "signature_invalid")
    );
}

#[tokio::test]
async fn the_window_is_sixty_seconds_either_way() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let now = app.clock.seconds();
    for (created, expected) in [
        (now - 60, problem(200, "")),
        (now + 60, problem(200, "")),
        (now - 61, problem(401, "signature_stale")),
        (now + 61, problem(401, "signature_stale")),
        (0, problem(401, "signature_stale")),
        (i64::MIN, problem(401, "signature_stale")),
        (i64::MAX, problem(401, "signature_stale")),
    ] {
        let answer = app.send(&desk.get("/v1/session").created(created).signed()).await;
        assert_eq!(answer.outcome(), expected, "{created}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_by_how_much() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let now = app.clock.seconds();
    for (created, said, logged) in [
        (
            now + 137,
            "is 137 seconds ahead of the relay's (+137 s); 60 are accepted",
            "+137 s",
        ),
        (
            now - 75,
            "is 75 seconds behind the relay's (-75 s), or the request was on its way for so long",
            "-75 s",
        ),
        (
            i64::MIN,
            "is at least 86400 seconds behind the relay's (-86400 s)",
            "-86400 s",
        ),
        (
            i64::MAX,
            "is at least 86400 seconds ahead of the relay's (+86400 s)",
            "+86400 s",
        ),
    ] {
        let answer = app.send(&desk.get("/v1/session").created(created).signed()).await;
        assert_eq!(answer.outcome(), problem(401, "signature_stale"), "{created}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains(said) && detail.ends_with("by a time server."),
            "{detail}"
        );
        let cause = format!("the signature's time is {logged} from the relay's");
        assert!(log::mine().contains(&cause), "{cause}");
    }
}

#[tokio::test]
async fn a_nonce_is_good_once_for_each_key_even_across_a_restart() {
    let mut app = TestApp::start().await;
    let (desk, ops) = (
        app.enrolled(STAFF).await,
        app.enrolled("ops@broker.example").await,
    );
    // Signed for a name that outlives the port.
    let draft = |profile: &crate::support::Profile, nonce: Nonce| {
        let mut input = profile.signer.input(1_700_000_000);
        input.nonce = nonce;
        let named = Draft {
            authority: "relay.example".into(),
            ..profile.get("/v1/session")
        };
        named.signed_with(&input)
    };
    let nonce = Nonce::from_random(&random());
    assert_eq!(app.send(&draft(&desk, nonce.clone())).await.status, 200);
    assert_eq!(
        app.send(&draft(&ops, nonce.clone())).await.status,
        200,
        "another key's nonces are its own"
    );

    app.stop().await;
    let app = app.start_again().await;
    let replayed = app.send(&draft(&desk, nonce.clone())).await;
    assert_eq!(replayed.outcome(), problem(401, "signature_replayed"));

    // The clock is set back after house was kept: still a replay.
    app.clock.advance(61);
    app.store.forget_stale(app.clock.now()).await.unwrap();
    assert_eq!(
        app.records.count("nonces").await,
        4,
        "two enrolments, two sessions"
    );
    app.clock.advance(600);
    app.store.forget_stale(app.clock.now()).await.unwrap();
    assert_eq!(app.records.count("nonces").await, 0);
}

/// At two relays that run side by side, where the engine serves so many; at one after the other otherwise.
#[tokio::test]
async fn what_one_relay_took_is_a_replay_at_the_next() {
    let mut app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let named = |draft: Draft| {
        let named = Draft {
            authority: "relay.example".into(),
            ..draft
        };
        named.signed()
    };
    let (login, _) = desk.login();
    let (session, login) = (named(desk.get("/v1/session")), named(login));
    assert_eq!(app.send(&session).await.status, 200);
    assert_eq!(app.send(&login).await.status, 201);

    if !on_postgres() {
        app.stop().await;
    }
    let next = app.start_again().await;
    for draft in [&session, &login] {
        let replayed = next.send(draft).await;
        assert_eq!(replayed.outcome(), problem(401, "signature_replayed"));
    }
    // Signed anew, the same login is still the same.
    let again = next.send(&login.clone().signed()).await;
    assert_eq!(again.outcome(), problem(409, "request_repeated"));
    assert_eq!(next.mints(), 1);
}

#[tokio::test]
async fn nobody_can_burn_anothers_nonce() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let thief = app.profile();
    let draft = desk.get("/v1/session");
    let mut input = thief.signer.input(app.clock.seconds());
    input.key_id = desk.key_id();
    input.nonce = nonce_of(&draft);
    let forged = thief.get("/v1/session").signed_with(&input);
    assert_eq!(
        app.send(&forged).await.outcome(),
        problem(401, "signature_invalid")
    );
    let altered = draft.clone().body("{}");
    assert_eq!(
        app.send(&altered).await.outcome(),
        problem(401, "signature_invalid")
    );
    assert_eq!(app.send(&draft).await.status, 200, "the nonce is still good");
}

fn nonce_of(draft: &Draft) -> Nonce {
    let header = draft.value("signature-input");
    stagedoor_protocol::SignatureInput::parse(header).unwrap().nonce
}

#[tokio::test]
async fn a_key_signs_with_its_own_algorithm_only() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let mut input = desk.signer.input(app.clock.seconds());
    input.algorithm = Algorithm::Ed25519;
    let answer = app.send(&desk.get("/v1/session").signed_with(&input)).await;
    assert_eq!(answer.outcome(), problem(401, "signature_invalid"));

    let unknown = app.profile_with(Signer::ed25519());
    assert_eq!(
        app.send(&unknown.get("/v1/session")).await.outcome(),
        problem(401, "profile_unknown")
    );
}

#[tokio::test]
async fn the_host_must_be_one_of_the_relays_names() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for (host, expected) in [
        ("relay.example", problem(200, "")),
        ("RELAY.example", problem(401, "signature_invalid")),
        ("relay.example:443", problem(401, "signature_invalid")),
        ("relay.example.evil.example", problem(401, "signature_invalid")),
        ("localhost", problem(401, "signature_invalid")),
    ] {
        let draft = Draft {
            authority: host.into(),
            ..desk.get("/v1/session")
        };
        assert_eq!(app.send(&draft.signed()).await.outcome(), expected, "{host}");
    }
    // Signed for one of its names, sent to another.
    let draft = Draft {
        authority: "relay.example".into(),
        ..desk.get("/v1/session")
    };
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(401, "signature_invalid")
    );
}

/// Its nonce was given back with the intent that was not recorded.
#[tokio::test]
async fn a_login_whose_profile_keeps_changing_does_not_come_a_second_time() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    app.store.fail(Some((At::Intent, How::Change)));
    let (draft, id) = desk.login();
    assert_eq!(app.send(&draft).await.outcome(), problem(503, "overloaded"));
    app.store.fail(None);
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(401, "signature_replayed")
    );
    assert_eq!((app.records.login(&id).await, app.mints()), (None, 0));
}

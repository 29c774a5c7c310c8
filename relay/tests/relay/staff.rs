//! Disabling a person, and inviting them again.

use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::Clock,
    store::{NewInvite, Store},
};

use crate::support::{
    STAFF, TestApp,
    faulty_store::{At, How},
    http::problem,
    log,
};

async fn disable(app: &TestApp, email: &str) -> bool {
    let email = CustomerEmail::parse(email).unwrap();
    let disabled = app.store.disable_staff(&email, app.clock.now()).await;
    disabled.unwrap().is_some()
}

#[tokio::test]
async fn a_disabled_person_is_refused_from_the_next_request_on() {
    let app = TestApp::start().await;
    let (desk, ops) = (
        app.enrolled(STAFF).await,
        app.enrolled("ops@broker.example").await,
    );
    let pending = app.invite(STAFF).await;
    assert_eq!(app.send(&desk.get("/v1/session")).await.status, 200);

    assert!(disable(&app, "Desk@Broker.example").await);

    for draft in [desk.get("/v1/session"), desk.login().0] {
        assert_eq!(app.send(&draft).await.outcome(), problem(403, "staff_disabled"));
    }
    let forged = desk.login().0.body("{}");
    assert_eq!(
        app.send(&forged).await.outcome(),
        problem(403, "staff_disabled"),
        "its body is not even read"
    );
    assert_eq!(
        app.send(&app.profile().enrol(&pending)).await.outcome(),
        problem(403, "enrolment_code_refused")
    );
    assert_eq!(app.send(&ops.login().0).await.status, 201, "nobody else is");
    assert_eq!(app.mints(), 1);
}

#[tokio::test]
async fn a_profile_that_has_logged_in_is_looked_at_again_for_each_login() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(app.send(&desk.login().0).await.status, 201);
    // What the command line does in another process: the relay is not told.
    let invite = NewInvite {
        email: CustomerEmail::parse(STAFF).unwrap(),
        name: Some("Night desk".to_owned()),
        roles: None,
        code_sha256: [7; 32],
        expires_at: app.clock.now(),
    };
    app.store.invite(&invite, app.clock.now()).await.unwrap().unwrap();
    let (login, id) = desk.login();
    assert_eq!(app.send(&login).await.status, 201);
    assert_eq!(app.records.intent(&id).await["staff"]["name"], "Night desk");

    disable(&app, STAFF).await;
    assert_eq!(
        app.send(&desk.login().0).await.outcome(),
        problem(403, "staff_disabled")
    );
    assert_eq!((app.mints(), app.records.kinds("intent").await), (2, 2));
}

#[tokio::test]
async fn only_a_good_signature_learns_that_its_owner_is_disabled() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    disable(&app, STAFF).await;
    let other = app.profile();
    let mut input = other.signer.input(app.clock.seconds());
    input.key_id = desk.key_id();
    let forged = other.get("/v1/session").signed_with(&input);
    assert_eq!(
        app.send(&forged).await.outcome(),
        problem(401, "signature_invalid")
    );
}

#[tokio::test]
async fn whoever_is_enabled_and_invited_again_is_in_again_but_the_old_profiles_are_not() {
    let app = TestApp::start().await;
    let old = app.enrolled(STAFF).await;
    disable(&app, STAFF).await;
    let email = CustomerEmail::parse(STAFF).unwrap();
    assert!(app.store.enable_staff(&email).await.unwrap().is_some());
    let code = app.invite(STAFF).await;
    assert_eq!(
        app.send(&old.get("/v1/session")).await.outcome(),
        problem(401, "profile_unknown")
    );
    assert_eq!(
        app.send(&old.enrol(&code)).await.status,
        201,
        "by a new code it may come back"
    );
    assert_eq!(app.send(&old.get("/v1/session")).await.status, 200);
}

#[tokio::test]
async fn disabling_is_said_to_do_nothing_where_it_does_nothing() {
    let app = TestApp::start().await;
    assert!(!disable(&app, "nobody@broker.example").await);
    app.invite(STAFF).await;
    assert!(disable(&app, STAFF).await);
    assert!(!disable(&app, STAFF).await);
    let rows = app.store.list_staff().await.unwrap();
    let rows = rows
        .iter()
        .map(|row| (row.member.email.as_str(), row.member.disabled, row.profiles));
    assert_eq!(rows.collect::<Vec<_>>(), [(STAFF, true, 0)]);
}

#[tokio::test]
async fn whoever_is_disabled_in_mid_session_is_told_so_by_the_next_request_of_any_kind() {
    let app = TestApp::start().await;
    let (desk, ops) = (
        app.enrolled(STAFF).await,
        app.enrolled("ops@broker.example").await,
    );
    // At work: the relay remembers the profile, and the token is out.
    let (login, id) = desk.login();
    assert_eq!(app.send(&login).await.status, 201);
    assert!(disable(&app, STAFF).await);
    let report = desk.post(&format!("/v1/logins/{id}/outcome"), &json!({"outcome": "opened"}));
    for draft in [report, desk.get("/v1/session"), desk.login().0] {
        assert_eq!(app.send(&draft).await.outcome(), problem(403, "staff_disabled"));
    }
    assert_eq!((app.mints(), app.records.kinds("report").await), (1, 0));
    assert_eq!(
        app.send(&ops.get("/v1/session")).await.status,
        200,
        "nobody else is"
    );

    // Enabled again, the person is told to enrol, and by a new code works on.
    let email = CustomerEmail::parse(STAFF).unwrap();
    app.store.enable_staff(&email).await.unwrap().unwrap();
    for draft in [desk.get("/v1/session"), desk.login().0] {
        assert_eq!(app.send(&draft).await.outcome(), problem(401, "profile_unknown"));
    }
    let code = app.invite(STAFF).await;
    assert_eq!(app.send(&desk.enrol(&code)).await.status, 201);
    assert_eq!(app.send(&desk.login().0).await.status, 201);
}

#[tokio::test]
async fn a_revoked_profile_is_refused_and_the_same_persons_other_one_is_not() {
    let app = TestApp::start().await;
    let (lost, kept) = (app.enrolled(STAFF).await, app.enrolled(STAFF).await);
    for profile in [&lost, &kept] {
        assert_eq!(app.send(&profile.login().0).await.status, 201);
    }
    let revoked = app.store.revoke_profile(&lost.key_id(), app.clock.now()).await;
    assert_eq!(revoked.unwrap().unwrap().email.as_str(), STAFF);
    for draft in [lost.login().0, lost.get("/v1/session")] {
        assert_eq!(app.send(&draft).await.outcome(), problem(401, "profile_unknown"));
    }
    assert_eq!(app.send(&kept.login().0).await.status, 201);
    assert_eq!(app.mints(), 3);
}

#[tokio::test]
async fn whoever_signs_out_leaves_a_profile_that_is_good_for_nothing() {
    let app = TestApp::start().await;
    let (leaving, staying) = (app.enrolled(STAFF).await, app.enrolled(STAFF).await);
    assert_eq!(app.send(&leaving.login().0).await.status, 201);
    let sign_out = || {
        let mut draft = leaving.get("/v1/sign-out");
        draft.method = "POST";
        draft.signed()
    };
    let mut with_body = leaving.post("/v1/sign-out", &json!({}));
    assert_eq!(
        app.send(&with_body).await.outcome(),
        problem(400, "malformed_request")
    );
    with_body
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("signature"));
    assert_eq!(
        app.send(&with_body).await.outcome(),
        problem(401, "signature_missing")
    );
    // None of these did it.
    assert_eq!(app.send(&leaving.get("/v1/session")).await.status, 200);

    let mark = log::mark();
    let answer = app.send(&sign_out()).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for draft in [leaving.login().0, leaving.get("/v1/session"), sign_out()] {
        assert_eq!(app.send(&draft).await.outcome(), problem(401, "profile_unknown"));
    }
    assert_eq!(app.send(&staying.login().0).await.status, 201);
    assert_eq!(app.mints(), 2);
    let key = leaving.key_id();
    let text = log::since(mark);
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<_> = lines
        .filter(|line| line["event"] == "profile.signed_out" && line["profile"] == key.as_str())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    let profiles = app.store.list_profiles(None).await.unwrap();
    let revoked: Vec<_> = profiles
        .iter()
        .filter(|profile| profile.revoked_at.is_some())
        .collect();
    assert_eq!((profiles.len(), revoked.len()), (2, 1));
    assert_eq!(revoked[0].key_id, key);
}

/// The browser forgets its key whatever the answer is; but the answer is to be true.
#[tokio::test]
async fn whoever_signed_out_is_told_so_although_the_stores_answer_was_lost() {
    let app = TestApp::start().await;
    let leaving = app.enrolled(STAFF).await;
    let sign_out = async || {
        let mut draft = leaving.get("/v1/sign-out");
        draft.method = "POST";
        app.send(&draft.signed()).await
    };
    app.store.fail(Some((At::Revoke, How::Fail)));
    assert_eq!(sign_out().await.outcome(), problem(503, "store_unavailable"));
    assert_eq!(app.send(&leaving.get("/v1/session")).await.status, 200);
    app.store.fail(Some((At::Revoke, How::LoseAnswer)));
    assert_eq!(sign_out().await.status, 204);
    app.store.fail(None);
    assert_eq!(sign_out().await.outcome(), problem(401, "profile_unknown"));
}

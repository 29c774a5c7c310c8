//! Disabling a person, and inviting them again.

use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::Clock,
    store::{NewInvite, Store},
};

use crate::support::{STAFF, TestApp, http::problem};

async fn disable(app: &TestApp, email: &str) -> bool {
    let email = CustomerEmail::parse(email).unwrap();
    app.store.disable_staff(&email, app.clock.now()).await.unwrap()
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
    app.store.invite(&invite, app.clock.now()).await.unwrap();
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
async fn an_invitation_enables_the_person_but_not_the_old_profiles() {
    let app = TestApp::start().await;
    let old = app.enrolled(STAFF).await;
    disable(&app, STAFF).await;
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

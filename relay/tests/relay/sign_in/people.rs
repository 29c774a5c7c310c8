//! Whom the relay lets in of those whom the provider names.

use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::Clock,
    store::{IdentityStore, Store},
};

use super::{Lab, logged};
use crate::support::{CUSTOMER, STAFF, http::problem};

const MARIA: &str = "maria@broker.example";

fn email(text: &str) -> CustomerEmail {
    CustomerEmail::parse(text).unwrap()
}

#[tokio::test]
async fn whom_nobody_has_added_is_not_let_in_until_somebody_does() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let maria = |claims: &mut Value| claims["email"] = json!("Maria@Broker.example");
    let (answer, log) = logged(lab.sign_in(&profile, maria)).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        answer.body.contains("not known here as a member of staff"),
        "{}",
        answer.body
    );
    assert!(log.contains("stagedoor staff add ADDRESS"), "{log}");
    lab.add(MARIA).await;
    assert_eq!(lab.sign_in(&profile, maria).await.status, 201);
}

#[tokio::test]
async fn an_address_that_is_not_verified_or_none_is_refused() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let cases = [
        ("email_verified", json!(false), "has not verified the address"),
        ("email_verified", json!("false"), "has not verified the address"),
        ("email_verified", json!(1), "has not verified the address"),
        ("email_verified", Value::Null, "has not verified the address"),
        ("email", json!("desk"), "is not an e-mail address"),
        (
            "email",
            json!("desk@broker.example@evil.example"),
            "is not an e-mail address",
        ),
        (
            "email",
            json!("desk\u{200b}@broker.example"),
            "is not an e-mail address",
        ),
        (
            "email",
            json!([STAFF]),
            "does not hold the claim of sign_in.email_claim",
        ),
        // An address that a customer has, and nobody here.
        ("email", json!(CUSTOMER), "nobody of the staff has the address"),
    ];
    for (claim, value, cause) in cases {
        let (answer, log) = logged(lab.sign_in(&profile, |claims| claims[claim] = value.clone())).await;
        assert_eq!(
            answer.outcome(),
            problem(403, "sign_in_refused"),
            "{claim} {value}"
        );
        assert!(log.contains(cause), "{claim} {value}: {cause} is not in {log}");
        lab.wait_a_minute();
    }
    let absent = |claims: &mut Value| {
        claims.as_object_mut().unwrap().remove("email_verified");
    };
    let (answer, log) = logged(lab.sign_in(&profile, absent)).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(log.contains("does not say whether it has verified"), "{log}");
}

#[tokio::test]
async fn another_claim_may_be_the_address_and_need_not_be_verified() {
    let lines = "email_claim = \"ids.upn\"\nemail_verified = \"not_needed\"";
    let lab = Lab::start_with(lines).await;
    let profile = lab.app.profile();
    let entra = |claims: &mut Value| {
        claims["email"] = json!("boss@broker.example");
        claims["ids"] = json!({"upn": STAFF});
        claims.as_object_mut().unwrap().remove("email_verified");
    };
    let answer = lab.sign_in(&profile, entra).await;
    assert_eq!(answer.json()["staff"]["email"], STAFF);
}

#[tokio::test]
async fn an_address_and_a_subject_belong_together_from_the_first_sign_in_on() {
    let lab = Lab::start().await;
    lab.add(MARIA).await;
    let profile = lab.app.profile();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);

    // Somebody else at the provider has got the address.
    let impostor = lab.app.profile();
    let (answer, log) = logged(lab.sign_in(&impostor, |claims| claims["sub"] = json!("u-2"))).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        log.contains("staff member 1, who has signed in as another subject"),
        "{log}"
    );
    assert!(log.contains("stagedoor staff unlink ADDRESS"), "{log}");
    // The same person has another address now, which is somebody's, or nobody's.
    for address in [MARIA, "new@broker.example"] {
        let (answer, log) = logged(lab.sign_in(&impostor, |claims| claims["email"] = json!(address))).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"), "{address}");
        assert!(log.contains("gives staff member 1 another address"), "{log}");
    }
    assert_eq!(lab.app.records.count("identities").await, 1);

    // Once the operator has said so, the new subject is the person.
    let (_, count) = lab.app.store.unlink_staff(&email(STAFF)).await.unwrap().unwrap();
    assert_eq!(count, 1);
    assert_eq!(
        lab.sign_in(&impostor, |claims| claims["sub"] = json!("u-2"))
            .await
            .status,
        201
    );
    let old = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(old.outcome(), problem(403, "sign_in_refused"));
}

#[tokio::test]
async fn a_disabled_person_stays_out_and_comes_back_with_a_new_key_only() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    let now = lab.app.clock.now();
    lab.app.store.disable_staff(&email(STAFF), now).await.unwrap();
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert_eq!(
        session.outcome(),
        problem(403, "staff_disabled"),
        "the session ends at once"
    );
    for key in [&profile, &lab.app.profile()] {
        let answer = lab.sign_in(key, |_| ()).await;
        assert_eq!(answer.outcome(), problem(403, "staff_disabled"));
    }
    lab.app.store.enable_staff(&email(STAFF)).await.unwrap();
    let (answer, log) = logged(lab.sign_in(&profile, |_| ())).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(log.contains("of staff member 1, was revoked"), "{log}");
    assert_eq!(lab.sign_in(&lab.app.profile(), |_| ()).await.status, 201);
}

#[tokio::test]
async fn a_revoked_key_does_not_come_back_by_signing_in() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    let revoked = lab
        .app
        .store
        .revoke_profile(&profile.key_id(), lab.app.clock.now())
        .await;
    assert!(revoked.unwrap().is_some());
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert_eq!(
        session.outcome(),
        problem(401, "profile_unknown"),
        "the session ends at once"
    );
    let answer = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(answer.body.contains("was revoked"), "{}", answer.body);
    // By a code of the operator's it does, and has no end then.
    let code = lab.app.invite(STAFF).await;
    assert_eq!(lab.app.send(&profile.at(&lab.app).enrol(&code)).await.status, 201);
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert_eq!(
        (session.status, &session.json()["signedInUntil"]),
        (200, &Value::Null)
    );
}

#[tokio::test]
async fn whoever_gives_up_the_key_after_the_session_has_run_out_gives_it_up() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    lab.app.store.sign_out(None, lab.app.clock.now()).await.unwrap();
    let mut leave = profile.get("/v1/sign-out");
    leave.method = "POST";
    assert_eq!(lab.app.send(&leave.signed()).await.status, 204);
    let again = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(again.outcome(), problem(403, "sign_in_refused"));
    assert!(again.body.contains("was revoked"), "{}", again.body);
}

#[tokio::test]
async fn who_is_signed_out_signs_in_again_and_a_code_is_as_good_as_before() {
    let lab = Lab::start().await;
    let (profile, by_code) = (lab.app.profile(), lab.app.enrolled(STAFF).await);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(lab.app.send(&profile.login().0).await.status, 201);
    let ended = lab.app.store.sign_out(None, lab.app.clock.now()).await.unwrap();
    assert_eq!(ended.unwrap()[0].sessions, 1);
    // The relay remembers the profile, and is not told.
    for draft in [profile.at(&lab.app).login().0, profile.get("/v1/session")] {
        assert_eq!(
            lab.app.send(&draft).await.outcome(),
            problem(401, "session_expired")
        );
    }
    assert_eq!(lab.app.send(&by_code.get("/v1/session")).await.status, 200);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(
        lab.app
            .send(&profile.at(&lab.app).get("/v1/session"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_colleagues_profile_is_not_taken_over() {
    let lab = Lab::start().await;
    let profile = lab.app.enrolled(MARIA).await;
    let (answer, log) = logged(lab.sign_in(&profile, |_| ())).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        log.contains("the browser profile is that of staff member 2"),
        "{log}"
    );
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert_eq!(session.json()["staff"]["email"], MARIA);
    assert_eq!(
        lab.app.records.count("identities").await,
        0,
        "a refusal binds nobody"
    );
}

#[tokio::test]
async fn only_people_of_the_listed_organisations_are_let_in() {
    let lab = Lab::start_with("hosted_domains = [\"broker.example\"]").await;
    let profile = lab.app.profile();
    for organisation in [Value::Null, json!("evil.example"), json!(["broker.example"])] {
        let (answer, log) = logged(lab.sign_in(&profile, |claims| claims["hd"] = organisation.clone())).await;
        assert_eq!(
            answer.outcome(),
            problem(403, "sign_in_refused"),
            "{organisation}"
        );
        assert!(log.contains("sign_in.hosted_domains"), "{log}");
    }
    let answer = lab
        .sign_in(&profile, |claims| claims["hd"] = json!("Broker.example"))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

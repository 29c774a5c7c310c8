//! Looks at accounts before a login: what is shown, to whom, how often, and that nothing of it stays.

mod bounds;
mod told;

use serde_json::{Value, json};
use stagedoor_broker_sim::{Account, BodyKind, Endpoint, Fault, PRIVATE_VALUES};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys, PolicyRules},
    store::{RoleChange, Store},
};

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    http::problem,
    log,
};

const STRANGER: &str = "nobody@customers.example";

fn rules(policy: &str) -> PolicyRules {
    let text = format!("{EXAMPLE}\n{policy}");
    Config::parse(&text, Keys::Lists).unwrap().policy
}

/// A relay that shows accounts, under a policy.
async fn start(policy: &'static str) -> TestApp {
    TestApp::start_with(move |config, _| {
        config.platforms[0].preview = true;
        if !policy.is_empty() {
            config.policy = rules(policy);
        }
    })
    .await
}

async fn look(app: &TestApp, profile: &Profile, customer: &str) -> Answer {
    let body = json!({"platform": "main", "customerEmail": customer});
    app.send(&profile.at(app).post("/v1/previews", &body)).await
}

fn look_ups(app: &TestApp) -> usize {
    let journal = app.sim.journal();
    journal
        .iter()
        .filter(|entry| entry.path.starts_with("/v1/accounts/"))
        .count()
}

#[tokio::test]
async fn name_and_status_are_shown_and_nothing_else() {
    let mut app = start("").await;
    let desk = app.enrolled(STAFF).await;
    let answer = look(&app, &desk, CUSTOMER).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json(), json!({"name": "Jane Roe", "status": "verified"}));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(app.records.kinds("intent").await, 0);
    assert_eq!((look_ups(&app), app.mints()), (1, 0));
    let path = &app.sim.journal()[0].path;
    assert!(path.ends_with("jane.roe%2Bfx%40customers.example"), "{path}");
    app.stop().await;

    let stored = app.stored_bytes().await;
    let (stored, log) = (String::from_utf8_lossy(&stored), log::text());
    assert!(log.contains("account.previewed"), "the log is what is searched");
    for private in PRIVATE_VALUES.iter().chain(&["Jane Roe", "customers.example"]) {
        assert!(!stored.contains(private), "{private} in the store");
        assert!(!log.contains(private), "{private} in the log");
    }
    for private in PRIVATE_VALUES {
        assert!(!answer.body.contains(private), "{private} in the answer");
    }
}

#[tokio::test]
async fn each_status_has_a_word() {
    let app = start("").await;
    let desk = app.enrolled(STAFF).await;
    for (theirs, ours) in [
        ("VERIFIED", "verified"),
        ("NEW", "unverified"),
        ("UNVERIFIED", "unverified"),
        ("PENDING_VERIFICATION", "pending"),
        ("REJECTED", "rejected"),
        ("BLOCKED", "blocked"),
        ("SOMETHING", "unknown"),
    ] {
        let mut account = Account::new(CUSTOMER, "");
        account.verification_status = theirs.to_owned();
        app.sim.put_account(account);
        let answer = look(&app, &desk, CUSTOMER).await;
        assert_eq!(answer.json(), json!({"status": ours}), "{theirs}");
    }
}

#[tokio::test]
async fn it_is_off_unless_the_configuration_says_otherwise() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    let session = |answer: Answer| answer.json()["platforms"][0]["preview"].clone();
    assert_eq!(session(app.send(&desk.get("/v1/session")).await), Value::Null);
    let answer = look(&app, &desk, CUSTOMER).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
    assert_eq!(answer.json()["rule"], "platform.preview");
    assert_eq!(look_ups(&app), 0);

    let app = start("").await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(session(app.send(&desk.get("/v1/session")).await), true);
}

#[tokio::test]
async fn what_the_broker_refuses_is_told_with_its_code() {
    let app = start("").await;
    let desk = app.enrolled(STAFF).await;
    let stranger = look(&app, &desk, STRANGER).await;
    assert_eq!(stranger.outcome(), problem(404, "customer_unknown"));
    for (fault, status, code) in [
        (Fault::Status(401, BodyKind::Text), 502, "broker_key_refused"),
        (Fault::Status(403, BodyKind::Problem), 502, "broker_access_denied"),
        (Fault::Status(404, BodyKind::Html), 502, "broker_answer_unusable"),
        (Fault::Status(500, BodyKind::Html), 502, "broker_failed"),
        (
            Fault::RateLimited(Some("7".to_owned())),
            503,
            "broker_rate_limited",
        ),
        (Fault::Reset, 502, "broker_unreachable"),
        (Fault::Html, 502, "broker_answer_unusable"),
        (Fault::TruncatedJson, 502, "broker_answer_unusable"),
    ] {
        app.sim.script(fault.clone().on(Endpoint::LookUp));
        let answer = look(&app, &desk, CUSTOMER).await;
        assert_eq!(answer.outcome(), problem(status, code), "{fault:?}");
        for private in PRIVATE_VALUES {
            assert!(!answer.body.contains(private), "{fault:?}");
        }
        if code == "broker_access_denied" {
            let detail = answer.json()["detail"].to_string();
            assert!(
                detail.contains("the right to read accounts") && detail.contains("203.0.113.7"),
                "{detail}"
            );
        }
    }
    let lines = log::lines_about(desk.key_id().as_str()).concat();
    assert!(lines.contains("the right to read accounts"), "{lines}");
}

#[tokio::test]
async fn requests_of_another_form_are_refused() {
    let app = start("").await;
    let desk = app.enrolled(STAFF).await;
    let send = async |body: Value| app.send(&desk.post("/v1/previews", &body)).await.outcome();
    for body in [
        json!({"platform": "main"}),
        json!({"customerEmail": CUSTOMER}),
        json!({"platform": "main", "customerEmail": CUSTOMER, "reason": "curious"}),
        json!({"platform": "main", "customerEmail": CUSTOMER, "url": "https://evil.example"}),
    ] {
        assert_eq!(
            send(body.clone()).await,
            problem(400, "malformed_request"),
            "{body}"
        );
    }
    let outcome = send(json!({"platform": "main", "customerEmail": "no address"})).await;
    assert_eq!(outcome, problem(422, "customer_email_invalid"));
    let outcome = send(json!({"platform": "other", "customerEmail": CUSTOMER})).await;
    assert_eq!(outcome, problem(422, "platform_unknown"));
    let draft = desk.post(
        "/v1/previews",
        &json!({"platform": "main", "customerEmail": CUSTOMER}),
    );
    assert_eq!(app.send(&draft).await.status, 200);
    assert_eq!(app.send(&draft).await.code(), "signature_replayed");
    let unknown = look(&app, &app.profile(), CUSTOMER).await;
    assert_eq!(unknown.outcome(), problem(401, "profile_unknown"));
    assert_eq!(look_ups(&app), 1);
}

#[tokio::test]
async fn whoever_may_not_open_a_customer_gets_the_logins_answer_and_nothing_is_asked() {
    let app = start(
        "[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\nreason = \"required\"\nreason_min_length = 20\nticket = \"required\"\n\
         [[policy.grant]]\nroles = [\"key-accounts\"]\nplatforms = \"*\"\nvip = true\n\
         [policy.deny]\naddresses = [\"denied@customers.example\"]\n[policy.vip]\naddresses = [\"vip@customers.example\"]\n",
    )
    .await;
    let desk = app.enrolled(STAFF).await;
    app.invite("colleague@elsewhere.example").await;
    for customer in [
        "denied@customers.example",
        "vip@customers.example",
        "somebody@broker.example",
        "colleague@elsewhere.example",
        STAFF,
    ] {
        let mut body = login_body(&new_id());
        body["customerEmail"] = customer.into();
        let login = app.send(&desk.post("/v1/logins", &body)).await;
        let preview = look(&app, &desk, customer).await;
        assert_eq!(preview.outcome(), login.outcome(), "{customer}");
        for part in ["detail", "rule"] {
            assert_eq!(preview.json()[part], login.json()[part], "{customer}");
        }
        assert_eq!(preview.status, 403, "{customer}");
    }
    assert_eq!((look_ups(&app), app.mints()), (0, 0));
    // A reason and a ticket are asked for only when somebody is opened.
    assert_eq!(look(&app, &desk, CUSTOMER).await.status, 200);
}

#[tokio::test]
async fn an_approval_is_not_needed_yet_but_a_grant_is() {
    let app = start(
        "[[policy.grant]]\nroles = [\"support\"]\nplatforms = \"*\"\napproval = \"required\"\n\
         [policy.approval]\nroles = [\"team-lead\"]\n",
    )
    .await;
    let desk = app.enrolled(STAFF).await;
    let refused = look(&app, &desk, CUSTOMER).await;
    assert_eq!(refused.outcome(), problem(403, "not_permitted"));
    assert_eq!(look_ups(&app), 0);
    let change = RoleChange::Set(["support".parse().unwrap()].into());
    let email = CustomerEmail::parse(STAFF).unwrap();
    app.store.change_roles(&email, &change).await.unwrap();
    assert_eq!(look(&app, &desk, CUSTOMER).await.status, 200);
}

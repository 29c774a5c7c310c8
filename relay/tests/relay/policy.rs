//! Who may open whom, as the relay and its commands say it.

mod command;
mod from_where;

use serde_json::{Value, json};
use stagedoor_protocol::{CustomerEmail, PlatformId};
use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys, PolicyRules},
    store::{RoleChange, RolesAnswer, Store},
};

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    http::problem,
};

const POLICY: &str = r#"
[[policy.grant]]
roles = ["support"]
platforms = ["main"]
ticket = "required"
ticket_pattern = "SUP-[0-9]+"
reason = "required"
reason_min_length = 10
validity_seconds = 20
# The tests' clock begins on a Tuesday, at 22:13:20.
hours = { days = ["tue"], from = "22:00", to = "23:00", zone = "UTC" }

[[policy.grant]]
roles = ["lead"]
platforms = "*"
vip = true

[policy.deny]
domains = ["closed.example"]

[policy.vip]
addresses = ["vip@customers.example"]
"#;

fn rules() -> PolicyRules {
    let text = format!("{EXAMPLE}\n{POLICY}");
    Config::parse(&text, Keys::Lists).unwrap().policy
}

/// A relay with two platforms and a policy.
async fn start() -> TestApp {
    TestApp::start_with(|config, _| {
        let mut practice = config.platforms[0].clone();
        practice.id = PlatformId::parse("practice").unwrap();
        config.platforms.push(practice);
        config.policy = rules();
    })
    .await
}

async fn give(app: &TestApp, email: &str, roles: &[&str]) {
    let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
    let answer = app
        .store
        .change_roles(&CustomerEmail::parse(email).unwrap(), &RoleChange::Set(roles))
        .await
        .unwrap();
    assert!(matches!(answer, RolesAnswer::Are(_)), "{answer:?}");
}

async fn platforms(app: &TestApp, profile: &Profile) -> Vec<String> {
    let answer = app.send(&profile.get("/v1/session")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let session = answer.json();
    let platforms = session["platforms"].as_array().unwrap().iter();
    platforms
        .map(|platform| platform["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn login(app: &TestApp, profile: &Profile, change: impl FnOnce(&mut Value)) -> (Answer, String) {
    let id = new_id();
    let mut body = login_body(&id);
    change(&mut body);
    (app.send(&profile.post("/v1/logins", &body)).await, id)
}

#[tokio::test]
async fn whoever_has_no_grant_sees_no_platform_and_opens_none() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    assert!(platforms(&app, &desk).await.is_empty());
    for platform in ["main", "practice"] {
        let (answer, id) = login(&app, &desk, |body| body["platform"] = platform.into()).await;
        assert_eq!(answer.outcome(), problem(403, "not_permitted"));
        let said = answer.json();
        assert_eq!(
            (&said["rule"], &said["requestId"]),
            (&json!("policy.grant"), &json!(id))
        );
        assert!(
            said["detail"].as_str().unwrap().contains("stagedoor staff roles"),
            "{said}"
        );
        assert_eq!(app.records.login(&id).await, None);
    }
    assert_eq!(app.mints(), 0);
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on_whether_given_or_taken() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    let outcome = async || login(&app, &desk, |_| ()).await.0.outcome();
    let refused = problem(403, "not_permitted");
    // The profile is remembered from the first request on; that must not matter.
    assert_eq!(outcome().await, refused);
    give(&app, STAFF, &["support"]).await;
    assert_eq!(outcome().await, problem(201, ""));
    assert_eq!(outcome().await, problem(201, ""));
    give(&app, STAFF, &["sales"]).await;
    assert_eq!(outcome().await, refused);
    give(&app, STAFF, &["lead"]).await;
    assert_eq!(platforms(&app, &desk).await, ["main", "practice"]);
    give(&app, STAFF, &["support"]).await;
    assert_eq!(platforms(&app, &desk).await, ["main"]);
    assert_eq!(app.mints(), 2);
    assert_eq!(app.records.kinds("intent").await, 2);
}

#[tokio::test]
async fn a_change_of_roles_changes_the_terms_of_a_login_that_is_allowed_before_and_after() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    give(&app, STAFF, &["lead"]).await;
    assert_eq!(login(&app, &desk, |_| ()).await.0.json()["validitySeconds"], 30);
    give(&app, STAFF, &["support"]).await;
    let (answer, id) = login(&app, &desk, |_| ()).await;
    assert_eq!(answer.json()["validitySeconds"], 20, "{}", answer.body);
    assert_eq!(app.records.intent(&id).await["record"]["validity"], 20);
    let journal = app.sim.journal();
    assert_eq!(
        journal.last().unwrap().body,
        format!(r#"{{"email":"{CUSTOMER}","validityTime":20}}"#)
    );
}

#[tokio::test]
async fn each_refusal_names_its_rule_and_is_no_login() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    give(&app, STAFF, &["support"]).await;
    for (field, value, status, code, rule) in [
        ("platform", "practice", 403, "not_permitted", "policy.grant"),
        ("platform", "other", 422, "platform_unknown", "platform"),
        (
            "customerEmail",
            STAFF,
            403,
            "customer_not_allowed",
            "staff.own_address",
        ),
        (
            "customerEmail",
            "x@broker.example",
            403,
            "customer_not_allowed",
            "staff.domains",
        ),
        (
            "customerEmail",
            "x@a.Closed.example",
            403,
            "customer_not_allowed",
            "policy.deny",
        ),
        (
            "customerEmail",
            "VIP@customers.example",
            403,
            "not_permitted",
            "policy.vip",
        ),
        (
            "reason",
            "short",
            422,
            "reason_required",
            "policy.grant[0].reason",
        ),
        ("ticket", " ", 422, "ticket_required", "policy.grant[0].ticket"),
        (
            "ticket",
            "1042",
            422,
            "ticket_required",
            "policy.grant[0].ticket_pattern",
        ),
    ] {
        let id = new_id();
        let mut body = login_body(&id);
        body[field] = value.into();
        let draft = desk.post("/v1/logins", &body);
        let answer = app.send(&draft).await;
        assert_eq!(answer.outcome(), problem(status, code), "{value}");
        let said = answer.json();
        assert_eq!((&said["rule"], &said["requestId"]), (&json!(rule), &json!(id)));
        let detail = said["detail"].as_str().unwrap();
        assert!(
            detail.contains(rule),
            "the person who asks for help can name it: {detail}"
        );
        assert!(!answer.body.contains("customers.example"), "{}", answer.body);
        assert!(
            !answer.body.to_lowercase().contains("closed.example"),
            "{}",
            answer.body
        );
        // What is refused must not come a second time either.
        let again = app.send(&draft).await;
        assert_eq!(again.outcome(), problem(401, "signature_replayed"), "{value}");
        assert_eq!(app.records.login(&id).await, None, "{value}");
    }
    assert_eq!(app.mints(), 0);
    app.clock.advance(3_600);
    let (answer, _) = login(&app, &desk.at(&app), |_| ()).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
    assert_eq!(answer.json()["rule"], "policy.grant[0].hours");
    assert!(
        answer.body.contains("next on 2023-11-21 at 22:00"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_enrolled_colleague_is_no_customer_whatever_their_domain() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    give(&app, STAFF, &["lead"]).await;
    app.invite("ops@freemail.example").await;
    let (answer, _) = login(&app, &desk, |body| {
        body["customerEmail"] = "OPS@freemail.example".into()
    })
    .await;
    assert_eq!(answer.outcome(), problem(403, "customer_not_allowed"));
    assert_eq!(answer.json()["rule"], "staff.enrolled");
}

#[tokio::test]
async fn the_session_tells_the_rules_of_each_platform_where_they_differ() {
    let app = start().await;
    let desk = app.enrolled(STAFF).await;
    give(&app, STAFF, &["support"]).await;
    let session = async || app.send(&desk.get("/v1/session")).await.json();
    let said = session().await;
    assert_eq!(
        said["policy"],
        json!({
            "reason": "required",
            "reasonMinLength": 10,
            "isolation": "required",
            "staffDomains": ["broker.example"],
            "validitySeconds": 20,
            "ticketRequired": true,
        })
    );
    assert_eq!(said["platforms"][0].get("rules"), None, "{said}");

    give(&app, STAFF, &["lead", "support"]).await;
    let said = session().await;
    assert_eq!(
        said["platforms"][0].get("rules"),
        None,
        "the strictest terms, which are those of all platforms together: {said}"
    );
    assert_eq!(
        said["platforms"][1]["rules"],
        json!({"reason": "optional", "reasonMinLength": 0, "isolation": "required", "validitySeconds": 30})
    );
    assert_eq!(
        (&said["policy"]["reason"], &said["policy"]["validitySeconds"]),
        (&json!("optional"), &json!(20))
    );
}

#[tokio::test]
async fn a_staff_members_address_is_one_in_every_spelling_of_its_domain() {
    let app = TestApp::start().await;
    let zoe = app.enrolled("zoe@freemail.example").await;
    let eve = app.enrolled("eve@münchen.example").await;
    for (profile, customer, rule) in [
        (&zoe, "zoe@ｆreemail.example", "staff.own_address"),
        (&eve, "Eve@xn--mnchen-3ya.example", "staff.own_address"),
        (&zoe, "eve@xn--mnchen-3ya.example", "staff.enrolled"),
        (&eve, "ZOE@ｆreemail.example", "staff.enrolled"),
    ] {
        let (answer, _) = login(&app, profile, |body| body["customerEmail"] = customer.into()).await;
        assert_eq!(
            answer.outcome(),
            problem(403, "customer_not_allowed"),
            "{customer}"
        );
        assert_eq!(answer.json()["rule"], rule, "{customer}");
    }
    assert_eq!(app.mints(), 0);
}

//! Limits as people meet them.

mod turns;

use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use stagedoor_relay::{app::Limits, config::LimitRules};

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    eventually,
    http::problem,
    installation::Installation,
};

const COLLEAGUE: &str = "colleague@broker.example";

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn rules(change: impl Fn(&mut LimitRules)) -> LimitRules {
    let mut rules = LimitRules {
        staff_per_minute: 1000,
        staff_per_day: 1000,
        profile_per_minute: 1000,
        customer_per_hour: 1000,
        broker_per_minute: 100_000,
        ..LimitRules::default()
    };
    change(&mut rules);
    rules
}

async fn start(change: impl Fn(&mut LimitRules) + Send + Sync + 'static) -> TestApp {
    TestApp::start_with(move |config, limits| {
        config.limits = rules(&change);
        patient(limits);
    })
    .await
}

/// Nobody gives up waiting for logins that come before: they are many, and each is written durably.
fn patient(limits: &mut Limits) {
    limits.takeover = LONG;
    limits.login = LONG;
    limits.answer = LONG;
}

/// A login of some customer.
async fn login(app: &TestApp, profile: &Profile, customer: &str) -> Answer {
    let mut body = login_body(&new_id());
    body["customerEmail"] = customer.into();
    app.send(&profile.at(app).post("/v1/logins", &body)).await
}

/// A customer whom nobody has opened, so that no login waits for another's end.
fn new_customer(app: &TestApp) -> String {
    let email = format!("{}@customers.example", new_id());
    app.sim.add_account(&email, "Somebody");
    email
}

/// How many of so many at once are let through, each for a customer of its own; all others are refused by the limit.
async fn passed(app: &TestApp, profile: &Profile, count: usize, rule: &str) -> usize {
    let customers: Vec<_> = (0..count).map(|_| new_customer(app)).collect();
    passed_for(app, profile, &customers, rule).await
}

/// The same for these customers.
async fn passed_for(app: &TestApp, profile: &Profile, customers: &[impl AsRef<str>], rule: &str) -> usize {
    let logins = customers
        .iter()
        .map(|customer| login(app, profile, customer.as_ref()));
    let answers = join_all(logins).await;
    let (passed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in &refused {
        assert_eq!(
            answer.outcome(),
            problem(429, "too_many_requests"),
            "{}",
            answer.body
        );
        assert_eq!(answer.json()["rule"], rule);
    }
    passed.len()
}

#[tokio::test]
async fn a_refusal_says_which_limit_how_many_and_when_and_leaves_nothing_but_the_nonce() {
    let app = start(|rules| rules.staff_per_minute = 2).await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(login(&app, &desk, CUSTOMER).await.status, 201);
    assert_eq!(login(&app, &desk, CUSTOMER).await.status, 201);
    let (draft, id) = desk.at(&app).login();
    let refused = app.send(&draft).await;
    assert_eq!(refused.outcome(), problem(429, "too_many_requests"));
    let document = refused.json();
    assert_eq!(document["rule"], "limits.staff_per_minute");
    assert_eq!(document["requestId"], id);
    assert_eq!(document["retryAfterSeconds"], 30);
    assert_eq!(refused.header("retry-after"), "30");
    let detail = document["detail"].as_str().unwrap();
    for said in ["2 logins a minute", "in 30 seconds", "administrator"] {
        assert!(detail.contains(said), "{detail}");
    }
    assert!(app.records.login(&id).await.is_none());
    assert_eq!((app.mints(), app.records.kinds("intent").await), (2, 2));
    assert_eq!(app.send(&draft).await.code(), "signature_replayed");

    app.clock.advance(29);
    assert_eq!(login(&app, &desk, CUSTOMER).await.status, 429);
    app.clock.advance(1);
    assert_eq!(login(&app, &desk, CUSTOMER).await.status, 201);
}

#[tokio::test]
async fn of_many_at_once_exactly_so_many_pass() {
    let app = start(|rules| rules.staff_per_minute = 7).await;
    let (desk, second) = (app.enrolled(STAFF).await, app.enrolled(STAFF).await);
    assert_eq!(passed(&app, &desk, 12, "limits.staff_per_minute").await, 7);
    assert_eq!(passed(&app, &second, 3, "limits.staff_per_minute").await, 0);
    assert_eq!(app.records.kinds("intent").await, 7);
    let colleague = app.enrolled(COLLEAGUE).await;
    app.clock.advance(31);
    assert_eq!(
        login(&app, &colleague, "joe@customers.example").await.code(),
        "customer_unknown"
    );
}

#[tokio::test]
async fn each_limit_is_counted_by_itself() {
    let app = start(|rules| {
        rules.profile_per_minute = 2;
        rules.customer_per_hour = 5;
        rules.staff_per_day = 9;
    })
    .await;
    let (desk, second) = (app.enrolled(STAFF).await, app.enrolled(STAFF).await);
    let (four, two) = ([CUSTOMER; 4], [CUSTOMER; 2]);
    for profile in [&desk, &second] {
        let passed = passed_for(&app, profile, &four, "limits.profile_per_minute").await;
        assert_eq!(passed, 2);
    }
    app.clock.advance(60);
    // What the profiles' limits refused is not counted for the customer.
    let passed = passed_for(&app, &desk, &two, "limits.customer_per_hour").await;
    assert_eq!(passed, 1);
    let stranger = "joe@customers.example";
    for _ in 0..4 {
        app.clock.advance(60);
        assert_eq!(login(&app, &desk, stranger).await.code(), "customer_unknown");
    }
    app.clock.advance(60);
    let day = login(&app, &second, stranger).await;
    assert_eq!(day.json()["rule"], "limits.staff_per_day", "{}", day.body);
    assert!(
        day.json()["detail"]
            .as_str()
            .unwrap()
            .contains("in a day: 9 logins")
    );
    // At midnight UTC, which is 1 hour and 46 minutes after the tests' beginning.
    app.clock.advance(101 * 60);
    assert_eq!(login(&app, &second, CUSTOMER).await.status, 201);
    assert_eq!(app.records.count("limits").await, 7);
}

#[tokio::test]
async fn a_customer_is_limited_whoever_opens_it_in_whatever_spelling() {
    let app = start(|rules| rules.customer_per_hour = 2).await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    let nobody = "Nobody@Customers.Example";
    assert_eq!(login(&app, &desk, nobody).await.code(), "customer_unknown");
    assert_eq!(
        login(&app, &colleague, "nobody@customers.example").await.code(),
        "customer_unknown"
    );
    let refused = login(&app, &colleague, nobody).await;
    assert_eq!(refused.json()["rule"], "limits.customer_per_hour");
    assert_eq!(refused.header("retry-after"), "1800");
    let accents = login(&app, &colleague, "nöbödy@customers.example").await;
    assert_eq!(accents.json()["rule"], "limits.customer_per_hour");
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_opens_the_limit_nor_closes_it_for_long() {
    let app = start(|rules| rules.staff_per_minute = 3).await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(passed(&app, &desk, 4, "limits.staff_per_minute").await, 3);
    for back in [30, 3600] {
        app.clock.set_back(back);
        assert_eq!(passed(&app, &desk, 2, "limits.staff_per_minute").await, 0);
    }
    app.clock.advance(60);
    assert_eq!(passed(&app, &desk, 4, "limits.staff_per_minute").await, 3);
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let mut app = start(|rules| rules.staff_per_minute = 3).await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(passed(&app, &desk, 3, "").await, 3);
    app.stop().await;
    let again = app.start_again().await;
    assert_eq!(passed(&again, &desk, 2, "limits.staff_per_minute").await, 0);
}

#[tokio::test]
async fn a_reload_changes_limits_at_once() {
    let installation = Installation::new().await;
    installation.change_config("staff_per_minute = 20", "staff_per_minute = 1");
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    let login = async |serving: &crate::support::installation::Serving| {
        let body = login_body(&new_id()).to_string();
        serving
            .send(&serving.draft(&signer, "POST", "/v1/logins", &body))
            .await
    };
    assert_eq!(login(&serving).await.status, 201);
    assert_eq!(login(&serving).await.json()["rule"], "limits.staff_per_minute");
    installation.change_config("staff_per_minute = 1", "staff_per_minute = 5");
    serving.signal(Signal::HUP);
    serving.logs("the configuration was read again").await;
    assert_eq!(login(&serving).await.status, 201);
    installation.change_config("profile_per_minute = 20", "profile_per_minute = 1");
    serving.signal(Signal::HUP);
    serving.logs("the configuration was read again").await;
    assert_eq!(login(&serving).await.json()["rule"], "limits.profile_per_minute");
    installation.change_config("broker_per_minute = 400", "broker_per_minute = 500");
    let checked = installation.run(&["config", "check"]).await;
    assert_eq!(checked.status.code(), Some(78));
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        said.contains("limits.broker_per_minute: must be less than the 500"),
        "{said}"
    );
}

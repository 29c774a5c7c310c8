//! Webhooks as their receivers see them.

mod approval;
mod binary;
mod commands;
mod looks;

use std::time::Duration;

use serde_json::Value;
use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys, SecretSource},
    events::EventKind,
};
use tempfile::TempDir;

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    certificate::write_secret,
    eventually, log,
    receiver::{Deal, Received, Receiver, SECRET, SECRET_KEY},
};

/// Whom nobody has a reason to open.
const CANARY: &str = "mary.major@customers.example";
const ALERTS: [EventKind; 2] = [EventKind::CanaryRequested, EventKind::LimitReached];

/// A relay that tells this receiver of these events, and a folder for the secret.
async fn start(receiver: &Receiver, events: &[EventKind]) -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let webhook = receiver.webhook(folder.path(), "soc", events);
    let app = TestApp::start_with(move |config, limits| {
        config.webhooks = vec![webhook.clone()];
        config.policy = policy();
        config.limits.staff_per_minute = 5;
        limits.deliver = Duration::from_millis(10);
        limits.webhook = Duration::from_secs(60);
    })
    .await;
    app.sim.add_account(CANARY, "Mary Major");
    (app, folder)
}

fn policy() -> stagedoor_relay::config::PolicyRules {
    let lists = "[policy.canary]\naddresses = [\"Mary.Major@customers.example\"]\n\
                 [policy.deny]\ndomains = [\"closed.example\"]";
    Config::parse(&format!("{EXAMPLE}\n{lists}"), Keys::Lists)
        .unwrap()
        .policy
}

async fn login(app: &TestApp, profile: &Profile, customer: &str) -> (Answer, String) {
    let id = new_id();
    let mut body = login_body(&id);
    body["customerEmail"] = customer.into();
    (app.send(&profile.at(app).post("/v1/logins", &body)).await, id)
}

/// Waits for so many messages, and for the store to be rid of them.
async fn messages(app: &TestApp, receiver: &Receiver, count: usize) -> Vec<Received> {
    eventually("the messages are there", async || {
        receiver.received().len() == count && app.records.count("outbox").await == 0
    })
    .await;
    receiver.received()
}

async fn webhooks(app: &TestApp) -> (u16, String) {
    let answer = app.get_health("/readyz").await;
    (
        answer.status,
        answer.json()["webhooks"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_canary_opens_like_any_other_and_raises_an_alert() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &ALERTS).await;
    let desk = app.enrolled(STAFF).await;
    let (usual, _) = login(&app, &desk, CUSTOMER).await;
    let (opened, id) = login(&app, &desk, CANARY).await;
    assert_eq!(opened.status, 201);
    let keys = |answer: &Answer| {
        answer
            .json()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&opened), keys(&usual));
    let mut names: Vec<_> = [&opened, &usual]
        .map(|answer| answer.headers.keys().cloned().collect::<Vec<_>>())
        .into();
    names.dedup();
    assert_eq!(names.len(), 1, "the same headers");

    let received = messages(&app, &receiver, 1).await;
    let expected = serde_json::json!({
        "login": id, "staff": 1, "profile": desk.key_id().as_str(), "platform": "main", "decision": "allowed",
    });
    assert_eq!(
        (received[0].kind().as_str(), received[0].data()),
        ("canary.requested", expected)
    );
    let lines = log::lines_about(&id);
    let line: Value = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|line: &Value| line["event"] == "canary.requested")
        .unwrap();
    assert_eq!(
        (&line["level"], &line["alert"], &line["staff"]),
        (&"WARN".into(), &true.into(), &"1".into())
    );
}

#[tokio::test]
async fn a_message_is_signed_by_the_specification_and_says_nothing_of_the_customer() {
    let receiver = Receiver::start().await;
    let (app, folder) = start(&receiver, &EventKind::ALL).await;
    let desk = app.enrolled(STAFF).await;
    login(&app, &desk, CUSTOMER).await;
    let received = messages(&app, &receiver, 2).await;
    let mut kinds = receiver.types();
    kinds.sort();
    assert_eq!(kinds, ["login.minted", "profile.enrolled"]);
    for message in &received {
        assert!(message.is_signed_with(SECRET_KEY), "{message:?}");
        assert!(!message.is_signed_with(b"another key of the same length"));
        assert!(message.header("webhook-id").starts_with("msg_"));
        assert_eq!(
            message.header("webhook-timestamp"),
            app.clock.seconds().to_string()
        );
        assert_eq!(message.header("content-type"), "application/json");
        for secret in [CUSTOMER, STAFF, "SENTINEL", "withdrawal"] {
            assert!(!message.body.contains(secret), "{secret} in {}", message.body);
        }
    }
    // A new secret is used from the next message on.
    write_secret(
        &folder.path().join("soc-secret"),
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    login(&app, &desk, CUSTOMER).await;
    let received = messages(&app, &receiver, 3).await;
    assert!(received[2].is_signed_with(&[0; 24]) && !received[2].is_signed_with(SECRET_KEY));
}

#[tokio::test]
async fn during_a_rotation_a_message_has_both_signatures() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut webhook = receiver.webhook(folder.path(), "soc", &EventKind::ALL);
    let previous = folder.path().join("previous");
    write_secret(&previous, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    webhook.previous_secret = Some(SecretSource::File(previous));
    let app = TestApp::start_with(move |config, limits| {
        config.webhooks = vec![webhook.clone()];
        limits.deliver = Duration::from_millis(10);
    })
    .await;
    app.enrolled(STAFF).await;
    let received = messages(&app, &receiver, 1).await;
    assert!(received[0].is_signed_with(SECRET_KEY) && received[0].is_signed_with(&[0; 24]));
}

#[tokio::test]
async fn refusals_of_the_policy_and_of_limits_are_told() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &[EventKind::LoginRefused, ALERTS[0], ALERTS[1]]).await;
    let desk = app.enrolled(STAFF).await;
    let (refused, denied) = login(&app, &desk, "anybody@closed.example").await;
    assert_eq!(refused.code(), "customer_not_allowed");
    let (refused, staff) = login(&app, &desk, "colleague@broker.example").await;
    assert_eq!(refused.code(), "customer_not_allowed");
    for _ in 0..5 {
        assert_eq!(login(&app, &desk, CUSTOMER).await.0.status, 201);
    }
    let (_, limited) = login(&app, &desk, CUSTOMER).await;
    for _ in 0..3 {
        assert_eq!(login(&app, &desk, CUSTOMER).await.0.code(), "too_many_requests");
    }
    let (_, canary) = login(&app, &desk, CANARY).await;
    let received = messages(&app, &receiver, 4).await;
    let of = |login: &str| {
        let found = received.iter().find(|message| message.data()["login"] == login);
        found.map(|message| (message.kind(), message.data())).unwrap()
    };
    let (kind, data) = of(&denied);
    assert_eq!(
        (kind.as_str(), &data["rule"]),
        ("login.refused", &"policy.deny".into())
    );
    assert_eq!(of(&staff).1["rule"], "staff.domains");
    let (kind, data) = of(&limited);
    assert_eq!(kind, "limit.reached");
    assert_eq!(
        (&data["limit"], &data["most"]),
        (&"staff_per_minute".into(), &5.into())
    );
    let (kind, data) = of(&canary);
    assert_eq!(kind, "canary.requested");
    assert_eq!(
        (&data["decision"], &data["code"]),
        (&"refused".into(), &"too_many_requests".into())
    );
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_message_once_it_is_up_again_and_then_no_more() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &[EventKind::LoginMinted]).await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(webhooks(&app).await, (200, "ok".to_owned()));
    receiver.deal([Deal::Answer(500), Deal::Answer(302), Deal::Answer(204)]);
    login(&app, &desk, CUSTOMER).await;
    for (seen, pause, status) in [(1, 6, 500), (2, 331, 302)] {
        let failing = format!("soc: failing since 2023-11-14T22:13:20Z (it answers {status})");
        // The next attempt is put off only once this one has ended.
        eventually("it was tried", async || {
            receiver.received().len() == seen
                && app.store.ended_messages() as usize == seen
                && webhooks(&app).await == (200, failing.clone())
        })
        .await;
        app.clock.advance(pause);
    }
    let received = messages(&app, &receiver, 3).await;
    for message in &received {
        assert_eq!(message.header("webhook-id"), received[0].header("webhook-id"));
        assert_eq!(message.body, received[0].body);
        assert!(message.is_signed_with(SECRET_KEY));
    }
    assert_ne!(
        received[0].header("webhook-timestamp"),
        received[2].header("webhook-timestamp")
    );
    eventually("it is well", async || {
        webhooks(&app).await == (200, "ok".to_owned())
    })
    .await;
    app.clock.advance(100_000);
    login(&app, &desk, CUSTOMER).await;
    assert_eq!(messages(&app, &receiver, 4).await[3].data()["staff"], 1);
}

#[tokio::test]
async fn a_receiver_that_is_down_gets_what_happened_meanwhile() {
    let mut receiver = Receiver::down();
    let (mut app, _folder) = start(&receiver, &[EventKind::LoginMinted]).await;
    let desk = app.enrolled(STAFF).await;
    let (_, id) = login(&app, &desk, CUSTOMER).await;
    eventually("it is noticed", async || {
        let said = webhooks(&app).await.1;
        said.contains("failing since") && said.ends_with(" (connection refused)")
    })
    .await;
    assert!(log::mine().contains("127.0.0.1: it cannot be connected to"));
    app.stop().await;
    // Another process, later, and the receiver is back.
    let again = app.start_again().await;
    receiver.come_up();
    again.clock.advance(100);
    assert_eq!(messages(&again, &receiver, 1).await[0].data()["login"], id);
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_neither_logins_nor_other_webhooks() {
    let (slow, fast) = (Receiver::start().await, Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let hooks = vec![
        slow.webhook(folder.path(), "slow", &EventKind::ALL),
        fast.webhook(folder.path(), "fast", &EventKind::ALL),
    ];
    let app = TestApp::start_with(move |config, limits| {
        config.webhooks.clone_from(&hooks);
        limits.deliver = Duration::from_millis(10);
        limits.webhook = Duration::from_secs(600);
    })
    .await;
    slow.deal(vec![Deal::Hang; 100]);
    let desk = app.enrolled(STAFF).await;
    for number in 1..10 {
        assert_eq!(login(&app, &desk, CUSTOMER).await.0.status, 201);
        eventually("the other is told", async || fast.received().len() == number + 1).await;
    }
    assert!(slow.received().len() <= 8, "{}", slow.received().len());
    // What hangs is nobody's loss: it is due again later.
    eventually("the other's are over", async || {
        app.records.count("outbox").await == 10
    })
    .await;
}

#[tokio::test]
async fn a_receiver_may_ask_for_patience_or_for_no_more() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &[EventKind::LoginMinted]).await;
    let desk = app.enrolled(STAFF).await;
    receiver.deal([
        Deal::With(429, vec![("retry-after", "900".to_owned())]),
        Deal::Answer(410),
    ]);
    login(&app, &desk, CUSTOMER).await;
    let failing = async || webhooks(&app).await.1.contains("failing");
    eventually("it was asked", failing).await;
    app.clock.advance(899);
    let ticks = app.store.looks_for_messages();
    eventually("it was looked again", async || {
        app.store.looks_for_messages() > ticks + 1
    })
    .await;
    assert_eq!(receiver.received().len(), 1);
    app.clock.advance(1);
    let gone = "soc: switched off by the receiver (410)".to_owned();
    eventually("it is gone", async || webhooks(&app).await == (200, gone.clone())).await;
    login(&app, &desk, CUSTOMER).await;
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(app.records.count("outbox").await, 1, "it waits for a reload");
}

#[tokio::test]
async fn after_three_days_a_message_is_dropped_and_counted() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &[EventKind::LoginMinted]).await;
    let desk = app.enrolled(STAFF).await;
    receiver.deal(vec![Deal::Answer(500); 10]);
    login(&app, &desk, CUSTOMER).await;
    for attempt in 1..10 {
        eventually("it was tried", async || receiver.received().len() == attempt).await;
        let due = async || app.store.ended_messages() as usize == attempt;
        eventually("it is put off", due).await;
        app.clock.advance(27 * 3600);
    }
    eventually("it is dropped", async || app.records.count("outbox").await == 0).await;
    assert_eq!(receiver.received().len(), 10);
    let said = webhooks(&app).await.1;
    assert!(said.ends_with("1 messages dropped"), "{said}");
}

#[tokio::test]
async fn secrets_and_addresses_of_webhooks_are_left_nowhere() {
    let receiver = Receiver::start().await;
    let (mut app, _folder) = start(&receiver, &EventKind::ALL).await;
    // None succeeds: a success would end the failure before it is seen.
    receiver.deal([Deal::With(
        302,
        vec![("location", "http://127.0.0.1:9/".to_owned())],
    )]);
    receiver.deal(vec![Deal::Answer(500); 20]);
    let desk = app.enrolled(STAFF).await;
    login(&app, &desk, CANARY).await;
    eventually("it fails", async || webhooks(&app).await.1.contains("failing")).await;
    let ready = app.get_health("/readyz").await.body;
    app.stop().await;
    let stored = app.stored_bytes().await;
    let stored = String::from_utf8_lossy(&stored);
    assert!(
        stored.contains("canary.requested"),
        "the store is what was searched"
    );
    let log = log::text();
    assert!(
        log::mine().contains("a message could not be delivered"),
        "the log is what was searched"
    );
    let key = std::str::from_utf8(SECRET_KEY).unwrap();
    for secret in [
        SECRET,
        key,
        SECRET.trim_start_matches("whsec_"),
        "hook-SENTINEL-PATH",
    ] {
        for (place, text) in [("store", &*stored), ("log", &log), ("readiness", &ready)] {
            assert!(!text.contains(secret), "{secret} in the {place}");
        }
    }
    for address in [CANARY, CUSTOMER, STAFF] {
        assert!(!log.contains(address), "{address} in the log");
    }
}

#[tokio::test]
async fn a_canary_whose_approval_is_asked_for_raises_it_too() {
    let receiver = Receiver::start().await;
    let (app, _folder) = start(&receiver, &ALERTS).await;
    let desk = app.enrolled(STAFF).await;
    let asked = serde_json::json!({"platform": "main", "customerEmail": CANARY});
    let answer = app.send(&desk.post("/v1/approvals", &asked)).await;
    assert!(answer.status >= 400, "nothing needs approval here");
    let received = messages(&app, &receiver, 1).await;
    assert_eq!(received[0].kind(), "canary.requested");
    assert_eq!(received[0].data()["decision"], "refused");
}

//! Whoever guesses codes is stopped for a minute, and nobody else is.

use futures_util::{StreamExt, stream};

use crate::support::{Draft, STAFF, Signer, TestApp, http::problem};

/// How many requests are under way at a time.
const AT_ONCE: usize = 16;

/// A relay behind a proxy, which is this test.
async fn behind_a_proxy() -> TestApp {
    TestApp::start_with(|config, _| config.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()])
        .await
}

fn guess(app: &TestApp, n: u32) -> Draft {
    app.profile_with(Signer::ed25519()).enrol(&format!("{n:020}"))
}

/// What the proxy makes of a request from an address; what the client says of itself comes before.
fn from(draft: Draft, address: &str) -> Draft {
    draft.header("x-forwarded-for", &format!("198.51.100.99, {address}"))
}

#[tokio::test]
async fn guessing_is_stopped_for_a_minute_and_headers_do_not_help() {
    let app = TestApp::start().await;
    let guess = |n: u32| guess(&app, n).header("x-forwarded-for", &format!("10.0.0.{n}"));
    for n in 0..10 {
        assert_eq!(
            app.send(&guess(n)).await.outcome(),
            problem(403, "enrolment_code_refused")
        );
    }
    let stopped = app.send(&guess(10)).await;
    assert_eq!(stopped.outcome(), problem(429, "too_many_requests"));
    let wait = stopped.json()["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        app.records.count("nonces").await,
        0,
        "a wrong code writes nothing"
    );

    let code = app.invite(STAFF).await;
    app.clock.advance(wait);
    assert_eq!(app.send(&app.profile().enrol(&code)).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_guesses_enrol_nobody_and_stand_in_nobodys_way() {
    let app = behind_a_proxy().await;
    let desk = app.enrolled(STAFF).await;
    // Half of them from one address, and the others from 500.
    let guesses = stream::iter(0..10_000_u32).map(|n| {
        let address = match n % 2 {
            0 => "203.0.113.5".to_owned(),
            _ => format!("10.1.{}.{}", n / 2 % 2, n / 4 % 250),
        };
        let guess = from(guess(&app, n), &address);
        let app = &app;
        async move { app.send(&guess).await.outcome() }
    });
    let mut guesses = guesses.buffer_unordered(AT_ONCE);
    let (mut refused, mut stopped, mut meanwhile) = (0, 0, 0);
    while let Some(outcome) = guesses.next().await {
        match outcome {
            outcome if outcome == problem(403, "enrolment_code_refused") => refused += 1,
            outcome if outcome == problem(429, "too_many_requests") => stopped += 1,
            outcome => panic!("{outcome:?}"),
        }
        if (refused + stopped) % 1_000 == 0 {
            // The guesses that are under way go on by themselves in the relay.
            let session = app.send(&desk.get("/v1/session")).await;
            let code = app.invite("ops@broker.example").await;
            let other = from(app.profile().enrol(&code), "192.0.2.7");
            assert_eq!((session.status, app.send(&other).await.status), (200, 201));
            meanwhile += 1;
        }
    }
    assert_eq!((refused, stopped, meanwhile), (10 + 500 * 10, 4_990, 10));
    assert_eq!(app.records.count("profiles").await, 11);

    // A colleague of the one who guesses waits for a minute at most.
    let code = app.invite("late@broker.example").await;
    let waiting = app.send(&from(app.profile().enrol(&code), "203.0.113.5")).await;
    assert_eq!(waiting.outcome(), problem(429, "too_many_requests"));
    let wait = waiting.json()["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    app.clock.advance(wait);
    let late = app.send(&from(app.profile().enrol(&code), "203.0.113.5")).await;
    assert_eq!(late.status, 201, "{}", late.body);
}

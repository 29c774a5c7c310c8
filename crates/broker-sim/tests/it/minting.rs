//! Minting: what is accepted, what a token looks like, what the journal keeps.

use std::collections::HashSet;

use reqwest::Response;
use serde_json::{Value, json};
use stagedoor_broker_sim::{AnswerShape, DEFAULT_API_KEY, SENTINEL_TOKEN_PREFIX, SimConfig, TokenStyle};

use crate::bench::{Bench, JANE};

/// The body expected for a token.
type BodyOf = fn(&str) -> String;

#[tokio::test]
async fn every_answer_shape_carries_the_token_that_was_minted() {
    let bench = Bench::v1().await;
    let shapes: [(AnswerShape, &str, BodyOf); 5] = [
        (AnswerShape::OneTimeToken, "application/json", |token| {
            json!({ "oneTimeToken": token }).to_string()
        }),
        (AnswerShape::Token, "application/json", |token| {
            json!({ "token": token }).to_string()
        }),
        (AnswerShape::BareString, "application/json", |token| {
            format!("\"{token}\"")
        }),
        (AnswerShape::Text, "text/plain;charset=UTF-8", |token| {
            format!("{token}\n")
        }),
        (AnswerShape::Unusable, "application/json", |token| {
            json!({ "result": "OK", "data": { "autologin": { "hash": token } } }).to_string()
        }),
    ];
    for (shape, content_type, body_of) in shapes {
        bench.sim.set_answer_shape(shape);
        let answer = bench.mint_answer().await;
        assert_eq!(answer.headers()["content-type"], content_type, "{shape:?}");
        let token = bench.sim.take_journal()[0].token.clone().unwrap();
        assert_eq!(answer.text().await.unwrap(), body_of(&token), "{shape:?}");
    }
}

#[tokio::test]
async fn tokens_come_in_the_style_asked_for_and_never_twice() {
    let bench = Bench::v1().await;
    let uuid = bench.mint(JANE, 30).await;
    assert_eq!(
        uuid.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );

    bench.sim.set_token_style(TokenStyle::JwtLike);
    let jwt = bench.mint(JANE, 30).await;
    assert!(jwt.starts_with("eyJ") && jwt.split('.').count() == 3, "{jwt}");

    bench.sim.set_token_style(TokenStyle::sentinel());
    let sentinels = [bench.mint(JANE, 30).await, bench.mint(JANE, 30).await];
    assert!(
        sentinels
            .iter()
            .all(|token| token.starts_with(SENTINEL_TOKEN_PREFIX)),
        "{sentinels:?}"
    );

    let all: HashSet<_> = [uuid, jwt].into_iter().chain(sentinels).collect();
    assert_eq!(all.len(), 4);
    let url_safe = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    assert!(all.iter().all(|token| token.chars().all(url_safe)), "{all:?}");
}

#[tokio::test]
async fn the_journal_keeps_the_request_as_it_was_sent() {
    let bench = Bench::v1().await;
    let token = bench.mint(JANE, 45).await;
    let journal = bench.sim.take_journal();
    let [entry] = journal.as_slice() else {
        panic!("{} entries", journal.len())
    };
    assert_eq!(
        (entry.method.as_str(), entry.path.as_str()),
        ("POST", "/v1/one-time-token")
    );
    assert_eq!(entry.json(), Some(json!({ "email": JANE, "validityTime": 45 })));
    assert_eq!(entry.header("authorization"), Some(DEFAULT_API_KEY));
    assert_eq!(entry.header("content-type"), Some("application/json"));
    assert_eq!(entry.peer_ip.to_string(), "127.0.0.1");
    assert_eq!(entry.status, Some(200));
    assert_eq!(entry.token.as_deref(), Some(token.as_str()));
    assert_eq!(bench.sim.journal().len(), 0, "taking the journal empties it");
}

#[tokio::test]
async fn a_customer_is_found_whatever_the_case_and_others_are_not() {
    let bench = Bench::v1().await;
    bench.mint("Jane+VIP@Customer.Example", 30).await;
    let unknown = bench
        .mint_request("nobody@customer.example", 30)
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    let issued = bench.sim.tokens();
    assert_eq!(
        issued
            .iter()
            .map(|token| token.email.as_str())
            .collect::<Vec<_>>(),
        [JANE]
    );
}

#[tokio::test]
async fn a_body_of_another_form_is_refused_and_mints_nothing() {
    let bench = Bench::v1().await;
    let cases: [(Value, u16); 8] = [
        (json!({}), 400),
        (json!([JANE]), 400),
        (json!({ "email": JANE }), 400),
        (json!({ "email": JANE, "validityTime": "30" }), 400),
        (json!({ "email": JANE, "validityTime": -1 }), 400),
        (
            json!({ "email": JANE, "validityTime": 30, "reason": "a call" }),
            400,
        ),
        (json!({ "email": "jane", "validityTime": 30 }), 422),
        (json!({ "email": JANE, "validityTime": 0 }), 422),
    ];
    for (body, status) in cases {
        assert_eq!(
            post(&bench, "application/json", body.to_string()).await.status(),
            status,
            "{body}"
        );
    }
    let too_long = json!({ "email": JANE, "validityTime": 24 * 3600 + 1 }).to_string();
    assert_eq!(post(&bench, "application/json", too_long).await.status(), 422);
    assert_eq!(
        post(&bench, "application/json", "{\"email\":".to_owned())
            .await
            .status(),
        400
    );

    let good = json!({ "email": JANE, "validityTime": 30 }).to_string();
    assert_eq!(post(&bench, "text/plain", good.clone()).await.status(), 415);
    assert_eq!(
        post(&bench, "application/json", " ".repeat(2 * 1024 * 1024))
            .await
            .status(),
        413
    );
    assert_eq!(bench.sim.tokens(), []);
    assert_eq!(
        post(&bench, "application/json; charset=utf-8", good)
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn another_path_or_method_is_not_a_mint() {
    let bench = Bench::v1().await;
    assert_eq!(bench.get("/v1/one-time-token").await.status(), 405);
    let doubled = bench
        .http
        .post(format!("{}//v1/one-time-token", bench.sim.broker_url()));
    let doubled = doubled.header("authorization", DEFAULT_API_KEY).json(&json!({}));
    assert_eq!(doubled.send().await.unwrap().status(), 404);
    let seen: Vec<_> = bench
        .sim
        .journal()
        .into_iter()
        .map(|entry| (entry.path, entry.status))
        .collect();
    let expected = [("/v1/one-time-token", 405), ("//v1/one-time-token", 404)];
    assert_eq!(
        seen,
        expected.map(|(path, status)| (path.to_owned(), Some(status)))
    );
}

async fn post(bench: &Bench, content_type: &str, body: String) -> Response {
    let request = bench
        .http
        .post(format!("{}/v1/one-time-token", bench.sim.broker_url()));
    let request = request
        .header("authorization", DEFAULT_API_KEY)
        .header("content-type", content_type);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn everybody_under_a_customer_domain_exists_and_a_bounded_memory_keeps_the_latest() {
    let bench = Bench::start(SimConfig {
        customer_domains: vec!["many.example".to_owned()],
        memory: 2,
        ..SimConfig::default()
    })
    .await;
    for name in ["one", "two", "three"] {
        bench.mint(&format!("{name}@Many.example"), 30).await;
    }
    let elsewhere = bench.mint_request("one@few.example", 30);
    assert_eq!(elsewhere.send().await.unwrap().status(), 404);

    let tokens = bench.sim.tokens();
    let customers: Vec<_> = tokens.iter().map(|token| (token.id, &*token.email)).collect();
    assert_eq!(customers, [(2, "two@Many.example"), (3, "three@Many.example")]);
    let statuses: Vec<_> = bench.sim.journal().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(200), Some(404)]);
    assert_eq!(bench.open(&tokens[1].value).await.status(), 200);

    let account = async |path: &str| bench.get(path).await.json::<Value>().await.unwrap();
    let one = account("/v1/accounts/by-email/one@many.example").await;
    assert_eq!(one, account("/v1/accounts/by-email/one@many.example").await);
    assert_ne!(
        one["uuid"],
        account("/v1/accounts/by-email/two@many.example").await["uuid"]
    );
}

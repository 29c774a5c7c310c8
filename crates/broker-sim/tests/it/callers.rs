//! Who may call: whitelist, key in the dialect's form, right, rate.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;
use stagedoor_broker_sim::{DEFAULT_API_KEY, Dialect, SimConfig};

use crate::bench::{Bench, JANE, KEY_WITHOUT_RIGHT, client_from};

#[tokio::test]
async fn v1_and_crm_take_the_raw_key_only() {
    for dialect in [Dialect::V1, Dialect::Crm] {
        let bench = Bench::start(SimConfig::with_dialect(dialect)).await;
        assert_eq!(bench.status_with(DEFAULT_API_KEY).await, 200, "{dialect:?}");
        assert_eq!(
            bench.status_with(&format!("Bearer {DEFAULT_API_KEY}")).await,
            401,
            "{dialect:?}"
        );
    }
}

#[tokio::test]
async fn v2_takes_a_bearer_key_only() {
    let bench = Bench::start(SimConfig::with_dialect(Dialect::V2)).await;
    assert_eq!(bench.status_with(&format!("Bearer {DEFAULT_API_KEY}")).await, 200);
    assert_eq!(bench.status_with(DEFAULT_API_KEY).await, 401);
    assert_eq!(bench.status_with(&format!("bearer{DEFAULT_API_KEY}")).await, 401);
}

#[tokio::test]
async fn a_missing_unknown_doubled_or_removed_key_is_refused() {
    let bench = Bench::v1().await;
    assert_eq!(bench.bare_mint(JANE, 30).send().await.unwrap().status(), 401);
    assert_eq!(bench.status_with("some-other-key").await, 401);
    let doubled = bench
        .mint_request(JANE, 30)
        .header("authorization", DEFAULT_API_KEY);
    assert_eq!(doubled.send().await.unwrap().status(), 401);

    bench.sim.remove_key(DEFAULT_API_KEY);
    assert_eq!(bench.mint_answer().await.status(), 401);
    assert_eq!(bench.sim.tokens(), []);
}

#[tokio::test]
async fn a_key_without_the_right_looks_up_but_does_not_mint() {
    let bench = Bench::v1().await;
    assert_eq!(bench.status_with(KEY_WITHOUT_RIGHT).await, 403);
    let look_up = bench
        .bare_get("/v1/offers")
        .header("authorization", KEY_WITHOUT_RIGHT);
    assert_eq!(look_up.send().await.unwrap().status(), 200);

    bench.sim.add_key(KEY_WITHOUT_RIGHT, true);
    assert_eq!(bench.status_with(KEY_WITHOUT_RIGHT).await, 200);
}

#[tokio::test]
async fn only_the_peer_address_decides_about_the_whitelist() {
    let bench = Bench::v1().await;
    let stranger = Bench {
        http: client_from(Ipv4Addr::new(127, 0, 0, 2)),
        ..bench
    };
    let spoofed = stranger
        .mint_request(JANE, 30)
        .header("x-forwarded-for", "127.0.0.1");
    let refused = spoofed.send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let of_address = without_timestamp(refused.json().await.unwrap());

    stranger.sim.allow_ip(Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(stranger.mint_answer().await.status(), 200);
    let no_right = stranger
        .bare_mint(JANE, 30)
        .header("authorization", KEY_WITHOUT_RIGHT);
    let of_right = without_timestamp(no_right.send().await.unwrap().json().await.unwrap());
    assert_eq!(
        of_address, of_right,
        "nothing documented tells the two refusals apart"
    );

    stranger.sim.forbid_ip(Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(stranger.mint_answer().await.status(), 403);
    let peers: Vec<_> = stranger
        .sim
        .journal()
        .iter()
        .map(|entry| entry.peer_ip.to_string())
        .collect();
    assert_eq!(peers, ["127.0.0.2"; 4]);
}

#[tokio::test]
async fn the_501st_request_of_a_minute_is_turned_away() {
    let bench = Bench::v1().await;
    for _ in 0..500 {
        assert_eq!(bench.get("/v1/offers").await.status(), 200);
    }
    let refused = bench.mint_answer().await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "Retry-After: {wait}");
    assert_eq!(
        bench.status_with(KEY_WITHOUT_RIGHT).await,
        403,
        "another key has its own limit"
    );

    bench.sim.clock().advance(Duration::from_secs(60));
    assert_eq!(bench.mint_answer().await.status(), 200);
}

#[tokio::test]
async fn retry_after_can_be_left_out() {
    let config = SimConfig {
        requests_per_minute: 1,
        send_retry_after: false,
        ..SimConfig::default()
    };
    let bench = Bench::start(config).await;
    assert_eq!(bench.mint_answer().await.status(), 200);
    let refused = bench.mint_answer().await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers().get("retry-after"), None);
}

#[tokio::test]
async fn an_error_is_written_as_the_dialect_does() {
    for (dialect, expected) in [(Dialect::V1, Value::from(401)), (Dialect::V2, Value::from("401"))] {
        let bench = Bench::start(SimConfig::with_dialect(dialect)).await;
        let answer = bench.bare_get("/v1/offers?page=2").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], expected);
        assert_eq!(body["title"], "Unauthorized");
        assert_eq!(body["path"], "/v1/offers");
        assert!(body["timestamp"].as_str().unwrap().ends_with('Z'), "{body}");
    }
}

fn without_timestamp(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("timestamp");
    body
}

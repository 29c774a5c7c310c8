//! The platform: the guide's three scenarios, single use, sessions, and the page itself.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use stagedoor_broker_sim::{RedemptionResult, Refusal, SimConfig, TokenState};

use crate::bench::{Bench, JANE};

const JOHN: &str = "john@customer.example";

#[tokio::test]
async fn a_token_used_in_time_logs_in() {
    let bench = Bench::v1().await;
    let token = bench.mint(JANE, 30).await;
    let page = bench.open(&token).await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers()["cache-control"], "no-store");
    let html = page.text().await.unwrap();
    assert!(
        html.contains(&format!(r#"<main data-state="logged-in" data-email="{JANE}">"#)),
        "{html}"
    );
    assert!(html.contains("Logged in as Jane Roe"), "{html}");
    assert!(!html.contains(&token));
}

#[tokio::test]
async fn an_expired_token_is_refused_and_a_new_one_works() {
    let bench = Bench::v1().await;
    let first = bench.mint(JANE, 30).await;
    bench.sim.clock().advance(Duration::from_secs(31));
    assert_refused(
        bench.open(&first).await,
        "expired",
        "This sign-in link has expired.",
    )
    .await;
    let second = bench.mint(JANE, 30).await;
    assert_eq!(bench.open(&second).await.status(), 200);
}

#[tokio::test]
async fn a_newer_token_replaces_an_older_one_still_valid() {
    let bench = Bench::v1().await;
    bench.sim.add_account(JOHN, "John Poe");
    let older = bench.mint(JANE, 3600).await;
    let johns = bench.mint(JOHN, 30).await;
    let newer = bench.mint(&JANE.to_uppercase(), 30).await;
    assert_refused(
        bench.open(&older).await,
        "superseded",
        "has been replaced by a newer one",
    )
    .await;
    assert_eq!(bench.open(&newer).await.status(), 200);
    assert_eq!(
        bench.open(&johns).await.status(),
        200,
        "another customer's token is untouched"
    );
}

#[tokio::test]
async fn a_token_works_once_unless_configured_otherwise() {
    let bench = Bench::v1().await;
    let token = bench.mint(JANE, 30).await;
    assert_eq!(bench.open(&token).await.status(), 200);
    assert_refused(bench.open(&token).await, "used", "has already been used").await;

    let lax = Bench::start(SimConfig {
        single_use: false,
        ..SimConfig::default()
    })
    .await;
    let token = lax.mint(JANE, 30).await;
    assert_eq!(lax.open(&token).await.status(), 200);
    assert_eq!(lax.open(&token).await.status(), 200);
}

#[tokio::test]
async fn an_unknown_token_is_refused_and_none_at_all_is_no_redemption() {
    let bench = Bench::v1().await;
    assert_refused(
        bench.open("00000000-0000-4000-8000-000000000000").await,
        "unknown",
        "is not valid",
    )
    .await;
    assert_refused(bench.open("%3Cscript%3E").await, "unknown", "is not valid").await;
    let front = bench.http.get(bench.sim.platform_url()).send().await.unwrap();
    assert_eq!(front.status(), 200);
    assert!(
        front
            .text()
            .await
            .unwrap()
            .contains(r#"<main data-state="refused" data-reason="missing">"#)
    );
    assert_eq!(bench.sim.redemptions().len(), 2);
}

#[tokio::test]
async fn a_session_lasts_and_a_second_customer_gets_another_one() {
    let bench = Bench::v1().await;
    bench.sim.add_account(JOHN, "John Poe");
    let jane = session_of(&bench.open(&bench.mint(JANE, 30).await).await);
    let john = session_of(&bench.open(&bench.mint(JOHN, 30).await).await);
    assert!(
        front(&bench, &format!("theme=dark; {jane}"))
            .await
            .contains("Logged in as Jane Roe")
    );
    assert!(front(&bench, &john).await.contains("Logged in as John Poe"));
    assert!(
        front(&bench, "co-auth=made-up")
            .await
            .contains(r#"data-reason="missing""#)
    );
}

#[tokio::test]
async fn public_clients_redeem_by_post() {
    let bench = Bench::v1().await;
    let token = bench.mint(JANE, 30).await;
    let log_in = async |body: Value| {
        let url = format!("{}/manager/login/co/with-token", bench.sim.platform_url());
        bench.http.post(url).json(&body).send().await.unwrap()
    };
    assert_eq!(log_in(json!({})).await.status(), 400);
    let first = log_in(json!({ "token": token })).await;
    let cookie = session_of(&first);
    assert_eq!(first.json::<Value>().await.unwrap(), json!({ "email": JANE }));
    assert!(front(&bench, &cookie).await.contains("Logged in as Jane Roe"));
    let second = log_in(json!({ "token": token })).await;
    assert_eq!(second.status(), 401);
    assert_eq!(
        second.json::<Value>().await.unwrap(),
        json!({ "errorMessage": "used" })
    );
}

#[tokio::test]
async fn redemptions_and_token_states_can_be_read_afterwards() {
    let bench = Bench::v1().await;
    bench.sim.add_account(JOHN, "John Poe");
    let first = bench.mint(JANE, 30).await;
    let second = bench.mint(JANE, 30).await;
    bench.mint(JOHN, 3600).await;
    bench.mint(JOHN, 30).await;
    bench.open(&first).await;
    bench.open(&second).await;
    let states = || {
        bench
            .sim
            .tokens()
            .iter()
            .map(|token| token.state)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(),
        [
            TokenState::Superseded,
            TokenState::Used,
            TokenState::Superseded,
            TokenState::Live
        ]
    );
    bench.sim.clock().advance(Duration::from_secs(31));
    assert_eq!(states()[3], TokenState::Expired);

    let redemptions = bench.sim.redemptions();
    let seen: Vec<_> = redemptions
        .iter()
        .map(|r| (r.token_id, r.email.as_deref(), r.result))
        .collect();
    assert_eq!(
        seen,
        [
            (
                Some(1),
                Some(JANE),
                RedemptionResult::Refused(Refusal::Superseded)
            ),
            (Some(2), Some(JANE), RedemptionResult::LoggedIn),
        ]
    );
    assert!(redemptions[0].at <= redemptions[1].at);
}

async fn assert_refused(page: Response, reason: &str, message: &str) {
    assert_eq!(page.status(), 401);
    assert_eq!(page.headers().get("set-cookie"), None);
    let html = page.text().await.unwrap();
    assert!(
        html.contains(&format!(r#"<main data-state="refused" data-reason="{reason}">"#)),
        "{html}"
    );
    assert!(html.contains(message), "{html}");
    assert!(!html.contains("<script"), "{html}");
}

/// The session cookie a page has set, as a `Cookie` header.
fn session_of(page: &Response) -> String {
    let cookie = page.headers()["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert!(
        pair.starts_with("co-auth=") && attributes.contains("HttpOnly"),
        "{cookie}"
    );
    pair.to_owned()
}

async fn front(bench: &Bench, cookie: &str) -> String {
    let request = bench.http.get(bench.sim.platform_url()).header("cookie", cookie);
    request.send().await.unwrap().text().await.unwrap()
}

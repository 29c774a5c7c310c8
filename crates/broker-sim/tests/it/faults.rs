//! Every fault as a caller meets it on the wire, and whether a token was minted meanwhile.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::Value;
use stagedoor_broker_sim::{BodyKind, DEFAULT_API_KEY, Dialect, Endpoint, Fault, HUGE_BODY_BYTES, SimConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::{Bench, JANE};

/// Long enough to tell "never" from "not yet" once the broker is known to have the request.
const A_WHILE: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_delay_is_a_right_answer_that_comes_late() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::Delay(A_WHILE));
    let asked = Instant::now();
    let token = bench.mint(JANE, 30).await;
    assert!(asked.elapsed() >= A_WHILE);
    assert_eq!(minted(&bench), [Some(token)]);
}

#[tokio::test]
async fn a_dripping_body_arrives_whole() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::Drip(Duration::from_millis(2)));
    let asked = Instant::now();
    let token = bench.mint(JANE, 30).await;
    // {"oneTimeToken":"<36 characters>"} has 55 bytes.
    assert!(asked.elapsed() >= Duration::from_millis(110));
    assert_eq!(minted(&bench), [Some(token)]);
}

#[tokio::test]
async fn a_held_answer_comes_when_it_is_released() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::Hold);
    let mut request = tokio::spawn(bench.mint_request(JANE, 30).send());
    bench.sim.received(1).await;
    assert!(
        timeout(A_WHILE, &mut request).await.is_err(),
        "the answer was not held"
    );
    bench.sim.release();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_hang_before_the_headers_sends_nothing_although_a_token_exists() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::HangBeforeHeaders);
    let mut wire = send_mint(&bench).await;
    bench.sim.received(1).await;
    assert!(
        timeout(A_WHILE, wire.read_u8()).await.is_err(),
        "a byte arrived, or the connection closed"
    );
    assert!(minted(&bench)[0].is_some());
    assert_eq!(bench.sim.journal()[0].status, None);
}

#[tokio::test]
async fn a_hang_after_the_headers_never_begins_the_body() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::HangAfterHeaders);
    let mut answer = bench.mint_answer().await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.content_length(), Some(55));
    assert!(
        timeout(A_WHILE, answer.chunk()).await.is_err(),
        "the body began, or broke off"
    );
    assert!(minted(&bench)[0].is_some());
}

#[tokio::test]
async fn a_reset_is_a_tcp_reset_before_the_first_byte() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::Reset);
    let mut wire = send_mint(&bench).await;
    let error = wire.read_u8().await.unwrap_err();
    assert_eq!(
        error.kind(),
        io::ErrorKind::ConnectionReset,
        "an orderly end would be UnexpectedEof"
    );
    assert!(minted(&bench)[0].is_some());
    assert_eq!(bench.sim.journal()[0].status, None);
}

#[tokio::test]
async fn a_reset_in_the_body_comes_after_half_of_it() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::ResetInBody);
    let mut wire = send_mint(&bench).await;
    let mut seen = Vec::new();
    let error = wire.read_to_end(&mut seen).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_half_a_body(&bench, &seen);
}

#[tokio::test]
async fn a_close_in_the_body_is_orderly_but_too_early() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::ClosedInBody);
    let mut wire = send_mint(&bench).await;
    let mut seen = Vec::new();
    wire.read_to_end(&mut seen).await.unwrap();
    assert_half_a_body(&bench, &seen);
}

#[tokio::test]
async fn truncated_json_is_a_complete_body_that_does_not_parse() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::TruncatedJson);
    let answer = bench.mint_answer().await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body = answer.text().await.unwrap();
    assert_eq!(body.len(), 27);
    assert!(serde_json::from_str::<Value>(&body).unwrap_err().is_eof());
    assert!(minted(&bench)[0].is_some());
}

#[tokio::test]
async fn a_wrong_content_type_keeps_the_body() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::WrongContentType);
    let answer = bench.mint_answer().await;
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(minted(&bench), [body["oneTimeToken"].as_str().map(str::to_owned)]);
}

#[tokio::test]
async fn a_status_comes_with_the_body_asked_for_and_without_a_token() {
    let bench = Bench::v1().await;
    for status in [401, 403, 404, 409, 422, 500, 503] {
        let answer = faulty(&bench, Fault::Status(status, BodyKind::Problem)).await;
        assert_eq!(answer.status(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["status"], &body["path"]),
            (&status.into(), &"/v1/one-time-token".into())
        );
    }
    let framework = faulty(&bench, Fault::Status(500, BodyKind::Framework))
        .await
        .json::<Value>()
        .await
        .unwrap();
    assert_eq!(
        (&framework["error"], &framework["title"]),
        (&"Internal Server Error".into(), &Value::Null)
    );
    let html = faulty(&bench, Fault::Status(502, BodyKind::Html))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        html.starts_with("<html>") && html.contains("502 Bad Gateway"),
        "{html}"
    );
    let text = faulty(&bench, Fault::Status(503, BodyKind::Text))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(text, "Service Unavailable\n");
    let empty = faulty(&bench, Fault::Status(204, BodyKind::Empty)).await;
    assert_eq!(
        (empty.status().as_u16(), empty.bytes().await.unwrap().len()),
        (204, 0)
    );
    assert!(minted(&bench).iter().all(Option::is_none));
    assert_eq!(bench.sim.tokens(), []);
}

#[tokio::test]
async fn in_v2_a_scripted_error_too_has_its_status_as_text() {
    let bench = Bench::start(SimConfig::with_dialect(Dialect::V2)).await;
    let body: Value = faulty(&bench, Fault::Status(422, BodyKind::Problem))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(body["status"], "422");
}

#[tokio::test]
async fn a_rate_limit_carries_the_retry_after_asked_for() {
    let bench = Bench::v1().await;
    for retry_after in [
        Some("7"),
        Some("Wed, 21 Oct 2026 07:28:00 GMT"),
        Some("soon"),
        None,
    ] {
        let answer = faulty(&bench, Fault::RateLimited(retry_after.map(str::to_owned))).await;
        assert_eq!(answer.status(), 429);
        let sent = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap());
        assert_eq!(sent, retry_after);
    }
}

#[tokio::test]
async fn html_is_a_gateways_page_with_status_200() {
    let bench = Bench::v1().await;
    let answer = faulty(&bench, Fault::Html).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(minted(&bench), [None]);
}

#[tokio::test]
async fn a_huge_body_is_unannounced_and_as_long_as_promised() {
    let bench = Bench::v1().await;
    let answer = faulty(&bench, Fault::HugeBody).await;
    assert_eq!(answer.content_length(), None);
    let body = answer.bytes().await.unwrap();
    assert_eq!(body.len() as u64, HUGE_BODY_BYTES);
    assert!(body.starts_with(b"{\"oneTimeToken\":\"a") && body.ends_with(b"a\"}"));
    assert_eq!(minted(&bench), [None]);
}

#[tokio::test]
async fn a_redirect_points_where_it_was_told_to() {
    let bench = Bench::v1().await;
    let answer = faulty(&bench, Fault::Redirect("http://127.0.0.3:9/elsewhere".to_owned())).await;
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], "http://127.0.0.3:9/elsewhere");
    assert_eq!(minted(&bench), [None]);
}

#[tokio::test]
async fn a_script_hits_its_endpoint_as_often_as_told_and_can_be_forgotten() {
    let bench = Bench::v1().await;
    bench
        .sim
        .script(Fault::Status(500, BodyKind::Empty).on(Endpoint::Mint).times(2));
    assert_eq!(bench.get("/v1/offers").await.status(), 200);
    assert_eq!(bench.mint_answer().await.status(), 500);
    assert_eq!(bench.mint_answer().await.status(), 500);
    assert_eq!(bench.mint_answer().await.status(), 200);

    bench.sim.script(Fault::Html.times(5));
    bench.sim.clear_scripts();
    bench.mint(JANE, 30).await;
}

#[tokio::test]
async fn a_client_sees_a_reset_as_one() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::Reset);
    let error = bench.mint_request(JANE, 30).send().await.unwrap_err();
    let mut source: Option<&dyn Error> = Some(&error);
    let kinds = std::iter::from_fn(|| {
        let error = source?;
        source = error.source();
        Some(error.downcast_ref::<io::Error>().map(io::Error::kind))
    });
    assert!(
        kinds.flatten().any(|kind| kind == io::ErrorKind::ConnectionReset),
        "{error:?}"
    );
    assert_eq!(bench.sim.journal().len(), 1);
}

async fn faulty(bench: &Bench, fault: Fault) -> Response {
    bench.sim.script(fault);
    bench.mint_answer().await
}

/// Sends a mint by hand, so that a test sees the connection's end as the kernel reports it.
async fn send_mint(bench: &Bench) -> TcpStream {
    let body = format!("{{\"email\":\"{JANE}\",\"validityTime\":30}}");
    let request = format!(
        "POST /v1/one-time-token HTTP/1.1\r\nHost: broker\r\nAuthorization: {DEFAULT_API_KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut wire = TcpStream::connect(bench.sim.broker_address()).await.unwrap();
    wire.write_all(request.as_bytes()).await.unwrap();
    wire
}

fn assert_half_a_body(bench: &Bench, seen: &[u8]) {
    let text = String::from_utf8(seen.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK") && head.contains("content-length: 55"),
        "{head}"
    );
    assert!(
        body.starts_with("{\"oneTimeToken\":\"") && body.len() == 27,
        "{body}"
    );
    assert!(minted(bench)[0].is_some());
    assert_eq!(bench.sim.journal()[0].status, Some(200));
}

fn minted(bench: &Bench) -> Vec<Option<String>> {
    bench.sim.journal().into_iter().map(|entry| entry.token).collect()
}

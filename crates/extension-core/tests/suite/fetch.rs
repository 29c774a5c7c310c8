//! The one way to the network, with the real `fetch` where there is something to reach, and without where not.

use stagedoor_extension_core::{
    browser::http::send,
    environment::{HttpAnswer, HttpFailure, HttpRequest},
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{install, property, relay::text, script};

const STUB: &str = "https://relay.example/v1/session";

async fn get(url: &str, timeout_milliseconds: u32) -> Result<HttpAnswer, HttpFailure> {
    let headers = [("Content-Type", "application/json".to_owned())];
    send(HttpRequest {
        method: "GET",
        url,
        headers: &headers,
        body: None,
        timeout_milliseconds,
        max_answer_bytes: 65_536,
    })
    .await
}

/// Puts the real `fetch` in its place.
fn real() {
    install();
    script("fake.relay = null;");
}

/// Puts an answer in the place of the relay's.
fn stub(answer: &str) {
    install();
    script(&format!(
        "fake.relay = {{ '/v1/session': async (body, {{ signal, redirect }}) => {{ {answer} }} }};"
    ));
}

/// The address of something that the test's own server has.
fn own(path: &str) -> String {
    let origin = property(&property(&js_sys::global(), "location"), "origin")
        .as_string()
        .unwrap();
    [origin.as_str(), path].concat()
}

#[wasm_bindgen_test]
async fn real_a_closed_port_is_unreachable() {
    real();
    let answer = get("http://127.0.0.1:64999/v1/session", 10_000).await;
    assert_eq!(answer.unwrap_err(), HttpFailure::Unreachable);
}

#[wasm_bindgen_test]
async fn real_an_address_that_is_none_is_unreachable() {
    real();
    assert_eq!(
        get("http://", 10_000).await.unwrap_err(),
        HttpFailure::Unreachable
    );
}

#[wasm_bindgen_test]
async fn real_an_answer_comes_with_status_type_and_body() {
    real();
    let answer = get("data:application/json,%7B%22a%22:%22%C3%A9%22%7D", 10_000)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (200, "application/json")
    );
    assert_eq!(answer.body, "{\"a\":\"é\"}".as_bytes());
    assert_eq!(answer.retry_after, None);
}

#[wasm_bindgen_test]
async fn real_a_page_in_the_relays_place_is_seen_to_be_one() {
    real();
    let answer = get(&own("/"), 10_000).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        answer.content_type.starts_with("text/html"),
        "{}",
        answer.content_type
    );
}

#[wasm_bindgen_test]
async fn real_a_huge_answer_is_given_up() {
    real();
    // The test's own module is far larger than any answer of a relay.
    let answer = get(&own("/wasm-bindgen-test_bg.wasm"), 10_000).await;
    assert_eq!(answer.unwrap_err(), HttpFailure::TooLarge);
}

#[wasm_bindgen_test]
async fn an_endless_answer_is_given_up_and_cancelled() {
    stub(
        "return new Response(new ReadableStream({
            pull(controller) { controller.enqueue(new Uint8Array(10_000)); fake.pulls = (fake.pulls ?? 0) + 1; },
            cancel() { fake.cancelled = true; },
        }));",
    );
    assert_eq!(get(STUB, 10_000).await.unwrap_err(), HttpFailure::TooLarge);
    assert!(script("return fake.cancelled;").flag());
    assert!(script("return fake.pulls;").number::<u32>().unwrap() < 12);
}

#[wasm_bindgen_test]
async fn an_answer_may_be_as_long_as_allowed_and_no_longer() {
    stub("return new Response('x'.repeat(65536));");
    assert_eq!(get(STUB, 10_000).await.unwrap().body.len(), 65_536);
    stub("return new Response('x'.repeat(65537));");
    assert_eq!(get(STUB, 10_000).await.unwrap_err(), HttpFailure::TooLarge);
}

#[wasm_bindgen_test]
async fn silence_ends_in_a_timeout() {
    stub("return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));");
    assert_eq!(get(STUB, 50).await.unwrap_err(), HttpFailure::Timeout);
}

#[wasm_bindgen_test]
async fn silence_in_the_middle_of_an_answer_ends_in_a_timeout() {
    stub(
        "return new Response(new ReadableStream({
            start(controller) {
                controller.enqueue(new Uint8Array(3));
                signal.addEventListener('abort', () => controller.error(signal.reason));
            },
        }));",
    );
    assert_eq!(get(STUB, 50).await.unwrap_err(), HttpFailure::Timeout);
}

#[wasm_bindgen_test]
async fn a_redirect_is_not_followed() {
    // The stub does what the standard says of each mode.
    stub(
        "if (redirect === 'error') throw new TypeError('Failed to fetch');
        return redirect === 'manual' ? Response.error() : new Response('from elsewhere');",
    );
    assert_eq!(get(STUB, 10_000).await.unwrap_err(), HttpFailure::Unreachable);
    assert_eq!(script("return fake.requests;").list().len(), 1);
}

#[wasm_bindgen_test]
async fn refusals_come_with_what_they_say() {
    for (status, more) in [(401, ""), (403, ""), (429, "'Retry-After': '30',")] {
        stub(&format!(
            "return new Response('{{\"a\":1}}', {{ status: {status}, headers: {{ {more} 'Content-Type': 'application/problem+json' }} }});"
        ));
        let answer = get(STUB, 10_000).await.unwrap();
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (status, "application/problem+json")
        );
        assert_eq!(answer.body, b"{\"a\":1}");
        assert_eq!(answer.retry_after.as_deref(), (status == 429).then_some("30"));
    }
}

#[wasm_bindgen_test]
async fn an_answer_without_a_body_is_one() {
    stub("return new Response(null, { status: 204 });");
    let answer = get(STUB, 10_000).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[wasm_bindgen_test]
async fn what_is_sent_arrives() {
    stub("return new Response('');");
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("Signature", "x=:eA==:".to_owned()),
    ];
    send(HttpRequest {
        method: "POST",
        url: STUB,
        headers: &headers,
        body: Some("{\"é\":\"\\\"\"}"),
        timeout_milliseconds: 10_000,
        max_answer_bytes: 10,
    })
    .await
    .unwrap();
    let request = script("return fake.requests[0];");
    assert_eq!(
        (text(&request, "method"), text(&request, "body")),
        ("POST", "{\"é\":\"\\\"\"}")
    );
    assert_eq!(text(request.get("headers"), "signature"), "x=:eA==:");
    assert_eq!(text(request.get("headers"), "content-type"), "application/json");
}

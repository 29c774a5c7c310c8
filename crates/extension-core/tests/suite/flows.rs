//! Whole flows through the exported functions: real keys, real storage of keys, a relay that verifies natively.

use p256::ecdsa::VerifyingKey;
use stagedoor_extension_core::{handle, json::Value};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{
    TOKEN, answer, ask, close, install,
    relay::{lines, text, verified_requests},
    script,
};

const OPEN: &str = r#"{"type":"popup/open","tabId":5}"#;
const LOGIN: &str = r#"{"type":"popup/login","tabId":5,"email":"anna@example.com","platform":"main","reason":"asked by phone"}"#;

/// A fresh profile that enrols. Leaves no requests behind; returns the key that signs from now on.
async fn enrolled() -> VerifyingKey {
    install();
    let view =
        ask(r#"{"type":"options/enrol","relay":"https://relay.example","code":"01234-56789-ABCDE-FGHJZ"}"#)
            .await;
    assert!(view.get("enrolled").flag(), "{view:?}");
    let (requests, key) = verified_requests(None);
    assert_eq!(requests.len(), 1);
    script("fake.requests.length = 0;");
    key
}

fn screen(view: &Value) -> (&str, &str) {
    (text(view, "screen"), view.get("code").text().unwrap_or_default())
}

/// Expects that no token was asked for and no window opened.
fn nothing_happened() {
    assert!(!lines().contains(&"POST /v1/logins".into()));
    assert_eq!(script("return fake.created;").list().len(), 0);
}

#[wasm_bindgen_test]
async fn from_the_page_to_the_open_platform() {
    let key = enrolled().await;
    let view = ask(OPEN).await;
    assert_eq!(screen(&view), ("confirm", ""));
    assert_eq!(text(view.get("customer"), "email"), "anna@example.com");
    assert_eq!(
        view.get("others").number(),
        Some(0),
        "the staff's own address is nobody's"
    );
    let evidence = view.get("customer").get("evidence").list();
    let keys: Vec<&str> = evidence.iter().map(|piece| text(piece, "key")).collect();
    assert_eq!(keys, ["evidence_mailto", "evidence_text"]);

    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("opened", ""));
    let id = text(&view, "requestId").to_owned();
    let outcome = format!("POST /v1/logins/{id}/outcome");
    assert_eq!(lines(), ["GET /v1/session", "POST /v1/logins", &outcome]);
    let (requests, key) = verified_requests(Some(key));
    let body = Value::parse(text(&requests[1], "body")).unwrap();
    assert_eq!(
        (text(&body, "requestId"), text(&body, "customerEmail")),
        (id.as_str(), "anna@example.com")
    );
    assert_eq!(text(body.get("page"), "origin"), "https://crm.example");
    assert_eq!(
        text(&Value::parse(text(&requests[2], "body")).unwrap(), "outcome"),
        "opened"
    );

    let window = script("return fake.created[0];");
    assert_eq!(
        text(&window, "url"),
        format!("https://platform.example/?auth={TOKEN}")
    );
    assert!(window.get("incognito").flag() && window.get("focused").flag());
    let traces = script("return JSON.stringify([fake.local.kept, fake.session.kept, fake.pushed]);");
    assert!(!traces.text().unwrap().contains(TOKEN));
    let steps = script(
        "return fake.pushed.map(({ type, tabId, view }) => [type, tabId, view.screen, view.step].join());",
    );
    let steps: Vec<&str> = steps.list().iter().filter_map(Value::text).collect();
    assert_eq!(
        steps,
        [
            "view,5,working,rules",
            "view,5,working,asking",
            "view,5,working,opening",
            "view,5,opened,"
        ]
    );

    close(1).await;
    close(41).await;
    close(41).await;
    let (requests, _) = verified_requests(Some(key));
    assert_eq!(
        requests.len(),
        4,
        "only the window that the login opened is reported, and once"
    );
    assert_eq!(text(&requests[3], "path"), format!("/v1/logins/{id}/outcome"));
    assert_eq!(
        text(&Value::parse(text(&requests[3], "body")).unwrap(), "outcome"),
        "closed"
    );
}

#[wasm_bindgen_test]
async fn private_windows_not_allowed() {
    enrolled().await;
    script("fake.allowed = false;");
    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("error", "isolation_not_allowed"));
    assert_eq!(text(&view, "retry"), "options");
    nothing_happened();
}

#[wasm_bindgen_test]
async fn a_private_window_is_open_already_and_may_be_closed() {
    enrolled().await;
    script("fake.windows.push({ id: 7, incognito: true });");
    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("error", "isolation_busy"));
    assert_eq!(text(&view, "retry"), "replaceWindows");
    nothing_happened();
    let view = ask(&LOGIN.replace("\"tabId\":5", "\"tabId\":5,\"replaces\":[7]")).await;
    assert_eq!(screen(&view), ("opened", ""));
    let windows = script("return fake.windows.map(({ id }) => id).join();");
    assert_eq!(windows.text(), Some("1,41"));
}

#[wasm_bindgen_test]
async fn a_colleagues_claim_is_shown_and_overridden_by_a_new_login_that_names_it() {
    const CLAIMED: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";
    enrolled().await;
    ask(OPEN).await;
    script(
        "const usual = fake.relay['/v1/logins'];
        fake.relay['/v1/logins'] = (body) => (body.overrides ? usual(body) : fake.json(409, {
            type: '/problems/customer_claimed', title: 'Claimed', status: 409, detail: 'Claimed.', code: 'customer_claimed',
            claim: {
                requestId: '018bcfe5-6800-7fff-bfff-ffffffffffff', staffName: 'Maria \\u202eSilva', heldSeconds: 12, remainingSeconds: 3600,
            },
        }, 'application/problem+json'));",
    );
    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("error", "customer_claimed"));
    assert_eq!(text(&view, "retry"), "override");
    let claim = view.get("claim");
    assert_eq!(
        (text(claim, "requestId"), text(claim, "staffName")),
        (CLAIMED, "Maria Silva")
    );

    let overriding = |id: &str| LOGIN.replace("\"tabId\":5", &format!("\"tabId\":5,\"overrides\":\"{id}\""));
    let another = ask(&overriding("018bcfe5-6800-7fff-bfff-eeeeeeeeeeee")).await;
    assert_eq!(screen(&another), ("error", "customer_claimed"));
    let opened = ask(&overriding(CLAIMED)).await;
    assert_eq!(screen(&opened), ("opened", ""));
    let sent = script(
        "return fake.requests.filter(({ path }) => path === '/v1/logins').map(({ body }) => JSON.parse(body));",
    );
    let overridden: Vec<Option<&str>> = sent
        .list()
        .iter()
        .map(|body| body.get("overrides").text())
        .collect();
    assert_eq!(overridden, [None, None, Some(CLAIMED)]);
    let ids: Vec<&str> = sent.list().iter().map(|body| text(body, "requestId")).collect();
    assert!(ids[0] != ids[2] && ids[1] != ids[2]);
    assert_eq!(script("return fake.created;").list().len(), 1);
}

#[wasm_bindgen_test]
async fn a_double_click_mints_once() {
    enrolled().await;
    ask(OPEN).await;
    let message = || js_sys::JSON::parse(LOGIN).unwrap();
    let (first, second) = (handle(message()), handle(message()));
    let second = answer(second).await;
    assert_eq!(
        (text(&second, "screen"), text(&second, "step")),
        ("working", "asking")
    );
    assert_eq!(screen(&answer(first).await), ("opened", ""));
    let logins = lines().iter().filter(|line| *line == "POST /v1/logins").count();
    assert_eq!((logins, script("return fake.created;").list().len()), (1, 1));
}

#[wasm_bindgen_test]
async fn a_problem_of_the_relay_is_shown_in_its_words() {
    enrolled().await;
    ask(OPEN).await;
    script(
        "fake.relay['/v1/logins'] = () => fake.problem(502, 'broker_access_denied', 'Ask for 203.0.113.7 to be listed.');",
    );
    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("error", "broker_access_denied"));
    assert_eq!(text(view.get("title"), "key"), "error_broker_access_denied_title");
    assert_eq!(text(&view, "detail"), "Ask for 203.0.113.7 to be listed.");
    assert_eq!(
        (text(&view, "email"), text(&view, "reason")),
        ("anna@example.com", "asked by phone")
    );
    let logins = lines().iter().filter(|line| *line == "POST /v1/logins").count();
    assert_eq!((logins, script("return fake.created;").list().len()), (1, 0));
}

#[wasm_bindgen_test]
async fn a_window_that_fails_is_reported() {
    enrolled().await;
    script("fake.windowFault = true;");
    let view = ask(LOGIN).await;
    assert_eq!(screen(&view), ("error", "window_failed"));
    let report = script("return fake.requests.at(-1).body;");
    let report = Value::parse(report.text().unwrap()).unwrap();
    assert_eq!(
        (text(&report, "outcome"), text(&report, "cause")),
        ("failed", "window_failed")
    );
}

#[wasm_bindgen_test]
async fn a_login_of_a_stopped_worker_is_interrupted() {
    enrolled().await;
    let opened = ask(LOGIN).await;
    // What a worker that was stopped in the middle leaves behind.
    script("Object.assign(fake.session.kept['tab:5'].login, { step: 'asking', seen: false });");
    let view = ask(OPEN).await;
    assert_eq!(screen(&view), ("error", "interrupted"));
    assert_eq!(text(&view, "requestId"), text(&opened, "requestId"));
    assert_eq!(screen(&ask(OPEN).await), ("confirm", ""));
}

#[wasm_bindgen_test]
async fn a_failure_without_a_popup_waits_for_one() {
    enrolled().await;
    ask(OPEN).await;
    script(
        "fake.listening = false; fake.relay['/v1/logins'] = () => { throw new TypeError('Failed to fetch'); };",
    );
    assert_eq!(screen(&ask(LOGIN).await), ("error", "relay_lost"));
    assert_eq!(screen(&ask(OPEN).await), ("error", "relay_lost"));
    assert_eq!(screen(&ask(OPEN).await), ("confirm", ""));
}

#[wasm_bindgen_test]
async fn pages_that_cannot_be_read_and_storage_that_is_full_are_said() {
    enrolled().await;
    let view = ask(r#"{"type":"popup/open","tabId":6}"#).await;
    assert_eq!(screen(&view), ("error", "page_not_readable"));
    script("fake.full = true;");
    assert_eq!(screen(&ask(LOGIN).await), ("error", "key_store_failed"));
    nothing_happened();
}

#[wasm_bindgen_test]
async fn options_show_the_browser_and_signing_out_forgets() {
    install();
    let view = ask(r#"{"type":"options/signOut"}"#).await;
    assert_eq!(
        (view.get("enrolled").flag(), text(&view, "version")),
        (false, "0.1.0")
    );
    assert_eq!(
        (text(&view, "browser"), text(&view, "shortcut")),
        ("chromium", "Alt+Shift+S")
    );
    enrolled().await;
    let test = ask(r#"{"type":"options/test"}"#).await;
    assert!(test.get("test").get("ok").flag());
    script("fake.silenced.length = 0;");
    ask(r#"{"type":"options/signOut"}"#).await;
    let silenced = script("return fake.silenced;");
    let silenced: Vec<&str> = silenced.list().iter().filter_map(Value::text).collect();
    assert_eq!(silenced, ["alarms", "badge "]);
    assert_eq!(screen(&ask(OPEN).await), ("setup", ""));
    assert_eq!(script("return Object.keys(fake.local.kept);").list().len(), 0);
}

#[wasm_bindgen_test]
async fn debris_is_answered_with_a_view() {
    install();
    for message in [
        "null",
        "7",
        "\"popup/open\"",
        "{}",
        "[]",
        r#"{"type":"popup/open"}"#,
        r#"{"type":"x","tabId":{}}"#,
    ] {
        assert_eq!(screen(&ask(message).await), ("error", "internal"), "{message}");
    }
    let undefined = answer(handle(wasm_bindgen::JsValue::UNDEFINED)).await;
    assert_eq!(screen(&undefined), ("error", "internal"));
}

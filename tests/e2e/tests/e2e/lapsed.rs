//! A browser whose profile counts no more, or whose way to the relay is barred: the settings say so and have the cure.

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::{Method, StatusCode};
use serde_json::json;
use stagedoor_e2e::browser::{Kind, PrivateWindows};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::sign_in::{complaint, connected};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_revoked_profile_takes_a_new_code,
    a_key_that_is_gone_is_noticed,
    a_host_alone_is_put_in_full,
    only_a_whole_address_is_offered_to_be_opened,
    a_server_before_the_relay_answers_in_its_place,
);

/// Deletes the extension's key, as the browser may.
const DELETE_KEY: &str = r#"new Promise((resolve, reject) => {
    const opening = indexedDB.open("stagedoor");
    opening.onsuccess = () => {
        const writing = opening.result.transaction("keys", "readwrite");
        writing.objectStore("keys").delete("enrolled");
        writing.oncomplete = () => { opening.result.close(); resolve(); };
        writing.onerror = reject;
    };
    opening.onerror = reject;
})"#;

/// Comes back to the settings, whichever tab Firefox has put in front meanwhile. What belongs to the popup is drawn anew then in
/// any case.
const LOOK_AGAIN: &str = "(() => {
    window.before = document.querySelector('#settings > div');
    Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
})()";

/// The settings say that this browser is not connected any more, and why; a new code connects it again.
async fn reconnect(lab: &Lab, options: &Page, why: &str) -> Result<()> {
    options
        .wait_for(
            "the settings to say that this browser is not connected any more",
            "document.querySelector('#connect-title')?.textContent === 'Not connected any more'",
        )
        .await?;
    let words = complaint(options).await?;
    assert!(words.contains(why), "{words}");
    let relay = options.evaluate("document.querySelector('#relay').value").await?;
    assert_eq!(relay, lab.front.url());
    let code = lab.relay()?.invite(SUPPORT[0].email, SUPPORT[0].name)?;
    options.fill("#code", &code).await?;
    options.click("[data-slot=submit]").await?;
    connected(options).await
}

async fn a_revoked_profile_takes_a_new_code(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let address = seat.browser.extension_url("options.html");
    let options = seat.browser.open_extension("options.html").await?;
    options.text("#connection-title").await?;
    let key = options.evaluate("chrome.storage.local.get('keyId')").await?;
    let key = key["keyId"].as_str().context("no key")?.to_owned();
    options.close().await?;
    lab.relay()?.run(&["profile", "revoke", "--yes", "--", &key])?;

    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "profile_unknown");
    popup.page.click("[data-slot=retry]").await?;
    let options = seat.browser.page_at(&address).await?;
    reconnect(&lab, &options, "This browser is not connected any more").await?;
    let kept = options.evaluate("chrome.storage.local.get(null)").await?;
    assert_ne!(kept["keyId"], json!(key));
    assert_eq!(kept["lapsed"], json!(null));
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

async fn a_key_that_is_gone_is_noticed(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let options = seat.browser.open_extension("options.html").await?;
    options.text("#connection-title").await?;
    options.evaluate(DELETE_KEY).await?;
    options.close().await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "key_gone");
    seat.browser.close_popup().await?;
    let options = seat.browser.open_extension("options.html").await?;
    reconnect(&lab, &options, "This browser\u{2019}s key is gone").await?;
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    Ok(())
}

async fn a_host_alone_is_put_in_full(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    let code = lab.relay()?.invite(SUPPORT[0].email, SUPPORT[0].name)?;
    let options = seat.browser.open_extension("options.html").await?;
    options
        .fill("#relay", &lab.front.url().replace("http://", ""))
        .await?;
    options.click("#code").await?;
    let full = format!(
        "document.querySelector('#relay').value === {}",
        json!(lab.front.url())
    );
    options.wait_for("the address in full", &full).await?;
    options.type_text(&code).await?;
    options.key("Enter").await?;
    connected(&options).await
}

/// Most such servers answer as if there were no extensions: to those the browser gives nothing, not even the status. One that
/// does as the relay does is understood.
async fn a_server_before_the_relay_answers_in_its_place(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let options = seat.browser.open_extension("options.html").await?;
    let url = lab.front.url();
    // To the end: nobody else can have the port that the gate leads to.
    let mut servers = JoinSet::new();
    for (open, title, waits) in [
        (false, "The relay cannot be reached", false),
        (true, "The relay did not answer", true),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        lab.front.lead_to(listener.local_addr()?);
        let router = Router::new().fallback(move |method: Method| async move {
            let allowed = if open { "*" } else { "null" };
            let status = match method {
                Method::OPTIONS if open => StatusCode::NO_CONTENT,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            let headers = [
                // The next one is to be reached by a connection of its own.
                ("connection", "close"),
                ("content-type", "text/html"),
                ("retry-after", "20"),
                ("access-control-allow-origin", allowed),
                (
                    "access-control-allow-headers",
                    "content-digest, content-type, signature, signature-input",
                ),
                ("access-control-expose-headers", "retry-after"),
            ];
            (status, headers, "<p id=away>The relay is away")
        });
        servers.spawn(async move { axum::serve(listener, router).await });
        options.click("[data-slot=testButton]").await?;
        options
            .wait_for(
                "the test to fail as it must",
                &format!(
                    "document.querySelector('#settings[aria-busy=false] [data-slot=test]')?.innerText.includes({})",
                    json!(title)
                ),
            )
            .await?;
        let words = options.text("[data-slot=test]").await?;
        assert_eq!(words.contains("next try: "), waits, "{words}");
        options.click("[data-slot=test] [data-slot=open]").await?;
        let shown = seat.browser.page_at(&format!("{url}/")).await?;
        shown.text("#away").await?;
        shown.close().await?;
        options.evaluate(LOOK_AGAIN).await?;
        options
            .wait_for("the settings to have looked again", "!window.before.isConnected")
            .await?;
        let still = options.text("[data-slot=test]").await?;
        assert_eq!(still, words, "whoever comes back reads on");
    }
    Ok(())
}

/// A host alone is put in full before it is used, unless it was typed while another one was.
async fn only_a_whole_address_is_offered_to_be_opened(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    // Browsers reach nobody at this port.
    let whole = "http://127.0.0.1:1";
    for (typed, opens) in [(whole, true), ("127.0.0.1:1", false)] {
        let options = seat.browser.open_extension("options.html").await?;
        options.fill("#code", "01234-56789-ABCDE-FGHJZ").await?;
        options.fill("#relay", whole).await?;
        let change = format!(
            "(() => {{
                const relay = document.querySelector('#relay');
                relay.form.requestSubmit();
                relay.value = {};
                relay.dispatchEvent(new Event('input'));
            }})()",
            json!(typed)
        );
        options.evaluate(&change).await?;
        let words = complaint(&options).await?;
        assert!(words.contains("The relay cannot be reached"), "{words}");
        let shown = options.shows("[data-slot=error] [data-slot=open]").await?;
        assert_eq!(shown, opens, "{typed}");
        options.close().await?;
    }
    Ok(())
}

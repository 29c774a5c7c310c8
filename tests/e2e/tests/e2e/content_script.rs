//! A script in a tab has the extension's id, because it was put there by it. It is not one of its pages all the same:
//! neither the core nor the popup listens to it.

use anyhow::Result;
use serde_json::{Value, json};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(a_script_in_a_tab_is_not_listened_to);

async fn a_script_in_a_tab_is_not_listened_to(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    let id = popup
        .page
        .evaluate("chrome.tabs.query({ active: true, currentWindow: true }).then(([tab]) => tab.id)")
        .await?;
    let before = lab.relay()?.requests().await?;

    // The script can do it: the very call is answered when it comes from a page of the extension.
    let control = json!({"type": "options/open"});
    let asked = popup
        .page
        .evaluate(&format!("chrome.runtime.sendMessage({control})"))
        .await?;
    assert_eq!(asked["screen"], "options");

    let opened = json!({"screen": "opened", "email": CUSTOMERS[1].0, "platformName": "Demo Trading",
        "environment": "demo", "isolated": true, "requestId": "018bcfe5-6800-7fff-bfff-ffffffffffff"});
    for message in [
        control,
        json!({"type": "options/signOut"}),
        json!({"type": "options/test"}),
        json!({"type": "options/signIn", "relay": lab.front.url()}),
        json!({"type": "options/signedIn", "redirect": "https://x.chromiumapp.org/sign-in?code=c&state=s"}),
        json!({"type": "popup/status", "tabId": id}),
        json!({"type": "teach/derive", "url": "https://crm.example/customers/7", "chain": []}),
        json!({"type": "popup/rescan", "tabId": id}),
        json!({"type": "popup/login", "tabId": id, "email": customer, "platform": "main", "reason": ""}),
        json!({"type": "view", "tabId": id, "view": opened}),
    ] {
        let answer = from_the_tab(&popup.page, &id, &message).await?;
        assert!(answer["answer"].is_null(), "{message}: {answer}");
    }

    assert_eq!(popup.screen().await?, "confirm");
    assert_eq!(popup.customer().await?, customer);
    assert_eq!(lab.relay()?.requests().await?, before, "the relay heard of it");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

/// Sends a message from a script in a tab, and gives what came back to it: an answer, or the browser's word that there was
/// none.
async fn from_the_tab(popup: &Page, tab: &Value, message: &Value) -> Result<Value> {
    let run = format!(
        "chrome.scripting.executeScript({{
            target: {{ tabId: {tab} }},
            args: [{message}],
            func: async message => {{
                try {{ return {{ answer: await chrome.runtime.sendMessage(message) ?? null }}; }}
                catch (error) {{ return {{ answer: null, refused: String(error) }}; }}
            }},
        }}).then(([frame]) => frame.result)"
    );
    let result = popup.evaluate(&run).await?;
    anyhow::ensure!(result.is_object(), "the script did not run: {result}");
    Ok(result)
}

//! What staff read when the relay or the broker does not give a token.

use std::net::Ipv4Addr;

use anyhow::Result;
use serde_json::json;
use stagedoor_broker_sim::{BodyKind, Endpoint, Fault};
use stagedoor_e2e::browser::{Kind, PrivateWindows};
use stagedoor_e2e::lab::{API_KEY, CUSTOMERS, EGRESS_ADDRESS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    refusals_name_their_cause,
    relay_down,
    not_enrolled,
    wrong_enrolment_code
);

async fn refusals_name_their_cause(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;

    // Either of two causes, which the broker does not tell apart: so both are named, with the address to whitelist.
    lab.sim.add_key(API_KEY, false);
    let words = refused(&seat, &tab, "broker_access_denied").await?;
    assert!(words.contains(EGRESS_ADDRESS), "{words}");
    assert!(words.contains("Create One Time Token for Login"), "{words}");
    lab.sim.add_key(API_KEY, true);

    lab.sim.forbid_ip(Ipv4Addr::LOCALHOST);
    let words = refused(&seat, &tab, "broker_access_denied").await?;
    assert!(words.contains(EGRESS_ADDRESS), "{words}");
    lab.sim.allow_ip(Ipv4Addr::LOCALHOST);

    lab.sim.remove_key(API_KEY);
    refused(&seat, &tab, "broker_key_refused").await?;
    lab.sim.add_key(API_KEY, true);

    lab.sim
        .script(Fault::Status(500, BodyKind::Html).on(Endpoint::Mint));
    refused(&seat, &tab, "broker_failed").await?;

    assert_asked_for(&lab, &[customer; 4]);

    // Nothing of it lasts.
    let popup = seat.press(&tab).await?;
    popup.start_over().await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);

    let stranger = lab.crm.add(
        "stranger",
        "<title>Customer</title><h1>Ivo Brandt</h1><span>E-mail</span> <b>ibrandt@customers.example</b>",
    );
    let tab = seat.browser.open(&stranger).await?;
    seat.browser.close_private().await?;
    let words = refused(&seat, &tab, "customer_unknown").await?;
    assert!(words.contains("ibrandt@customers.example"), "{words}");
    Ok(())
}

/// Clicks through to the error, which must have this code; gives what can be read.
async fn refused(seat: &Seat, tab: &Page, code: &str) -> Result<String> {
    let popup = seat.press(tab).await?;
    popup.start_over().await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, code);
    assert_eq!(
        seat.browser.private_count().await?,
        0,
        "a window opened without a token"
    );
    popup.words().await
}

async fn relay_down(kind: Kind) -> Result<()> {
    let mut lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    lab.stop_relay().await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "relay_lost");
    assert!(lab.sim.journal().is_empty());
    Ok(())
}

async fn not_enrolled(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("setup").await?;
    assert!(popup.page.shows("[data-slot=settings]").await?);
    assert!(lab.sim.journal().is_empty());
    Ok(())
}

async fn wrong_enrolment_code(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    let used = lab.relay()?.invite(SUPPORT[0].email, SUPPORT[0].name)?;
    let options = seat.browser.open_extension("options.html").await?;
    for (code, fault) in [
        ("too short", "code_malformed"),
        ("00000-00000-00000-00000", "code_refused"),
    ] {
        options.fill("#relay", &lab.front.url()).await?;
        options.fill("#code", code).await?;
        options.click("[data-slot=submit]").await?;
        let said = message(&options, &format!("error_enrolment_{fault}_title")).await?;
        options
            .wait_for(
                &said,
                &format!(
                    "document.querySelector('[data-slot=error]').innerText.includes({})",
                    json!(said)
                ),
            )
            .await?;
    }
    // What was typed is kept, and the right code still works.
    options.fill("#code", &used).await?;
    options.click("[data-slot=submit]").await?;
    options.text("#connection-title").await?;
    let said = "document.getElementById('announcer').textContent === 'Connected'";
    options
        .wait_for("a screen reader to be told that it has worked", said)
        .await?;
    Ok(())
}

/// A text of the extension, by its key.
async fn message(page: &Page, key: &str) -> Result<String> {
    let text = page
        .evaluate(&format!("chrome.i18n.getMessage({})", json!(key)))
        .await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

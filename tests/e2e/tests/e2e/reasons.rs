//! The last reasons that a person gave, by keyboard alone; and the popup by keyboard alone.

use anyhow::Result;
use serde_json::json;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::{assert_asked_for, recorded};

crate::in_each_browser!(by_keyboard_alone, outlives_the_popup);

/// What Enter, Tab and an arrow are to the drivers.
const ENTER: &str = "Enter";
const TAB: &str = "Tab";

const KEPT: &str = "chrome.storage.local.get('reasons').then(({ reasons }) => reasons ?? [])";

/// The window is closed once it shows the platform, and the extension has noticed.
async fn closed(lab: &Lab, seat: &Seat, logins: usize) -> Result<()> {
    seat.platform().await?;
    seat.browser.close_private().await?;
    recorded(lab, &vec!["minted, opened, closed"; logins]).await
}

async fn by_keyboard_alone(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;

    // Open, type, Enter.
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    assert!(!popup.page.shows("[data-slot=earlier]").await?);
    popup.page.type_text("Margin call of today").await?;
    popup.page.key(ENTER).await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    // It is kept after that was shown.
    popup
        .page
        .wait_for("the reason to be kept", &format!("(await {KEPT}).length"))
        .await?;
    assert_eq!(popup.page.evaluate(KEPT).await?, json!(["Margin call of today"]));
    closed(&lab, &seat, 1).await?;

    // One that names the customer is not kept.
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup.page.type_text("Anna Kowalska called").await?;
    popup.page.key(ENTER).await?;
    popup.opened().await?;
    closed(&lab, &seat, 2).await?;

    // An earlier one is picked with the keyboard, and used.
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup.page.text("[data-slot=earlierRow]").await?;
    popup.page.key(TAB).await?;
    let focused = "document.activeElement.dataset.slot";
    assert_eq!(popup.page.evaluate(focused).await?, "earlier");
    popup.page.type_text("Margin").await?;
    popup
        .page
        .wait_for(
            "the reason in its field",
            "document.querySelector('[data-slot=reason]').value === 'Margin call of today'",
        )
        .await?;
    popup
        .page
        .evaluate("document.querySelector('[data-slot=reason]').focus()")
        .await?;
    popup.page.key(ENTER).await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[customer, customer]);
    assert_eq!(popup.page.evaluate(KEPT).await?, json!(["Margin call of today"]));
    closed(&lab, &seat, 3).await?;

    // And forgotten: Forget can be pressed once one is picked.
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup.page.text("[data-slot=earlierRow]").await?;
    popup.page.key(TAB).await?;
    popup.page.type_text("Margin").await?;
    popup
        .page
        .wait_for(
            "Forget to be enabled",
            "!document.querySelector('[data-slot=forget]').disabled",
        )
        .await?;
    popup.page.key(TAB).await?;
    assert_eq!(popup.page.evaluate(focused).await?, "forget");
    popup.page.key(ENTER).await?;
    popup
        .page
        .wait_for(
            "nothing to be offered",
            "document.querySelector('[data-slot=earlierRow]').hidden",
        )
        .await?;
    assert_eq!(popup.page.evaluate(KEPT).await?, json!([]));
    assert_asked_for(&lab, &[]);
    Ok(())
}

/// Who clicks into the CRM for a ticket's number closes the popup.
async fn outlives_the_popup(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(customer, _), (other, _), ..] = CUSTOMERS;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let typed = "['reason', 'ticket'].map(name => document.querySelector(`[data-slot=${name}]`).value)";
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup.page.fill("[data-slot=reason]", "Margin call").await?;
    popup.page.fill("[data-slot=ticket]", "T-7").await?;
    let kept = "(await chrome.storage.session.get('draft')).draft?.ticket === 'T-7'";
    popup.page.wait_for("what was typed to be kept", kept).await?;
    seat.browser.close_popup().await?;

    let beside = seat.browser.open(&lab.customer_page(other)).await?;
    let popup = seat.press(&beside).await?;
    popup.shows("confirm").await?;
    assert_eq!(
        popup.page.evaluate(typed).await?,
        json!(["", ""]),
        "for nobody else"
    );
    popup.settled().await?;
    seat.browser.close_popup().await?;

    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.page.evaluate(typed).await?, json!(["Margin call", "T-7"]));
    popup.settled().await?;
    popup.page.key(ENTER).await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    let gone = "!(await chrome.storage.session.get('draft')).draft";
    popup
        .page
        .wait_for("it to be gone once it was used", gone)
        .await?;
    Ok(())
}

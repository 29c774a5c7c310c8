//! Clicks at bad moments: on a browser whose background script sleeps, twice, with the popup closed too early.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::{assert_asked_for, run};

crate::in_each_browser!(
    cold_background,
    double_click,
    popup_closed_while_waiting,
    stopped_while_waiting
);

async fn cold_background(kind: Kind) -> Result<()> {
    cold_clicks(kind, 2).await
}

#[tokio::test]
async fn twenty_cold_clicks_and_none_is_lost() {
    run(cold_clicks(Kind::Chromium, 20)).await;
}

/// The background script is stopped before the click, and again before the consent.
async fn cold_clicks(kind: Kind, times: usize) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    for _ in 0..times {
        seat.browser.stop_background(&tab).await?;
        let popup = seat.press(&tab).await?;
        popup.start_over().await?;
        popup.shows("confirm").await?;
        seat.browser.stop_background(&tab).await?;
        popup.confirm().await?;
        popup.opened().await?;
        assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
        assert_asked_for(&lab, &[customer]);
        seat.browser.close_private().await?;
    }
    Ok(())
}

async fn double_click(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    // While the answer is held, the second click meets a login under way, not one that is over.
    let mut answer = lab.gate.hold_next();
    popup.page.double_click("[data-slot=open]").await?;
    answer.arrived().await?;
    answer.release();
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

async fn popup_closed_while_waiting(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    let mut answer = lab.gate.hold_next();
    popup.confirm().await?;
    answer.arrived().await?;
    // Pressing the button again closes the popup and opens a new one, which finds the login under way.
    let popup = seat.press(&tab).await?;
    popup.shows("working").await?;
    answer.release();
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

/// The browser stops the background script during a login. Nobody knows then whether a token exists, and the popup
/// says so instead of asking for another one by itself.
async fn stopped_while_waiting(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    let mut answer = lab.gate.hold_next();
    popup.confirm().await?;
    answer.arrived().await?;
    seat.browser.stop_background(&tab).await?;
    answer.release();
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "interrupted");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[customer]);

    popup.retry().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

//! The private window: one customer at a time, and replaced only when a person says so.

use anyhow::Result;
use stagedoor_e2e::browser::{Kind, PrivateWindows};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    never_two_customers_at_once,
    one_press_for_the_former_window_and_the_login,
    whose_window_is_open_is_said,
    windows_that_cannot_be_counted_are_warned_of,
    no_window_without_consent
);

async fn never_two_customers_at_once(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (second, _), ..] = CUSTOMERS;
    assert_eq!(
        seat.log_in(&lab.customer_page(first)).await?,
        Platform::LoggedIn(first.into())
    );
    assert_asked_for(&lab, &[first]);

    let tab = seat.browser.open(&lab.customer_page(second)).await?;
    let popup = seat.press(&tab).await?;
    confirm_in_haste(&popup).await?;
    assert_eq!(popup.error().await?, "isolation_busy");
    assert_asked_for(&lab, &[]);
    assert_eq!(seat.platform().await?, Platform::LoggedIn(first.into()));

    popup.retry().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(second.into()));
    assert_asked_for(&lab, &[second]);
    Ok(())
}

/// Gives the consent as whoever presses before they can have read whose window would be closed.
async fn confirm_in_haste(popup: &Popup) -> Result<()> {
    read_in_the_way(popup).await?;
    let unread = "delete document.querySelector('[data-replaces]').dataset.replaces";
    popup.page.evaluate(unread).await?;
    popup.confirm().await
}

/// Waits until somebody can have read what is said of a window that would be closed, and reads it.
async fn read_in_the_way(popup: &Popup) -> Result<String> {
    popup.shows("confirm").await?;
    popup.settled().await?;
    let read = "document.querySelector('[data-replaces]')";
    popup.page.wait_for("a window that would be closed", read).await?;
    popup.page.text("[data-slot=windows]").await
}

async fn one_press_for_the_former_window_and_the_login(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (second, _), ..] = CUSTOMERS;
    seat.log_in(&lab.customer_page(first)).await?;
    let tab = seat.browser.open(&lab.customer_page(second)).await?;
    let popup = seat.press(&tab).await?;
    let said = read_in_the_way(&popup).await?;
    assert!(
        said.contains(first) && said.contains("will be closed, with unsaved work"),
        "{said}"
    );
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(second.into()));
    assert_eq!(seat.browser.private_count().await?, 1);
    assert_asked_for(&lab, &[first, second]);

    // It is there, as it was left.
    let popup = seat.press(&tab).await?;
    popup.start_over().await?;
    popup
        .page
        .wait_for(
            "the way to the window",
            "document.querySelector('[data-slot=windows]:not([hidden])')",
        )
        .await?;
    assert!(!popup.page.shows("[data-slot=closes]").await?);
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "isolation_busy");
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn whose_window_is_open_is_said(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (second, _), ..] = CUSTOMERS;
    seat.log_in(&lab.customer_page(first)).await?;
    assert_asked_for(&lab, &[first]);
    for (customer, preferred) in [(second, "retry"), (first, "show")] {
        let tab = seat.browser.open(&lab.customer_page(customer)).await?;
        let popup = seat.press(&tab).await?;
        if customer == first {
            popup.confirm().await?;
        } else {
            confirm_in_haste(&popup).await?;
        }
        assert_eq!(popup.error().await?, "isolation_busy");
        assert_eq!(popup.page.text("[data-slot=openFor]").await?, first);
        let primary = "document.querySelector('.action .primary').dataset.slot";
        assert_eq!(popup.page.evaluate(primary).await?, preferred);
    }
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn windows_that_cannot_be_counted_are_warned_of(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    seat.log_in(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[1].0)).await?;
    let popup = seat.press(&tab).await?;
    read_in_the_way(&popup).await?;
    let uncounted = "(ask => chrome.runtime.sendMessage = (message) =>
        message.type === 'session/open' ? Promise.reject() : ask(message))(chrome.runtime.sendMessage), 0";
    popup.page.evaluate(uncounted).await?;
    confirm_in_haste(&popup).await?;
    assert_eq!(popup.error().await?, "isolation_busy");
    let told = popup.page.text("[data-slot=wait]").await?;
    assert!(told.contains("cannot be found out"), "{told}");
    let preferred = popup
        .page
        .evaluate("document.querySelector('.action .primary').dataset.slot")
        .await?;
    assert_eq!(preferred, "back");
    Ok(())
}

async fn no_window_without_consent(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Forbidden).await?;
    seat.enrol(&lab, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    let told = popup.page.text("[data-slot=consent]").await?;
    assert!(told.contains("Private windows are not allowed yet"), "{told}");
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "isolation_not_allowed");
    assert_eq!(seat.browser.private_count().await?, 0);
    // No ordinary window has the platform either, and nothing was minted for it.
    let tabs = popup
        .page
        .evaluate("chrome.tabs.query({}).then(tabs => tabs.length)")
        .await?;
    assert_eq!(
        tabs,
        popup
            .page
            .evaluate(
                "chrome.tabs.query({ windowId: chrome.windows.WINDOW_ID_CURRENT }).then(tabs => tabs.length)"
            )
            .await?
    );
    assert!(lab.sim.redemptions().is_empty());
    assert_asked_for(&lab, &[]);
    Ok(())
}

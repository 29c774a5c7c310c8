//! The end of a session: by its button in the popup or on the settings page, or by closing the window.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::{assert_asked_for, recorded};

crate::in_each_browser!(ended_by_a_button, told_on_the_toolbar_button);

async fn ended_by_a_button(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert!(!popup.page.shows("#end").await?, "there is nothing to end");
    // Live or demo is said before and after.
    assert_eq!(popup.page.text("[data-slot=environment]").await?, "Demo");
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(popup.page.text("[data-slot=environment]").await?, "Demo");
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    popup.settled().await?;
    popup.page.click("[data-slot=end]").await?;
    popup.leaves("opened").await?;
    popup.shows("sessions").await?;
    let words = popup.words().await?;
    assert!(words.contains("The window is closed"), "{words}");
    seat.browser.private_gone().await?;
    recorded(&lab, &["minted, opened, closed"]).await?;

    // From another popup, and after the script was stopped.
    popup.start_over().await?;
    popup.confirm().await?;
    popup.opened().await?;
    seat.browser.stop_background(&tab).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.click("#end").await?;
    popup.shows("sessions").await?;
    seat.browser.private_gone().await?;
    assert!(!popup.page.shows("#end").await?);
    recorded(&lab, &["minted, opened, closed", "minted, opened, closed"]).await?;

    // And from the settings page.
    popup.start_over().await?;
    popup.confirm().await?;
    popup.opened().await?;
    let options = seat.browser.open_extension("options.html").await?;
    options.click("[data-slot=end]").await?;
    options
        .wait_for(
            "the end of the session",
            "document.body.innerText.includes('The platform’s window is closed')",
        )
        .await?;
    seat.browser.private_gone().await?;
    recorded(&lab, &["minted, opened, closed"; 3]).await?;
    assert_asked_for(&lab, &[customer; 3]);
    Ok(())
}

/// The popup was closed while the relay was asked: the button says how it ended, until somebody looks.
async fn told_on_the_toolbar_button(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let options = seat.browser.open_extension("options.html").await?;
    let badge = async |expected: &str| {
        let shown = format!("chrome.action.getBadgeText({{}}).then(text => text === '{expected}')");
        options
            .wait_for(
                &format!("the toolbar button to say {expected:?}"),
                &format!("await {shown}"),
            )
            .await
    };

    let popup = seat.press(&tab).await?;
    let mut answer = lab.front.hold_next_to("POST /v1/logins HTTP");
    popup.confirm().await?;
    answer.arrived().await?;
    seat.browser.close_popup().await?;
    answer.release();
    badge("✓").await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    let popup = seat.press(&tab).await?;
    popup.opened().await?;
    badge("").await?;
    seat.browser.close_private().await?;
    recorded(&lab, &["minted, opened, closed"]).await?;

    popup.start_over().await?;
    let mut request = lab.front.hold_request("POST /v1/logins HTTP");
    popup.confirm().await?;
    request.arrived().await?;
    seat.browser.close_popup().await?;
    // Somebody's requests for approval are counted there, too.
    options
        .evaluate("chrome.action.setBadgeText({ text: '2' })")
        .await?;
    // Where a connection is cut that was used before, browsers send a request once more by themselves: there must be none.
    lab.front.shut(true);
    request.lose();
    badge("!2").await?;
    lab.front.shut(false);
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "relay_lost");
    badge("2").await?;
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

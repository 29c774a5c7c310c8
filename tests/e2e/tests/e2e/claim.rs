//! Two people and one customer: the second is told of the first, and nothing happens until they decide.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::wait::{PATIENCE, until};

use crate::support::{assert_asked_for, assert_asked_for_long};

crate::in_each_browser!(
    a_colleagues_login_stands_until_it_is_over,
    one_that_is_under_way_is_not_overridden_before_it_has_ended,
    one_that_runs_out_takes_no_press_that_was_meant_for_the_way_back,
);

/// A claim lasts as long as its token, and must outlast what the test looks at.
const FOR_AN_HOUR: &str = "reason = \"optional\"\nallow_long_validity = true\nvalidity_seconds = 3600";

async fn a_colleagues_login_stands_until_it_is_over(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(FOR_AN_HOUR).await?;
    let dana = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let noor = Seat::enrolled(&lab, kind, SUPPORT[1]).await?;
    let customer = CUSTOMERS[0].0;
    let page = lab.customer_page(customer);
    assert_eq!(dana.log_in(&page).await?, Platform::LoggedIn(customer.into()));
    assert_asked_for_long(&lab, &[customer], 3600);

    let tab = noor.browser.open(&page).await?;
    let popup = noor.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.page.fill("[data-slot=reason]", "Call of 14:05").await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "customer_claimed");
    let words = popup.words().await?;
    assert!(words.contains("Dana Reyes opened this customer"), "{words}");
    assert!(words.contains("It is free again in"), "{words}");
    assert_asked_for(&lab, &[]);
    assert_eq!(noor.browser.private_count().await?, 0);

    // What Enter does out of habit is to go back, with everything that was typed.
    let focused = "document.activeElement.dataset.slot";
    assert_eq!(popup.page.evaluate(focused).await?, "back");
    popup.page.click("[data-slot=back]").await?;
    popup.leaves("error").await?;
    popup.shows("confirm").await?;
    let reason = popup
        .page
        .evaluate("document.querySelector('[data-slot=reason]').value")
        .await?;
    assert_eq!(reason, "Call of 14:05");
    assert_eq!(dana.platform().await?, Platform::LoggedIn(customer.into()));

    dana.browser.close_private().await?;
    until("the relay to hear of the closed window", PATIENCE, async || {
        let closed = lab.relay()?.log().contains(r#""outcome":"closed""#);
        Ok(closed.then_some(()))
    })
    .await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(noor.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for_long(&lab, &[customer], 3600);
    Ok(())
}

async fn one_that_is_under_way_is_not_overridden_before_it_has_ended(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let dana = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let noor = Seat::enrolled(&lab, kind, SUPPORT[1]).await?;
    let customer = CUSTOMERS[0].0;
    let mut popups = Vec::new();
    for seat in [&noor, &dana] {
        let tab = seat.browser.open(&lab.customer_page(customer)).await?;
        let popup = seat.press(&tab).await?;
        popup.shows("confirm").await?;
        popups.push(popup);
    }
    let [popup, danas] = popups.as_slice() else {
        unreachable!("there are two")
    };
    let mut answer = lab.gate.hold_next();
    danas.confirm().await?;
    answer.arrived().await?;

    popup.confirm().await?;
    assert_eq!(popup.error().await?, "customer_claimed");
    popup.page.click("[data-slot=retry]").await?;
    until(
        "the popup to say that Dana's is under way",
        PATIENCE,
        async || {
            let words = popup.words().await?;
            let said =
                words.contains("Dana Reyes asked for this customer") && words.contains("still on its way");
            Ok(said.then_some(()))
        },
    )
    .await?;
    assert_asked_for(&lab, &[customer]);
    assert_eq!(noor.browser.private_count().await?, 0);

    answer.release();
    danas.opened().await?;
    assert_eq!(dana.platform().await?, Platform::LoggedIn(customer.into()));
    popup.retry().await?;
    popup.opened().await?;
    assert_eq!(noor.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

/// Presses what has the focus in the moment in which a screen takes another one's place.
const PRESS_AT_ONCE: &str = "new MutationObserver(() => document.activeElement.click())
    .observe(document.querySelector('#screen'), { childList: true }), 0";

async fn one_that_runs_out_takes_no_press_that_was_meant_for_the_way_back(kind: Kind) -> Result<()> {
    let lab = Lab::start_with("reason = \"optional\"\nvalidity_seconds = 5").await?;
    let dana = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let noor = Seat::enrolled(&lab, kind, SUPPORT[1]).await?;
    let customer = CUSTOMERS[0].0;
    let page = lab.customer_page(customer);
    let popup = noor.press(&noor.browser.open(&page).await?).await?;
    popup.settled().await?;
    dana.log_in(&page).await?;
    assert_asked_for_long(&lab, &[customer], 5);
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "customer_claimed");
    let words = popup.words().await?;
    assert!(words.contains("Dana Reyes opened this customer"), "{words}");
    popup.page.evaluate(PRESS_AT_ONCE).await?;
    let free = "document.querySelector('#screen').innerText.includes('This customer is free again')";
    popup.page.wait_for("the claim to run out", free).await?;
    popup.settled().await?;
    assert_eq!(popup.screen().await?, "error");
    assert_asked_for(&lab, &[]);
    // Who has looked goes on.
    popup.page.evaluate("document.activeElement.click()").await?;
    popup.opened().await?;
    assert_asked_for_long(&lab, &[customer], 5);
    Ok(())
}

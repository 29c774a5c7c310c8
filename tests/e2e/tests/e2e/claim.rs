//! Two people and one customer: the second is told of the first, and nothing happens until they decide.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::wait::{PATIENCE, until};

use crate::support::assert_asked_for;

crate::in_each_browser!(a_colleagues_login_stands_until_it_is_over);

async fn a_colleagues_login_stands_until_it_is_over(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let dana = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let noor = Seat::enrolled(&lab, kind, SUPPORT[1]).await?;
    let customer = CUSTOMERS[0].0;
    let page = lab.customer_page(customer);
    assert_eq!(dana.log_in(&page).await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);

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
    popup.shows("confirm").await?;
    let reason = popup
        .page
        .evaluate("document.querySelector('[data-slot=reason]').value")
        .await?;
    assert_eq!(reason, "Call of 14:05");
    assert_eq!(dana.platform().await?, Platform::LoggedIn(customer.into()));

    dana.browser.close_private().await?;
    until("the relay to hear of the closed window", PATIENCE, async || {
        let closed = lab.relay()?.log().contains(r#""outcome":"Closed""#);
        Ok(closed.then_some(()))
    })
    .await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(noor.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

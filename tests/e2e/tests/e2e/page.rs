//! What the CRM page leads to: a chooser, a field to type into, and nothing at all that a person has not seen.

use anyhow::Result;
use serde_json::{Value, json};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(two_candidates, no_candidate, address_swapped_under_the_popup);

/// The addresses that the chooser offers, in the order of the alphabet.
async fn offered(popup: &Popup) -> Result<Value> {
    let find = "[...document.querySelectorAll('[name=candidate]')].map(radio => radio.value).sort()";
    popup.page.evaluate(find).await
}

async fn two_candidates(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (second, _), ..] = CUSTOMERS;
    let both = format!(
        "<title>Household</title><main><p><a href='mailto:{first}'>{first}</a>
        <p><a href='mailto:{second}'>{second}</a></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("household", &both)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("choose").await?;
    assert_eq!(offered(&popup).await?, json!([first, second]));
    let picked = popup
        .page
        .evaluate("document.querySelectorAll('[name=candidate]:checked').length");
    assert_eq!(picked.await?, 0);
    popup
        .page
        .click(&format!("[name=candidate][value='{second}']"))
        .await?;
    popup.page.click("[data-slot=go]").await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, second);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(second.into()));
    assert_asked_for(&lab, &[second]);
    Ok(())
}

async fn no_candidate(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[1].0;
    let tab = seat
        .browser
        .open(
            &lab.crm
                .add("empty", "<title>Customer</title><h1>No contact data</h1>"),
        )
        .await?;
    let popup = seat.press(&tab).await?;
    popup.shows("manual").await?;
    popup.page.fill("#email", "ben.ito@customers").await?;
    popup.page.click("[data-screen=manual] [type=submit]").await?;
    popup
        .page
        .wait_for(
            "the address to be refused",
            "document.querySelector('#email-error').textContent",
        )
        .await?;
    assert_eq!(popup.screen().await?, "manual");
    popup.page.fill("#email", customer).await?;
    popup.page.click("[data-screen=manual] [type=submit]").await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, customer);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

async fn address_swapped_under_the_popup(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(seen, name), (swapped, other_name), ..] = CUSTOMERS;
    let page = format!(
        "<main><h1>{name}</h1><span>E-mail</span> <a id='address' href='mailto:{seen}'>{seen}</a></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("swap", &page)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, seen);
    tab.evaluate(&format!(
        "(document.querySelector('h1').textContent = '{other_name}', address.href = 'mailto:{swapped}', address.textContent = '{swapped}')"
    ))
    .await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "page_changed");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    popup.retry().await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(swapped.into()));
    assert_asked_for(&lab, &[swapped]);
    Ok(())
}

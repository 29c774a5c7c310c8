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
    stopped_while_waiting,
    clicked_while_the_page_is_read_again,
);

async fn cold_background(kind: Kind) -> Result<()> {
    cold_clicks(kind, 2, 1).await
}

#[tokio::test]
async fn a_hundred_cold_clicks_and_none_is_lost() {
    run(cold_clicks(Kind::Chromium, 100, 10)).await;
}

/// The background script is stopped before each click; now and then the person goes on, and it is stopped before their
/// consent, too.
async fn cold_clicks(kind: Kind, times: usize, every: usize) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let mut answered = 0;
    for click in 1..=times {
        seat.browser.stop_background(&tab).await?;
        let popup = seat.press(&tab).await?;
        popup.shows("confirm").await?;
        assert_eq!(popup.customer().await?, customer);
        answered += 1;
        if click % every != 0 {
            continue;
        }
        seat.browser.stop_background(&tab).await?;
        popup.confirm().await?;
        popup.opened().await?;
        assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
        assert_asked_for(&lab, &[customer]);
        seat.browser.close_private().await?;
    }
    assert_eq!(answered, times);
    Ok(())
}

async fn double_click(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
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
    let lab = Lab::start().await?.patient()?;
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
    let lab = Lab::start().await?.patient()?;
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

/// A click that begins before the page has been read anew and ends after it: if nothing has changed, it counts.
async fn clicked_while_the_page_is_read_again(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let (customer, name) = CUSTOMERS[0];
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    let button = "document.querySelector('[data-slot=open]')";
    popup
        .page
        .evaluate(&format!("globalThis.pressed = {button}, 0"))
        .await?;
    let mut answer = lab.front.hold_next_to("GET /v1/session");
    popup.page.click("#rescan").await?;
    answer.arrived().await?;
    answer.release();
    popup.settled().await?;
    assert_eq!(
        popup
            .page
            .evaluate(&format!("globalThis.pressed === {button}"))
            .await?,
        true,
        "the button was replaced under the finger"
    );
    popup.page.click("[data-slot=open]").await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[customer]);

    // Where the page has changed, the button goes with what it stood under.
    seat.browser.close_private().await?;
    let (other, other_name) = CUSTOMERS[1];
    let page = format!(
        "<main><h1>{name}</h1><span>E-mail</span> <a id='address' href='mailto:{customer}'>{customer}</a></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("changes", &page)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup
        .page
        .evaluate(&format!("globalThis.pressed = {button}, 0"))
        .await?;
    tab.evaluate(&format!(
        "(document.querySelector('h1').textContent = '{other_name}', address.href = 'mailto:{other}', address.textContent = '{other}')"
    ))
    .await?;
    popup.start_over().await?;
    assert_eq!(popup.customer().await?, other);
    assert_eq!(
        popup.page.evaluate("globalThis.pressed.isConnected").await?,
        false
    );
    assert_asked_for(&lab, &[]);
    Ok(())
}

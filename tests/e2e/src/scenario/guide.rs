//! The three scenarios of the broker's guide to one-time tokens, as staff see them: a token used in time, one that ran
//! out, and one that a newer one replaced.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use stagedoor_broker_sim::TokenState;

use super::{LONGER_THAN_A_TOKEN, Platform, Popup, SUPPORT, Seat, platform_state};
use crate::camera::Camera;
use crate::lab::{CUSTOMERS, Lab};
use crate::page::Page;

/// What happened in a scenario.
pub struct Story {
    /// What the browser showed, for a person to read.
    pub seen: String,
    /// From the decisive click to the platform's answer.
    pub took: Duration,
}

/// A token used within its validity logs in.
pub async fn valid(lab: &Lab, seat: &Seat, camera: &Camera) -> Result<Story> {
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    camera.take("valid-1-crm", &tab).await?;
    let popup = propose(seat, &tab, customer).await?;
    camera.take("valid-2-popup", &popup.page).await?;
    let start = Instant::now();
    popup.confirm().await?;
    let platform = answer(seat, &popup).await?;
    let took = start.elapsed();
    camera.take("valid-3-platform", &platform).await?;
    expect(
        &platform_state(&platform).await?,
        &Platform::LoggedIn(customer.into()),
    )?;
    seat.browser.close_private().await?;
    Ok(Story {
        seen: format!("the platform opened, logged in as {customer}"),
        took,
    })
}

/// A token that has run out is refused, and a new click logs in.
pub async fn expired(lab: &Lab, seat: &Seat, camera: &Camera) -> Result<Story> {
    let customer = CUSTOMERS[1].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = propose(seat, &tab, customer).await?;
    let mut answer_of_broker = lab.gate.hold_next();
    popup.confirm().await?;
    answer_of_broker.arrived().await?;
    lab.sim.clock().advance(LONGER_THAN_A_TOKEN);
    answer_of_broker.release();
    let platform = answer(seat, &popup).await?;
    camera.take("expired-1-refused", &platform).await?;
    expect(
        &platform_state(&platform).await?,
        &Platform::Refused("expired".into()),
    )?;
    seat.browser.close_private().await?;

    let popup = seat.press(&tab).await?;
    // It shows the login that came to nothing.
    popup.start_over().await?;
    let start = Instant::now();
    popup.confirm().await?;
    let platform = answer(seat, &popup).await?;
    let took = start.elapsed();
    camera.take("expired-2-new-click", &platform).await?;
    expect(
        &platform_state(&platform).await?,
        &Platform::LoggedIn(customer.into()),
    )?;
    seat.browser.close_private().await?;
    Ok(Story {
        seen: format!("the platform refused the expired token; a new click logged in as {customer}"),
        took,
    })
}

/// A newer token makes the older one invalid: two staff members open the same customer. The first one's token is good, and
/// still on its way to their browser; the second one is told of it, opens all the same, and is in.
pub async fn regenerated(lab: &Lab, seats: [&Seat; 2], camera: &Camera) -> Result<Story> {
    let customer = CUSTOMERS[2].0;
    let [slower, faster] = seats;
    let tab = slower.browser.open(&lab.customer_page(customer)).await?;
    let popup = propose(slower, &tab, customer).await?;
    let mut older = lab.front.hold_next_to("POST /v1/logins ");
    popup.confirm().await?;
    older.arrived().await?;
    expect_tokens(lab, customer, &[TokenState::Live])?;

    let other_tab = faster.browser.open(&lab.customer_page(customer)).await?;
    let other_popup = propose(faster, &other_tab, customer).await?;
    other_popup.confirm().await?;
    let claimed = other_popup.error().await?;
    let words = other_popup.words().await?;
    ensure!(
        claimed == "customer_claimed" && words.contains(SUPPORT[0].name),
        "the popup says {claimed}: {words}, expected it to name the colleague who has the customer open"
    );
    expect_tokens(lab, customer, &[TokenState::Live])?;
    let start = Instant::now();
    other_popup.retry().await?;
    let newer = answer(faster, &other_popup).await?;
    let took = start.elapsed();
    camera.take("regenerated-1-newer", &newer).await?;
    expect(
        &platform_state(&newer).await?,
        &Platform::LoggedIn(customer.into()),
    )?;

    older.release();
    let platform = answer(slower, &popup).await?;
    camera.take("regenerated-2-older", &platform).await?;
    expect(
        &platform_state(&platform).await?,
        &Platform::Refused("superseded".into()),
    )?;
    slower.browser.close_private().await?;
    faster.browser.close_private().await?;
    Ok(Story {
        seen: format!(
            "the second person was told who has {customer} open, and opened all the same: the newer token logged in, \
             and the platform refused the older one"
        ),
        took,
    })
}

/// The tokens that the broker has made for a customer, oldest first.
fn expect_tokens(lab: &Lab, customer: &str, wanted: &[TokenState]) -> Result<()> {
    let tokens = lab.sim.tokens().into_iter();
    let states: Vec<_> = tokens
        .filter(|token| token.email == customer)
        .map(|token| token.state)
        .collect();
    ensure!(states == wanted, "the tokens are {states:?}, expected {wanted:?}");
    Ok(())
}

async fn propose(seat: &Seat, tab: &Page, customer: &str) -> Result<Popup> {
    let popup = seat.press(tab).await?;
    popup.shows("confirm").await?;
    let proposed = popup.customer().await?;
    ensure!(
        proposed == customer,
        "the popup proposes {proposed}, expected {customer}"
    );
    Ok(popup)
}

async fn answer(seat: &Seat, popup: &Popup) -> Result<Page> {
    popup.opened().await?;
    let page = seat.browser.private_page().await?;
    platform_state(&page).await?;
    Ok(page)
}

fn expect(seen: &Platform, wanted: &Platform) -> Result<()> {
    ensure!(seen == wanted, "the platform shows {seen:?}, expected {wanted:?}");
    Ok(())
}

//! What a recipe knows of a page, through the whole product: the customer's record goes into the ledger, and going on to
//! the next record stops a login.

use anyhow::{Result, ensure};
use stagedoor_e2e::browser::{Kind, PrivateWindows, Setup};
use stagedoor_e2e::corpus::{samples, vendors};
use stagedoor_e2e::lab::Lab;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::vendors::Vendors;

use crate::support::assert_asked_for;

crate::in_each_browser!(the_record_goes_into_the_ledger, the_next_record_under_the_popup);

/// The page that goes on from one contact to the next by itself.
const PAGE: &str = "https://app.hubspot.com/contacts/20418/record/0-1/504";
const FIRST: &str = "eszter.nagy@customers.example";
const NEXT: &str = "farah.rahimi@customers.example";

async fn at_a_vendors_page(kind: Kind) -> Result<(Lab, Vendors, Seat)> {
    let lab = Lab::start().await?;
    let vendors = vendors(&lab, &samples()?).await?;
    let setup = Setup {
        private: PrivateWindows::Allowed,
        proxy: Some(vendors.address()),
        language: None,
    };
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], setup).await?;
    seat.enrol(&lab, SUPPORT[0]).await?;
    Ok((lab, vendors, seat))
}

async fn the_record_goes_into_the_ledger(kind: Kind) -> Result<()> {
    let (lab, _vendors, seat) = at_a_vendors_page(kind).await?;
    let tab = seat.browser.open(PAGE).await?;
    let popup = seat.press(&tab).await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(FIRST.into()));
    assert_asked_for(&lab, &[FIRST]);
    let recorded = lab.relay()?.run(&["ledger", "show", "0"])?;
    for expected in ["https://app.hubspot.com", "504"] {
        ensure!(recorded.contains(expected), "{expected} is not in {recorded}");
    }
    ensure!(
        !recorded.contains("/contacts/"),
        "more of the page's address went on record: {recorded}"
    );
    Ok(())
}

async fn the_next_record_under_the_popup(kind: Kind) -> Result<()> {
    let (lab, _vendors, seat) = at_a_vendors_page(kind).await?;
    let tab = seat.browser.open(PAGE).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, FIRST);
    tab.evaluate("document.getElementById('next').click()").await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "page_changed");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    popup.retry().await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, NEXT);
    popup.confirm().await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[NEXT]);
    Ok(())
}

//! What the popup shows where the relay's policy says no.

use anyhow::Result;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::SUPPORT;

use crate::Studio;

const FROM_THE_OFFICE: &str = "reason = \"optional\"\n[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\n\
    networks = [\"198.51.100.0/24\"]";
const WITH_A_TICKET: &str = "reason = \"optional\"\n[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\n\
    ticket = \"required\"\nticket_pattern = \"SUP-[0-9]{1,8}\"";

pub(super) async fn shoot() -> Result<()> {
    let studio = Studio::open(Lab::start_with(FROM_THE_OFFICE).await?, None).await?;
    studio.seat.enrol(&studio.lab, SUPPORT[0]).await?;
    let page = studio.lab.customer_page(CUSTOMERS[0].0);
    let popup = studio.seat.press(&studio.seat.browser.open(&page).await?).await?;
    popup.confirm().await?;
    popup.error().await?;
    studio.both("popup-not-permitted", &popup.page).await?;
    studio.close().await?;

    let studio = Studio::open(Lab::start_with(WITH_A_TICKET).await?, None).await?;
    studio.seat.enrol(&studio.lab, SUPPORT[0]).await?;
    let page = studio.lab.customer_page(CUSTOMERS[0].0);
    let popup = studio.seat.press(&studio.seat.browser.open(&page).await?).await?;
    popup.shows("confirm").await?;
    popup.confirm().await?;
    studio.both("popup-ticket", &popup.page).await?;
    popup.page.fill("[data-slot=ticket]", "17").await?;
    popup.confirm().await?;
    popup.error().await?;
    studio.both("popup-ticket-refused", &popup.page).await?;
    studio.close().await
}

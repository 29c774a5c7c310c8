//! What the popup shows of an account before a login.

use anyhow::Result;
use stagedoor_broker_sim::{Account, BodyKind, Endpoint, Fault};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::SUPPORT;

use crate::Studio;

pub(super) async fn shoot() -> Result<()> {
    let studio = Studio::open(Lab::start_previewing().await?, None).await?;
    studio.seat.enrol(&studio.lab, SUPPORT[0]).await?;
    let sim = &studio.lab.sim;
    picture(&studio, "popup-account", "known").await?;

    let mut other = Account::new(
        CUSTOMERS[0].0,
        "Bartholomew Featherstonehaugh-Cholmondeley of Northfield",
    );
    other.verification_status = "PENDING_VERIFICATION".to_owned();
    sim.put_account(other);
    picture(&studio, "popup-account-other", "known").await?;

    sim.script(Fault::Status(403, BodyKind::Problem).on(Endpoint::LookUp));
    picture(&studio, "popup-account-unavailable", "unavailable").await?;
    sim.clear_scripts();

    let page = "<title>Customer</title><span>E-mail</span> <b>nobody@customers.example</b>";
    let tab = studio
        .seat
        .browser
        .open(&studio.lab.crm.add("stranger", page))
        .await?;
    let popup = studio.seat.press(&tab).await?;
    popup
        .page
        .wait_for(
            "the account",
            "document.querySelector('.account[data-state=unknown]')",
        )
        .await?;
    studio.both("popup-account-unknown", &popup.page).await?;
    studio.close().await
}

async fn picture(studio: &Studio, name: &str, state: &str) -> Result<()> {
    let page = studio.lab.customer_page(CUSTOMERS[0].0);
    let tab = studio.seat.browser.open(&page).await?;
    let popup = studio.seat.press(&tab).await?;
    let shown = format!("document.querySelector('.account[data-state={state}]')");
    popup.page.wait_for("the account", &shown).await?;
    studio.both(name, &popup.page).await?;
    tab.close().await
}

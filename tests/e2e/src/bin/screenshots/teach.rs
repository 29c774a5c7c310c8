//! Teaching a CRM: the picker over a page, and what comes of it.

use anyhow::Result;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::SUPPORT;

use crate::{Studio, keep};

/// A page of a home-made CRM, where the account manager's address looks like the customer's.
const PAGE: &str = "<!doctype html><title>{name}</title><link rel=stylesheet href=/ledgerline.css>
    <main style='padding:32px 40px;font:15px system-ui'><h1>{name}</h1><p>Client 20418-4711</p><h2>Contact</h2>
    <dl style='display:grid;grid-template-columns:160px 1fr;gap:12px'>
    <dt>E-mail</dt><dd data-field='email'>{email}</dd><dt>E-mail</dt><dd data-field='email-billing'>{other}</dd>
    <dt>Phone</dt><dd>+48 22 555 01 18</dd><dt>Country</dt><dd>Poland</dd></dl></main>";

pub(crate) async fn shoot() -> Result<()> {
    let studio = Studio::open(Lab::start().await?).await?;
    studio.seat.enrol(&studio.lab, SUPPORT[0]).await?;
    let [(email, name), (other, _), ..] = CUSTOMERS;
    let html = PAGE
        .replace("{name}", name)
        .replace("{email}", email)
        .replace("{other}", other);
    let tab = studio
        .seat
        .browser
        .open(&studio.lab.crm.add("branch/20/customers/4711", &html))
        .await?;
    let lesson = studio.seat.teach(&tab).await?;
    tab.type_text("\t").await?;
    keep(
        &studio.directory.join("teach-picker.png"),
        &tab.screenshot().await?,
    )?;
    tab.point_at("document.querySelector('[data-field=email]')")
        .await?;
    lesson.lines().await?;
    keep(
        &studio.directory.join("teach-light.png"),
        &lesson.page.chromium()?.picture_of("body").await?,
    )?;
    studio.close().await
}

//! The pictures that stores ask for: 1280 by 800, the real extension over the sample CRM.

use std::fs;

use anyhow::{Context as _, Result};
use stagedoor_e2e::browser::Browser;
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{SUPPORT, Seat};

use crate::{keep, picture};

/// A page with the popup over it; `{page}` and `{popup}` are the addresses of the pictures.
const SCENE: &str = include_str!("store.html");

pub(super) async fn shoot() -> Result<()> {
    let lab = Lab::start().await?;
    let options = Options {
        window: (1280, 800 + TOOLBAR),
        ..Options::default()
    };
    let browser = Chromium::start(&lab.directory().join("profile"), &paths::extension()?, options).await?;
    let seat = Seat {
        browser: Browser::Chromium(browser),
    };
    seat.enrol(&lab, SUPPORT[0]).await?;

    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup
        .page
        .fill("[data-slot=reason]", "Cannot find the withdrawal form")
        .await?;
    let confirm = (picture(&tab).await?, picture(&popup.page).await?);
    popup.confirm().await?;
    popup.opened().await?;
    let platform = seat.browser.private_page().await?;
    let opened = (picture(&platform).await?, picture(&popup.page).await?);
    seat.browser.close_private().await?;

    let [(first, _), (second, _), ..] = CUSTOMERS;
    let page = format!(
        "<title>Household</title><style>body {{ font: 16px/1.6 system-ui; margin: 60px }}</style><h1>Household of two</h1>
        <main><p>E-mail: <a href='mailto:{first}'>{first}</a><p>E-mail: <a href='mailto:{second}'>{second}</a></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("two", &page)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("choose").await?;
    let choose = (picture(&tab).await?, picture(&popup.page).await?);

    let options = seat.browser.open_extension("options.html").await?;
    options.click("[data-slot=testButton]").await?;
    options.text(".notice.good").await?;
    let settings = (picture(&options).await?, "data:,".to_owned());

    // Another tab closes the popup, so the pictures are put together last.
    let scenes = [
        ("1-confirm", confirm),
        ("2-opened", opened),
        ("3-choose", choose),
        ("4-settings", settings),
    ];
    for (name, (page, popup)) in scenes {
        scene(&lab, &seat, name, &page, &popup).await?;
    }
    seat.browser.quit().await
}

/// What Chromium keeps of its window for itself, in pixels.
const TOOLBAR: u32 = 87;

/// Keeps one picture.
async fn scene(lab: &Lab, seat: &Seat, name: &str, page: &str, popup: &str) -> Result<()> {
    let directory = paths::workspace().join("docs/store");
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let html = SCENE.replace("{page}", page).replace("{popup}", popup);
    let scene = seat.browser.open(&lab.crm.add(name, &html)).await?;
    scene
        .wait_for(
            "the pictures",
            "[...document.images].every(image => image.complete)",
        )
        .await?;
    let shot = scene.chromium()?.picture_of("#scene").await?;
    scene.close().await?;
    keep(&directory.join(format!("{name}.png")), &shot)
}

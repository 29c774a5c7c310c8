//! What a person sees who has just installed the extension.

use anyhow::{Result, bail};
use serde_json::json;
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows};
use stagedoor_e2e::firefox::Firefox;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{SUPPORT, Seat};
use stagedoor_e2e::wait::{PATIENCE, until};

crate::in_each_browser!(an_installation_opens_the_settings);

const STATE: &str = "section[aria-labelledby=private-title] [data-slot=stateText]";

/// A browser in which the extension was installed a moment ago, and the page that this opened.
async fn installed(lab: &Lab, kind: Kind, private: PrivateWindows) -> Result<(Seat, Page)> {
    let seat = Seat::unenrolled(lab, kind, SUPPORT[0], private).await?;
    let address = seat.browser.extension_url("options.html");
    let settings = seat.browser.page_at(&address).await?;
    settings.text("#connect-title").await?;
    Ok((seat, settings))
}

async fn an_installation_opens_the_settings(kind: Kind) -> Result<()> {
    for (private, says) in [
        (PrivateWindows::Forbidden, "Not allowed yet"),
        (PrivateWindows::Allowed, "Allowed"),
    ] {
        let lab = Lab::start().await?;
        let (seat, settings) = installed(&lab, kind, private).await?;
        assert_eq!(settings.text(STATE).await?, says);
        seat.browser.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn firefox_shows_the_settings_again_with_the_consent() {
    crate::support::run(with_the_consent()).await;
}

/// Firefox closes the page when it lets the extension into private windows. The extension shows it again, with what was typed.
async fn with_the_consent() -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, settings) = installed(&lab, Kind::Firefox, PrivateWindows::Forbidden).await?;
    settings.fill("#relay", &lab.front.url()).await?;
    let kept = format!(
        "(await chrome.storage.local.get('relayTyped')).relayTyped === {}",
        json!(lab.front.url())
    );
    settings.wait_for("what was typed to be kept", &kept).await?;
    let Browser::Firefox(browser) = &seat.browser else {
        bail!("this is no Firefox");
    };
    browser.consent_by_hand().await?;
    let address = browser.extension_url("options.html");
    let settings = until("the settings with the consent", PATIENCE, async || {
        shows_consent(browser, &address).await
    })
    .await?;
    let relay = settings
        .evaluate("document.querySelector('#relay').value")
        .await?;
    assert_eq!(relay, lab.front.url());
    let noted = settings.evaluate("chrome.storage.local.get()").await?;
    assert_eq!(noted, json!({}));
    settings.close().await?;

    // Once: whoever has closed them is not led there by the next start of the script. It answers nobody before it has opened
    // whatever it opens, and a tab is there at once, before it has its address.
    let tab = browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let before = browser.run(TABS).await?;
    browser.stop_background().await?;
    let popup = seat.press(&tab).await?;
    popup.shows("setup").await?;
    assert_eq!(browser.run(TABS).await?, before, "they came back again");
    Ok(())
}

/// How many tabs there are in all windows.
const TABS: &str = "return windows().flatMap(window => [...window.gBrowser.tabs]).length;";

/// The settings, once they are open and say that the consent is there.
async fn shows_consent(browser: &Firefox, address: &str) -> Result<Option<Page>> {
    let Some(settings) = browser.page_at(address).await? else {
        return Ok(None);
    };
    let says = format!("document.querySelector('{STATE}')?.textContent === 'Allowed'");
    // The one from before is closed at some moment, also while it is asked.
    let shown = settings.evaluate(&says).await.is_ok_and(|shown| shown == true);
    Ok(Some(settings).filter(|_| shown))
}

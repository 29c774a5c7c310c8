//! The extension in the browser's own language: German, and Arabic, which runs from right to left.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use stagedoor_e2e::axe::Axe;
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows, Setup};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::states::Screen;

use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_login_in_german,
    a_login_in_arabic,
    every_state_fits_in_german,
    every_state_fits_in_spanish,
    every_state_fits_in_polish,
    every_state_fits_in_french,
    every_state_fits_in_arabic,
);

/// A text of the extension in a language.
fn message(language: &str, key: &str) -> Result<String> {
    let file = paths::extension()?.join(format!("_locales/{language}/messages.json"));
    let messages: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let message = messages[key]["message"].as_str();
    Ok(message.context("there is no such text")?.to_owned())
}

async fn a_login_in_german(kind: Kind) -> Result<()> {
    log_in(kind, "de", "ltr", "Plattform öffnen als").await
}

async fn a_login_in_arabic(kind: Kind) -> Result<()> {
    log_in(kind, "ar", "rtl", "فتح المنصة بصفة").await
}

/// A whole login, and what is read on the way.
async fn log_in(kind: Kind, language: &'static str, direction: &str, title: &str) -> Result<()> {
    let lab = Lab::start().await?;
    let setup = Setup {
        language: Some(language),
        ..PrivateWindows::Allowed.into()
    };
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], setup).await?;
    let options = seat.browser.open_extension("options.html").await?;
    let heading = options.text("#connect-title").await?;
    assert_eq!(heading, message(language, "options_connect_title")?);
    let root = "[document.documentElement.lang, document.documentElement.dir]";
    let said = options.evaluate(root).await?;
    assert_eq!(said, json!([message(language, "language")?, direction]));
    options.close().await?;

    seat.enrol(&lab, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.page.text(".eyebrow").await?, title);
    assert_eq!(popup.customer().await?, customer);
    assert_eq!(popup.page.evaluate(ADDRESS).await?, json!(["ltr", true]));
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(popup.page.text("h1").await?, message(language, "opened_title")?);
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

/// How the address runs, and whether its beginning is left of its end.
const ADDRESS: &str = "(() => {
    const whole = document.querySelector('[data-slot=address] bdi');
    const [name, host] = whole.querySelectorAll('.unit');
    const [before, after] = [name.getBoundingClientRect(), host.getBoundingClientRect()];
    return [getComputedStyle(whole).direction, before.left < after.left || before.top < after.top];
})()";

/// What is wider than its place, or a key where a text belongs. What may be scrolled to downwards fits.
const MISFITS: &str = "(() => {
    const faults = [];
    for (const element of document.body.querySelectorAll('*')) {
        if (!element.checkVisibility() || element.closest('.visually-hidden, svg, option')) continue;
        const box = element.getBoundingClientRect();
        if (box.left < -1 || box.right > document.documentElement.clientWidth + 1
            || (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && !element.matches('input, select')
                && (getComputedStyle(element).overflowX !== 'visible' || element.matches('button, .popup'))))
            faults.push(`${element.dataset.slot || element.className || element.localName} is too wide`);
    }
    if (/\\b[a-z]+(_[a-z0-9]+)+\\b/.test(document.body.innerText.replace(document.querySelector('[data-slot=code]')?.innerText, '')))
        faults.push('a key is shown');
    // Chromium shows 600 pixels of a popup at most.
    if (document.querySelector('.popup .action')?.getBoundingClientRect().bottom > 600) faults.push('the way on is below the fold');
    return faults;
})()";

/// Every state of every page, looked at in a language.
async fn fits(kind: Kind, language: &'static str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let setup = Setup {
        language: Some(language),
        ..PrivateWindows::Allowed.into()
    };
    let profile = directory.path().join("profile");
    let browser = Browser::start(kind, &profile, &paths::extension()?, setup).await?;
    let axe = Axe::load()?;
    let mut faults = Vec::new();
    for screen in Screen::ALL {
        let page = screen.open(&browser).await?;
        for state in screen.states()? {
            state.show(&page).await?;
            let found = misfits(&page).await?;
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", state.name)));
        }
        // Language and direction are for whoever hears the page, too.
        let heard = axe.faults(&page).await?;
        faults.extend(heard.into_iter().filter(|fault| fault.starts_with("html-lang")));
        page.close().await?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Makes a function of each language, for the browsers to run.
macro_rules! in_each_language {
    ($($name:ident: $language:literal),+ $(,)?) => {
        $(async fn $name(kind: Kind) -> Result<()> {
            fits(kind, $language).await
        })+
    };
}

in_each_language!(
    every_state_fits_in_german: "de",
    every_state_fits_in_spanish: "es",
    every_state_fits_in_polish: "pl",
    every_state_fits_in_french: "fr",
    every_state_fits_in_arabic: "ar",
);

async fn misfits(page: &Page) -> Result<Vec<String>> {
    let found = page.evaluate(MISFITS).await?;
    let found = found.as_array().into_iter().flatten();
    Ok(found.filter_map(Value::as_str).map(str::to_owned).collect())
}

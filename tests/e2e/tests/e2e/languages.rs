//! The extension in the browser's own language: German, and Arabic, which runs from right to left; and whether every text has its
//! place in each.

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
    every_state_fits_in_english,
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
    if (document.documentElement.dir === 'rtl') for (const element of document.querySelectorAll('dd, .account-who > bdi')) {
        const range = new Range();
        range.selectNodeContents(element);
        const rights = [...range.getClientRects()].filter(({ width }) => width > 0).map(({ right }) => right);
        if (rights.length && element.checkVisibility() && Math.max(...rights) < element.getBoundingClientRect().right - 4)
            faults.push(`${element.dataset.slot || element.localName} begins on the left`);
    }
    // Chromium shows 600 pixels of a popup at most.
    if (document.querySelector('.popup .action')?.getBoundingClientRect().bottom > 600) faults.push('the way on is below the fold');
    return faults;
})()";

/// Texts that lie on one another or on a field, a button or a badge, that are cut, or that run out of what is around them.
const OVERLAPS: &str = "(() => {
    const faults = [];
    const root = document.querySelector('dialog[open]') ?? document.body;
    const name = ({ dataset, className, localName, id }) => dataset.slot || id || className || localName;
    const things = [];
    const add = (element, node, rects) => {
        for (const { left, top, right, bottom } of rects) {
            const seen = { left, top, right, bottom };
            for (let at = element; at && at !== document.body; at = at.parentElement) {
                const { overflowX, overflowY } = getComputedStyle(at);
                if (at.matches('input, select, textarea') || (overflowX === 'visible' && overflowY === 'visible')) continue;
                const box = at.getBoundingClientRect();
                if (overflowY !== 'auto' && (top < box.top - 1 || bottom > box.bottom + 1)) faults.push(`${name(element)} is cut`);
                seen.top = Math.max(seen.top, box.top);
                seen.bottom = Math.min(seen.bottom, box.bottom);
            }
            if (seen.right - seen.left > 1 && seen.bottom - seen.top > 1) things.push({ element, node, ...seen });
        }
    };
    const isSeen = element => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden, svg, option');
    const boxed = [...root.querySelectorAll('.badge, button:not(.link), input:not([type=radio], [type=checkbox]), select, textarea')].filter(isSeen);
    for (const element of boxed) add(element, element, [element.getBoundingClientRect()]);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const element = node.parentElement;
        if (!node.data.trim() || element.closest('template, script, style, textarea') || !isSeen(element)) continue;
        const range = new Range();
        range.selectNodeContents(node);
        add(element, node, range.getClientRects());
        const around = element.closest('button:not(.link), .badge, .account, .alert, .notice, .choice, .summary, blockquote')?.getBoundingClientRect();
        for (const { left, top, right, bottom } of around ? range.getClientRects() : []) {
            if (left < around.left - 1 || right > around.right + 1 || top < around.top - 1 || bottom > around.bottom + 1)
                faults.push(`${name(element)} runs out of its box`);
        }
    }
    things.forEach((one, index) => things.slice(index + 1).forEach(other => {
        if (one.node === other.node || one.element.contains(other.node) || other.element.contains(one.node)) return;
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 1) faults.push(`${name(one.element)} and ${name(other.element)} lie on one another`);
    }));
    return [...new Set(faults)];
})()";

/// What is written over a page is found.
const WRITTEN_OVER: &str = "(() => {
    const over = Object.assign(document.createElement('p'), { textContent: 'over', id: 'over' });
    over.style.cssText = 'position: absolute; left: 0; top: 0; width: 100%; font-size: 300px';
    (document.querySelector('dialog[open]') ?? document.body).append(over);
    return true;
})()";

/// Every state of every page, looked at in a language, as it is and enlarged twofold.
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
            let mut found = found(&page, MISFITS).await?;
            found.extend(self::found(&page, OVERLAPS).await?);
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", state.name)));
        }
        enlarge(&page, 2).await?;
        for state in screen.states()? {
            state.show(&page).await?;
            let found = found(&page, OVERLAPS).await?;
            faults.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{} enlarged: {fault}", state.name)),
            );
        }
        enlarge(&page, 1).await?;
        // It would say so if there were something.
        page.evaluate(WRITTEN_OVER).await?;
        let over = found(&page, OVERLAPS).await?;
        ensure!(
            over.iter()
                .any(|fault| fault.contains("over lie on") || fault.contains("and over")),
            "{over:?}"
        );
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
    every_state_fits_in_english: "en",
    every_state_fits_in_german: "de",
    every_state_fits_in_spanish: "es",
    every_state_fits_in_polish: "pl",
    every_state_fits_in_french: "fr",
    every_state_fits_in_arabic: "ar",
);

async fn enlarge(page: &Page, zoom: u8) -> Result<()> {
    page.evaluate(&format!(
        "chrome.tabs.getCurrent().then(tab => chrome.tabs.setZoom(tab.id, {zoom}))"
    ))
    .await?;
    let enlarged = format!("devicePixelRatio === {zoom}");
    page.wait_for("the page to be enlarged", &enlarged).await
}

async fn found(page: &Page, looked_for: &str) -> Result<Vec<String>> {
    let found = page.evaluate(looked_for).await?;
    let found = found.as_array().into_iter().flatten();
    Ok(found.filter_map(Value::as_str).map(str::to_owned).collect())
}

//! Every state of the extension's pages, held to the accessibility guidelines: by an engine, enlarged, with fewer colours, without
//! movement, and by keyboard alone.

mod keyboard;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use stagedoor_e2e::axe::Axe;
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows};
use stagedoor_e2e::media::Wish;
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::states::{Screen, State};
use tempfile::TempDir;

crate::in_each_browser!(
    the_engine_finds_nothing,
    nothing_is_lost_when_enlarged,
    nothing_is_lost_with_few_colours,
    nothing_moves_for_those_who_wish_so,
    every_screen_has_a_state,
);

/// A browser that nobody has used, and where its profile is.
async fn browser(kind: Kind) -> Result<(Browser, TempDir)> {
    let directory = tempfile::tempdir()?;
    let profile = directory.path().join("profile");
    let browser = Browser::start(kind, &profile, &paths::extension()?, PrivateWindows::Allowed).await?;
    // A new installation opens its settings, and what is behind them is not seen and does not move.
    let settings = browser.page_at(&browser.extension_url("options.html")).await?;
    // Closed before it has its texts, it would leave Chromium's process for such pages without any.
    settings.text("#connect-title").await?;
    settings.close().await?;
    Ok((browser, directory))
}

/// Shows each state of each page, and gathers what a look at it finds.
async fn look_at_each(
    browser: &Browser,
    prepare: impl AsyncFn(&Page) -> Result<()>,
    look: impl AsyncFn(&Page, &State) -> Result<Vec<String>>,
) -> Result<()> {
    let mut faults = Vec::new();
    for screen in Screen::ALL {
        let page = screen.open(browser).await?;
        prepare(&page).await?;
        for state in screen.states()? {
            state.show(&page).await?;
            let found = look(&page, &state).await?;
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", state.name)));
        }
        page.close().await?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

async fn the_engine_finds_nothing(kind: Kind) -> Result<()> {
    let (browser, _directory) = browser(kind).await?;
    let axe = Axe::load()?;
    // It would say so if there were something.
    let page = Screen::Options.open(&browser).await?;
    page.evaluate("document.querySelector('h1').style.color = '#3a3060'")
        .await?;
    let found = axe.faults(&page).await?;
    ensure!(
        found.iter().any(|fault| fault.starts_with("color-contrast: h1")),
        "{found:?}"
    );
    page.close().await?;

    for wish in [Wish::Light, Wish::Dark] {
        look_at_each(
            &browser,
            async |page| {
                browser.wish(page, wish).await?;
                still(page).await
            },
            async |page, _| axe.faults(page).await,
        )
        .await?;
    }
    Ok(())
}

/// The engine reads colours, and cannot while they change, where a shadow tells of more below, where a text has to be scrolled
/// to, or where a picture seems to lie on it, as all parts of pictures do in Firefox. So everything is shown at once, and plainly.
async fn still(page: &Page) -> Result<()> {
    let style =
        "* { animation: none !important; transition: none !important } .body { background: none !important }
        .popup { height: auto } .hero, .body { max-height: none; overflow: visible } bdi { display: block }
        svg { display: none !important }";
    page.evaluate(&format!(
        "(() => {{ const sheet = new CSSStyleSheet(); sheet.replaceSync({}); document.adoptedStyleSheets = [sheet]; }})()",
        json!(style)
    ))
    .await?;
    Ok(())
}

/// What does not fit: sideways scrolling, text that is cut off, and buttons that cannot be scrolled to.
const CUT_OFF: &str = "(() => {
    const name = element => element.dataset.slot || element.id || element.className || element.localName;
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
    for (const element of document.body.querySelectorAll('*')) {
        if (!element.checkVisibility() || element.closest('.visually-hidden, svg, option')) continue;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        if (element.scrollWidth > element.clientWidth + 1 && style.overflowX !== 'visible' && element.clientWidth > 0
            && !element.matches('input, select')) faults.push(`${name(element)} is cut off sideways`);
        if (style.overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0)
            faults.push(`${name(element)} is cut off below`);
        if (element.matches('button, input, textarea, select, h1, h2, .prose')) {
            element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
            const seen = element.getBoundingClientRect();
            if (seen.bottom <= 4 || seen.top >= innerHeight - 4 || seen.right > innerWidth + 1 || seen.left < -1)
                faults.push(`${name(element)} cannot be scrolled to`);
        }
    }
    return faults;
})()";

async fn nothing_is_lost_when_enlarged(kind: Kind) -> Result<()> {
    let (browser, _directory) = browser(kind).await?;
    // Tabs are enlarged twofold; and four times, which leaves settings and approvals a width of 320 pixels.
    for zoom in [2, 4] {
        look_at_each(
            &browser,
            async |page| {
                page.evaluate(&format!(
                    "chrome.tabs.getCurrent().then(tab => chrome.tabs.setZoom(tab.id, {zoom}))"
                ))
                .await?;
                let enlarged = format!("devicePixelRatio === {zoom}");
                page.wait_for("the page to be enlarged", &enlarged).await
            },
            async |page, state| {
                // The popup is as wide as it is: it is never shown in less.
                if zoom == 4 && state.screen() == Screen::Popup {
                    return Ok(Vec::new());
                }
                cut_off(page).await
            },
        )
        .await?;
    }
    Ok(())
}

async fn cut_off(page: &Page) -> Result<Vec<String>> {
    let found = page.evaluate(CUT_OFF).await?;
    Ok(found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

/// What colour alone would tell: every button and field needs an edge, and each state that is marked a mark that stays.
const EDGELESS: &str = "(() => {
    const faults = [];
    for (const element of document.querySelectorAll('.primary, .secondary, input[type=text], textarea, select')) {
        if (!element.checkVisibility()) continue;
        const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(element);
        if (borderTopStyle === 'none' || borderTopWidth === '0px' || borderTopColor === backgroundColor)
            faults.push(`${element.dataset.slot || element.id || element.className} has no edge`);
    }
    const now = document.querySelector('.progress [data-state=now] .dot');
    const next = document.querySelector('.progress [data-state=next] .dot');
    const look = dot => { const style = getComputedStyle(dot); return style.backgroundColor + style.borderTopWidth; };
    if (now && next && look(now) === look(next)) faults.push('the present step looks like the next one');
    return faults;
})()";

async fn nothing_is_lost_with_few_colours(kind: Kind) -> Result<()> {
    let (browser, _directory) = browser(kind).await?;
    let axe = Axe::load()?;
    look_at_each(
        &browser,
        async |page| {
            browser.wish(page, Wish::ForcedColors).await?;
            still(page).await
        },
        async |page, _| {
            let mut faults = axe.faults(page).await?;
            if kind == Kind::Chromium {
                // It paints the person's colours, and tells scripts those that the page had asked for.
                faults.retain(|fault| !fault.starts_with("color-contrast"));
            }
            let edgeless = page.evaluate(EDGELESS).await?;
            faults.extend(edgeless.as_array().into_iter().flatten().map(Value::to_string));
            Ok(faults)
        },
    )
    .await
}

/// What moves for longer than the blink of an eye, by its name.
const MOVING: &str = "document.getAnimations().filter(({ effect, playState }) =>
        playState === 'running' && effect.getComputedTiming().activeDuration > 1)
    .map(one => one.animationName ?? one.transitionProperty)";

async fn nothing_moves_for_those_who_wish_so(kind: Kind) -> Result<()> {
    let (browser, _directory) = browser(kind).await?;
    let page = Screen::Popup.open(&browser).await?;
    let states = Screen::Popup.states()?;
    let working = states.iter().find(|state| state.view() == "working");
    working.expect("there is one").show(&page).await?;
    browser.wish(&page, Wish::Light).await?;
    ensure!(page.evaluate(MOVING).await? != json!([]), "nothing moved before");
    page.close().await?;
    look_at_each(
        &browser,
        async |page| browser.wish(page, Wish::Stillness).await,
        async |page, _| {
            let moving = page.evaluate(MOVING).await?;
            Ok(moving
                .as_array()
                .into_iter()
                .flatten()
                .map(Value::to_string)
                .collect())
        },
    )
    .await
}

/// A new screen of the popup must not go past these tests.
async fn every_screen_has_a_state(kind: Kind) -> Result<()> {
    let (browser, _directory) = browser(kind).await?;
    let page = Screen::Popup.open(&browser).await?;
    let templates = page
        .evaluate("[...document.querySelectorAll('template[id^=screen-]')].map(({ id }) => id.slice('screen-'.length))")
        .await?;
    let templates: BTreeSet<String> = templates
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let mut shown = BTreeSet::new();
    for state in Screen::Popup.states()? {
        state.show(&page).await?;
        let screen = page
            .evaluate("document.querySelector('#screen > *').dataset.screen")
            .await?;
        shown.insert(screen.as_str().unwrap_or_default().to_owned());
        // A key without a text would be shown as it is.
        let keys = page
            .evaluate("document.body.innerText.split(/\\s+/).filter(word => /^[a-z]+_[a-z0-9_]+$/.test(word) && !document.querySelector('[data-slot=code]')?.textContent.includes(word))")
            .await?;
        ensure!(keys == json!([]), "{}: {keys}", state.name);
    }
    shown.remove("reading");
    assert_eq!(shown, templates);
    Ok(())
}

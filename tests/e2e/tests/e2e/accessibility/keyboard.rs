//! The extension's pages by keyboard alone.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::page::Page;
use stagedoor_e2e::states::Screen;

crate::in_each_browser!(
    everything_can_be_reached_in_order,
    a_dialog_keeps_the_keyboard_and_gives_it_back
);

/// What can be reached, in the order in which it is read. Of a group of choices the keyboard stops at one.
const REACHABLE: &str = "(() => {
    const dialog = document.querySelector('dialog[open]');
    const all = [...(dialog ?? document).querySelectorAll('a[href], button, input, select, textarea')]
        .filter(element => element.checkVisibility() && !element.disabled);
    const group = all.find(({ type }) => type === 'radio');
    const stops = all.filter(element => element.type !== 'radio' || element.checked
        || (element === group && !all.some(({ type, checked }) => type === 'radio' && checked)));
    stops.forEach((element, number) => (element.dataset.stop = number));
    return stops.length;
})()";

/// Where the keyboard is, and whether that can be seen.
const STOP: &str = "(() => {
    const element = document.activeElement;
    const shown = element.matches('.choice input') ? element.closest('.choice') : element;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const scrolls = element.scrollHeight > element.clientHeight && getComputedStyle(element).overflowY === 'auto';
    return [element.dataset.stop ?? (scrolls ? 'scrolls' : null), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1, element.outerHTML];
})()";

/// Goes through the page with the Tab key, from its beginning.
async fn walk(page: &Page, stops: u64) -> Result<Vec<u64>> {
    let begin = "(() => {
        const before = document.createElement('span');
        before.tabIndex = -1;
        (document.querySelector('dialog[open]') ?? document.body).prepend(before);
        before.focus();
        before.addEventListener('blur', () => before.remove());
    })()";
    page.evaluate(begin).await?;
    let mut seen = Vec::new();
    while (seen.len() as u64) < stops {
        page.key("Tab").await?;
        let at = page.evaluate(STOP).await?;
        // Firefox stops at what can be scrolled, so that it can be by keyboard.
        if at[0] == "scrolls" {
            continue;
        }
        let number = at[0].as_str().and_then(|number| number.parse().ok());
        seen.push(number.context("the keyboard is at something that cannot be pressed or filled in")?);
        ensure!(
            at[1] == Value::Bool(true),
            "{} does not show that the keyboard is there",
            at[2]
        );
    }
    Ok(seen)
}

async fn everything_can_be_reached_in_order(kind: Kind) -> Result<()> {
    let (browser, _directory) = super::browser(kind).await?;
    let mut faults = Vec::new();
    for screen in Screen::ALL {
        let page = screen.open(&browser).await?;
        for state in screen.states()? {
            state.show(&page).await?;
            let stops = page.evaluate(REACHABLE).await?.as_u64().context("no number")?;
            let mut seen = walk(&page, stops).await.with_context(|| state.name.clone())?;
            // It began wherever the page had put the keyboard.
            if let Some(first) = seen.iter().position(|stop| *stop == 0) {
                seen.rotate_left(first);
            }
            let all: Vec<u64> = (0..stops).collect();
            if seen != all {
                faults.push(format!("{}: {seen:?} of {stops}", state.name));
            }
        }
        page.close().await?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

async fn a_dialog_keeps_the_keyboard_and_gives_it_back(kind: Kind) -> Result<()> {
    let (browser, _directory) = super::browser(kind).await?;
    for (screen, name, opener) in [
        (Screen::Approvals, "approvals approving", "approve"),
        (Screen::Options, "options signing-out", "signOut"),
    ] {
        let page = screen.open(&browser).await?;
        let states = screen.states()?;
        let state = states
            .iter()
            .find(|state| state.name == name)
            .context("no such state")?;
        state.show(&page).await?;
        for _ in 0..8 {
            page.key("Tab").await?;
            let outside = page
                .evaluate(
                    "document.activeElement !== document.body && !document.activeElement.closest('dialog')",
                )
                .await?;
            assert_eq!(outside, Value::Bool(false), "{name}");
        }
        page.key("Escape").await?;
        page.wait_for("the dialog to close", "!document.querySelector('dialog[open]')")
            .await?;
        if screen == Screen::Approvals {
            page.wait_for(
                "the keyboard to be back where it was",
                &format!("document.activeElement.dataset.slot === {opener:?}"),
            )
            .await?;
        }
    }
    Ok(())
}

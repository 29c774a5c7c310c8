//! What the popup says and does while a page, or the relay, keeps it waiting.

use anyhow::Result;
use serde_json::json;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Held, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::Platform;

use crate::provisional::{OPEN, OTHER, WAIT, begin};
use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_page_that_does_not_answer_is_in_nobodys_way,
    whoever_goes_back_from_typing_finds_what_is_so_by_then,
    reading_again_says_what_it_waits_for,
    reading_again_takes_no_press_for_somebody_else,
    a_press_says_what_it_waits_for,
);

/// Keeps a page from answering: until that is released in Chromium, as while an alert is open; for some seconds in Firefox,
/// which reads a page that waits for an answer like this.
async fn block(lab: &Lab, kind: Kind, tab: &Page, seconds: u32) -> Result<Held> {
    let mut blocked = lab.front.hold_request("GET /blocked");
    let url = lab.front.url();
    let block = match kind {
        Kind::Chromium => {
            format!("const ask = new XMLHttpRequest(); ask.open('GET', '{url}/blocked', false); ask.send();")
        }
        Kind::Firefox => format!(
            "fetch('{url}/blocked').catch(() => 0); const end = Date.now() + {seconds}_000; while (Date.now() < end);"
        ),
    };
    tab.evaluate(&format!("setTimeout(() => {{ {block} }}, 100)"))
        .await?;
    blocked.arrived().await?;
    Ok(blocked)
}

async fn a_page_that_does_not_answer_is_in_nobodys_way(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let typed = CUSTOMERS[1].0;
    let blocked = block(&lab, kind, &tab, 30).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("waiting").await?;
    let words = popup.words().await?;
    assert!(words.contains("The page does not answer yet"), "{words}");
    popup.page.click("[data-slot=type]").await?;
    popup.page.fill("#email", typed).await?;
    popup.page.click("[data-screen=manual] [type=submit]").await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, typed);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(typed.into()));
    assert_asked_for(&lab, &[typed]);
    blocked.release();
    Ok(())
}

async fn whoever_goes_back_from_typing_finds_what_is_so_by_then(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let blocked = block(&lab, kind, &tab, 12).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("waiting").await?;
    popup.page.click("[data-slot=type]").await?;
    popup.page.fill("#email", "somebody").await?;
    // The page does not answer yet.
    popup.page.click("[data-slot=back]").await?;
    popup.shows("waiting").await?;
    popup.page.click("[data-slot=type]").await?;
    let typed = popup.page.evaluate("document.querySelector('#email').value");
    assert_eq!(typed.await?, json!("somebody"));
    popup
        .page
        .evaluate("(performance.clearMarks('settles manual'), 0)")
        .await?;
    blocked.release();
    let came = "performance.getEntriesByName('settles manual').length";
    popup.page.wait_for("the page's answer", came).await?;
    assert_eq!(popup.screen().await?, "manual");
    popup.page.click("[data-slot=back]").await?;
    popup.shows("confirm").await?;
    assert!(!popup.page.shows(WAIT).await?);
    assert_eq!(popup.customer().await?, CUSTOMERS[0].0);
    popup.page.text(OPEN).await?;
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn reading_again_says_what_it_waits_for(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    let said = "document.getElementById('announcer').textContent";
    let mut session = lab.front.hold_next_to("GET /v1/session");
    popup.page.click("#rescan").await?;
    session.arrived().await?;
    assert_eq!(popup.screen().await?, "confirm", "nothing is taken away at once");
    assert_eq!(popup.page.evaluate(said).await?, json!("Reading the page"));
    popup.shows("waiting").await?;
    let words = popup.words().await?;
    assert!(words.contains("The relay is still being waited for"), "{words}");
    session.release();
    popup.shows("confirm").await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, CUSTOMERS[0].0);

    let blocked = block(&lab, kind, &tab, 12).await?;
    popup.page.click("#rescan").await?;
    popup.shows("waiting").await?;
    let words = popup.words().await?;
    assert!(words.contains("The page does not answer yet"), "{words}");
    assert!(!popup.page.shows("[data-slot=type]").await?);
    assert_eq!(popup.error().await?, "page_silent");
    blocked.release();
    Ok(())
}

async fn reading_again_takes_no_press_for_somebody_else(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let other = CUSTOMERS[1].0;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.fill("#reason", "Cannot find the form").await?;
    tab.evaluate(&OTHER.replace("OTHER", other)).await?;
    // Neither before the login is stopped nor after it.
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "page_changed");
    popup.page.key("Enter").await?;
    popup.leaves("error").await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, other);
    popup.page.type_text("Cannot find the form").await?;
    popup.page.key("Enter").await?;
    assert_eq!(popup.screen().await?, "confirm");
    let focus = popup.page.evaluate("document.activeElement.localName").await?;
    assert_eq!(focus, json!("h1"));
    let typed = popup.page.evaluate("document.querySelector('#reason').value");
    assert_eq!(typed.await?, json!(""));
    assert_asked_for(&lab, &[]);
    // The same customer's form is where it was.
    popup.page.fill("#reason", "Cannot find the form").await?;
    popup.start_over().await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[other]);
    Ok(())
}

/// The page is read once more before the relay is asked.
async fn a_press_says_what_it_waits_for(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    let blocked = block(&lab, kind, &tab, 12).await?;
    popup.confirm().await?;
    popup.shows("working").await?;
    let step = popup.page.text("[aria-current]").await?;
    assert!(step.starts_with("Reading the page"), "{step}");
    let words = "document.querySelector('.slow').innerText.startsWith('The page does not answer yet')";
    popup
        .page
        .wait_for("the popup to say that the page is slow", words)
        .await?;
    assert_eq!(popup.error().await?, "page_silent");
    blocked.release();
    assert_asked_for(&lab, &[]);
    Ok(())
}

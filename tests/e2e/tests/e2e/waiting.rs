//! What the popup says and does while a page, or the relay, keeps it waiting.

use anyhow::Result;
use serde_json::json;
use stagedoor_broker_sim::{BodyKind, Fault};
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows};
use stagedoor_e2e::firefox::StoppedPage;
use stagedoor_e2e::lab::{CUSTOMERS, Held, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::provisional::{OPEN, WAIT, becomes, begin};
use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_page_that_does_not_answer_is_in_nobodys_way,
    whoever_goes_back_from_typing_finds_what_is_so_by_then,
    reading_again_says_what_it_waits_for,
    reading_again_takes_no_press_for_somebody_else,
    a_second_pause_is_as_long_as_the_first,
    who_has_not_looked_yet_opens_nothing,
    a_press_says_what_it_waits_for,
    a_key_that_is_held_down_asks_once,
);

/// What keeps a page from answering, until it is released.
enum Blocked {
    Waiting(Held),
    Stopped(StoppedPage),
}

impl Blocked {
    fn release(self) {
        match self {
            Self::Waiting(answer) => answer.release(),
            Self::Stopped(page) => drop(page),
        }
    }
}

/// Keeps a page from answering, as while an alert is open: in Chromium by a request that it waits for. Firefox reads a page that
/// waits like this, so there its process is stopped.
async fn block(lab: &Lab, seat: &Seat, tab: &Page) -> Result<Blocked> {
    if let Browser::Firefox(firefox) = &seat.browser {
        return Ok(Blocked::Stopped(firefox.stop_page(tab).await?));
    }
    let mut blocked = lab.front.hold_request("GET /blocked");
    let block = format!(
        "const ask = new XMLHttpRequest(); ask.open('GET', '{}/blocked', false); ask.send();",
        lab.front.url()
    );
    tab.evaluate(&format!("setTimeout(() => {{ {block} }}, 100)"))
        .await?;
    blocked.arrived().await?;
    Ok(Blocked::Waiting(blocked))
}

async fn a_page_that_does_not_answer_is_in_nobodys_way(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let typed = CUSTOMERS[1].0;
    let blocked = block(&lab, &seat, &tab).await?;
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
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let blocked = block(&lab, &seat, &tab).await?;
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

/// Has the page read again, and tells what is shown and what is announced before anything else happens.
const PRESS_AND_LOOK: &str = "(document.querySelector('#rescan').click(),
    [document.querySelector('#screen > [data-screen]').dataset.screen, document.querySelector('#announcer').textContent])";

async fn reading_again_says_what_it_waits_for(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    let mut session = lab.front.hold_next_to("GET /v1/session");
    // At once: a second later it is another screen.
    let at_once = popup.page.evaluate(PRESS_AND_LOOK).await?;
    assert_eq!(at_once, json!(["confirm", "Reading the page"]));
    session.arrived().await?;
    popup.shows("waiting").await?;
    let words = popup.words().await?;
    assert!(words.contains("The relay is still being waited for"), "{words}");
    session.release();
    popup.shows("confirm").await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, CUSTOMERS[0].0);

    let blocked = block(&lab, &seat, &tab).await?;
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
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let other = CUSTOMERS[1].0;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.fill("#reason", "Cannot find the form").await?;
    tab.evaluate(&becomes(other)).await?;
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

/// Two pauses, one soon after the other, by a clock of the test's: whether anything does nothing by the time at which the first
/// would be over, and by the end of the second.
const PAUSE_TWICE: &str = "import(chrome.runtime.getURL('waiting.js')).then(({ guard }) => {
    const real = [setTimeout, clearTimeout];
    const due = new Map();
    globalThis.setTimeout = (then) => (due.set(due.size + 1, then), due.size);
    globalThis.clearTimeout = (timer) => due.has(Number(timer)) && due.set(Number(timer), () => {});
    const stage = document.createElement('div');
    const presses = guard(stage, () => false, () => {});
    presses.replaced();
    presses.replaced();
    [globalThis.setTimeout, globalThis.clearTimeout] = real;
    return [1, 2].map((timer) => (due.get(timer)(), 'paused' in stage.dataset));
})";

async fn a_second_pause_is_as_long_as_the_first(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.with_module("waiting.js")?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    let page = seat.browser.open_extension("options.html").await?;
    assert_eq!(page.evaluate(PAUSE_TWICE).await?, json!([true, false]));
    Ok(())
}

/// Keeps the popup from resting, until `rest()`.
const RESTLESS: &str = "(real => {
    const kept = [];
    globalThis.setTimeout = (then, time) => (time === 300 ? kept.push(then) : real(then, time));
    globalThis.rest = () => kept.pop()();
})(setTimeout), 0";

async fn who_has_not_looked_yet_opens_nothing(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.click("[data-slot=other]").await?;
    popup.shows("choose").await?;
    popup.page.click("[data-slot=other]").await?;
    popup.shows("manual").await?;
    popup.page.evaluate(RESTLESS).await?;
    popup.page.fill("#email", CUSTOMERS[1].0).await?;
    popup.page.key("Enter").await?;
    // The address has just appeared.
    popup.shows("confirm").await?;
    popup.page.fill("#reason", "Cannot find the form").await?;
    popup.page.key("Enter").await?;
    popup.page.click(OPEN).await?;
    assert_eq!(popup.screen().await?, "confirm");
    assert_asked_for(&lab, &[]);
    popup.page.evaluate("rest(), 0").await?;
    popup.page.key("Enter").await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[CUSTOMERS[1].0]);
    Ok(())
}

/// The page is read once more before the relay is asked.
async fn a_press_says_what_it_waits_for(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    let blocked = block(&lab, &seat, &tab).await?;
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

async fn a_key_that_is_held_down_asks_once(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    for _ in 0..2 {
        lab.sim.script(Fault::Status(500, BodyKind::Problem));
    }
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.fill("#reason", "Cannot find the form").await?;
    popup.page.hold_enter(false).await?;
    assert_eq!(popup.error().await?, "broker_failed");
    let focused = popup.page.evaluate("document.activeElement.dataset.slot").await?;
    assert_eq!(focused, json!("retry"));
    for _ in 0..3 {
        popup.page.hold_enter(true).await?;
    }
    assert_eq!(popup.screen().await?, "error");
    assert_asked_for(&lab, &[CUSTOMERS[0].0]);
    Ok(())
}

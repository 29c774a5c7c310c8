//! What the popup shows before the relay has answered: whom, and nothing that can be opened yet.

use anyhow::Result;
use serde_json::{Value, json};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Held, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    shown_before_the_relay_has_answered,
    nothing_counts_down_or_is_looked_up_yet,
    what_was_stopped_stays_stopped,
    what_turns_out_otherwise_is_not_pressed_by_mistake,
    nothing_begun_for_one_customer_reaches_another,
    whoever_types_finds_the_answer_on_the_way_back,
    an_opening_that_was_lost_is_asked_for_anew,
    a_reading_that_was_lost_is_asked_for_anew,
);

pub(crate) const OPEN: &str = "[data-slot=open]";
pub(crate) const WAIT: &str = "[data-slot=held]";

const LENIENT: &str = "reason = \"optional\"
[[policy.grant]]
roles = \"*\"
platforms = \"*\"
confirm = \"when_ambiguous\"";

/// Longer than a countdown waits to be seen.
const FRAMES: &str = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))))";

/// Opens the popup while the relay's answer is held.
async fn press_early(lab: &Lab, seat: &Seat, tab: &Page) -> Result<(Popup, Held)> {
    let mut session = lab.front.hold_next_to("GET /v1/session");
    let popup = seat.press(tab).await?;
    session.arrived().await?;
    popup.page.text(WAIT).await?;
    Ok((popup, session))
}

/// Opens it once, so that the relay has said something.
pub(crate) async fn begin(lab: &Lab, kind: Kind) -> Result<(Seat, Page)> {
    let seat = Seat::enrolled(lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    seat.press(&tab).await?.settled().await?;
    Ok((seat, tab))
}

/// Where everything stands, what was typed, and where the focus is.
const LOOK: &str = "[...document.querySelectorAll('h1, p, label, textarea, input, .action, .ways > :not([hidden])')]
    .filter(element => element.checkVisibility())
    .map(element => { const { x, y, width, height } = element.getBoundingClientRect(); return [x, y, width, height].join(); })
    .concat(document.querySelector('#reason').value, document.activeElement.id, String(document.querySelector('#screen > *').same))";

async fn shown_before_the_relay_has_answered(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let customer = CUSTOMERS[0].0;
    let (popup, session) = press_early(&lab, &seat, &tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, customer);
    assert_eq!(popup.page.text(WAIT).await?, "Checking what you may open…");
    assert!(!popup.page.shows(OPEN).await?);

    // Typed, and pressed too early: that is said, and nothing comes of it later.
    popup.page.fill("#reason", "Cannot find the form").await?;
    popup.page.key("Enter").await?;
    assert_eq!(popup.page.text(WAIT).await?, "Not yet. Press again in a moment.");
    popup.page.click(WAIT).await?;
    popup.page.click("#reason").await?;
    popup
        .page
        .evaluate("document.querySelector('#screen > *').same = 1")
        .await?;
    let before = popup.page.evaluate(LOOK).await?;
    session.release();
    popup.page.text(OPEN).await?;
    popup.settled().await?;
    assert_eq!(popup.page.evaluate(LOOK).await?, before, "nothing moves");
    assert_asked_for(&lab, &[]);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);

    // A popup that is closed meanwhile is missed by nobody.
    seat.browser.close_private().await?;
    let (_, session) = press_early(&lab, &seat, &tab).await?;
    seat.browser.close_popup().await?;
    session.release();
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, customer);
    Ok(())
}

async fn nothing_counts_down_or_is_looked_up_yet(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    // The broker has another name for them, which stops it.
    lab.sim.add_account(customer, "Richard Roe");
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    popup.page.text("[data-slot=account][data-state=known]").await?;
    lab.sim.take_journal();

    let (popup, session) = press_early(&lab, &seat, &tab).await?;
    popup.page.text("[data-slot=account][data-state=looking]").await?;
    assert!(!popup.page.shows("[data-slot=moment]").await?);
    popup.page.evaluate(WATCH).await?;
    assert_eq!(lab.sim.take_journal().len(), 0);
    session.release();
    popup.page.text("[data-slot=account][data-state=known]").await?;
    popup.settled().await?;
    // Two frames later it would count.
    popup.page.evaluate(FRAMES).await?;
    assert_eq!(popup.page.evaluate("counted").await?, json!(0));

    // With the name of the page it does, once that is known.
    lab.sim.add_account(customer, CUSTOMERS[0].1);
    let mut look_up = lab.gate.hold_next_to("GET ");
    let popup = seat.press(&tab).await?;
    look_up.arrived().await?;
    popup.settled().await?;
    popup.page.evaluate(WATCH).await?;
    assert!(!popup.page.shows("[data-slot=moment]").await?);
    look_up.release();
    popup.opened().await?;
    assert_ne!(popup.page.evaluate("counted").await?, json!(0));
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    Ok(())
}

/// Counts how often the countdown is seen.
const WATCH: &str = "(globalThis.counted = 0, new MutationObserver(() => {
    counted += document.querySelector('[data-slot=moment]')?.checkVisibility() ? 1 : 0;
}).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true }), 0)";

async fn what_was_stopped_stays_stopped(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    // Nothing is known yet, and somebody presses a key.
    let mut session = lab.front.hold_next_to("GET /v1/session");
    let popup = seat.press(&tab).await?;
    session.arrived().await?;
    popup.page.key("Tab").await?;
    session.release();
    assert_waits(&popup).await?;
    // What is shown early is stopped, and then turns out otherwise; or a press comes too early, and it turns out so.
    for (key, otherwise) in [("Escape", true), ("Enter", false)] {
        if otherwise {
            change_kept(&seat, "session.platforms[0].name = 'Before'").await?;
        }
        let (popup, session) = press_early(&lab, &seat, &tab).await?;
        popup.page.key(key).await?;
        session.release();
        assert_waits(&popup).await?;
        // Whoever goes back confirms, too.
        popup.page.click("[data-slot=other]").await?;
        popup.shows("choose").await?;
        popup.page.click("[data-slot=back]").await?;
        assert_waits(&popup).await?;
    }
    assert_asked_for(&lab, &[]);
    Ok(())
}

/// Nothing opens by itself.
async fn assert_waits(popup: &Popup) -> Result<()> {
    popup.shows("confirm").await?;
    popup.settled().await?;
    popup.page.evaluate(FRAMES).await?;
    assert!(!popup.page.shows("[data-slot=moment]").await?);
    Ok(())
}

/// Changes what the relay is remembered to have said.
async fn change_kept(seat: &Seat, change: &str) -> Result<()> {
    let options = seat.browser.open_extension("options.html").await?;
    let change = format!(
        "chrome.storage.session.get('session').then(({{ session }}) => {{
            {change};
            return chrome.storage.session.set({{ session }}).then(() => 1);
        }})"
    );
    options.evaluate(&change).await?;
    options.close().await
}

async fn what_turns_out_otherwise_is_not_pressed_by_mistake(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    change_kept(&seat, "session.platforms[0].name = 'Before'").await?;
    let (popup, session) = press_early(&lab, &seat, &tab).await?;
    assert_eq!(popup.page.text("[data-slot=platform]").await?, "Before");
    popup.page.fill("#reason", "Cannot find the form").await?;
    // Somebody presses at the very moment in which it is replaced.
    popup.page.evaluate(PRESS_AT_ONCE).await?;
    session.release();
    popup.page.text(OPEN).await?;
    popup.settled().await?;
    assert_eq!(popup.page.evaluate("pressed").await?, Value::Bool(true));
    assert_eq!(popup.screen().await?, "confirm");
    assert_ne!(popup.page.text("[data-slot=platform]").await?, "Before");
    let typed = popup.page.evaluate("document.querySelector('#reason').value");
    assert_eq!(typed.await?, "Cannot find the form");
    assert_asked_for(&lab, &[]);
    popup.confirm().await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[CUSTOMERS[0].0]);
    Ok(())
}

const PRESS_AT_ONCE: &str = "(globalThis.pressed = false, new MutationObserver(() => {
    const open = document.querySelector('[data-slot=open]');
    if (pressed || !open?.checkVisibility()) return;
    pressed = true;
    open.click();
    open.form.requestSubmit();
}).observe(document.querySelector('#screen'), { childList: true }), 0)";

/// Somebody else is in the place of the customer before the relay has answered: as after a change of its recipes.
pub(crate) fn becomes(other: &str) -> String {
    let named = CUSTOMERS.iter().find(|(email, _)| *email == other);
    let name = named.map_or("", |(_, name)| name);
    format!(
        "document.body.innerHTML = '<main><h1>{name}</h1><div><span>E-mail</span> <a href=\"mailto:{other}\">{other}</a></div></main>'"
    )
}

/// Presses early, and makes the page be another customer's by the time that the answer has it read once more.
async fn press_and_become(lab: &Lab, seat: &Seat, tab: &Page, other: &str) -> Result<(Popup, Held)> {
    let options = seat.browser.open_extension("options.html").await?;
    // As if a recipe for this page had been there until now.
    let host = tab.evaluate("location.origin.replace('https://', '')").await?;
    let recipes = format!(
        "chrome.storage.local.set({{ recipes: [{{ name: 'gone', hosts: [{host}], at: ['#none'] }}] }}).then(() => 1)"
    );
    options.evaluate(&recipes).await?;
    options.close().await?;
    let (popup, session) = press_early(lab, seat, tab).await?;
    tab.evaluate(&becomes(other)).await?;
    Ok((popup, session))
}

async fn nothing_begun_for_one_customer_reaches_another(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let other = CUSTOMERS[1].0;
    let (popup, session) = press_and_become(&lab, &seat, &tab, other).await?;
    assert_eq!(popup.customer().await?, CUSTOMERS[0].0);
    popup.page.fill("#reason", "Cannot find").await?;
    session.release();
    popup.page.text(OPEN).await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, other);
    // The rest of the words, and the Enter at their end.
    popup.page.type_text(" the form").await?;
    popup.page.key("Enter").await?;
    let typed = popup
        .page
        .evaluate("document.querySelector('#reason').value")
        .await?;
    assert_eq!(typed, json!(""));
    assert_eq!(popup.screen().await?, "confirm");
    let focus = popup.page.evaluate("document.activeElement.localName").await?;
    assert_eq!(focus, json!("h1"));
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn whoever_types_finds_the_answer_on_the_way_back(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let customer = CUSTOMERS[0].0;
    let (popup, session) = press_early(&lab, &seat, &tab).await?;
    popup.page.click("[data-slot=other]").await?;
    popup.page.fill("#email", "somebody").await?;
    session.release();
    popup.settled().await?;
    assert_eq!(popup.screen().await?, "manual");
    popup.page.click("[data-slot=back]").await?;
    popup.shows("confirm").await?;
    assert!(!popup.page.shows(WAIT).await?);
    assert_eq!(popup.customer().await?, customer);

    // There was nobody, and then somebody, while an address is typed.
    tab.evaluate("document.body.innerHTML = '<main>Nobody</main>'")
        .await?;
    let (popup, session) = press_and_become(&lab, &seat, &tab, customer).await?;
    popup.shows("manual").await?;
    popup.page.fill("#email", "somebody").await?;
    session.release();
    popup.settled().await?;
    let typed = popup.page.evaluate("document.activeElement.value").await?;
    assert_eq!(typed, json!("somebody"));
    popup.page.click("[data-slot=back]").await?;
    popup.shows("confirm").await?;
    let focus = popup.page.evaluate("document.activeElement.localName").await?;
    assert_eq!(focus, json!("h1"));
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn an_opening_that_was_lost_is_asked_for_anew(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let (seat, tab) = begin(&lab, kind).await?;
    // The notes of the press before are about somebody else.
    let other = CUSTOMERS[1].0;
    tab.evaluate(&becomes(other)).await?;
    let (popup, _session) = press_early(&lab, &seat, &tab).await?;
    assert_eq!(popup.customer().await?, other);
    seat.browser.stop_background(&tab).await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, other);
    Ok(())
}

async fn a_reading_that_was_lost_is_asked_for_anew(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (other, _), ..] = CUSTOMERS;
    let tab = seat.browser.open(&lab.customer_page(first)).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    tab.evaluate(&becomes(other)).await?;
    let mut session = lab.front.hold_next_to("GET /v1/session");
    popup.page.click("#rescan").await?;
    session.arrived().await?;
    seat.browser.stop_background(&tab).await?;
    popup
        .page
        .wait_for("the answer", "document.querySelector('#screen[aria-busy=false]')")
        .await?;
    // The notes are of the page as it was.
    assert_eq!(popup.customer().await?, other);
    Ok(())
}

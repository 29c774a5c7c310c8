//! The press of the button that is enough: after a moment in which the person sees whom, and can stop it.

use anyhow::Result;
use stagedoor_broker_sim::{Account, BodyKind, Endpoint, Fault};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

use crate::support::{assert_asked_for, recorded};

crate::in_each_browser!(
    opened_by_the_press_alone,
    stopped_in_time,
    never_long_after_the_press,
    never_where_it_is_not_clear,
    never_over_a_window_that_is_open,
    never_where_the_broker_has_a_doubt_or_no_answer
);

const LENIENT: &str = r#"reason = "optional"
[[policy.grant]]
roles = "*"
platforms = "*"
confirm = "when_ambiguous""#;

const MOMENT: &str = "[data-slot=moment]";

async fn opened_by_the_press_alone(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = watched(&lab, &seat, &tab, WATCH).await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    let seen = popup.page.evaluate("seen").await?.to_string();
    for part in ["Opens in 2 seconds", "Opens in 1 second", customer] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert_asked_for(&lab, &[customer]);
    recorded(&lab, &["minted, opened"]).await
}

/// Notes what is to be read while it counts down.
const WATCH: &str = "globalThis.seen = [], new MutationObserver(() => {
    const moment = document.querySelector('[data-slot=moment]');
    if (moment?.checkVisibility()) seen.push(document.querySelector('#screen').innerText);
}).observe(document.body, { subtree: true, childList: true, characterData: true })";

/// The moment lasts until the test has seen it.
const FREEZE: &str = "globalThis.setTimeout = () => 0";

/// A popup in which a script has run before it shows anything. How slow the test is does not count.
async fn watched(lab: &Lab, seat: &Seat, tab: &Page, script: &str) -> Result<Popup> {
    let mut session = lab.front.hold_next_to("GET /v1/session");
    let popup = seat.press(tab).await?;
    session.arrived().await?;
    popup
        .page
        .evaluate(&format!("(performance.now = () => 0, {script}, 0)"))
        .await?;
    session.release();
    Ok(popup)
}

async fn stopped_in_time(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    for way in ["Escape", "Stop"] {
        let popup = watched(&lab, &seat, &tab, FREEZE).await?;
        popup.page.text(MOMENT).await?;
        if way == "Escape" {
            popup.page.key("Escape").await?;
        } else {
            popup.page.click("[data-slot=stop]").await?;
        }
        popup
            .page
            .wait_for(
                "the countdown to be gone",
                "document.querySelector('[data-slot=moment]').hidden",
            )
            .await?;
        assert_eq!(popup.customer().await?, customer);
        assert_asked_for(&lab, &[]);
    }
    Ok(())
}

async fn never_long_after_the_press(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = watched(&lab, &seat, &tab, "performance.now = () => 5001").await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    assert_does_not_count(&popup).await?;
    assert_asked_for(&lab, &[]);
    // It is confirmed like any other.
    popup.confirm().await?;
    popup.opened().await?;
    Ok(())
}

async fn assert_does_not_count(popup: &Popup) -> Result<()> {
    // A countdown would begin in the frame after the next.
    let frame = "new Promise(done => requestAnimationFrame(() => done(0)))";
    for _ in 0..3 {
        popup.page.evaluate(frame).await?;
    }
    assert!(!popup.page.shows(MOMENT).await?);
    Ok(())
}

async fn never_over_a_window_that_is_open(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(first, _), (second, _), ..] = CUSTOMERS;
    let tab = seat.browser.open(&lab.customer_page(first)).await?;
    seat.press(&tab).await?.opened().await?;
    assert_asked_for(&lab, &[first]);
    let tab = seat.browser.open(&lab.customer_page(second)).await?;
    let popup = watched(&lab, &seat, &tab, "1").await?;
    let said = "document.querySelector('[data-replaces]')";
    popup.page.wait_for("a window that would be closed", said).await?;
    assert_does_not_count(&popup).await?;
    assert_asked_for(&lab, &[]);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(second.into()));
    Ok(())
}

async fn never_where_the_broker_has_a_doubt_or_no_answer(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(rejected, name), (unanswered, _), ..] = CUSTOMERS;
    let mut account = Account::new(rejected, name);
    account.verification_status = "REJECTED".to_owned();
    lab.sim.put_account(account);
    for (customer, state) in [(rejected, "known"), (unanswered, "unavailable")] {
        if customer == unanswered {
            lab.sim
                .script(Fault::Status(503, BodyKind::Problem).on(Endpoint::LookUp));
        }
        let tab = seat.browser.open(&lab.customer_page(customer)).await?;
        let popup = watched(&lab, &seat, &tab, "1").await?;
        let line = format!("document.querySelector('.account[data-state={state}]:not([hidden])')");
        popup
            .page
            .wait_for("what the broker says of the account", &line)
            .await?;
        popup.settled().await?;
        assert_does_not_count(&popup).await?;
        let mut journal = lab.sim.take_journal().into_iter();
        assert!(!journal.any(|entry| entry.path == "/v1/one-time-token"));
    }
    Ok(())
}

async fn never_where_it_is_not_clear(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(LENIENT).await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(one, _), (other, _), ..] = CUSTOMERS;
    // Somebody wrote another address into a note, and the CRM shows two.
    let page = format!(
        "<main><div><span>E-mail</span> <a href='mailto:{one}'>{one}</a></div>
        <div><span>E-mail</span> <a href='mailto:{other}'>{other}</a></div></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("two", &page)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("choose").await?;
    assert!(!popup.page.shows(MOMENT).await?);
    // What is picked then is confirmed.
    popup.page.click("[data-slot=choices] label").await?;
    popup.page.click("[data-slot=go]").await?;
    popup.shows("confirm").await?;
    assert!(!popup.page.shows(MOMENT).await?);
    assert_asked_for(&lab, &[]);
    Ok(())
}

//! What the popup shows of an account before anything is opened; and that nothing waits for it, and nothing of it stays.

use anyhow::Result;
use serde_json::json;
use stagedoor_broker_sim::{Account, BodyKind, Endpoint, Fault};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

crate::in_each_browser!(
    who_it_is_is_shown,
    somebody_else_is_told,
    an_unknown_customer_is_told_before_anything_is_minted,
    what_cannot_be_looked_up_is_in_nobodys_way,
    a_slow_look_up_does_not_hold_the_login,
    it_is_asked_for_only_where_it_is_on,
    another_customer_is_asked_about_anew,
);

async fn who_it_is_is_shown(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    // Accents, case and order are no difference.
    let customer = CUSTOMERS[0].0;
    lab.sim.add_account(customer, "KOWALSKÁ Änna");
    let popup = press(&lab, &seat, customer).await?;
    assert_eq!(
        told(&popup, "known").await?,
        "KOWALSKÁ Änna, Verified: Name and identity check as the broker has them"
    );
    assert_eq!(look_ups(&lab), 1);
    let kept = popup
        .page
        .evaluate("chrome.storage.session.get()")
        .await?
        .to_string();
    assert!(kept.contains(customer) && !kept.contains("KOWALSK"), "{kept}");
    assert!(
        !kept.contains("Anna Kowalska"),
        "the page's heading is kept: {kept}"
    );

    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    Ok(())
}

async fn somebody_else_is_told(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let mut other = Account::new(CUSTOMERS[0].0, "Richard Roe");
    other.verification_status = "PENDING_VERIFICATION".to_owned();
    lab.sim.put_account(other);
    let popup = press(&lab, &seat, CUSTOMERS[0].0).await?;
    assert_eq!(
        told(&popup, "known").await?,
        "Richard Roe, Verification pending: The page does not show this name"
    );
    // Without a name there is nothing to compare.
    lab.sim.add_account(CUSTOMERS[1].0, "");
    let popup = press(&lab, &seat, CUSTOMERS[1].0).await?;
    assert_eq!(
        told(&popup, "known").await?,
        "No name given, Verified: Name and identity check as the broker has them"
    );
    Ok(())
}

async fn an_unknown_customer_is_told_before_anything_is_minted(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let page =
        "<title>Customer</title><h1>Ivo Brandt</h1><span>E-mail</span> <b>ibrandt@customers.example</b>";
    let tab = seat.browser.open(&lab.crm.add("stranger", page)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(
        told(&popup, "unknown").await?,
        "Not known to the broker: Check the address before you open it"
    );
    assert!(mints(&lab).is_empty());
    popup.settled().await?;
    assert_eq!(popup.page.text(".action .primary").await?, "Use another address");
    assert_eq!(popup.page.text(".action .secondary").await?, "Open anyway");
    // What Enter does out of habit is what comes first.
    for field in ["#reason", "#ticket"] {
        popup.page.fill(field, "Cannot see the open position").await?;
        popup.page.key("Enter").await?;
        let focused = popup.page.evaluate("document.activeElement.dataset.slot").await?;
        assert_eq!(
            (popup.screen().await?.as_str(), focused),
            ("confirm", json!("instead"))
        );
    }
    assert!(mints(&lab).is_empty());
    popup.page.key("Enter").await?;
    popup.shows("manual").await?;
    popup.page.click("[data-slot=back]").await?;
    popup.shows("confirm").await?;
    told(&popup, "unknown").await?;
    // It is a warning: the broker itself has the last word.
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "customer_unknown");
    assert_eq!(mints(&lab).len(), 1);
    Ok(())
}

async fn what_cannot_be_looked_up_is_in_nobodys_way(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    lab.sim
        .script(Fault::Status(403, BodyKind::Problem).on(Endpoint::LookUp));
    let popup = press(&lab, &seat, customer).await?;
    assert_eq!(
        told(&popup, "unavailable").await?,
        "The account cannot be looked up now: You can open the platform without it"
    );
    let log = lab.relay()?.log_complete().await?;
    assert!(
        log.contains("the right to read accounts"),
        "the operator is told: {log}"
    );
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    Ok(())
}

async fn a_slow_look_up_does_not_hold_the_login(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    lab.sim.script(Fault::Hold.on(Endpoint::LookUp));
    let popup = press(&lab, &seat, customer).await?;
    assert_eq!(
        told(&popup, "looking").await?,
        "Asking the broker…: You need not wait for it"
    );
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    // The answer belongs to a screen that is gone.
    lab.sim.release();
    assert_eq!(popup.settled().await?, "opened");
    Ok(())
}

async fn it_is_asked_for_only_where_it_is_on(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let popup = press(&lab, &seat, CUSTOMERS[0].0).await?;
    popup.settled().await?;
    assert!(!popup.page.shows("[data-slot=account]").await?);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(look_ups(&lab), 0);
    let log = lab.relay()?.log_complete().await?;
    assert!(
        log.contains("/v1/logins") && !log.contains("/v1/previews"),
        "{log}"
    );
    Ok(())
}

async fn another_customer_is_asked_about_anew(kind: Kind) -> Result<()> {
    let lab = Lab::start_previewing().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    // The first answer comes only after the second: it must not be shown in its place.
    lab.sim.script(Fault::Hold.on(Endpoint::LookUp));
    let popup = press(&lab, &seat, CUSTOMERS[0].0).await?;
    assert_eq!(
        told(&popup, "looking").await?,
        "Asking the broker…: You need not wait for it"
    );
    popup.page.click("[data-slot=other]").await?;
    popup.shows("choose").await?;
    popup.page.click("[data-slot=other]").await?;
    popup.shows("manual").await?;
    popup.page.fill("[data-slot=email]", CUSTOMERS[1].0).await?;
    popup
        .page
        .evaluate("document.querySelector('[data-screen=manual]').requestSubmit()")
        .await?;
    popup.shows("confirm").await?;
    let second = "Ben Ito, Verified: The page does not show this name";
    assert_eq!(told(&popup, "known").await?, second);
    lab.sim.release();
    let asked = json!(CUSTOMERS[0].0);
    let answer = format!(
        "chrome.runtime.sendMessage({{type: 'popup/preview', tabId: -1, email: {asked}, platform: 'main'}})"
    );
    popup.page.evaluate(&answer).await?;
    assert_eq!(told(&popup, "known").await?, second);
    assert_eq!(look_ups(&lab), 3);
    Ok(())
}

async fn press(lab: &Lab, seat: &Seat, customer: &str) -> Result<Popup> {
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    // A screen that is about to be drawn anew would swallow a click.
    popup.settled().await?;
    Ok(popup)
}

/// Waits until the line about the account is in a state, and reads it: `name, status: note`.
async fn told(popup: &Popup, state: &str) -> Result<String> {
    let line = format!("document.querySelector('.account[data-state={state}]:not([hidden])')");
    popup
        .page
        .wait_for(&format!("an account that is {state}"), &line)
        .await?;
    let read = "(() => { const part = (name) => document.querySelector(`[data-slot=account${name}]`);
        const who = [part('Name'), part('Status')].filter((element) => element.checkVisibility());
        return `${who.map((element) => element.innerText).join(', ')}: ${part('Note').innerText}`; })()";
    Ok(popup
        .page
        .evaluate(read)
        .await?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

fn look_ups(lab: &Lab) -> usize {
    let journal = lab.sim.journal();
    journal
        .iter()
        .filter(|entry| entry.path.contains("/by-email/"))
        .count()
}

fn mints(lab: &Lab) -> Vec<String> {
    let journal = lab.sim.journal();
    let minted = journal
        .into_iter()
        .filter(|entry| entry.path == "/v1/one-time-token");
    minted.map(|entry| entry.body).collect()
}

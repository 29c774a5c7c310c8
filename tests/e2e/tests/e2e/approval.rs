//! A customer whom nobody opens alone: one person asks, a colleague in another browser decides, and the first one opens.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{APPROVAL, Platform, Popup, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_colleague_approves_and_the_person_opens_once,
    a_refusal_reaches_whoever_waits_and_a_request_is_taken_back,
);

/// Somebody who asks, and somebody who may approve.
async fn desk(lab: &Lab, kind: Kind) -> Result<(Seat, Seat)> {
    let dana = Seat::enrolled(lab, kind, SUPPORT[0]).await?;
    let noor = Seat::enrolled(lab, kind, SUPPORT[1]).await?;
    lab.relay()?
        .run(&["staff", "roles", SUPPORT[1].email, "--set", "team-lead"])?;
    Ok((dana, noor))
}

/// The popup after its login was refused for want of an approval, and the approval was asked for.
async fn ask(dana: &Seat, lab: &Lab, tab: &Page) -> Result<Popup> {
    let popup = dana.press(tab).await?;
    popup.shows("confirm").await?;
    popup.page.fill("[data-slot=reason]", "Call of 14:05").await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "approval_required");
    let words = popup.words().await?;
    assert!(words.contains("a colleague with the role team-lead"), "{words}");
    assert_asked_for(lab, &[]);
    popup.page.click("[data-slot=retry]").await?;
    popup.leaves("error").await?;
    popup.shows("approval").await?;
    let words = popup.words().await?;
    assert!(words.to_lowercase().contains("waiting for approval"), "{words}");
    assert!(
        words.contains("The request waits for 10 minutes more."),
        "{words}"
    );
    Ok(popup)
}

/// The approver's page with one request on it.
async fn requests(noor: &Seat) -> Result<Page> {
    let page = noor.browser.open_extension("approvals.html").await?;
    let words = page.text(".request").await?;
    for part in [
        "Dana Reyes wants to open",
        CUSTOMERS[0].0,
        "Demo Trading",
        "Call of 14:05",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let badge = page.evaluate("chrome.action.getBadgeText({})").await?;
    assert_eq!(badge, "1");
    Ok(page)
}

async fn a_colleague_approves_and_the_person_opens_once(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(APPROVAL).await?;
    let (dana, noor) = desk(&lab, kind).await?;
    let customer = CUSTOMERS[0].0;
    let tab = dana.browser.open(&lab.customer_page(customer)).await?;
    ask(&dana, &lab, &tab).await?;

    let page = requests(&noor).await?;
    page.click("[data-slot=approve]").await?;
    let asked = page.text("dialog").await?;
    for part in [
        "Let Dana Reyes open this customer?",
        customer,
        "Demo Trading Demo",
        "Call of 14:05",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    // Nor by Enter out of habit.
    page.key("Enter").await?;
    let untouched = "document.activeElement.matches('dialog [data-slot=title]') && !document.querySelector('dialog [aria-busy=true]')";
    assert_eq!(page.evaluate(untouched).await?, true);
    // Nothing is decided by looking at the question.
    page.click("dialog [data-slot=cancel]").await?;
    page.wait_for("the question to be gone", "!document.querySelector('dialog')")
        .await?;
    page.click("[data-slot=approve]").await?;
    page.click("dialog [data-slot=confirm]").await?;
    assert_eq!(
        page.text(".notice.good [data-slot=title]").await?,
        "You approved the request"
    );
    page.wait_for("nothing to wait any more", "!document.querySelector('.request')")
        .await?;
    let badge = page.evaluate("chrome.action.getBadgeText({})").await?;
    assert_eq!(badge, "");
    assert_asked_for(&lab, &[]);

    // The popup was closed and the background script stopped meanwhile; what was asked for is still known.
    dana.browser.stop_background(&tab).await?;
    let popup = dana.press(&tab).await?;
    popup.shows("approval").await?;
    let words = popup.words().await?;
    assert!(words.contains("Noor Haddad has approved"), "{words}");
    assert_asked_for(&lab, &[]);
    popup.settled().await?;
    popup.page.click("[data-slot=go]").await?;
    popup.opened().await?;
    assert_eq!(dana.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    dana.browser.close_private().await?;

    // It was good for one login.
    let popup = dana.press(&tab).await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "approval_required");
    assert_asked_for(&lab, &[]);
    // Whoever may not approve is shown nothing.
    let page = dana.browser.open_extension("approvals.html").await?;
    assert!(
        page.text(".notice.bad")
            .await?
            .contains("Your role does not allow this")
    );
    Ok(())
}

async fn a_refusal_reaches_whoever_waits_and_a_request_is_taken_back(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(APPROVAL).await?;
    let (dana, noor) = desk(&lab, kind).await?;
    let tab = dana.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = ask(&dana, &lab, &tab).await?;

    let page = requests(&noor).await?;
    page.click("[data-slot=decline]").await?;
    page.click("dialog [data-slot=confirm]").await?;
    assert_eq!(page.text("#word-hint").await?, "Say in a few words why");
    page.fill("#word", "Call me first").await?;
    // Without the relay nothing is lost.
    lab.front.shut(true);
    page.click("dialog [data-slot=confirm]").await?;
    let said = "document.querySelector('#word-hint').textContent.includes('cannot be reached')";
    page.wait_for("the cause beside the word", said).await?;
    let kept = "document.querySelector('#word').value + document.querySelectorAll('.request').length";
    assert_eq!(page.evaluate(kept).await?, "Call me first1");
    page.text(".notice.bad").await?;
    lab.front.shut(false);
    page.click("dialog [data-slot=confirm]").await?;
    assert_eq!(
        page.text(".notice.good [data-slot=title]").await?,
        "You declined the request"
    );

    // The popup that is open asks by itself.
    popup
        .page
        .wait_for("the refusal", "document.querySelector('[data-state=declined]')")
        .await?;
    let words = popup.words().await?;
    assert!(
        words.contains("Noor Haddad has declined") && words.contains("Call me first"),
        "{words}"
    );
    popup.settled().await?;
    popup.page.click("[data-slot=back]").await?;
    popup.leaves("approval").await?;
    popup.shows("confirm").await?;

    popup.confirm().await?;
    popup.error().await?;
    popup.page.click("[data-slot=retry]").await?;
    popup.leaves("error").await?;
    popup.shows("approval").await?;
    let page = requests(&noor).await?;
    popup.settled().await?;
    popup.page.click("[data-slot=back]").await?;
    popup.leaves("approval").await?;
    popup.shows("confirm").await?;
    // It was taken back while the colleague looked at it.
    page.click("[data-slot=approve]").await?;
    page.click("dialog [data-slot=confirm]").await?;
    let words = page.text(".notice.bad").await?;
    assert!(words.contains("This request for approval is gone"), "{words}");
    assert_asked_for(&lab, &[]);
    assert_eq!(dana.browser.private_count().await?, 0);
    Ok(())
}

//! What the popup shows by itself, of a page that it has read itself: when, how often, and for whom it does not.

use anyhow::Result;
use serde_json::json;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Popup, SUPPORT, Seat};
use stagedoor_e2e::states::Screen;

use crate::provisional::{WAIT, begin};
use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_page_is_read_once_for_an_opening,
    with_recipes_too,
    for_nobody_who_is_not_signed_in,
    a_login_that_is_under_way_is_shown_instead,
    whom_a_text_names_is_shown_instead,
);

/// How often a page was read since this was asked last, and how often by the popup.
async fn readings(tab: &Page, popup: &Popup) -> Result<(u64, u64)> {
    let all = "(reads => (delete document.documentElement.dataset.reads, Number(reads ?? 0)))(document.documentElement.dataset.reads)";
    let all = tab.evaluate(all).await?;
    let own = "performance.getEntriesByName('reads').length";
    let own = popup.page.evaluate(own).await?;
    Ok((all.as_u64().unwrap_or_default(), own.as_u64().unwrap_or_default()))
}

/// How often the popup has shown somebody to be confirmed.
async fn confirmations(popup: &Popup) -> Result<u64> {
    let shown = "performance.getEntriesByName('shows confirm').length";
    Ok(popup.page.evaluate(shown).await?.as_u64().unwrap_or_default())
}

async fn a_page_is_read_once_for_an_opening(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.counting()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert_eq!(
        readings(&tab, &popup).await?,
        (1, 0),
        "the relay has said nothing before"
    );
    for running in [true, false] {
        if !running {
            seat.browser.stop_background(&tab).await?;
        }
        let popup = seat.press(&tab).await?;
        popup.settled().await?;
        assert_eq!(popup.customer().await?, CUSTOMERS[0].0);
        assert_eq!(
            (confirmations(&popup).await?, readings(&tab, &popup).await?),
            (1, (1, 1)),
            "{running}"
        );
        let compiled = popup.page.evaluate("core.then(Boolean)").await?;
        let shared = kind == Kind::Firefox && running;
        assert_eq!(compiled, !shared, "a core that runs in the same process is used");
    }
    // A background script that is stopped meanwhile is told what the popup has read.
    let mut session = lab.front.hold_next_to("GET /v1/session");
    let popup = seat.press(&tab).await?;
    session.arrived().await?;
    popup.page.text(WAIT).await?;
    seat.browser.stop_background(&tab).await?;
    popup.settled().await?;
    assert_eq!(readings(&tab, &popup).await?, (1, 1));
    // Before a login it is read again, and when that is asked for.
    popup.start_over().await?;
    assert_eq!(readings(&tab, &popup).await?, (1, 1));
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(readings(&tab, &popup).await?, (1, 1));
    assert_asked_for(&lab, &[CUSTOMERS[0].0]);
    Ok(())
}

/// What lies ready for the collector is laid by the popup then: one step more.
async fn with_recipes_too(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.counting()?;
    let recipe = format!(
        "[[recipe]]\nname = \"Ours\"\nhosts = [\"http://{}\"]\npaths = [\"/customers/{{}}\"]\nat = [\"#email\"]\nonly = true\n",
        lab.crm.address()
    );
    lab.relay()?.configure(&recipe).await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(customer, _), (other, _), ..] = CUSTOMERS;
    let page = format!("<main><p>E-mail: {other}</p><p>E-mail: <b id=email>{customer}</b></p></main>");
    let tab = seat.browser.open(&lab.crm.add("customers/7", &page)).await?;
    // By the relay's first answer it is read once more.
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert_eq!(readings(&tab, &popup).await?, (2, 0));
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, customer);
    assert_eq!(
        (confirmations(&popup).await?, readings(&tab, &popup).await?),
        (1, (1, 2))
    );
    Ok(())
}

async fn for_nobody_who_is_not_signed_in(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.counting()?;
    let (seat, tab) = begin(&lab, kind).await?;
    tab.evaluate("delete document.documentElement.dataset.reads")
        .await?;
    lab.relay()?.run(&["staff", "disable", SUPPORT[0].email])?;
    for (said, own) in [(false, 1), (true, 0)] {
        let mut session = lab.front.hold_next_to("GET /v1/session");
        let popup = seat.press(&tab).await?;
        session.arrived().await?;
        if !said {
            popup.page.text(WAIT).await?;
        }
        session.release();
        assert_eq!(popup.error().await?, "staff_disabled");
        assert_eq!(readings(&tab, &popup).await?, (1, own), "{said}");
        assert_eq!(confirmations(&popup).await?, own);
    }
    seat.browser.close_popup().await?;
    let options = Screen::Options.open(&seat.browser).await?;
    options.click("[data-slot=signOut]").await?;
    options.click("[data-slot=confirm]").await?;
    let gone = "document.querySelector('#connect-title')?.textContent === 'Connect to your relay'";
    options.wait_for("this browser to be a new one", gone).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("setup").await?;
    assert_eq!(readings(&tab, &popup).await?, (0, 0));
    Ok(())
}

async fn a_login_that_is_under_way_is_shown_instead(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.counting()?;
    let (seat, tab) = begin(&lab, kind).await?;
    let popup = seat.press(&tab).await?;
    let mut answer = lab.front.hold_next_to("POST /v1/logins HTTP");
    popup.confirm().await?;
    answer.arrived().await?;
    seat.browser.close_popup().await?;
    let popup = seat.press(&tab).await?;
    // It is shown with whom it is for, and not only as what every popup begins with.
    popup
        .page
        .text("[data-screen=working] [data-slot=address]")
        .await?;
    answer.release();
    popup.opened().await?;
    assert_eq!(confirmations(&popup).await?, 0);
    assert_asked_for(&lab, &[CUSTOMERS[0].0]);
    Ok(())
}

async fn whom_a_text_names_is_shown_instead(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.counting()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(shown, name), (meant, _), ..] = CUSTOMERS;
    let page = format!(
        "<main><h1>{name}</h1><div><span>E-mail</span> <a href='mailto:{shown}'>{shown}</a></div><b id='one'>{meant}</b></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("selected", &page)).await?;
    seat.press(&tab).await?.settled().await?;
    if kind == Kind::Firefox {
        // The popup is there long before the text is noted, then. In Chromium the entry is chosen by way of that script.
        seat.browser.stop_background(&tab).await?;
    }
    let popup = seat.choose_in_menu(&tab, "#one").await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, meant);
    assert_eq!(confirmations(&popup).await?, 1);
    // The page's own customer is next.
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    assert_eq!(popup.customer().await?, shown);
    let kept = popup
        .page
        .evaluate("chrome.storage.session.get('selected')")
        .await?;
    assert_eq!(kept, json!({}));
    Ok(())
}

//! Text that a person selects on a page, and the extension's entry in the context menu on it.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    whoever_is_selected_is_confirmed_first,
    somebody_else_on_the_page_can_be_picked
);

async fn whoever_is_selected_is_confirmed_first(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(shown, name), (meant, _), (third, _), ..] = CUSTOMERS;
    let page = format!(
        "<main><h1>{name}</h1><div><span>E-mail</span> <a href='mailto:{shown}'>{shown}</a></div><p>Note: <b id='one'>{meant}</b></p>
        <p id='hidden'>{}</p><p id='override'>\u{202e}{third}</p><p id='several'>{meant} and {third}</p>
        <p id='words'>Call back at noon</p></main>",
        third.replace('@', "&#x200b;@"),
    );
    let tab = seat.browser.open(&lab.crm.add("selected", &page)).await?;
    let popup = seat.press(&tab).await?;
    popup.settled().await?;
    let words = popup.words().await?;
    assert!(words.contains(shown), "{words}");

    for hostile in ["#hidden", "#override", "#words"] {
        let popup = seat.choose_in_menu(&tab, hostile).await?;
        assert_eq!(popup.error().await?, "selection_unusable", "{hostile}");
        assert_eq!(seat.browser.private_count().await?, 0);
    }
    let popup = seat.choose_in_menu(&tab, "#several").await?;
    popup.shows("choose").await?;
    let words = popup.words().await?;
    assert!(
        words.contains(meant) && words.contains(third) && !words.contains(shown),
        "{words}"
    );
    assert_asked_for(&lab, &[]);

    let popup = seat.choose_in_menu(&tab, "#one").await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, meant);
    let words = popup.words().await?;
    assert!(words.contains("Text that you selected"), "{words}");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(meant.into()));
    assert_asked_for(&lab, &[meant]);
    Ok(())
}

async fn somebody_else_on_the_page_can_be_picked(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let [(shown, name), (meant, _), ..] = CUSTOMERS;
    let page = format!(
        "<main><h1>{name}</h1><div><span>E-mail</span> <a href='mailto:{shown}'>{shown}</a></div><p>Note: {meant}</p></main>"
    );
    let tab = seat.browser.open(&lab.crm.add("two", &page)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.settled().await?, "confirm");
    let words = popup.words().await?;
    assert!(words.contains("1 more found on this page"), "{words}");
    for way in ["[data-slot=back]", "[data-slot=radio]"] {
        assert_eq!(popup.settled().await?, "confirm");
        assert_eq!(popup.customer().await?, shown);
        popup.page.click("[data-slot=other]").await?;
        popup.shows("choose").await?;
        let words = popup.words().await?;
        assert!(words.contains(meant) && !words.contains(shown), "{words}");
        // Typing is one step further, and leads back here.
        popup.page.click("[data-slot=other]").await?;
        popup.shows("manual").await?;
        popup.page.click("[data-slot=back]").await?;
        popup.shows("choose").await?;
        popup.page.click(way).await?;
    }
    popup.page.click("[data-slot=go]").await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, meant);
    popup.confirm().await?;
    popup.opened().await?;
    assert_asked_for(&lab, &[meant]);
    Ok(())
}

//! Recipes from the relay's configuration, through the whole product: a CRM of the firm's own, which nobody knew before.

use anyhow::{Result, ensure};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_home_made_crm_becomes_clear_without_a_restart,
    a_recipe_that_is_taken_back_counts_no_more,
    a_selector_that_no_browser_knows_proposes_nobody,
);

/// A page of a home-made CRM: two addresses, of which nothing general tells whose is whose.
fn page(lab: &Lab) -> String {
    let [(customer, name), (other, _), ..] = CUSTOMERS;
    let html = format!(
        "<title>{name}</title><main><h1>{name}</h1><dl>
        <dt>E-mail</dt><dd class='x1f9 kv' data-field='email'><span>{customer}</span></dd>
        <dt>E-mail</dt><dd class='x1f9 kv' data-field='email-2'><span>{other}</span></dd></dl></main>"
    );
    lab.crm.add("customers/C_4711/overview", &html)
}

fn recipe(lab: &Lab, at: &str) -> String {
    format!(
        "[[recipe]]\nname = \"Home-made\"\nhosts = [\"http://{}\"]\npaths = [\"/customers/{{}}/**\"]\nat = [\"{at}\"]\nonly = true\n",
        lab.crm.address()
    )
}

async fn a_home_made_crm_becomes_clear_without_a_restart(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&page(&lab)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("choose").await?;

    lab.relay()?
        .configure(&recipe(&lab, "[data-field='email']"))
        .await?;
    // The first click after the change already goes by it, and so does one that finds it kept.
    for _ in 0..2 {
        let popup = seat.press(&tab).await?;
        popup.shows("confirm").await?;
        assert_eq!(popup.customer().await?, customer);
        let words = popup.words().await?;
        ensure!(
            words.contains("Home-made"),
            "the popup does not say which recipe: {words}"
        );
    }
    let popup = seat.press(&tab).await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    let recorded = lab.relay()?.run(&["ledger", "show", "0"])?;
    let origin = format!("http://{}", lab.crm.address());
    for expected in [origin.as_str(), "C_4711"] {
        ensure!(recorded.contains(expected), "{expected} is not in {recorded}");
    }
    ensure!(
        !recorded.contains("overview"),
        "more of the page's address went on record: {recorded}"
    );
    Ok(())
}

/// What was laid ready in the page for the collector lies there yet.
async fn a_recipe_that_is_taken_back_counts_no_more(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let recipe = recipe(&lab, "[data-field='email']");
    lab.relay()?.configure(&recipe).await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&page(&lab)).await?;
    seat.press(&tab).await?.shows("confirm").await?;
    lab.relay()?
        .reconfigure(|config| config.replace(&recipe, ""))
        .await?;
    for _ in 0..2 {
        let popup = seat.press(&tab).await?;
        popup.settled().await?;
        popup.shows("choose").await?;
    }
    // And one that comes again counts again.
    lab.relay()?.configure(&recipe).await?;
    for _ in 0..2 {
        let popup = seat.press(&tab).await?;
        popup.settled().await?;
        popup.shows("confirm").await?;
        assert_eq!(popup.customer().await?, CUSTOMERS[0].0);
    }
    Ok(())
}

async fn a_selector_that_no_browser_knows_proposes_nobody(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat
        .browser
        .open(&lab.crm.add(
            "customers/7",
            &format!("<main><p>E-mail: {}</main>", CUSTOMERS[0].0),
        ))
        .await?;
    lab.relay()?
        .configure(&recipe(&lab, "dd:no-such-thing(x)"))
        .await?;
    let popup = seat.press(&tab).await?;
    popup.shows("choose").await?;
    let words = popup.words().await?;
    ensure!(
        words.contains("Home-made") && words.contains(CUSTOMERS[0].0),
        "the popup does not say what is wrong: {words}"
    );
    Ok(())
}

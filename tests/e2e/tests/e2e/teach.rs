//! Teaching a CRM, through the whole product: what an administrator points at becomes lines for the relay's configuration,
//! and those make the page clear for everybody.

use anyhow::{Result, ensure};
use serde_json::json;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    from_pointing_at_it_to_a_login,
    through_shadow_roots_and_by_the_keyboard,
    in_a_frame_of_the_page,
    past_names_that_the_browser_has_for_itself,
    the_page_notices_nothing_and_what_is_wrong_is_said,
);

const FIRST: &str = CUSTOMERS[0].0;
const OTHER: &str = CUSTOMERS[1].0;

/// A page of a home-made CRM with two addresses, of which nothing general tells whose is whose. It notes what reaches it.
fn page(lab: &Lab, number: &str, first: &str, other: &str) -> String {
    let html = format!(
        "<title>Customer</title><main><h1>Customer</h1><dl>
        <dt>E-mail</dt><dd class='x1f9 kv' data-field='email'><span class='sc-aXd3'>{first}</span></dd>
        <dt>E-mail</dt><dd class='x1f9 kv' data-field='email-2'><span class='sc-aXd3'>{other}</span></dd></dl>
        <button onclick='acted.push(1)'>Delete</button></main>
        <script>
            window.acted = [];
            for (const name of ['click', 'mousedown', 'pointerdown', 'keydown'])
                document.querySelector('main').addEventListener(name, () => acted.push(name), true);
        </script>"
    );
    lab.crm.add(&format!("customers/{number}"), &html)
}

async fn acted(tab: &Page) -> Result<serde_json::Value> {
    tab.evaluate("acted").await
}

async fn from_pointing_at_it_to_a_login(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&page(&lab, "4711", FIRST, OTHER)).await?;
    let lesson = seat.teach(&tab).await?;
    tab.point_at("document.querySelector('[data-field=email] span')")
        .await?;
    ensure!(lesson.result().await?.contains(FIRST));
    assert_eq!(acted(&tab).await?, json!([]), "the click reached the page");
    assert_eq!(lesson.page.text("#selector").await?, "[data-field='email']");

    let lines = lesson.lines().await?;
    ensure!(!lines.contains("4711") && !lines.contains('@'), "{lines}");
    for expected in ["paths = [\"/customers/{}/**\"]", "only = true"] {
        ensure!(lines.contains(expected), "{expected} is not in {lines}");
    }
    lesson.page.fill("#name", "Ours").await?;
    lesson
        .page
        .wait_for(
            "the name in the lines",
            "document.getElementById('toml').value.includes('Ours')",
        )
        .await?;
    lab.relay()?.configure(&lesson.lines().await?).await?;

    // Another customer's page, which nobody pointed at.
    let tab = seat.browser.open(&page(&lab, "4712", OTHER, FIRST)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, OTHER);
    ensure!(popup.words().await?.contains("Ours"));
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(OTHER.into()));
    assert_asked_for(&lab, &[OTHER]);
    let recorded = lab.relay()?.run(&["ledger", "show", "0"])?;
    ensure!(recorded.contains("4712"), "the record is not in {recorded}");
    Ok(())
}

async fn through_shadow_roots_and_by_the_keyboard(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let html = format!(
        "<title>Customer</title><main><contact-card></contact-card><p>Ask {OTHER}</main><script>
        class Card extends HTMLElement {{
            constructor() {{
                super();
                const root = this.attachShadow({{ mode: 'closed' }});
                root.append(Object.assign(document.createElement('email-field'), {{ textContent: 'E-mail' }}));
                const inner = root.firstChild.attachShadow({{ mode: 'open' }});
                inner.append(Object.assign(document.createElement('b'), {{ textContent: '{FIRST}' }}));
            }}
        }}
        customElements.define('contact-card', Card);
        </script>"
    );
    let tab = seat
        .browser
        .open(&lab.crm.add("app/20/contacts/C-31", &html))
        .await?;
    let lesson = seat.teach(&tab).await?;
    let (next, take) = keys(kind);
    for key in [next, next, next, take] {
        tab.type_text(key).await?;
    }
    let found = lesson.result().await?;
    ensure!(found.contains(FIRST), "{found}");
    assert_eq!(lesson.page.text("#selector").await?, "email-field >>> b");
    let ids = lesson.page.text("#choices").await?;
    ensure!(ids.contains("C-31") && ids.contains("/app/{}/**"), "{ids}");
    lab.relay()?.configure(&lesson.lines().await?).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, FIRST);
    Ok(())
}

async fn in_a_frame_of_the_page(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    page(&lab, "55", FIRST, OTHER);
    let html = "<title>Customers</title><h1>Customers</h1><iframe src='/customers/55' width=600 height=400></iframe>";
    let tab = seat.browser.open(&lab.crm.add("customers", html)).await?;
    let lesson = seat.teach(&tab).await?;
    let inner = "{ getBoundingClientRect() {
        const frame = document.querySelector('iframe');
        const around = frame.getBoundingClientRect();
        const box = frame.contentDocument.querySelector('[data-field=email] span').getBoundingClientRect();
        return { x: around.x + box.x, y: around.y + box.y, width: box.width, height: box.height };
    } }";
    tab.point_at(inner).await?;
    ensure!(lesson.result().await?.contains(FIRST));
    assert_eq!(
        tab.evaluate("document.querySelector('iframe').contentWindow.acted")
            .await?,
        json!([]),
        "the click reached the page"
    );
    let lines = lesson.lines().await?;
    ensure!(lines.contains("paths = [\"/customers/{}/**\"]"), "{lines}");
    lab.relay()?.configure(&lines).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, FIRST);
    Ok(())
}

/// Images, forms and fields whose names are those of what the picker asks documents and elements.
async fn past_names_that_the_browser_has_for_itself(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let named = |tag: &str, names: &[&str]| -> String {
        let each = names.iter().map(|name| format!("<{tag} name='{name}'>"));
        each.collect()
    };
    let images = [
        "createElement",
        "documentElement",
        "elementsFromPoint",
        "querySelectorAll",
    ];
    let fields = [
        "checkVisibility",
        "childNodes",
        "getRootNode",
        "openOrClosedShadowRoot",
        "scrollTop",
        "shadowRoot",
    ];
    let html = format!(
        "<title>Customer</title><p id='stagedoorStop'>Customer</p>{}<form style='display: block'>{}<dl>
        <dt>E-mail</dt><dd data-field='email'><span>{FIRST}</span></dd>
        <dt>E-mail</dt><dd data-field='email-2'><span>{OTHER}</span></dd></dl></form>",
        named("img alt=''", &images),
        named("input type='hidden'", &fields),
    );
    let tab = seat.browser.open(&lab.crm.add("customers/4713", &html)).await?;
    let lesson = seat.teach(&tab).await?;
    tab.point_at("document.querySelector('[data-field=email] span')")
        .await?;
    ensure!(lesson.result().await?.contains(FIRST));
    lesson.page.close().await?;

    let lesson = seat.teach(&tab).await?;
    let (next, take) = keys(kind);
    for key in [next, take] {
        tab.type_text(key).await?;
    }
    ensure!(lesson.result().await?.contains(FIRST));
    Ok(())
}

/// Tab, which goes round the two addresses of the page, and Enter, as the drivers type them.
fn keys(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Chromium => ("\t", "\r"),
        Kind::Firefox => ("\u{E004}", "\u{E007}"),
    }
}

async fn the_page_notices_nothing_and_what_is_wrong_is_said(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&page(&lab, "list", FIRST, OTHER)).await?;
    let lesson = seat.teach(&tab).await?;
    // A script of the page cannot pick for the person.
    tab.evaluate("document.querySelector('button').click() ?? window.dispatchEvent(new MouseEvent('click', { clientX: 9, clientY: 9 }))")
        .await?;
    lesson.picking(&tab).await?;
    tab.evaluate("acted.splice(0)").await?;
    tab.point_at("document.querySelector('button')").await?;
    let news = lesson.page.text("#news").await?;
    ensure!(news.contains("no number of the customer"), "{news}");
    assert_eq!(acted(&tab).await?, json!([]), "the click reached the page");
    ensure!(!lesson.page.shows("#result").await?);

    let nobody = lab.crm.add("customers/9", "<title>Nobody</title><p>Nobody");
    let elsewhere = nobody.replace("127.0.0.1", "localhost");
    ensure!(elsewhere != nobody);
    tab.navigate(&elsewhere).await?;
    lesson
        .page
        .evaluate("document.getElementById('pick').click()")
        .await?;
    lesson
        .page
        .wait_for(
            "what is wrong",
            "document.getElementById('news').innerText.includes('cannot be read any more')",
        )
        .await?;
    lesson.page.close().await?;

    tab.navigate(&nobody).await?;
    let lesson = seat.teach(&tab).await?;
    tab.point_at("document.querySelector('p')").await?;
    let nothing = lesson.result().await?;
    ensure!(nothing.contains("finds no customer"), "{nothing}");
    ensure!(
        !lesson.page.shows("#give").await?,
        "lines that find nobody are not for the configuration"
    );
    Ok(())
}

//! A page of another origin, open in the browser of an enrolled person, tries everything that a page can.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab, Logged};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::traces::search;

use crate::support::assert_asked_for;

crate::in_each_browser!(
    it_reads_nothing_and_moves_nothing,
    it_opens_no_page_of_the_extension,
    it_cannot_forge_what_is_read_from_it,
);

/// Occurs nowhere but in what the page sends.
const FORGED: &str = "forged.4kq9@customers.example";
const NONCE: &str = "Zm9yZ2VkLW5vbmNlLTRrcQ";

const ATTACK: &str = include_str!("web_page/attack.js");

/// The attack on this lab, by a page that knows everything about the installation that is no secret.
fn attack(lab: &Lab, seat: &Seat) -> String {
    let extension = seat.browser.extension_url("");
    let id = extension.split('/').nth(2).unwrap_or_default().to_owned();
    let known = format!("chrome-extension://{id}/");
    format!(
        "(() => {{ const RELAY = {}, EXTENSIONS = {}, ID = {}, FORGED = {}, NONCE = {}, HOME = {};\n{ATTACK} }})()",
        json!(lab.front.url()),
        json!([extension, known]),
        json!(id),
        json!(FORGED),
        json!(NONCE),
        json!(format!("https://{id}.chromiumapp.org/sign-in")),
    )
}

/// What the page says that it could read, once it has tried everything.
async fn tried(page: &Page) -> Result<Value> {
    page.wait_for("the page to have tried everything", "document.body.dataset.read")
        .await?;
    let read = page.evaluate("JSON.parse(document.body.dataset.read)").await?;
    page.evaluate("delete document.body.dataset.read").await?;
    Ok(read)
}

fn refused(request: &Logged) -> bool {
    request.status >= 400 && !request.code.is_empty()
}

async fn it_reads_nothing_and_moves_nothing(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let (customer, name) = CUSTOMERS[0];
    let attack = attack(&lab, &seat);
    let before = lab.relay()?.requests().await?.len();
    let page = format!(
        "<!doctype html><meta charset=utf-8><body><main><h1>{name}</h1><span>E-mail</span> <a href='mailto:{customer}'>{customer}</a></main>
        <script>addEventListener('load', () => setTimeout(() => {{ {} }}))</script>",
        attack.replace("</script>", "<\\/script>")
    );
    // Once before the extension has had anything to do with the page, and once while its popup is open over it.
    let tab = seat.browser.open(&lab.crm.add("attack", &page)).await?;
    assert_eq!(tried(&tab).await?, json!(["control: 200"]));
    let without = lab.relay()?.requests().await?.len();
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    popup.settled().await?;
    let with = lab.relay()?.requests().await?;
    // What the page does not wait for, such as its beacons, may come as late as this, and is refused.
    let let_in = with.iter().skip(without).filter(|one| !refused(one));
    let popups: Vec<_> = let_in.filter(|one| one.method != "OPTIONS").collect();
    let [popups] = popups.as_slice() else {
        bail!("not the popup's one request: {popups:?}")
    };
    assert_eq!(
        (popups.method.as_str(), popups.route.as_str(), popups.status),
        ("GET", "/v1/session", 200)
    );
    tab.evaluate(&format!("(() => {{ {attack}; }})()")).await?;
    assert_eq!(tried(&tab).await?, json!(["control: 200"]));

    // It did get through to the relay, in many ways, and each was refused.
    let all = lab.relay()?.requests().await?;
    let tried = all[before..without].iter().chain(&all[with.len()..]);
    let mut count = 0;
    for request in tried {
        count += 1;
        assert!(refused(request), "{request:?}");
    }
    assert!(count > 100, "only {count} requests arrived");
    for code in ["origin_not_allowed", "not_found"] {
        assert!(all.iter().any(|one| one.code == code), "none was {code}");
    }

    assert_eq!(popup.screen().await?, "confirm");
    assert_eq!(popup.customer().await?, customer);
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    // And with a person it works as ever: the page has signed nobody out and used nothing up.
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    // The store holds the person's login, and nothing of what the page sent.
    let relay = lab.relay()?.directory();
    assert!(!search(relay, customer)?.is_empty(), "the search finds nothing");
    let log = lab.relay()?.log_complete().await?;
    for sent in [FORGED, NONCE] {
        assert!(search(relay, sent)?.is_empty(), "{sent}");
        assert!(!log.contains(sent), "{sent}");
    }
    Ok(())
}

/// Not even with a person's click in the page, which lets it open windows.
async fn it_opens_no_page_of_the_extension(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let targets = ["popup.html?tab=1", "options.html"].map(|path| seat.browser.extension_url(path));
    let page = format!(
        "<!doctype html><meta charset=utf-8><body><button id=go>Prize</button><script>
            let next = 0;
            go.addEventListener('click', () => {{
                const target = {}[next++];
                let opened = null;
                try {{ opened = window.open(target); }} catch {{}}
                const look = () => {{
                    let seen = '';
                    try {{ seen = opened?.document?.querySelector('#screen, #settings')?.textContent ?? ''; }} catch {{}}
                    opened?.postMessage({{ type: 'popup/login' }}, '*');
                    document.body.dataset['seen' + next] = JSON.stringify(seen);
                }};
                setTimeout(look, 1500);
            }});
        </script>",
        json!(targets)
    );
    let observer = seat.browser.open_extension("options.html").await?;
    let before = pages(&observer).await?;
    let tab = seat.browser.open(&lab.crm.add("prize", &page)).await?;
    let log = lab.relay()?.requests().await?;
    for number in [1, 2] {
        tab.click("#go").await?;
        tab.wait_for(
            "the page to have looked at what it opened",
            &format!("document.body.dataset.seen{number}"),
        )
        .await?;
        let seen = format!("JSON.parse(document.body.dataset.seen{number})");
        assert_eq!(tab.evaluate(&seen).await?, "");
    }
    // Windows may have opened, but the extension's pages are not in them.
    assert_eq!(pages(&observer).await?, before);
    assert_eq!(lab.relay()?.requests().await?, log, "a page of the extension ran");
    // The control: opened by a person, it is one more.
    seat.browser.open(&targets[1]).await?;
    assert_eq!(pages(&observer).await?, before + 1);
    Ok(())
}

/// How many pages of the extension are open, as it sees itself.
async fn pages(page: &Page) -> Result<u64> {
    let views = page.evaluate("chrome.extension.getViews().length").await?;
    views.as_u64().context("a number of pages")
}

/// The page changes what every script of its own would be answered by the document.
const DISGUISE: &str = r#"
    const forged = "FORGED";
    const link = Object.assign(document.createElement("a"), { href: `mailto:${forged}`, textContent: forged });
    const answers = () => [link];
    for (const of of [Document, Element, DocumentFragment]) {
        of.prototype.querySelectorAll = answers;
        of.prototype.querySelector = () => link;
        of.prototype.getElementsByTagName = answers;
    }
    Document.prototype.createTreeWalker = () => ({ nextNode: () => null, currentNode: link });
    Document.prototype.elementFromPoint = () => link;
    Object.defineProperty(Node.prototype, "textContent", { get: () => forged });
    Object.defineProperty(Node.prototype, "nodeValue", { get: () => forged });
    Object.defineProperty(HTMLElement.prototype, "innerText", { get: () => forged });
    Object.defineProperty(HTMLAnchorElement.prototype, "href", { get: () => `mailto:${forged}` });
    Object.defineProperty(Object.prototype, "value", { get: () => forged, set() {}, configurable: true });
    Element.prototype.getAttribute = () => `mailto:${forged}`;
    Element.prototype.checkVisibility = () => true;
    Element.prototype.getClientRects = () => [{ width: 9, height: 9 }];
    globalThis.getComputedStyle = () => ({ display: "block", visibility: "visible", opacity: "1" });
    JSON.stringify = () => JSON.parse(`{"version":1,"facts":[{"kind":"mailto","value":"mailto:${forged}","visible":true}]}`);
    for (const name of ["map", "filter", "push", "flatMap", "slice", "find"]) Array.prototype[name] = () => [{ kind: "mailto", value: forged }];
    for (const name of ["match", "matchAll", "trim", "toLowerCase", "replace"]) String.prototype[name] = () => forged;
    RegExp.prototype.exec = () => [forged];
    RegExp.prototype[Symbol.match] = () => [forged];
    Promise.prototype.then = function () { return this; };
    Map.prototype.get = Set.prototype.has = () => forged;
    globalThis.performance.now = () => 1e12;
"#;

async fn it_cannot_forge_what_is_read_from_it(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let (customer, name) = CUSTOMERS[0];
    let page = format!(
        "<!doctype html><meta charset=utf-8><body><main><h1>{name}</h1><p><b>E-mail</b>: <a href='mailto:{customer}'>{customer}</a></main>
        <script>{}</script><script>document.title = document.querySelector('a').href</script>",
        DISGUISE.replace("FORGED", FORGED)
    );
    let tab = seat.browser.open(&lab.crm.add("disguise", &page)).await?;
    // Without JSON or promises of its own the page cannot be asked; its title says that the disguise is on.
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.customer().await?, customer);
    let title = "chrome.tabs.query({ active: true, currentWindow: true }).then(([tab]) => tab.title)";
    assert_eq!(popup.page.evaluate(title).await?, format!("mailto:{FORGED}"));
    assert!(
        !popup.words().await?.contains("more found"),
        "{}",
        popup.words().await?
    );
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

//! Signing in at a real provider, in real browsers.

use anyhow::Result;
use serde_json::{Value, json};
use stagedoor_e2e::browser::{Kind, PrivateWindows};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::sign_in::{Firm, complaint, connected};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::wait::{PATIENCE, until};

use crate::support::assert_asked_for;

mod store;

crate::in_each_browser!(
    from_nothing_to_a_customer,
    a_relay_that_is_away_is_said_until_it_answers,
    somebody_who_is_not_known_tries_another_account,
    a_session_that_is_over_is_renewed,
    the_background_is_stopped_while_the_person_signs_in,
    whoever_declines_or_leaves_is_told_so,
    a_forged_answer_changes_nothing,
    signing_out_signs_out,
);

const MARIA: (&str, &str) = ("maria@broker.example", "Maria Silva");

async fn start(kind: Kind) -> Result<(Firm, Seat)> {
    let firm = Firm::start(&[MARIA]).await?;
    let seat = Seat::unenrolled(&firm.lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    Ok((firm, seat))
}

/// What the extension keeps on disk.
async fn kept(options: &Page) -> Result<Value> {
    options.evaluate("chrome.storage.local.get(null)").await
}

/// Nothing of a sign-in is kept any more, whatever came of it.
async fn assert_forgotten(options: &Page) -> Result<()> {
    let session = options.evaluate("chrome.storage.session.get('signIn')").await?;
    assert_eq!(session, json!({}));
    Ok(())
}

/// How many sign-ins the relay was asked for.
async fn asked(lab: &Lab) -> Result<usize> {
    let requests = lab.relay()?.requests().await?;
    let asked = requests
        .iter()
        .filter(|one| one.method == "POST" && one.route == "/v1/sign-ins");
    Ok(asked.count())
}

async fn from_nothing_to_a_customer(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    seat.sign_in(&options, &firm.provider, "maria").await?;
    connected(&options).await?;
    let first = kept(&options).await?;
    assert_eq!(first["staff"], json!({"email": MARIA.0, "name": MARIA.1}));
    let words = options.text("[aria-labelledby=connection-title]").await?;
    assert!(
        words.contains("Maria Silva") && words.contains("Signed in until"),
        "{words}"
    );
    assert_forgotten(&options).await?;

    let customer = CUSTOMERS[0].0;
    assert_eq!(
        seat.log_in(&firm.lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    assert_asked_for(&firm.lab, &[customer]);

    // A second time: the provider still knows the person, and asks nothing.
    let first_until = first["signedInUntil"].as_u64().unwrap_or_default();
    options
        .evaluate(&format!(
            "chrome.storage.local.set({{ signedInUntil: {} }})",
            first_until - 60
        ))
        .await?;
    options.click("[data-slot=signIn]").await?;
    until("the sign-in to be renewed", PATIENCE, async || {
        let until = kept(&options).await?["signedInUntil"].as_u64();
        Ok(until.filter(|until| *until >= first_until))
    })
    .await?;
    connected(&options).await?;
    let second = kept(&options).await?;
    assert_eq!(
        (&second["keyId"], &second["staff"]),
        (&first["keyId"], &first["staff"])
    );
    assert_eq!(asked(&firm.lab).await?, 2);
    let stored = firm.lab.relay()?.run(&["staff", "show", MARIA.0])?;
    assert_eq!(
        stored
            .matches(first["keyId"].as_str().unwrap_or("no key"))
            .count(),
        1,
        "the same profile: {stored}"
    );
    Ok(())
}

/// Where people sign in, the page would have nothing to press otherwise. It takes nothing from whoever types on.
async fn a_relay_that_is_away_is_said_until_it_answers(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    firm.lab.front.shut(true);
    let options = seat.browser.open_extension("options.html").await?;
    options.fill("#relay", &firm.lab.front.url()).await?;
    options.click("#code").await?;
    options.type_text("01234").await?;
    let words = options.text("[data-slot=away]").await?;
    assert!(words.contains("The relay cannot be reached"), "{words}");
    assert!(!options.shows("[data-slot=signIn]").await?);
    let typing = "[document.activeElement.id, document.activeElement.value]";
    assert_eq!(options.evaluate(typing).await?, json!(["code", "01234"]));

    // The button says so again, and keeps the focus.
    let focused = "document.activeElement.closest('[data-slot=away]') && document.activeElement.dataset.slot";
    options
        .evaluate("window.before = document.querySelector('[data-slot=again]')")
        .await?;
    options.click("[data-slot=away] [data-slot=again]").await?;
    options
        .wait_for("the page to say so anew", "!window.before.isConnected")
        .await?;
    assert_eq!(options.evaluate(focused).await?, "again");
    firm.lab.front.shut(false);
    options.click("[data-slot=away] [data-slot=again]").await?;
    options.text("[data-slot=signIn]").await?;
    assert!(!options.shows("[data-slot=away]").await?);
    assert_eq!(
        options.evaluate("document.activeElement.dataset.slot").await?,
        "signIn"
    );

    // Whoever comes back to the page need not press it.
    firm.lab.front.shut(true);
    options.evaluate(&retyped(&firm.lab.front.url())).await?;
    options.text("[data-slot=away]").await?;
    firm.lab.front.shut(false);
    options
        .evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        .await?;
    options.text("[data-slot=signIn]").await?;
    assert!(!options.shows("[data-slot=away]").await?);
    assert_eq!(
        options.evaluate("document.querySelector('#code').value").await?,
        "01234"
    );

    // What was said goes with the address that it was about.
    firm.lab.front.shut(true);
    options.evaluate(&retyped(&firm.lab.front.url())).await?;
    options.text("[data-slot=away]").await?;
    options.evaluate(&retyped("")).await?;
    assert!(!options.shows("[data-slot=away]").await?);
    Ok(())
}

/// Puts an address in the place of the one that was typed.
fn retyped(relay: &str) -> String {
    format!(
        "(() => {{
            const relay = document.querySelector('#relay');
            relay.value = {};
            for (const kind of ['input', 'change']) relay.dispatchEvent(new Event(kind));
        }})()",
        json!(relay)
    )
}

async fn somebody_who_is_not_known_tries_another_account(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    seat.sign_in(&options, &firm.provider, "nobody").await?;
    let words = complaint(&options).await?;
    assert!(words.contains("You were not let in"), "{words}");
    assert_eq!(kept(&options).await?, json!({}));
    assert_forgotten(&options).await?;
    assert_eq!(
        options.text("[data-slot=signIn]").await?,
        "Sign in with another account"
    );
    // The provider knows somebody by now, and must ask all the same.
    seat.sign_in(&options, &firm.provider, "maria").await?;
    connected(&options).await?;
    assert_eq!(kept(&options).await?["staff"]["email"], MARIA.0);
    Ok(())
}

async fn a_session_that_is_over_is_renewed(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    seat.sign_in(&options, &firm.provider, "maria").await?;
    connected(&options).await?;
    let key = kept(&options).await?["keyId"].clone();
    options.close().await?;
    store::end_session(&firm.lab)?;

    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&firm.lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "session_expired");
    let words = popup.words().await?;
    assert!(words.contains("Your sign-in has run out"), "{words}");
    let buttons = "[...document.querySelectorAll('#screen button')].filter(one => one.checkVisibility()).map(one => one.innerText)";
    assert_eq!(popup.page.evaluate(buttons).await?, json!(["Sign in again"]));
    assert_asked_for(&firm.lab, &[]);

    let options = seat.browser.open_extension("options.html").await?;
    let words = options.text("[aria-labelledby=connection-title]").await?;
    assert!(words.contains("Your sign-in has run out"), "{words}");
    options.click("[data-slot=signIn]").await?;
    options
        .wait_for(
            "the session to be a good one",
            "document.querySelector('#settings[aria-busy=false] .state.good')",
        )
        .await?;
    assert_eq!(kept(&options).await?["keyId"], key, "the same key");
    assert_eq!(
        seat.log_in(&firm.lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    assert_asked_for(&firm.lab, &[customer]);
    Ok(())
}

async fn the_background_is_stopped_while_the_person_signs_in(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    options.click("[data-slot=signIn]").await?;
    let window = seat.sign_in_window(&firm.provider).await?;
    let stopped = options.evaluate("chrome.storage.session.get('signIn')").await?;
    assert!(stopped["signIn"]["verifier"].is_string(), "nothing is kept");
    seat.browser.stop_background(&options).await?;
    window.fill("#login", "maria").await?;
    window.click("#sign-in").await?;
    connected(&options).await?;
    assert_eq!(kept(&options).await?["staff"]["email"], MARIA.0);
    assert_forgotten(&options).await
}

async fn whoever_declines_or_leaves_is_told_so(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    options.click("[data-slot=signIn]").await?;
    let window = seat.sign_in_window(&firm.provider).await?;
    window.click("#decline").await?;
    let words = complaint(&options).await?;
    assert!(words.contains("The sign-in was declined"), "{words}");
    assert_forgotten(&options).await?;

    options.text("[data-slot=signIn]").await?;
    options.click("[data-slot=signIn]").await?;
    let window = seat.sign_in_window(&firm.provider).await?;
    window.close().await?;
    options
        .until("the page to say that the window was closed", async || {
            let words = complaint(&options).await?;
            Ok(words.contains("You were not signed in").then_some(()))
        })
        .await?;
    assert_forgotten(&options).await?;
    assert_eq!((kept(&options).await?, asked(&firm.lab).await?), (json!({}), 0));
    Ok(())
}

/// Another page, open at the same time, goes to where the sign-in comes back to, with a code and a state of its own.
async fn a_forged_answer_changes_nothing(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    let home = options
        .evaluate("chrome.identity.getRedirectURL('sign-in')")
        .await?;
    options.click("[data-slot=signIn]").await?;
    let window = seat.sign_in_window(&firm.provider).await?;

    let forged = format!("{}?code=forged&state=forged", home.as_str().unwrap_or_default());
    let page = format!(
        "<!doctype html><body><button id=go>Prize</button><script>
            go.addEventListener('click', () => {{
                document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{forged}' }}));
                const opened = window.open('{forged}');
                setTimeout(() => {{ document.body.dataset.done = String(opened !== null); }}, 1000);
            }});
        </script>"
    );
    let hostile = seat.browser.open(&firm.lab.crm.add("forged", &page)).await?;
    hostile.click("#go").await?;
    hostile
        .wait_for("the page to have tried", "document.body.dataset.done")
        .await?;
    assert_eq!(asked(&firm.lab).await?, 0, "a forged code went to the relay");
    let waiting = options.evaluate("chrome.storage.session.get('signIn')").await?;
    assert!(
        waiting["signIn"].is_object(),
        "the page ended the person's sign-in"
    );

    window.fill("#login", "maria").await?;
    window.click("#sign-in").await?;
    connected(&options).await?;
    assert_eq!(kept(&options).await?["staff"]["email"], MARIA.0);
    assert_eq!(asked(&firm.lab).await?, 1);
    Ok(())
}

async fn signing_out_signs_out(kind: Kind) -> Result<()> {
    let (firm, seat) = start(kind).await?;
    let options = seat.find_sign_in(&firm.lab).await?;
    seat.sign_in(&options, &firm.provider, "maria").await?;
    connected(&options).await?;
    options.click("[data-slot=signOut]").await?;
    options.click("[data-slot=confirm]").await?;
    options.text("#connect-title").await?;
    assert_eq!(kept(&options).await?, json!({}));
    let tab = seat.browser.open(&firm.lab.customer_page(CUSTOMERS[0].0)).await?;
    seat.press(&tab).await?.shows("setup").await?;
    // The provider knows her still, and asks all the same: it may be somebody else by now.
    let options = seat.find_sign_in(&firm.lab).await?;
    seat.sign_in(&options, &firm.provider, "maria").await?;
    connected(&options).await
}

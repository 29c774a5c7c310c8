//! An administrator's settings, from the files in which real browsers look for them.

mod rollout;

use anyhow::Result;
use serde_json::{Value, json};
use stagedoor_e2e::administrator::Administrator;
use stagedoor_e2e::browser::{Browser, Kind};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(
    a_relay_that_is_set_is_the_only_one,
    another_relay_signs_out,
    nonsense_lets_nothing_through,
    codes_switched_off,
    a_setting_of_another_type,
);

/// A browser on a profile of that name, with these settings.
async fn seat(lab: &Lab, kind: Kind, profile: &str, settings: &Value) -> Result<Seat> {
    let directory = lab.directory().join(format!("{profile}-administrator"));
    let administrator = Administrator::sets(&directory, settings)?;
    let profile = lab.directory().join("profiles").join(profile);
    let browser = Browser::start_administered(kind, &profile, &paths::extension()?, &administrator).await?;
    Ok(Seat { browser })
}

/// Waits until the page shows what is set: Chromium reads it a moment after it has installed an extension.
async fn taken_over(options: &Page) -> Result<()> {
    options
        .wait_for(
            "the address to be the administrator's",
            "document.querySelector('#relay')?.readOnly",
        )
        .await
}

/// Enrols with a code, and does not touch the address.
async fn enrol(lab: &Lab, options: &Page) -> Result<()> {
    let code = lab.relay()?.invite(SUPPORT[0].email, SUPPORT[0].name)?;
    options.fill("#code", &code).await?;
    options.click("[data-slot=submit]").await?;
    options
        .wait_for(
            "the options page to say that this browser is connected",
            "document.querySelector('#connection-title')",
        )
        .await
}

async fn a_relay_that_is_set_is_the_only_one(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = seat(&lab, kind, "set", &json!({"relay": lab.front.url()})).await?;
    let options = seat.browser.open_extension("options.html").await?;
    taken_over(&options).await?;
    assert_eq!(
        options.evaluate("document.querySelector('#relay').value").await?,
        lab.front.url()
    );
    assert_eq!(options.text("#relay-hint").await?, "Set by your administrator");
    // What is typed all the same, or sent by another way, goes nowhere.
    options
        .evaluate("(() => { const relay = document.querySelector('#relay'); relay.readOnly = false; relay.value = 'https://evil.example'; })()")
        .await?;
    enrol(&lab, &options).await?;
    let stored = options.evaluate("chrome.storage.local.get('relay')").await?;
    assert_eq!(stored, json!({"relay": lab.front.url()}));
    let customer = CUSTOMERS[0].0;
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

async fn another_relay_signs_out(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let other = Lab::start().await?;
    let seat = seat(&lab, kind, "moved", &json!({"relay": other.front.url()})).await?;
    let options = seat.browser.open_extension("options.html").await?;
    taken_over(&options).await?;
    enrol(&other, &options).await?;
    // As if it had been enrolled before the administrator chose.
    let earlier = format!(
        "chrome.storage.local.set({{ relay: {} }})",
        json!(lab.front.url())
    );
    options.evaluate(&earlier).await?;
    other.sim.take_journal();

    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "managed_relay_differs");
    let words = popup.words().await?;
    assert!(
        words.contains("Your administrator has set another relay"),
        "{words}"
    );
    let options = seat.browser.open_extension("options.html").await?;
    let words = options.text("[data-slot=error]").await?;
    assert!(
        words.contains("Your administrator has set another relay"),
        "{words}"
    );
    assert_eq!(
        options.evaluate("document.querySelector('#relay').value").await?,
        other.front.url()
    );
    for lab in [&lab, &other] {
        assert_asked_for(lab, &[]);
    }
    assert!(
        !lab.relay()?.log_complete().await?.contains("/v1/"),
        "the other relay heard of it"
    );

    enrol(&other, &options).await?;
    let customer = CUSTOMERS[0].0;
    other.sim.take_journal();
    assert_eq!(
        seat.log_in(&other.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    Ok(())
}

async fn nonsense_lets_nothing_through(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = seat(&lab, kind, "nonsense", &json!({"relay": "http://relay.example"})).await?;
    let options = seat.browser.open_extension("options.html").await?;
    let words = options.text("[data-slot=error]").await?;
    assert!(words.contains("settings cannot be used"), "{words}");
    assert!(words.ends_with("relay"), "{words}");
    assert!(!options.shows("form").await?);
    let enrol = json!({"type": "options/enrol", "relay": lab.front.url(), "code": "01234-56789-ABCDE-FGHJZ"});
    let answer = options
        .evaluate(&format!("chrome.runtime.sendMessage({enrol})"))
        .await?;
    assert_eq!(answer["error"]["code"], "managed_settings_unusable");
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    assert_eq!(popup.error().await?, "managed_settings_unusable");
    assert!(!lab.relay()?.log_complete().await?.contains("/v1/"));
    Ok(())
}

async fn codes_switched_off(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let settings = json!({"relay": lab.front.url(), "enrolmentCodes": false});
    let seat = seat(&lab, kind, "codes", &settings).await?;
    let options = seat.browser.open_extension("options.html").await?;
    taken_over(&options).await?;
    assert!(options.shows("[data-slot=signIn]").await?);
    for part in ["#code", "[data-slot=submit]", "[data-slot=or]"] {
        assert!(!options.shows(part).await?, "{part}");
    }
    let code = lab.relay()?.invite(SUPPORT[0].email, SUPPORT[0].name)?;
    let enrol = json!({"type": "options/enrol", "relay": lab.front.url(), "code": code});
    let answer = options
        .evaluate(&format!("chrome.runtime.sendMessage({enrol})"))
        .await?;
    assert_eq!(answer["error"]["code"], "enrolment_codes_not_offered");
    let log = lab.relay()?.log_complete().await?;
    assert!(!log.contains("/v1/enrolments"), "{log}");
    Ok(())
}

/// Chromium keeps back what the schema does not allow, so the setting counts as not set; Firefox hands it on.
async fn a_setting_of_another_type(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let settings = json!({"relay": 7, "enrolmentCodes": false});
    let seat = seat(&lab, kind, "typed", &settings).await?;
    let options = seat.browser.open_extension("options.html").await?;
    options
        .wait_for(
            "the settings to count",
            "document.querySelector('#code')?.checkVisibility() === false",
        )
        .await?;
    match kind {
        Kind::Chromium => {
            let field = "document.querySelector('#relay').readOnly";
            assert_eq!(options.evaluate(field).await?, false);
            assert!(options.shows("[data-slot=signIn]").await?);
        }
        Kind::Firefox => {
            let words = options.text("[data-slot=error]").await?;
            assert!(words.contains("settings cannot be used"), "{words}");
            assert!(!options.shows("form").await?);
        }
    }
    Ok(())
}

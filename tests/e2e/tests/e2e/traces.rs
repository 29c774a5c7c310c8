//! After a login nothing on the machine holds the API key or the token.

use std::path::PathBuf;

use anyhow::Result;
use stagedoor_broker_sim::SENTINEL_TOKEN_PREFIX;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{API_KEY, CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::traces::search;

crate::in_each_browser!(no_secret_is_left_behind);

/// Planted where a careless extension would leave a token: its storage, its database, the history.
const CONTROL: &str = "CONTROL-3fJ8sQm5";

const PLANT_IN_DATABASE: &str = r#"new Promise((done, failed) => {
    const opening = indexedDB.open("control", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("control");
    opening.onsuccess = () => {
        const writing = opening.result.transaction("control", "readwrite");
        writing.objectStore("control").put("CONTROL-database", 1);
        writing.oncomplete = () => done(true);
        writing.onerror = failed;
    };
    opening.onerror = failed;
})"#;

async fn no_secret_is_left_behind(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );

    let options = seat.browser.open_extension("options.html").await?;
    for area in ["local", "session"] {
        let stored = options
            .evaluate(&format!("chrome.storage.{area}.get(null)"))
            .await?
            .to_string();
        assert!(!stored.contains(SENTINEL_TOKEN_PREFIX), "{stored}");
        assert!(!stored.contains(API_KEY), "{stored}");
    }
    let stored = options
        .evaluate("chrome.storage.session.get(null)")
        .await?
        .to_string();
    assert!(
        stored.contains(customer),
        "the login left no note, so its absence of secrets shows nothing: {stored}"
    );

    options
        .evaluate(&format!(
            "chrome.storage.local.set({{ control: '{CONTROL}-storage' }})"
        ))
        .await?;
    options
        .evaluate(&PLANT_IN_DATABASE.replace("CONTROL", CONTROL))
        .await?;
    let page = lab.crm.add("control", "<title>Control</title>");
    seat.browser.open(&format!("{page}?{CONTROL}-history")).await?;
    let profile = seat.browser.profile().to_owned();
    seat.browser.quit().await?;

    for planted in ["storage", "database", "history"] {
        let found = search(&profile, &format!("{CONTROL}-{planted}"))?;
        assert!(
            !found.is_empty(),
            "the search does not find what was planted in the {planted}"
        );
    }
    // The only place for the key is the file that the relay reads it from.
    let relay = lab.relay()?.directory().to_owned();
    assert_eq!(search(lab.directory(), API_KEY)?, [relay.join("api-key")]);
    assert_eq!(
        search(lab.directory(), SENTINEL_TOKEN_PREFIX)?,
        [] as [PathBuf; 0]
    );
    assert!(
        !search(&relay, customer)?.is_empty(),
        "the store knows no login, so its absence of secrets shows nothing"
    );

    // Nor the address that the token was a part of.
    assert_eq!(search(&profile, "/?auth=")?, [] as [PathBuf; 0]);

    let log = lab.relay()?.log_complete().await?;
    assert!(log.contains("listening"), "{log}");
    for secret in [API_KEY, SENTINEL_TOKEN_PREFIX, customer] {
        assert!(!log.contains(secret), "the relay's log holds {secret}:\n{log}");
    }
    Ok(())
}

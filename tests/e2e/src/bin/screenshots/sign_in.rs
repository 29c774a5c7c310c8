//! The settings page where people sign in at the firm's provider, and where an administrator has set something.

use anyhow::Result;
use serde_json::json;
use stagedoor_e2e::administrator::Administrator;
use stagedoor_e2e::lab::Lab;
use stagedoor_e2e::scenario::sign_in::{Firm, complaint, connected};

use crate::Studio;

pub(super) async fn shoot() -> Result<()> {
    signing_in().await?;
    managed(
        "options-managed",
        &json!({"enrolmentCodes": false}),
        ".code-input",
    )
    .await?;
    managed(
        "options-managed-fault",
        &json!({"relay": "relay.example"}),
        "form",
    )
    .await
}

async fn signing_in() -> Result<()> {
    let Firm {
        lab,
        provider,
        secret: _secret,
    } = Firm::start(&[("maria@broker.example", "Maria Silva")]).await?;
    let studio = Studio::open(lab, None).await?;
    let seat = &studio.seat;
    let options = seat.find_sign_in(&studio.lab).await?;
    studio.both("options-sign-in", &options).await?;
    seat.sign_in(&options, &provider, "nobody").await?;
    complaint(&options).await?;
    options.text("[data-slot=submit]").await?;
    studio.both("options-sign-in-refused", &options).await?;
    seat.sign_in(&options, &provider, "maria").await?;
    connected(&options).await?;
    studio.both("options-signed-in", &options).await?;
    options
        .evaluate("chrome.storage.local.set({ signedInUntil: 1785600000 })")
        .await?;
    let options = seat.browser.open_extension("options.html").await?;
    options.text(".state.bad").await?;
    studio.both("options-session-over", &options).await?;
    studio.close().await
}

/// An unused browser with an administrator's settings, once an element is gone from it.
async fn managed(name: &str, settings: &serde_json::Value, gone: &str) -> Result<()> {
    let lab = Lab::start().await?;
    let mut settings = settings.clone();
    if settings.get("relay").is_none() {
        settings["relay"] = lab.front.url().into();
    }
    let administrator = Administrator::sets(&lab.directory().join("administrator"), &settings)?;
    let studio = Studio::open(lab, Some(&administrator)).await?;
    let options = studio.seat.browser.open_extension("options.html").await?;
    options
        .wait_for(
            "the settings to count",
            &format!(
                "document.querySelector('#connect-title') && document.querySelector('#relay').readOnly
                    && !document.querySelector('{gone}').checkVisibility()"
            ),
        )
        .await?;
    studio.both(name, &options).await?;
    studio.close().await
}

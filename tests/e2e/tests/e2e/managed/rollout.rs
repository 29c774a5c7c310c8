//! Firefox installs the extension because its policies say so, lets it into private windows, and finds the relay set. These are the
//! policies of docs/deploy-extension.md, word for word, but for addresses.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use stagedoor_e2e::administrator::Administrator;
use stagedoor_e2e::archive;
use stagedoor_e2e::browser::Browser;
use stagedoor_e2e::firefox::Firefox;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{Platform, Seat};

use crate::support::assert_asked_for;

/// The extension's name in Firefox.
const ID: &str = "stagedoor@stagedoor.example";

/// The example for Firefox on Linux in the documents.
fn documented() -> Result<Value> {
    let file = paths::workspace().join("docs/deploy-extension.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut examples = text.split("```json\n").skip(1);
    let example = examples
        .find(|example| example.contains("\"policies\""))
        .and_then(|example| example.split("```").next())
        .context("the documents have no policies for Firefox")?;
    let mut example: Value = serde_json::from_str(example).context("the example is not JSON")?;
    Ok(example["policies"].take())
}

#[tokio::test]
async fn firefox_installs_it_by_policy_and_lets_it_into_private_windows() {
    crate::support::run(rolled_out()).await;
}

async fn rolled_out() -> Result<()> {
    let lab = Lab::start().await?;
    let package = lab.directory().join("stagedoor.xpi");
    archive::write(&package, &archive::read(&paths::extension()?)?)?;
    let mut policies = documented()?;
    policies["ExtensionSettings"][ID]["install_url"] = format!("file://{}", package.display()).into();
    policies["3rdparty"]["Extensions"][ID]["relay"] = lab.front.url().into();
    policies["3rdparty"]["Extensions"][ID]["enrolmentCodes"] = true.into();
    // The package of a firm is signed by Mozilla; this one is not.
    policies["Preferences"] = json!({"xpinstall.signatures.required": {"Value": false, "Status": "locked"}});
    let administrator = Administrator::rules_firefox(&lab.directory().join("distribution"), &policies)?;
    let profile = lab.directory().join("profiles/ruled");
    let firefox = Firefox::start_ruled(&profile, ID, &administrator).await?;
    let private = firefox.run("return policy.privateBrowsingAllowed;").await?;
    assert_eq!(private, true);
    let seat = Seat {
        browser: Browser::Firefox(firefox),
    };
    let options = seat.browser.open_extension("options.html").await?;
    super::taken_over(&options).await?;
    let relay = options.evaluate("document.querySelector('#relay').value").await?;
    assert_eq!(relay, lab.front.url());
    super::enrol(&lab, &options).await?;
    let customer = CUSTOMERS[0].0;
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    assert_asked_for(&lab, &[customer]);
    Ok(())
}

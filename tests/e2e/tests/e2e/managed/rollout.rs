//! Browsers install the extension because their policies say so, and find the relay set. These are the policies of
//! docs/deploy-extension.md, word for word, but for ids and addresses.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use stagedoor_e2e::administrator::Administrator;
use stagedoor_e2e::archive;
use stagedoor_e2e::browser::Browser;
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::firefox::Firefox;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{Platform, Seat};
use stagedoor_e2e::site::Site;

use crate::support::assert_asked_for;

/// The extension's name in Firefox.
const ID: &str = "stagedoor@stagedoor.example";

/// The example in the documents with this word in it.
fn documented(word: &str) -> Result<Value> {
    let file = paths::workspace().join("docs/deploy-extension.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut examples = text.split("```json\n").skip(1);
    let example = examples
        .find_map(|example| {
            example
                .split("```")
                .next()
                .filter(|example| example.contains(word))
        })
        .context("the documents have no such policies")?;
    serde_json::from_str(example).context("the example is not JSON")
}

#[tokio::test]
async fn firefox_installs_it_by_policy_and_lets_it_into_private_windows() {
    crate::support::run(in_firefox()).await;
}

#[tokio::test]
async fn chromium_installs_it_by_policy_and_asks_for_consent_to_private_windows() {
    crate::support::run(in_chromium()).await;
}

async fn in_firefox() -> Result<()> {
    let lab = Lab::start().await?;
    let package = lab.directory().join("stagedoor.xpi");
    archive::write(&package, &archive::read(&paths::extension()?)?)?;
    let mut policies = documented("\"policies\"")?["policies"].take();
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
    // The installation opens the page, and nothing closes it.
    let settings = seat.browser.extension_url("options.html");
    let options = seat.browser.page_at(&settings).await?;
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

async fn in_chromium() -> Result<()> {
    let lab = Lab::start().await?;
    let handed_out = tempfile::tempdir()?;
    let id = pack(&lab, handed_out.path())?;
    let site = Site::serve(handed_out.path()).await?;
    let list = format!(
        "<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'><app appid='{id}'>
        <updatecheck codebase='{}' version='{}'/></app></gupdate>",
        site.url("extension.crx"),
        env!("CARGO_PKG_VERSION")
    );
    fs::write(handed_out.path().join("updates.xml"), list)?;

    let policies = documented("update_url")?.to_string().replace("EXTENSION_ID", &id);
    let mut policies: Value = serde_json::from_str(&policies)?;
    policies["ExtensionSettings"][&id]["update_url"] = site.url("updates.xml").into();
    policies["3rdparty"]["extensions"][&id]["relay"] = lab.front.url().into();
    // Otherwise nobody looks into an extension that was installed by force, and no test.
    policies["DeveloperToolsAvailability"] = 1.into();
    let administrator = Administrator::rules_chromium(&lab.directory().join("chromium"), &policies)?;
    let options = Options {
        system: Some(administrator.directory().to_owned()),
        updates: true,
        ..Options::default()
    };
    let profile = lab.directory().join("profiles/ruled");
    let chromium = Chromium::start_ruled(&profile, id, options).await?;
    let browser = Browser::Chromium(chromium);
    let options = browser.open_extension("options.html").await?;
    super::taken_over(&options).await?;
    let relay = options.evaluate("document.querySelector('#relay').value").await?;
    assert_eq!(relay, lab.front.url());
    // Codes are switched off in the example.
    assert!(!options.shows("#code").await?);
    // No policy gives this consent.
    let private = options
        .text("section[aria-labelledby=private-title] [data-slot=stateText]")
        .await?;
    assert_eq!(private, "Not allowed yet");
    Ok(())
}

/// Packs the extension as a firm does, with a key of its own, and gives the id that follows from the key.
fn pack(lab: &Lab, handed_out: &Path) -> Result<String> {
    let folder = handed_out.join("extension");
    archive::lay_out(&folder, &archive::read(&paths::extension()?)?)?;
    let manifest = folder.join("manifest.json");
    let mut keyless: Value = serde_json::from_slice(&fs::read(&manifest)?)?;
    keyless
        .as_object_mut()
        .and_then(|keys| keys.remove("key"))
        .context("no key")?;
    fs::write(&manifest, keyless.to_string())?;
    let packed = Command::new(paths::chromium()?)
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .arg(format!(
            "--user-data-dir={}",
            lab.directory().join("profiles/packing").display()
        ))
        .arg(format!("--pack-extension={}", folder.display()))
        .output()
        .context("Chromium does not pack")?;
    let package = fs::read(handed_out.join("extension.crx"))
        .with_context(|| String::from_utf8_lossy(&packed.stderr).into_owned())?;
    // The id stands in the package's head: field 10000, and in it field 1 with 16 bytes.
    let head = [0x82, 0xf1, 0x04, 0x12, 0x0a, 0x10];
    let at = package
        .windows(head.len())
        .position(|bytes| bytes == head)
        .context("no id in the package")?;
    let id = package
        .get(at + head.len()..)
        .and_then(|rest| rest.get(..16))
        .context("no id in the package")?;
    let letters = id
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b'a' + digit));
    Ok(letters.collect())
}

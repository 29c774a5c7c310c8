//! Drives Firefox through WebDriver BiDi, with scripts in the browser's own window where BiDi has no command.

mod chrome;
mod context;
mod language;
mod launch;
mod menu;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::administrator::Administrator;
use crate::browser::{PrivateWindows, SETTINGS, Setup};
use crate::page::Page;
use crate::process::Process;
use crate::rpc::Client;
use crate::wait::{PATIENCE, until};

use chrome::Chrome;
pub use context::Context;

/// A running Firefox with the extension installed.
pub struct Firefox {
    client: Client,
    chrome: Chrome,
    /// The tab that Firefox starts with; new tabs are opened beside it.
    first_tab: String,
    /// The extension's address, different in every profile; ends in a slash.
    base: String,
    profile: PathBuf,
    process: Process,
}

/// A page that does nothing. When this is dropped, it goes on.
pub struct StoppedPage {
    process: Pid,
}

impl Drop for StoppedPage {
    fn drop(&mut self) {
        // It may be gone with its browser.
        let _ = kill_process(self.process, Signal::CONT);
    }
}

impl Firefox {
    /// Starts Firefox without a display on a new profile in `profile`, and installs the extension.
    ///
    /// With a `home`, it finds there what an administrator has set for it, and nothing that is anybody's.
    pub async fn start(profile: &Path, extension: &Path, setup: Setup, home: Option<&Path>) -> Result<Self> {
        let (mut process, client) = launch::start(profile, setup, home, None).await?;
        // The extension opens a page when it is installed, in an empty tab where there is one.
        let first_tab = Self::first_tab(&client).await?;
        let filled = json!({"context": first_tab, "url": "data:,", "wait": "complete"});
        client.call("browsingContext.navigate", filled).await?;
        let id = identity(extension)?;
        let chrome = Chrome::enter(&client, &id).await?;
        // Consent that came after the installation would start the extension anew.
        if setup.private == PrivateWindows::Allowed {
            chrome.consent().await?;
        }
        let params = json!({
            "extensionData": {"type": "path", "path": extension},
            "moz:permanent": false,
        });
        let installed = client.call("webExtension.install", params).await;
        installed.map_err(|error| process.explain(error))?;
        if let Some(language) = setup.language {
            let speaks = chrome.language().await?;
            ensure!(
                speaks == language,
                "Firefox speaks {speaks}, and was set up in {language}"
            );
        }
        let browser = Self::running(profile, process, client, chrome, first_tab).await?;
        if extension.join(SETTINGS).is_file() {
            browser.settings_shown().await?;
        }
        Ok(browser)
    }

    /// Waits for the settings, which the extension shows when it is installed. A tab that comes to the front later would
    /// close a popup, and take the keyboard from whatever has it.
    async fn settings_shown(&self) -> Result<()> {
        let address = self.extension_url(SETTINGS);
        let shown = until("the settings of a new installation", PATIENCE, async || {
            self.page_at(&address).await
        });
        let at_rest = "document.querySelector('#settings[aria-busy=false]')";
        shown
            .await?
            .wait_for("the settings to come to rest", at_rest)
            .await
    }

    /// Starts Firefox with policies by which it installs the extension itself, and waits until it has.
    pub async fn start_ruled(profile: &Path, id: &str, policies: &Administrator) -> Result<Self> {
        let setup = PrivateWindows::Forbidden.into();
        let (process, client) = launch::start(profile, setup, None, Some(policies.directory())).await?;
        let chrome = Chrome::enter(&client, id).await?;
        until("the extension to be installed by policy", PATIENCE, async || {
            Ok((chrome.run("return policy?.active === true;").await? == true).then_some(()))
        })
        .await?;
        let first_tab = Self::first_tab(&client).await?;
        Self::running(profile, process, client, chrome, first_tab).await
    }

    async fn first_tab(client: &Client) -> Result<String> {
        let tabs = client
            .call("browsingContext.getTree", json!({"maxDepth": 0}))
            .await?;
        let first = tabs["contexts"][0]["context"].as_str();
        Ok(first.context("Firefox has no tab")?.to_owned())
    }

    async fn running(
        profile: &Path,
        process: Process,
        client: Client,
        chrome: Chrome,
        first_tab: String,
    ) -> Result<Self> {
        let base = chrome.extension_base().await?;
        Ok(Self {
            client,
            chrome,
            first_tab,
            base,
            profile: profile.to_owned(),
            process,
        })
    }

    /// The address of a page of the extension.
    pub fn extension_url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The directory of the profile.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// Opens an address in a new tab of the ordinary window and waits until it has loaded.
    pub async fn open(&self, url: &str) -> Result<Page> {
        // Without a reference it would open in the newest window, which may be private.
        let params = json!({"type": "tab", "referenceContext": self.first_tab});
        let created = self.client.call("browsingContext.create", params).await?;
        let id = created["context"].as_str().context("Firefox names no tab")?;
        let context = Context::new(&self.client, id);
        context.navigate(url).await?;
        Ok(context.into())
    }

    /// Presses the extension's toolbar button in a tab, as the browser itself does, and gives the popup that opens.
    pub async fn press_action(&self, tab: &Page) -> Result<Page> {
        self.close_popup().await?;
        let tab = tab.firefox()?;
        let activate = json!({"context": tab.id()});
        self.client.call("browsingContext.activate", activate).await?;
        let popup = Context::new(&self.client, &self.chrome.press_action(tab.id()).await?);
        popup.loaded().await?;
        Ok(popup.into())
    }

    /// Closes the popup if one is open, as it does by itself when a person clicks elsewhere.
    pub async fn close_popup(&self) -> Result<()> {
        self.chrome.close_popup().await
    }

    /// The pages in private windows, which share nothing with the ordinary ones.
    pub async fn private_pages(&self) -> Result<Vec<String>> {
        self.chrome.private_pages().await
    }

    /// A page by its id.
    pub fn page(&self, id: &str) -> Page {
        Context::new(&self.client, id).into()
    }

    /// The page that is at an address that begins so, if there is one.
    pub async fn page_at(&self, beginning: &str) -> Result<Option<Page>> {
        let tree = self
            .client
            .call("browsingContext.getTree", json!({"maxDepth": 0}))
            .await?;
        let mut pages = tree["contexts"].as_array().into_iter().flatten();
        let found = pages.find(|page| page["url"].as_str().is_some_and(|url| url.starts_with(beginning)));
        Ok(found
            .and_then(|page| page["context"].as_str())
            .map(|id| self.page(id)))
    }

    /// Stops the extension's event page: the next click finds it cold.
    pub async fn stop_background(&self) -> Result<()> {
        self.chrome.stop_background().await
    }

    /// Stops a page, and whatever else of its site is open, in the middle of what it does.
    pub async fn stop_page(&self, tab: &Page) -> Result<StoppedPage> {
        let id = self.chrome.process_of(tab.firefox()?.id()).await?;
        let id = id.as_i64().and_then(|id| i32::try_from(id).ok());
        let process = id.and_then(Pid::from_raw).context("the page has no process")?;
        kill_process(process, Signal::STOP).context("the page cannot be stopped")?;
        Ok(StoppedPage { process })
    }

    /// Runs a script in the browser's own window, for what no command of the driver's does.
    pub async fn run(&self, script: &str) -> Result<Value> {
        self.chrome.run(script).await
    }

    /// Lets the extension into private windows by the switch on Firefox's own page about it.
    pub async fn consent_by_hand(&self) -> Result<()> {
        self.chrome.consent_by_hand().await
    }

    /// Closes the browser in an orderly way, so that everything it keeps is on disk.
    pub async fn quit(mut self) -> Result<()> {
        self.client.call("browser.close", json!({})).await?;
        self.process.ended(PATIENCE).await?;
        Ok(())
    }
}

/// The extension's name, by its manifest.
fn identity(extension: &Path) -> Result<String> {
    let manifest = std::fs::read(extension.join("manifest.json")).context("the extension has no manifest")?;
    let manifest: Value = serde_json::from_slice(&manifest).context("the manifest is not JSON")?;
    let id = manifest["browser_specific_settings"]["gecko"]["id"].as_str();
    Ok(id.context("the manifest has no name for Firefox")?.to_owned())
}

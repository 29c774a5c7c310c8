//! Drives Chromium through the DevTools Protocol.

mod launch;
mod menu;
mod session;
mod worker;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::{PrivateWindows, SETTINGS};
use crate::page::Page;
use crate::process::Process;
use crate::rpc::Client;
use crate::wait::{PATIENCE, until};

pub use launch::Options;
pub use session::Session;

/// A running Chromium with the extension installed.
pub struct Chromium {
    client: Client,
    extension: String,
    profile: PathBuf,
    process: Process,
}

impl Chromium {
    /// Starts Chromium on a new profile in `profile`, and installs the extension.
    pub async fn start(profile: &Path, extension: &Path, options: Options) -> Result<Self> {
        let (mut process, client) = launch::start(profile, &options).await?;
        let params = json!({
            "path": extension,
            "enableInIncognito": options.private == PrivateWindows::Allowed,
        });
        let installed = client.call("Extensions.loadUnpacked", params).await;
        let installed = installed.map_err(|error| process.explain(error))?;
        let id = installed["id"]
            .as_str()
            .context("Chromium names no extension")?
            .to_owned();
        let browser = Self::installed(profile, id, process, client).await?;
        if extension.join(SETTINGS).is_file() {
            browser.settings_shown().await?;
        }
        Ok(browser)
    }

    /// Waits for the settings, which the extension shows when it is installed. A tab that comes to the front later would take
    /// the place of the one that a test is at.
    async fn settings_shown(&self) -> Result<()> {
        let address = self.extension_url(SETTINGS);
        until("the settings of a new installation", PATIENCE, async || {
            let pages = self.targets("page").await?;
            Ok(pages.iter().any(|page| page["url"] == address).then_some(()))
        })
        .await
    }

    /// Starts Chromium with policies in `options.system` by which it installs the extension itself, and waits until it has.
    pub async fn start_ruled(profile: &Path, extension: String, options: Options) -> Result<Self> {
        let (process, client) = launch::start(profile, &options).await?;
        Self::installed(profile, extension, process, client).await
    }

    async fn installed(profile: &Path, extension: String, process: Process, client: Client) -> Result<Self> {
        let browser = Self {
            client,
            extension,
            profile: profile.to_owned(),
            process,
        };
        // An extension is installed once its worker has been started; what is done before races with that.
        let started = async || Ok((!browser.targets("service_worker").await?.is_empty()).then_some(()));
        until("the extension's service worker to start", PATIENCE, started).await?;
        Ok(browser)
    }

    /// The address of a page of the extension.
    pub fn extension_url(&self, path: &str) -> String {
        format!("chrome-extension://{}/{path}", self.extension)
    }

    /// The directory of the profile.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// Opens an address in a new tab of the ordinary window and waits until it has loaded.
    pub async fn open(&self, url: &str) -> Result<Page> {
        let session = Session::open(&self.client).await?;
        session.navigate(url).await?;
        Ok(session.into())
    }

    /// Closes every tab but one.
    pub async fn close_others(&self, keep: &Page) -> Result<()> {
        let keep = keep.chromium()?.id();
        for page in self.targets("page").await? {
            if page["targetId"] != keep {
                self.client
                    .call("Target.closeTarget", json!({"targetId": page["targetId"]}))
                    .await?;
            }
        }
        Ok(())
    }

    /// Presses the extension's toolbar button in a tab, as the browser itself does, and gives the popup that opens.
    pub async fn press_action(&self, tab: &Page) -> Result<Page> {
        self.close_popup().await?;
        let session = tab.chromium()?;
        session.activate().await?;
        let params = json!({"id": self.extension, "targetId": session.tab()?});
        self.client.call("Extensions.triggerAction", params).await?;
        let popup = until("the popup to open", PATIENCE, async || self.popup().await).await?;
        let popup = Session::attach(&self.client, &popup).await?;
        popup.loaded().await?;
        Ok(popup.into())
    }

    /// Closes the popup if one is open, as it does by itself when a person clicks elsewhere.
    pub async fn close_popup(&self) -> Result<()> {
        if let Some(popup) = self.popup().await? {
            self.client
                .call("Target.closeTarget", json!({"targetId": popup}))
                .await?;
            let gone = async || Ok(self.popup().await?.is_none().then_some(()));
            until("the popup to close", PATIENCE, gone).await?;
        }
        Ok(())
    }

    /// The pages in private windows, which share nothing with the ordinary ones.
    pub async fn private_pages(&self) -> Result<Vec<String>> {
        let contexts = self.client.call("Target.getBrowserContexts", json!({})).await?;
        let ordinary = &contexts["defaultBrowserContextId"];
        let pages = self.targets("page").await?;
        let private = pages.iter().filter(|page| page["browserContextId"] != *ordinary);
        Ok(private
            .filter_map(|page| page["targetId"].as_str().map(str::to_owned))
            .collect())
    }

    /// A page by its id.
    pub async fn page(&self, id: &str) -> Result<Page> {
        Ok(Session::attach(&self.client, id).await?.into())
    }

    /// The page that has been at an address that begins so since its last navigation, if there is one.
    pub async fn page_at(&self, beginning: &str) -> Result<Option<Page>> {
        let pages = self.targets("page").await?;
        let mut found = pages
            .iter()
            .filter(|page| page["url"].as_str().is_some_and(|url| url.starts_with(beginning)));
        match found.next().and_then(|page| page["targetId"].as_str()) {
            Some(id) => Ok(Some(self.page(id).await?)),
            None => Ok(None),
        }
    }

    /// Stops the extension's service worker, and waits until it is gone: the next click finds it cold.
    pub async fn stop_background(&self, tab: &Page) -> Result<()> {
        worker::stop(tab.chromium()?).await
    }

    /// Waits until the browser has been closed by the person in front of it.
    pub async fn closed(&self) {
        self.client.closed().await;
    }

    /// Closes the browser in an orderly way, so that everything it keeps is on disk.
    pub async fn quit(mut self) -> Result<()> {
        self.client.call("Browser.close", json!({})).await?;
        self.process.ended(PATIENCE).await?;
        Ok(())
    }

    async fn popup(&self) -> Result<Option<String>> {
        let popup = self.extension_url("popup");
        let found = self
            .targets("page")
            .await?
            .into_iter()
            .find(|page| page["url"].as_str().is_some_and(|url| url.starts_with(&popup)));
        Ok(found.and_then(|page| page["targetId"].as_str().map(str::to_owned)))
    }

    async fn targets(&self, kind: &str) -> Result<Vec<Value>> {
        let filter = json!({"filter": [{"type": kind}]});
        let answer = self.client.call("Target.getTargets", filter).await?;
        Ok(answer["targetInfos"].as_array().cloned().unwrap_or_default())
    }
}

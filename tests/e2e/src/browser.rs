//! One interface over the browsers, so that a scenario is written once.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, bail};

use crate::administrator::Administrator;
use crate::chromium::{Chromium, Options};
use crate::firefox::Firefox;
use crate::page::Page;
use crate::wait::{PATIENCE, until};

/// The extension's settings, in its folder.
pub(crate) const SETTINGS: &str = "options.html";

/// Which browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chromium without a display.
    Chromium,
    /// Firefox without a display.
    Firefox,
}

/// Whether the person lets the extension into private windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateWindows {
    /// The consent that the settings page asks for has been given.
    Allowed,
    /// It has not.
    Forbidden,
}

/// How a browser is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Whether the extension is let into private windows.
    pub private: PrivateWindows,
    /// A proxy whose certificates are taken for good, for pages of ours under other hosts' names.
    pub proxy: Option<SocketAddr>,
    /// The language of the browser's own interface, such as `de`, where it is not English.
    pub language: Option<&'static str>,
}

impl From<PrivateWindows> for Setup {
    fn from(private: PrivateWindows) -> Self {
        Self {
            private,
            proxy: None,
            language: None,
        }
    }
}

/// A running browser with the extension installed.
pub enum Browser {
    /// Chromium.
    Chromium(Chromium),
    /// Firefox.
    Firefox(Firefox),
}

impl Browser {
    /// Starts a browser without a display, on a new profile in `profile`, with the unpacked extension.
    pub async fn start(
        kind: Kind,
        profile: &Path,
        extension: &Path,
        setup: impl Into<Setup>,
    ) -> Result<Self> {
        Self::start_for(kind, profile, extension, setup.into(), None).await
    }

    /// Likewise, with what an administrator of the computer has set for it.
    pub async fn start_administered(
        kind: Kind,
        profile: &Path,
        extension: &Path,
        administrator: &Administrator,
    ) -> Result<Self> {
        let system = Some(administrator.directory());
        let setup = PrivateWindows::Allowed.into();
        Self::start_for(kind, profile, extension, setup, system).await
    }

    async fn start_for(
        kind: Kind,
        profile: &Path,
        extension: &Path,
        setup: Setup,
        system: Option<&Path>,
    ) -> Result<Self> {
        Ok(match kind {
            Kind::Chromium => {
                let options = Options {
                    private: setup.private,
                    proxy: setup.proxy,
                    language: setup.language,
                    system: system.map(Path::to_owned),
                    ..Options::default()
                };
                Self::Chromium(Chromium::start(profile, extension, options).await?)
            }
            Kind::Firefox => Self::Firefox(Firefox::start(profile, extension, setup, system).await?),
        })
    }

    /// Opens an address in a new tab of the ordinary window and waits until it has loaded.
    pub async fn open(&self, url: &str) -> Result<Page> {
        match self {
            Self::Chromium(browser) => browser.open(url).await,
            Self::Firefox(browser) => browser.open(url).await,
        }
    }

    /// The address of a page of the extension.
    pub fn extension_url(&self, path: &str) -> String {
        match self {
            Self::Chromium(browser) => browser.extension_url(path),
            Self::Firefox(browser) => browser.extension_url(path),
        }
    }

    /// Opens a page of the extension in a tab.
    pub async fn open_extension(&self, path: &str) -> Result<Page> {
        self.open(&self.extension_url(path)).await
    }

    /// The directory of the browser's profile.
    pub fn profile(&self) -> &Path {
        match self {
            Self::Chromium(browser) => browser.profile(),
            Self::Firefox(browser) => browser.profile(),
        }
    }

    /// Presses the extension's toolbar button in a tab, which lets the extension read that tab, and gives the popup.
    pub async fn press_action(&self, tab: &Page) -> Result<Page> {
        match self {
            Self::Chromium(browser) => browser.press_action(tab).await,
            Self::Firefox(browser) => browser.press_action(tab).await,
        }
    }

    /// Selects everything in an element of a tab, chooses the extension's entry in the context menu, and gives the popup
    /// that opens. The entry is called `label`.
    ///
    /// Chromium shows no menus without a display: there the extension is told of a choice, as Chromium tells it, and must
    /// have been let into the tab before by its button.
    pub async fn choose_in_menu(&self, tab: &Page, selector: &str, label: &str) -> Result<Page> {
        match self {
            Self::Chromium(browser) => browser.choose_in_menu(tab, selector, label).await,
            Self::Firefox(browser) => browser.choose_in_menu(tab, selector, label).await,
        }
    }

    /// Closes the popup, as a click elsewhere does.
    pub async fn close_popup(&self) -> Result<()> {
        match self {
            Self::Chromium(browser) => browser.close_popup().await,
            Self::Firefox(browser) => browser.close_popup().await,
        }
    }

    /// Waits for a page at an address that begins so, such as one that the extension opened, and gives it.
    pub async fn page_at(&self, beginning: &str) -> Result<Page> {
        let what = format!("a page at {beginning}");
        let page = until(&what, PATIENCE, async || match self {
            Self::Chromium(browser) => browser.page_at(beginning).await,
            Self::Firefox(browser) => browser.page_at(beginning).await,
        });
        page.await
    }

    /// How many pages there are in private windows.
    pub async fn private_count(&self) -> Result<usize> {
        Ok(self.private_ids().await?.len())
    }

    /// Waits for a private window and gives its page, which must be the only one.
    pub async fn private_page(&self) -> Result<Page> {
        match self.some_private_ids().await?.as_slice() {
            [id] => self.page(id).await,
            several => bail!("{} pages in private windows, expected one", several.len()),
        }
    }

    /// Closes the private windows and waits until they are gone. The driver may learn of one after the extension.
    pub async fn close_private(&self) -> Result<()> {
        for id in self.some_private_ids().await? {
            self.page(&id).await?.close().await?;
        }
        self.private_gone().await
    }

    /// Waits until there is no page in a private window any more.
    pub async fn private_gone(&self) -> Result<()> {
        until("the private windows to close", PATIENCE, async || {
            Ok((self.private_count().await? == 0).then_some(()))
        })
        .await
    }

    async fn some_private_ids(&self) -> Result<Vec<String>> {
        until("a private window", PATIENCE, async || {
            Ok(Some(self.private_ids().await?).filter(|ids| !ids.is_empty()))
        })
        .await
    }

    async fn private_ids(&self) -> Result<Vec<String>> {
        match self {
            Self::Chromium(browser) => browser.private_pages().await,
            Self::Firefox(browser) => browser.private_pages().await,
        }
    }

    async fn page(&self, id: &str) -> Result<Page> {
        match self {
            Self::Chromium(browser) => browser.page(id).await,
            Self::Firefox(browser) => Ok(browser.page(id)),
        }
    }

    /// Stops the extension's background script, so that the next click finds it cold.
    pub async fn stop_background(&self, tab: &Page) -> Result<()> {
        match self {
            Self::Chromium(browser) => browser.stop_background(tab).await,
            Self::Firefox(browser) => browser.stop_background().await,
        }
    }

    /// Closes the browser in an orderly way, so that everything it keeps is on disk.
    pub async fn quit(self) -> Result<()> {
        match self {
            Self::Chromium(browser) => browser.quit().await,
            Self::Firefox(browser) => browser.quit().await,
        }
    }
}

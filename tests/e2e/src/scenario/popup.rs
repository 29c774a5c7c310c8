//! The extension's popup as a person reads and uses it.

use anyhow::{Result, bail};

use crate::page::Page;

/// An open popup.
pub struct Popup {
    /// The popup's document.
    pub page: Page,
}

impl Popup {
    pub(super) fn new(page: Page) -> Self {
        Self { page }
    }

    /// The screen that is shown, by its name.
    pub async fn screen(&self) -> Result<String> {
        let name = self
            .page
            .evaluate("document.querySelector('#screen > [data-screen]')?.dataset.screen")
            .await?;
        Ok(name.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until a screen is shown. An error on the way is an error here, unless it is what is waited for.
    pub async fn shows(&self, wanted: &str) -> Result<()> {
        self.page
            .until(&format!("the popup's screen {wanted:?}"), async || {
                let screen = self.screen().await?;
                if screen == "error" && wanted != "error" {
                    bail!("the popup says: {}", self.words().await?);
                }
                Ok((screen == wanted).then_some(()))
            })
            .await
    }

    /// Waits until a screen that was left is gone: another one comes only when the background has answered.
    pub async fn leaves(&self, left: &str) -> Result<()> {
        self.page
            .until(&format!("the popup to leave {left:?}"), async || {
                Ok((self.screen().await? != left).then_some(()))
            })
            .await
    }

    /// Presses the error's button that goes on.
    pub async fn retry(&self) -> Result<()> {
        self.settled().await?;
        self.page.click("[data-slot=retry]").await?;
        self.leaves("error").await
    }

    /// Waits until the popup has come to rest, with the relay's word on what may be opened, and takes presses; gives its screen.
    pub async fn settled(&self) -> Result<String> {
        self.answered().await?;
        self.page
            .wait_for(
                "the popup to take presses",
                "document.querySelector('#screen:not([data-paused], :has([data-slot=retry]:disabled))')",
            )
            .await?;
        self.screen().await
    }

    /// Waits until the popup shows what it has come to, whether or not it takes presses yet, and gives its screen.
    pub async fn answered(&self) -> Result<String> {
        self.page
            .wait_for(
                "the popup to come to rest",
                "document.querySelector('#screen[aria-busy=false]:not(:has([data-slot=held]))')",
            )
            .await?;
        self.screen().await
    }

    /// Asks the popup to read the page again, as a person does who sees an earlier login or an error there.
    pub async fn start_over(&self) -> Result<()> {
        self.settled().await?;
        self.page.click("#rescan").await?;
        self.settled().await?;
        Ok(())
    }

    /// Everything that can be read in the popup.
    pub async fn words(&self) -> Result<String> {
        self.page.text("#screen").await
    }

    /// The customer's address as the popup shows it.
    pub async fn customer(&self) -> Result<String> {
        self.page.text("[data-slot=address]").await
    }

    /// Waits for the proposal and gives the person's consent to it.
    pub async fn confirm(&self) -> Result<()> {
        self.shows("confirm").await?;
        // A screen that is about to be drawn anew would swallow the click.
        self.settled().await?;
        self.page.click("[data-slot=open]").await
    }

    /// Waits until the platform has been opened.
    pub async fn opened(&self) -> Result<()> {
        self.shows("opened").await
    }

    /// Waits for an error that takes presses, and gives its code.
    pub async fn error(&self) -> Result<String> {
        self.shows("error").await?;
        self.settled().await?;
        self.page.text("[data-screen=error] [data-slot=code]").await
    }
}

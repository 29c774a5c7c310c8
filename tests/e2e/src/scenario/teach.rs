//! An administrator shows where a CRM has the customer's address.

use anyhow::Result;

use super::Seat;
use crate::page::Page;

/// The page on which a CRM is taught.
pub struct Lesson {
    /// Its document.
    pub page: Page,
}

impl Seat {
    /// Presses the toolbar button in a tab and chooses to teach its page; then the person can point into it.
    pub async fn teach(&self, tab: &Page) -> Result<Lesson> {
        let popup = self.press(tab).await?;
        popup.settled().await?;
        popup.page.click("[data-slot=teach]").await?;
        let page = self
            .browser
            .page_at(&self.browser.extension_url("teach.html"))
            .await?;
        let lesson = Lesson { page };
        lesson.picking(tab).await?;
        Ok(lesson)
    }
}

impl Lesson {
    /// Waits until the picker lies over a page.
    pub async fn picking(&self, tab: &Page) -> Result<()> {
        tab.wait_for("the picker", "document.querySelector('html > div[popover]')")
            .await
    }

    /// What the recipe finds on the page, in the words of the lesson.
    pub async fn result(&self) -> Result<String> {
        self.page.text("#trial-text").await
    }

    /// The lines for the relay's configuration.
    pub async fn lines(&self) -> Result<String> {
        self.page
            .wait_for("the lines", "document.getElementById('toml').checkVisibility()")
            .await?;
        let lines = self
            .page
            .evaluate("document.getElementById('toml').value")
            .await?;
        Ok(lines.as_str().unwrap_or_default().to_owned())
    }
}

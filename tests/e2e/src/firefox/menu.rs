//! The extension's entry in the context menu on selected text.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Firefox;
use super::context::Context;
use crate::page::Page;
use crate::wait::{PATIENCE, until};

impl Firefox {
    pub(crate) async fn choose_in_menu(&self, tab: &Page, selector: &str, label: &str) -> Result<Page> {
        self.close_popup().await?;
        let context = tab.firefox()?;
        let activate = json!({"context": context.id()});
        self.client.call("browsingContext.activate", activate).await?;
        tab.select(selector).await?;
        let (x, y) = tab.clickable(selector).await?;
        context.press_secondary(x, y).await?;
        let choose = format!(
            "for (const window of windows()) {{
                const menu = window.document.getElementById('contentAreaContextMenu');
                const item = [...menu.querySelectorAll('menuitem')].find(item => item.label?.startsWith({}));
                if (menu.state === 'open' && item) {{
                    menu.activateItem(item);
                    return true;
                }}
            }}
            return null;",
            json!(label)
        );
        until(
            "the context menu with the extension's entry",
            PATIENCE,
            async || Ok(self.chrome.run(&choose).await?.as_bool()),
        )
        .await?;
        let popup = until("the popup to open", PATIENCE, async || self.chrome.popup().await).await?;
        let popup = Context::new(&self.client, &popup);
        popup.loaded().await.context("the popup does not load")?;
        Ok(popup.into())
    }
}

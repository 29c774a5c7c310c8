//! The extension's entry in the context menu on selected text.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::Chromium;
use super::session::Session;
use crate::page::Page;
use crate::wait::{PATIENCE, until};

impl Chromium {
    pub(crate) async fn choose_in_menu(&self, tab: &Page, selector: &str, label: &str) -> Result<Page> {
        self.close_popup().await?;
        tab.chromium()?.activate().await?;
        let text = tab.select(selector).await?;
        let workers = self.targets("service_worker").await?;
        let worker = workers.first().context("the service worker sleeps")?;
        let worker = worker["targetId"].as_str().context("it has no id")?;
        let worker = Session::attach(&self.client, worker).await?;
        // An entry that is not there cannot be changed either.
        let choose = format!(
            "(async () => {{
                const fault = await new Promise(done => chrome.contextMenus.update('selection', {{ title: {label} }},
                    () => done(chrome.runtime.lastError?.message)));
                if (fault) return fault;
                const [tab] = await chrome.tabs.query({{ active: true, lastFocusedWindow: true }});
                chrome.contextMenus.onClicked.dispatch(
                    {{ menuItemId: 'selection', selectionText: {text}, editable: false }}, tab);
                return '';
            }})()",
            label = json!(label),
            text = json!(text),
        );
        let fault = worker.evaluate(&choose).await?;
        if !fault.is_empty() {
            bail!("the context menu has no such entry: {fault}");
        }
        worker.detach().await?;
        let popup = until("the popup to open", PATIENCE, async || self.popup().await).await?;
        let popup = Session::attach(&self.client, &popup).await?;
        popup.loaded().await?;
        Ok(popup.into())
    }
}

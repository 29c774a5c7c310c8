//! Scripts in Firefox's own window: the toolbar button, the popup's panel, private windows, the event page.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::context::Context;
use crate::rpc::Client;
use crate::wait::{PATIENCE, until};

/// The script scope of the browser's first window.
pub(super) struct Chrome {
    scope: Context,
    extension: String,
}

/// BiDi lists tabs only. A popup's `<browser>` is given what a tab's has, an identity, and is made findable by it;
/// then every BiDi command works in the popup, real input included.
const PRELUDE: &str = r#"
    const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
    const { PrivateBrowsingUtils } = ChromeUtils.importESModule("resource://gre/modules/PrivateBrowsingUtils.sys.mjs");
    const { ExtensionParent } = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
    const windows = () => [...Services.wm.getEnumerator("navigator:browser")];
    const panels = () => windows().flatMap(window => [...window.document.querySelectorAll("panel")])
        .filter(panel => panel.querySelector("browser.webextension-popup-browser"));
    const popups = () => panels().filter(panel => panel.state === "open")
        .map(panel => panel.querySelector("browser.webextension-popup-browser"))
        .filter(browser => browser.currentURI?.schemeIs("moz-extension"));
    if (!NavigableManager.findsPopups) {
        const findTab = NavigableManager.getBrowserById;
        NavigableManager.getBrowserById = id =>
            popups().find(popup => NavigableManager.getIdForBrowser(popup) === id)
                ?? findTab.call(NavigableManager, id);
        NavigableManager.findsPopups = true;
    }
"#;

impl Chrome {
    /// Enters the first window on behalf of one extension.
    pub(super) async fn enter(client: &Client, extension: &str) -> Result<Self> {
        let tree = client
            .call("browsingContext.getTree", json!({"moz:scope": "chrome"}))
            .await?;
        let window = tree["contexts"][0]["context"]
            .as_str()
            .context("Firefox has no window")?;
        Ok(Self {
            scope: Context::new(client, window),
            extension: extension.to_owned(),
        })
    }

    /// The language that Firefox takes an extension's texts in.
    pub(super) async fn language(&self) -> Result<Value> {
        self.run("return Services.locale.appLocaleAsBCP47;").await
    }

    /// Gives the consent to private windows before the extension is installed, as a policy does.
    pub(super) async fn consent(&self) -> Result<()> {
        let consent = format!(
            "const {{ ExtensionPermissions }} = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
            await ExtensionPermissions.add({}, {{ permissions: ['internal:privateBrowsingAllowed'], origins: [] }});",
            json!(self.extension)
        );
        self.run(&consent).await?;
        Ok(())
    }

    /// Gives it on the page that Firefox has for the extension, in a tab of its own.
    pub(super) async fn consent_by_hand(&self) -> Result<()> {
        let open = format!(
            "windows()[0].BrowserAddonUI.openAddonsMgr('addons://detail/' + encodeURIComponent({}));",
            json!(self.extension)
        );
        self.run(&open).await?;
        let click = r#"for (const { currentURI, contentDocument } of windows()[0].gBrowser.browsers) {
                if (currentURI.spec !== "about:addons") continue;
                const allow = contentDocument.querySelector("input[name=private-browsing][value='1']");
                if (!allow?.checkVisibility()) continue;
                allow.click();
                return true;
            }
            return null;"#;
        until("Firefox's page about the extension", PATIENCE, async || {
            Ok(self.run(click).await?.as_bool())
        })
        .await?;
        Ok(())
    }

    pub(super) async fn extension_base(&self) -> Result<String> {
        let base = self.run("return policy.getURL('');").await?;
        Ok(base
            .as_str()
            .context("Firefox does not know the extension")?
            .to_owned())
    }

    /// Presses the toolbar button in the window of a tab; gives the popup's context.
    pub(super) async fn press_action(&self, tab: &str) -> Result<String> {
        let press = format!(
            "const window = windows().find(window => window.gBrowser.browsers.some(
                browser => NavigableManager.getIdForBrowser(browser) === {}));
            await ExtensionParent.apiManager.global.browserActionFor(policy.extension).triggerAction(window);",
            json!(tab)
        );
        self.run(&press).await?;
        until("the popup to open", PATIENCE, async || self.popup().await).await
    }

    /// The context of the popup, if it is open.
    pub(super) async fn popup(&self) -> Result<Option<String>> {
        let find = "const [popup] = popups();
            if (!popup) return null;
            popup.permanentKey ??= {};
            return NavigableManager.getIdForBrowser(popup);";
        Ok(self.run(find).await?.as_str().map(str::to_owned))
    }

    pub(super) async fn close_popup(&self) -> Result<()> {
        let close = "const open = panels().filter(panel => panel.state !== 'closed');
            open.forEach(panel => panel.hidePopup());
            return open.length;";
        until("the popup to close", PATIENCE, async || {
            Ok((self.run(close).await? == 0).then_some(()))
        })
        .await
    }

    /// The contexts of all tabs in private windows.
    pub(super) async fn private_pages(&self) -> Result<Vec<String>> {
        let find = "return windows().filter(window => PrivateBrowsingUtils.isWindowPrivate(window))
            .flatMap(window => window.gBrowser.browsers)
            .filter(browser => browser.currentURI && !browser.currentURI.schemeIs('about'))
            .map(browser => NavigableManager.getIdForBrowser(browser));";
        let found = self.run(find).await?;
        let ids = found.as_array().into_iter().flatten();
        Ok(ids.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The process that a tab's page is in.
    pub(super) async fn process_of(&self, tab: &str) -> Result<Value> {
        let find = format!(
            "return windows().flatMap(window => window.gBrowser.browsers)
                .find(browser => NavigableManager.getIdForBrowser(browser) === {})
                .browsingContext.currentWindowGlobal.osPid;",
            json!(tab)
        );
        self.run(&find).await
    }

    pub(super) async fn stop_background(&self) -> Result<()> {
        let stop = "await policy.extension.terminateBackground({ ignoreDevToolsAttached: true,
                disableResetIdleForTest: true });
            return policy.extension.backgroundState;";
        until("the event page to stop", PATIENCE, async || {
            Ok((self.run(stop).await? == "stopped").then_some(()))
        })
        .await
    }

    pub(super) async fn run(&self, body: &str) -> Result<Value> {
        let script = format!(
            "(async () => {{
                {PRELUDE}
                const policy = WebExtensionPolicy.getByID({});
                return JSON.stringify((await (async () => {{ {body} }})()) ?? null);
            }})()",
            json!(self.extension)
        );
        let answer = self.scope.evaluate(&script).await?;
        serde_json::from_str(&answer).context("the window's answer is not JSON")
    }
}

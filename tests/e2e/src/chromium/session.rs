//! One page of Chromium, reached through a DevTools session.

use anyhow::{Context as _, Result, bail};
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::page::BETWEEN_CLICKS;
use crate::rpc::{Client, Event, PageGone};
use crate::wait::{PATIENCE, until};

/// What a new tab shows first. An extension that opens a page takes over an active tab with `about:blank`, so not that.
const EMPTY: &str = "data:,";

/// A page of Chromium.
pub struct Session {
    client: Client,
    session: String,
    page: String,
    /// The tab that holds the page; known for the tabs that we opened.
    tab: Option<String>,
}

impl Session {
    /// Opens a new, empty tab.
    pub(super) async fn open(client: &Client) -> Result<Self> {
        let created = client
            .call("Target.createTarget", json!({"url": EMPTY, "forTab": true}))
            .await?;
        let tab = text(&created["targetId"])?;
        let attached = client
            .call("Target.attachToTarget", json!({"targetId": tab, "flatten": true}))
            .await?;
        let tab_session = text(&attached["sessionId"])?;
        // The tab tells of its page by attaching to it.
        let mut events = Events {
            all: client.events(),
            session: tab_session.clone(),
        };
        let params = json!({"autoAttach": true, "flatten": true, "waitForDebuggerOnStart": false});
        client
            .call_in(Some(&tab_session), "Target.setAutoAttach", params)
            .await?;
        let page = timeout(PATIENCE, events.next("Target.attachedToTarget"));
        let page = page.await.context("waited for the new tab's page")??;
        Ok(Self {
            client: client.clone(),
            session: text(&page["sessionId"])?,
            page: text(&page["targetInfo"]["targetId"])?,
            tab: Some(tab),
        })
    }

    /// Attaches to a page that the browser opened.
    pub(super) async fn attach(client: &Client, page: &str) -> Result<Self> {
        let attached = client
            .call(
                "Target.attachToTarget",
                json!({"targetId": page, "flatten": true}),
            )
            .await?;
        let session = text(&attached["sessionId"])?;
        Ok(Self {
            client: client.clone(),
            session,
            page: page.to_owned(),
            tab: None,
        })
    }

    /// Leaves it alone again.
    pub(super) async fn detach(self) -> Result<()> {
        self.client
            .call("Target.detachFromTarget", json!({"sessionId": self.session}))
            .await?;
        Ok(())
    }

    pub(super) fn id(&self) -> &str {
        &self.page
    }

    pub(super) fn tab(&self) -> Result<&str> {
        self.tab
            .as_deref()
            .context("not a tab that was opened by this driver")
    }

    /// Calls a DevTools method on this page.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.client.call_in(Some(&self.session), method, params).await
    }

    /// What the page's domains tell from now on.
    pub(super) fn events(&self) -> Events {
        Events {
            all: self.client.events(),
            session: self.session.clone(),
        }
    }

    pub(super) async fn activate(&self) -> Result<()> {
        self.client
            .call("Target.activateTarget", json!({"targetId": self.page}))
            .await?;
        Ok(())
    }

    pub(super) async fn loaded(&self) -> Result<()> {
        let complete = format!(
            "String(document.readyState === 'complete' && !['about:blank', '{EMPTY}'].includes(location.href))"
        );
        until("the page to load", PATIENCE, async || {
            Ok((self.evaluate(&complete).await? == "true").then_some(()))
        })
        .await
    }

    pub(crate) async fn evaluate(&self, expression: &str) -> Result<String> {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", params).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("the document threw: {}", exception["exception"]["description"]);
        }
        text(&answer["result"]["value"])
    }

    pub(crate) async fn navigate(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({"url": url})).await?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("{url} does not open: {error}");
        }
        self.loaded().await
    }

    pub(crate) async fn press(&self, x: f64, y: f64, times: u32) -> Result<()> {
        self.mouse("mouseMoved", x, y, 0).await?;
        for count in 1..=times {
            if count > 1 {
                tokio::time::sleep(BETWEEN_CLICKS).await;
            }
            self.mouse("mousePressed", x, y, count).await?;
            let released = self.mouse("mouseReleased", x, y, count).await;
            // What the press did may have closed the page: a popup goes when another tab comes to the front.
            if released.as_ref().is_err_and(|error| error.is::<PageGone>()) {
                return Ok(());
            }
            released?;
        }
        Ok(())
    }

    pub(crate) async fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars().map(String::from) {
            let down = json!({"type": "keyDown", "text": character, "key": character});
            self.call("Input.dispatchKeyEvent", down).await?;
            self.call(
                "Input.dispatchKeyEvent",
                json!({"type": "keyUp", "key": character}),
            )
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn hold_enter(&self, again: bool) -> Result<()> {
        let down = json!({
            "type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r", "autoRepeat": again,
        });
        self.call("Input.dispatchKeyEvent", down).await?;
        Ok(())
    }

    pub(crate) async fn key(&self, name: &str) -> Result<()> {
        let (code, text) = match name {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            other => bail!("no key is called {other}"),
        };
        let mut down = json!({"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down).await?;
        let up = json!({"type": "keyUp", "key": name, "code": name, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", up).await?;
        Ok(())
    }

    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>> {
        self.capture(json!({"format": "png"})).await
    }

    async fn capture(&self, params: Value) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", params).await?;
        Base64::decode_vec(&text(&answer["data"])?).map_err(|error| anyhow::anyhow!("screenshot: {error}"))
    }

    /// Shows the page as to a person who prefers `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) -> Result<()> {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}))
            .await?;
        // Colours may change gradually.
        let settled = "Promise.allSettled(document.getAnimations().map(one => one.finished)).then(() => '')";
        self.evaluate(settled).await?;
        Ok(())
    }

    /// A picture of one element, whole even where it is longer than the window.
    pub async fn picture_of(&self, selector: &str) -> Result<Vec<u8>> {
        let find = format!(
            "(() => {{ const {{ x, y, width, height }} = document.querySelector({}).getBoundingClientRect();
                return JSON.stringify({{ x: x + scrollX, y: y + scrollY, width, height, scale: 1 }}); }})()",
            json!(selector)
        );
        let clip: Value = serde_json::from_str(&self.evaluate(&find).await?)?;
        let height: f64 = self.evaluate("String(innerHeight)").await?.parse()?;
        // Looking beyond the window makes the window larger for a moment, which popups answer by growing.
        let beyond = clip["height"].as_f64().is_some_and(|needed| needed > height);
        self.capture(json!({"format": "png", "clip": clip, "captureBeyondViewport": beyond}))
            .await
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.client
            .call("Target.closeTarget", json!({"targetId": self.page}))
            .await?;
        Ok(())
    }

    async fn mouse(&self, kind: &str, x: f64, y: f64, count: u32) -> Result<()> {
        let button = if count == 0 { "none" } else { "left" };
        let params = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": count});
        self.call("Input.dispatchMouseEvent", params).await?;
        Ok(())
    }
}

/// The events of one session.
pub(super) struct Events {
    all: broadcast::Receiver<Event>,
    session: String,
}

impl Events {
    /// The parameters of the next event of this name.
    pub(super) async fn next(&mut self, method: &str) -> Result<Value> {
        loop {
            let event = self.all.recv().await?;
            if event.method == method && event.session.as_ref() == Some(&self.session) {
                return Ok(event.params);
            }
        }
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .context("Chromium's answer has no text where one belongs")?
        .to_owned())
}

//! One page of Firefox, or the popup of a toolbar button.

use anyhow::{Context as _, Result, bail};
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::page::BETWEEN_CLICKS;
use crate::rpc::Client;
use crate::wait::{PATIENCE, until};

/// A browsing context of Firefox.
pub struct Context {
    client: Client,
    id: String,
}

impl Context {
    pub(super) fn new(client: &Client, id: &str) -> Self {
        Self {
            client: client.clone(),
            id: id.to_owned(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) async fn loaded(&self) -> Result<()> {
        let complete = "String(document.readyState === 'complete' && location.href !== 'about:blank')";
        until("the page to load", PATIENCE, async || {
            Ok((self.evaluate(complete).await? == "true").then_some(()))
        })
        .await
    }

    pub(crate) async fn evaluate(&self, expression: &str) -> Result<String> {
        let target = json!({"context": self.id});
        let params = json!({"expression": expression, "target": target, "awaitPromise": true});
        let answer = self.client.call("script.evaluate", params).await?;
        if answer["type"] != "success" {
            bail!("the document threw: {}", answer["exceptionDetails"]["text"]);
        }
        text(&answer["result"]["value"])
    }

    pub(crate) async fn navigate(&self, url: &str) -> Result<()> {
        let params = json!({"context": self.id, "url": url, "wait": "complete"});
        self.client.call("browsingContext.navigate", params).await?;
        Ok(())
    }

    pub(crate) async fn press(&self, x: f64, y: f64, times: u32) -> Result<()> {
        let mut actions = vec![json!({"type": "pointerMove", "x": x.round(), "y": y.round()})];
        for count in 1..=times {
            if count > 1 {
                let rest = u64::try_from(BETWEEN_CLICKS.as_millis())?;
                actions.push(json!({"type": "pause", "duration": rest}));
            }
            actions.push(json!({"type": "pointerDown", "button": 0}));
            actions.push(json!({"type": "pointerUp", "button": 0}));
        }
        self.perform(json!({"type": "pointer", "id": "mouse", "actions": actions}))
            .await
    }

    /// Presses the button that opens the context menu.
    pub(super) async fn press_secondary(&self, x: f64, y: f64) -> Result<()> {
        let actions = json!([
            {"type": "pointerMove", "x": x.round(), "y": y.round()},
            {"type": "pointerDown", "button": 2},
            {"type": "pointerUp", "button": 2},
        ]);
        self.perform(json!({"type": "pointer", "id": "mouse", "actions": actions}))
            .await
    }

    pub(crate) async fn type_text(&self, text: &str) -> Result<()> {
        let keys = text
            .chars()
            .flat_map(|character| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": character})));
        let keys: Vec<Value> = keys.collect();
        self.perform(json!({"type": "key", "id": "keyboard", "actions": keys}))
            .await
    }

    pub(crate) async fn hold_enter(&self) -> Result<()> {
        let down = json!([{"type": "keyDown", "value": "\u{e007}"}]);
        self.perform(json!({"type": "key", "id": "keyboard", "actions": down}))
            .await
    }

    pub(crate) async fn key(&self, name: &str) -> Result<()> {
        // WebDriver's names of the keys.
        let value = match name {
            "Enter" => "\u{e007}",
            "Tab" => "\u{e004}",
            "Escape" => "\u{e00c}",
            other => bail!("no key is called {other}"),
        };
        self.type_text(value).await
    }

    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>> {
        let answer = self
            .client
            .call("browsingContext.captureScreenshot", json!({"context": self.id}))
            .await?;
        Base64::decode_vec(&text(&answer["data"])?).map_err(|error| anyhow::anyhow!("screenshot: {error}"))
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.client
            .call("browsingContext.close", json!({"context": self.id}))
            .await?;
        Ok(())
    }

    async fn perform(&self, source: Value) -> Result<()> {
        let params = json!({"context": self.id, "actions": [source]});
        self.client.call("input.performActions", params).await?;
        Ok(())
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .context("Firefox's answer has no text where one belongs")?
        .to_owned())
}

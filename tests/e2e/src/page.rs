//! A document in a browser, as a person uses it: looked at, clicked, typed into. The same in every browser.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::wait::{PATIENCE, until};
use crate::{chromium, firefox};

/// A document in a tab, or in the popup of the toolbar button.
pub struct Page {
    driver: Driver,
}

enum Driver {
    Chromium(chromium::Session),
    Firefox(firefox::Context),
}

impl From<chromium::Session> for Page {
    fn from(session: chromium::Session) -> Self {
        Self {
            driver: Driver::Chromium(session),
        }
    }
}

impl From<firefox::Context> for Page {
    fn from(context: firefox::Context) -> Self {
        Self {
            driver: Driver::Firefox(context),
        }
    }
}

impl Page {
    /// The value of a JavaScript expression in the document, awaited if it is a promise.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        let expression = format!("(async () => JSON.stringify((await ({expression})) ?? null))()");
        let text = match &self.driver {
            Driver::Chromium(session) => session.evaluate(&expression).await,
            Driver::Firefox(context) => context.evaluate(&expression).await,
        };
        serde_json::from_str(&text?).context("the document's answer is not JSON")
    }

    /// Looks at the page again and again until `probe` has found something; `what` completes "waited for ...".
    ///
    /// What the page shows instead is part of the error.
    pub async fn until<T>(&self, what: &str, probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
        match until(what, PATIENCE, probe).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let shown = self.evaluate("document.body.innerText").await.unwrap_or_default();
                Err(anyhow!(
                    "{error:#}; the page shows:\n{}",
                    shown.as_str().unwrap_or_default().trim()
                ))
            }
        }
    }

    /// Waits until a JavaScript expression is true; `what` completes the sentence "waited for ...".
    pub async fn wait_for(&self, what: &str, expression: &str) -> Result<()> {
        let find = format!("Boolean({expression})");
        self.until(what, async || {
            Ok((self.evaluate(&find).await? == Value::Bool(true)).then_some(()))
        })
        .await
    }

    /// Waits until an element is shown, and gives the text that a person reads in it.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let find = format!(
            "{}?.checkVisibility() ? {}.innerText : null",
            query(selector),
            query(selector)
        );
        let what = format!("{selector} to be shown");
        self.until(&what, async || {
            Ok(self.evaluate(&find).await?.as_str().map(str::to_owned))
        })
        .await
    }

    /// Whether an element is in the document and shown.
    pub async fn shows(&self, selector: &str) -> Result<bool> {
        Ok(self
            .evaluate(&format!("{}?.checkVisibility() ?? false", query(selector)))
            .await?
            == Value::Bool(true))
    }

    /// Clicks an element with the mouse, once it can be clicked.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let (x, y) = self.clickable(selector).await?;
        self.press(x, y, 1).await
    }

    /// Clicks an element twice, as quickly as a nervous person does.
    pub async fn double_click(&self, selector: &str) -> Result<()> {
        let (x, y) = self.clickable(selector).await?;
        self.press(x, y, 2).await
    }

    /// Clicks where an element is, whatever lies over it there. It is a JavaScript expression, so it may be in a shadow root.
    pub async fn point_at(&self, element: &str) -> Result<()> {
        let find = format!(
            "(element => {{
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})({element})"
        );
        let point = self.evaluate(&find).await?;
        let (x, y) = point[0]
            .as_f64()
            .zip(point[1].as_f64())
            .context("the element is nowhere")?;
        self.press(x, y, 1).await
    }

    /// Types on the keyboard, wherever the focus is.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.type_text(text).await,
            Driver::Firefox(context) => context.type_text(text).await,
        }
    }

    /// Replaces what is in a field by typing.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.click(selector).await?;
        self.evaluate(&format!("{}.select()", query(selector))).await?;
        self.type_text(text).await
    }

    /// Presses `Enter`, `Tab` or `Escape`.
    pub async fn key(&self, name: &str) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.key(name).await,
            Driver::Firefox(context) => context.key(name).await,
        }
    }

    /// Puts Enter down, without letting it go, or says it `again` as a keyboard does of a key that is held.
    pub async fn hold_enter(&self, again: bool) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.hold_enter(again).await,
            // The browser knows which keys are down.
            Driver::Firefox(context) => context.hold_enter().await,
        }
    }

    /// Selects everything in an element, and gives the text that is selected.
    pub async fn select(&self, selector: &str) -> Result<String> {
        let select = format!(
            "(getSelection().selectAllChildren({}), String(getSelection()))",
            query(selector)
        );
        let text = self.evaluate(&select).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// A picture of what is shown, as PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        match &self.driver {
            Driver::Chromium(session) => session.screenshot().await,
            Driver::Firefox(context) => context.screenshot().await,
        }
    }

    /// Opens another address in this page and waits until it has loaded.
    pub async fn navigate(&self, url: &str) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.navigate(url).await,
            Driver::Firefox(context) => context.navigate(url).await,
        }
    }

    /// Closes the tab or popup.
    pub async fn close(self) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.close().await,
            Driver::Firefox(context) => context.close().await,
        }
    }

    /// The page's DevTools session, for what only Chromium can do.
    pub fn chromium(&self) -> Result<&chromium::Session> {
        match &self.driver {
            Driver::Chromium(session) => Ok(session),
            Driver::Firefox(_) => bail!("this page is in Firefox"),
        }
    }

    pub(crate) fn firefox(&self) -> Result<&firefox::Context> {
        match &self.driver {
            Driver::Firefox(context) => Ok(context),
            Driver::Chromium(_) => bail!("this page is in Chromium"),
        }
    }

    async fn press(&self, x: f64, y: f64, times: u32) -> Result<()> {
        match &self.driver {
            Driver::Chromium(session) => session.press(x, y, times).await,
            Driver::Firefox(context) => context.press(x, y, times).await,
        }
    }

    /// The middle of an element, once the element is shown there, enabled, and under nothing else, and has stopped moving: a press
    /// where it was a moment ago would be lost.
    pub(crate) async fn clickable(&self, selector: &str) -> Result<(f64, f64)> {
        let find = format!(
            "(() => {{
                const element = {};
                if (!element || element.disabled) return null;
                element.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                return box.width > 0 && top && (element.contains(top) || top.contains(element)) ? [x, y] : null;
            }})()",
            query(selector)
        );
        let mut before = Value::Null;
        self.until(&format!("{selector} to be clickable"), async || {
            let point = self.evaluate(&find).await?;
            let rests = point == before;
            let place = point[0].as_f64().zip(point[1].as_f64());
            before = point;
            Ok(place.filter(|_| rests))
        })
        .await
    }
}

/// Time that a person's finger rests on the button between two clicks of a double click.
pub(crate) const BETWEEN_CLICKS: Duration = Duration::from_millis(60);

fn query(selector: &str) -> String {
    format!("document.querySelector({})", json!(selector))
}

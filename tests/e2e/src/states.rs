//! Every state of the extension's pages, for tests of how they look: the views of `tests/fixtures/views`, which are of the core's
//! form, shown by the real pages in a real browser. How a state comes about is for the other tests.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::page::Page;
use crate::paths;

/// Lets the page do what is due. Answers of the stand-in for the core come before the next turn.
const A_TURN: &str = "new Promise(done => setTimeout(() => done(true)))";

/// Dialogs tell of their end when the browser comes to it, and are put away only then.
const CLOSE_DIALOGS: &str =
    "Promise.all([...document.querySelectorAll('dialog[open]')].map(dialog => new Promise(done => {
    dialog.addEventListener('close', done);
    dialog.close();
}))).then(() => true)";

/// What the core answers to questions beside the main one where there is nothing.
const NOTHING: &str = "({ 'reasons/list': { reasons: [] }, 'session/open': { open: 0, others: 0 } })";

/// A page of the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The popup of the toolbar button, here in a tab.
    Popup,
    /// The settings.
    Options,
    /// What waits for somebody's decision.
    Approvals,
    /// Where an administrator shows where a CRM has the address.
    Teach,
}

impl Screen {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Popup, Self::Options, Self::Approvals, Self::Teach];

    fn name(self) -> &'static str {
        match self {
            Self::Popup => "popup",
            Self::Options => "options",
            Self::Approvals => "approvals",
            Self::Teach => "teach",
        }
    }

    /// Opens the page in a tab.
    pub async fn open(self, browser: &Browser) -> Result<Page> {
        let query = if self == Self::Popup { "?tab=0" } else { "" };
        let page = browser
            .open_extension(&format!("{}.html{query}", self.name()))
            .await?;
        page.wait_for(
            "the page to come to rest",
            "document.querySelector('h1')?.innerText && document.querySelector('[aria-busy]')?.ariaBusy !== 'true'",
        )
        .await?;
        Ok(page)
    }

    /// The states that it can be in.
    pub fn states(self) -> Result<Vec<State>> {
        let file = paths::workspace().join(format!("tests/fixtures/views/{}.json", self.name()));
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let states: Value = serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
        let states = states.as_array().context("the states are no list")?;
        Ok(states
            .iter()
            .map(|state| State {
                name: format!("{} {}", self.name(), state["name"].as_str().unwrap_or_default()),
                screen: self,
                view: state["view"].clone(),
                aside: state.get("aside").cloned().unwrap_or(json!({})),
                unanswered: state.get("unanswered").cloned().unwrap_or(json!([])),
                act: state["act"].as_str().map(str::to_owned),
            })
            .collect())
    }

    /// What makes the page ask the core anew.
    fn ask_again(self) -> &'static str {
        match self {
            Self::Popup => {
                "document.querySelector('#rescan').disabled = false, document.querySelector('#rescan').click()"
            }
            Self::Options | Self::Approvals => "document.dispatchEvent(new Event('visibilitychange'))",
            // It asks when something was picked in another page.
            Self::Teach => "true",
        }
    }
}

/// A state of a page.
#[derive(Debug, Clone)]
pub struct State {
    /// The page's name and its own.
    pub name: String,
    screen: Screen,
    /// What the core answers.
    view: Value,
    /// What it answers to other questions, by their types.
    aside: Value,
    /// The types of questions that it does not answer for as long as anybody looks.
    unanswered: Value,
    /// What a person does then.
    act: Option<String>,
}

impl State {
    /// Brings the page into this state: the core's place is taken by one that has a single answer.
    pub async fn show(&self, page: &Page) -> Result<()> {
        let answer = format!(
            "chrome.runtime.sendMessage = async ({{ type }}) => {}.includes(type)
                ? new Promise(() => {{}}) : ({})[type] ?? {NOTHING}[type] ?? ({})",
            self.unanswered, self.aside, self.view
        );
        page.evaluate(CLOSE_DIALOGS).await?;
        page.evaluate(&format!("({answer}, true)")).await?;
        page.evaluate(&format!("({}, {A_TURN})", self.screen.ask_again()))
            .await?;
        if let Some(act) = &self.act {
            page.wait_for(
                "the page to take presses",
                "!document.querySelector('[data-paused]')",
            )
            .await?;
            page.evaluate(&format!("({act}, {A_TURN})")).await?;
        }
        Ok(())
    }

    /// The page.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// The name of the core's view.
    pub fn view(&self) -> &str {
        self.view["screen"].as_str().unwrap_or_default()
    }
}

//! What the extension's pages ask of the core.

use crate::{environment::TabId, json::Value};

/// A message of any kind; what is not in it is empty.
#[derive(Debug, Default)]
pub struct Message {
    /// What is asked, e.g. `popup/open`.
    pub kind: String,
    /// The tab that a popup is about.
    pub tab_id: Option<TabId>,
    /// The customer's address, picked or typed.
    pub email: String,
    /// Id of the platform to open.
    pub platform: String,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// Whether private windows that are open may be closed.
    pub replace_windows: bool,
    /// The claim that was shown and is to be overridden, by its login's id.
    pub overrides: Option<String>,
    /// The relay's address, typed.
    pub relay: String,
    /// The enrolment code, typed.
    pub code: String,
    /// The request that is decided on.
    pub id: String,
    /// What is decided.
    pub decision: String,
    /// Why.
    pub word: String,
}

impl Message {
    /// Reads a message.
    pub fn read(message: &Value) -> Self {
        let text = |name| message.get(name).string();
        Self {
            kind: text("type").unwrap_or_default(),
            tab_id: message.get("tabId").number(),
            email: text("email").unwrap_or_default(),
            platform: text("platform").unwrap_or_default(),
            reason: text("reason"),
            ticket: text("ticket"),
            replace_windows: message.get("replaceWindows").flag(),
            overrides: text("overrides"),
            relay: text("relay").unwrap_or_default(),
            code: text("code").unwrap_or_default(),
            id: text("id").unwrap_or_default(),
            decision: text("decision").unwrap_or_default(),
            word: text("word").unwrap_or_default(),
        }
    }
}

//! What the extension's pages ask of the core.

use alloc::{string::String, vec::Vec};

use crate::{
    environment::{TabId, WindowId},
    json::Value,
    wire::read_list,
};

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
    /// The private windows that may be closed: those that the person was told of.
    pub replaces: Vec<WindowId>,
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
    /// The address that a sign-in came back to.
    pub redirect: String,
    /// Whether the person wants to say anew who they are.
    pub another_account: bool,
    /// The browser's words on a sign-in that did not come back.
    pub words: Option<String>,
    /// All of it, where a CRM is taught: what a page says of its elements has no form of its own here.
    pub whole: Value,
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
            replaces: read_list(message.get("replaces")).unwrap_or_default(),
            overrides: text("overrides"),
            relay: text("relay").unwrap_or_default(),
            code: text("code").unwrap_or_default(),
            id: text("id").unwrap_or_default(),
            decision: text("decision").unwrap_or_default(),
            word: text("word").unwrap_or_default(),
            redirect: text("redirect").unwrap_or_default(),
            another_account: message.get("anotherAccount").flag(),
            words: text("words"),
            whole: match message.get("type").text() {
                Some(kind) if kind.starts_with("teach/") => message.clone(),
                _ => Value::Null,
            },
        }
    }
}

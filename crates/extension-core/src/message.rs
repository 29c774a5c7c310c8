//! What the extension's pages ask of the core.

use serde::Deserialize;

use crate::environment::TabId;

/// A message of any kind: all fields of all kinds, so that reading one needs no look ahead.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Message {
    /// What is asked, e.g. `popup/open`.
    #[serde(rename = "type")]
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
    /// The relay's address, typed.
    pub relay: String,
    /// The enrolment code, typed.
    pub code: String,
}

//! What became of a token, kept on disk until the relay knows all of it: neither whose it was nor the token itself.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::RequestId;

use crate::{
    environment::{OpenedWindow, WindowId},
    json::{Object, ToJson, Value},
    text::joined,
    wire::FromJson,
};

/// What the names of these records begin with.
const PREFIX: &str = "window:";

/// The window that a login opened, until it is closed; or why it opened none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The login.
    pub request_id: RequestId,
    /// When the person clicked, in milliseconds since 1970.
    pub clicked: u64,
    /// The window.
    pub window: Option<WindowId>,
    /// Whether it is a private one.
    pub isolated: bool,
    /// Whether the relay knows that it was opened.
    pub told: bool,
    /// When it was found closed, likewise.
    pub closed: Option<u64>,
    /// Why there is none.
    pub cause: Option<String>,
}

impl Window {
    /// The name under which it is kept.
    pub fn name(&self) -> String {
        joined(&[PREFIX, self.request_id.as_str()])
    }

    /// All that are kept in an area.
    pub fn all(kept: &Value) -> Vec<Self> {
        let named = kept.members().iter().filter(|(name, _)| name.starts_with(PREFIX));
        named.filter_map(|(_, value)| Self::read(value)).collect()
    }

    /// Whether it is one of these. A browser that was started anew may give its id to another one, but private windows do
    /// not outlive a browser.
    pub fn is_among(&self, windows: &[OpenedWindow]) -> bool {
        self.closed.is_none()
            && windows
                .iter()
                .any(|open| Some(open.id) == self.window && open.incognito == self.isolated)
    }
}

impl ToJson for Window {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("requestId", self.request_id.as_str())
            .with("clicked", &self.clicked)
            .with_some("window", self.window.as_ref())
            .with("isolated", &self.isolated)
            .with("told", &self.told)
            .with_some("closed", self.closed.as_ref())
            .with_some("cause", self.cause.as_ref())
            .end();
    }
}

impl FromJson for Window {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            request_id: RequestId::parse(value.get("requestId").text()?).ok()?,
            clicked: value.get("clicked").number()?,
            window: value.get("window").number(),
            isolated: value.get("isolated").flag(),
            told: value.get("told").flag(),
            closed: value.get("closed").number(),
            cause: value.get("cause").string(),
        })
    }
}

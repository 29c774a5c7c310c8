//! What is shown of the windows that logins opened.

use alloc::{string::String, vec::Vec};

use crate::{environment::WindowId, json::Object};

/// The windows of logins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionsView {
    /// How many are open.
    pub open: usize,
    /// How many other private windows are open, in which a session may live on.
    pub others: usize,
    /// All private windows that are open.
    pub private_windows: Vec<WindowId>,
    /// The private one that was opened last, if it is open.
    pub window: Option<WindowId>,
    /// Whose that is, as an address.
    pub customer: Option<String>,
    /// The platform that is open there, by its id.
    pub platform: Option<String>,
}

impl SessionsView {
    pub(super) fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with("open", &(self.open as u64))
            .with("others", &(self.others as u64))
            .with("privateWindows", &self.private_windows)
            .with_some("window", self.window.as_ref())
            .with_some("customer", self.customer.as_ref())
            .with_some("platform", self.platform.as_ref())
    }
}

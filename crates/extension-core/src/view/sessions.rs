//! What is shown of the windows that logins opened.

use crate::json::Object;

/// The windows of logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsView {
    /// How many are open.
    pub open: usize,
    /// After some were closed: how many other private windows are open, in which a session may live on.
    pub others: usize,
}

impl SessionsView {
    pub(super) fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with("open", &(self.open as u64))
            .with("others", &(self.others as u64))
    }
}

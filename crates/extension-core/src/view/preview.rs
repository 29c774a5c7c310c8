//! What is shown of an account before a login.

use alloc::string::String;

use crate::json::Object;

/// What came of a look at an account.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewView {
    /// `known` to the broker, `unknown`, or `unavailable`: nobody can say, and logging in goes on without.
    pub state: &'static str,
    /// The customer's name, if the broker has one.
    pub name: Option<String>,
    /// How the identity check stands.
    pub status: &'static str,
    /// Whether the broker says that they cannot log in.
    pub login_disabled: bool,
    /// Whether the page shows another name, or none.
    pub not_on_page: bool,
}

impl PreviewView {
    pub(super) fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with("state", self.state)
            .with_some("name", self.name.as_ref())
            .with("status", self.status)
            .with("loginDisabled", &self.login_disabled)
            .with("notOnPage", &self.not_on_page)
    }
}

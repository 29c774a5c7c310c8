//! What the options page shows.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::Staff;

use super::Choice;
use crate::{fault::Fault, text::Text};

/// The options page as things stand.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionsView {
    /// The extension's version.
    pub version: String,
    /// `chromium` or `firefox`.
    pub browser: &'static str,
    /// The relay that this profile is enrolled at.
    pub relay: Option<String>,
    /// Whether it is.
    pub enrolled: bool,
    /// Whether it was, and is no more; `error` says why, unless it says what came of a try to be it again.
    pub lapsed: bool,
    /// As whom.
    pub staff: Option<Staff>,
    /// With which key.
    pub key_id: Option<String>,
    /// When they must sign in again, in seconds since 1970.
    pub signed_in_until: Option<u64>,
    /// Whether that time has come.
    pub session_over: bool,
    /// Whether an administrator has set the relay.
    pub managed: bool,
    /// Whether an enrolment code may be entered.
    pub codes: bool,
    /// Whether the relay is known to offer a sign-in.
    pub sign_in: bool,
    /// Whether the next sign-in should be by another account than the last one.
    pub another_account: bool,
    /// Where to sign in, when that was asked for.
    pub authorization: Option<String>,
    /// Whether private windows can be opened and watched.
    pub incognito_allowed: bool,
    /// Whether this person may approve logins of others.
    pub may_approve: bool,
    /// The toolbar button's keyboard shortcut.
    pub shortcut: Option<String>,
    /// Whether this profile was signed out, and the relay could not be told.
    pub untold: bool,
    /// The result of a connection test.
    pub test: Option<TestResult>,
    /// What went wrong while enrolling or signing out.
    pub error: Option<Problem>,
}

/// The result of a connection test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestResult {
    /// The relay knows this profile.
    Known {
        /// As whom.
        staff: Staff,
        /// What may be opened.
        platforms: Vec<Choice>,
    },
    /// It does not, or does not say.
    Failed(Problem),
}

/// A fault on the options page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened.
    pub title: Text,
    /// What to do.
    pub cure: Text,
    /// The relay's own words.
    pub detail: Option<String>,
    /// When another try makes sense, in seconds.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A fault for the options page.
    pub fn of(fault: &Fault) -> Self {
        Self {
            code: fault.code.as_str(),
            title: fault.title(),
            cure: fault.cure(),
            detail: fault.detail.clone(),
            retry_after: fault.retry_after,
        }
    }
}

//! What outlives an error.

use alloc::string::String;

use stagedoor_protocol::{CustomerEmail, PlatformId};

use crate::record::{Asked, Login};

/// What was picked and typed for a login that failed, so that it need not be typed again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// For whom.
    pub email: Option<CustomerEmail>,
    /// Where.
    pub platform: Option<PlatformId>,
    /// Likewise, as a person reads it, where that is known.
    pub platform_name: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
}

impl Kept {
    /// What a colleague was asked to approve.
    pub fn of_asked(asked: &Asked) -> Self {
        Self {
            email: Some(asked.email.clone()),
            platform: Some(asked.platform.id.clone()),
            platform_name: Some(asked.platform.name.clone()),
            reason: asked.reason.clone(),
            ticket: asked.ticket.clone(),
        }
    }

    /// What it was for a login.
    pub(super) fn of(login: &Login) -> Self {
        Self {
            email: Some(login.email.clone()),
            platform: Some(login.platform.id.clone()),
            platform_name: Some(login.platform.name.clone()),
            reason: login.reason.clone(),
            ticket: login.ticket.clone(),
        }
    }
}

//! Whom a view is about, and where the address was found.

use alloc::{vec, vec::Vec};

use stagedoor_protocol::CustomerEmail;

use crate::{
    address::is_disguised,
    record::{Found, Scan},
    text::Text,
};

/// A customer and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The address.
    pub email: CustomerEmail,
    /// Where it was found; before that, what a person may not see in it.
    pub evidence: Vec<Text>,
}

impl Customer {
    pub(super) fn of(found: &Found) -> Self {
        Self::new(found.email.clone(), found.evidence.clone())
    }

    pub(super) fn typed(email: CustomerEmail) -> Self {
        Self::new(email, vec![Text::new("evidence_manual")])
    }

    /// One of a selected text, with what else the page has of it.
    pub(super) fn picked(scan: &Scan, email: &CustomerEmail) -> Self {
        let mut evidence = vec![Text::new("evidence_selection")];
        if let Some(found) = scan.found(email) {
            evidence.extend(found.evidence.iter().cloned());
        }
        Self::new(email.clone(), evidence)
    }

    fn new(email: CustomerEmail, mut evidence: Vec<Text>) -> Self {
        if is_disguised(email.as_str()) {
            evidence.insert(0, Text::new("evidence_disguised"));
        }
        Self { email, evidence }
    }
}

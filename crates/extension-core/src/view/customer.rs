//! Whom a view is about, and where the address was found.

use alloc::{vec, vec::Vec};

use stagedoor_protocol::CustomerEmail;

use crate::{
    record::{Found, Scan},
    text::Text,
};

/// A customer and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The address.
    pub email: CustomerEmail,
    /// Where it was found.
    pub evidence: Vec<Evidence>,
    /// Never set: a choice is the person's.
    pub recommended: bool,
}

/// One place where an address was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which.
    pub text: Text,
}

impl Customer {
    pub(super) fn of(found: &Found) -> Self {
        let evidence = found.evidence.iter().cloned();
        Self {
            email: found.email.clone(),
            evidence: evidence.map(|text| Evidence { text }).collect(),
            recommended: false,
        }
    }

    pub(super) fn typed(email: CustomerEmail) -> Self {
        Self::shown_by(email, "evidence_manual")
    }

    /// One of a selected text, with what else the page has of it.
    pub(super) fn picked(scan: &Scan, email: &CustomerEmail) -> Self {
        let mut customer = Self::shown_by(email.clone(), "evidence_selection");
        if let Some(found) = scan.found(email) {
            customer.evidence.extend(Self::of(found).evidence);
        }
        customer
    }

    fn shown_by(email: CustomerEmail, key: &str) -> Self {
        let text = Text::new(key);
        Self {
            email,
            evidence: vec![Evidence { text }],
            recommended: false,
        }
    }
}

//! Customers' addresses that are never used twice: a customer has one outstanding token at a time.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes one address after the other under a domain of which the simulated broker knows everybody.
#[derive(Debug)]
pub struct Customers {
    domain: String,
    next: AtomicU64,
}

impl Customers {
    /// Addresses under this domain.
    pub fn of(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            next: AtomicU64::new(1),
        }
    }

    /// An address that was not given out before.
    pub fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("customer-{number}@{}", self.domain)
    }
}

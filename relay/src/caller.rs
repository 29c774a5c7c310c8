//! Whether anybody still waits for a login's answer. A token that nobody waits for is not asked for, and one that comes too
//! late was dropped.

use std::sync::atomic::{AtomicU8, Ordering};

const WAITS: u8 = 0;
/// The broker is asked for the caller.
const ASKED: u8 = 1;
const GONE: u8 = 2;

/// Whoever waits for one login's answer.
#[derive(Debug, Default)]
pub(crate) struct Caller(AtomicU8);

impl Caller {
    /// Whether the broker may be asked. From then on the caller knows that it may have been.
    pub(crate) fn waits_for_broker(&self) -> bool {
        self.0
            .compare_exchange(WAITS, ASKED, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// The caller gives up; whether the broker may have been asked. If not, it will not be.
    pub(crate) fn gives_up(&self) -> bool {
        self.0.swap(GONE, Ordering::SeqCst) == ASKED
    }

    pub(crate) fn has_given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GONE
    }
}

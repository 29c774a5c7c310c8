//! The simulation's own time: real time plus an offset that tests move.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A handle on the simulation's time. Clones share one offset.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Timestamp,
    // Elapsed time is taken from a monotonic source: a wall clock set back must not revive an expired token.
    since_start: Instant,
    offset: Arc<Mutex<Duration>>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Timestamp::now(),
            since_start: Instant::now(),
            offset: Arc::default(),
        }
    }

    /// The simulation's time now.
    pub fn now(&self) -> Timestamp {
        let passed = self.since_start.elapsed().saturating_add(self.offset());
        later(self.started, passed)
    }

    /// Moves the simulation's time forward, for instance past the end of a token's validity.
    pub fn advance(&self, by: Duration) {
        let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }

    fn offset(&self) -> Duration {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `from` plus `by`, ending at the last representable moment instead of overflowing.
pub(crate) fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_a_clone_moves_the_original() {
        let clock = Clock::new();
        let before = clock.now();
        clock.clone().advance(Duration::from_secs(31));
        let moved = clock.now().duration_since(before);
        assert!(
            moved.as_secs() >= 31 && moved.as_secs() < 60,
            "moved by {moved:?}"
        );
    }

    #[test]
    fn an_absurd_advance_stops_at_the_end_of_time() {
        let clock = Clock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}

//! The only source of time: everything else takes a [`Clock`], so tests move it. (Timers are tokio's.)

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, in UTC.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment. It never goes backwards; for measuring.
    fn elapsed(&self) -> Duration;

    /// Whole milliseconds since `started`, a former [`Clock::elapsed`].
    fn milliseconds_since(&self, started: Duration) -> u64 {
        u64::try_from(self.elapsed().saturating_sub(started).as_millis()).unwrap_or(u64::MAX)
    }
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] begins now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

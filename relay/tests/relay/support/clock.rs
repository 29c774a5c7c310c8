//! A clock that stands still until a test moves it.

use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;
use stagedoor_relay::clock::Clock;

/// Begins at the moment of the golden wire messages.
pub(crate) struct ManualClock(Mutex<Duration>);

const START: i64 = 1_700_000_000;

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Duration::ZERO))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START).unwrap() + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

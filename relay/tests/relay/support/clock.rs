//! A clock that stands still until a test moves it.

use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;
use stagedoor_relay::clock::Clock;

/// Begins at the moment of the golden wire messages.
pub(crate) struct ManualClock {
    elapsed: Mutex<Duration>,
    /// How far the time of day was set back, in seconds.
    back: Mutex<i64>,
}

const START: i64 = 1_700_000_000;

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self {
            elapsed: Mutex::default(),
            back: Mutex::default(),
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.advance_by(Duration::from_secs(seconds));
    }

    pub(crate) fn advance_by(&self, time: Duration) {
        *self.elapsed.lock().unwrap() += time;
    }

    /// As somebody does who corrects the machine's time.
    pub(crate) fn set_back(&self, seconds: i64) {
        *self.back.lock().unwrap() += seconds;
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START - *self.back.lock().unwrap()).unwrap() + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }
}

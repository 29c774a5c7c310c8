//! Finding a place in the ledger by time: records are in the order of their time, as far as clocks are. Each engine reads the
//! records that this asks for.

use jiff::Timestamp;
use stagedoor_ledger::Record;

use super::StoreError;

/// The search for the first record that is not older than a time.
pub(crate) struct Bisection {
    time: Timestamp,
    low: u64,
    high: u64,
}

impl Bisection {
    /// Among so many records.
    pub(crate) fn new(time: Timestamp, size: u64) -> Self {
        Self {
            time,
            low: 0,
            high: size,
        }
    }

    /// The record to read next; none when the place is found.
    pub(crate) fn wanted(&self) -> Option<u64> {
        (self.low < self.high).then(|| self.low + (self.high - self.low) / 2)
    }

    /// Takes the bytes of the record that was wanted.
    pub(crate) fn tell(&mut self, body: &[u8]) -> Result<(), StoreError> {
        let Some(middle) = self.wanted() else {
            return Ok(());
        };
        if is_before(body, self.time)? {
            self.low = middle + 1;
        } else {
            self.high = middle;
        }
        Ok(())
    }

    /// The sequence that was found.
    pub(crate) fn found(&self) -> u64 {
        self.low
    }
}

/// Whether a record is older than a time. A clock may have been wrong once, so what is to be erased is asked this of each.
pub(crate) fn is_before(body: &[u8], time: Timestamp) -> Result<bool, StoreError> {
    let record = Record::decode(body).map_err(|_| {
        StoreError::Inconsistent("a record cannot be read; `stagedoor ledger verify` says more")
    })?;
    Ok(record.time < time)
}

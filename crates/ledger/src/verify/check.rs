//! Both halves of the verification, one after the other, for whoever has the rows at hand.

use std::num::NonZeroUsize;

use super::{Verifier, examine};
use crate::Row;

impl Verifier {
    /// Verifies the next row.
    pub fn check(&mut self, row: &Row) {
        self.accept(examine(row));
    }

    /// Verifies the next rows; [`examine`] runs on so many threads. Thousands of rows at once are worth them.
    pub fn check_all(&mut self, rows: &[Row], threads: NonZeroUsize) {
        let share = rows.len().div_ceil(threads.get()).max(1);
        let mut shares = rows.chunks(share);
        let first = shares.next().unwrap_or_default();
        std::thread::scope(|scope| {
            let others: Vec<_> = shares
                .map(|rows| (rows, scope.spawn(|| rows.iter().map(examine).collect::<Vec<_>>())))
                .collect();
            for row in first {
                self.check(row);
            }
            for (rows, other) in others {
                // A thread that did not come to its end leaves its rows to this one.
                match other.join() {
                    Ok(examined) => examined.into_iter().for_each(|examined| self.accept(examined)),
                    Err(_) => rows.iter().for_each(|row| self.check(row)),
                }
            }
        });
    }
}

//! The ids of all logins: each belongs to one intent, so that a request that comes again is never done again. And those of
//! approvals, which are used once.

use sha2::{Digest, Sha256};

use crate::Sequence;

/// Half of each id's hash, with the intent's sequence: enough to tell any number of ids apart, and small.
#[derive(Debug, Clone, Default)]
pub(super) struct Logins(Vec<([u8; 16], Sequence)>);

impl Logins {
    /// Adds an intent's login.
    pub(super) fn add(&mut self, login: &str, intent: Sequence) {
        let hash: [u8; 32] = Sha256::digest(login).into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        self.0.push((half, intent));
    }

    /// Intents whose login an earlier one has, each with that earlier one.
    pub(super) fn repeated(mut self) -> Vec<(Sequence, Sequence)> {
        self.0.sort_unstable();
        let neighbours = self.0.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        neighbours.map(|pair| (pair[1].1, pair[0].1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_comes_again_is_found_with_the_one_before() {
        let mut logins = Logins::default();
        for (sequence, login) in ["a", "b", "a", "c", "a"].into_iter().enumerate() {
            logins.add(login, sequence as Sequence);
        }
        assert_eq!(logins.repeated(), [(2, 0), (4, 2)]);
    }
}

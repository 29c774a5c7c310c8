//! The intents that later records refer to: which records are intents, which of them are open, and the login ids of
//! those that are open or recent.

use std::collections::HashMap;

use crate::Sequence;

use super::bits::Bits;

/// How many records back every intent's login id is known.
const WINDOW: u64 = 1 << 16;

/// What is known of a sequence that a record refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is before the part that is verified.
    Outside,
    /// It is no intent, or not an earlier one.
    Absent,
    /// An intent without outcome; whether it is of the same login.
    Open(bool),
    /// An intent with an outcome; whether it is of the same login, if that is still known.
    Closed(Option<bool>),
}

impl Known {
    /// Whether it is an intent, and of the same login as far as that is still known.
    pub(super) fn is_same(self) -> bool {
        matches!(self, Self::Open(true) | Self::Closed(Some(true) | None))
    }
}

/// All intents so far. Open ones are kept whole; of the others, in the end, two bits.
#[derive(Debug, Clone)]
pub(super) struct Intents {
    from: Sequence,
    known: Bits,
    /// Those whose token somebody got.
    delivered: Bits,
    /// The recent ones, each at its sequence modulo the window.
    recent: Vec<Option<Recent>>,
    /// Those that are open, and no longer recent.
    old_open: HashMap<Sequence, Box<str>>,
    open: u64,
}

#[derive(Debug, Clone)]
struct Recent {
    sequence: Sequence,
    login: Box<str>,
    open: bool,
}

impl Intents {
    /// None yet, in a part of a ledger that begins here.
    pub(super) fn new(from: Sequence) -> Self {
        Self {
            from,
            known: Bits::default(),
            delivered: Bits::default(),
            recent: Vec::new(),
            old_open: HashMap::new(),
            open: 0,
        }
    }

    /// Adds an intent, later than those before.
    pub(super) fn begin(&mut self, sequence: Sequence, login: Box<str>) {
        self.known.set(sequence - self.from);
        self.open += 1;
        let slot = self.slot(sequence);
        if self.recent.len() <= slot {
            self.recent.resize_with(slot + 1, || None);
        }
        let recent = Recent {
            sequence,
            login,
            open: true,
        };
        if let Some(old) = self.recent[slot].replace(recent).filter(|old| old.open) {
            self.old_open.insert(old.sequence, old.login);
        }
    }

    /// Closes an intent, and whether somebody got its token. Says what was known of it before.
    pub(super) fn end(&mut self, sequence: Sequence, login: &str, delivered: bool) -> Known {
        let known = self.look_up(sequence, Some(login));
        if matches!(known, Known::Open(_)) {
            self.open -= 1;
            if delivered {
                self.delivered.set(sequence - self.from);
            }
            let slot = self.slot(sequence);
            match self.recent.get_mut(slot) {
                Some(Some(recent)) if recent.sequence == sequence => recent.open = false,
                _ => drop(self.old_open.remove(&sequence)),
            }
        }
        known
    }

    /// What is known of an intent, which should be of this login, if that matters.
    pub(super) fn look_up(&self, sequence: Sequence, login: Option<&str>) -> Known {
        let Some(place) = sequence.checked_sub(self.from) else {
            return Known::Outside;
        };
        if !self.known.has(place) {
            return Known::Absent;
        }
        let same = |theirs: &str| login.is_none_or(|login| login == theirs);
        match self.recent.get(self.slot(sequence)) {
            Some(Some(recent)) if recent.sequence == sequence => {
                let same = same(&recent.login);
                if recent.open {
                    Known::Open(same)
                } else {
                    Known::Closed(Some(same))
                }
            }
            _ => match self.old_open.get(&sequence) {
                Some(theirs) => Known::Open(same(theirs)),
                None => Known::Closed(None),
            },
        }
    }

    /// Whether somebody got the token of an intent, by what was recorded so far.
    pub(super) fn is_delivered(&self, sequence: Sequence) -> bool {
        sequence
            .checked_sub(self.from)
            .is_some_and(|place| self.delivered.has(place))
    }

    /// How many are open.
    pub(super) fn open(&self) -> u64 {
        self.open
    }

    fn slot(&self, sequence: Sequence) -> usize {
        // Below the window, so it fits.
        usize::try_from(sequence.wrapping_sub(self.from) % WINDOW).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_open_until_its_end() {
        let mut intents = Intents::new(10);
        intents.begin(12, "a".into());
        assert_eq!(intents.look_up(9, None), Known::Outside);
        assert_eq!(intents.look_up(11, None), Known::Absent);
        assert_eq!(intents.look_up(13, None), Known::Absent);
        assert_eq!(intents.look_up(u64::MAX, None), Known::Absent);
        assert_eq!(intents.look_up(12, None), Known::Open(true));
        assert_eq!(intents.look_up(12, Some("b")), Known::Open(false));
        assert_eq!(intents.open(), 1);
        assert_eq!(intents.end(12, "a", true), Known::Open(true));
        assert_eq!(intents.end(12, "a", true), Known::Closed(Some(true)));
        assert_eq!(intents.look_up(12, Some("b")), Known::Closed(Some(false)));
        assert!(intents.is_delivered(12));
        assert!(!intents.is_delivered(9) && !intents.is_delivered(13));
        assert_eq!(intents.open(), 0);
    }

    #[test]
    fn past_the_window_the_open_ones_stay_whole() {
        let mut intents = Intents::new(0);
        intents.begin(0, "open".into());
        intents.begin(1, "closed".into());
        intents.end(1, "closed", false);
        intents.begin(WINDOW, "x".into());
        intents.begin(WINDOW + 1, "y".into());
        assert_eq!(intents.look_up(1, Some("closed")), Known::Closed(None));
        assert_eq!(intents.look_up(WINDOW, Some("x")), Known::Open(true));
        assert_eq!(intents.look_up(0, Some("other")), Known::Open(false));
        assert_eq!(intents.end(0, "open", true), Known::Open(true));
        assert_eq!(intents.look_up(0, Some("open")), Known::Closed(None));
        assert!(intents.is_delivered(0) && !intents.is_delivered(1));
        assert_eq!(intents.open(), 2);
    }
}

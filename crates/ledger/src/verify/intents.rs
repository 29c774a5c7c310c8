//! The intents that later records refer to: which records are intents, which of them are open, and the login ids of
//! those that are open or recent.

use std::collections::HashMap;

use crate::Sequence;

use super::bits::Bits;

/// How many records back every intent's login id is known.
const WINDOW: u64 = 1 << 16;

/// What is known of a sequence that a record refers to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is before the part that is verified.
    Outside,
    /// It is no intent, or not an earlier one.
    Absent,
    /// An intent without outcome, of this login.
    Open(Box<str>),
    /// An intent with an outcome, of this login if that is still known.
    Closed(Option<Box<str>>),
}

/// All intents so far. Open ones are kept whole; of the others, in the end, one bit.
#[derive(Debug, Clone)]
pub(super) struct Intents {
    from: Sequence,
    known: Bits,
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

    /// Closes an intent. Says what was known of it before.
    pub(super) fn end(&mut self, sequence: Sequence) -> Known {
        let known = self.look_up(sequence);
        if matches!(known, Known::Open(_)) {
            self.open -= 1;
            let slot = self.slot(sequence);
            match self.recent.get_mut(slot) {
                Some(Some(recent)) if recent.sequence == sequence => recent.open = false,
                _ => drop(self.old_open.remove(&sequence)),
            }
        }
        known
    }

    /// What is known of an intent.
    pub(super) fn look_up(&self, sequence: Sequence) -> Known {
        let Some(place) = sequence.checked_sub(self.from) else {
            return Known::Outside;
        };
        if !self.known.has(place) {
            return Known::Absent;
        }
        match self.recent.get(self.slot(sequence)) {
            Some(Some(recent)) if recent.sequence == sequence && recent.open => {
                Known::Open(recent.login.clone())
            }
            Some(Some(recent)) if recent.sequence == sequence => Known::Closed(Some(recent.login.clone())),
            _ => match self.old_open.get(&sequence) {
                Some(login) => Known::Open(login.clone()),
                None => Known::Closed(None),
            },
        }
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
        assert_eq!(intents.look_up(9), Known::Outside);
        assert_eq!(intents.look_up(11), Known::Absent);
        assert_eq!(intents.look_up(13), Known::Absent);
        assert_eq!(intents.look_up(u64::MAX), Known::Absent);
        assert_eq!(intents.open(), 1);
        assert_eq!(intents.end(12), Known::Open("a".into()));
        assert_eq!(intents.end(12), Known::Closed(Some("a".into())));
        assert_eq!(intents.open(), 0);
    }

    #[test]
    fn past_the_window_the_open_ones_stay_whole() {
        let mut intents = Intents::new(0);
        intents.begin(0, "open".into());
        intents.begin(1, "closed".into());
        intents.end(1);
        intents.begin(WINDOW, "x".into());
        intents.begin(WINDOW + 1, "y".into());
        assert_eq!(intents.look_up(1), Known::Closed(None));
        assert_eq!(intents.look_up(WINDOW), Known::Open("x".into()));
        assert_eq!(intents.end(0), Known::Open("open".into()));
        assert_eq!(intents.look_up(0), Known::Closed(None));
        assert_eq!(intents.open(), 2);
    }
}

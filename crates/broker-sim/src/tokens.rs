//! The life of one-time tokens: newest only, single use, valid for as long as was asked.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;

/// A token the broker has issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedToken {
    /// A number that names the token without giving it away: 1 for the first one issued.
    pub id: u64,
    /// The token itself.
    pub value: String,
    /// The customer it logs in.
    pub email: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first moment at which it no longer logs in.
    pub valid_until: Timestamp,
    /// What a redemption would find at the time of asking.
    pub state: TokenState,
}

/// What has become of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenState {
    /// It would log in.
    Live,
    /// It has logged in, and does so once only.
    Used,
    /// A newer one was issued for the same customer.
    Superseded,
    /// Its validity is over.
    Expired,
}

/// One attempt to log in to the platform with a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redemption {
    /// The simulation's time of the attempt.
    pub at: Timestamp,
    /// Which token was shown, if the broker ever issued it.
    pub token_id: Option<u64>,
    /// The customer the token was issued for, if it was issued at all.
    pub email: Option<String>,
    /// What came of it.
    pub result: RedemptionResult,
}

/// What came of a redemption.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RedemptionResult {
    /// The customer's platform was opened.
    LoggedIn,
    /// It was not.
    Refused(Refusal),
}

/// Why the platform logs nobody in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The token's validity is over.
    Expired,
    /// The token has logged in before.
    Used,
    /// A newer token was issued for the same customer.
    Superseded,
    /// No such token was ever issued.
    Unknown,
    /// No token was shown, and no session exists. Never part of a [`Redemption`].
    Missing,
}

impl Refusal {
    /// The word the platform's page carries in `data-reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Superseded => "superseded",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
        }
    }
}

/// Every token issued and every redemption tried.
#[derive(Debug)]
pub(crate) struct TokenBook {
    single_use: bool,
    memory: usize,
    tokens: VecDeque<Token>,
    /// How many tokens have been forgotten, which are those with the smallest numbers.
    forgotten: u64,
    /// The number of each customer's newest token, by the address in lower case.
    newest: HashMap<String, u64>,
    pub(crate) redemptions: Vec<Redemption>,
}

#[derive(Debug)]
struct Token {
    value: String,
    email: String,
    issued_at: Timestamp,
    valid_until: Timestamp,
    used: bool,
    superseded: bool,
}

impl TokenBook {
    /// An empty book that remembers so many tokens.
    pub(crate) fn new(single_use: bool, memory: usize) -> Self {
        Self {
            single_use,
            memory,
            tokens: VecDeque::new(),
            forgotten: 0,
            newest: HashMap::new(),
            redemptions: Vec::new(),
        }
    }

    /// Enters a new token, which makes every older one of the same customer worthless.
    pub(crate) fn issue(&mut self, value: String, email: String, now: Timestamp, validity: Duration) {
        let id = self.forgotten + self.tokens.len() as u64 + 1;
        if let Some(older) = self.newest.insert(email.to_ascii_lowercase(), id)
            && let Some(older) = self.token(older)
        {
            older.superseded = true;
        }
        let valid_until = later(now, validity);
        self.tokens.push_back(Token {
            value,
            email,
            issued_at: now,
            valid_until,
            used: false,
            superseded: false,
        });
        if self.tokens.len() > self.memory {
            self.forget_oldest();
        }
    }

    /// The token with this number, unless it has been forgotten.
    fn token(&mut self, id: u64) -> Option<&mut Token> {
        let index = id.checked_sub(self.forgotten + 1)?;
        self.tokens.get_mut(usize::try_from(index).ok()?)
    }

    fn forget_oldest(&mut self) {
        let Some(token) = self.tokens.pop_front() else {
            return;
        };
        self.forgotten += 1;
        let email = token.email.to_ascii_lowercase();
        if self.newest.get(&email) == Some(&self.forgotten) {
            self.newest.remove(&email);
        }
    }

    /// Tries to log in with `value`; the customer's e-mail on success. The attempt is recorded either way.
    pub(crate) fn redeem(&mut self, value: &str, now: Timestamp) -> Result<String, Refusal> {
        let single_use = self.single_use;
        let found = self
            .tokens
            .iter_mut()
            .zip(self.forgotten + 1..)
            .find(|(token, _)| token.value == value);
        let Some((token, id)) = found else {
            let result = RedemptionResult::Refused(Refusal::Unknown);
            self.redemptions.push(Redemption {
                at: now,
                token_id: None,
                email: None,
                result,
            });
            return Err(Refusal::Unknown);
        };
        let outcome = match token.state(now, single_use) {
            TokenState::Live => Ok(token.email.clone()),
            TokenState::Used => Err(Refusal::Used),
            TokenState::Superseded => Err(Refusal::Superseded),
            TokenState::Expired => Err(Refusal::Expired),
        };
        token.used |= outcome.is_ok();
        let result = match outcome {
            Ok(_) => RedemptionResult::LoggedIn,
            Err(refusal) => RedemptionResult::Refused(refusal),
        };
        let email = Some(token.email.clone());
        self.redemptions.push(Redemption {
            at: now,
            token_id: Some(id),
            email,
            result,
        });
        outcome
    }

    /// Every token issued so far, oldest first, in its state at `now`.
    pub(crate) fn issued(&self, now: Timestamp) -> Vec<IssuedToken> {
        let entries = self.tokens.iter().zip(self.forgotten + 1..);
        entries
            .map(|(token, id)| token.describe(id, now, self.single_use))
            .collect()
    }
}

impl Token {
    /// The state at `now`. A token for which several hold is given the reason nothing can undo first.
    fn state(&self, now: Timestamp, single_use: bool) -> TokenState {
        if self.used && single_use {
            TokenState::Used
        } else if self.superseded {
            TokenState::Superseded
        } else if now >= self.valid_until {
            TokenState::Expired
        } else {
            TokenState::Live
        }
    }

    fn describe(&self, id: u64, now: Timestamp, single_use: bool) -> IssuedToken {
        IssuedToken {
            id,
            value: self.value.clone(),
            email: self.email.clone(),
            issued_at: self.issued_at,
            valid_until: self.valid_until,
            state: self.state(now, single_use),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIRTY: Duration = Duration::from_secs(30);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn book_with(tokens: &[(&str, &str)]) -> TokenBook {
        let mut book = TokenBook::new(true, usize::MAX);
        for (value, email) in tokens {
            book.issue((*value).to_owned(), (*email).to_owned(), at(0), THIRTY);
        }
        book
    }

    #[test]
    fn validity_ends_exactly_when_it_was_said_to() {
        assert_eq!(
            book_with(&[("t", "a@x.example")]).redeem("t", at(29)),
            Ok("a@x.example".to_owned())
        );
        assert_eq!(
            book_with(&[("t", "a@x.example")]).redeem("t", at(30)),
            Err(Refusal::Expired)
        );
    }

    #[test]
    fn a_newer_token_kills_the_older_one_of_that_customer_only() {
        let mut book = book_with(&[
            ("a1", "a@x.example"),
            ("b1", "b@x.example"),
            ("a2", "A@X.example"),
        ]);
        assert_eq!(book.redeem("a1", at(1)), Err(Refusal::Superseded));
        assert_eq!(book.redeem("b1", at(1)), Ok("b@x.example".to_owned()));
        assert_eq!(book.redeem("a2", at(1)), Ok("A@X.example".to_owned()));
    }

    #[test]
    fn a_second_use_is_refused_only_where_use_is_single() {
        let mut once = book_with(&[("t", "a@x.example")]);
        assert!(once.redeem("t", at(1)).is_ok());
        assert_eq!(once.redeem("t", at(2)), Err(Refusal::Used));

        let mut often = TokenBook::new(false, usize::MAX);
        often.issue("t".to_owned(), "a@x.example".to_owned(), at(0), THIRTY);
        assert!(often.redeem("t", at(1)).is_ok());
        assert!(often.redeem("t", at(2)).is_ok());
    }

    #[test]
    fn a_bounded_book_forgets_the_oldest_and_keeps_counting() {
        let mut book = TokenBook::new(true, 2);
        for (value, email) in [
            ("a1", "a@x.example"),
            ("b1", "b@x.example"),
            ("b2", "b@x.example"),
            ("c1", "c@x.example"),
        ] {
            book.issue(value.to_owned(), email.to_owned(), at(0), THIRTY);
        }
        assert_eq!(book.redeem("b1", at(1)), Err(Refusal::Unknown));
        assert_eq!(book.redeem("b2", at(1)), Ok("b@x.example".to_owned()));
        let ids: Vec<_> = book.issued(at(1)).iter().map(|token| token.id).collect();
        assert_eq!((ids, book.newest.len()), (vec![3, 4], 2));
        book.issue("c2".to_owned(), "C@x.example".to_owned(), at(2), THIRTY);
        assert_eq!(book.redeem("c1", at(2)), Err(Refusal::Superseded));
    }

    #[test]
    fn every_attempt_is_recorded_with_the_tokens_number() {
        let mut book = book_with(&[("a1", "a@x.example"), ("b1", "b@x.example")]);
        let _ = book.redeem("b1", at(1));
        let _ = book.redeem("nonsense", at(2));
        let seen: Vec<_> = book
            .redemptions
            .iter()
            .map(|r| (r.at, r.token_id, r.result))
            .collect();
        assert_eq!(
            seen,
            [
                (at(1), Some(2), RedemptionResult::LoggedIn),
                (at(2), None, RedemptionResult::Refused(Refusal::Unknown))
            ]
        );
    }
}

//! What the clients saw: every login that was sent, and what came back.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{client::Answer, login::Login};

/// A login as its client knows it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) login: Login,
    /// Which profile sent it.
    pub(crate) profile: usize,
    /// To which relay.
    pub(crate) to: SocketAddr,
    pub(crate) said: Said,
    /// Places in the order of all that clients do, before sending and after the answer.
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing so far.
    Waiting,
    /// The connection broke.
    Nothing(String),
    /// A token.
    Token(String),
    /// A problem, by its code.
    Refused(String),
    /// A colleague holds the customer.
    Claimed {
        /// The request id of their login.
        login: String,
        /// Their name.
        staff: String,
        /// For how many seconds more.
        remaining: u64,
        /// Whether the login itself is under way; it may be the person's own.
        under_way: bool,
    },
}

/// All of them, by request id.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    seen: Mutex<HashMap<String, Seen>>,
    clock: AtomicU64,
}

impl Witness {
    /// The next place in the order of events.
    pub(crate) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Before a login is sent.
    pub(crate) fn sends(&self, login: &Login, profile: usize, to: SocketAddr) {
        let seen = Seen {
            login: login.clone(),
            profile,
            to,
            said: Said::Waiting,
            sent: self.tick(),
            answered: u64::MAX,
        };
        self.seen().insert(login.request_id.to_string(), seen);
    }

    /// After it was answered, or was not. A token that a client has stays with it, whatever comes later.
    pub(crate) fn hears(&self, login: &Login, answer: &io::Result<Answer>) -> Said {
        let said = Said::of(answer);
        let answered = self.tick();
        if let Some(seen) = self.seen().get_mut(login.request_id.as_str()) {
            if !matches!(seen.said, Said::Token(_)) {
                seen.said = said.clone();
            }
            seen.answered = answered;
            if !matches!(said, Said::Nothing(_)) {
                // Only what was lost is ever sent again.
                seen.login.bytes = Vec::new();
            }
        }
        said
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logins that got no answer, in the order in which they were sent from `since` on.
    pub(crate) fn lost(&self, since: u64) -> Vec<Seen> {
        let mut lost: Vec<_> = self
            .seen()
            .values()
            .filter(|seen| seen.sent >= since && matches!(seen.said, Said::Nothing(_)))
            .cloned()
            .collect();
        lost.sort_by_key(|seen| seen.sent);
        lost
    }
}

impl Said {
    pub(crate) fn of(answer: &io::Result<Answer>) -> Self {
        match answer {
            Err(error) => Self::Nothing(error.to_string()),
            Ok(answer) => match answer.token() {
                Some(token) if answer.status == 201 => Self::Token(token),
                _ => Self::problem(answer),
            },
        }
    }

    fn problem(answer: &Answer) -> Self {
        let problem = answer.json();
        let claim = &problem["claim"];
        if let (Some(login), Some(staff), Some(remaining)) = (
            claim["requestId"].as_str(),
            claim["staffName"].as_str(),
            claim["remainingSeconds"].as_u64(),
        ) {
            return Self::Claimed {
                login: login.to_owned(),
                staff: staff.to_owned(),
                remaining,
                under_way: claim["underWay"] == true,
            };
        }
        match problem["code"].as_str() {
            Some(code) => Self::Refused(code.to_owned()),
            None => Self::Refused(format!(
                "{} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            )),
        }
    }

    /// The code of a refusal.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(code) => Some(code),
            Self::Claimed { .. } => Some("customer_claimed"),
            Self::Waiting | Self::Nothing(_) | Self::Token(_) => None,
        }
    }
}

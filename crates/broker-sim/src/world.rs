//! Everything the simulated broker knows at a moment: customers, keys, whitelist, tokens, sessions, scripts, journal.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::config::{AnswerShape, ApiKey, ConnectionTest, Dialect, SimConfig, TokenStyle};
use crate::fault::Scripts;
use crate::journal::JournalEntry;
use crate::random;
use crate::tokens::{Refusal, TokenBook};

const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Private data in every look-up answer. None of these may be found anywhere outside a relay, nor in its logs or store.
pub const PRIVATE_VALUES: [&str; 5] = [
    "PRIVATE-PASSPORT-7Q4",
    "PRIVATE-TAX-ID-9K2",
    "PRIVATE-IBAN-3M8",
    "PRIVATE-STREET-5T1",
    "PRIVATE-PHONE-6W0",
];

/// A customer of the broker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The account's id.
    pub uuid: String,
    /// The address, which is the login. Found whatever the case it is asked for in.
    pub email: String,
    /// First and last name, separated by the first space.
    pub name: String,
    /// The KYC status, `VERIFIED` at first. `BLOCKED` does not keep a token from logging in.
    pub verification_status: String,
    /// What the customer may do in their one trading account, `FULL` at first; v2 says so. The simulation lets everybody log in.
    pub access_right: String,
}

impl Account {
    /// A verified customer with a random id.
    pub fn new(email: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uuid: random::uuid(),
            email: email.into(),
            name: name.into(),
            verification_status: "VERIFIED".to_owned(),
            access_right: "FULL".to_owned(),
        }
    }
}

/// What every handler shares. Settings that never change are read without the lock.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) dialect: Dialect,
    pub(crate) connection_test: ConnectionTest,
    pub(crate) send_retry_after: bool,
    pub(crate) longest_validity: Duration,
    pub(crate) clock: Clock,
    /// Told of every journal entry.
    pub(crate) recorded: Arc<Notify>,
    /// Lets answers go that [`crate::Fault::Hold`] keeps back.
    pub(crate) releases: watch::Sender<()>,
    world: Arc<Mutex<World>>,
}

impl Shared {
    pub(crate) fn new(config: SimConfig) -> Self {
        Self {
            dialect: config.dialect,
            connection_test: config.connection_test,
            send_retry_after: config.send_retry_after,
            longest_validity: config.longest_validity,
            clock: Clock::new(),
            recorded: Arc::default(),
            releases: watch::Sender::new(()),
            world: Arc::new(Mutex::new(World {
                accounts: config.accounts,
                customer_domains: config.customer_domains,
                keys: config.keys,
                allowed_ips: config.allowed_ips.into_iter().collect(),
                answer_shape: config.answer_shape,
                token_style: config.token_style,
                requests_per_minute: config.requests_per_minute,
                recent_requests: HashMap::new(),
                tokens: TokenBook::new(config.single_use, config.memory),
                sessions: HashMap::new(),
                scripts: Scripts::default(),
                journal: VecDeque::new(),
                memory: config.memory,
            })),
        }
    }

    /// The changing part. No caller holds it across an await, and a panic in a test must not hide what was recorded.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The changing part of the simulation.
pub(crate) struct World {
    accounts: Vec<Account>,
    customer_domains: Vec<String>,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) allowed_ips: HashSet<IpAddr>,
    pub(crate) answer_shape: AnswerShape,
    pub(crate) token_style: TokenStyle,
    requests_per_minute: u32,
    recent_requests: HashMap<String, VecDeque<Timestamp>>,
    pub(crate) tokens: TokenBook,
    sessions: HashMap<String, String>,
    pub(crate) scripts: Scripts,
    pub(crate) journal: VecDeque<JournalEntry>,
    memory: usize,
}

impl World {
    /// The customer with this address; the broker does not say whether case matters, so here it does not.
    pub(crate) fn account(&self, email: &str) -> Option<Account> {
        let listed = self
            .accounts
            .iter()
            .find(|account| account.email.eq_ignore_ascii_case(email));
        listed.cloned().or_else(|| self.account_of_domain(email))
    }

    /// Everybody under a customers' domain exists. The id follows from the address, so that it is the same each time.
    fn account_of_domain(&self, email: &str) -> Option<Account> {
        let (name, domain) = email.rsplit_once('@')?;
        let known = self
            .customer_domains
            .iter()
            .any(|known| known.eq_ignore_ascii_case(domain));
        known.then(|| Account {
            uuid: random::uuid_of(&email.to_ascii_lowercase()),
            ..Account::new(email, name)
        })
    }

    /// Enters a request into the journal, and forgets the oldest when there are too many.
    pub(crate) fn record(&mut self, entry: JournalEntry) {
        self.journal.push_back(entry);
        if self.journal.len() > self.memory {
            self.journal.pop_front();
        }
    }

    /// Adds a customer, or replaces the one with the same address.
    pub(crate) fn put_account(&mut self, account: Account) {
        self.accounts
            .retain(|known| !known.email.eq_ignore_ascii_case(&account.email));
        self.accounts.push(account);
    }

    /// Adds a key, or replaces the one with the same value.
    pub(crate) fn put_key(&mut self, key: ApiKey) {
        self.keys.retain(|known| known.value != key.value);
        self.keys.push(key);
    }

    /// Issues a token for a customer and returns it; `None` when there is no such customer.
    pub(crate) fn mint(&mut self, email: &str, now: Timestamp, validity: Duration) -> Option<String> {
        let email = self.account(email)?.email;
        let token = random::token(&self.token_style, &email);
        self.tokens.issue(token.clone(), email, now, validity);
        Some(token)
    }

    /// Counts a request against its key's limit; the time until a request is welcome again when the limit is reached.
    pub(crate) fn count_request(&mut self, key: &str, now: Timestamp) -> Result<(), Duration> {
        let recent = self.recent_requests.entry(key.to_owned()).or_default();
        while recent
            .front()
            .is_some_and(|oldest| age(*oldest, now) >= RATE_WINDOW)
        {
            recent.pop_front();
        }
        if recent.len() < self.requests_per_minute as usize {
            recent.push_back(now);
            return Ok(());
        }
        let oldest = recent.front().copied().unwrap_or(now);
        Err(RATE_WINDOW.saturating_sub(age(oldest, now)))
    }

    /// Logs a customer in with a token: the account and the id of a new session.
    pub(crate) fn log_in(&mut self, token: &str, now: Timestamp) -> Result<(Account, String), Refusal> {
        let email = self.tokens.redeem(token, now)?;
        let account = self.account(&email).ok_or(Refusal::Unknown)?;
        let session = random::uuid();
        self.sessions.insert(session.clone(), email);
        Ok((account, session))
    }

    /// The customer a session belongs to.
    pub(crate) fn session(&self, id: &str) -> Option<Account> {
        self.account(self.sessions.get(id)?)
    }
}

fn age(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + millisecond).unwrap()
    }

    #[test]
    fn the_rate_window_slides_and_is_kept_per_key() {
        let shared = Shared::new(SimConfig {
            requests_per_minute: 2,
            ..SimConfig::default()
        });
        let mut world = shared.world();
        assert_eq!(world.count_request("a", at(0)), Ok(()));
        assert_eq!(world.count_request("a", at(10_000)), Ok(()));
        assert_eq!(world.count_request("a", at(15_000)), Err(Duration::from_secs(45)));
        assert_eq!(world.count_request("b", at(15_000)), Ok(()));
        assert_eq!(world.count_request("a", at(60_000)), Ok(()));
        assert_eq!(
            world.count_request("a", at(60_001)),
            Err(Duration::from_millis(9_999))
        );
    }
}

//! How a simulation is set up: the dialect it speaks, who may call it, and the shape of what it answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::world::Account;

/// The API key a [`SimConfig::default`] knows; it has the right to mint.
pub const DEFAULT_API_KEY: &str = "broker-sim-api-key";

/// The prefix of [`TokenStyle::sentinel`] tokens: rare enough to search logs and browser profiles for it.
pub const SENTINEL_TOKEN_PREFIX: &str = "SENTINEL-ONE-TIME-TOKEN-";

/// Settings of one simulated broker. The default is a broker that works: v1, one key with the right, 127.0.0.1 allowed.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Which of the broker's APIs is spoken.
    pub dialect: Dialect,
    /// The keys that exist.
    pub keys: Vec<ApiKey>,
    /// The customers that exist.
    pub accounts: Vec<Account>,
    /// Domains of which every address is a customer: a load test has more of them than anybody wants to list.
    pub customer_domains: Vec<String>,
    /// The addresses the broker's support team has whitelisted. Only the peer address of the connection counts.
    pub allowed_ips: Vec<IpAddr>,
    /// Where the broker API listens; port 0 takes a free one.
    pub broker_address: SocketAddr,
    /// Where the trading platform listens; port 0 takes a free one.
    pub platform_address: SocketAddr,
    /// The body of a successful mint, which the broker does not document.
    pub answer_shape: AnswerShape,
    /// What a token looks like.
    pub token_style: TokenStyle,
    /// Which connection-test pages exist.
    pub connection_test: ConnectionTest,
    /// Requests a key may make within any 60 seconds; the broker's own limit is 500.
    pub requests_per_minute: u32,
    /// Whether a 429 carries `Retry-After` (in seconds); the broker does not say.
    pub send_retry_after: bool,
    /// Whether a token logs in once only. Documented for v2; assumed for all.
    pub single_use: bool,
    /// The longest `validityTime` accepted; the broker documents none, its samples end at an hour.
    pub longest_validity: Duration,
    /// How many of the latest requests and tokens are remembered. An older token is then unknown. Everything is
    /// remembered by default, which a load test cannot afford.
    pub memory: usize,
}

impl Default for SimConfig {
    fn default() -> Self {
        let any_loopback_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            dialect: Dialect::V1,
            keys: vec![ApiKey::new(DEFAULT_API_KEY, true)],
            accounts: Vec::new(),
            customer_domains: Vec::new(),
            allowed_ips: vec![Ipv4Addr::LOCALHOST.into()],
            broker_address: any_loopback_port,
            platform_address: any_loopback_port,
            answer_shape: AnswerShape::OneTimeToken,
            token_style: TokenStyle::Uuid,
            connection_test: ConnectionTest::Both,
            requests_per_minute: 500,
            send_retry_after: true,
            single_use: true,
            longest_validity: Duration::from_hours(24),
            memory: usize::MAX,
        }
    }
}

impl SimConfig {
    /// The default settings in another dialect.
    pub fn with_dialect(dialect: Dialect) -> Self {
        Self {
            dialect,
            ..Self::default()
        }
    }
}

/// One of the broker's three APIs. They differ in the `Authorization` header, in error bodies and in the look-up's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// Broker API v1: the raw key in `Authorization`; look-up under `/v1/accounts/by-email/`.
    V1,
    /// Broker API v2: `Authorization: Bearer <key>`; look-up under `/v1/user-accounts/email/`; `status` is a string.
    V2,
    /// The vendor's CRM API: in every respect seen so far like v1.
    Crm,
}

/// A key of the broker's back office.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiKey {
    /// What is sent in `Authorization`.
    pub value: String,
    /// Whether the right "Create One Time Token for Login" is switched on.
    pub may_mint: bool,
}

impl ApiKey {
    /// A key with or without the right to mint.
    pub fn new(value: impl Into<String>, may_mint: bool) -> Self {
        Self {
            value: value.into(),
            may_mint,
        }
    }
}

/// The body of a successful mint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnswerShape {
    /// `{"oneTimeToken": "..."}`.
    OneTimeToken,
    /// `{"token": "..."}`.
    Token,
    /// A bare JSON string.
    BareString,
    /// One line of `text/plain`.
    Text,
    /// JSON in which the token sits under names nobody expects. The token is real, so a leak of the body would show.
    Unusable,
}

/// What a token looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TokenStyle {
    /// As in the broker's v2 example.
    Uuid,
    /// Three base64url parts, as another integrator sees.
    JwtLike,
    /// This prefix followed by random characters, so that a leaked token can be searched for.
    Prefix(String),
}

impl TokenStyle {
    /// Tokens that begin with [`SENTINEL_TOKEN_PREFIX`].
    pub fn sentinel() -> Self {
        Self::Prefix(SENTINEL_TOKEN_PREFIX.to_owned())
    }
}

/// Which connection-test pages exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionTest {
    /// `/v1/offers` and `/service-info`.
    Both,
    /// Only the newer `/v1/offers`.
    OffersOnly,
    /// Only the older `/service-info`.
    ServiceInfoOnly,
}

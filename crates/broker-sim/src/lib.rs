//! A stand-in for the broker: its API in three dialects, its IP whitelist, and the trading platform as a small web page.
//!
//! The rules are written from what the broker publishes, not from Stagedoor's own client, so that one mistake cannot
//! sit on both sides. Everything runs over real sockets on loopback: a [`Fault`] such as a reset or an answer that never
//! ends happens on the wire, and a test sees what a relay would see.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use stagedoor_broker_sim::{Endpoint, Fault, Sim, SimConfig};
//!
//! let sim = Sim::start(SimConfig::default()).await?;
//! sim.add_account("jane@customer.example", "Jane Roe");
//! sim.script(Fault::Reset.on(Endpoint::Mint).times(1));
//! // ... point a relay at `sim.broker_url()`, then look at what it sent:
//! assert_eq!(sim.journal().len(), 1);
//! # Ok(()) }
//! ```

mod accept;
mod broker;
mod clock;
mod config;
mod control;
mod fault;
mod journal;
mod platform;
mod random;
mod sim;
mod tokens;
mod world;

pub use clock::Clock;
pub use config::{
    AnswerShape, ApiKey, ConnectionTest, DEFAULT_API_KEY, Dialect, SENTINEL_TOKEN_PREFIX, SimConfig,
    TokenStyle,
};
pub use control::Control;
pub use fault::{BodyKind, Endpoint, Fault, HUGE_BODY_BYTES, Script};
pub use journal::JournalEntry;
pub use sim::Sim;
pub use tokens::{IssuedToken, Redemption, RedemptionResult, Refusal, TokenState};
pub use world::{Account, PRIVATE_VALUES};

//! Client of the broker's HTTP API: make a one-time token, look a customer up, test the connection.
//!
//! Invariants, each held by a test:
//! - A mint is sent at most once. Nothing here retries, follows a redirect, or reuses a connection (a request on a
//!   stale connection is what HTTP libraries repeat by themselves).
//! - Neither the API key, nor a token, nor the broker's answer is part of any error, `Debug` output or log line.
//! - No request leaves over plain HTTP except to a loopback address, and none through a proxy that was not configured.
//! - Time and answer size are bounded, whatever the broker declares.
//!
//! The caller installs a rustls crypto provider as the process's default before the first [`BrokerClient::new`].
//! Start reading at [`BrokerClient`].

mod access;
mod account;
mod client;
mod config;
mod egress;
mod endpoints;
mod error;
mod flaw;
mod key;
mod mint_answer;
mod not_found;
mod retry_after;
mod status;
mod token;
mod transport;

pub use access::AccessRight;
pub use account::{Account, VerificationStatus};
pub use client::BrokerClient;
pub use config::{BrokerConfig, ConfigError, Dialect};
pub use egress::EgressAddress;
pub use error::{BrokerError, LostAnswer, UnreachableCause};
pub use flaw::AnswerFlaw;
pub use token::{InvalidToken, OneTimeToken};

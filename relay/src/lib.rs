//! The Stagedoor relay: asks the broker for one-time tokens on behalf of enrolled staff, and records each time.
//!
//! Start reading at `router`, which shows every route; then `handlers`. The order that everything else serves, in
//! `mint`: the intent is durable, then the broker is asked, then the outcome is durable, then the token leaves.

pub mod app;
mod approvals;
mod auth;
pub mod broker;
mod caller;
pub mod checkpoints;
pub mod cli;
pub mod clock;
pub mod config;
mod current;
pub mod error;
pub mod events;
mod exposed;
mod files;
mod handlers;
mod impatient;
mod limited;
mod listener;
mod middleware;
mod mint;
pub mod openapi;
mod outgoing;
mod places;
mod policy;
mod preflight;
mod random;
pub mod relay;
mod reload;
mod router;
pub mod shutdown;
mod sign_in;
mod spelling;
pub mod store;
mod takeover;
pub mod telemetry;
mod tls;
mod turns;
pub mod unrecorded;
mod visible;
mod watch;
mod webhooks;

//! The client against real sockets: the simulated broker where its behaviour matters, hand-written bytes where the
//! wire does.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod connection_test;
mod look_up;
mod lost_answers;
mod mint;
mod proxies;
mod refusals;
mod secrets;
mod sent_once;
mod support;
mod tls;

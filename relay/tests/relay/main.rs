//! The relay as its clients, its broker and its operator see it: over real sockets, in process, with a clock that tests
//! move, a simulated broker, and a store in a folder of its own.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the way to fail")]

mod support;

mod acme;
mod approvals;
mod attacks;
mod auditor;
mod bad_input;
mod binary;
mod bounds;
mod checkpoints;
mod config_check;
mod durability;
mod enrolment;
mod error_docs;
mod foreign_files;
mod ledger_cli;
mod limits;
mod login;
mod mint_failures;
mod origins;
mod policy;
mod policy_docs;
mod previews;
mod readiness;
mod reload;
mod restored;
mod secrecy;
mod sign_in;
mod signatures;
mod staff;
mod staff_cli;
mod store;
mod takeover;
mod tls;
mod webhooks;

//! The simulated broker over real HTTP: each of its rules and each of its faults.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails should stop its test there and then"
)]

mod bench;
mod binary;
mod callers;
mod faults;
mod lifecycle;
mod look_up;
mod minting;
mod platform;

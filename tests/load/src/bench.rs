//! The measurements, and what they share.

mod broker;
mod cores;
mod disk;
mod engine;
pub(crate) mod ledger;
mod machine;
mod peers;
pub(crate) mod relay;
mod table;

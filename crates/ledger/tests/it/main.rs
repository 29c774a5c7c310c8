//! The ledger from outside: published vectors, properties, and every way of tampering that is known.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails should stop its test there and then"
)]

mod book;
mod contradictions;
mod erasing;
mod fuzzing;
mod naive;
mod parts_of_a_ledger;
mod proof_files;
mod proofs;
mod properties;
mod sound;
mod tampering;
mod vectors;

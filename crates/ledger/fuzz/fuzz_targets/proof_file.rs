//! Feeds `targets::proof_file`.
#![no_main]

#[path = "../targets.rs"]
#[expect(dead_code, reason = "each binary feeds one of them")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::proof_file(data));

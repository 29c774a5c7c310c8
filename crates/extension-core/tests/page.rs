//! The browser suite in a web page.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod suite;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

//! The browser suite in a service worker, which is where Chromium runs the extension's background script.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod suite;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_service_worker);

//! Clock and timer.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::convert::done;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, milliseconds: u32) -> JsValue;
}

/// Milliseconds since 1970 (UTC).
pub(super) fn now() -> u64 {
    date_now() as u64
}

/// Waits.
pub(super) async fn sleep(milliseconds: u32) {
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    });
    let _ = done(Ok(timer.into())).await;
}

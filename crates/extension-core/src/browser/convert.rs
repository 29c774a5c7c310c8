//! JavaScript values as JSON text, and back.

use alloc::string::String;

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::environment::Broken;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn json_parse(text: &str) -> Result<JsValue, JsValue>;
    /// Writes nothing for `undefined` and for functions.
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify, catch)]
    fn json_stringify(value: &JsValue) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = set, catch)]
    fn reflect_set(target: &JsValue, name: &str, value: &JsValue) -> Result<bool, JsValue>;
}

/// The JavaScript value of a JSON text; `null` for a text that is none.
pub(super) fn to_js(json: &str) -> JsValue {
    json_parse(json).unwrap_or(JsValue::NULL)
}

/// The JSON text of a JavaScript value; `null` for what has none.
pub(super) fn to_json(value: &JsValue) -> String {
    let text = json_stringify(value).ok().flatten();
    text.unwrap_or_else(|| String::from("null"))
}

/// Sets a property of an object that this module made itself.
pub(super) fn set(target: &JsValue, name: &str, value: &JsValue) {
    // It fails only for what is not an object, or is frozen.
    let _ = reflect_set(target, name, value);
}

/// What the promise that a call returned comes to, or the value itself if it is no promise.
pub(super) fn settled(promise: Result<JsValue, JsValue>) -> JsFuture {
    JsFuture::from(match promise {
        Ok(promise) => Promise::resolve(&promise),
        Err(thrown) => Promise::reject(&thrown),
    })
}

/// Likewise, where it does not matter what went wrong.
pub(super) async fn done(promise: Result<JsValue, JsValue>) -> Result<JsValue, Broken> {
    settled(promise).await.map_err(|_| Broken)
}

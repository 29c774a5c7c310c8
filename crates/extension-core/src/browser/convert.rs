//! Rust values as JavaScript values and as JSON text.

use js_sys::JSON;
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::environment::Broken;

/// A plain JavaScript value, of the kinds that JSON has.
pub(super) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, Broken> {
    value
        .serialize(&Serializer::json_compatible())
        .map_err(|_| Broken)
}

/// A Rust value, if the JavaScript value is one.
pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// JSON text.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, Broken> {
    let text = JSON::stringify(&to_js(value)?).map_err(|_| Broken)?;
    Ok(text.into())
}

/// A Rust value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    from_js(JSON::parse(text).ok()?)
}

/// A JavaScript object that is written in the source as JSON.
pub(super) fn literal(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or(JsValue::NULL)
}

//! A fake of the extension's interface, a relay behind `fetch`, and a native verifier.

pub(crate) mod relay;

use js_sys::{Function, JSON, Promise, Reflect};
use stagedoor_extension_core::{handle, json::Value, window_removed};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What must be found nowhere but in the address of the window.
pub(crate) const TOKEN: &str = "sentinel-token-5c1e";

/// Puts the fakes in place, in the state of a profile that was never used. They stay one object for the whole run,
/// because a worker holds on to the interface that it first saw.
pub(crate) fn install() {
    Function::new_no_args(include_str!("fake.js"))
        .call0(&JsValue::NULL)
        .unwrap();
}

/// Runs a script that sees the fakes as `fake`, and returns its value as JSON.
pub(crate) fn script(body: &str) -> Value {
    let value = Function::new_no_args(&["const fake = globalThis.stagedoorFake; ", body].concat())
        .call0(&JsValue::NULL)
        .unwrap_or_else(|error| panic!("{body}: {error:?}"));
    to_value(&value)
}

/// Sends a message to the core and waits for its view. No view ever holds the token.
pub(crate) async fn ask(message: &str) -> Value {
    answer(handle(JSON::parse(message).unwrap())).await
}

/// Waits for a view that was asked for.
pub(crate) async fn answer(view: Promise) -> Value {
    let view = JsFuture::from(view).await.expect("the core never rejects");
    let text = String::from(JSON::stringify(&view).unwrap());
    assert!(!text.contains(TOKEN), "{text}");
    Value::parse(&text).unwrap()
}

/// Tells the core that a window was closed.
pub(crate) async fn close(window: i32) {
    JsFuture::from(window_removed(window)).await.unwrap();
}

/// A property of a JavaScript value.
pub(crate) fn property(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

/// Calls an asynchronous method of a JavaScript object.
pub(crate) async fn call(target: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = property(target, method).unchecked_into();
    let result = function.apply(target, &arguments.iter().collect());
    JsFuture::from(Promise::resolve(&result?)).await
}

fn to_value(value: &JsValue) -> Value {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    Value::parse(&text.unwrap_or_else(|| "null".into())).unwrap()
}

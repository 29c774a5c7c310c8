//! What is written on the toolbar button, and the alarm that refreshes it.

use alloc::string::String;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use super::convert::{done, set, to_js};

/// The alarm's name, which the background script knows too.
const ALARM: &str = "approvals";
/// The other alarm's name. Nobody needs to know it: to be woken is all that it is for.
const LOGIN_ALARM: &str = "login";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = create, catch)]
    fn create_alarm(name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = clear, catch)]
    fn clear_alarm(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = get, catch)]
    fn get_alarm(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setBadgeText, catch)]
    fn set_badge_text(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = getBadgeText, catch)]
    fn get_badge_text(options: &JsValue) -> Result<JsValue, JsValue>;
}

/// Has the browser wake the extension each minute, or no more.
pub(super) fn watch(on: bool) {
    spawn_local(async move {
        // Making one that is there would put the next minute off, for ever if it is made often.
        let there = on && done(get_alarm(ALARM)).await.is_ok_and(|alarm| alarm.is_object());
        if !there {
            set_alarm(ALARM, on.then_some(r#"{"periodInMinutes":1}"#)).await;
        }
    });
}

/// Has it wake the extension in half a minute, which is as soon as it does, or not.
pub(super) fn watch_login(on: bool) {
    spawn_local(async move { set_alarm(LOGIN_ALARM, on.then_some(r#"{"delayInMinutes":0.5}"#)).await });
}

async fn set_alarm(name: &str, options: Option<&str>) {
    let _ = done(match options {
        Some(options) => create_alarm(name, &to_js(options)),
        None => clear_alarm(name),
    })
    .await;
}

/// What is written on the toolbar button.
pub(super) async fn text() -> String {
    let text = done(get_badge_text(&to_js("{}"))).await;
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Writes it.
pub(super) async fn show(text: &str) {
    let options = to_js("{}");
    set(&options, "text", &text.into());
    // Only a browser that is ending refuses.
    let _ = done(set_badge_text(&options)).await;
}

//! The number on the toolbar button, and the alarm that refreshes it.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use super::convert::{done, set, to_js};

/// The alarm's name, which the background script knows too.
const ALARM: &str = "approvals";

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
}

/// Has the browser wake the extension each minute, or no more.
pub(super) fn watch(on: bool) {
    if !on {
        show_count(0);
    }
    spawn_local(async move {
        if !on {
            let _ = done(clear_alarm(ALARM)).await;
            return;
        }
        // Making one that is there would put the next minute off, for ever if it is made often.
        let there = done(get_alarm(ALARM)).await.is_ok_and(|alarm| alarm.is_object());
        if !there {
            let options = to_js(r#"{"periodInMinutes":1}"#);
            let _ = done(create_alarm(ALARM, &options)).await;
        }
    });
}

/// Shows a number on the toolbar button.
pub(super) fn show_count(count: usize) {
    let options = to_js("{}");
    let text = if count == 0 {
        String::new()
    } else {
        count.to_string()
    };
    set(&options, "text", &text.into());
    let shown = set_badge_text(&options);
    spawn_local(async {
        // Only a browser that is ending refuses.
        let _ = done(shown).await;
    });
}

//! What the extension's background script calls.

use std::rc::Rc;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{Browser, convert};
use crate::{environment::WindowId, flow::Core, message::Message};

thread_local! {
    static CORE: Rc<Core<Browser>> = Rc::new(Core::new(Browser));
}

/// Answers a message of one of the extension's pages with the view to show. It never rejects.
#[wasm_bindgen]
pub async fn handle(message: JsValue) -> JsValue {
    let core = CORE.with(Rc::clone);
    // A message that cannot be read has no kind, which the core answers as a fault.
    let message: Message = convert::from_js(message).unwrap_or_default();
    convert::to_js(&core.handle(&message).await).unwrap_or(JsValue::NULL)
}

/// A window of the browser was closed.
#[wasm_bindgen]
pub async fn window_removed(window: WindowId) {
    let core = CORE.with(Rc::clone);
    core.window_removed(window).await;
}

//! What the extension's background script calls, and its popup.

use alloc::string::String;

use alloc::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::{__rt::LazyCell, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use super::{
    Browser,
    convert::{to_js, to_json},
};
use crate::{
    environment::{TabId, WindowId},
    flow::Core,
    json::{ToJson, Value},
    message::Message,
};

/// What wasm-bindgen itself keeps its values in where there is no `thread_local!`: a module without threads has one of
/// each.
static CORE: LazyCell<Rc<Core<Browser>>> = LazyCell::new(|| Rc::new(Core::new(Browser)));

/// Answers a message of one of the extension's pages with the view to show. It never rejects.
///
/// The message is taken by value: for a reference, wasm-bindgen writes an instruction (`table.fill`) that the wasm-opt
/// of older distributions cannot read.
#[wasm_bindgen]
pub fn handle(message: JsValue) -> Promise {
    // A message that cannot be read has no kind, which the core answers as a fault.
    let message = Value::parse(&to_json(&message)).unwrap_or(Value::Null);
    run(Event::Message(Message::read(&message)))
}

/// What a popup shows of the page that it has read, by what is kept in memory (`storage.session`), before the background script
/// says more; or null.
#[wasm_bindgen]
pub fn glimpse(tab: TabId, kept: JsValue, frames: JsValue) -> JsValue {
    let kept = Value::parse(&to_json(&kept)).unwrap_or(Value::Null);
    let view = CORE.glimpse(tab, &kept, to_json(&frames));
    view.map_or(JsValue::NULL, |view| to_js(&view.to_json()))
}

/// This script was started, with what is kept in memory of a login under way (`storage.session`), which it asked for while the
/// core was being compiled. What comes after waits for it.
#[wasm_bindgen]
pub fn wake(kept: JsValue) -> Promise {
    // Where nothing can be read there is nothing to be done.
    run(Event::Wake(Value::parse(&to_json(&kept)).unwrap_or(Value::Null)))
}

/// A person selected text in a tab, and wants to open whom it names.
#[wasm_bindgen]
pub fn selected(tab: TabId, text: String) -> Promise {
    run(Event::Selected(tab, text))
}

/// A window of the browser was closed.
#[wasm_bindgen]
pub fn window_removed(window: WindowId) -> Promise {
    run(Event::WindowRemoved(window))
}

/// The alarm of the approvals went off.
#[wasm_bindgen]
pub fn minute() -> Promise {
    run(Event::Minute)
}

/// The browser was started.
#[wasm_bindgen]
pub fn started() -> Promise {
    run(Event::Started)
}

enum Event {
    Wake(Value),
    Minute,
    Started,
    Message(Message),
    Selected(TabId, String),
    WindowRemoved(WindowId),
}

fn run(event: Event) -> Promise {
    let core = Rc::clone(&CORE);
    future_to_promise(async move {
        Ok(match event {
            Event::Message(message) => to_js(&core.handle(&message).await.to_json()),
            Event::Wake(kept) => {
                core.wake(&kept).await;
                // Nothing that comes after need wait until the relay has been told.
                spawn_local(async move { core.settle().await });
                JsValue::UNDEFINED
            }
            Event::Selected(tab, text) => {
                core.selected(tab, &text).await;
                JsValue::UNDEFINED
            }
            Event::Minute => {
                core.minute().await;
                JsValue::UNDEFINED
            }
            Event::Started => {
                core.started().await;
                JsValue::UNDEFINED
            }
            Event::WindowRemoved(window) => {
                core.window_removed(window).await;
                JsValue::UNDEFINED
            }
        })
    })
}

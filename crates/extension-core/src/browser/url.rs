//! The browser's URL parser.

use alloc::string::String;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::environment::ParsedUrl;

#[wasm_bindgen]
extern "C" {
    type URL;
    #[wasm_bindgen(constructor, catch)]
    fn new(text: &str) -> Result<URL, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn protocol(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn hostname(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn origin(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn pathname(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn search(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn hash(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn username(this: &URL) -> String;
    #[wasm_bindgen(method, getter)]
    fn password(this: &URL) -> String;
}

/// Takes a URL apart.
pub(super) fn parse(text: &str) -> Option<ParsedUrl> {
    let url = URL::new(text).ok()?;
    Some(ParsedUrl {
        protocol: url.protocol(),
        hostname: url.hostname(),
        origin: url.origin(),
        pathname: url.pathname(),
        search: url.search(),
        hash: url.hash(),
        credentials: !url.username().is_empty() || !url.password().is_empty(),
    })
}

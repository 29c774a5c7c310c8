//! One request by `fetch`, bounded in time and size.

use alloc::{string::String, vec::Vec};

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::*};

use super::convert::{set, settled, to_js};
use crate::environment::{HttpAnswer, HttpFailure, HttpRequest};

/// No cookies, no cache, no referrer; a redirect is a failure.
const BASE: &str = r#"{"credentials":"omit","cache":"no-store","redirect":"error","referrerPolicy":"no-referrer","mode":"cors"}"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout)]
    fn abort_after(milliseconds: u32) -> JsValue;

    type Response;
    #[wasm_bindgen(method, getter, structural)]
    fn status(this: &Response) -> u16;
    #[wasm_bindgen(method, getter, structural)]
    fn headers(this: &Response) -> Headers;
    #[wasm_bindgen(method, getter, structural)]
    fn body(this: &Response) -> Option<Body>;

    type DomException;
    #[wasm_bindgen(method, getter, structural)]
    fn name(this: &DomException) -> Option<String>;

    type Headers;
    #[wasm_bindgen(method, structural)]
    fn get(this: &Headers, name: &str) -> Option<String>;

    type Body;
    #[wasm_bindgen(method, structural, js_name = getReader)]
    fn get_reader(this: &Body) -> Reader;

    type Reader;
    #[wasm_bindgen(method, structural, catch)]
    fn read(this: &Reader) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

    type Chunk;
    #[wasm_bindgen(method, getter, structural)]
    fn done(this: &Chunk) -> bool;
    #[wasm_bindgen(method, getter, structural)]
    fn value(this: &Chunk) -> Uint8Array;
}

/// Sends a request and reads the answer.
pub async fn send(request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
    let options = to_js(BASE);
    let headers = to_js("{}");
    for (name, value) in request.headers {
        set(&headers, name, &value.as_str().into());
    }
    set(&options, "method", &request.method.into());
    set(&options, "headers", &headers);
    if let Some(body) = request.body {
        set(&options, "body", &body.into());
    }
    set(&options, "signal", &abort_after(request.timeout_milliseconds));

    let response = settled(global_fetch(request.url, &options))
        .await
        .map_err(failure)?;
    let response: Response = response.unchecked_into();
    let header = |name| response.headers().get(name);
    Ok(HttpAnswer {
        status: response.status(),
        content_type: header("content-type").unwrap_or_default(),
        retry_after: header("retry-after"),
        body: read_body(response.body(), request.max_answer_bytes).await?,
    })
}

/// Reads a body piece by piece, so that one without end cannot fill the memory.
async fn read_body(body: Option<Body>, most: usize) -> Result<Vec<u8>, HttpFailure> {
    // All the room at once: growing would leave copies of what may be a token.
    let mut bytes = Vec::with_capacity(most);
    let Some(body) = body else { return Ok(bytes) };
    let reader = body.get_reader();
    loop {
        let chunk: Chunk = settled(reader.read()).await.map_err(failure)?.unchecked_into();
        if chunk.done() {
            return Ok(bytes);
        }
        let piece = chunk.value();
        let (start, length) = (bytes.len(), piece.length() as usize);
        if length > most - start {
            let _ = settled(reader.cancel()).await;
            return Err(HttpFailure::TooLarge);
        }
        bytes.resize(start + length, 0);
        piece.copy_to(&mut bytes[start..]);
    }
}

fn failure(error: JsValue) -> HttpFailure {
    if error
        .unchecked_ref::<DomException>()
        .name()
        .is_some_and(|name| name == "TimeoutError")
    {
        HttpFailure::Timeout
    } else {
        HttpFailure::Unreachable
    }
}

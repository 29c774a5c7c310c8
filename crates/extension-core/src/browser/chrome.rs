//! The `chrome.*` interface of extensions, which Firefox has too.

use alloc::{string::String, vec::Vec};

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use super::{
    convert::{done, set, to_js, to_json},
    time::sleep,
};
use crate::{
    environment::{Area, Broken, OpenedWindow, TabId, WindowId},
    join::first,
};

/// A page of the extension that says nothing for so long is there but busy.
const DELIVERY_MILLISECONDS: u32 = 500;

#[wasm_bindgen]
extern "C" {
    type StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = local)]
    static LOCAL: StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = session)]
    static SESSION: StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = managed)]
    static MANAGED: StorageArea;
    #[wasm_bindgen(method, structural, catch)]
    fn get(this: &StorageArea, name: Option<&str>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, structural, js_name = set, catch)]
    fn put(this: &StorageArea, members: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn remove(this: &StorageArea, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn clear(this: &StorageArea) -> Result<JsValue, JsValue>;

    // The background script's own: an injected function has to be one of JavaScript's.
    #[wasm_bindgen(js_name = readPage, catch)]
    fn read_page(tab: TabId, recipes: &JsValue, opening: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = sendMessage, catch)]
    fn send_message(message: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getManifest)]
    fn get_manifest() -> Manifest;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getURL)]
    fn get_url(path: &str) -> String;
    #[wasm_bindgen(js_namespace = ["chrome", "identity"], js_name = getRedirectURL)]
    fn get_redirect_url(path: &str) -> String;
    #[wasm_bindgen(js_namespace = ["chrome", "alarms"], js_name = clearAll, catch)]
    fn clear_alarms() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "action"], js_name = setBadgeText, catch)]
    fn set_badge_text(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "commands"], js_name = getAll, catch)]
    fn get_commands() -> Result<JsValue, JsValue>;
    type Manifest;
    #[wasm_bindgen(method, getter, structural)]
    fn version(this: &Manifest) -> String;

    #[wasm_bindgen(js_namespace = ["chrome", "extension"], js_name = isAllowedIncognitoAccess, catch)]
    fn is_allowed_incognito_access() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = getAll, catch)]
    fn get_windows() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = remove, catch)]
    fn remove_window(window: WindowId) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = create, catch)]
    fn create_window(options: &JsValue) -> Result<JsValue, JsValue>;
    type Window;
    #[wasm_bindgen(method, getter, structural)]
    fn id(this: &Window) -> WindowId;
    #[wasm_bindgen(method, getter, structural)]
    fn incognito(this: &Window) -> bool;
}

fn with_area(
    area: Area,
    call: impl FnOnce(&StorageArea) -> Result<JsValue, JsValue>,
) -> Result<JsValue, JsValue> {
    match area {
        Area::Local => LOCAL.with(call),
        Area::Session => SESSION.with(call),
        Area::Managed => MANAGED.with(call),
    }
}

/// What is kept under a name, or under all names, as the JSON text of an object.
pub(super) async fn load(area: Area, name: Option<&str>) -> Result<String, Broken> {
    Ok(to_json(&done(with_area(area, |area| area.get(name))).await?))
}

/// Keeps the members of an object.
pub(super) async fn save(area: Area, members: &str) -> Result<(), Broken> {
    let members = to_js(members);
    done(with_area(area, |area| area.put(&members))).await.map(|_| ())
}

/// Forgets what is kept under a name.
pub(super) async fn remove(area: Area, name: &str) -> Result<(), Broken> {
    done(with_area(area, |area| area.remove(name))).await.map(|_| ())
}

/// Forgets everything.
pub(super) async fn clear(area: Area) -> Result<(), Broken> {
    done(with_area(area, StorageArea::clear)).await.map(|_| ())
}

/// Runs the collector in every frame of a tab.
pub(super) async fn collect(tab: TabId, recipes: &str, opening: bool) -> Result<String, Broken> {
    Ok(to_json(&done(read_page(tab, &to_js(recipes), opening)).await?))
}

/// Sends a message to the extension's pages and goes on.
pub(super) fn progress(message: &str) {
    let sent = send_message(&to_js(message));
    spawn_local(async {
        // Without a page that listens the browser reports an error; then nobody misses the message.
        let _ = done(sent).await;
    });
}

/// Sends a message to the extension's pages and says whether there was one to take it.
pub(super) async fn deliver(message: &str) -> bool {
    let sent = async {
        let answer = done(send_message(&to_js(message))).await;
        answer.is_ok_and(|taken| taken.is_truthy())
    };
    let late = async {
        sleep(DELIVERY_MILLISECONDS).await;
        true
    };
    first(sent, late).await
}

/// Whether the person allowed the extension in private windows.
pub(super) async fn incognito_allowed() -> bool {
    let allowed = done(is_allowed_incognito_access()).await;
    allowed.is_ok_and(|allowed| allowed.is_truthy())
}

/// The windows that are open.
pub(super) async fn windows() -> Result<Vec<OpenedWindow>, Broken> {
    let windows = Array::from(&done(get_windows()).await?);
    Ok(windows.iter().map(described).collect())
}

/// Closes a window.
pub(super) async fn close_window(window: WindowId) {
    // It fails only for one that is gone already.
    let _ = done(remove_window(window)).await;
}

/// Opens a window in front.
pub(super) async fn open_window(url: &str, incognito: bool) -> Result<Option<OpenedWindow>, Broken> {
    let options = to_js(r#"{"focused":true}"#);
    set(&options, "incognito", &incognito.into());
    set(&options, "url", &url.into());
    let window = done(create_window(&options)).await?;
    Ok(window.is_object().then(|| described(window)))
}

fn described(window: JsValue) -> OpenedWindow {
    let window: Window = window.unchecked_into();
    OpenedWindow {
        id: window.id(),
        incognito: window.incognito(),
    }
}

/// The extension's version.
pub(super) fn version() -> String {
    get_manifest().version()
}

/// The address under which the extension's own files are.
pub(super) fn base_url() -> String {
    get_url("")
}

/// Where a sign-in comes back to.
pub(super) fn redirect_uri() -> String {
    get_redirect_url("sign-in")
}

/// Stops every alarm and clears the badge.
pub(super) async fn silence() -> Result<(), Broken> {
    done(clear_alarms()).await?;
    done(set_badge_text(&to_js(r#"{"text":""}"#))).await.map(|_| ())
}

/// The extension's keyboard commands.
pub(super) async fn commands() -> Result<String, Broken> {
    Ok(to_json(&done(get_commands()).await?))
}

//! The `chrome.*` interface of extensions, which Firefox has too.

use js_sys::{Array, Object, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use super::{
    convert::{from_js, to_js},
    time::sleep,
};
use crate::{
    environment::{Area, Broken, OpenedWindow, TabId, WindowId},
    facts::Frame,
    join::first,
    view::View,
};

/// A page of the extension that says nothing for so long is there but busy.
const DELIVERY_MILLISECONDS: u32 = 500;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = get, catch)]
    async fn local_get(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = set, catch)]
    async fn local_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = remove, catch)]
    async fn local_remove(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "local"], js_name = clear, catch)]
    async fn local_clear() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = get, catch)]
    async fn session_get(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = set, catch)]
    async fn session_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = remove, catch)]
    async fn session_remove(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "storage", "session"], js_name = clear, catch)]
    async fn session_clear() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "scripting"], js_name = executeScript, catch)]
    async fn execute_script(injection: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = sendMessage, catch)]
    async fn send_message(message: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getManifest)]
    fn get_manifest() -> JsValue;
    #[wasm_bindgen(js_namespace = ["chrome", "runtime"], js_name = getURL)]
    fn get_url(path: &str) -> String;
    #[wasm_bindgen(js_namespace = ["chrome", "commands"], js_name = getAll, catch)]
    async fn get_commands() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "extension"], js_name = isAllowedIncognitoAccess, catch)]
    async fn is_allowed_incognito_access() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = getAll, catch)]
    async fn get_windows() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = remove, catch)]
    async fn remove_window(window: WindowId) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["chrome", "windows"], js_name = create, catch)]
    async fn create_window(options: &JsValue) -> Result<JsValue, JsValue>;
}

/// A value of one of the storage areas, or `undefined`.
pub(super) async fn storage_get(area: Area, name: &str) -> Result<JsValue, Broken> {
    let items = match area {
        Area::Local => local_get(name).await,
        Area::Session => session_get(name).await,
    };
    let value = items.and_then(|items| Reflect::get(&items, &name.into()));
    value.map_err(|_| Broken)
}

/// Keeps a value.
pub(super) async fn storage_set(area: Area, name: &str, value: &JsValue) -> Result<(), Broken> {
    let items = Object::new();
    let set = Reflect::set(&items, &name.into(), value);
    set.map_err(|_| Broken)?;
    done(match area {
        Area::Local => local_set(&items).await,
        Area::Session => session_set(&items).await,
    })
}

/// Forgets a value.
pub(super) async fn storage_remove(area: Area, name: &str) -> Result<(), Broken> {
    done(match area {
        Area::Local => local_remove(name).await,
        Area::Session => session_remove(name).await,
    })
}

/// Forgets all values.
pub(super) async fn storage_clear(area: Area) -> Result<(), Broken> {
    done(match area {
        Area::Local => local_clear().await,
        Area::Session => session_clear().await,
    })
}

/// Runs the collector in every frame of a tab. Frames without a result, or with one that cannot be read, are left out.
pub(super) async fn collect(tab: TabId) -> Result<Vec<Frame>, Broken> {
    let injection = Injection {
        target: Target {
            tab_id: tab,
            all_frames: true,
        },
        files: ["collector.js"],
    };
    let results = execute_script(&to_js(&injection)?).await.map_err(|_| Broken)?;
    let mut frames = Vec::new();
    for result in Array::from(&results).iter() {
        let field = |name: &str| Reflect::get(&result, &name.into()).unwrap_or_default();
        if let Some(frame) = from_js::<Frame>(field("result")) {
            let top = field("frameId").as_f64() == Some(0.0);
            frames.push(Frame { top, ..frame });
        }
    }
    Ok(frames)
}

#[derive(Serialize)]
struct Injection {
    target: Target,
    files: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    tab_id: TabId,
    all_frames: bool,
}

/// Sends a view to the extension's pages and goes on.
pub(super) fn progress(tab: TabId, view: &View) {
    if let Ok(message) = push(tab, view) {
        spawn_local(async move {
            // Without a page that listens the browser reports an error; then nobody misses the message.
            let _ = send_message(&message).await;
        });
    }
}

/// Sends a view to the extension's pages and says whether there was one to take it.
pub(super) async fn deliver(tab: TabId, view: &View) -> bool {
    let Ok(message) = push(tab, view) else {
        return false;
    };
    let sent = async { send_message(&message).await.is_ok() };
    let late = async {
        sleep(DELIVERY_MILLISECONDS).await;
        true
    };
    first(sent, late).await
}

fn push(tab: TabId, view: &View) -> Result<JsValue, Broken> {
    to_js(&Push {
        kind: "view",
        tab_id: tab,
        view,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Push<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    tab_id: TabId,
    view: &'a View,
}

/// Whether the person allowed the extension in private windows.
pub(super) async fn incognito_allowed() -> bool {
    is_allowed_incognito_access()
        .await
        .is_ok_and(|allowed| allowed.is_truthy())
}

/// The private windows that are open.
pub(super) async fn incognito_windows() -> Result<Vec<WindowId>, Broken> {
    let windows = get_windows().await.map_err(|_| Broken)?;
    let windows: Vec<Window> = from_js(windows).ok_or(Broken)?;
    Ok(windows
        .iter()
        .filter(|window| window.incognito)
        .map(|window| window.id)
        .collect())
}

/// Closes a window.
pub(super) async fn close_window(window: WindowId) {
    // It fails only for one that is gone already.
    let _ = remove_window(window).await;
}

/// Opens a window in front.
pub(super) async fn open_window(url: &str, incognito: bool) -> Result<Option<OpenedWindow>, Broken> {
    let options = to_js(&WindowOptions {
        url,
        incognito,
        focused: true,
    })?;
    let window: Option<Window> = from_js(create_window(&options).await.map_err(|_| Broken)?);
    Ok(window.map(|Window { id, incognito }| OpenedWindow { id, incognito }))
}

#[derive(Deserialize)]
struct Window {
    id: WindowId,
    incognito: bool,
}

#[derive(Serialize)]
struct WindowOptions<'a> {
    url: &'a str,
    incognito: bool,
    focused: bool,
}

/// The extension's version.
pub(super) fn version() -> String {
    let version = Reflect::get(&get_manifest(), &"version".into());
    version
        .ok()
        .and_then(|version| version.as_string())
        .unwrap_or_default()
}

/// The address under which the extension's own files are.
pub(super) fn base_url() -> String {
    get_url("")
}

/// The keyboard shortcut of the toolbar button.
pub(super) async fn shortcut() -> Option<String> {
    let commands: Vec<Command> = from_js(get_commands().await.ok()?)?;
    let action = commands
        .into_iter()
        .find(|command| command.name == "_execute_action")?;
    action.shortcut.filter(|shortcut| !shortcut.is_empty())
}

#[derive(Deserialize)]
struct Command {
    name: String,
    #[serde(default)]
    shortcut: Option<String>,
}

fn done(result: Result<JsValue, JsValue>) -> Result<(), Broken> {
    result.map(|_| ()).map_err(|_| Broken)
}

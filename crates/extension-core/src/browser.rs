//! The real environment: every binding to JavaScript, and not one decision.

mod chrome;
mod convert;
pub mod crypto;
pub mod entry;
pub mod http;
pub mod key_store;
mod time;
mod url;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    environment::{
        Area, Broken, Environment, HttpAnswer, HttpFailure, HttpRequest, OpenedWindow, ParsedUrl, TabId,
        WindowId,
    },
    facts::Frame,
    view::View,
};

/// The browser that this worker runs in.
pub struct Browser;

impl Environment for Browser {
    type Key = crypto::KeyPair;

    fn now(&self) -> u64 {
        time::now()
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        crypto::fill_random(bytes);
    }
    async fn sleep(&self, milliseconds: u32) {
        time::sleep(milliseconds).await;
    }

    fn parse_url(&self, text: &str) -> Option<ParsedUrl> {
        url::parse(text)
    }
    fn to_json<T: Serialize>(&self, value: &T) -> Result<String, Broken> {
        convert::to_json(value)
    }
    fn from_json<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        convert::from_json(text)
    }

    async fn sha256(&self, bytes: &[u8]) -> Result<[u8; 32], Broken> {
        crypto::sha256(bytes).await
    }
    async fn generate_key(&self) -> Result<Self::Key, Broken> {
        crypto::generate_key().await
    }
    async fn public_point(&self, key: &Self::Key) -> Result<[u8; 65], Broken> {
        crypto::public_point(key).await
    }
    async fn sign(&self, key: &Self::Key, bytes: &[u8]) -> Result<[u8; 64], Broken> {
        crypto::sign(key, bytes).await
    }
    async fn save_key(&self, name: &str, key: &Self::Key) -> Result<(), Broken> {
        key_store::save(name, key).await
    }
    async fn load_key(&self, name: &str) -> Result<Option<Self::Key>, Broken> {
        key_store::load(name).await
    }
    async fn delete_key(&self, name: &str) -> Result<(), Broken> {
        key_store::delete(name).await
    }

    async fn save<T: Serialize>(&self, area: Area, name: &str, value: &T) -> Result<(), Broken> {
        chrome::storage_set(area, name, &convert::to_js(value)?).await
    }
    async fn load<T: DeserializeOwned>(&self, area: Area, name: &str) -> Result<Option<T>, Broken> {
        Ok(convert::from_js(chrome::storage_get(area, name).await?))
    }
    async fn remove(&self, area: Area, name: &str) -> Result<(), Broken> {
        chrome::storage_remove(area, name).await
    }
    async fn clear(&self, area: Area) -> Result<(), Broken> {
        chrome::storage_clear(area).await
    }

    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        http::send(request).await
    }

    async fn collect(&self, tab: TabId) -> Result<Vec<Frame>, Broken> {
        chrome::collect(tab).await
    }
    fn progress(&self, tab: TabId, view: &View) {
        chrome::progress(tab, view);
    }
    async fn deliver(&self, tab: TabId, view: &View) -> bool {
        chrome::deliver(tab, view).await
    }

    async fn incognito_allowed(&self) -> bool {
        chrome::incognito_allowed().await
    }
    async fn incognito_windows(&self) -> Result<Vec<WindowId>, Broken> {
        chrome::incognito_windows().await
    }
    async fn close_window(&self, window: WindowId) {
        chrome::close_window(window).await;
    }
    async fn open_window(&self, url: &str, incognito: bool) -> Result<Option<OpenedWindow>, Broken> {
        chrome::open_window(url, incognito).await
    }

    fn version(&self) -> String {
        chrome::version()
    }
    fn base_url(&self) -> String {
        chrome::base_url()
    }
    async fn shortcut(&self) -> Option<String> {
        chrome::shortcut().await
    }
}

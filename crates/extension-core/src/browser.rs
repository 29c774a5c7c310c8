//! The real environment: every binding to JavaScript, and not one decision.

mod chrome;
mod convert;
pub mod crypto;
pub mod entry;
pub mod http;
pub mod key_store;
mod time;
mod url;

use crate::environment::{
    Area, Broken, Environment, HttpAnswer, HttpFailure, HttpRequest, OpenedWindow, ParsedUrl, TabId, WindowId,
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

    async fn save(&self, area: Area, members: &str) -> Result<(), Broken> {
        chrome::save(area, members).await
    }
    async fn load(&self, area: Area, name: Option<&str>) -> Result<String, Broken> {
        chrome::load(area, name).await
    }
    async fn remove(&self, area: Area, name: &str) -> Result<(), Broken> {
        chrome::remove(area, name).await
    }
    async fn clear(&self, area: Area) -> Result<(), Broken> {
        chrome::clear(area).await
    }

    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        http::send(request).await
    }

    async fn collect(&self, tab: TabId) -> Result<String, Broken> {
        chrome::collect(tab).await
    }
    fn progress(&self, message: &str) {
        chrome::progress(message);
    }
    async fn deliver(&self, message: &str) -> bool {
        chrome::deliver(message).await
    }

    async fn incognito_allowed(&self) -> bool {
        chrome::incognito_allowed().await
    }
    async fn windows(&self) -> Result<Vec<OpenedWindow>, Broken> {
        chrome::windows().await
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
    async fn commands(&self) -> Result<String, Broken> {
        chrome::commands().await
    }
}

//! The real environment: every binding to JavaScript, and not one decision.

mod badge;
mod chrome;
mod convert;
pub mod crypto;
pub mod entry;
pub mod http;
pub mod key_store;
mod letters;
#[cfg(feature = "shipped")]
mod shipped;
mod time;
mod url;

use alloc::{string::String, vec::Vec};

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

    fn letters(&self, text: &str) -> String {
        letters::letters(text)
    }

    fn sha256(&self, bytes: &[u8]) -> impl Future<Output = Result<[u8; 32], Broken>> {
        crypto::sha256(bytes)
    }
    fn generate_key(&self) -> impl Future<Output = Result<Self::Key, Broken>> {
        crypto::generate_key()
    }
    fn public_point(&self, key: &Self::Key) -> impl Future<Output = Result<[u8; 65], Broken>> {
        crypto::public_point(key)
    }
    fn sign(&self, key: &Self::Key, bytes: &[u8]) -> impl Future<Output = Result<[u8; 64], Broken>> {
        crypto::sign(key, bytes)
    }
    fn save_key(&self, name: &str, key: &Self::Key) -> impl Future<Output = Result<(), Broken>> {
        key_store::save(name, key)
    }
    fn load_key(&self, name: &str) -> impl Future<Output = Result<Option<Self::Key>, Broken>> {
        key_store::load(name)
    }
    fn delete_key(&self, name: &str) -> impl Future<Output = Result<(), Broken>> {
        key_store::delete(name)
    }

    fn save(&self, area: Area, members: &str) -> impl Future<Output = Result<(), Broken>> {
        chrome::save(area, members)
    }
    fn load(&self, area: Area, name: Option<&str>) -> impl Future<Output = Result<String, Broken>> {
        chrome::load(area, name)
    }
    fn remove(&self, area: Area, name: &str) -> impl Future<Output = Result<(), Broken>> {
        chrome::remove(area, name)
    }
    fn clear(&self, area: Area) -> impl Future<Output = Result<(), Broken>> {
        chrome::clear(area)
    }

    fn send(&self, request: HttpRequest<'_>) -> impl Future<Output = Result<HttpAnswer, HttpFailure>> {
        http::send(request)
    }

    fn collect(
        &self,
        tab: TabId,
        recipes: &str,
        opening: bool,
    ) -> impl Future<Output = Result<String, Broken>> {
        chrome::collect(tab, recipes, opening)
    }
    fn progress(&self, message: &str) {
        chrome::progress(message);
    }
    fn deliver(&self, message: &str) -> impl Future<Output = bool> {
        chrome::deliver(message)
    }

    fn incognito_allowed(&self) -> impl Future<Output = bool> {
        chrome::incognito_allowed()
    }
    fn windows(&self) -> impl Future<Output = Result<Vec<OpenedWindow>, Broken>> {
        chrome::windows()
    }
    async fn close_window(&self, window: WindowId) {
        chrome::close_window(window).await;
    }
    fn open_window(
        &self,
        url: &str,
        incognito: bool,
    ) -> impl Future<Output = Result<Option<OpenedWindow>, Broken>> {
        chrome::open_window(url, incognito)
    }

    fn watch(&self, on: bool) {
        badge::watch(on);
    }
    fn watch_login(&self, on: bool) {
        badge::watch_login(on);
    }
    fn badge(&self) -> impl Future<Output = String> {
        badge::text()
    }
    fn show_badge(&self, text: &str) -> impl Future<Output = ()> {
        badge::show(text)
    }

    fn version(&self) -> String {
        chrome::version()
    }
    fn base_url(&self) -> String {
        chrome::base_url()
    }
    fn redirect_uri(&self) -> String {
        chrome::redirect_uri()
    }
    fn silence(&self) -> impl Future<Output = Result<(), Broken>> {
        chrome::silence()
    }
    fn commands(&self) -> impl Future<Output = Result<String, Broken>> {
        chrome::commands()
    }
}

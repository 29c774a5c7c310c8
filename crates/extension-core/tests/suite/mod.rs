//! What must hold in a page and in a service worker alike.

mod crypto;
mod fetch;
mod flows;
mod key_store;

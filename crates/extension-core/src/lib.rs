//! The Stagedoor extension's core, compiled to WebAssembly.
//!
//! Everything is decided in modules that know no JavaScript and are tested natively. What they need of the browser is
//! the trait [`environment::Environment`]; its one real implementation is the module `browser`, which decides nothing.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod address;
pub mod answer;
pub mod authorization;
#[cfg(target_arch = "wasm32")]
pub mod browser;

pub mod environment;
pub mod facts;
pub mod fault;
pub mod flow;
pub mod isolation;
pub mod join;
pub mod json;
pub mod message;
pub mod names;
pub mod ranking;
pub mod recipe;
pub mod record;
pub mod request;
pub mod state;
pub mod teach;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod testing;
pub mod text;
pub mod url_check;
pub mod view;
pub mod wire;

#[cfg(target_arch = "wasm32")]
pub use browser::entry::{handle, minute, selected, started, wake, window_removed};

//! Drives the whole product: real Chromium and Firefox with the built extension, the real relay binary, and the
//! simulated broker. The demo, the screenshots and the end-to-end tests are all written on top of it.
//!
//! Read [`lab`] for what runs, [`browser`] for how a browser is driven, and [`scenario`] for what a person does.

pub mod administrator;
pub mod archive;
pub mod axe;
pub mod browser;
pub mod camera;
pub mod chromium;
pub mod corpus;
mod elsewhere;
pub mod firefox;
pub mod lab;
pub mod media;
pub mod page;
pub mod paths;
pub mod process;
pub mod provider;
pub mod rpc;
pub mod scenario;
pub mod site;
pub mod states;
pub mod traces;
pub mod vendors;
pub mod wait;

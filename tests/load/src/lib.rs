//! The real relay binary under load: an installation in a folder of its own, enrolled profiles, requests signed
//! beforehand, and an HTTP client that costs less than what it measures.
//!
//! The broker is not started here. Benchmarks run its simulator as a process, other tests in their own process, where
//! they can read its journal; an [`Installation`] only needs its addresses.

pub mod chaos;
pub mod client;
pub mod customers;
pub mod database;
pub mod installation;
pub mod login;
pub mod profile;
pub mod program;
pub mod run;

pub use client::{Answer, Connection};
pub use customers::Customers;
pub use database::Database;
pub use installation::{AUTHORITY, Installation, Place, Relay, Upstream};
pub use login::{Login, sign_logins};
pub use profile::{Key, Profile};
pub use program::Program;
pub use run::{Load, Measured};

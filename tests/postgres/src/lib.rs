//! Starts PostgreSQL for tests: a server of its own in a temporary folder, ended whatever happens.
//!
//! `cargo xtask test` starts one for all tests and names it in [`URL_VARIABLE`]. A test that stops and starts its server
//! starts one for itself.

mod account;
#[cfg(feature = "database")]
mod database;
mod folder;
mod programs;
mod server;

use std::env;

use anyhow::{Result, bail};

#[cfg(feature = "database")]
pub use database::Database;
pub use programs::folder as programs;
pub use server::Server;

/// The environment variable that names the server for tests: a URL with user, password, host, port and database, whose user
/// may make databases and roles.
pub const URL_VARIABLE: &str = "STAGEDOOR_TEST_POSTGRES_URL";

/// Makes the roles that rights are given to. They belong to the server, so every test makes the same ones: run this in the
/// database that the server's URL names, where those who do it at the same time wait for each other.
pub const MAKE_ROLES: &str = "DO $$ DECLARE name TEXT; BEGIN \
    PERFORM pg_advisory_xact_lock(1); \
    FOREACH name IN ARRAY ARRAY['stagedoor_relay', 'stagedoor_eraser', 'stagedoor_auditor'] LOOP \
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN \
    EXECUTE format('CREATE ROLE %I NOLOGIN', name); END IF; END LOOP; END $$";

/// The URL of the server for tests; an error that says how to get one.
pub fn url() -> Result<String> {
    match env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => Ok(url),
        _ => bail!(
            "{URL_VARIABLE} is not set, so there is no PostgreSQL to test with. `cargo xtask test native` starts one for \
             the tests; or set it to a server of yours, whose user may make databases and roles, e.g. \
             {URL_VARIABLE}=postgres://postgres:PASSWORD@127.0.0.1:5432/postgres"
        ),
    }
}

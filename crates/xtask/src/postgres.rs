//! The PostgreSQL server that the native tests use: the one that the environment names, or one started for them.

use std::env;
use std::process::Command;

use anyhow::Result;
use stagedoor_test_postgres::{Server, URL_VARIABLE};

use crate::project::Project;
use crate::step::step;

/// A server to test with. One that was started here ends with this value.
pub(crate) struct Postgres {
    server: Option<Server>,
}

impl Postgres {
    /// Takes the server that the environment names, or starts one.
    pub(crate) fn provide(project: &Project) -> Result<Self> {
        if env::var_os(URL_VARIABLE).is_some_and(|url| !url.is_empty()) {
            println!("PostgreSQL: the server that {URL_VARIABLE} names");
            return Ok(Self { server: None });
        }
        let mut server = None;
        step(project, "start PostgreSQL", |_| {
            let started = Server::start()?;
            let note = format!("{}, on 127.0.0.1:{}", started.version()?, started.port());
            server = Some(started);
            Ok(note)
        })?;
        Ok(Self { server })
    }

    /// Names the server to a command that runs tests.
    pub(crate) fn name_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(server) = &self.server {
            command.env(URL_VARIABLE, server.url());
        }
        command
    }
}

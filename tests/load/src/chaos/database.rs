//! A PostgreSQL server of the runs' own, which can be stopped, and whose connections can be cut.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use stagedoor_test_postgres::{MAKE_ROLES, Server};
use tokio::task::block_in_place;
use tokio_postgres::{Client, Config, NoTls};

use super::scene::Place;

/// The server. It must be started on a thread that lives as long as it.
pub(crate) struct Database {
    server: Server,
    password_file: PathBuf,
    name: &'static str,
}

impl Database {
    /// Starts a server, with the file for its password in `folder`.
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let server = block_in_place(Server::start)?;
        let password_file = folder.join("database-password");
        fs::write(&password_file, server.password())?;
        fs::set_permissions(&password_file, Permissions::from_mode(0o600))?;
        let database = Self {
            server,
            password_file,
            name: "postgres",
        };
        database.client().await?.batch_execute(MAKE_ROLES).await?;
        Ok(database)
    }

    /// Makes a database, which is empty, and takes it as the one that is cut later.
    pub(crate) async fn make(&mut self, name: &'static str) -> Result<Place> {
        self.name = "postgres";
        let create = format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        self.client().await?.batch_execute(&create).await?;
        self.name = name;
        Ok(Place::Postgres {
            url: format!("postgres://postgres@127.0.0.1:{}/{name}", self.server.port()),
            password_file: self.password_file.clone(),
        })
    }

    /// Stops the server in order, which cuts all connections.
    pub(crate) fn stop(&mut self) -> Result<()> {
        block_in_place(|| self.server.stop())
    }

    /// Stops it as a crash would.
    pub(crate) fn crash(&mut self) -> Result<()> {
        block_in_place(|| self.server.crash())
    }

    /// Starts it again.
    pub(crate) fn resume(&mut self) -> Result<()> {
        block_in_place(|| self.server.resume())
    }

    /// Cuts about this share of the relays' connections, in percent. Returns how many.
    pub(crate) async fn cut(&self, percent: u8) -> Result<u64> {
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid() \
             AND random() * 100 < {percent}",
            self.name
        );
        Ok(self.client().await?.query(&cut, &[]).await?.len() as u64)
    }

    async fn client(&self) -> Result<Client> {
        let mut config: Config = self.server.url().parse()?;
        config.dbname(self.name);
        let (client, connection) = config
            .connect(NoTls)
            .await
            .context("the server for the runs is gone")?;
        // It ends with the client.
        tokio::spawn(connection);
        Ok(client)
    }
}

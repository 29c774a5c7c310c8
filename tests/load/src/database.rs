//! A PostgreSQL server of a run's own, which can be stopped, and whose connections can be cut.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use stagedoor_test_postgres::{MAKE_ROLES, Server};
use tokio::task::block_in_place;
use tokio_postgres::{Client, Config, NoTls};

use crate::installation::Place;

/// The server. It must be started on a thread that lives as long as it.
pub struct Database {
    server: Server,
    password_file: PathBuf,
    name: &'static str,
}

impl Database {
    /// On a server that was just started, with the file for its password in `folder`.
    ///
    /// # Errors
    /// When the file cannot be written, or the server takes no connection.
    pub async fn on(server: Server, folder: &Path) -> Result<Self> {
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
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn make(&mut self, name: &'static str) -> Result<Place> {
        self.name = "postgres";
        let create = format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        self.client().await?.batch_execute(&create).await?;
        self.name = name;
        Ok(Place::Postgres {
            url: format!("postgres://postgres@127.0.0.1:{}/{name}", self.server.port()),
            password_file: Some(self.password_file.clone()),
        })
    }

    /// Does at once what the server does by itself after a while: removes dead rows, counts the living ones for its
    /// planner, writes out what is only in its log.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn settle(&self) -> Result<()> {
        let client = self.client().await?;
        client.batch_execute("VACUUM ANALYZE").await?;
        Ok(client.batch_execute("CHECKPOINT").await?)
    }

    /// The version of the programs, as they say it.
    ///
    /// # Errors
    /// When they cannot be started.
    pub fn version(&self) -> Result<String> {
        self.server.version()
    }

    /// The folder of the server's files.
    pub fn folder(&self) -> &Path {
        self.server.socket_folder()
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

//! A database of one test's own.

use std::{fs::File, io::Read as _, thread};

use anyhow::{Context as _, Result};
use tokio_postgres::{Client, Config, NoTls, config::Host};

use crate::MAKE_ROLES;

/// An empty database, whose owner is the user that the server's URL names. It is dropped some time after this was.
pub struct Database {
    server: Config,
    name: String,
}

impl Database {
    /// Makes a database on a server on this machine.
    pub async fn create(url: &str) -> Result<Self> {
        let server: Config = url.parse().context("the server's URL cannot be read")?;
        let client = connect(&server).await?;
        client.batch_execute(MAKE_ROLES).await?;
        let name = format!("stagedoor_test_{}", random_hex()?);
        let create = format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        client.batch_execute(&create).await?;
        Ok(Self { server, name })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its owner.
    pub fn user(&self) -> &str {
        self.server.get_user().unwrap_or_default()
    }

    /// The owner's password.
    pub fn password(&self) -> String {
        String::from_utf8_lossy(self.server.get_password().unwrap_or_default()).into_owned()
    }

    /// The server's name or address.
    pub fn host(&self) -> &str {
        match self.server.get_hosts().first() {
            Some(Host::Tcp(host)) => host,
            _ => "localhost",
        }
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.server.get_ports().first().copied().unwrap_or(5432)
    }

    /// A connection as the owner. Call it inside a runtime of tokio's.
    pub async fn connect(&self) -> Result<Client> {
        connect(self.server.clone().dbname(&self.name)).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // Nobody waits for it: the server waits for all its sessions to take note, and one of them may be at its log-in,
        // waiting for a client in the very runtime that this would hold up.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let client = connect(&server).await?;
                client
                    .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                    .await?;
                anyhow::Ok(())
            })
        });
    }
}

async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .context("cannot connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

//! The engines that keep records: a file in the folder, or a PostgreSQL server that is started there or named.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use stagedoor_load::{Database, Installation, Place, Upstream};
use stagedoor_relay::store;
use stagedoor_test_postgres::Server;

/// What keeps the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A file in the folder.
    Sqlite,
    /// A server that is started for the measurement, or the one that is named.
    Postgres,
}

#[derive(Args)]
pub(crate) struct Stores {
    /// What is measured.
    #[arg(long, value_delimiter = ',', value_enum, default_value = "sqlite,postgres")]
    pub(crate) engine: Vec<Engine>,
    /// A PostgreSQL database, instead of a server that is started in the folder. Its records cannot be removed again.
    #[arg(long, value_name = "URL", value_parser = parse_postgres)]
    pub(crate) store_url: Option<String>,
    /// The file with that database's password.
    #[arg(long, value_name = "FILE", requires = "store_url")]
    store_password_file: Option<PathBuf>,
}

/// A relay's installation on an engine, with the server unless it is somebody's. Both end with this.
pub(crate) struct Installed {
    pub(crate) installation: Installation,
    pub(crate) database: Option<Database>,
}

impl Engine {
    /// What the engine is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Stores {
    /// Installs the relay in `folder`. A server that is started has its files in `parent`, a folder that its account can
    /// enter.
    pub(crate) async fn install(
        &self,
        engine: Engine,
        relay: &Path,
        parent: &Path,
        folder: &Path,
        upstream: &Upstream,
    ) -> Result<Installed> {
        let mut started = None;
        let place = match (engine, &self.store_url) {
            (Engine::Sqlite, _) => Place::Sqlite,
            (Engine::Postgres, Some(url)) => Place::Postgres {
                url: url.clone(),
                password_file: self.store_password_file.clone(),
            },
            (Engine::Postgres, None) => {
                let database = started.insert(Database::on(Server::start_in(parent)?, folder).await?);
                println!("{}", database.version()?);
                database.make("stagedoor").await?
            }
        };
        let installation = Installation::create(relay, folder, upstream, &place)?;
        if started.is_some() {
            store::migrate(&installation.store_url()?).await?;
        }
        Ok(Installed {
            installation,
            database: started,
        })
    }
}

fn parse_postgres(text: &str) -> Result<String, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("must be a postgres:// address; a SQLite file is always made in --folder".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        stores: Stores,
    }

    #[test]
    fn both_engines_are_measured_unless_one_is_named() {
        let engines = |arguments: &[&str]| {
            let line = Line::try_parse_from(["bench"].iter().chain(arguments)).unwrap();
            line.stores.engine
        };
        assert_eq!(engines(&[]), [Engine::Sqlite, Engine::Postgres]);
        assert_eq!(engines(&["--engine", "postgres"]), [Engine::Postgres]);
    }

    #[test]
    fn only_a_postgresql_database_can_be_named() {
        let parse = |arguments: &[&str]| {
            let line = Line::try_parse_from(["bench"].iter().chain(arguments));
            line.map(|line| line.stores.store_url)
                .map_err(|error| error.to_string())
        };
        let url = "postgres://bench@127.0.0.1/bench";
        assert_eq!(parse(&["--store-url", url]), Ok(Some(url.to_owned())));
        assert!(
            parse(&["--store-url", "sqlite:///x"])
                .unwrap_err()
                .contains("--folder")
        );
        assert!(
            parse(&["--store-password-file", "x"])
                .unwrap_err()
                .contains("--store-url")
        );
    }
}

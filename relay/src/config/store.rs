//! `[store]`: where staff, profiles and the ledger are kept.

mod postgres;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::{Keys, section::Section};

pub use postgres::{PasswordSource, PostgresConfig, PostgresHost};

/// Keys that only PostgreSQL has.
const POSTGRES_KEYS: [&str; 3] = ["password_file", "password_env", "root_certificate_file"];

/// A parsed `store.url`, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file; made when it is not there.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(PostgresConfig),
}

impl StoreUrl {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let url = section.required_text("url");
        if url.as_deref().is_some_and(postgres::is_url) {
            return PostgresConfig::read(section, &url?, keys).map(Self::Postgres);
        }
        // Read even without a URL, so that they are not called unknown.
        for key in POSTGRES_KEYS {
            if section.has(key) && url.is_some() {
                section.fault(
                    key,
                    "is for PostgreSQL; take it away, or write a postgres:// address",
                );
            }
            section.text(key);
        }
        section.keep("url", sqlite_path(&url?)).map(Self::Sqlite)
    }
}

fn sqlite_path(text: &str) -> Result<PathBuf, String> {
    let form = "must be sqlite:// and a path, e.g. \"sqlite:///var/lib/stagedoor/stagedoor.db\", or \
                \"postgres://USER@HOST/DATABASE\"";
    let path = text.strip_prefix("sqlite://").ok_or(form)?;
    // A store in memory would forget nonces and intents with the process, and with them what they protect.
    if path.is_empty() || path.ends_with('/') || path.contains(['?', '#', '\0']) || path.contains(":memory:")
    {
        return Err(form.to_owned());
    }
    Ok(path.into())
}

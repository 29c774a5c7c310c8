//! `stagedoor store status`: where records are kept, and how many there are.

use std::{
    fs,
    io::{Write, stdout},
    path::Path,
};

use stagedoor_ledger::checkpoint::SignedCheckpoint;

use crate::{
    config::{Config, Keys, StoreUrl},
    files::beside,
    store,
};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Skip)?;
    let versions = store::versions(&config.store).await?;
    let mut out = stdout().lock();
    let engine = match &config.store {
        StoreUrl::Sqlite(_) => "SQLite",
        StoreUrl::Postgres(_) => "PostgreSQL",
    };
    writeln!(out, "engine      {engine}")?;
    writeln!(out, "place       {}", store::place(&config.store))?;
    writeln!(out, "schema      {} (known: {})", versions.found, versions.known)?;
    if let StoreUrl::Sqlite(path) = &config.store {
        writeln!(out, "size        {} bytes", size(path))?;
    }
    if versions.found < versions.known {
        writeln!(
            out,
            "records     not looked at: `stagedoor store migrate` brings the schema up to date"
        )?;
        return Ok(out.flush()?);
    }
    let store = store::open_to_read(&config.store).await?;
    let records = store.ledger_size().await?;
    writeln!(out, "records     {records}")?;
    let last = match store.last_checkpoint().await? {
        None => "none".to_owned(),
        Some(stored) => {
            let signed = SignedCheckpoint::parse(&stored.note);
            let when = signed.map_or("that cannot be read".to_owned(), |signed| {
                format!("of {}", signed.unverified().time)
            });
            format!("{when}, over the first {} records", stored.size)
        }
    };
    writeln!(out, "checkpoint  {last}")?;
    Ok(out.flush()?)
}

/// Of the database with its write-ahead log.
fn size(path: &Path) -> u64 {
    ["", "-wal"]
        .into_iter()
        .filter_map(|suffix| fs::metadata(beside(path, suffix)).ok())
        .map(|metadata| metadata.len())
        .sum()
}

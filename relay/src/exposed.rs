//! Files that more people of this machine can change, or read, than should. No fault: the relay works with them all the same.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use crate::{
    config::{Config, StoreUrl},
    files::{beside, quoted},
};

/// Every user of the machine, beside the owner and the group.
const OTHERS: u32 = 0o007;
const OTHERS_WRITE: u32 = 0o002;

/// What is open to others, each with the command that closes it. What cannot be looked at is left to whoever needs it. Secrets
/// are not among them: one that others can read is not used at all.
pub(crate) fn exposed(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    for path in config.sources.paths() {
        if mode(path) & OTHERS_WRITE != 0 {
            found.push(format!(
                "{}: every user of this machine can change it, and so what the relay does; run `chmod o-w {}`",
                path.display(),
                quoted(path)
            ));
        }
    }
    if let StoreUrl::Sqlite(database) = &config.store {
        found.extend(exposed_database(database));
    }
    if let Some(folder) = &config.ledger.directory
        && mode(folder) & OTHERS_WRITE != 0
    {
        found.push(format!(
            "ledger.checkpoint_directory: every user of this machine can put something into {}, or in the place of a checkpoint; \
             run `chmod o-w {}`",
            folder.display(),
            quoted(folder)
        ));
    }
    found
}

/// The database, and what SQLite keeps beside it of the same records.
fn exposed_database(database: &Path) -> Option<String> {
    let files = ["", "-wal"].map(|suffix| beside(database, suffix));
    let open: Vec<_> = files.iter().filter(|path| mode(path) & OTHERS != 0).collect();
    let may = if open.iter().any(|path| mode(path) & OTHERS_WRITE != 0) {
        "change"
    } else {
        "read"
    };
    let open = open
        .into_iter()
        .map(|path| quoted(path))
        .collect::<Vec<_>>()
        .join(" ");
    (!open.is_empty()).then(|| {
        format!(
            "store.url: every user of this machine can {may} the records, with staff and customers in them; run `chmod o= {open}`"
        )
    })
}

/// Nothing, if it is not there.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |metadata| metadata.mode())
}

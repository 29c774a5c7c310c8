//! The store that is measured: the room it needs, and what it takes.

use std::{
    fs::{self, File},
    path::Path,
};

use anyhow::{Result, ensure};
use rustix::fs::{statvfs, syncfs};
use stagedoor_load::Upstream;
use stagedoor_relay::{config::StoreUrl, store};

use super::{Arguments, office::Office, table::grouped};
use crate::bench::engine::{Engine, Installed};

/// A store, with the relay's configuration for it.
pub(super) struct Opened {
    pub(super) office: Office,
    pub(super) installed: Installed,
}

impl Engine {
    /// What a record takes on disk, with its share of the tables and indexes; found by measuring, and rounded up.
    fn bytes_per_record(self) -> u64 {
        match self {
            Self::Sqlite => 700,
            Self::Postgres => 900,
        }
    }

    /// What there is besides, however few the records: a server's own tables and its write-ahead log.
    fn bytes_besides(self) -> u64 {
        match self {
            Self::Sqlite => 64 << 20,
            Self::Postgres => 2 << 30,
        }
    }

    /// Refuses to begin what would fill the disk.
    pub(super) fn ensure_room(self, folder: &Path, records: u64) -> Result<()> {
        let disk = statvfs(folder)?;
        let free = disk.f_bavail * disk.f_frsize;
        let needed = records
            .saturating_mul(self.bytes_per_record())
            .saturating_add(self.bytes_besides());
        ensure!(
            needed <= free,
            "{} records in {} take about {} MB, and {} has {} MB: measure fewer with --records, or name a folder on \
             another disk with --folder",
            grouped(records),
            self.name(),
            grouped(needed / 1_000_000),
            folder.display(),
            grouped(free / 1_000_000)
        );
        Ok(())
    }
}

impl Opened {
    pub(super) async fn open(engine: Engine, arguments: &Arguments, folder: &Path) -> Result<Self> {
        let (relay, parent) = (&arguments.relay, &arguments.folder);
        let installed = arguments
            .stores
            .install(engine, relay, parent, folder, &nobody())
            .await?;
        let store = store::open(&installed.installation.store_url()?).await?;
        Ok(Self {
            office: Office::open(store, None).await?,
            installed,
        })
    }

    /// Waits until what filling left behind is on disk, so that it does not slow the measurement down.
    pub(super) async fn settle(&self) -> Result<()> {
        if let Some(database) = &self.installed.database {
            database.settle().await?;
        }
        Ok(syncfs(File::open(self.installed.installation.folder())?)?)
    }

    /// What the store takes on disk, where that is known.
    pub(super) fn bytes(&self) -> Result<Option<u64>> {
        let Installed {
            installation,
            database,
        } = &self.installed;
        match (database, installation.store_url()?) {
            (Some(database), _) => size(database.folder()).map(Some),
            (None, StoreUrl::Sqlite(_)) => size(installation.folder()).map(Some),
            (None, StoreUrl::Postgres(_)) => Ok(None),
        }
    }
}

/// Nobody is asked for a token here.
fn nobody() -> Upstream {
    Upstream {
        broker_url: "http://127.0.0.1:9".to_owned(),
        platform_url: "http://127.0.0.1:9".to_owned(),
        api_key: "unused".to_owned(),
    }
}

/// The bytes of all files in a folder. A server may remove some of them meanwhile.
fn size(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        sum += match metadata.is_dir() {
            true => size(&entry.path())?,
            false => metadata.len(),
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_added_up_and_a_full_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("one"), [0; 10]).unwrap();
        fs::write(folder.path().join("in/two"), [0; 7]).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 17);
        let refused = Engine::Sqlite.ensure_room(folder.path(), 1 << 50).unwrap_err();
        assert!(refused.to_string().contains("--records"), "{refused}");
    }
}

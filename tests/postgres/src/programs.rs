//! Where PostgreSQL's server programs are.

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result};

/// Debian keeps each version's programs in a folder of its own, off `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`: the newest of Debian's, or else the first on `PATH`.
pub fn folder() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let newest = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .map(|(version, path)| (version, path.join("bin")))
        .filter(|(_, folder)| complete(folder))
        .max();
    newest.map(|(_, folder)| folder).or_else(|| {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(complete)
    })
}

pub(crate) fn required_folder() -> Result<PathBuf> {
    folder().context(
        "PostgreSQL's server programs are neither under /usr/lib/postgresql nor on PATH; install Debian's package \
         \"postgresql\"",
    )
}

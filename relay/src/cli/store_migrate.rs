//! `stagedoor store migrate`: makes the store, or brings its schema up to date.

use std::path::Path;

use super::say;
use crate::{
    config::{Config, Keys},
    store,
};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Skip)?;
    let versions = store::migrate(&config.store).await?;
    say(format_args!(
        "{}: schema version {}",
        store::place(&config.store),
        versions.found
    ))?;
    Ok(())
}

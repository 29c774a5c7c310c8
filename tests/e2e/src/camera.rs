//! Keeps pictures of what the browser showed, for people to look at afterwards.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::page::Page;

/// Where pictures go, if anywhere.
#[derive(Debug, Clone, Default)]
pub struct Camera {
    directory: Option<PathBuf>,
}

impl Camera {
    /// A camera that keeps pictures in a directory, which it makes.
    pub fn keeping(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(Self {
            directory: Some(directory),
        })
    }

    /// Takes a picture of a page.
    pub async fn take(&self, name: &str, page: &Page) -> Result<()> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        let file = directory.join(format!("{name}.png"));
        fs::write(&file, page.screenshot().await?).with_context(|| format!("cannot write {}", file.display()))
    }
}

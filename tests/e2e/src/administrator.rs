//! What an administrator of the computer sets for the extension, where each browser looks for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// The extension's names in the two browsers' policies.
const IN_CHROMIUM: &str = "jomfnokbjcodmeceeekpoggolchicolf";
const IN_FIREFOX: &str = "stagedoor@stagedoor.example";

/// An administrator's files, in a directory that only a browser that is started with it sees: the system's for Chromium, and a
/// person's home for Firefox.
pub struct Administrator {
    directory: PathBuf,
}

impl Administrator {
    /// Sets the extension's managed storage, for both browsers.
    pub fn sets(directory: &Path, settings: &Value) -> Result<Self> {
        let write = |path: &str, content: &Value| -> Result<()> {
            let file = directory.join(path);
            let parent = file.parent().context("a file is in a directory")?;
            fs::create_dir_all(parent)?;
            fs::write(&file, content.to_string()).with_context(|| format!("cannot write {}", file.display()))
        };
        let policy = json!({"3rdparty": {"extensions": {IN_CHROMIUM: settings}}});
        write("policies/managed/stagedoor.json", &policy)?;
        let manifest = json!({"name": IN_FIREFOX, "description": "-", "type": "storage", "data": settings});
        write(&format!(".mozilla/managed-storage/{IN_FIREFOX}.json"), &manifest)?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Writes the policies that Chromium finds in the system's directory.
    pub fn rules_chromium(directory: &Path, policies: &Value) -> Result<Self> {
        let folder = directory.join("policies/managed");
        fs::create_dir_all(&folder)?;
        let file = folder.join("stagedoor.json");
        fs::write(&file, policies.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Writes the policies that Firefox finds beside the program.
    pub fn rules_firefox(directory: &Path, policies: &Value) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let file = directory.join("policies.json");
        let content = json!({"policies": policies}).to_string();
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

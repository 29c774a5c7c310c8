//! Packages of Python, in a folder of their own among the tools: each list is installed whole, at the versions that it names.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::project::Project;

/// The name that the list has when what it names is installed.
const INSTALLED: &str = "installed.txt";

/// A list of packages.
pub(crate) struct Packages {
    /// The folder's name.
    pub(crate) name: &'static str,
    /// Where in the checkout the list is.
    pub(crate) list: &'static str,
}

impl Packages {
    /// The command of pip's that puts them there. The list names every one, so no dependency is followed.
    pub(crate) fn pip(&self, project: &Project) -> Vec<String> {
        let mut arguments: Vec<String> = ["pip", "install", "--no-deps", "--only-binary=:all:", "--upgrade"]
            .map(str::to_owned)
            .into();
        let folder = self.folder(project).display().to_string();
        arguments.extend(["--target".to_owned(), folder, "--requirement".to_owned()]);
        arguments.push(project.root.join(self.list).display().to_string());
        arguments
    }

    /// Takes away what an older list may have left.
    pub(crate) fn clear(&self, project: &Project) -> Result<()> {
        let folder = self.folder(project);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        Ok(())
    }

    /// Remembers what was installed.
    pub(crate) fn keep_list(&self, project: &Project) -> Result<()> {
        let list = self.read_list(project)?;
        let kept = self.folder(project).join(INSTALLED);
        fs::write(&kept, list).with_context(|| format!("cannot write {}", kept.display()))
    }

    /// Why they have to be installed, if they have.
    pub(crate) fn missing(&self, project: &Project) -> Option<String> {
        let kept = fs::read_to_string(self.folder(project).join(INSTALLED)).ok();
        match (kept, self.read_list(project)) {
            (_, Err(error)) => Some(format!("{error:#}")),
            (None, _) => Some("not installed".to_owned()),
            (Some(kept), Ok(list)) => (kept != list).then(|| format!("not as {} wants them", self.list)),
        }
    }

    /// Where they are.
    pub(crate) fn folder(&self, project: &Project) -> PathBuf {
        project.tools.join("python").join(self.name)
    }

    fn read_list(&self, project: &Project) -> Result<String> {
        let list = project.root.join(self.list);
        fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))
    }
}
